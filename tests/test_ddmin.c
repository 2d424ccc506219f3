/* Delta debugging finds the parts that matter. */
#include "harness/ddmin.h"

#include <check.h>

enum { PARTS = 1000 };

struct wanted {
    const size_t *part;
    size_t n, calls, calls_max;
};

static bool has_wanted(void *ctx, const bool *keep, size_t n)
{
    struct wanted *w = ctx;

    ck_assert_uint_eq(n, PARTS);
    if (++w->calls > w->calls_max)
        return false;
    for (size_t i = 0; i < w->n; i++)
        if (!keep[w->part[i]])
            return false;
    return true;
}

static void keep_all(bool keep[PARTS])
{
    for (size_t i = 0; i < PARTS; i++)
        keep[i] = true;
}

START_TEST(exactly_what_matters_is_left)
{
    static const size_t some[] = {3, 500, 501, 999};

    for (size_t n = 0; n <= 4; n++) {
        struct wanted w = {some, n, 0, 100000};
        bool keep[PARTS];

        keep_all(keep);
        ck_assert_uint_eq(ddmin(keep, PARTS, has_wanted, &w), n);
        for (size_t i = 0; i < n; i++)
            ck_assert(keep[some[i]]);
        ck_assert_uint_le(w.calls, 400);
    }
}
END_TEST

/* Parts that need each other, in pairs. */
static bool is_even(void *ctx, const bool *keep, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i + 1 < n; i += 2)
        if (keep[i] != keep[i + 1])
            return false;
    return keep[10];
}

START_TEST(pairs_are_found)
{
    bool keep[64];

    for (size_t i = 0; i < 64; i++)
        keep[i] = true;
    ck_assert_uint_eq(ddmin(keep, 64, is_even, NULL), 2);
    ck_assert(keep[10] && keep[11]);
}
END_TEST

START_TEST(who_has_had_enough_gets_what_there_is)
{
    static const size_t some[] = {7};
    struct wanted w = {some, 1, 0, 5};
    bool keep[PARTS];

    keep_all(keep);
    ck_assert_uint_lt(ddmin(keep, PARTS, has_wanted, &w), PARTS);
    ck_assert(keep[7]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ddmin");
    TCase *t = tcase_create("ddmin");
    SRunner *r;
    int failed;

    tcase_add_test(t, exactly_what_matters_is_left);
    tcase_add_test(t, pairs_are_found);
    tcase_add_test(t, who_has_had_enough_gets_what_there_is);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
