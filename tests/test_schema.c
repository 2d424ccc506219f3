/* The validator beyond the official suite: what an error tells, what is refused when a schema is compiled, how
 * documents find each other.
 * covers: schema_set schema_find schema_keyword schema_compile schema_check schema_error schema_value schema_object
 *         schema_array schema_logic schema_meta7 schema_meta2020 */
#include "tests/schema_case.h"

#include <stdlib.h>
#include <unistd.h>

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
    const TTest *const tests[] = {
        every_keyword_says_what_is_wrong,
        every_error_is_told_and_the_caller_may_stop,
        an_error_may_be_enough,
        a_part_of_a_document_is_checked,
        paths_are_json_pointers,
        what_is_no_schema_is_refused_with_a_sentence,
        trusted_schemas_are_refused_all_the_same,
        endless_dynamic_references_end,
        a_pattern_gives_up_on_hostile_texts,
        documents_refer_to_each_other_by_id_and_by_path,
        documents_beside_a_file_are_found,
        a_vocabulary_of_its_own_switches_keywords_off,
        the_meta_schemas_hold_for_themselves,
    };

    return run_tests("schema", tests, sizeof tests / sizeof tests[0]);
}
