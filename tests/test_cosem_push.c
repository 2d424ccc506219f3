/* What meters push becomes the readings that others read from the same octets.
 * covers: cosem_push_list cosem_push_obis cosem_push_take cosem_push_value */
#include "tests/dlms_vectors.h"
#include "tests/push_said.h"

static const char *printed(struct wp_value value)
{
    static char text[256];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, value);
    return wp_put_end(&w);
}

static const char *obis_text(struct obis ln)
{
    static char text[OBIS_TEXT_MAX + 1];
    struct wp_writer w = wp_writer(text, sizeof text);

    obis_put(&w, ln);
    return wp_put_end(&w);
}

static int number_at(const cJSON *object, const char *key, int otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valueint : otherwise;
}

static void check_reading(const char *id, const cJSON *reading, const struct cosem_point *point)
{
    static char raw[8192];
    struct wp_writer w = wp_writer(raw, sizeof raw);
    const char *scaled = dlms_vector_text(reading, "scaled");
    struct wp_value value;

    axdr_put_canonical(&w, point->raw);
    ck_assert_msg(strcmp(obis_text(point->ln), dlms_vector_text(reading, "obis")) == 0, "%s: %s, not %s", id,
                  obis_text(point->ln), dlms_vector_text(reading, "obis"));
    ck_assert_msg(strcmp(wp_put_end(&w), dlms_vector_text(reading, "value")) == 0, "%s: %s", id, raw);
    ck_assert_int_eq(point->class_id, number_at(reading, "class", point->class_id));
    ck_assert_int_eq(point->attribute, number_at(reading, "attr", 2));
    if (!*scaled)
        return;
    ck_assert(wp_number_read(wp_text(scaled), &value));
    ck_assert_msg(wp_value_eq(point->value, value), "%s: %s is %s, not %s", id, obis_text(point->ln),
                  printed(point->value), scaled);
    ck_assert_int_eq(point->from, COSEM_SCALE_PAYLOAD);
    ck_assert_int_eq(point->scaler, number_at(reading, "scaler", 99));
    ck_assert_int_eq(point->unit, number_at(reading, "unit", 999));
}

static size_t check_readings(const char *id, const cJSON *readings)
{
    const cJSON *reading;
    size_t n = 0;

    cJSON_ArrayForEach(reading, readings)
    {
        if (number_at(reading, "attr", 2) == 1)
            continue; /* a logical name is no reading */
        ck_assert_msg(n < push.n_points, "%s: %zu points", id, push.n_points);
        check_reading(id, reading, &push_points[n++]);
    }
    if (readings)
        ck_assert_msg(n == push.n_points, "%s: %zu points, %zu expected", id, push.n_points, n);
    return n;
}

/* Every data-notification inside `expect`, however deep. */
static void check_notifications(const char *id, const cJSON *expect, size_t *bodies, size_t *readings)
{
    const char *shape = dlms_vector_text(expect, "shape");
    const cJSON *child;

    if (strcmp(dlms_vector_text(expect, "apdu"), "data-notification") == 0) {
        push_text("generic", dlms_vector_text(expect, "body"));
        ck_assert_msg(strcmp(*shape ? shape : "unmapped", cosem_shape_text(push.shape)) == 0,
                      "%s: %s, not %s", id, cosem_shape_text(push.shape), shape);
        *readings += check_readings(id, cJSON_GetObjectItemCaseSensitive(expect, "readings"));
        ++*bodies;
    }
    cJSON_ArrayForEach(child, expect) check_notifications(id, child, bodies, readings);
}

START_TEST(published_pushes_give_the_readings_that_others_found)
{
    size_t bodies = 0, readings = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);)
        if (v.is_valid)
            check_notifications(v.id, v.expect, &bodies, &readings);
    printf("%zu bodies, %zu readings\n", bodies, readings);
    if (dlms_vectors()) {
        ck_assert_uint_gt(bodies, 80);
        ck_assert_uint_gt(readings, 600);
    }
}
END_TEST

/* ---- shapes ------------------------------------------------------------------------------------------------ */

/* Eighteen octets describe each value; what is described as a logical name, and the list itself, is none. */
START_TEST(a_push_object_list_says_what_its_values_are)
{
    push_text("landis-gyr-e450", /* source: vector d0109, shortened */
              "S6[A6[S4[u16:40 os:0008190900FF i8:2 u16:0] S4[u16:40 os:0008190900FF i8:1 u16:0] "
              "S4[u16:1 os:0000600100FF i8:2 u16:0] S4[u16:3 os:0100010700FF i8:2 u16:0] "
              "S4[u16:3 os:0101010800FF i8:2 u16:0] S4[u16:3 os:01001F0700FF i8:2 u16:0]] "
              "os:0008190900FF os:3633333236343133 u32:362 u32:2302502 u16:51]");
    ck_assert_str_eq(
        push_said(),
        "0-0:96.1.0.255=63326413, 1-0:1.7.0.255=362 W, 1-1:1.8.0.255=2302502 Wh, 1-0:31.7.0.255=0.51 A");
    ck_assert_uint_eq(push.n_unmapped, 0);
    ck_assert(wp_slice_is(push.serial, "63326413"));
}
END_TEST

/* An array that leaves itself out has one entry less; then value i + 1 belongs to entry i. */
START_TEST(a_push_object_list_may_leave_itself_out)
{
    push_text(
        "generic",
        "S3[A2[S4[u16:3 os:0100010700FF i8:2 u16:0] S4[u16:3 os:0100020700FF u8:2 u16:0]] u32:7 u32:8]");
    ck_assert_str_eq(cosem_shape_text(push.shape), "push-object-list");
    ck_assert_str_eq(push_said(), "1-0:1.7.0.255=7 W, 1-0:2.7.0.255=8 W");
    push_text(
        "generic",
        "S3[A2[S4[u16:40 os:0000190900FF i8:2 u16:0] S4[u16:3 os:0100020700FF i8:2 u16:0]] u32:7 u32:8]");
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional"); /* neither as many, nor one less */
    push_text("generic",
              "S4[A2[S4[u16:3 os:0100010700FF i8:2 u16:0] S4[u16:3 os:0100020700FF i8:2 u16:0]] u8:1 u8:2 "
              "u8:3]");
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional");
    push_text("generic", "S2[A1[S4[u16:3 os:0100010700FF i8:2 i8:0]] u8:1]"); /* an index that is none */
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional");
}
END_TEST

START_TEST(a_data_index_names_one_member)
{
    push_text("generic", "S3[A3[S4[u16:40 os:0000190900FF i8:2 u16:0] S4[u16:1 os:0000600A01FF i8:2 u16:2] "
                         "S4[u16:1 os:0000600A02FF i8:2 u16:2]] S2[u8:1 u8:9] u8:7]");
    ck_assert_str_eq(push_said(), "0-0:96.10.1.255=9, 0-0:96.10.2.255=7");
}
END_TEST

/* source: Energomera, esphome-libs/dlms_parser tests/dumps/raw_energomera.log */
START_TEST(a_push_object_list_of_six_members)
{
    push_hex("spodes",
             "0207 0107 0206 120028 0906 0000190900FF 0F02 120000 0202 1600 00 0100 0206 120001 0906 "
             "0000600586FF 0F02 "
             "120000 0202 1600 00 0100 0206 120001 0906 00002A0000FF 0F02 120000 0202 1600 00 0100 0206 "
             "120001 0906 "
             "0000600100FF 0F02 120000 0202 1600 00 0100 0206 120001 0906 0000616200FF 0F02 120000 0202 1600 "
             "00 0100 "
             "0206 120001 0906 00006162 0AFF 0F02 120000 0202 1600 00 0100 0206 120001 0906 0000600587FF "
             "0F02 120000 "
             "0202 1600 00 0100 1601 0910 454D5230323232313733363038373130 0920 "
             "3031323431353137333630383731300000000000000000000000000000000000 06 00000010 06 0000FFFF "
             "0202 0906 0000636204FF 12 0003");
    ck_assert_str_eq(push_said(),
                     "0-0:96.5.134.255=1, 0-0:42.0.0.255=EMR0222173608710, 0-0:96.1.0.255=012415173608710, "
                     "0-0:97.98.0.255=16, 0-0:97.98.10.255=65535, 0-0:96.5.135.255=null");
    ck_assert(wp_slice_is(push.ldn, "EMR0222173608710"));
    ck_assert(wp_slice_is(push.serial, "012415173608710"));
}
END_TEST

/* source: vector d0126, Sagemcom T210-D: the clock before, the number behind */
START_TEST(a_flat_list_has_head_and_tail)
{
    push_text("generic",
              "S8[os:07E80B0F050E2D2D00FFC402 os:0100010800FF u32:4752026 S2[i8:0 e:30] os:0100200700FF "
              "u16:2334 S2[i8:-1 e:35] os:313738323130313238353032]");
    ck_assert_str_eq(cosem_shape_text(push.shape), "flat-obis");
    ck_assert_str_eq(push_said(), "1-0:1.8.0.255=4752026 Wh, 1-0:32.7.0.255=233.4 V");
    ck_assert(wp_slice_is(push.meter_id, "178210128502"));
    ck_assert_uint_eq(push.clock.n, 12);
    ck_assert_uint_eq(push.n_unmapped, 0);
}
END_TEST

/* The element behind a key is its value, even when it looks like a key; two channels are two readings. */
START_TEST(keys_values_and_channels_of_flat_lists)
{
    push_text("generic", "S6[os:0000600101FF os:313630343536 os:0100010800FF u8:1 os:0101010800FF u8:2]");
    ck_assert_str_eq(push_said(), "0-0:96.1.1.255=160456, 1-0:1.8.0.255=1 Wh, 1-1:1.8.0.255=2 Wh");
    push_text("generic", "S4[os:0100010800FF os:0100020800FF os:0100030800FF u8:3]");
    ck_assert_uint_eq(push.n_points, 2);
    ck_assert_uint_eq(push_points[0].form, COSEM_HEX);
    push_text("generic", "S4[os:0100010800FF u8:1 os:010001080000 u8:2]"); /* a period is no key by itself */
    ck_assert_str_eq(push_said(), "1-0:1.8.0.255=1 Wh");
    ck_assert_uint_eq(push.n_unmapped, 2);
    push_text("generic", "S5[u8:9 os:0100010800FF u8:1 os:0100020800FF u8:2]"); /* not its beginning */
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional");
}
END_TEST

/* What does not fit stays unmapped, the rest is read. */
START_TEST(what_does_not_fit_is_counted)
{
    push_text("generic", "A5[S2[os:0100010800FF u8:1] u8:5 S4[os:0100010800FF u8:1 u8:2 u8:3] S2[os:01 u8:2] "
                         "S3[os:0100020800FF u8:2 u8:3]]");
    ck_assert_str_eq(push_said(), "1-0:1.8.0.255=1 Wh, 1-0:2.8.0.255=2 Wh");
    ck_assert_uint_eq(push.n_unmapped, 4);
    push_text("generic", "S4[os:0100010800FF n os:0100020800FF f32:7FC00000]");
    ck_assert_uint_eq(push.n_points, 0);
    ck_assert_uint_eq(push.n_empty, 2);
    push_text("generic", "u32:65536");
    ck_assert_str_eq(cosem_shape_text(push.shape), "unmapped");
    ck_assert_uint_eq(push.n_unmapped, 1);
    push_text("generic", "n");
    ck_assert_uint_eq(push.n_unmapped, 0);
}
END_TEST

/* ---- values ------------------------------------------------------------------------------------------------ */

START_TEST(every_type_of_data_has_a_value)
{
    static const struct {
        const char *data, *said;
    } cases[] = {
        {"b:2", "true"},
        {"b:0", "false"},
        {"bs:11:A0E0", "10100000111"},
        {"bs:0:", ""},
        {"i32:-5", "-5"},
        {"u32:4294967295", "4294967295"},
        {"bcd:-7", "-7"},
        {"i8:-1", "-1"},
        {"i16:-300", "-300"},
        {"u8:255", "255"},
        {"u16:65535", "65535"},
        {"i64:-9223372036854775808", "-9223372036854775808"},
        {"u64:18446744073709551615", "18446744073709551615"},
        {"e:3", "3"},
        {"f32:4366199A", "230.1"},
        {"f64:406CC33333333333", "230.1"},
        {"f32:C1200000", "-10"},
        {"dt:07E90C0E00110000FF800000", "2025-12-14T17:00:00"},
        {"os:07E707180113281900FF8880", "2023-07-24T19:40:25+02:00"},
        {"os:414243", "ABC"},
        {"os:41420D", "41420D"},
        {"os:", ""},
        {"os:0000", "0000"},
        {"os:41000000", "A"},
        {"vs:4142", "AB"},
        {"us:C3A9", "\xC3\xA9"},
        {"us:C3", "C3"},
        {"us:C30A", "C30A"},
        {"di8:-2", "-2"},
        {"du16:9", "9"},
        {"A1[u8:1]", "null"},
        {"S0[]", "null"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cosem_point point;
        char memory[64];
        struct wp_writer w = wp_writer(memory, sizeof memory);

        ck_assert_msg(
            cosem_push_value(push_body(cases[i].data), obis(0, 0, 96, 50, 0, 255), 1, 2, NULL, &point), "%s",
            cases[i].data);
        ck_assert_msg(strcmp(printed(cosem_point_value(&point, &w)), cases[i].said) == 0, "%s: %s, not %s",
                      cases[i].data, printed(cosem_point_value(&point, &w)), cases[i].said);
    }
}
END_TEST

START_TEST(what_is_no_reading)
{
    static const char *const none[] = {"n", "x", "f32:7F800000", "f32:FFC00000", "f64:7FF0000000000000"};
    struct cosem_point point;

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!cosem_push_value(push_body(none[i]), obis(1, 0, 1, 8, 0, 255), 3, 2, NULL, &point),
                      "%s", none[i]);
    ck_assert(!cosem_push_value(wp_slice("\x06\0\0", 3), obis(1, 0, 1, 8, 0, 255), 3, 2, NULL, &point));
    ck_assert(!cosem_push_value(wp_slice("\x11\0\0", 3), obis(1, 0, 1, 8, 0, 255), 3, 2, NULL, &point));
    ck_assert(!cosem_push_value(wp_slice("\x07", 1), obis(1, 0, 1, 8, 0, 255), 3, 2, NULL, &point));
    ck_assert(!cosem_push_value(wp_slice(NULL, 0), obis(1, 0, 1, 8, 0, 255), 3, 2, NULL, &point));
}
END_TEST

/* A clock that is no time says so; a text that there is no room for stays what its octets are. */
START_TEST(values_that_cannot_be_said)
{
    struct cosem_point point;
    struct wp_writer none = wp_writer(NULL, 0);
    struct wp_value value;

    ck_assert(cosem_push_value(push_body("os:000000000000000000000000"), obis(0, 0, 1, 0, 0, 255), 8, 2, NULL,
                               &point));
    ck_assert_uint_eq(point.quality, WP_INVALID);
    ck_assert(cosem_push_value(push_body("bs:8:A5"), obis(0, 0, 96, 5, 0, 255), 1, 2, NULL, &point));
    value = cosem_point_value(&point, &none);
    ck_assert_uint_eq(value.kind, WP_BYTES);
    ck_assert(!none.full);
}
END_TEST

/* ---- what nobody should send --------------------------------------------------------------------------------- */

/* 65 535 readings cost their octets, not more: the room is what the caller gave, the rest is counted. */
START_TEST(more_readings_than_room)
{
    size_t n = 65535, size = 5 + n * 13;
    uint8_t *body = (uint8_t *)malloc(size);
    struct wp_writer w = wp_writer(body, size);

    ck_assert_ptr_nonnull(body);
    axdr_put_array(&w, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        axdr_put_structure(&w, 2);
        axdr_put_octets(&w, wp_slice("\1\0\1\x08\0\xFF", 6));
        axdr_put_u16(&w, (uint16_t)i);
    }
    ck_assert(!w.full);
    push_map_as("generic", wp_written(&w));
    ck_assert_uint_eq(push.n_points, PUSH_POINTS);
    ck_assert_uint_eq(push.n_dropped, n - PUSH_POINTS);
    cosem_push_map(wp_written(&w), NULL, NULL, 0, &push);
    ck_assert_uint_eq(push.n_dropped, n);
    free(body);
}
END_TEST

/* Every beginning of a list, and every list with one octet changed, is read as far as it goes. */
START_TEST(cut_and_changed_bodies)
{
    static const char *const bodies[] = {
        "S3[A3[S4[u16:40 os:0000190900FF i8:2 u16:0] S4[u16:1 os:0000600A01FF i8:2 u16:2] S4[u16:3 "
        "os:0100010700FF "
        "i8:3 u16:0]] S2[u8:1 u8:9] S2[i8:-1 e:35]]",
        "A2[S2[os:0000600100FF vs:3733] S3[os:0100010700FF u32:4027 S2[i8:0 e:27]]]",
        "S4[os:53494D30 os:0004190900FF os:07EA010A060C0F1E00014A00 bs:128:10000000000000000000040000000000]",
        "S7[vs:4B616D73747275705F5630303031 os:01011F0700FF u32:189 S2[i8:0 e:27] os:0101200700FF os:313233 "
        "os:3132]",
        "S9[os:4B464D5F303031 os:31 os:32 u32:1 u32:2 u32:3 u32:4 u32:5 u32:6]",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct wp_slice body = push_body(bodies[i]);

        for (size_t n = 0; n < body.n; n++) {
            uint8_t *exact = (uint8_t *)malloc(n + 1);

            ck_assert_ptr_nonnull(exact);
            memcpy(exact, body.p, n);
            push_map_as("egd-untagged", wp_slice(exact, n));
            free(exact);
        }
        for (size_t at = 0; at < body.n; at++)
            for (unsigned change = 1; change < 256; change++) {
                uint8_t *exact = (uint8_t *)malloc(body.n);

                ck_assert_ptr_nonnull(exact);
                memcpy(exact, body.p, body.n);
                exact[at] ^= (uint8_t)change;
                push_map_as("zmf100-swapped", wp_slice(exact, body.n));
                free(exact);
            }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cosem_push");
    TCase *tcase = tcase_create("push");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, published_pushes_give_the_readings_that_others_found);
    tcase_add_test(tcase, a_push_object_list_says_what_its_values_are);
    tcase_add_test(tcase, a_push_object_list_may_leave_itself_out);
    tcase_add_test(tcase, a_data_index_names_one_member);
    tcase_add_test(tcase, a_push_object_list_of_six_members);
    tcase_add_test(tcase, a_flat_list_has_head_and_tail);
    tcase_add_test(tcase, keys_values_and_channels_of_flat_lists);
    tcase_add_test(tcase, what_does_not_fit_is_counted);
    tcase_add_test(tcase, every_type_of_data_has_a_value);
    tcase_add_test(tcase, what_is_no_reading);
    tcase_add_test(tcase, values_that_cannot_be_said);
    tcase_add_test(tcase, more_readings_than_room);
    tcase_add_test(tcase, cut_and_changed_bodies);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
