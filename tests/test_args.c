/* A command's options: read where they stand, refused with a sentence, told in --help. */
#include "harness/args.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    bool loud;
    const char *out;
    size_t jobs;
    uint64_t seed;
    int world;
};

static const char *const worlds[] = {"both", "virtual", "live", NULL};
static const struct arg rows[] = {
    ARG_OF(struct options, 0, "loud", NULL, "says more", arg_switch, loud),
    ARG_OF(struct options, 'o', NULL, "DIR", "where", arg_text, out),
    ARG_COUNT_OF(struct options, 'j', "jobs", "N", "side by side,\nmany", 256, jobs),
    ARG_OF(struct options, 0, "seed", "S", "of everything", arg_number, seed),
    ARG_WORD_OF(struct options, 0, "world", "W", "where", worlds, world),
};
static const struct args args = {"try", "try [WORDS]\n", "The end.\n", rows, sizeof rows / sizeof rows[0]};

static struct options got;
static char said[2000];
static char *words[8];
static int first;

/* Reads the words; what goes to `stream` (stdout or stderr) is in `said`. */
static enum args_end read_words(FILE *stream, const char *const *given)
{
    FILE *f = tmpfile();
    int n = 0, old = dup(fileno(stream));
    enum args_end end;
    size_t len;

    words[n++] = (char *)"try";
    for (; given[n - 1]; n++)
        words[n] = (char *)given[n - 1];
    words[n] = NULL;
    got = (struct options){0};
    fflush(stream);
    dup2(fileno(f), fileno(stream));
    end = args_read(&args, n, words, &got, &first);
    fflush(stream);
    dup2(old, fileno(stream));
    close(old);
    rewind(f);
    len = fread(said, 1, sizeof said - 1, f);
    said[len] = 0;
    fclose(f);
    return end;
}

#define READ(...) read_words(stderr, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(options_stand_anywhere)
{
    ck_assert_int_eq(READ("a", "-j4", "--loud", "b", "--world=live"), ARGS_GOOD);
    ck_assert_uint_eq(got.jobs, 4);
    ck_assert(got.loud);
    ck_assert_int_eq(got.world, 2);
    ck_assert_str_eq(words[first], "a");
    ck_assert_str_eq(words[first + 1], "b");
}
END_TEST

START_TEST(behind_two_dashes_everything_is_a_word)
{
    ck_assert_int_eq(READ("-o", "x", "--", "--loud"), ARGS_GOOD);
    ck_assert_str_eq(got.out, "x");
    ck_assert(!got.loud);
    ck_assert_str_eq(words[first], "--loud");
}
END_TEST

START_TEST(wrong_values_are_refused_with_what_is_right)
{
    ck_assert_int_eq(READ("-j", "0"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: --jobs is a number from 1 to 256, not '0'\n");
    ck_assert_int_eq(READ("--jobs", "257"), ARGS_WRONG);
    ck_assert_int_eq(READ("--seed", "-1"), ARGS_WRONG);
    ck_assert_int_eq(READ("--seed", "18446744073709551616"), ARGS_WRONG);
    ck_assert_int_eq(READ("--seed", "18446744073709551615"), ARGS_GOOD);
    ck_assert_int_eq(READ("--world", "mars"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: --world is both, virtual or live, not 'mars'\n");
}
END_TEST

START_TEST(unknown_options_get_a_hint)
{
    ck_assert_int_eq(READ("--lound"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: try has no option --lound; did you mean --loud?\n");
    ck_assert_int_eq(READ("-x"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: try has no option -x: wattproof try --help tells them all\n");
    ck_assert_int_eq(READ("--seed"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: --seed needs a value\n");
    ck_assert_int_eq(READ("a", "-o"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: -o needs a value\n");
    ck_assert_int_eq(READ("--loud=yes"), ARGS_WRONG);
    ck_assert_str_eq(said, "wattproof: --loud takes no value\n");
}
END_TEST

START_TEST(help_has_a_line_for_each_row)
{
    ck_assert_int_eq(read_words(stdout, (const char *const[]){"--help", NULL}), ARGS_HELP);
    ck_assert_str_eq(said, "wattproof try [WORDS]\n\n"
                           "  --loud               says more\n"
                           "  -o DIR               where\n"
                           "  -j, --jobs N         side by side,\n"
                           "                       many\n"
                           "  --seed S             of everything\n"
                           "  --world W            where\n\nThe end.\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("args");
    TCase *t = tcase_create("args");
    SRunner *r;
    int failed;

    tcase_add_test(t, options_stand_anywhere);
    tcase_add_test(t, behind_two_dashes_everything_is_a_word);
    tcase_add_test(t, wrong_values_are_refused_with_what_is_right);
    tcase_add_test(t, unknown_options_get_a_hint);
    tcase_add_test(t, help_has_a_line_for_each_row);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
