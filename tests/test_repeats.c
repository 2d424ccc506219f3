/* Repeats of a play: the same each time, or an error of ours that says what differs. */
#include "harness/repeats.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 3 };

static char dir[] = "/tmp/wattproof-test-XXXXXX";
static struct job jobs[N];

static void write_transcript(size_t i, const char *text)
{
    char path[600];
    FILE *f;

    snprintf(path, sizeof path, "%s/transcript.jsonl", jobs[i].dir);
    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

/* Three plays that pass with one check each. */
static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    for (size_t i = 0; i < N; i++) {
        jobs[i] = (struct job){.world = PLAY_VIRTUAL, .repeat = i, .done = true};
        snprintf(jobs[i].dir, sizeof jobs[i].dir, "%s/%zu", dir, i);
        ck_assert(make_dirs(jobs[i].dir));
        write_transcript(i, "{}\n");
        result_init(&jobs[i].result, "a", "a.yaml", "virtual");
        result_add(&jobs[i].result, VERDICT_PASS, "expect", 7, 10, "seen");
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < N; i++)
        result_free(&jobs[i].result);
    remove_tree(dir);
}

START_TEST(equal_repeats_are_the_first_one)
{
    ck_assert_ptr_eq(repeats_fold(jobs, N), &jobs[0].result);
    ck_assert_int_eq(result_verdict(&jobs[0].result, false), VERDICT_PASS);
}
END_TEST

START_TEST(another_verdict_is_flaky)
{
    struct scenario_result *r;

    jobs[2].result.findings->verdict = VERDICT_FAIL;
    r = repeats_fold(jobs, N);
    ck_assert_ptr_eq(r, &jobs[2].result);
    ck_assert_int_eq(result_verdict(r, false), VERDICT_ERROR);
    ck_assert_str_eq(r->because, "flaky: 2 pass, 1 fail with the same seed: "
                                 "a.yaml:7 expect is pass the first time and fail in repeat 3");
}
END_TEST

START_TEST(another_transcript_is_flaky_in_the_virtual_world)
{
    write_transcript(1, "{} \n");
    ck_assert_ptr_nonnull(
        strstr(repeats_fold(jobs, N)->because, "its transcript in repeat 2 is another one"));
}
END_TEST

/* Times and the order of unrelated records may differ there. */
START_TEST(another_transcript_is_not_in_the_live_one)
{
    write_transcript(1, "{} \n");
    for (size_t i = 0; i < N; i++)
        jobs[i].world = PLAY_LIVE;
    ck_assert_ptr_null(repeats_fold(jobs, N)->because);
}
END_TEST

START_TEST(what_was_not_played_does_not_count)
{
    jobs[0].result.not_played = true;
    ck_assert_ptr_eq(repeats_fold(jobs, N), &jobs[1].result);
    ck_assert_ptr_null(jobs[1].result.because);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("repeats");
    TCase *t = tcase_create("repeats");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, equal_repeats_are_the_first_one);
    tcase_add_test(t, another_verdict_is_flaky);
    tcase_add_test(t, another_transcript_is_flaky_in_the_virtual_world);
    tcase_add_test(t, another_transcript_is_not_in_the_live_one);
    tcase_add_test(t, what_was_not_played_does_not_count);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
