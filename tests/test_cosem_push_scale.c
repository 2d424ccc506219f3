/* Who is asked how a number is scaled, and in which order. */
#include "tests/push_said.h"

static struct cosem_push_setup setup;

static const char *as_set_up(const char *canonical)
{
    cosem_push_map(push_body(canonical), &setup, push_points, PUSH_POINTS, &push);
    return push_said();
}

static struct cosem_scaling scaling(const char *ln, int8_t scaler, uint8_t unit)
{
    struct cosem_scaling row = {.scaler = scaler, .unit = unit};

    ck_assert(obis_read(wp_text(ln), &row.ln));
    return row;
}

/* One after the other falls away, and the next one counts. */
START_TEST(the_body_then_the_profile_then_attribute_3_then_the_maker_then_the_registry)
{
    static _Alignas(max_align_t) uint8_t memory[4096];
    const char *pair = "S2[os:0100200700FF u16:2301]";
    struct cosem_scaling read = scaling("1-0:32.7.0.255", -3, 35),
                         registry = scaling("1-0:32.7.0.255", -4, 35);
    char error[256];
    struct wp_writer w = wp_writer(error, sizeof error);
    struct cosem_profiles own;

    ck_assert(cosem_profile_read(wp_text("profile mine like kaifa\nscale 1-0:32.7.0.255 -2 V\n"), "mine",
                                 memory, &own, &w));
    setup = (struct cosem_push_setup){
        .profile = own.at, .read = &read, .n_read = 1, .registry = &registry, .n_registry = 1};
    ck_assert_str_eq(as_set_up("S3[os:0100200700FF u16:2301 S2[i8:0 e:35]]"), "1-0:32.7.0.255=2301 V");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_PAYLOAD);
    ck_assert_str_eq(as_set_up(pair), "1-0:32.7.0.255=23.01 V");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_PROFILE);
    setup.profile = own.at->like;
    ck_assert_str_eq(as_set_up(pair), "1-0:32.7.0.255=2.301 V");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_READ);
    setup.n_read = 0;
    ck_assert_str_eq(as_set_up(pair), "1-0:32.7.0.255=230.1 V");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_VENDOR);
    setup.profile = NULL;
    ck_assert_str_eq(as_set_up(pair), "1-0:32.7.0.255=0.2301 V");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_REGISTRY);
    setup.n_registry = 0;
    ck_assert_str_eq(as_set_up(pair), "1-0:32.7.0.255=2301 V");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_NOBODY);
}
END_TEST

/* Rows of channel 0 hold for other channels, unless these have their own. */
START_TEST(channel_0_stands_for_the_others)
{
    struct cosem_scaling read[2] = {scaling("1-0:1.8.0.255", 1, 30), scaling("1-2:1.8.0.255", 3, 30)};

    setup = (struct cosem_push_setup){.read = read, .n_read = 2};
    ck_assert_str_eq(as_set_up("S4[os:0101010800FF u16:7 os:0102010800FF u16:7]"),
                     "1-1:1.8.0.255=70 Wh, 1-2:1.8.0.255=7000 Wh");
}
END_TEST

START_TEST(a_list_that_names_its_maker_is_scaled_by_him)
{
    setup = (struct cosem_push_setup){0};
    ck_assert_str_eq(
        as_set_up("S7[vs:4B616D73747275705F5630303031 os:01011F0700FF u32:189 os:0101200700FF u16:236 "
                  "os:0101010800FF u32:8582328]"),
        "1-1:31.7.0.255=1.89 A, 1-1:32.7.0.255=236 V, 1-1:1.8.0.255=85823280 Wh");
    ck_assert_str_eq(push.maker->name, "kamstrup");
    ck_assert(wp_slice_is(push.list_id, "Kamstrup_V0001"));
    /* source: vector d0046, MA304H4PSE */
    ck_assert_str_eq(
        as_set_up("S6[os:0100000281FF os:4B464D5F303031 os:01001F0700FF u32:32 os:0100200700FF u32:2322]"),
        "1-0:0.2.129.255=KFM_001, 1-0:31.7.0.255=0.032 A, 1-0:32.7.0.255=232.2 V");
    ck_assert_str_eq(push.maker->name, "kaifa");
}
END_TEST

/* 685: a meter behind transformers counts milliamperes, also where its maker is configured. */
START_TEST(the_type_of_a_kamstrup_tells_its_current)
{
    const char *body =
        "S5[vs:4B616D73747275705F5630303031 os:0101600101FF vs:363835313133 os:01011F0700FF u32:90999]";

    setup = (struct cosem_push_setup){0};
    ck_assert_str_eq(as_set_up(body), "1-1:96.1.1.255=685113, 1-1:31.7.0.255=90.999 A");
    setup.profile = cosem_profile_find(NULL, wp_text("kamstrup"));
    ck_assert_str_eq(as_set_up(body), "1-1:96.1.1.255=685113, 1-1:31.7.0.255=90.999 A");
    setup.profile = cosem_profile_find(NULL, wp_text("kamstrup-se"));
    ck_assert_str_eq(as_set_up(body), "1-1:96.1.1.255=685113, 1-1:31.7.0.255=909.99 A");
    setup.profile = cosem_profile_find(NULL, wp_text("kaifa"));
    ck_assert_str_eq(as_set_up(body), "1-1:96.1.1.255=685113, 1-1:31.7.0.255=90.999 A");
    ck_assert_ptr_null(push.maker);
}
END_TEST

/* Russian lists: the scaler of a register stands behind, or before, its value. */
START_TEST(attribute_3_in_the_body_scales_attribute_2)
{
    setup = (struct cosem_push_setup){0};
    ck_assert_str_eq(as_set_up("S6[A6[S6[u16:40 os:0000190900FF i8:2 u16:0 S2[e:0 n] A0[]] "
                               "S6[u16:3 os:0100200700FF i8:2 u16:0 S2[e:0 n] A0[]] S6[u16:3 os:0100010800FF "
                               "i8:3 u16:0 S2[e:0 n] A0[]] "
                               "S6[u16:3 os:0100010800FF i8:2 u16:0 S2[e:0 n] A0[]] S6[u16:3 os:0100200700FF "
                               "i8:3 u16:0 S2[e:0 n] A0[]] "
                               "S6[u16:8 os:0000010000FF i8:2 u16:0 S2[e:0 n] A0[]]] "
                               "u16:2301 S2[i8:1 e:30] u32:77 S2[i8:-1 e:35] os:07E60B03FF0F2619FFFF4CFF]"),
                     "1-0:32.7.0.255=230.1 V, 1-0:1.8.0.255=770 Wh, 0-0:1.0.0.255=2022-11-03T15:38:25+03:00");
    ck_assert_uint_eq(push_points[0].from, COSEM_SCALE_PAYLOAD);
    ck_assert_uint_eq(push_points[0].class_id, 3);
    ck_assert_uint_eq(push.clock.n, 12);
}
END_TEST

/* What no meter means is ignored; what no int64 holds stays as exact as it can be. */
START_TEST(scalers_and_numbers_at_their_ends)
{
    setup = (struct cosem_push_setup){0};
    ck_assert_str_eq(
        as_set_up("S6[os:0100010800FF u32:5 S2[i8:127 e:30] os:0100020800FF u32:5 S2[i8:-128 e:30]]"),
        "1-0:1.8.0.255=5 Wh, 1-0:2.8.0.255=5 Wh");
    ck_assert_str_eq(
        as_set_up("S6[os:0100010800FF u32:5 S2[i8:12 e:30] os:0100020800FF u32:5 S2[i8:-12 e:30]]"),
        "1-0:1.8.0.255=5000000000000 Wh, 1-0:2.8.0.255=0.000000000005 Wh");
    ck_assert_str_eq(
        as_set_up("S4[os:0100010800FF u64:18446744073709551615 os:0100020800FF u64:9007199254740993]"),
        "1-0:1.8.0.255=18446744073709551615 Wh, 1-0:2.8.0.255=9007199254740993 Wh");
    ck_assert_str_eq(as_set_up("S3[os:0100020800FF u64:9007199254740993 S2[i8:-3 e:30]]"),
                     "1-0:2.8.0.255=9007199254740.993 Wh");
    ck_assert_str_eq(as_set_up("S3[os:0100200700FF u16:2330 S2[i8:-1 e:35]]"), "1-0:32.7.0.255=233.0 V");
    ck_assert_str_eq(as_set_up("S3[os:01000D0700FF u16:94 S2[i8:-3 e:255]]"), "1-0:13.7.0.255=0.094");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cosem_push_scale");
    TCase *tcase = tcase_create("scale");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, the_body_then_the_profile_then_attribute_3_then_the_maker_then_the_registry);
    tcase_add_test(tcase, channel_0_stands_for_the_others);
    tcase_add_test(tcase, a_list_that_names_its_maker_is_scaled_by_him);
    tcase_add_test(tcase, the_type_of_a_kamstrup_tells_its_current);
    tcase_add_test(tcase, attribute_3_in_the_body_scales_attribute_2);
    tcase_add_test(tcase, scalers_and_numbers_at_their_ends);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
