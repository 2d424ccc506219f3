/* wattproof validate: what it prints, and its exit code. */
#include "harness/cmd.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT_MAX = 20000, ARGS_MAX = 10, PATH_LENGTH = 200 };

static char folder[PATH_LENGTH], out[OUTPUT_MAX], err[OUTPUT_MAX];

static const char *in_folder(const char *name)
{
    static char path[32][2 * PATH_LENGTH];
    static unsigned turn;
    char *p = path[turn++ % 32];

    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(in_folder(name), "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void setup(void)
{
    strcpy(folder, "/tmp/wattproof-validate-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("s.json", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"$defs\":{\"n\":{"
                         "\"type\":\"null\"}}}");
    write_file("good.json", "{\"a\":null}\n");
    write_file("bad.json", "{\"a\":1}\n");
    write_file("broken.json", "{\"a\":01}\n");
}

static void teardown(void)
{
    static const char *const names[] = {"s.json",    "good.json", "bad.json", "broken.json", "seven.json",
                                        "date.json", "far.json",  "day.json", "out",         "err"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(in_folder(names[i]));
    unlink(in_folder("remotes/x.json"));
    rmdir(in_folder("remotes"));
    rmdir(folder);
}

static int redirect(int fd, const char *file, int flags)
{
    int saved = dup(fd), to = open(file, flags, 0600);

    ck_assert_int_ge(to, 0);
    dup2(to, fd);
    close(to);
    return saved;
}

static void read_back(const char *name, char *text)
{
    FILE *f = fopen(in_folder(name), "r");

    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, OUTPUT_MAX - 1, f)] = 0;
    fclose(f);
}

static void restore(int fd, int saved)
{
    dup2(saved, fd);
    close(saved);
}

/* Runs the command in this process; standard input is good.json. */
static int validate(const char *const *args)
{
    char *argv[ARGS_MAX + 1] = {(char *)"validate"};
    int argc = 1, code, saved_in, saved_out, saved_err;

    while (args[argc - 1]) {
        argv[argc] = (char *)args[argc - 1];
        argc++;
    }
    fflush(stdout);
    fflush(stderr);
    saved_in = redirect(0, in_folder("good.json"), O_RDONLY);
    saved_out = redirect(1, in_folder("out"), O_RDWR | O_CREAT | O_TRUNC);
    saved_err = redirect(2, in_folder("err"), O_RDWR | O_CREAT | O_TRUNC);
    clearerr(stdin);
    code = cmd_validate(argc, argv);
    fflush(stdout);
    fflush(stderr);
    restore(0, saved_in);
    restore(1, saved_out);
    restore(2, saved_err);
    read_back("out", out);
    read_back("err", err);
    return code;
}

#define VALIDATE(...) validate((const char *const[]){__VA_ARGS__, NULL})

START_TEST(good_files_say_nothing)
{
    ck_assert_int_eq(VALIDATE(in_folder("s.json"), in_folder("good.json"), "-"), 0);
    ck_assert_str_eq(out, "");
    ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(an_error_is_a_line_with_both_places)
{
    char expected[1000];

    ck_assert_int_eq(VALIDATE(in_folder("s.json"), in_folder("good.json"), in_folder("bad.json")), 1);
    snprintf(expected, sizeof expected,
             "%s: /a: is the number 1, expected null (s.json#/properties/a/type)\n", in_folder("bad.json"));
    ck_assert_str_eq(out, expected);
    ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(a_place_within_the_schema_may_be_given)
{
    char schema[3 * PATH_LENGTH];

    snprintf(schema, sizeof schema, "%s#/$defs/n", in_folder("s.json"));
    ck_assert_int_eq(VALIDATE(schema, "-"), 1);
    ck_assert_str_eq(out, "(standard input): (root): is an object, expected null (s.json#/$defs/n/type)\n");
}
END_TEST

START_TEST(what_cannot_be_read_is_2_and_the_others_are_checked)
{
    ck_assert_int_eq(VALIDATE(in_folder("s.json"), in_folder("broken.json"), in_folder("bad.json")), 2);
    ck_assert_ptr_nonnull(strstr(err, "broken.json: is no JSON: a number with a leading zero at byte 5\n"));
    ck_assert_ptr_nonnull(strstr(out, "bad.json: /a: "));
    ck_assert_int_eq(VALIDATE(in_folder("s.json"), in_folder("none.json")), 2);
    ck_assert_ptr_nonnull(strstr(err, "none.json: No such file or directory\n"));
    ck_assert_int_eq(VALIDATE(in_folder("none.json"), in_folder("good.json")), 2);
    ck_assert_ptr_nonnull(strstr(err, "none.json: No such file or directory\n"));
    write_file("far.json", "{\"$ref\":\"http://localhost:1234/x.json\"}");
    ck_assert_int_eq(VALIDATE(in_folder("far.json"), "-"), 2);
    ck_assert_str_eq(err, "far.json#/$ref: no schema document http://localhost:1234/x.json is known\n");
}
END_TEST

START_TEST(options_choose_draft_formats_and_remotes)
{
    write_file("seven.json", "{\"properties\":{\"a\":{\"$ref\":\"#/definitions/d\",\"type\":\"null\"}},"
                             "\"definitions\":{\"d\":{\"type\":\"number\"}}}");
    ck_assert_int_eq(VALIDATE("--draft", "7", in_folder("seven.json"), in_folder("bad.json")), 0);
    ck_assert_int_eq(VALIDATE("--draft", "2020-12", in_folder("seven.json"), in_folder("bad.json")), 1);
    ck_assert_int_eq(VALIDATE("--draft=4", in_folder("seven.json"), in_folder("bad.json")), 2);
    ck_assert_str_eq(err, "validate: there is no draft '4' here, only 7 and 2020-12\n");

    write_file("date.json", "{\"format\":\"date\"}");
    write_file("day.json", "\"2024-02-30\"");
    ck_assert_int_eq(VALIDATE(in_folder("date.json"), in_folder("day.json")), 0);
    ck_assert_int_eq(VALIDATE("--format", in_folder("date.json"), in_folder("day.json")), 1);

    ck_assert_int_eq(mkdir(in_folder("remotes"), 0700), 0);
    write_file("remotes/x.json", "{\"type\":\"object\"}");
    write_file("far.json", "{\"$ref\":\"http://localhost:1234/x.json\"}");
    ck_assert_int_eq(VALIDATE("--remotes", in_folder("remotes"), in_folder("far.json"), "-"), 0);
}
END_TEST

START_TEST(without_files_the_usage_is_shown)
{
    ck_assert_int_eq(VALIDATE(in_folder("s.json")), 2);
    ck_assert_ptr_nonnull(strstr(err, "wattproof validate [OPTIONS] SCHEMA FILE..."));
    ck_assert_int_eq(VALIDATE("--help"), 0);
    ck_assert_ptr_nonnull(strstr(out, "--remotes DIR"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cmd_validate");
    TCase *t = tcase_create("cmd_validate");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, good_files_say_nothing);
    tcase_add_test(t, an_error_is_a_line_with_both_places);
    tcase_add_test(t, a_place_within_the_schema_may_be_given);
    tcase_add_test(t, what_cannot_be_read_is_2_and_the_others_are_checked);
    tcase_add_test(t, options_choose_draft_formats_and_remotes);
    tcase_add_test(t, without_files_the_usage_is_shown);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
