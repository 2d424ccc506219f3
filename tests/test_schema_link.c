/* What the linker rearranges decides as before: closed objects, ifs in a row, many names, objects within objects.
 * covers: schema_cover schema_fast schema_lookup */
#include "tests/schema_case.h"

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

int main(void)
{
    const TTest *const tests[] = {
        static_and_counted_members_agree,        a_wrong_member_is_no_unknown_one,
        a_wrong_member_of_any_is_no_unknown_one, ifs_in_a_row_decide_each_for_itself,
        ifs_in_a_row_count_what_they_see,        many_names_are_more_than_one_word,
        nested_objects_are_looked_up_anew,       objects_within_do_not_disturb,
        long_arrays_are_compared_by_hash,
    };

    return run_tests("schema_link", tests, sizeof tests / sizeof tests[0]);
}
