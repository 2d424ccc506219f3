/* The shards of a run made one run: the same bytes as if it had been played at once, and a sentence otherwise.
 * covers: merge cmd_report cmd_report_merge */
#include "harness/cmd.h"
#include "tests/run_program.h"

/* a, c and e pass, b and d fail; all of them in two shards, and whole. */
static void setup(void)
{
    make_dir();
    ck_assert_int_eq(shell("mkdir s"), 0);
    for (int i = 0; i < 5; i++)
        write_scenario((const char[]){(char)('a' + i), 0}, i % 2 == 0);
    WATTPROOF("run s --world virtual --shard 1/2 -o one");
    WATTPROOF("run s --world virtual --shard 2/2 -o two");
}

static bool says(const char *text)
{
    return strstr(output, text) != NULL;
}

START_TEST(shards_make_the_run_that_they_are_parts_of)
{
    ck_assert_int_eq(
        WATTPROOF("run s --world virtual -o whole --junit whole/j --tap whole/t --markdown whole/m "
                  "--badge whole/b.svg >whole.txt"),
        EXIT_FAILED);
    ck_assert_int_eq(WATTPROOF("report merge -o merged --junit merged/j --tap merged/t --markdown merged/m "
                               "--badge merged/b.svg two one >merged.txt"),
                     EXIT_FAILED);
    ck_assert_msg(shell("diff -r -x times.json whole merged && diff whole.txt merged.txt") == 0, "%s",
                  output);
}
END_TEST

START_TEST(a_merged_run_is_a_run)
{
    WATTPROOF("report merge -o merged one two");
    ck_assert_int_eq(WATTPROOF("report merged --junit again"), EXIT_AS_EXPECTED);
    ck_assert(says("fail b (virtual)"));
    ck_assert(says("5 plays: 3 pass 2 fail; 5 checks decided"));
    ck_assert_int_eq(WATTPROOF("run s --world virtual -o merged --failed"), EXIT_FAILED);
    ck_assert(says("2 plays: 2 fail"));
    ck_assert_int_eq(WATTPROOF("report merge -o again merged one"), EXIT_USAGE);
    ck_assert(says("merged is no shard"));
}
END_TEST

START_TEST(missing_and_double_shards_are_named)
{
    ck_assert_int_eq(WATTPROOF("report merge -o merged two"), EXIT_USAGE);
    ck_assert(says("wattproof: shard 1 of 2 is missing"));
    ck_assert_int_eq(WATTPROOF("report merge -o merged one two one"), EXIT_USAGE);
    ck_assert(says("one and one are both shard 1 of 2"));
    ck_assert_int_eq(shell("test -e merged"), 1);
}
END_TEST

START_TEST(other_seeds_and_scenarios_are_refused)
{
    WATTPROOF("run s --world virtual --shard 2/2 --seed 9 -o nine");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one nine"), EXIT_USAGE);
    ck_assert(says("nine was played with seed 9, one with seed 1"));
    WATTPROOF("run s --world virtual --shard 2/2 --strict -o strict");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one strict"), EXIT_USAGE);
    ck_assert(says("strict was played with --strict, one was not"));
    WATTPROOF("run s --world virtual --shard 3/3 -o third");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one third"), EXIT_USAGE);
    ck_assert(says("third is one of 3 shards, one one of 2"));
    write_scenario("b", true);
    WATTPROOF("run s --world virtual --shard 2/2 -o changed");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one changed"), EXIT_USAGE);
    ck_assert(says("changed is a part of another run than one: the scenarios are not the same"));
}
END_TEST

/* Somebody's script may have put a play where it is not. */
START_TEST(plays_that_overlap_are_refused)
{
    shell("sed -i 's/\"place\":\\t[0-9]*/\"place\":\\t0/' two/run.json");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one two"), EXIT_USAGE);
    ck_assert(says("of two stands where another play of the run does"));
    shell("sed -i 's/\"place\":\\t[0-9]*/\"place\":\\t9007199254740991/' two/run.json");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one two"), EXIT_USAGE);
}
END_TEST

START_TEST(what_is_no_run_is_said)
{
    ck_assert_int_eq(WATTPROOF("report merge -o merged one nowhere"), EXIT_USAGE);
    ck_assert(says("nowhere: there is no such run"));
    shell("head -c 700 two/run.json >half; mv half two/run.json");
    ck_assert_int_eq(WATTPROOF("report merge -o merged one two"), EXIT_USAGE);
    ck_assert(says("two/run.json: is not whole JSON"));
    ck_assert_int_eq(WATTPROOF("report two"), EXIT_USAGE);
    ck_assert_int_eq(WATTPROOF("report merge -o one one two"), EXIT_USAGE);
    ck_assert(says("one is both a shard and where the whole run goes"));
    ck_assert_int_eq(WATTPROOF("report merge one"), EXIT_USAGE);
    shell("sed -i 's/\"wattproof\":.1/\"wattproof\":\\t99/' one/run.json");
    ck_assert_int_eq(WATTPROOF("report one"), EXIT_USAGE);
    ck_assert(says("one/run.json: was written by another version of wattproof: run again"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("merge");
    TCase *t = tcase_create("merge");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, remove_dir);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, shards_make_the_run_that_they_are_parts_of);
    tcase_add_test(t, a_merged_run_is_a_run);
    tcase_add_test(t, missing_and_double_shards_are_named);
    tcase_add_test(t, other_seeds_and_scenarios_are_refused);
    tcase_add_test(t, plays_that_overlap_are_refused);
    tcase_add_test(t, what_is_no_run_is_said);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
