/* What a run leaves: results survive their file, reports say what was decided, worlds are compared.
 * covers: report terminal result_file agree verdict */
#include "harness/agree.h"
#include "harness/report.h"
#include "harness/result_file.h"
#include "harness/terminal.h"
#include "harness/yaml.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/wattproof-test-XXXXXX";
static struct scenario_result first, second;
static struct arena arena;

static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    result_init(&first, "ivy-one", "scenarios/ivy/one.yaml", "virtual");
    first.api = "ivy";
    first.purpose = "It <holds> & \"stands\".";
    finding_statement(&first, result_add(&first, VERDICT_PASS, "expect", 7, 1500, "seen"), "IVY-001");
    finding_statement(&first, result_add(&first, VERDICT_FAIL, "none", 9, 2500, "a < b & \"c\""), "IVY-002");
    first.findings->record = 17;
    first.findings->next->expected = "{\"value\":105.0}";
    first.findings->next->got = "{\"value\":104.90}";
    first.n_checks = 2;
    result_init(&second, "ivy-two", "scenarios/ivy/two.yaml", "live");
    second.api = "ivy";
    result_add(&second, VERDICT_PASS, "expect", 3, 10, "seen");
    first.next = &second;
}

static void teardown(void)
{
    char path[200];
    static const char *const names[] = {"result.json", "times.json", "out"};

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
    result_free(&first);
    result_free(&second);
    arena_free(&arena);
}

static const char *written(void)
{
    char path[200], why[200];
    struct wp_writer w = wp_writer(why, sizeof why);
    struct wp_slice text;

    snprintf(path, sizeof path, "%s/out", dir);
    text = file_read(&arena, path, &w);
    return text.p ? (const char *)text.p : "";
}

static const char *out_path(void)
{
    return arena_print(&arena, "%s/out", dir);
}

START_TEST(a_result_survives_its_file)
{
    struct scenario_result back;

    ck_assert(result_write(&first, dir));
    ck_assert(result_read(&back, dir));
    ck_assert_str_eq(back.name, "ivy-one");
    ck_assert_int_eq(result_verdict(&back, false), VERDICT_FAIL);
    ck_assert_str_eq(back.findings->next->statements[0], "IVY-002");
    ck_assert_int_eq(back.findings->next->line, 9);
    ck_assert_ptr_null(back.findings->expected);
    ck_assert_uint_eq(back.findings->record, 17);
    ck_assert_str_eq(back.findings->next->expected, "{\"value\":105.0}");
    ck_assert_str_eq(back.findings->next->got, "{\"value\":104.90}");
    result_free(&back);
}
END_TEST

START_TEST(no_result_is_an_error_not_a_pass)
{
    struct scenario_result back;

    ck_assert(!result_read(&back, "/nonexistent"));
}
END_TEST

START_TEST(an_undocumented_message_fails_only_when_strict)
{
    struct finding *f = result_add(&second, VERDICT_FAIL, "schema", 0, 20, "unknown topic x");

    f->undocumented = true;
    ck_assert_int_eq(result_verdict(&second, false), VERDICT_PASS);
    ck_assert_int_eq(result_verdict(&second, true), VERDICT_FAIL);
}
END_TEST

START_TEST(junit_counts_and_escapes)
{
    struct run_summary run = {.results = &first, .seed = 1};

    ck_assert(report_junit(&run, out_path()));
    ck_assert_ptr_nonnull(strstr(written(), "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    ck_assert_ptr_nonnull(strstr(written(), "fail IVY-002 line 9: a &lt; b &amp; &quot;c&quot;"));
    ck_assert_ptr_nonnull(strstr(written(), "./wattproof run 'ivy-one' --world virtual --seed 1"));
}
END_TEST

START_TEST(tap_numbers_every_play)
{
    struct run_summary run = {.results = &first, .seed = 1};

    ck_assert(report_tap(&run, out_path()));
    ck_assert_str_eq(written(),
                     "TAP version 13\nnot ok 1 - ivy-one (virtual)\n# fail IVY-002 line 9: a < b & \"c\"\n"
                     "ok 2 - ivy-two (live)\n1..2\n");
}
END_TEST

START_TEST(a_full_disk_is_said)
{
    struct run_summary run = {.results = &first};

    ck_assert(!report_json(&run, "/dev/full"));
}
END_TEST

START_TEST(a_failing_line_is_enough_to_repeat_it)
{
    FILE *f = fopen(out_path(), "w");
    struct terminal t = terminal_new(f, 2, 7, false);

    terminal_finished(&t, &first);
    terminal_list(&t, &first);
    fclose(f);
    ck_assert_str_eq(written(), "fail ivy-one (virtual)\n"
                                "    fail IVY-002 scenarios/ivy/one.yaml:9 none at 0.003 s: a < b & \"c\"\n"
                                "    again: ./wattproof run 'ivy-one' --world virtual --seed 7\n"
                                "pass   live    ivy-two\n");
}
END_TEST

START_TEST(worlds_that_disagree_are_named)
{
    struct scenario_result live;

    result_init(&live, "ivy-one", "scenarios/ivy/one.yaml", "live");
    result_add(&live, VERDICT_PASS, "expect", 7, 99, "seen");
    result_add(&live, VERDICT_FAIL, "none", 9, 99, "other words");
    ck_assert_ptr_null(worlds_differ(&arena, &first, &live));
    live.findings->next->verdict = VERDICT_PASS;
    ck_assert_str_eq(worlds_differ(&arena, &first, &live),
                     "scenarios/ivy/one.yaml:9 none is fail in the virtual world and pass in the live one");
    live.findings->next->verdict = VERDICT_FAIL;
    result_add(&live, VERDICT_PASS, "expect", 12, 99, "only here");
    ck_assert_ptr_nonnull(worlds_differ(&arena, &first, &live));
    result_free(&live);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("report");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_result_survives_its_file);
    tcase_add_test(t, no_result_is_an_error_not_a_pass);
    tcase_add_test(t, an_undocumented_message_fails_only_when_strict);
    tcase_add_test(t, junit_counts_and_escapes);
    tcase_add_test(t, tap_numbers_every_play);
    tcase_add_test(t, a_full_disk_is_said);
    tcase_add_test(t, a_failing_line_is_enough_to_repeat_it);
    tcase_add_test(t, worlds_that_disagree_are_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
