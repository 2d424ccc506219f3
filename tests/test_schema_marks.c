/* Statements in schemas: which of them an error names, which were reached. */
#include "tests/schema_case.h"

/* ---- statements ------------------------------------------------------------------------------------- */

START_TEST(an_error_names_the_nearest_statement)
{
    const struct schema *s = good("{\"x-statement\":\"ROOT\",\"properties\":{"
                                  "\"own\":{\"type\":\"null\",\"x-statement\":[\"A\",\"B\"]},"
                                  "\"inner\":{\"x-statement\":\"C\",\"allOf\":[{\"type\":\"null\"}]},"
                                  "\"none\":{\"type\":\"null\"},"
                                  "\"ref\":{\"$ref\":\"#/properties/none\",\"x-statement\":\"E\"}}}");

    ck_assert_str_eq(errors_of(s, "{\"own\":1}", NULL),
                     "/own is the number 1, expected null (t.schema.json#/properties/own/type) A B\n");
    ck_assert_str_eq(
        errors_of(s, "{\"inner\":1}", NULL),
        "/inner is the number 1, expected null (t.schema.json#/properties/inner/allOf/0/type) C\n");
    ck_assert_str_eq(errors_of(s, "{\"none\":1}", NULL),
                     "/none is the number 1, expected null (t.schema.json#/properties/none/type) ROOT\n");
}
END_TEST

/* A definition without a statement of its own fails that of who refers to it. */
START_TEST(a_definition_fails_the_statement_of_its_user)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct schema *s;

    ck_assert(
        schema_set_add(set, "file:///s/lib.json", wp_text("{\"$defs\":{\"d\":{\"type\":\"null\"}}}"), &why));
    s = good("{\"properties\":{\"a\":{\"$ref\":\"lib.json#/$defs/d\",\"x-statement\":\"A\"},"
             "\"b\":{\"allOf\":[{\"$ref\":\"lib.json#/$defs/d\"}],\"x-statement\":\"B\"}}}");
    ck_assert_str_eq(errors_of(s, "{\"a\":1}", NULL),
                     "/a is the number 1, expected null (lib.json#/$defs/d/type) A\n");
    ck_assert_str_eq(errors_of(s, "{\"b\":1}", NULL),
                     "/b is the number 1, expected null (lib.json#/$defs/d/type) B\n");
    teardown();
    setup();
    ck_assert(schema_set_add(set, "file:///s/lib.json",
                             wp_text("{\"$defs\":{\"d\":{\"type\":\"null\",\"const\":null}}}"), &why));
    s = good("{\"allOf\":[{\"$ref\":\"lib.json#/$defs/d\",\"x-statement\":\"C\"},"
             "{\"allOf\":[{\"$ref\":\"lib.json#/$defs/d\"}],\"x-statement\":\"D\"}]}");
    ck_assert_str_eq(errors_of(s, "1", NULL),
                     " is the number 1, expected null (lib.json#/$defs/d/type) C\n"
                     " is the number 1, expected null (lib.json#/$defs/d/const) C\n"
                     " is the number 1, expected null (lib.json#/$defs/d/type) D\n"
                     " is the number 1, expected null (lib.json#/$defs/d/const) D\n");
}
END_TEST

START_TEST(undocumented_is_only_what_stands_beside)
{
    const struct schema *s = good("{\"properties\":{\"a\":{\"type\":\"null\"}},\"x-statement\":\"S\","
                                  "\"unevaluatedProperties\":false,\"x-undocumented\":true}");

    ck_assert_str_eq(
        errors_of(s, "{\"a\":1,\"b\":2}", NULL),
        "/a is the number 1, expected null (t.schema.json#/properties/a/type) S\n"
        "/b is a member that is not described (t.schema.json#/unevaluatedProperties) S undocumented\n");
}
END_TEST

static bool is_reached(const struct schema *s, const uint64_t *reached, const char *statement)
{
    for (size_t i = 0; i < schema_n_marks(s); i++)
        for (size_t k = 0; k < schema_mark(s, i)->n_statements; k++)
            if (strcmp(schema_mark(s, i)->statements[k], statement) == 0 && (reached[i / 64] >> (i % 64) & 1))
                return true;
    return false;
}

static const char *reached_of(const struct schema *s, const char *instance)
{
    static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G"};
    static char text[20];
    struct wp_writer w = wp_writer(text, sizeof text);
    uint64_t reached[1] = {0};

    errors_of(s, instance, reached);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is_reached(s, reached, names[i]))
            wp_put_text(&w, names[i]);
    return wp_put_end(&w);
}

START_TEST(a_statement_is_reached_when_a_keyword_was_applied)
{
    const struct schema *s =
        good("{\"allOf\":[{\"type\":\"object\",\"required\":[\"a\"],\"x-statement\":\"A\"}],"
             "\"properties\":{\"a\":{\"minimum\":1,\"x-statement\":\"B\"},\"b\":{\"type\":\"number\",\"x-"
             "statement\":\"C\"}},"
             "\"if\":{\"required\":[\"c\"],\"x-statement\":\"D\"},\"then\":{\"required\":[\"d\"],\"x-"
             "statement\":\"E\"},"
             "\"else\":{\"$ref\":\"#/$defs/"
             "f\"},\"$defs\":{\"f\":{\"x-statement\":\"F\"},\"g\":{\"x-statement\":\"G\"}}}");

    ck_assert_str_eq(reached_of(s, "{\"a\":2}"), "ABF");
    ck_assert_str_eq(reached_of(s, "{\"a\":0}"), "ABF");
    ck_assert_str_eq(reached_of(s, "{\"a\":\"no number\"}"), "AF");
    ck_assert_str_eq(reached_of(s, "{\"a\":1,\"b\":null}"), "ABCF");
    ck_assert_str_eq(reached_of(s, "{\"c\":1}"), "AE");
    ck_assert_str_eq(reached_of(s, "1"), "A");
}
END_TEST

START_TEST(marks_are_listed_with_their_places)
{
    const struct schema *s = good("{\"x-statement\":\"A\",\"properties\":{\"b\":{\"type\":\"null\",\"x-"
                                  "statement\":[\"B\",\"C\"],\"x-undocumented\":true}}}");

    ck_assert_uint_eq(schema_n_marks(s), 2);
    ck_assert_str_eq(schema_mark(s, 0)->path, "t.schema.json#");
    ck_assert_str_eq(schema_mark(s, 1)->path, "t.schema.json#/properties/b");
    ck_assert_uint_eq(schema_mark(s, 1)->n_statements, 2);
    ck_assert_str_eq(schema_mark(s, 1)->statements[1], "C");
    ck_assert(schema_mark(s, 1)->undocumented && !schema_mark(s, 0)->undocumented);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_error_names_the_nearest_statement,    a_definition_fails_the_statement_of_its_user,
        undocumented_is_only_what_stands_beside, a_statement_is_reached_when_a_keyword_was_applied,
        marks_are_listed_with_their_places,
    };

    return run_tests("schema_marks", tests, sizeof tests / sizeof tests[0]);
}
