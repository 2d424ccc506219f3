/* The validator beyond the official suite: what an error tells, which statements were reached, what is refused when a
 * schema is compiled.
 * covers: schema_set schema_find schema_keyword schema_compile schema_link schema_cover schema_check schema_fast
 *         schema_lookup schema_error schema_value schema_object schema_array schema_logic schema_meta7 schema_meta2020 */
#include "harness/schema.h"

#include "harness/arena.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 20000, TEXT = 8000 };

#define URI "file:///s/t.schema.json"

static struct json_token tokens[TOKENS];
static struct json_tape tape = {.at = tokens, .cap = TOKENS};
static struct schema_set *set;
static char sentence[1000];

static void setup(void)
{
    set = schema_set_new();
}

static void teardown(void)
{
    schema_set_free(set);
}

static const struct schema *compile(const char *text)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct schema *s = NULL;

    if (schema_set_add(set, URI, wp_text(text), &why))
        s = schema_compile(set, URI, &why);
    wp_put_end(&why);
    return s;
}

static const struct schema *good(const char *text)
{
    const struct schema *s = compile(text);

    ck_assert_msg(s != NULL, "%s", sentence);
    return s;
}

static void read_instance(const char *text)
{
    size_t at;

    ck_assert_msg(json_read(&tape, wp_text(text), SCHEMA_DEPTH, &at) == JSON_FAULT_NONE, "%s at %zu", text,
                  at);
}

/* "path|reason|schema path|statements|undocumented" a line each */
static bool put_error(void *ctx, const struct schema_error *e)
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

static const char *errors_of(const struct schema *s, const char *instance, uint64_t *reached)
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

/* ---- errors ----------------------------------------------------------------------------------------- */

START_TEST(every_keyword_says_what_is_wrong)
{
    static const struct {
        const char *schema, *instance, *error;
    } row[] = {
        {"{\"type\":\"string\"}", "1", " is the number 1, expected a string (t.schema.json#/type)\n"},
        {"{\"type\":[\"integer\",\"object\",\"null\"]}", "1.5",
         " is the number 1.5, expected an integer, an object or null (t.schema.json#/type)\n"},
        {"{\"const\":\"a\"}", "\"b\"", " is the string \"b\", expected \"a\" (t.schema.json#/const)\n"},
        {"{\"enum\":[1,\"x\",null]}", "{}",
         " is an object, expected one of 1, \"x\", null (t.schema.json#/enum)\n"},
        {"{\"minimum\":1.50}", "1.4",
         " is the number 1.4, expected at least 1.50 (t.schema.json#/minimum)\n"},
        {"{\"maximum\":1}", "2", " is the number 2, expected at most 1 (t.schema.json#/maximum)\n"},
        {"{\"exclusiveMinimum\":1}", "1",
         " is the number 1, expected more than 1 (t.schema.json#/exclusiveMinimum)\n"},
        {"{\"exclusiveMaximum\":1}", "1",
         " is the number 1, expected less than 1 (t.schema.json#/exclusiveMaximum)\n"},
        {"{\"multipleOf\":0.1}", "0.25",
         " is the number 0.25, expected a multiple of 0.1 (t.schema.json#/multipleOf)\n"},
        {"{\"minLength\":3}", "\"\\u00e4b\"",
         " has 2 characters, expected at least 3 (t.schema.json#/minLength)\n"},
        {"{\"maxLength\":1}", "\"ab\"", " has 2 characters, expected at most 1 (t.schema.json#/maxLength)\n"},
        {"{\"pattern\":\"^[0-9]+$\"}", "\"1x\"",
         " is the string \"1x\", which does not match ^[0-9]+$ (t.schema.json#/pattern)\n"},
        {"{\"required\":[\"a\",\"b\",\"c\"]}", "{\"b\":1}",
         " lacks the member \"a\" (t.schema.json#/required)\n lacks the member \"c\" "
         "(t.schema.json#/required)\n"},
        {"{\"minProperties\":1}", "{}",
         " has 0 members, expected at least 1 (t.schema.json#/minProperties)\n"},
        {"{\"maxItems\":1}", "[1,2]", " has 2 elements, expected at most 1 (t.schema.json#/maxItems)\n"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
         " lacks the member \"b\", which goes with a (t.schema.json#/dependentRequired)\n"},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1,\"bc\":2}",
         "/bc has 2 characters, expected at most 1 (t.schema.json#/propertyNames/maxLength)\n"},
        {"{\"properties\":{\"a\":true},\"additionalProperties\":false}", "{\"a\":1,\"b\":2}",
         "/b is a member that is not described (t.schema.json#/additionalProperties)\n"},
        {"{\"properties\":{\"a\":false}}", "{\"a\":1}",
         "/a must not be there (t.schema.json#/properties/a)\n"},
        {"{\"properties\":{\"a\":{\"not\":{}}}}", "{\"a\":1}",
         "/a must not be there (t.schema.json#/properties/a/not)\n"},
        {"{\"items\":{\"type\":\"null\"}}", "[null,0]",
         "/1 is the number 0, expected null (t.schema.json#/items/type)\n"},
        {"{\"prefixItems\":[true],\"unevaluatedItems\":false}", "[1,[]]",
         "/1 is an element that is not described (t.schema.json#/unevaluatedItems)\n"},
        {"{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2]",
         " has 1 elements of the kind it must contain, expected at least 2 (t.schema.json#/contains)\n"},
        {"{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},1,{\"b\":2,\"a\":1.0}]",
         " has two equal elements, number 0 and number 2 (t.schema.json#/uniqueItems)\n"},
        {"{\"not\":{\"type\":\"number\"}}", "1",
         " is the number 1, which is what is forbidden (t.schema.json#/not)\n"},
        {"{\"oneOf\":[{\"minimum\":1},{\"maximum\":5}]}", "3",
         " fits more than one of the 2 alternatives, the last of them number 2 (t.schema.json#/oneOf)\n"},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"properties\":{\"a\":{\"type\":\"null\"}},\"type\":\"object\"}]}",
         "{\"a\":1}",
         " fits none of the 2 alternatives; the nearest is number 2: /a is the number 1, expected null "
         "(t.schema.json#/anyOf)\n"},
        {"{\"$defs\":{\"a/b\":{\"type\":\"null\"}},\"$ref\":\"#/$defs/a~1b\"}", "1",
         " is the number 1, expected null (t.schema.json#/$defs/a~1b/type)\n"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_str_eq(errors_of(good(row[i].schema), row[i].instance, NULL), row[i].error);
        teardown();
        setup();
    }
}
END_TEST

START_TEST(every_error_is_told_and_the_caller_may_stop)
{
    const struct schema *s = good("{\"items\":{\"type\":\"null\",\"const\":null}}");

    ck_assert_str_eq(errors_of(s, "[1,null,2]", NULL),
                     "/0 is the number 1, expected null (t.schema.json#/items/type)\n"
                     "/0 is the number 1, expected null (t.schema.json#/items/const)\n"
                     "/2 is the number 2, expected null (t.schema.json#/items/type)\n"
                     "/2 is the number 2, expected null (t.schema.json#/items/const)\n");
}
END_TEST

static bool take_one(void *ctx, const struct schema_error *e)
{
    ck_assert_str_eq(e->instance_path, "/0");
    ++*(int *)ctx;
    return false;
}

START_TEST(an_error_may_be_enough)
{
    const struct schema *s = good("{\"items\":{\"type\":\"null\"}}");
    int n = 0;

    read_instance("[1,2,3]");
    ck_assert(!schema_check(s, &tape, 0, NULL, take_one, &n));
    ck_assert_int_eq(n, 1);
}
END_TEST

/* The value to check may stand anywhere on the tape; paths begin there. */
START_TEST(a_part_of_a_document_is_checked)
{
    const struct schema *s = good("{\"properties\":{\"x\":{\"type\":\"null\"}}}");
    char text[200];
    struct wp_writer w = wp_writer(text, sizeof text);

    read_instance("{\"x\":1,\"part\":{\"x\":2}}");
    ck_assert(!schema_check(s, &tape, json_member(&tape, 0, wp_text("part")), NULL, put_error, &w));
    ck_assert_str_eq(wp_put_end(&w),
                     "/x is the number 2, expected null (t.schema.json#/properties/x/type)\n");
}
END_TEST

START_TEST(paths_are_json_pointers)
{
    const struct schema *s = good("{\"additionalProperties\":{\"items\":{\"type\":\"null\"}}}");

    ck_assert_str_eq(errors_of(s, "{\"a\\/b~\\u00e4\":[null,null,1]}", NULL),
                     "/a~1b~0\xC3\xA4/2 is the number 1, expected null "
                     "(t.schema.json#/additionalProperties/items/type)\n");
}
END_TEST

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

/* ---- closed objects --------------------------------------------------------------------------------- */

/* What unevaluatedProperties makes static must decide like what it counts: each row is asked both ways, the second
 * time with an alternative that can only be known by counting. */
START_TEST(static_and_counted_members_agree)
{
    static const struct {
        const char *rest, *instance;
        bool valid;
    } row[] = {
        {"\"properties\":{\"a\":true}", "{\"a\":1}", true},
        {"\"properties\":{\"a\":true}", "{\"b\":1}", false},
        {"\"patternProperties\":{\"^x\":true}", "{\"x1\":1}", true},
        {"\"patternProperties\":{\"^x\":true}", "{\"y1\":1}", false},
        {"\"allOf\":[{\"properties\":{\"a\":true}},{\"$ref\":\"#/$defs/b\"}]", "{\"a\":1,\"b\":1}", true},
        {"\"allOf\":[{\"properties\":{\"a\":true}},{\"$ref\":\"#/$defs/b\"}]", "{\"a\":1,\"c\":1}", false},
        {"\"if\":{\"properties\":{\"a\":{\"const\":1}}},\"properties\":{\"a\":true}", "{\"a\":2}", true},
        {"\"if\":{\"properties\":{\"a\":{\"const\":1}}}", "{\"a\":1}", true},
        {"\"if\":{\"properties\":{\"a\":{\"const\":1}}}", "{\"a\":2}", false},
        {"\"allOf\":[{\"additionalProperties\":true}]", "{\"z\":2}", true},
        {"\"anyOf\":[{\"required\":[\"p\"],\"properties\":{\"p\":true}},{\"properties\":{\"q\":true}}]",
         "{\"q\":2}", true},
        {"\"anyOf\":[{\"required\":[\"p\"],\"properties\":{\"p\":true,\"r\":true}},{\"properties\":{\"q\":"
         "true}}]",
         "{\"r\":2}", false},
        {"\"dependentSchemas\":{\"a\":{\"properties\":{\"a\":true,\"b\":true}}}", "{\"a\":1,\"b\":2}", true},
        {"\"dependentSchemas\":{\"a\":{\"properties\":{\"b\":true}}}", "{\"b\":2}", false},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        for (int counted = 0; counted < 2; counted++) {
            char text[600];

            snprintf(text, sizeof text,
                     "{%s,%s\"unevaluatedProperties\":false,\"$defs\":{\"b\":{\"properties\":{\"b\":true}},"
                     "\"x\":{\"properties\":{\"never\":true}}}}",
                     row[i].rest,
                     counted ? "\"dependentSchemas\":{\"never\":{\"$ref\":\"#/$defs/x\"}}," : "");
            if (counted && strstr(row[i].rest, "dependentSchemas"))
                continue;
            ck_assert_msg((*errors_of(good(text), row[i].instance, NULL) == 0) == row[i].valid, "%s: %s",
                          text, row[i].instance);
            teardown();
            setup();
        }
}
END_TEST

/* A documented member that is wrong is not said to be undocumented too. */
START_TEST(a_wrong_member_is_no_unknown_one)
{
    const struct schema *s =
        good("{\"oneOf\":[{\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"a\"]},"
             "{\"properties\":{\"b\":{\"type\":\"null\"}},\"required\":[\"b\"]}],\"unevaluatedProperties\":"
             "false}");

    ck_assert_str_eq(
        errors_of(s, "{\"a\":1}", NULL),
        " fits none of the 2 alternatives; the nearest is number 1: /a is the number 1, expected null "
        "(t.schema.json#/oneOf)\n");
}
END_TEST

START_TEST(a_wrong_member_of_any_is_no_unknown_one)
{
    const struct schema *s =
        good("{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"null\"}}},{\"required\":[\"c\"]}],"
             "\"unevaluatedProperties\":false}");

    ck_assert_str_eq(
        errors_of(s, "{\"a\":1}", NULL),
        " fits none of the 2 alternatives; the nearest is number 1: /a is the number 1, expected null "
        "(t.schema.json#/anyOf)\n");
}
END_TEST

/* ---- ifs that ask for the same member --------------------------------------------------------------- */

/* Merged into one op by the linker: each still decides for itself, in the order in which they stand. */
START_TEST(ifs_in_a_row_decide_each_for_itself)
{
    const struct schema *s =
        good("{\"allOf\":["
             "{\"if\":{\"properties\":{\"r\":{\"properties\":{\"id\":{\"const\":\"a\"}}}}},"
             "\"then\":{\"required\":[\"x\"]},\"else\":{\"required\":[\"not-a\"]}},"
             "{\"if\":{\"properties\":{\"r\":{\"properties\":{\"id\":{\"enum\":[\"b\",\"c\"]}}}}},\"then\":{"
             "\"required\":[\"y\"]}},"
             "{\"if\":{\"properties\":{\"r\":{\"properties\":{\"id\":{\"const\":1}}}}},\"then\":{"
             "\"required\":[\"z\"]}}]}");
    static const struct {
        const char *instance, *lacks; /* the names, in order */
    } row[] = {
        {"{\"r\":{\"id\":\"a\"}}", "x"},
        {"{\"r\":{\"id\":\"\\u0061\"}}", "x"},
        {"{\"r\":{\"id\":\"a\"},\"x\":1}", ""},
        {"{\"r\":{\"id\":\"b\"}}", "not-a y"},
        {"{\"r\":{\"id\":\"c\"},\"not-a\":1,\"y\":1}", ""},
        {"{\"r\":{\"id\":1.0}}", "not-a z"},
        {"{\"r\":{\"id\":null}}", "not-a"},
        /* Without the member every condition holds. */
        {"{}", "x y z"},
        {"{\"r\":{}}", "x y z"},
        {"{\"r\":7,\"x\":1,\"y\":1,\"z\":1}", ""},
        {"[]", ""},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char names[100] = "";

        for (const char *p = errors_of(s, row[i].instance, NULL); (p = strstr(p, "member \"")) != NULL;) {
            size_t n = strcspn(p += 8, "\"");

            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.*s", *names ? " " : "", (int)n,
                     p);
        }
        ck_assert_msg(strcmp(names, row[i].lacks) == 0, "%s lacks '%s'", row[i].instance, names);
    }
}
END_TEST

/* The same where somebody counts: what the condition has seen is evaluated. */
START_TEST(ifs_in_a_row_count_what_they_see)
{
    const struct schema *s =
        good("{\"allOf\":[{\"if\":{\"properties\":{\"a\":{\"const\":1}}}},"
             "{\"if\":{\"properties\":{\"a\":{\"const\":2}}}}],\"unevaluatedProperties\":false}");

    ck_assert_str_eq(errors_of(s, "{\"a\":1}", NULL), "");
    ck_assert_str_eq(errors_of(s, "{\"a\":2}", NULL), "");
    ck_assert(*errors_of(s, "{\"a\":3}", NULL) != 0);
}
END_TEST

/* ---- large things ----------------------------------------------------------------------------------- */

START_TEST(many_names_are_more_than_one_word)
{
    char text[TEXT] = "{\"properties\":{", instance[TEXT] = "{";
    const struct schema *s;

    for (int i = 0; i < 200; i++) {
        sprintf(text + strlen(text), "%s\"n%d\":{\"const\":%d}", i ? "," : "", i, i);
        sprintf(instance + strlen(instance), "%s\"n%d\":%d", i ? "," : "", i, i == 150 ? 0 : i);
    }
    strcat(text, "},\"required\":[\"n0\",\"n199\"],\"additionalProperties\":false}");
    strcat(instance, ",\"n200\":1}");
    s = good(text);
    ck_assert_str_eq(errors_of(s, instance, NULL),
                     "/n150 is the number 0, expected 150 (t.schema.json#/properties/n150/const)\n"
                     "/n200 is a member that is not described (t.schema.json#/additionalProperties)\n");
}
END_TEST

/* More objects at once than are remembered. */
START_TEST(nested_objects_are_looked_up_anew)
{
    const struct schema *s =
        good("{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"$ref\":\"#\"},\"v\":{\"type\":\"null\"}},"
             "\"additionalProperties\":false}");
    char text[TEXT] = "";

    for (int i = 0; i < 30; i++)
        strcat(text, "{\"a\":{\"v\":null},\"v\":null,\"b\":");
    strcat(text, "{\"v\":1}");
    for (int i = 0; i < 30; i++)
        strcat(text, "}");
    ck_assert(strstr(errors_of(s, text, NULL), "/b/b/v is the number 1, expected null") != NULL);
}
END_TEST

static void put_tree(char *text, int depth)
{
    if (depth == 0) {
        strcat(text, "{}");
        return;
    }
    strcat(text, "{\"a\":");
    put_tree(text, depth - 1);
    strcat(text, ",\"b\":");
    put_tree(text, depth - 1);
    strcat(text, depth % 2 ? ",\"v\":null,\"w\":1}" : ",\"v\":1,\"w\":null}");
}

/* What an object's members are does not depend on the objects within it. */
START_TEST(objects_within_do_not_disturb)
{
    const struct schema *s =
        good("{\"$ref\":\"#/$defs/odd\",\"$defs\":{"
             "\"odd\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/even\"},\"b\":{\"$ref\":\"#/$defs/even\"},"
             "\"v\":{\"type\":\"null\"},\"w\":{\"type\":\"number\"}},\"additionalProperties\":false},"
             "\"even\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/odd\"},\"b\":{\"$ref\":\"#/$defs/odd\"},"
             "\"v\":{\"type\":\"number\"},\"w\":{\"type\":\"null\"}},\"unevaluatedProperties\":false}}}");
    char text[TEXT] = "";

    put_tree(text, 7);
    ck_assert_str_eq(errors_of(s, text, NULL), "");
    strcpy(text + strlen(text) - 2, "{}}");
    ck_assert_str_eq(errors_of(s, text, NULL),
                     "/w is an object, expected a number (t.schema.json#/$defs/odd/properties/w/type)\n");
}
END_TEST

START_TEST(long_arrays_are_compared_by_hash)
{
    const struct schema *s = good("{\"uniqueItems\":true}");
    char text[TEXT] = "[";

    for (int i = 0; i < 300; i++)
        sprintf(text + strlen(text), "{\"k\":%d},", i);
    strcat(text, "{\"k\":299.5}]");
    ck_assert_str_eq(errors_of(s, text, NULL), "");
    strcpy(strstr(text, "299.5"), "1.7e1}]");
    ck_assert_str_eq(errors_of(s, text, NULL),
                     " has two equal elements, number 17 and number 300 (t.schema.json#/uniqueItems)\n");
}
END_TEST

/* ---- refused ---------------------------------------------------------------------------------------- */

START_TEST(what_is_no_schema_is_refused_with_a_sentence)
{
    static const struct {
        const char *schema, *sentence;
    } row[] = {
        {"{", URI ": is no JSON: the text ends inside a value at byte 1"},
        {"{\"type\":\"null\",\"type\":\"null\"}", URI ": has a key twice in one object, at byte 16"},
        {"[]", "t.schema.json#: is an array of 0 elements, expected an object or a boolean, which is no "
               "valid schema "
               "(schema#/type)"},
        {"{\"type\":\"strin\"}", "t.schema.json#/type: "},
        {"{\"minLength\":-1}",
         "t.schema.json#/minLength: is the number -1, expected at least 0, which is no valid "
         "schema (validation#/$defs/nonNegativeInteger/minimum)"},
        {"{\"$ref\":\"#/$defs/x\"}", "t.schema.json#/$ref: there is no #/$defs/x in " URI},
        {"{\"$ref\":\"other.json\"}",
         "t.schema.json#/$ref: no schema document file:///s/other.json is known"},
        {"{\"pattern\":\"(\"}",
         "t.schema.json#/pattern: the pattern ( cannot be used: a group that is not closed"},
        {"{\"patternProperties\":{\"a**\":true}}",
         "t.schema.json#/patternProperties/a**: the pattern a** cannot be used: nothing to repeat"},
        {"{\"multipleOf\":1234567890123456789}",
         "t.schema.json#/multipleOf: has more than 18 significant digits"},
        {"{\"x-statement\":1}", "t.schema.json#/x-statement: must be a string or an array of strings"},
        {"{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"allOf\":[{\"$ref\":\"#/$defs/"
         "a\"}]}},\"$ref\":\"#/$defs/a\"}",
         "t.schema.json#/$defs/a: applies itself to the same value without end"},
        {"{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\"}",
         "the dialect https://json-schema.org/draft/2019-09/schema is not supported, only draft-07 and "
         "2020-12"},
        {"{\"$schema\":\"http://else.where/schema\"}",
         "no schema document http://else.where/schema is known"},
        {"{\"$id\":\"http://x/y#z\"}", "t.schema.json#/$id: must have no fragment"},
        {"{\"$id\":\"http://x/y\",\"$defs\":{\"a\":{\"$id\":\"http://x/y\"}}}",
         "t.schema.json#/$defs/a: the $id http://x/y is taken already"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_msg(compile(row[i].schema) == NULL, "%s was compiled", row[i].schema);
        ck_assert_msg(strncmp(sentence, row[i].sentence, strlen(row[i].sentence)) == 0, "%s: %s",
                      row[i].schema, sentence);
        teardown();
        setup();
    }
}
END_TEST

/* Without the meta-schema's help every keyword sees to its own shape. */
START_TEST(trusted_schemas_are_refused_all_the_same)
{
    static const char *const bad[] = {
        "1",
        "{\"type\":1}",
        "{\"type\":\"strin\"}",
        "{\"enum\":1}",
        "{\"minimum\":\"1\"}",
        "{\"multipleOf\":0}",
        "{\"minLength\":1.5}",
        "{\"pattern\":1}",
        "{\"format\":1}",
        "{\"required\":{}}",
        "{\"required\":[1]}",
        "{\"properties\":[]}",
        "{\"properties\":{\"a\":1}}",
        "{\"patternProperties\":1}",
        "{\"additionalProperties\":1}",
        "{\"dependentRequired\":{\"a\":1}}",
        "{\"prefixItems\":{}}",
        "{\"items\":[]}",
        "{\"uniqueItems\":1}",
        "{\"contains\":true,\"minContains\":-1}",
        "{\"allOf\":[]}",
        "{\"anyOf\":{}}",
        "{\"not\":0}",
        "{\"if\":0}",
        "{\"$ref\":1}",
        "{\"$id\":1}",
        "{\"$anchor\":1}",
        "{\"$schema\":1}",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        schema_set_trusted(set, true);
        ck_assert_msg(compile(bad[i]) == NULL, "%s was compiled", bad[i]);
        ck_assert_msg(*sentence != 0, "%s: no sentence", bad[i]);
        teardown();
        setup();
    }
}
END_TEST

/* A dynamic reference can lead round and round in ways that only the check can see. */
START_TEST(endless_dynamic_references_end)
{
    const struct schema *s = good("{\"$dynamicAnchor\":\"a\",\"allOf\":[{\"$dynamicRef\":\"#a\"}]}");

    ck_assert(strstr(errors_of(s, "1", NULL), "applies itself to it again and again") != NULL);
}
END_TEST

START_TEST(a_pattern_gives_up_on_hostile_texts)
{
    const struct schema *s = good("{\"pattern\":\"^(a+)+$\"}");
    char text[200] = "\"";

    memset(text + 1, 'a', 100);
    strcpy(text + 101, "b\"");
    ck_assert(*errors_of(s, text, NULL) != 0);
    strcpy(text + 101, "\"");
    ck_assert_str_eq(errors_of(s, text, NULL), "");
}
END_TEST

/* ---- documents -------------------------------------------------------------------------------------- */

START_TEST(documents_refer_to_each_other_by_id_and_by_path)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct schema *s;

    ck_assert(schema_set_add(
        set, "file:///c/a.schema.json",
        wp_text("{\"$id\":\"https://x.example/ivy/a.schema.json\","
                "\"$ref\":\"b.schema.json#/$defs/n\",\"$defs\":{\"meant\":{\"type\":\"string\"}}}"),
        &why));
    ck_assert(schema_set_add(
        set, "file:///c/b.schema.json",
        wp_text("{\"$id\":\"https://x.example/ivy/b.schema.json\",\"$defs\":{\"n\":{\"type\":\"null\"}}}"),
        &why));
    s = schema_compile(set, "file:///c/a.schema.json", &why);
    ck_assert_msg(s != NULL, "%s", wp_put_end(&why));
    ck_assert_str_eq(errors_of(s, "null", NULL), "");
    ck_assert_str_eq(errors_of(s, "0", NULL),
                     " is the number 0, expected null (b.schema.json#/$defs/n/type)\n");
    s = schema_compile(set, "file:///c/a.schema.json#/$defs/meant", &why);
    ck_assert_str_eq(errors_of(s, "\"x\"", NULL), "");
    ck_assert(schema_compile(set, "https://x.example/ivy/a.schema.json#/$defs/meant", &why) != NULL);
    ck_assert(schema_compile(set, "file:///c/a.schema.json#/$defs/meant", &why) == s);
}
END_TEST

START_TEST(documents_beside_a_file_are_found)
{
    char folder[] = "/tmp/wattproof-schema-XXXXXX", path[100], beside[100];
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct schema *s;
    const char *uri;
    FILE *f;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a b#.json", folder);
    snprintf(beside, sizeof beside, "%s/b.json", folder);
    f = fopen(path, "w");
    fputs("{\"$id\":\"http://e.example/x/a.json\",\"properties\":{\"n\":{\"$ref\":\"b.json\"}}}", f);
    fclose(f);
    f = fopen(beside, "w");
    fputs("{\"$id\":\"http://e.example/x/b.json\",\"type\":\"null\"}", f);
    fclose(f);
    ck_assert_msg(schema_set_load(set, path, &uri, &why), "%s", wp_put_end(&why));
    s = schema_compile(set, uri, &why);
    ck_assert_msg(s != NULL, "%s", wp_put_end(&why));
    ck_assert_str_eq(errors_of(s, "{\"n\":1}", NULL), "/n is the number 1, expected null (b.json#/type)\n");
    unlink(path);
    unlink(beside);
    rmdir(folder);
    ck_assert(!schema_set_load(set, path, &uri, &why));
}
END_TEST

START_TEST(a_vocabulary_of_its_own_switches_keywords_off)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);

    ck_assert(
        schema_set_add(set, "http://m.example/m",
                       wp_text("{\"$id\":\"http://m.example/m\",\"$vocabulary\":"
                               "{\"https://json-schema.org/draft/2020-12/vocab/core\":true,"
                               "\"https://json-schema.org/draft/2020-12/vocab/applicator\":true,"
                               "\"https://json-schema.org/draft/2020-12/vocab/format-assertion\":true}}"),
                       &why));
    ck_assert_str_eq(errors_of(good("{\"$schema\":\"http://m.example/m\",\"type\":\"null\","
                                    "\"properties\":{\"d\":{\"format\":\"date\"}}}"),
                               "{\"d\":\"2024-02-30\"}", NULL),
                     "/d is the string \"2024-02-30\", which is not of the format date "
                     "(t.schema.json#/properties/d/format)\n");
}
END_TEST

/* The meta-schemas are valid by themselves. */
START_TEST(the_meta_schemas_hold_for_themselves)
{
    static const char *const uri[] = {"http://json-schema.org/draft-07/schema#",
                                      "https://json-schema.org/draft/2020-12/schema"};

    for (size_t i = 0; i < 2; i++) {
        struct wp_writer why = wp_writer(sentence, sizeof sentence);
        const struct schema *s = schema_compile(set, uri[i], &why);

        ck_assert_msg(s != NULL, "%s", wp_put_end(&why));
        ck_assert_str_eq(
            errors_of(s, "{\"type\":[\"string\",\"null\"],\"properties\":{\"a\":{\"minLength\":1}}}", NULL),
            "");
        ck_assert(*errors_of(s, "{\"properties\":{\"a\":{\"minLength\":\"1\"}}}", NULL) != 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("schema");
    TCase *t = tcase_create("schema");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_keyword_says_what_is_wrong);
    tcase_add_test(t, every_error_is_told_and_the_caller_may_stop);
    tcase_add_test(t, an_error_may_be_enough);
    tcase_add_test(t, a_part_of_a_document_is_checked);
    tcase_add_test(t, paths_are_json_pointers);
    tcase_add_test(t, an_error_names_the_nearest_statement);
    tcase_add_test(t, a_definition_fails_the_statement_of_its_user);
    tcase_add_test(t, undocumented_is_only_what_stands_beside);
    tcase_add_test(t, a_statement_is_reached_when_a_keyword_was_applied);
    tcase_add_test(t, marks_are_listed_with_their_places);
    tcase_add_test(t, static_and_counted_members_agree);
    tcase_add_test(t, a_wrong_member_is_no_unknown_one);
    tcase_add_test(t, a_wrong_member_of_any_is_no_unknown_one);
    tcase_add_test(t, ifs_in_a_row_decide_each_for_itself);
    tcase_add_test(t, ifs_in_a_row_count_what_they_see);
    tcase_add_test(t, many_names_are_more_than_one_word);
    tcase_add_test(t, nested_objects_are_looked_up_anew);
    tcase_add_test(t, objects_within_do_not_disturb);
    tcase_add_test(t, long_arrays_are_compared_by_hash);
    tcase_add_test(t, what_is_no_schema_is_refused_with_a_sentence);
    tcase_add_test(t, trusted_schemas_are_refused_all_the_same);
    tcase_add_test(t, endless_dynamic_references_end);
    tcase_add_test(t, a_pattern_gives_up_on_hostile_texts);
    tcase_add_test(t, documents_refer_to_each_other_by_id_and_by_path);
    tcase_add_test(t, documents_beside_a_file_are_found);
    tcase_add_test(t, a_vocabulary_of_its_own_switches_keywords_off);
    tcase_add_test(t, the_meta_schemas_hold_for_themselves);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
