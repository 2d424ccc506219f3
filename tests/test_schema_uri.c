/* References resolve as RFC 3986 says: the examples of its section 5.4, and the URNs that schemas use. */
#include "harness/schema_uri.h"

#include <check.h>

static struct arena arena;

START_TEST(the_examples_of_the_standard_resolve)
{
    static const char *const row[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http:g"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(uri_resolve(&arena, "http://a/b/c/d;p?q", wp_text(row[i][0])), row[i][1]);
}
END_TEST

START_TEST(other_bases_resolve_too)
{
    ck_assert_str_eq(uri_resolve(&arena, "urn:uuid:0-1", wp_text("#/a/b")), "urn:uuid:0-1#/a/b");
    ck_assert_str_eq(uri_resolve(&arena, "urn:uuid:0-1", wp_text("urn:x:y?=q#f")), "urn:x:y?=q#f");
    ck_assert_str_eq(uri_resolve(&arena, "http://a", wp_text("b")), "http://a/b");
    ck_assert_str_eq(uri_resolve(&arena, "file:///s/t.json", wp_text("u.json#/x")), "file:///s/u.json#/x");
}
END_TEST

START_TEST(a_uri_comes_apart)
{
    struct uri u = uri_split(wp_text("http://user@host:1/p/q?x=1#frag"));

    ck_assert(wp_slice_is(u.scheme, "http") && wp_slice_is(u.authority, "user@host:1"));
    ck_assert(wp_slice_is(u.path, "/p/q") && wp_slice_is(u.query, "x=1") && wp_slice_is(u.fragment, "frag"));
    u = uri_split(wp_text("a/b:c"));
    ck_assert(!u.scheme.p && wp_slice_is(u.path, "a/b:c") && !u.query.p && !u.fragment.p);
    u = uri_split(wp_text("#"));
    ck_assert(u.fragment.p && u.fragment.n == 0);
}
END_TEST

START_TEST(percent_signs_are_resolved)
{
    char room[16];
    struct wp_writer w = wp_writer(room, sizeof room);

    ck_assert(uri_unescape(wp_text("a%25b%C3%a4"), &w));
    ck_assert_str_eq(wp_put_end(&w), "a%b\xC3\xA4");
    ck_assert(!uri_unescape(wp_text("%4"), &w));
    ck_assert(!uri_unescape(wp_text("%zz"), &w));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("schema_uri");
    TCase *t = tcase_create("schema_uri");
    SRunner *r;
    int failed;

    tcase_add_test(t, the_examples_of_the_standard_resolve);
    tcase_add_test(t, other_bases_resolve_too);
    tcase_add_test(t, a_uri_comes_apart);
    tcase_add_test(t, percent_signs_are_resolved);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    arena_free(&arena);
    return failed ? 1 : 0;
}
