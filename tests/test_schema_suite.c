/* The official test suite of JSON Schema, both drafts: every required test passes; of the optional ones a table says
 * how they stand. Read from WATTPROOF_TESTDATA. */
#include "harness/schema.h"

#include "harness/arena.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_LENGTH = 1000, TOKENS = 20000 };

struct score {
    unsigned passed, failed;
    bool optional, formats;
    enum schema_draft draft;
    char failures[4000]; /* one line each */
};

static char root[PATH_LENGTH];

static struct wp_slice read_file(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    char *text;

    ck_assert_msg(file && fstat(fileno(file), &st) == 0, "%s cannot be read", path);
    text = arena_get(a, (size_t)st.st_size + 1);
    ck_assert_uint_eq(fread(text, 1, (size_t)st.st_size, file), (size_t)st.st_size);
    fclose(file);
    return wp_slice(text, (size_t)st.st_size);
}

static struct json_tape read_tape(struct arena *a, struct wp_slice text)
{
    struct json_tape tape = {.cap = (uint32_t)json_tokens_max(text.n)};

    tape.at = arena_get(a, tape.cap * sizeof *tape.at);
    ck_assert_int_eq(json_read(&tape, text, SCHEMA_DEPTH, NULL), JSON_FAULT_NONE);
    return tape;
}

static bool count_errors(void *ctx, const struct schema_error *e)
{
    ck_assert(*e->reason && *e->keyword && *e->schema_path);
    ++*(unsigned *)ctx;
    return true;
}

static void note(struct score *s, bool passed, const char *file, struct wp_slice what, struct wp_slice test,
                 const char *why)
{
    size_t n = strlen(s->failures);

    *(passed ? &s->passed : &s->failed) += 1;
    if (!passed)
        snprintf(s->failures + n, sizeof s->failures - n, "    %s: %.*s / %.*s %s\n", file, WP_FMT(what),
                 WP_FMT(test), why);
}

/* The first run and the full one must be of one opinion. */
static bool is_valid(const struct schema *s, const struct json_tape *tape, uint32_t data)
{
    unsigned errors = 0;
    bool valid = schema_check(s, tape, data, NULL, count_errors, &errors);

    ck_assert(valid == schema_check(s, tape, data, NULL, NULL, NULL));
    ck_assert(valid == (errors == 0));
    return valid;
}

static void run_case(struct score *score, const char *file, const struct json_tape *tape, uint32_t one)
{
    char remotes[PATH_LENGTH + 50], room[1000];
    struct wp_writer why = wp_writer(room, sizeof room);
    struct schema_set *set = schema_set_new();
    const struct schema *s = NULL;
    struct wp_slice what = json_text(tape, json_member(tape, one, wp_text("description")));

    snprintf(remotes, sizeof remotes, "%s/remotes", root);
    schema_set_draft(set, score->draft);
    schema_set_formats(set, score->formats);
    schema_set_remotes(set, "http://localhost:1234/", remotes);
    if (schema_set_add(set, "http://case.test/schema.json",
                       json_text(tape, json_member(tape, one, wp_text("schema"))), &why))
        s = schema_compile(set, "http://case.test/schema.json", &why);
    JSON_EACH(tape, t, json_member(tape, one, wp_text("tests")))
    {
        bool expected = tape->at[json_member(tape, t, wp_text("valid"))].kind == JSON_TRUE;
        struct wp_slice test = json_text(tape, json_member(tape, t, wp_text("description")));

        if (s)
            note(score, is_valid(s, tape, json_member(tape, t, wp_text("data"))) == expected, file, what,
                 test, expected ? "should be valid" : "should be invalid");
        else
            note(score, false, file, what, test, wp_put_end(&why));
    }
    schema_set_free(set);
}

static void run_file(struct score *score, const char *folder, const char *name)
{
    struct arena arena = {0};
    char path[2 * PATH_LENGTH];
    struct json_tape tape;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    tape = read_tape(&arena, read_file(&arena, path));
    JSON_EACH(&tape, one, 0)
    run_case(score, name, &tape, one);
    arena_free(&arena);
}

static int is_json(const struct dirent *e)
{
    size_t n = strlen(e->d_name);

    return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

static struct score run_folder(enum schema_draft draft, const char *below, bool formats, bool each)
{
    static struct score all;
    struct dirent **entries;
    char folder[PATH_LENGTH + 100];
    int n;

    all = (struct score){.draft = draft, .formats = formats};
    snprintf(folder, sizeof folder, "%s/%s%s", root, draft == SCHEMA_DRAFT_7 ? "draft7" : "draft2020-12",
             below);
    n = scandir(folder, &entries, is_json, alphasort);
    ck_assert_msg(n > 0, "%s is empty", folder);
    for (int i = 0; i < n; i++) {
        struct score *one = calloc(1, sizeof *one);

        *one = (struct score){.draft = draft,
                              .formats = formats || strcmp(entries[i]->d_name, "format-assertion.json") == 0};
        run_file(one, folder, entries[i]->d_name);
        if (each)
            printf("%-12s %-34s %3u of %3u\n%s", draft == SCHEMA_DRAFT_7 ? "draft-07" : "2020-12",
                   entries[i]->d_name, one->passed, one->passed + one->failed, one->failures);
        else
            printf("%s", one->failures);
        all.passed += one->passed;
        all.failed += one->failed;
        free(one);
        free(entries[i]);
    }
    free(entries);
    return all;
}

static bool find_suite(void)
{
    const char *data = getenv("WATTPROOF_TESTDATA");
    struct stat st;

    snprintf(root, sizeof root, "%s/json-schema-test-suite", data ? data : "../shared");
    if (stat(root, &st) == 0)
        return true;
    printf("skipped: no test data at %s\n", root);
    return false;
}

START_TEST(every_required_test_of_draft_7_passes)
{
    struct score s = run_folder(SCHEMA_DRAFT_7, "", false, false);

    printf("draft-07: %u of %u required tests\n", s.passed, s.passed + s.failed);
    ck_assert_uint_eq(s.failed, 0);
    ck_assert_uint_gt(s.passed, 900);
}
END_TEST

START_TEST(every_required_test_of_2020_12_passes)
{
    struct score s = run_folder(SCHEMA_2020_12, "", false, false);

    printf("2020-12: %u of %u required tests\n", s.passed, s.passed + s.failed);
    ck_assert_uint_eq(s.failed, 0);
    ck_assert_uint_gt(s.passed, 1200);
}
END_TEST

/* Nothing is asserted: the table shows what is beyond us. */
START_TEST(optional_tests_are_listed)
{
    unsigned passed = 0, failed = 0;

    for (int draft = 0; draft < 2; draft++)
        for (int formats = 0; formats < 2; formats++) {
            struct score s = run_folder((enum schema_draft)draft, formats ? "/optional/format" : "/optional",
                                        formats, true);

            passed += s.passed;
            failed += s.failed;
        }
    printf("optional: %u of %u tests\n", passed, passed + failed);
}
END_TEST

int main(void)
{
    Suite *s;
    TCase *t;
    SRunner *r;
    int failed;

    if (!find_suite())
        return 0;
    s = suite_create("schema_suite");
    t = tcase_create("schema_suite");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_required_test_of_draft_7_passes);
    tcase_add_test(t, every_required_test_of_2020_12_passes);
    tcase_add_test(t, optional_tests_are_listed);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
