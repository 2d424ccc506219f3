/* What a CI engineer asks of `run`: parts, the failed ones again, an end at the first failure, repeats.
 * covers: run_plan run_dir run_outputs */
#include "harness/cmd.h"
#include "tests/run_program.h"

/* a, c and e pass, b and d fail. */
static void setup(void)
{
    make_dir();
    ck_assert_int_eq(shell("mkdir s"), 0);
    for (int i = 0; i < 5; i++)
        write_scenario((const char[]){(char)('a' + i), 0}, i % 2 == 0);
}

static bool says(const char *text)
{
    return strstr(output, text) != NULL;
}

START_TEST(each_scenario_is_in_exactly_one_shard)
{
    for (int i = 1; i <= 3; i++) {
        WATTPROOF("run s --world virtual --shard %d/3 -o out%d", i, i);
        ck_assert(says("of 5 plays"));
    }
    shell("ls out1/s/virtual out2/s/virtual out3/s/virtual | grep '^[a-e]$' | sort | tr -d '\\n'");
    ck_assert_str_eq(output, "abcde");
}
END_TEST

START_TEST(shards_are_written_as_they_are_read)
{
    ck_assert_int_eq(WATTPROOF("run s --shard 3/2"), EXIT_USAGE);
    ck_assert(says("--shard is a part and the number of parts, 1/4 to 4/4, not '3/2'"));
    ck_assert_int_eq(WATTPROOF("run s --shard 0/2"), EXIT_USAGE);
    ck_assert_int_eq(WATTPROOF("run s --shard 1/2x"), EXIT_USAGE);
    ck_assert_int_eq(WATTPROOF("run s --shard -1/2"), EXIT_USAGE);
}
END_TEST

/* A folder that was named and holds none: it is said, not played as nothing. */
START_TEST(a_folder_without_scenarios_is_said)
{
    shell("mkdir empty");
    ck_assert_int_eq(WATTPROOF("run s empty --world virtual -o out"), EXIT_USAGE);
    ck_assert(says("nothing is selected by 'empty': no scenario (*.yaml) below this folder"));
}
END_TEST

START_TEST(only_the_failed_ones_are_played_again)
{
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out"), EXIT_FAILED);
    write_scenario("b", true);
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out --failed"), EXIT_FAILED);
    ck_assert(says("2 plays: 1 pass 1 fail"));
    ck_assert(says("since the last run: plays: 1 fixed; statements: nothing"));
    write_scenario("d", true);
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out --failed"), EXIT_AS_EXPECTED);
    ck_assert(says("1 plays: 1 pass"));
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out --failed"), EXIT_NOTHING_RAN);
    ck_assert(says("nothing to play: in the last run (out/run.json) everything was as expected"));
    ck_assert_int_eq(shell("test -e out/run.json"), 0);
}
END_TEST

START_TEST(without_a_last_run_there_are_no_failed_ones)
{
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out --failed"), EXIT_NOTHING_RAN);
    ck_assert(says("--failed needs a run before this one: out: there is no such run"));
    ck_assert_int_eq(shell("mkdir out"), 0);
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out --failed"), EXIT_NOTHING_RAN);
    ck_assert(says("out: holds no run.json"));
    ck_assert_int_eq(shell("printf '{\"wattproof\":1,\"resu' >out/run.json"), 0);
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o out --failed"), EXIT_NOTHING_RAN);
    ck_assert(says("out/run.json: is not whole JSON: was the run ended while it was written?"));
}
END_TEST

/* One worker: a passes, b fails, the other three are counted and named in every result. */
START_TEST(the_first_failure_may_end_the_run)
{
    ck_assert_int_eq(
        WATTPROOF("run s --world virtual -o out -j 1 --fail-fast --junit j.xml --tap t --markdown m"),
        EXIT_FAILED);
    ck_assert(says("5 plays: 1 pass 1 fail 3 not played"));
    shell("grep -c 'not played: --fail-fast: b (virtual) came to fail' j.xml");
    ck_assert_str_eq(output, "3\n");
    shell("grep -c '# SKIP not played' t; grep -c '| 5 | 1 | 0 | 1 | 0 | 0 | 3 | 2 |' m");
    ck_assert_str_eq(output, "3\n1\n");
}
END_TEST

START_TEST(repeats_that_agree_are_one_play)
{
    ck_assert_int_eq(WATTPROOF("run s/a.yaml --world virtual -o out --repeat 3"), EXIT_AS_EXPECTED);
    ck_assert(says("1 plays: 1 pass"));
    ck_assert_int_eq(shell("cmp out/s/virtual/a/transcript.jsonl out/s/virtual/a~3/transcript.jsonl"), 0);
}
END_TEST

START_TEST(a_failure_is_a_note_on_github)
{
    ck_assert_int_eq(WATTPROOF("run s/b.yaml --world virtual -o out >/dev/null"), EXIT_FAILED);
    ck_assert(!says("::error"));
    ck_assert_int_eq(shell("GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=%s/sum \"$WATTPROOF_UNDER_TEST\" run "
                           "s/b.yaml --world virtual -o out",
                           dir),
                     EXIT_FAILED);
    ck_assert(says("\n::error file=s/b.yaml,line=7,title=IVY-037 b (virtual)::"));
    ck_assert_int_eq(shell("grep -q '^## wattproof: 1 of 1 plays not as expected' sum"), 0);
}
END_TEST

START_TEST(the_run_before_is_what_changes_are_counted_from)
{
    WATTPROOF("run s/a.yaml s/b.yaml --world virtual -o main");
    write_scenario("a", false);
    WATTPROOF("run s/a.yaml s/b.yaml --world virtual -o out --since main --markdown m");
    ck_assert(says("since the last run: plays: 1 newly failing; statements: nothing"));
    ck_assert_int_eq(shell("grep -q '^- newly failing: a (virtual), pass before, fail now' m"), 0);
    ck_assert_int_eq(WATTPROOF("run s/a.yaml --world virtual -o out --since nowhere"), EXIT_USAGE);
    ck_assert(says("nowhere: there is no such run"));
}
END_TEST

/* What was played is told; what was not is not hidden; the next run compares with the last whole one. */
START_TEST(an_interrupted_run_is_told_as_one)
{
    write_file("s/long.yaml", "scenario: long\npurpose: p\nworlds: [live]\nbecause: it waits\n"
                              "gateway: {north: [ivy]}\nclients: {c: {subscribe: [\"#\"]}}\n"
                              "steps:\n  - wait: 10s\n");
    put_program();
    ck_assert_int_eq(shell("\"$WATTPROOF_UNDER_TEST\" run s/a.yaml s/long.yaml -o out --world both & pid=$!; "
                           "while ! test -e out/s/live/long/transcript.jsonl || "
                           "! test -e out/s/virtual/a/result.json; do kill -0 $pid || break; done; "
                           "kill -TERM $pid; wait $pid"),
                     EXIT_INTERRUPTED);
    ck_assert(says("not played"));
    ck_assert(says("wattproof: interrupted\n"));
    ck_assert_int_eq(shell("grep -q '\"interrupted\":.true' out/run.json"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("run_ci");
    TCase *t = tcase_create("run_ci");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, remove_dir);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, each_scenario_is_in_exactly_one_shard);
    tcase_add_test(t, shards_are_written_as_they_are_read);
    tcase_add_test(t, a_folder_without_scenarios_is_said);
    tcase_add_test(t, only_the_failed_ones_are_played_again);
    tcase_add_test(t, without_a_last_run_there_are_no_failed_ones);
    tcase_add_test(t, the_first_failure_may_end_the_run);
    tcase_add_test(t, repeats_that_agree_are_one_play);
    tcase_add_test(t, a_failure_is_a_note_on_github);
    tcase_add_test(t, the_run_before_is_what_changes_are_counted_from);
    tcase_add_test(t, an_interrupted_run_is_told_as_one);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
