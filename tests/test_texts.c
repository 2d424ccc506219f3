/* The set of texts: one number for each, whatever bytes it has. */
#include "harness/texts.h"

#include <check.h>
#include <stdio.h>

START_TEST(each_text_has_one_number)
{
    struct texts t = {0};

    ck_assert_uint_eq(texts_find(&t, wp_text("a")), TEXTS_NONE);
    ck_assert_uint_eq(texts_add(&t, wp_text("a")), 0);
    ck_assert_uint_eq(texts_add(&t, wp_text("")), 1);
    ck_assert_uint_eq(texts_add(&t, wp_slice("a\0b", 3)), 2);
    ck_assert_uint_eq(texts_add(&t, wp_text("a")), 0);
    ck_assert_uint_eq(t.n, 3);
    ck_assert_uint_eq(t.entry[0].count, 2);
    ck_assert(wp_slice_eq(t.entry[2].text, wp_slice("a\0b", 3)));
    texts_free(&t);
}
END_TEST

START_TEST(it_grows_with_what_it_holds)
{
    struct texts t = {0};
    char text[16];

    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "%u", i * 7919);
        ck_assert_uint_eq(texts_add(&t, wp_text(text)), i);
    }
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "%u", i * 7919);
        ck_assert_uint_eq(texts_find(&t, wp_text(text)), i);
    }
    ck_assert_uint_eq(texts_find(&t, wp_text("x")), TEXTS_NONE);
    texts_free(&t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("texts");
    TCase *t = tcase_create("texts");
    SRunner *r;
    int failed;

    tcase_add_test(t, each_text_has_one_number);
    tcase_add_test(t, it_grows_with_what_it_holds);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
