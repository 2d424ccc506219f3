/* Lists without OBIS codes: by their tables they give what the meter's maker wrote down, and what physics allows. */
#include "tests/push_said.h"

#include "tests/dlms_vectors.h"

/* source: Kaifa list 1 of 2017, protocol notes appendix A: 920 W */
START_TEST(kaifa_list_1_is_the_power)
{
    push_hex("generic", "0201 06 00000398");
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional-kaifa");
    ck_assert_str_eq(push_said(), "1-0:1.7.0.255=920 W");
}
END_TEST

/* A body of one number that no Norwegian list is stays unread. */
START_TEST(kaifa_lists_are_told_by_count_types_and_name)
{
    push_text("generic", "S1[u16:920]");
    ck_assert_uint_eq(push.n_points, 0);
    push_text("generic", "S9[os:4B464E5F303031 os:31 os:32 u32:1 u32:2 u32:3 u32:4 u32:5 u32:6]");
    ck_assert_uint_eq(push.n_points, 0);
    ck_assert_uint_eq(push.n_unmapped, 9);
    push_text("generic", "S9[os:4B464D5F303031 os:31 os:32 u32:1 u32:2 u32:3 u32:4 u32:5 u32:2306]");
    ck_assert_str_eq(push_said(),
                     "1-0:0.2.129.255=KFM_001, 0-0:96.1.0.255=1, 0-0:96.1.7.255=2, 1-0:1.7.0.255=1 W, "
                     "1-0:2.7.0.255=2 W, 1-0:3.7.0.255=3 var, 1-0:4.7.0.255=4 var, "
                     "1-0:31.7.0.255=0.005 A, 1-0:32.7.0.255=230.6 V");
    ck_assert(wp_slice_is(push.list_id, "KFM_001"));
}
END_TEST

/* source: vector d0047, MA304H4D */
START_TEST(kaifa_list_3_with_clock_and_energies)
{
    push_text("kaifa", "S18[os:4B464D5F303031 os:37333430313537303330303738383037 os:4D41333034483444 u32:7 "
                       "u32:0 u32:0 u32:45 "
                       "u32:199 u32:0 u32:0 u32:2434 u32:0 u32:0 os:07E50507050E352DFF800000 u32:137166 "
                       "u32:0 u32:0 u32:435653]");
    ck_assert_str_eq(
        push_said(),
        "1-0:0.2.129.255=KFM_001, 0-0:96.1.0.255=7340157030078807, 0-0:96.1.7.255=MA304H4D, "
        "1-0:1.7.0.255=7 W, 1-0:2.7.0.255=0 W, 1-0:3.7.0.255=0 var, 1-0:4.7.0.255=45 var, "
        "1-0:31.7.0.255=0.199 A, 1-0:51.7.0.255=0.000 A, 1-0:71.7.0.255=0.000 A, 1-0:32.7.0.255=243.4 V, "
        "1-0:52.7.0.255=0.0 V, 1-0:72.7.0.255=0.0 V, 0-0:1.0.0.255=2021-05-07T14:53:45, "
        "1-0:1.8.0.255=137166 Wh, 1-0:2.8.0.255=0 Wh, 1-0:3.8.0.255=0 varh, 1-0:4.8.0.255=435653 varh");
    ck_assert(wp_slice_is(push.serial, "7340157030078807"));
    ck_assert(wp_slice_is(push.meter_type, "MA304H4D"));
    ck_assert_uint_eq(push.clock.n, 12);
}
END_TEST

/* source: vectors d0016, d0017, d0023, d0037, d0039, d0041, d0014 */
START_TEST(iskra_lists)
{
    push_text("iskra",
              "S18[os:49534B31303330373839333735363036 os:3136383230303035 u32:1393 u32:0 u32:0 u32:738 "
              "u16:2379 u16:2379 u16:2296 u16:103 u16:125 u16:597 u32:16 u32:51 u32:1325 u32:0 u32:0 u32:0]");
    ck_assert_str_eq(push.table->name, "iskra-18");
    ck_assert_str_eq(
        push_said(),
        "0-0:42.0.0.255=ISK1030789375606, 1-0:0.2.129.255=16820005, 1-0:1.7.0.255=1393 W, 1-0:2.7.0.255=0 "
        "W, 1-0:3.7.0.255=0 var, 1-0:4.7.0.255=738 var, 1-0:32.7.0.255=237.9 V, 1-0:52.7.0.255=237.9 V, "
        "1-0:72.7.0.255=229.6 V, 1-0:31.7.0.255=1.03 A, 1-0:51.7.0.255=1.25 A, 1-0:71.7.0.255=5.97 A, "
        "1-0:21.7.0.255=16 W, 1-0:41.7.0.255=51 W, 1-0:61.7.0.255=1325 W, 1-0:22.7.0.255=0 W, "
        "1-0:42.7.0.255=0 W, 1-0:62.7.0.255=0 W");
    push_text("iskra",
              "S12[os:49534B31303330373839333735363036 os:3136383230303036 e:1 os:0001 u32:52837 u32:13593 "
              "u32:39244 u32:177927 u32:78615 u32:99312 u32:107882 u32:43253]");
    ck_assert_str_eq(push.table->name, "iskra-12-energy");
    ck_assert_str_eq(
        push_said(),
        "0-0:42.0.0.255=ISK1030789375606, 1-0:0.2.129.255=16820006, 0-0:96.3.10.255=1, "
        "0-0:96.14.0.255=0001, 1-0:1.8.0.255=52837 Wh, 1-0:1.8.1.255=13593 Wh, 1-0:1.8.2.255=39244 Wh, "
        "1-0:2.8.0.255=177927 Wh, 1-0:2.8.1.255=78615 Wh, 1-0:2.8.2.255=99312 Wh, "
        "1-0:3.8.0.255=107882 varh, 1-0:4.8.0.255=43253 varh");
    push_text("iskra",
              "S12[os:49534B31303330373839303134373331 os:55505F3366 u16:2314 u16:2303 u16:2348 u16:451 "
              "u16:525 u16:88 u32:2399 u32:0 u32:4 u32:264]");
    ck_assert_str_eq(push.table->name, "iskra-12-power");
    push_text("iskra", "S4[os:3834363035383837 u8:0 u32:7924792 u32:0]");
    ck_assert_str_eq(push_said(), "0-0:96.1.0.255=84605887, 1-0:1.8.0.255=7924792 Wh, 1-0:2.8.0.255=0 Wh");
    push_text("iskra",
              "S9[os:49534B31303330373737343738353836 u32:625 u32:0 u32:12789950 u32:5732902 u32:7057048 "
              "u32:250 u32:112 u32:138]");
    ck_assert_str_eq(push.table->name, "iskra-9-energy");
    push_text("iskra",
              "S10[os:49534B31303230373835373636363439 os:49534B3835373636363439 u32:540 u32:0 u32:0 u32:282 "
              "u16:2336 u16:278 u32:540 u32:0]");
    ck_assert_str_eq(push.table->name, "iskra-10-power");
    ck_assert(wp_slice_is(push.serial, "ISK85766649"));
    push_text(
        "iskra",
        "S33[os:3932303239363931 os:0F351E00 os:07E90C0303 u32:6844432 u32:4770804 u32:2073628 u32:5759375 "
        "u32:5708359 u32:51016 u32:1510658 u32:1228222 u32:55401 u32:1345708 u32:499 u32:0 u16:746 u32:27 "
        "u32:295 u32:176 u32:0 u32:0 u32:0 u16:2336 u16:2354 u16:2355 u16:29 u16:172 u16:109 u32:17250 "
        "A1[u16:9400] A1[u16:9400] A1[u16:9400] b:1]");
    ck_assert_str_eq(push.table->name, "iskra-33");
    ck_assert_uint_eq(push.n_points, 30);
    ck_assert_uint_eq(push_points[1].form, COSEM_CLOCK);
    ck_assert_uint_eq(push_points[2].form, COSEM_CLOCK);
    ck_assert_uint_eq(push_points[29].form, COSEM_TRUTH);
}
END_TEST

/* source: vector d0104 */
START_TEST(landis_gyr_list_of_austria)
{
    push_text("landis-gyr-e450",
              "S14[u16:236 u16:237 u16:236 u16:0 u16:4 u16:26 u32:29 u32:0 u32:31358606 u32:7619 "
              "u16:400 u16:53 u16:295 os:3330313337313831]");
    ck_assert_str_eq(
        push_said(),
        "1-0:32.7.0.255=236 V, 1-0:52.7.0.255=237 V, 1-0:72.7.0.255=236 V, 1-0:31.7.0.255=0.00 A, "
        "1-0:51.7.0.255=0.04 A, 1-0:71.7.0.255=0.26 A, 1-0:1.7.0.255=29 W, 1-0:2.7.0.255=0 W, "
        "1-0:1.8.0.255=31358606 Wh, 1-0:2.8.0.255=7619 Wh, 1-0:33.7.0.255=0.400, 1-0:53.7.0.255=0.053, "
        "1-0:73.7.0.255=0.295, 0-0:96.1.0.255=30137181");
    push_text("generic",
              "S3[u8:1 u16:700 u32:1]"); /* without a profile nothing is published, and it is no fault */
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional");
    ck_assert_uint_eq(push.n_points, 0);
    ck_assert_uint_eq(push.n_unmapped, 3);
}
END_TEST

/* ---- India ------------------------------------------------------------------------------------------------- */

/* source: vector d0572 */
START_TEST(an_indian_alert_is_a_word_of_bits)
{
    struct wp_writer w = wp_writer((char[160]){0}, 160);
    struct wp_value value;

    push_text("generic", "S4[os:53494D3030303030303031 os:0004190900FF os:07EA010A060C0F1E00014A00 "
                         "bs:128:10000000000000000000040000000000]");
    ck_assert_str_eq(cosem_shape_text(push.shape), "is15959");
    ck_assert(push.has_setup && obis_eq(push.setup, obis(0, 4, 25, 9, 0, 255)));
    ck_assert(wp_slice_is(push.meter_id, "SIM00000001"));
    ck_assert_uint_eq(push.clock.n, 12);
    ck_assert_uint_eq(push.n_points, 1);
    ck_assert(obis_eq(push_points[0].ln, obis(0, 0, 94, 91, 18, 255)));
    value = cosem_point_value(&push_points[0], &w);
    ck_assert_uint_eq(value.bytes.n, 128);
    for (unsigned bit = 0; bit < 128; bit++)
        ck_assert_msg((value.bytes.p[bit] == '1') == (bit == 3 || bit == 85), "bit %u", bit);
    ck_assert_str_eq(cosem_event_bit_name(3), "over-voltage");
    ck_assert_str_eq(cosem_event_bit_name(85), "last-gasp");
    ck_assert_ptr_null(cosem_event_bit_name(0));
    ck_assert_ptr_null(cosem_event_bit_name(128));
}
END_TEST

/* source: vector d0573 */
START_TEST(an_indian_instant_push_is_read_by_its_order)
{
    push_text("generic",
              "S13[os:53494D3030303030303031 os:0000190900FF os:07EA010A060C0F1E00014A00 u16:523 u16:517 "
              "u16:498 u16:23105 u16:23011 u16:22988 u32:1234567 u32:1250000 u32:0 u32:0]");
    ck_assert_str_eq(
        push_said(),
        "1-0:31.7.0.255=5.23 A, 1-0:51.7.0.255=5.17 A, 1-0:71.7.0.255=4.98 A, 1-0:32.7.0.255=231.05 V, "
        "1-0:52.7.0.255=230.11 V, 1-0:72.7.0.255=229.88 V, 1-0:1.8.0.255=1234567 Wh, "
        "1-0:9.8.0.255=1250000 VAh, 1-0:2.8.0.255=0 Wh, 1-0:10.8.0.255=0 VAh");
    ck_assert_str_eq(push.maker->name, "in-15959");
}
END_TEST

/* source: vector d0574. A buffer is one value that nobody publishes, unless its columns are known and wanted. */
START_TEST(an_indian_load_survey_is_a_buffer)
{
    push_text("generic", "S4[os:53494D3030303030303031 os:0005190900FF os:07EA010A060C0F1E00014A00 "
                         "A2[S5[os:07EA010A060C000000014A00 u16:23100 u32:12 u32:13 u16:45] "
                         "S5[os:07EA010A060C1E0000014A00 u16:23100 u32:12 u32:13 u16:45]]]");
    ck_assert_uint_eq(push.n_points, 1);
    ck_assert_uint_eq(push_points[0].class_id, 7);
    ck_assert_uint_eq(push_points[0].form, COSEM_TREE);
    ck_assert(obis_eq(push_points[0].ln, obis(1, 0, 99, 1, 0, 255)));
}
END_TEST

/* ---- physics ------------------------------------------------------------------------------------------------- */

/* The value of an object of any channel; 0 when it is not there. */
static double of(uint8_t c, uint8_t d)
{
    for (size_t i = 0; i < push.n_points; i++) {
        const struct cosem_point *point = &push_points[i];
        char text[64];
        struct wp_writer w = wp_writer(text, sizeof text);

        if (point->ln.v[0] != 1 || point->ln.v[2] != c || point->ln.v[3] != d || !wp_is_number(point->value))
            continue;
        wp_put_value(&w, point->value);
        return strtod(wp_put_end(&w), NULL);
    }
    return 0;
}

static const char *profile_of(const struct dlms_vector *v)
{
    static const char *const makers[][2] = {{"aidon", "aidon"},
                                            {"iskraemeco", "iskra"},
                                            {"kaifa", "kaifa"},
                                            {"kamstrup", "kamstrup"},
                                            {"landis-gyr E450", "landis-gyr-e450"},
                                            {"sagemcom", "sagemcom"}};

    if (strstr(dlms_vector_text(v->entry, "source"), "/kamstrup/gh216-")) /* 64 kVA go through transformers */
        return "kamstrup-ct";
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strncmp(v->note, makers[i][0], strlen(makers[i][0])) == 0)
            return makers[i][1];
    return NULL;
}

/* A wrong power of ten shows: mains are 215..250 V, and what voltages and currents give is what power says; more where
 * reactive power of the phases cancels out. */
static void check_physics(const char *id, size_t *ret_compared)
{
    double apparent = 0, p = of(1, 7) - of(2, 7), q = of(3, 7) - of(4, 7), told;
    bool three = true;

    for (uint8_t phase = 0; phase < 3; phase++) {
        double volts = of((uint8_t)(32 + 20 * phase), 7), amperes = of((uint8_t)(31 + 20 * phase), 7);

        ck_assert_msg(volts == 0 || (volts > 215 && volts < 250), "%s: L%u %f V", id, phase + 1u, volts);
        ck_assert_msg(amperes >= 0 && amperes < 100, "%s: L%u %f A", id, phase + 1u, amperes);
        three = three && volts > 0;
        apparent += volts * amperes;
    }
    told = p * p + q * q;
    if (!three || told < 400.0 * 400.0)
        return;
    ck_assert_msg(apparent * apparent > 0.6 * told && apparent * apparent < 7 * told,
                  "%s: %f VA, %f W, %f var", id, apparent, p, q);
    ++*ret_compared;
}

static void check_bodies(const struct dlms_vector *v, const cJSON *expect, const char *profile,
                         size_t *ret_mapped, size_t *ret_compared)
{
    const cJSON *child;

    if (strcmp(dlms_vector_text(expect, "apdu"), "data-notification") == 0 &&
        *dlms_vector_text(expect, "shape")) {
        push_text(profile, dlms_vector_text(expect, "body"));
        ck_assert_msg(push.n_points > 0, "%s: nothing read as %s", v->id, profile);
        ck_assert_msg(push.n_unmapped == 0 || push.shape != COSEM_SHAPE_POSITIONAL, "%s", v->id);
        check_physics(v->id, ret_compared);
        ++*ret_mapped;
    }
    cJSON_ArrayForEach(child, expect) check_bodies(v, child, profile, ret_mapped, ret_compared);
}

START_TEST(what_meters_of_every_maker_say_agrees_with_physics)
{
    size_t mapped = 0, compared = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);)
        if (v.is_valid && profile_of(&v))
            check_bodies(&v, v.expect, profile_of(&v), &mapped, &compared);
    printf("%zu lists of known makers are read, in %zu of them power agrees with voltage and current\n",
           mapped, compared);
    if (dlms_vectors()) {
        ck_assert_uint_gt(mapped, 50);
        ck_assert_uint_gt(compared, 20);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cosem_push_table");
    TCase *tcase = tcase_create("table");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, kaifa_list_1_is_the_power);
    tcase_add_test(tcase, kaifa_lists_are_told_by_count_types_and_name);
    tcase_add_test(tcase, kaifa_list_3_with_clock_and_energies);
    tcase_add_test(tcase, iskra_lists);
    tcase_add_test(tcase, landis_gyr_list_of_austria);
    tcase_add_test(tcase, an_indian_alert_is_a_word_of_bits);
    tcase_add_test(tcase, an_indian_instant_push_is_read_by_its_order);
    tcase_add_test(tcase, an_indian_load_survey_is_a_buffer);
    tcase_add_test(tcase, what_meters_of_every_maker_say_agrees_with_physics);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
