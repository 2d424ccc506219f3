/* A run is read back from its folder: in its order, each play with all that its own file says. */
#include "harness/jobs.h"
#include "harness/report.h"
#include "harness/result_file.h"
#include "harness/run_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static char dir[] = "/tmp/wattproof-test-XXXXXX";
static struct scenario_result first, second;
static struct run_file run;
static char why_text[400];

static void write_play(const struct scenario_result *r)
{
    char play_dir[400];

    run_file_play_dir(play_dir, sizeof play_dir, dir, r);
    ck_assert(make_dirs(play_dir));
    ck_assert(result_write(r, play_dir));
}

static void setup(void)
{
    struct run_summary summary = {.results = &first, .seed = 7, .strict = true};
    char path[200];

    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    result_init(&first, "ivy-a[x=a/b]", "scenarios/ivy/a.yaml", "virtual");
    first.api = "ivy";
    first.purpose = "It holds.";
    finding_statement(&first, result_add(&first, VERDICT_FAIL, "expect", 7, 1500, "came late"), "IVY-001");
    result_init(&second, "ivy-b", "scenarios/ivy/b.yaml", "live");
    second.api = "ivy";
    second.purpose = "";
    second.verdict = VERDICT_ERROR;
    second.because = "the worker was ended by signal 11";
    first.next = &second;
    snprintf(path, sizeof path, "%s/run.json", dir);
    ck_assert(report_json(&summary, path));
}

static void teardown(void)
{
    result_free(&first);
    result_free(&second);
    remove_tree(dir);
}

static bool read_run(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    bool good = run_file_read(&run, dir, &why);

    wp_put_end(&why);
    return good;
}

START_TEST(plays_come_in_the_order_of_the_run_with_what_they_left)
{
    write_play(&first);
    ck_assert_msg(read_run(), "%s", why_text);
    ck_assert_uint_eq(run.summary.seed, 7);
    ck_assert(run.summary.strict);
    ck_assert_str_eq(run.summary.results->name, "ivy-a[x=a/b]");
    ck_assert_str_eq(run.summary.results->purpose, "It holds.");
    ck_assert_int_eq(run.summary.results->findings->at, 1500);
    ck_assert_str_eq(run.summary.results->next->name, "ivy-b");
    run_file_free(&run);
}
END_TEST

/* A worker that died leaves no result; the run's own file still knows why. */
START_TEST(a_play_without_a_result_keeps_what_the_run_said)
{
    ck_assert_msg(read_run(), "%s", why_text);
    ck_assert_str_eq(run.summary.results->findings->statements[0], "IVY-001");
    ck_assert_int_eq(run.summary.results->next->verdict, VERDICT_ERROR);
    ck_assert_str_eq(run.summary.results->next->because, "the worker was ended by signal 11");
    run_file_free(&run);
}
END_TEST

START_TEST(a_scenario_is_found_by_name_and_world)
{
    ck_assert(read_run());
    ck_assert_ptr_eq(run_file_find(&run, "ivy-b", "live"), run.summary.results->next);
    ck_assert_ptr_null(run_file_find(&run, "ivy-b", "virtual"));
    run_file_free(&run);
}
END_TEST

START_TEST(what_is_no_run_is_said)
{
    char path[200];
    FILE *f;

    snprintf(path, sizeof path, "%s/run.json", dir);
    f = fopen(path, "w");
    fputs("[1]", f);
    fclose(f);
    ck_assert(!read_run());
    ck_assert_ptr_nonnull(strstr(why_text, "run.json: is JSON, but no run.json of wattproof"));
    remove(path);
    ck_assert(!read_run());
    ck_assert_ptr_nonnull(strstr(why_text, "run.json"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("run_file");
    TCase *t = tcase_create("run_file");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, plays_come_in_the_order_of_the_run_with_what_they_left);
    tcase_add_test(t, a_play_without_a_result_keeps_what_the_run_said);
    tcase_add_test(t, a_scenario_is_found_by_name_and_world);
    tcase_add_test(t, what_is_no_run_is_said);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
