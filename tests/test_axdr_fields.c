/* A-XDR as fields: types by name, OBIS, units, times; the codec's row. */
#include "sim/codec/axdr.h"

#include "harness/fields.h"
#include "sim/catalog.h"

#include <check.h>

enum { TEXT = 65536 };

static char text[TEXT];

/* The fields of the value as a line. */
static const char *line(const char *digits)
{
    static uint8_t octets[TEXT];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct axdr_frame frame;
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), octets, sizeof octets, &n), "%s", digits);
    ck_assert_int_eq(axdr_codec.decode(NULL, WP_SIDE_UNKNOWN, wp_slice(octets, n), &frame).status, WP_OK);
    fields_put_line(&w, &axdr_codec, &frame);
    return wp_put_end(&w);
}

START_TEST(a_register_is_told_with_name_and_unit)
{
    ck_assert_str_eq(line("0203 09060100200700FF 1208FD 02020FFF1623"),
                     "axdr value.structure=3 value.0.octet-string=0100200700FF value.0.obis=1-0:32.7.0.255 "
                     "value.0.name=\"Voltage L1\" value.1.long-unsigned=2301 value.1.scaled=230.1 "
                     "value.2.structure=2 value.2.0.integer=-1 value.2.1.enum=35 value.2.1.unit=V");
}
END_TEST

START_TEST(octets_are_told_as_what_they_look_like)
{
    ck_assert_str_eq(line("090C07E1090E04131F02FF800000"),
                     "axdr value.octet-string=07E1090E04131F02FF800000 value.time=2017-09-14T19:31:02");
    ck_assert_str_eq(line("090C07E1021E04131F02FFFFC400"),
                     "axdr value.octet-string=07E1021E04131F02FFFFC400 value.time=\"2017-02-30 19:31:02\" "
                     "value.reason=no-such-date");
    ck_assert_str_eq(line("09084B464D303030 31 32"),
                     "axdr value.octet-string=4B464D3030303132 value.text=KFM00012");
    ck_assert_str_eq(line("09020102"), "axdr value.octet-string=0102");
    ck_assert_str_eq(line("0906313630343538"), "axdr value.octet-string=313630343538 value.text=160458");
    ck_assert_str_eq(line("1A07E80B15FF"), "axdr value.date=07E80B15FF value.time=\"2024-11-21 *:*:*\" "
                                           "value.reason=unspecified");
}
END_TEST

START_TEST(a_number_is_scaled_only_by_what_stands_right_behind_it)
{
    ck_assert_str_eq(
        line("0202 1208FD 02020FFF"
             "1623"),
        "axdr value.structure=2 value.0.long-unsigned=2301 value.0.scaled=230.1 value.1.structure=2 "
        "value.1.0.integer=-1 value.1.1.enum=35 value.1.1.unit=V");
    ck_assert_str_eq(
        line("0202 0201 1208FD 02020FFF1623"),
        "axdr value.structure=2 value.0.structure=1 value.0.0.long-unsigned=2301 value.1.structure=2 "
        "value.1.0.integer=-1 value.1.1.enum=35 value.1.1.unit=V");
    ck_assert_str_eq(line("0202 1101 0202 0F7F 16FE"),
                     "axdr value.structure=2 value.0.unsigned=1 value.0.scaled=1 value.1.structure=2 "
                     "value.1.0.integer=127 value.1.1.enum=254 value.1.1.unit=other");
    ck_assert_str_eq(line("0202 1101 0202 0F00 163A"),
                     "axdr value.structure=2 value.0.unsigned=1 value.0.scaled=1 value.1.structure=2 "
                     "value.1.0.integer=0 value.1.1.enum=58 value.1.1.unit=unit(58)");
}
END_TEST

START_TEST(every_kind_of_value_is_shown)
{
    ck_assert_str_eq(
        line("0209 00 FF 177FC00000 17FF800000 040380 0A024142 0100 13020211120600 0001 010002"
             "15FFFFFFFFFFFFFFFF"),
        "axdr value.structure=9 value.0.null-data=null value.1.dont-care=null value.2.float32=NaN "
        "value.3.float32=-Infinity value.4.bit-string=80 value.4.bits=3 value.5.visible-string=AB "
        "value.6.array=0 value.7.compact-array=02021112 value.7.0.structure=2 "
        "value.7.0.0.unsigned=0 value.7.0.1.long-unsigned=1 value.7.1.structure=2 "
        "value.7.1.0.unsigned=1 value.7.1.1.long-unsigned=2 "
        "value.8.long64-unsigned=18446744073709551615");
}
END_TEST

/* As deep as values and descriptions go: what has no room in a path is counted. */
START_TEST(depth_has_an_end_in_text_too)
{
    uint8_t octets[512];
    struct wp_writer w = wp_writer(octets, sizeof octets), out = wp_writer(text, sizeof text);
    struct axdr_frame frame;

    for (int i = 0; i < AXDR_DEPTH_MAX; i++)
        axdr_put_structure(&w, 1);
    wp_put_u8(&w, AXDR_COMPACT_ARRAY);
    for (int i = 0; i < AXDR_DEPTH_MAX; i++)
        axdr_put_structure(&w, 1);
    wp_put_slice(&w, wp_text("\x12\x04\1\1\1\1"));
    ck_assert_int_eq(axdr_codec.decode(NULL, WP_SIDE_UNKNOWN, wp_written(&w), &frame).status, WP_OK);
    fields_put_line(&out, &axdr_codec, &frame);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&out), ".long-unsigned=257"));

    w.n = 0;
    for (int i = 0; i < AXDR_DEPTH_MAX; i++) {
        axdr_put_structure(&w, 101);
        w.n += 100;
        memset(octets + w.n - 100, 0, 100);
        if (w.n > sizeof octets - 110)
            break;
    }
    axdr_put_structure(&w, 0);
    ck_assert(!w.full);
    ck_assert_int_eq(axdr_codec.decode(NULL, WP_SIDE_UNKNOWN, wp_written(&w), &frame).status, WP_OK);
    out = wp_writer(text, sizeof text);
    fields_put_json(&out, &axdr_codec, &frame);
    ck_assert(!out.full);
}
END_TEST

static void count(void *ctx, const struct wp_field *field)
{
    size_t *n = ctx;

    n[0]++;
    n[1] += strcmp(field->path + strlen(field->path) - 6, "hidden") == 0;
    ck_assert_uint_lt(strlen(field->path), FIELDS_PATH_MAX);
    ck_assert_uint_le(field->first + field->len, n[2]);
}

START_TEST(a_path_never_outgrows_what_harnesses_keep)
{
    uint8_t octets[8192];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    const char *path = "0123456789012345678901234567890123456789";
    size_t n[3] = {0};

    for (int i = 0; i < AXDR_DEPTH_MAX; i++) {
        axdr_put_structure(&w, 201);
        memset(octets + w.n, 0, 200);
        w.n += 200;
    }
    axdr_put_u32(&w, 1);
    n[2] = w.n + 7;
    ck_assert_int_eq(axdr_decode_whole(wp_written(&w), NULL).status, WP_OK);
    axdr_fields(wp_written(&w), path, 7, count, n);
    ck_assert_uint_gt(n[0], 1000);
    ck_assert_uint_eq(n[1], 1);
}
END_TEST

START_TEST(no_stream_begins_with_it)
{
    ck_assert_ptr_eq(wp_codec_find("axdr"), &axdr_codec);
    for (size_t i = 0; i < wp_n_codecs; i++)
        ck_assert(wp_codec_is_found(wp_codecs[i]) == (wp_codecs[i] != &axdr_codec));
    ck_assert_int_eq(axdr_codec.probe(wp_text("")), WP_PROBE_NO);
    ck_assert_int_eq(axdr_codec.probe(wp_text("\x02\x01\x11\x01")), WP_PROBE_NO);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("axdr_fields");
    TCase *t = tcase_create("axdr_fields");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_register_is_told_with_name_and_unit);
    tcase_add_test(t, octets_are_told_as_what_they_look_like);
    tcase_add_test(t, a_number_is_scaled_only_by_what_stands_right_behind_it);
    tcase_add_test(t, every_kind_of_value_is_shown);
    tcase_add_test(t, depth_has_an_end_in_text_too);
    tcase_add_test(t, a_path_never_outgrows_what_harnesses_keep);
    tcase_add_test(t, no_stream_begins_with_it);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
