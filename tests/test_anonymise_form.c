/* How ids stand in bytes, and many byte strings looked for at once.       covers: needles */
#include "harness/anonymise_form.h"
#include "harness/needles.h"

#include <check.h>

static const char ID[] = "000000001234";

START_TEST(an_id_stands_in_each_form)
{
    static const struct {
        unsigned form;
        const char *hex;
    } table[] = {
        {0, "303030303030303031323334"},
        {FORM_PACKED, "000000001234"},
        {FORM_PACKED | FORM_REVERSED, "341200000000"},
        {FORM_PACKED | FORM_OFFSET, "333333334567"},
        {FORM_PACKED | FORM_REVERSED | FORM_OFFSET, "674533333333"},
        {FORM_REVERSED, "343332313030303030303030"},
        {FORM_OFFSET, "636363636363636364656667"},
        {FORM_PADDED, "30303030303030303132333420202000"},
        {FORM_PADDED | FORM_REVERSED | FORM_OFFSET, "3353676665646363636363636363"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t wire[32], again[32], text[32];
        struct wp_writer w = wp_writer(text, sizeof text);
        size_t n;

        ck_assert(wp_hex_read(wp_text(table[i].hex), wire, sizeof wire, &n));
        ck_assert_uint_eq(form_find(wp_text(ID), wp_slice(wire, n)), 1u << table[i].form);
        ck_assert(form_decode(table[i].form, wp_slice(wire, n), &w));
        ck_assert(wp_slice_is(wp_written(&w), ID));
        memcpy(again, wire, n);
        ck_assert(form_encode(table[i].form, wp_text("987654321098"), again, n));
        ck_assert_uint_eq(form_find(wp_text("987654321098"), wp_slice(again, n)), 1u << table[i].form);
        ck_assert(form_encode(table[i].form, wp_text(ID), again, n));
        ck_assert_mem_eq(again, wire, n);
    }
}
END_TEST

/* "raw":"341200000000": bytes that a message tells of. */
START_TEST(an_id_may_be_spelled_out)
{
    static const struct {
        unsigned form;
        const char *text;
    } table[] = {
        {FORM_SPELLED | FORM_REVERSED, "341200000000"},
        {FORM_SPELLED | FORM_SPACED, "00 00 00 00 12 34"},
        {FORM_SPELLED | FORM_SPACED | FORM_REVERSED, "34 12 00 00 00 00"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t out[32];
        size_t n = form_size(table[i].form, wp_text(ID));

        ck_assert_uint_eq(n, strlen(table[i].text));
        ck_assert(form_encode(table[i].form, wp_text(ID), out, n));
        ck_assert_mem_eq(out, table[i].text, n);
        ck_assert(!form_encode(table[i].form, wp_text("12345"), out, n));
        ck_assert(!form_encode(table[i].form, wp_text(ID), out, n - 1));
    }
}
END_TEST

START_TEST(what_has_no_such_form_is_refused)
{
    uint8_t wire[6] = {0};

    ck_assert_uint_eq(form_find(wp_text(ID), wp_slice(wire, 6)), 0);
    ck_assert(!form_encode(FORM_PACKED, wp_text("12345"), wire, 3));
    ck_assert(!form_encode(FORM_PACKED, wp_text("12345G"), wire, 3));
    ck_assert(!form_encode(FORM_PACKED, wp_text("1234"), wire, 3));
    ck_assert(!form_encode(0, wp_text(""), wire, 0));
    ck_assert_uint_eq(wire[0], 0);
    /* the same from both ends */
    ck_assert_uint_eq(form_find(wp_text("1212"), wp_slice("\x12\x12", 2)),
                      1u << FORM_PACKED | 1u << (FORM_PACKED | FORM_REVERSED));
}
END_TEST

START_TEST(the_longest_needle_is_found)
{
    struct needles set = {0};
    struct wp_slice in = wp_text("xx1234567 123456 12345");
    const struct needle *found;
    size_t at = 0;

    ck_assert_ptr_null(needles_next(&set, in, &at));
    needles_add(&set, wp_text("123456"), 1, 0);
    needles_add(&set, wp_text("1234567"), 2, 5);
    needles_add(&set, wp_text("123"), 3, 0); /* too short */
    at = 0;
    found = needles_next(&set, in, &at);
    ck_assert_uint_eq(found->owner, 2);
    ck_assert_uint_eq(found->form, 5);
    ck_assert_uint_eq(at, 2);
    at += found->bytes.n;
    found = needles_next(&set, in, &at);
    ck_assert_uint_eq(found->owner, 1);
    ck_assert_uint_eq(at, 10);
    at += found->bytes.n;
    ck_assert_ptr_null(needles_next(&set, in, &at));
    ck_assert_ptr_null(needles_at(&set, wp_text("123456"), 3));
    needles_free(&set);
}
END_TEST

START_TEST(ten_thousand_needles)
{
    static char text[10000][8];
    struct needles set = {0};

    for (unsigned i = 0; i < 10000; i++) {
        for (unsigned k = 0, n = i; k < 8; k++, n /= 10)
            text[i][k] = (char)('0' + n % 10);
        needles_add(&set, wp_slice(text[i], 8), i, 0);
    }
    for (unsigned i = 0; i < 10000; i++) {
        const struct needle *found = needles_at(&set, wp_slice(text[i], 8), 0);

        ck_assert_ptr_nonnull(found);
        ck_assert_uint_eq(found->owner, i);
    }
    needles_free(&set);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise_form");
    TCase *t = tcase_create("anonymise_form");
    SRunner *r;
    int failed;

    tcase_add_test(t, an_id_stands_in_each_form);
    tcase_add_test(t, an_id_may_be_spelled_out);
    tcase_add_test(t, what_has_no_such_form_is_refused);
    tcase_add_test(t, the_longest_needle_is_found);
    tcase_add_test(t, ten_thousand_needles);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
