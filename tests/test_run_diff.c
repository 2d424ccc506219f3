/* diff A B: two runs beside each other, as its users call it.
 * covers: cmd_diff */
#include "harness/cmd.h"
#include "tests/run_program.h"

/* b and d fail, the others pass. */
static void setup(void)
{
    make_dir();
    ck_assert_int_eq(shell("mkdir s"), 0);
    for (int i = 0; i < 5; i++)
        write_scenario((const char[]){(char)('a' + i), 0}, i % 2 == 0);
    WATTPROOF("run s --world virtual -o one");
}

static bool says(const char *text)
{
    return strstr(output, text) != NULL;
}

START_TEST(equal_runs_are_equal)
{
    WATTPROOF("run s --world virtual -o two");
    ck_assert_int_eq(WATTPROOF("diff one two/run.json"), EXIT_AS_EXPECTED);
    ck_assert_str_eq(output,
                     "A is one/run.json, B is two/run.json\n"
                     "5 plays in both, 0 of them differ; 0 only in A, 0 only in B; 0 statements differ\n");
}
END_TEST

START_TEST(another_gateway_is_told_at_its_first_word)
{
    shell("sed -i 's/gateway: {north: .ivy.}/gateway: {north: [ivy], set: {ivy.keepalive: 30s}}/' s/a.yaml");
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o two"), EXIT_FAILED);
    ck_assert_int_eq(WATTPROOF("diff one two"), EXIT_FAILED);
    ck_assert(says("play a (virtual): pass in both\n"));
    ck_assert(says("    A 0.000 s login gateway > broker "));
    ck_assert(says("\n    keepalive_s: 60 and 30\n"));
    ck_assert(says("5 plays in both, 1 of them differ"));
}
END_TEST

START_TEST(verdicts_statements_and_missing_plays_are_told)
{
    write_scenario("b", true);
    write_scenario("d", true);
    shell("rm s/c.yaml");
    WATTPROOF("run s --world virtual -o two");
    ck_assert_int_eq(WATTPROOF("diff one two"), EXIT_FAILED);
    ck_assert(says("play b (virtual): fail in A, pass in B\n"));
    ck_assert(says("    s/b.yaml:7 expect is fail in A and pass in B\n"));
    ck_assert(says("statement IVY-037 (virtual): fail in A, pass in B\n"));
    ck_assert(says("play c (virtual): pass in A, not there in B\n"));
    ck_assert_msg(says("4 plays in both, 2 of them differ; 1 only in A, 0 only in B; "), "%s", output);
}
END_TEST

START_TEST(runs_without_transcripts_are_compared_by_verdict)
{
    ck_assert_int_eq(shell("mkdir two; cp one/run.json two"), 0);
    ck_assert_int_eq(WATTPROOF("diff one two"), EXIT_AS_EXPECTED);
    ck_assert(says("5 plays have no transcript in A or in B: only their verdicts are compared"));
}
END_TEST

START_TEST(what_cannot_be_read_exits_with_2)
{
    ck_assert_int_eq(WATTPROOF("diff one"), EXIT_USAGE);
    ck_assert_int_eq(WATTPROOF("diff one nowhere"), EXIT_USAGE);
    ck_assert(says("nowhere: there is no such run"));
    shell("cp -r one two; head -c 2000 one/s/virtual/a/transcript.jsonl >two/s/virtual/a/transcript.jsonl");
    ck_assert_int_eq(WATTPROOF("diff one two"), EXIT_USAGE);
    ck_assert(says("two/s/virtual/a/transcript.jsonl:"));
    ck_assert(says("is no record: was the play ended while it was written?"));
}
END_TEST

START_TEST(it_is_told_as_json_too)
{
    write_scenario("b", true);
    WATTPROOF("run s --world virtual -o two");
    ck_assert_int_eq(WATTPROOF("diff one two --json"), EXIT_FAILED);
    ck_assert(says("\"equal\":\tfalse"));
    ck_assert(says("\"scenario\":\t\"b\""));
    ck_assert(says("\"checks\":\t\"s/b.yaml:7 expect is fail in A and pass in B\""));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("run_diff");
    TCase *t = tcase_create("run_diff");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, remove_dir);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, equal_runs_are_equal);
    tcase_add_test(t, another_gateway_is_told_at_its_first_word);
    tcase_add_test(t, verdicts_statements_and_missing_plays_are_told);
    tcase_add_test(t, runs_without_transcripts_are_compared_by_verdict);
    tcase_add_test(t, what_cannot_be_read_exits_with_2);
    tcase_add_test(t, it_is_told_as_json_too);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
