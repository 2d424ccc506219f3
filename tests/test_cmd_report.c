/* report: the page is written where the run is; what is no run is said. */
#include "harness/cmd.h"
#include "harness/jobs.h"
#include "harness/report.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/wattproof-test-XXXXXX";

static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    remove_tree(dir);
}

static int report(char *a, char *b)
{
    char name[] = "report", *argv[] = {name, a, b, NULL};

    return cmd_report(b ? 3 : 2, argv);
}

START_TEST(the_page_stands_beside_the_run)
{
    struct run_summary nothing = {.seed = 1, .select = "", .worlds = "both"};
    char path[200];

    snprintf(path, sizeof path, "%s/run.json", dir);
    ck_assert(report_json(&nothing, path));
    ck_assert_int_eq(report(dir, NULL), EXIT_AS_EXPECTED);
    snprintf(path, sizeof path, "%s/report.html", dir);
    ck_assert_int_eq(access(path, R_OK), 0);
}
END_TEST

START_TEST(a_folder_without_a_run_is_refused)
{
    char missing[] = "/nonexistent";

    ck_assert_int_eq(report(dir, NULL), EXIT_USAGE);
    ck_assert_int_eq(report(missing, NULL), EXIT_USAGE);
}
END_TEST

START_TEST(one_page_at_a_time)
{
    char option[] = "--nonsense";

    ck_assert_int_eq(report(dir, dir), EXIT_USAGE);
    ck_assert_int_eq(report(option, NULL), EXIT_USAGE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cmd_report");
    TCase *t = tcase_create("cmd_report");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_page_stands_beside_the_run);
    tcase_add_test(t, a_folder_without_a_run_is_refused);
    tcase_add_test(t, one_page_at_a_time);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
