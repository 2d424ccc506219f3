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

int main(void)
{
    Suite *s = suite_create("axdr");
    TCase *t = tcase_create("axdr");
    SRunner *runner;
    int failed;

    tcase_add_test(t, published_vectors_read_as_they_say);
    tcase_add_test(t, a_part_is_passed_over);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
