/* What a CI job shows: annotations, the Markdown summary, the badge. Hostile text stays text.
 * covers: report_github report_markdown report_badge */
#include "harness/report_badge.h"
#include "harness/report_github.h"
#include "harness/report_markdown.h"
#include "tests/results.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

static struct run_summary run, before;
static char text[2 * MARKDOWN_MAX];
static char file[64];

static void setup(void)
{
    run = before = (struct run_summary){.seed = 7, .select = "", .worlds = "both"};
    unsetenv("GITHUB_WORKSPACE");
    unsetenv("GITHUB_STEP_SUMMARY");
    setenv("WATTPROOF_HOME", "/home/us/wattproof", 1);
    strcpy(file, "/tmp/wattproof-test-XXXXXX");
    close(mkstemp(file));
}

static void teardown(void)
{
    free_plays(&run);
    free_plays(&before);
    unlink(file);
}

static const char *read_back(FILE *f)
{
    size_t n;

    rewind(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static const char *annotations(void)
{
    FILE *f = tmpfile();

    report_put_annotations(f, &run);
    return read_back(f);
}

static size_t count(const char *needle)
{
    size_t n = 0;

    for (const char *p = text; (p = strstr(p, needle)); p++)
        n++;
    return n;
}

/* ---- annotations ------------------------------------------------------------------------------------ */

START_TEST(a_failure_is_shown_at_its_line)
{
    add_play(&run, "ivy-ok", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&run, "ivy-bad", "live", VERDICT_FAIL, "IVY-055");
    ck_assert_str_eq(annotations(),
                     "::error file=scenarios/ivy/file.yaml,line=7,title=IVY-055 ivy-bad (live)::"
                     "what was seen%0Aagain: ./wattproof run 'ivy-bad' --world live --seed 7\n");
}
END_TEST

/* What would end a command or a property early is written so that it does not. */
START_TEST(newline_percent_colon_and_comma_are_escaped)
{
    struct scenario_result *r = add_play(&run, "a:b,c%d\ne", "virtual", VERDICT_PASS, NULL);

    result_add(r, VERDICT_FAIL, "expect", 3, 0, "100% wrong: a,b\r\n::error::no");
    annotations();
    ck_assert_ptr_nonnull(
        strstr(text, "title=a%3Ab%2Cc%25d%0Ae (virtual)::100%25 wrong: a,b%0D%0A::error::no%0A"));
    ck_assert_uint_eq(count("\n"), 1);
}
END_TEST

START_TEST(what_is_inconclusive_warns_unless_strict)
{
    add_play(&run, "a", "virtual", VERDICT_INCONC, "IVY-001");
    ck_assert_ptr_eq(strstr(annotations(), "::warning file="), text);
    run.strict = true;
    ck_assert_ptr_eq(strstr(annotations(), "::error file="), text);
}
END_TEST

START_TEST(an_error_without_a_finding_says_why)
{
    add_play(&run, "a", "live", VERDICT_ERROR, NULL)->because = "flaky: 1 pass, 1 fail";
    ck_assert_ptr_nonnull(strstr(annotations(), "line=1,title=a (live)::flaky: 1 pass, 1 fail%0Aagain"));
}
END_TEST

START_TEST(the_file_is_named_as_the_repository_names_it)
{
    setenv("GITHUB_WORKSPACE", "/home/us", 1);
    add_play(&run, "a", "virtual", VERDICT_FAIL, "IVY-001");
    ck_assert_ptr_nonnull(strstr(annotations(), "file=wattproof/scenarios/ivy/file.yaml,"));
    run.results->file = "/elsewhere/file.yaml";
    ck_assert_ptr_nonnull(strstr(annotations(), "file=/elsewhere/file.yaml,"));
}
END_TEST

/* Two plays as they may be, but not alike: our error, in every form. */
START_TEST(worlds_that_differ_are_an_error)
{
    struct scenario_result *live;

    add_play(&run, "a", "virtual", VERDICT_PASS, "IVY-001");
    live = add_play(&run, "a", "live", VERDICT_INCONC, "IVY-001");
    live->findings->verdict = VERDICT_INCONC;
    annotations();
    ck_assert_ptr_eq(strstr(text,
                            "::error file=scenarios/ivy/file.yaml,line=1,title=a (both worlds)::the worlds "
                            "differ: scenarios/ivy/file.yaml%3A7"),
                     NULL);
    ck_assert_ptr_eq(
        strstr(text, "::error file=scenarios/ivy/file.yaml,line=1,title=a (both worlds)::the worlds "
                     "differ: scenarios/ivy/file.yaml:7 expect is pass in the virtual world and inconc "
                     "in the live one\n"),
        text);
    ck_assert(report_markdown(&run, NULL, file));
    read_back(fopen(file, "r"));
    ck_assert_ptr_nonnull(
        strstr(text, "### The worlds differ\n\n- **error** a: scenarios/ivy/file.yaml:7 expect"));
    ck_assert(report_junit(&run, file));
    read_back(fopen(file, "r"));
    ck_assert_ptr_nonnull(strstr(text, "tests=\"3\" failures=\"0\" errors=\"1\""));
    ck_assert_ptr_nonnull(strstr(text, "classname=\"wattproof.worlds\""));
}
END_TEST

START_TEST(more_than_github_shows_is_counted)
{
    for (int i = 0; i < 25; i++)
        add_play(&run, "a", "virtual", VERDICT_FAIL, "IVY-001");
    annotations();
    ck_assert_uint_eq(count("::error "), GITHUB_ANNOTATIONS_MAX);
    ck_assert_ptr_nonnull(strstr(text, "::and 16 more plays: see the job's summary\n"));
}
END_TEST

START_TEST(the_summary_is_appended_to_the_jobs_own)
{
    FILE *f = fopen(file, "w");

    fputs("from the step before\n", f);
    fclose(f);
    setenv("GITHUB_STEP_SUMMARY", file, 1);
    add_play(&run, "a", "virtual", VERDICT_PASS, "IVY-001");
    ck_assert(report_step_summary(&run, NULL));
    read_back(fopen(file, "r"));
    ck_assert_ptr_eq(strstr(text, "from the step before\n## wattproof: 1 play, as expected\n"), text);
    setenv("GITHUB_STEP_SUMMARY", "/nonexistent/x", 1);
    ck_assert(!report_step_summary(&run, NULL));
}
END_TEST

/* ---- Markdown --------------------------------------------------------------------------------------- */

static const char *markdown(bool with_changes)
{
    struct changes c = changes_find(&before, &run);

    ck_assert(report_markdown(&run, with_changes ? &c : NULL, file));
    changes_free(&c);
    return read_back(fopen(file, "r"));
}

START_TEST(the_summary_says_what_came_out_and_how_to_see_it_again)
{
    add_play(&run, "ivy-ok", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&run, "ivy-bad", "virtual", VERDICT_FAIL, "IVY-055");
    run.captures = (struct run_captures){.replayed = true, .n = 3, .different = 1};
    ck_assert_str_eq(markdown(false),
                     "## wattproof: 1 of 2 plays not as expected\n\n"
                     "| plays | pass | inconclusive | fail | error | not applicable | not played | checks |\n"
                     "|--:|--:|--:|--:|--:|--:|--:|--:|\n"
                     "| 2 | 1 | 0 | 1 | 0 | 0 | 0 | 2 |\n\n"
                     "Statements: 1 pass, 1 fail. 3 captures replayed, 1 not as expected. Seed 7.\n\n"
                     "### Not as expected\n\n"
                     "- **fail** ivy-bad (virtual)\n"
                     "  - IVY-055 `scenarios/ivy/file.yaml:7` expect: what was seen\n"
                     "  - again: `./wattproof run 'ivy-bad' --world virtual --seed 7`\n\n"
                     "### Statements that fail\n\n"
                     "| statement | world | scenario | what was seen |\n|---|---|---|---|\n"
                     "| IVY-055 | virtual | ivy-bad | what was seen |\n");
}
END_TEST

START_TEST(the_summary_says_what_changed)
{
    add_play(&before, "ivy-a", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&run, "ivy-a", "virtual", VERDICT_FAIL, "IVY-001");
    ck_assert_ptr_nonnull(strstr(markdown(true), "### Since the last run\n\n"
                                                 "Plays: 1 newly failing. Statements: 1 newly failing.\n\n"
                                                 "- newly failing: ivy-a (virtual), pass before, fail now\n"
                                                 "- newly failing: statement IVY-001 (virtual), pass before, "
                                                 "fail now\n\n"));
}
END_TEST

START_TEST(text_in_the_summary_is_no_markup)
{
    struct scenario_result *r = add_play(&run, "a", "virtual", VERDICT_PASS, NULL);

    result_add(r, VERDICT_FAIL, "expect", 3, 0, "<img src=x> a|b `c` *d*\n# e\n@all");
    ck_assert_ptr_nonnull(
        strstr(markdown(false), "expect: &lt;img src=x&gt; a\\|b \\`c\\` \\*d\\* \\# e \\@all\n"));
}
END_TEST

START_TEST(the_summary_stays_short_however_much_fails)
{
    static char nasty[3000];

    memset(nasty, '<', sizeof nasty - 1);
    for (int i = 0; i < 500; i++)
        for (struct scenario_result *r = add_play(&run, nasty, "virtual", VERDICT_FAIL, "IVY-001");
             r->n_findings < 20;)
            finding_statement(r, result_add(r, VERDICT_FAIL, "expect", 3, 0, nasty), nasty);
    markdown(true);
    ck_assert_uint_lt(strlen(text), MARKDOWN_MAX);
    ck_assert_ptr_nonnull(strstr(text, "\n(The rest is left out: see the run's report.)\n"));
}
END_TEST

/* ---- badge ------------------------------------------------------------------------------------------ */

static const char *badge(const char *name)
{
    char path[100];
    FILE *f;

    snprintf(path, sizeof path, "%s%s", file, name);
    ck_assert(report_badge(&run, path));
    f = fopen(path, "r");
    unlink(path);
    return read_back(f);
}

START_TEST(the_badge_counts_statements)
{
    add_play(&run, "a", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&run, "a", "live", VERDICT_PASS, "IVY-001");
    ck_assert_str_eq(badge(".json"), "{\"schemaVersion\": 1, \"label\": \"wattproof\", "
                                     "\"message\": \"1 statement passes\", \"color\": \"2e7d32\"}\n");
    add_play(&run, "b", "live", VERDICT_FAIL, "IVY-002");
    ck_assert_ptr_nonnull(strstr(badge(".json"), "\"1 of 2 statements fail\", \"color\": \"c62828\""));
    ck_assert_ptr_nonnull(strstr(badge(".svg"), "<title>wattproof: 1 of 2 statements fail</title>"));
    add_play(&run, "c", "live", VERDICT_ERROR, NULL);
    ck_assert_ptr_nonnull(strstr(badge(".json"), "harness error"));
}
END_TEST

START_TEST(a_badge_does_not_boast)
{
    ck_assert_ptr_nonnull(strstr(badge(".json"), "nothing played"));
    add_play(&run, "a", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&run, "b", "virtual", VERDICT_NONE, NULL)->not_played = true;
    ck_assert_ptr_nonnull(strstr(badge(".json"), "not finished"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report_ci");
    TCase *t = tcase_create("report_ci");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_failure_is_shown_at_its_line);
    tcase_add_test(t, newline_percent_colon_and_comma_are_escaped);
    tcase_add_test(t, what_is_inconclusive_warns_unless_strict);
    tcase_add_test(t, an_error_without_a_finding_says_why);
    tcase_add_test(t, the_file_is_named_as_the_repository_names_it);
    tcase_add_test(t, worlds_that_differ_are_an_error);
    tcase_add_test(t, more_than_github_shows_is_counted);
    tcase_add_test(t, the_summary_is_appended_to_the_jobs_own);
    tcase_add_test(t, the_summary_says_what_came_out_and_how_to_see_it_again);
    tcase_add_test(t, the_summary_says_what_changed);
    tcase_add_test(t, text_in_the_summary_is_no_markup);
    tcase_add_test(t, the_summary_stays_short_however_much_fails);
    tcase_add_test(t, the_badge_counts_statements);
    tcase_add_test(t, a_badge_does_not_boast);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
