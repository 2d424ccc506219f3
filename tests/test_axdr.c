/* A-XDR: the published vectors, every type there and back, hostile input. */
#include "sim/codec/axdr.h"

#include "tests/dlms_vectors.h"

#include <check.h>

enum { TEXT = 65536 };

static char text[TEXT];

static struct wp_decode canonical(struct wp_slice in)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    struct wp_decode d = axdr_put_canonical(&w, in);

    wp_put_end(&w);
    ck_assert(!w.full);
    return d;
}

static struct wp_slice hex(const char *digits)
{
    static uint8_t octets[TEXT];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), octets, sizeof octets, &n), "%s", digits);
    return wp_slice(octets, n);
}

/* ---- published vectors ------------------------------------------------------------------------------ */

static int number_of(const struct dlms_vector *v, const char *key)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(v->expect, key);

    ck_assert_msg(cJSON_IsNumber(number), "%s has %s", v->id, key);
    return number->valueint;
}

static void check_valid(const struct dlms_vector *v)
{
    struct axdr_cursor c;
    struct axdr_item item;
    int nodes = 0, depth = 0;

    ck_assert_msg(axdr_decode_whole(v->bytes, NULL).status == WP_OK, "%s %s", v->id, v->note);
    canonical(v->bytes);
    ck_assert_msg(strcmp(text, dlms_vector_text(v->expect, "value")) == 0, "%s: %s", v->id, text);
    axdr_open(&c, v->bytes, NULL);
    for (; axdr_next(&c, &item); nodes++)
        depth = item.depth >= depth ? item.depth + 1 : depth;
    ck_assert_msg(nodes == number_of(v, "nodes"), "%s: %d elements", v->id, nodes);
    ck_assert_msg(depth == number_of(v, "depth"), "%s: depth %d", v->id, depth);
}

/* A value that grows octet by octet says MORE, never more than is missing, until it is whole. */
static void check_prefixes(const struct dlms_vector *v)
{
    for (size_t n = 0; n < v->bytes.n; n++) {
        const struct wp_slice prefix = wp_slice(v->bytes.p, n);
        const struct wp_decode d = axdr_decode(prefix, NULL), whole = axdr_decode_whole(prefix, NULL);

        ck_assert_msg(d.status == WP_MORE, "%s, %zu octets: %s", v->id, n, wp_fault_text(d.fault));
        ck_assert_msg(d.need >= 1 && d.need <= v->bytes.n - n, "%s, %zu octets: %zu", v->id, n, d.need);
        ck_assert(whole.status == WP_BAD && whole.fault == WP_FAULT_TRUNCATED && whole.at == n);
    }
}

START_TEST(published_vectors_read_as_they_say)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "axdr"); n++) {
        struct wp_decode d = axdr_decode_whole(v.bytes, NULL);

        if (v.is_valid) {
            check_valid(&v);
            check_prefixes(&v);
            continue;
        }
        ck_assert_msg(d.status == WP_BAD, "%s %s was taken", v.id, v.note);
        ck_assert_msg(strcmp(wp_fault_text(d.fault), v.error) == 0, "%s %s: %s, not %s", v.id, v.note,
                      wp_fault_text(d.fault), v.error);
    }
    ck_assert(!dlms_vectors() || n == 99);
}
END_TEST

START_TEST(a_part_is_passed_over)
{
    const struct wp_slice in = hex("0203 0102 1101 0201 1102 0905 AABBCCDDEE 1103");
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, in, NULL);
    ck_assert(axdr_next(&c, &item) && item.tag == AXDR_STRUCTURE && item.count == 3);
    ck_assert(axdr_next(&c, &item) && item.tag == AXDR_ARRAY && item.depth == 1);
    ck_assert(axdr_skip(&c, &item));
    ck_assert_uint_eq(c.at - item.at, 8);
    ck_assert(axdr_next(&c, &item) && item.tag == AXDR_OCTET_STRING && item.at == 10 && item.n == 7);
    ck_assert(axdr_next(&c, &item) && item.tag == AXDR_U8 && item.content.p[0] == 3);
    ck_assert(!axdr_next(&c, &item));
    ck_assert_uint_eq(axdr_end(&c).used, in.n);
}
END_TEST

START_TEST(the_rest_of_an_outer_part_is_passed_over)
{
    struct axdr_cursor c;
    struct axdr_item item, outer;

    axdr_open(&c, hex("0202 0202 0201 1101 1102 1103"), NULL);
    ck_assert(axdr_next(&c, &item));
    ck_assert(axdr_next(&c, &outer) && axdr_next(&c, &item) && axdr_next(&c, &item) && item.depth == 3);
    ck_assert(axdr_skip(&c, &outer));
    ck_assert(axdr_next(&c, &item) && item.depth == 1 && item.content.p[0] == 3);
    ck_assert(!axdr_next(&c, &item) && axdr_end(&c).status == WP_OK);

    axdr_open(&c, hex("0202 0202 1101 11"), NULL);
    ck_assert(axdr_next(&c, &item) && axdr_next(&c, &outer));
    ck_assert(!axdr_skip(&c, &outer));
    ck_assert(axdr_end(&c).status == WP_MORE && axdr_end(&c).need == 2);
}
END_TEST

/* ---- hostile input ---------------------------------------------------------------------------------- */

/* Every refusal has a name and the offset of what was wrong. */
START_TEST(what_is_wrong_is_named_where_it_stands)
{
    static const struct {
        const char *digits;
        enum wp_fault fault;
        size_t at;
    } rows[] = {
        {"07", WP_FAULT_TAG, 0},
        {"0202110122", WP_FAULT_TAG, 4},
        {"0980", WP_FAULT_LENGTH_FORM, 1},
        {"0485", WP_FAULT_LENGTH_FORM, 1},
        {"02 01 01 FF", WP_FAULT_LENGTH_FORM, 3},
        {"0184FFFFFFFF", WP_FAULT_COUNT, 1},
        {"02020002840000FFFF", WP_FAULT_COUNT, 4},
        {"0184FFFFFFFF00", WP_FAULT_COUNT, 1},
        {"1313", WP_FAULT_TAG, 1},
        {"13020213", WP_FAULT_TAG, 3},
        {"130107", WP_FAULT_TRUNCATED, 3},
        {"1301000107", WP_FAULT_TAG, 4},
        {"1302848000000000", WP_FAULT_COUNT, 2},
        {"130280", WP_FAULT_LENGTH_FORM, 2},
        {"131180", WP_FAULT_LENGTH_FORM, 2},
        {"1312030001 02", WP_FAULT_TRAILING, 5}, /* the second row has half its octets */
        {"13020211 12 04 01 0002 03", WP_FAULT_TRAILING, 9},
        {"13090402AABB05", WP_FAULT_TRAILING, 6}, /* a string of 5 in 0 octets */
        {"13090202AA", WP_FAULT_TRAILING, 3},     /* a string of 2 in 1 octet */
        {"13090180", WP_FAULT_LENGTH_FORM, 3},
        {"130001AA", WP_FAULT_TRAILING, 3},       /* rows without octets never use it up */
        {"130100001101AA", WP_FAULT_TRAILING, 6}, /* arrays of 0 elements */
        {"1301FFFF0001AA", WP_FAULT_DEPTH, 6},    /* an array of 65535 nulls in each row */
        {"1301FFFF01FFFF1101AA", WP_FAULT_TRAILING, 9},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct wp_slice in = hex(rows[i].digits);
        const struct wp_decode d = axdr_decode_whole(in, NULL);

        ck_assert_msg(d.status == WP_BAD, "%s was taken", rows[i].digits);
        ck_assert_msg(d.fault == rows[i].fault && d.at == rows[i].at, "%s: %s at %zu", rows[i].digits,
                      wp_fault_text(d.fault), d.at);
        ck_assert_uint_eq(d.used, 1);
    }
}
END_TEST

/* 65535 nulls cost 65 kB on the wire, and would cost two megabytes of elements. */
START_TEST(an_array_of_nulls_is_read_as_far_as_elements_go)
{
    static uint8_t octets[TEXT + 8];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    const struct axdr_limits more = {.nodes = 1 + 65535};
    struct wp_decode d;

    axdr_put_array(&w, 65535);
    w.n += 65535;
    d = axdr_decode_whole(wp_written(&w), NULL);
    ck_assert(d.status == WP_BAD && d.fault == WP_FAULT_DEPTH && d.at == 0);
    ck_assert(axdr_decode_whole(wp_written(&w), &more).status == WP_OK);

    w.n = 0;
    axdr_put_array(&w, AXDR_NODES_MAX - 1);
    w.n += AXDR_NODES_MAX - 1;
    ck_assert(axdr_decode_whole(wp_written(&w), NULL).status == WP_OK);
    w.n = 0;
    axdr_put_array(&w, AXDR_NODES_MAX);
    w.n += AXDR_NODES_MAX;
    d = axdr_decode_whole(wp_written(&w), NULL);
    ck_assert(d.status == WP_BAD && d.fault == WP_FAULT_DEPTH);
}
END_TEST

/* Elements are counted over the whole value, not in each container. */
START_TEST(containers_share_their_elements)
{
    const struct axdr_limits five = {.nodes = 5}, six = {.nodes = 6};
    const struct wp_slice in = hex("0202 0201 00 0201 00");

    struct wp_decode d = axdr_decode_whole(in, &five);

    ck_assert(axdr_decode_whole(in, &six).status == WP_OK);
    ck_assert(d.status == WP_OK);
    d = axdr_decode_whole(in, &(struct axdr_limits){.nodes = 4});
    ck_assert(d.status == WP_BAD && d.fault == WP_FAULT_DEPTH && d.at == 5);
}
END_TEST

START_TEST(nesting_ends_where_the_reader_says)
{
    for (unsigned depth = 1; depth <= 40; depth++) {
        uint8_t octets[128];
        struct wp_writer w = wp_writer(octets, sizeof octets);
        struct wp_decode d;

        for (unsigned i = 0; i < depth; i++)
            axdr_put_structure(&w, 1);
        axdr_put_null(&w);
        d = axdr_decode_whole(wp_written(&w), NULL);
        ck_assert_int_eq(d.status, depth <= AXDR_DEPTH_MAX ? WP_OK : WP_BAD);
        ck_assert(depth <= AXDR_DEPTH_MAX || (d.fault == WP_FAULT_DEPTH && d.at == 2 * AXDR_DEPTH_MAX));
        d = axdr_decode_whole(wp_written(&w), &(struct axdr_limits){.depth = 3});
        ck_assert_int_eq(d.status, depth <= 3 ? WP_OK : WP_BAD);
    }
}
END_TEST

/* The same for the description of a compact-array. */
START_TEST(descriptions_nest_no_deeper)
{
    for (unsigned depth = 14; depth <= 18; depth++) {
        uint8_t octets[128] = {AXDR_COMPACT_ARRAY};
        struct wp_writer w = wp_writer(octets, sizeof octets);
        struct wp_decode d;

        w.n = 1;
        for (unsigned i = 0; i < depth; i++)
            axdr_put_structure(&w, 1);
        wp_put_slice(&w, hex("11 02 0A 0B"));
        d = axdr_decode_whole(wp_written(&w), NULL);
        ck_assert_int_eq(d.status, depth <= AXDR_DEPTH_MAX ? WP_OK : WP_BAD);
        ck_assert(depth <= AXDR_DEPTH_MAX || (d.fault == WP_FAULT_DEPTH && d.at == 1 + 2 * AXDR_DEPTH_MAX));
    }
}
END_TEST

START_TEST(octets_beyond_the_bound_are_not_waited_for)
{
    const struct wp_slice in = hex("0984 00FFFFFF 00");
    const struct axdr_limits bound = {.bytes = 1000}, exact = {.bytes = 7};
    struct wp_decode d = axdr_decode(in, NULL);

    ck_assert(d.status == WP_MORE && d.need == 0xFFFFFE);
    d = axdr_decode(in, &bound);
    ck_assert(d.status == WP_BAD && d.fault == WP_FAULT_TOO_LARGE);
    ck_assert(axdr_decode(hex("0905 1122334455"), &exact).status == WP_OK);
    ck_assert(axdr_decode(hex("0905 11223344"), &exact).status == WP_MORE);
    d = axdr_decode(hex("0906 112233445566"), &exact);
    ck_assert(d.status == WP_BAD && d.fault == WP_FAULT_TOO_LARGE);
}
END_TEST

/* ---- compact-arrays --------------------------------------------------------------------------------- */

/* The rows as Data with tags would say them. */
static const char *rows_of(const char *digits)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    const struct wp_slice in = hex(digits);
    struct axdr_cursor c;
    struct axdr_compact inside;
    struct axdr_item item;

    axdr_open(&c, in, NULL);
    ck_assert(axdr_next(&c, &item));
    axdr_compact_open(&inside, &item, AXDR_NODES_MAX);
    while (axdr_compact_next(&inside, &item)) {
        if (w.n > 0)
            wp_put_char(&w, ' ');
        wp_put_uint(&w, item.depth);
        wp_put_char(&w, '/');
        wp_put_text(&w, axdr_type(item.tag)->prefix);
        if (axdr_is_container(item.tag))
            wp_put_uint(&w, item.count);
        else
            wp_put_hex(&w, item.content);
        ck_assert(item.content.n == 0 || item.content.p + item.content.n == in.p + item.at + item.n);
    }
    ck_assert_int_eq(inside.fault, WP_FAULT_NONE);
    return wp_put_end(&w);
}

START_TEST(rows_of_a_compact_array_are_values_without_tags)
{
    ck_assert_str_eq(rows_of("131103010203"), "0/u8:01 0/u8:02 0/u8:03");
    ck_assert_str_eq(rows_of("13020206120C000000010002000000030004"),
                     "0/S2 1/u32:00000001 1/u16:0002 0/S2 1/u32:00000003 1/u16:0004");
    ck_assert_str_eq(rows_of("13 0202 0100 03 11 0F 08 010203FF 04050680"),
                     "0/S2 1/A3 2/u8:01 2/u8:02 2/u8:03 1/i8:FF 0/S2 1/A3 2/u8:04 2/u8:05 2/u8:06 1/i8:80");
    ck_assert_str_eq(rows_of("13 0203 09 04 00 0A 02AABB 09ABC0 01CC 0180"),
                     "0/S3 1/os:AABB 1/bs:ABC0 1/n 0/S3 1/os:CC 1/bs:80 1/n");
    ck_assert_str_eq(rows_of("13 0202 0100000202 11 12 11 02 0708"), "0/S2 1/A0 1/u8:07 0/S2 1/A0 1/u8:08");
    ck_assert_str_eq(rows_of("13 010002 010002 11 04 01020304"),
                     "0/A2 1/A2 2/u8:01 2/u8:02 1/A2 2/u8:03 2/u8:04");
    ck_assert_str_eq(rows_of("13 0200 00"), "");
    ck_assert_str_eq(rows_of("13 00 00"), "");
}
END_TEST

/* Its elements are elements of the value that holds it. */
START_TEST(elements_of_a_compact_array_count)
{
    const struct wp_slice in = hex("0202 131103010203 00");

    ck_assert(axdr_decode_whole(in, &(struct axdr_limits){.nodes = 6}).status == WP_OK);
    ck_assert(axdr_decode_whole(in, &(struct axdr_limits){.nodes = 5}).fault == WP_FAULT_DEPTH);
}
END_TEST

/* ---- values ----------------------------------------------------------------------------------------- */

static const char *value_of(const char *digits)
{
    static char printed[256];
    struct wp_writer w = wp_writer(printed, sizeof printed);
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, hex(digits), NULL);
    ck_assert_msg(axdr_next(&c, &item), "%s", digits);
    wp_put_value(&w, axdr_value(&item));
    return wp_put_end(&w);
}

START_TEST(values_are_exact)
{
    ck_assert_str_eq(value_of("15FFFFFFFFFFFFFFFF"), "18446744073709551615");
    ck_assert_str_eq(value_of("150020000000000001"), "9007199254740993");
    ck_assert_str_eq(value_of("148000000000000000"), "-9223372036854775808");
    ck_assert_str_eq(value_of("0580000000"), "-2147483648");
    ck_assert_str_eq(value_of("06FFFFFFFF"), "4294967295");
    ck_assert_str_eq(value_of("108000"), "-32768");
    ck_assert_str_eq(value_of("0F80"), "-128");
    ck_assert_str_eq(value_of("0D99"), "-103");
    ck_assert_str_eq(value_of("16FF"), "255");
    ck_assert_str_eq(value_of("1C80"), "-128");
    ck_assert_str_eq(value_of("20FFFF"), "65535");
    ck_assert_str_eq(value_of("03FF"), "true");
    ck_assert_str_eq(value_of("0300"), "false");
    ck_assert_str_eq(value_of("00"), "null");
    ck_assert_str_eq(value_of("FF"), "null");
    ck_assert_str_eq(value_of("173FC00000"), "1.5");
    ck_assert_str_eq(value_of("18C00199999999999A"), "-2.2");
    ck_assert_str_eq(value_of("0A0548656C6C6F"), "Hello");
    ck_assert_str_eq(value_of("0A0248FF"), "48FF"); /* not ASCII */
    ck_assert_str_eq(value_of("0A024800"), "4800"); /* a NUL is no text */
    ck_assert_str_eq(value_of("0C02C3A9"), "é");
    ck_assert_str_eq(value_of("0C03C3A9C3"), "C3A9C3"); /* an incomplete sequence */
    ck_assert_str_eq(value_of("0902C3A9"), "C3A9");
    ck_assert_str_eq(value_of("040CABC0"), "ABC0");
}
END_TEST

START_TEST(integers_are_told_from_all_else)
{
    static const struct {
        const char *digits;
        bool is_int;
        int64_t num;
    } rows[] = {
        {"0FFF", true, -1},
        {"12FFFF", true, 65535},
        {"1605", true, 5},
        {"0301", false, 0},
        {"090101", false, 0},
        {"00", false, 0},
        {"157FFFFFFFFFFFFFFF", true, INT64_MAX},
        {"158000000000000000", false, 0},
        {"1741200000", false, 0},
        {"0100", false, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct axdr_cursor c;
        struct axdr_item item;
        int64_t num = 0;

        axdr_open(&c, hex(rows[i].digits), NULL);
        ck_assert(axdr_next(&c, &item));
        ck_assert_msg(axdr_int(&item, &num) == rows[i].is_int && num == rows[i].num, "%s", rows[i].digits);
    }
}
END_TEST

START_TEST(types_have_their_names)
{
    unsigned n = 0;

    for (unsigned tag = 0; tag < 256; tag++) {
        n += axdr_type((uint8_t)tag) != NULL;
        ck_assert((axdr_type((uint8_t)tag) != NULL) == (axdr_type_text((uint8_t)tag) != NULL));
    }
    ck_assert_uint_eq(n, 31);
    ck_assert_str_eq(axdr_type_text(0x13),
                     "compact-array"); /* 13 in hexadecimal, not in decimal: that is bcd */
    ck_assert_str_eq(axdr_type_text(0x0D), "bcd");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("axdr");
    TCase *t = tcase_create("axdr");
    SRunner *runner;
    int failed;

    tcase_add_test(t, published_vectors_read_as_they_say);
    tcase_add_test(t, a_part_is_passed_over);
    tcase_add_test(t, the_rest_of_an_outer_part_is_passed_over);
    tcase_add_test(t, what_is_wrong_is_named_where_it_stands);
    tcase_add_test(t, an_array_of_nulls_is_read_as_far_as_elements_go);
    tcase_add_test(t, containers_share_their_elements);
    tcase_add_test(t, nesting_ends_where_the_reader_says);
    tcase_add_test(t, descriptions_nest_no_deeper);
    tcase_add_test(t, octets_beyond_the_bound_are_not_waited_for);
    tcase_add_test(t, rows_of_a_compact_array_are_values_without_tags);
    tcase_add_test(t, elements_of_a_compact_array_count);
    tcase_add_test(t, values_are_exact);
    tcase_add_test(t, integers_are_told_from_all_else);
    tcase_add_test(t, types_have_their_names);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
