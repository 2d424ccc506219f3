/* The strict loader: what it refuses, and where it says so.   covers: arena node yaml */
#include "harness/yaml.h"

#include <check.h>

static struct arena arena;
static char why_text[1000];

static struct node *load(const char *text)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct node *n = yaml_read(&arena, "f.yaml", wp_text(text), &why);

    wp_put_end(&why);
    return n;
}

static void teardown(void)
{
    arena_free(&arena);
}

START_TEST(what_is_ambiguous_is_refused_with_its_place)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "f.yaml:1:1: the file is empty"},
        {"a: 1\na: 2\n", "f.yaml:2:1: key 'a' stands here a second time"},
        {"a: 1\n\"a\": 2\n", "f.yaml:2:1: key 'a' stands here a second time"},
        {"a: &x 1\n", "f.yaml:1:4: anchors are not allowed here: write the value out"},
        {"a: *x\n", "f.yaml:1:4: aliases are not allowed here: write the value out"},
        {"a: !!int 1\n", "f.yaml:1:4: tags are not allowed here: quote the value to make it text"},
        {"<<: {a: 1}\n", "f.yaml:1:1: merge keys are not allowed here: write the members out"},
        {"? [a]\n: 1\n", "f.yaml:1:3: a key must be plain text"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document: one file holds one"},
        {"a: \"\\0\"\n", "f.yaml:1:4: a NUL character cannot stand in a value"},
        {"a:\n\t b: 1\n", "f.yaml:2:1: found character that cannot start any token"},
        {"%YAML 1.1\n---\na: 1\n", "f.yaml:1:1: directives are not allowed here"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!load(bad[i].text), "taken: %s", bad[i].text);
        ck_assert_str_eq(why_text, bad[i].why);
    }
}
END_TEST

/* An address keeps its zeros: what JSON would not write as a number is text. */
START_TEST(scalars_mean_what_json_would_mean)
{
    struct node *n = load("[000000000001, 12, -1.50, true, null, ~, '12', yes, 60s, 0x1]");
    static const enum wp_kind kinds[] = {WP_TEXT, WP_DECIMAL, WP_DECIMAL, WP_BOOL, WP_NULL,
                                         WP_NULL, WP_TEXT,    WP_TEXT,    WP_TEXT, WP_TEXT};
    size_t i = 0;

    ck_assert(n != NULL);
    for (struct node *c = n->first; c; c = c->next, i++)
        ck_assert_msg(node_value(c).kind == kinds[i], "element %zu", i);
}
END_TEST

START_TEST(a_tree_becomes_json_and_pointers_find_their_way)
{
    struct node *n = load("a/b:\n  - {c: \"x\\\"y\"}\n  - 230.10\n");

    ck_assert(n != NULL);
    ck_assert_str_eq(node_json(&arena, n), "{\"a/b\":[{\"c\":\"x\\\"y\"},230.10]}");
    ck_assert_int_eq(node_at(n, wp_text("/a~1b/0/c"))->column, 9);
    ck_assert_int_eq(node_at(n, wp_text("/a~1b/1"))->line, 3);
    ck_assert_int_eq(node_at(n, wp_text("/a~1b/7/x"))->line, 2);
}
END_TEST

START_TEST(names_are_filled_in_everywhere)
{
    struct node *n = load("{\"k${i}\": [\"${i}-${i}\", \"${j}\"]}");

    ck_assert(n != NULL);
    ck_assert_str_eq(node_json(&arena, node_fill(&arena, n, "i", "7")), "{\"k7\":[\"7-7\",\"${j}\"]}");
}
END_TEST

/* Elsewhere "${i}" alone is what its value is; the text of a message stays text. */
START_TEST(a_text_stays_text)
{
    struct node *n = load("{count: \"${i}\", text: \"${i}\"}");

    ck_assert(n != NULL);
    ck_assert_str_eq(node_json(&arena, node_fill(&arena, n, "i", "50")), "{\"count\":50,\"text\":\"50\"}");
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char deep[101];

    memset(deep, '[', 100);
    deep[100] = 0;
    ck_assert(!load(deep));
    ck_assert_str_eq(why_text, "f.yaml:1:29: nested deeper than 28 levels");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("yaml");
    TCase *t = tcase_create("yaml");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, what_is_ambiguous_is_refused_with_its_place);
    tcase_add_test(t, scalars_mean_what_json_would_mean);
    tcase_add_test(t, a_tree_becomes_json_and_pointers_find_their_way);
    tcase_add_test(t, names_are_filled_in_everywhere);
    tcase_add_test(t, a_text_stays_text);
    tcase_add_test(t, nesting_is_bounded);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
