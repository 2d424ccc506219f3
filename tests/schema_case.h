/* A schema, an instance, and the errors as text: for the tests of the validator. */
#ifndef WP_TESTS_SCHEMA_CASE_H
#define WP_TESTS_SCHEMA_CASE_H

#include "harness/schema.h"

#include <check.h>
#include <stdio.h>

enum { TOKENS = 20000, TEXT = 8000 };

#define URI "file:///s/t.schema.json"

static struct json_token tokens[TOKENS];
static struct json_tape tape = {.at = tokens, .cap = TOKENS};
static struct schema_set *set;
static char sentence[1000];

static inline void setup(void)
{
    set = schema_set_new();
}

static inline void teardown(void)
{
    schema_set_free(set);
}

static inline const struct schema *compile(const char *text)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct schema *s = NULL;

    if (schema_set_add(set, URI, wp_text(text), &why))
        s = schema_compile(set, URI, &why);
    wp_put_end(&why);
    return s;
}

static inline const struct schema *good(const char *text)
{
    const struct schema *s = compile(text);

    ck_assert_msg(s != NULL, "%s", sentence);
    return s;
}

static inline void read_instance(const char *text)
{
    size_t at;

    ck_assert_msg(json_read(&tape, wp_text(text), SCHEMA_DEPTH, &at) == JSON_FAULT_NONE, "%s at %zu", text,
                  at);
}

/* "path|reason|schema path|statements|undocumented" a line each */
static inline bool put_error(void *ctx, const struct schema_error *e)
{
    struct wp_writer *w = ctx;

    wp_put_text(w, e->instance_path);
    wp_put_text(w, " ");
    wp_put_text(w, e->reason);
    wp_put_text(w, " (");
    wp_put_text(w, e->schema_path);
    wp_put_text(w, ")");
    for (size_t i = 0; i < e->n_statements; i++) {
        wp_put_text(w, " ");
        wp_put_text(w, e->statements[i]);
    }
    wp_put_text(w, e->undocumented ? " undocumented\n" : "\n");
    return true;
}

static inline const char *errors_of(const struct schema *s, const char *instance, uint64_t *reached)
{
    static char text[TEXT];
    struct wp_writer w = wp_writer(text, sizeof text);
    bool valid;

    read_instance(instance);
    valid = schema_check(s, &tape, 0, reached, put_error, &w);
    ck_assert(valid == (w.n == 0));
    ck_assert(valid == schema_check(s, &tape, 0, NULL, NULL, NULL));
    return wp_put_end(&w);
}

/* Runs the tests in a case with setup and teardown; the program's exit code. */
static inline int run_tests(const char *name, const TTest *const *tests, size_t n)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}

#endif
