/* The strict reader: what it takes, what it refuses and where. cJSON is the second opinion where it is right. */
#include "sim/core/json_in.h"

#include <check.h>
#include <stdio.h>

static struct json_token tokens[4096];
static struct json_tape tape = {.at = tokens, .cap = 4096};

static enum json_fault read_text(const char *text, size_t *at)
{
    return json_read(&tape, wp_text(text), JSON_DEPTH, at);
}

START_TEST(good_documents_are_taken)
{
    static const char *const good[] = {
        "0",
        "-0",
        "-0.0",
        "1e5",
        "1E+05",
        "123.456e-7",
        "true",
        " null ",
        "\"\"",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "{\"a\":{}}",
        "[1,2,[3,{\"k\":[]}]]",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"\xC3\xA4\"",
        "\"\\/\"",
        "{\"\":0}",
        "\t[\r\n1 ,\n2 ] ",
        "1e400",
        "[null,true,false]",
        "\"12345678901234567890\\n\"",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t at;

        ck_assert_msg(read_text(good[i], &at) == JSON_FAULT_NONE, "%s refused at %zu", good[i], at);
        ck_assert_uint_eq(tape.at[0].next, tape.n);
    }
}
END_TEST

START_TEST(bad_documents_are_refused_with_name_and_offset)
{
    static const struct {
        const char *text;
        enum json_fault fault;
        size_t at;
    } bad[] = {
        {"", JSON_FAULT_EMPTY, 0},
        {"  ", JSON_FAULT_EMPTY, 2},
        {"01", JSON_FAULT_NUMBER, 1},
        {"1.", JSON_FAULT_NUMBER, 2},
        {".5", JSON_FAULT_UNEXPECTED, 0},
        {"+1", JSON_FAULT_UNEXPECTED, 0},
        {"1e", JSON_FAULT_NUMBER, 2},
        {"-", JSON_FAULT_NUMBER, 1},
        {"1 2", JSON_FAULT_TRAILING, 2},
        {"[1,]", JSON_FAULT_UNEXPECTED, 3},
        {"[1", JSON_FAULT_UNFINISHED, 2},
        {"[1}", JSON_FAULT_UNEXPECTED, 2},
        {"{\"a\"}", JSON_FAULT_UNEXPECTED, 4},
        {"{a:1}", JSON_FAULT_UNEXPECTED, 1},
        {"{\"a\":1,}", JSON_FAULT_UNEXPECTED, 7},
        {"\"\n\"", JSON_FAULT_CONTROL, 1},
        {"\"\\x\"", JSON_FAULT_ESCAPE, 1},
        {"\"\\ud800\"", JSON_FAULT_SURROGATE, 7},
        {"\"\\udc00\"", JSON_FAULT_SURROGATE, 7},
        {"\"\\u12\"", JSON_FAULT_UNFINISHED, 1},
        {"\"\xC0\x80\"", JSON_FAULT_UTF8, 1},
        {"\"\xED\xA0\x80\"", JSON_FAULT_UTF8, 1},
        {"\"\xFF\"", JSON_FAULT_UTF8, 1},
        {"\xEF\xBB\xBF{}", JSON_FAULT_UNEXPECTED, 0},
        {"nul", JSON_FAULT_UNEXPECTED, 0},
        {"NaN", JSON_FAULT_UNEXPECTED, 0},
        {"'a'", JSON_FAULT_UNEXPECTED, 0},
        {"[1]x", JSON_FAULT_TRAILING, 3},
        {"/**/1", JSON_FAULT_UNEXPECTED, 0},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t at;
        enum json_fault fault = read_text(bad[i].text, &at);

        ck_assert_msg(fault == bad[i].fault && at == bad[i].at, "%s: %s at %zu", bad[i].text,
                      json_fault_text(fault), at);
    }
}
END_TEST

/* Nothing that was cut off is taken for whole. */
START_TEST(every_prefix_of_a_document_is_refused)
{
    static const char text[] =
        "{\"requestId\":\"req-\\u00e9\",\"list\":[1,-2.5e3,true,null,{\"\\\"\":[]}],\"x\":false}";

    ck_assert(read_text(text, NULL) == JSON_FAULT_NONE);
    for (size_t n = 0; n < sizeof text - 1; n++)
        ck_assert(json_read(&tape, wp_slice(text, n), JSON_DEPTH, NULL) != JSON_FAULT_NONE);
}
END_TEST

START_TEST(depth_and_size_are_bounded)
{
    char deep[200];

    memset(deep, '[', 65);
    memset(deep + 65, ']', 65);
    ck_assert(json_read(&tape, wp_slice(deep, 130), 65, NULL) == JSON_FAULT_NONE);
    ck_assert(json_read(&tape, wp_slice(deep, 130), 64, NULL) == JSON_FAULT_DEPTH);
    tape.cap = 3;
    ck_assert(read_text("[1,2]", NULL) == JSON_FAULT_NONE);
    ck_assert(read_text("[1,2,3]", NULL) == JSON_FAULT_SIZE);
    tape.cap = 4096;
}
END_TEST

START_TEST(keys_that_stand_twice_are_seen)
{
    char many[2000] = "{";

    ck_assert(read_text("{\"a\":1,\"b\":2}", NULL) == JSON_FAULT_NONE && !tape.duplicate);
    ck_assert(read_text("{\"a\":1,\"\\u0061\":2}", NULL) == JSON_FAULT_NONE && tape.duplicate);
    ck_assert_uint_eq(tape.duplicate_at, 8);
    ck_assert(read_text("[{\"a\":{\"x\":0}},{\"a\":{\"x\":0}}]", NULL) == JSON_FAULT_NONE && !tape.duplicate);
    for (int i = 0; i < 40; i++)
        sprintf(many + strlen(many), "\"k%d\":[%d],", i, i);
    strcpy(many + strlen(many), "\"k7\":0}");
    ck_assert(read_text(many, NULL) == JSON_FAULT_NONE && tape.duplicate);
    ck_assert_uint_eq(tape.duplicate_at, strlen(many) - 6);
}
END_TEST

START_TEST(members_are_found_and_text_is_unescaped)
{
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);
    uint32_t i;

    ck_assert(read_text("{\"a\":[1,2],\"t\\u00fc\":\"x\\n\\ud83d\\ude00\\u0000y\",\"n\":1.50}", NULL) ==
              JSON_FAULT_NONE);
    i = json_member(&tape, 0, wp_text("t\xC3\xBC"));
    ck_assert(i > 0);
    json_put_string(&tape, i, &w);
    ck_assert_uint_eq(w.n, 8);
    ck_assert_mem_eq(text, "x\n\xF0\x9F\x98\x80\0y", 8);
    ck_assert_uint_eq(json_string_length(&tape, i), 5);
    ck_assert(wp_value_eq(json_value(&tape, json_member(&tape, 0, wp_text("n"))), wp_decimal(15, -1)));
    ck_assert_uint_eq(json_member(&tape, 0, wp_text("b")), 0);
}
END_TEST

START_TEST(equality_is_by_value)
{
    static struct json_token more[100];
    struct json_tape other = {.at = more, .cap = 100};

    ck_assert(read_text("{\"a\":1.0,\"b\":[true,\"\\u0041\"]}", NULL) == JSON_FAULT_NONE);
    json_read(&other, wp_text("{\"b\":[true,\"A\"],\"a\":1}"), JSON_DEPTH, NULL);
    ck_assert(json_equal(&tape, 0, &other, 0));
    json_read(&other, wp_text("{\"b\":[\"A\",true],\"a\":1}"), JSON_DEPTH, NULL);
    ck_assert(!json_equal(&tape, 0, &other, 0));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json_in");
    TCase *t = tcase_create("json_in");
    SRunner *r;
    int failed;

    tcase_add_test(t, good_documents_are_taken);
    tcase_add_test(t, bad_documents_are_refused_with_name_and_offset);
    tcase_add_test(t, every_prefix_of_a_document_is_refused);
    tcase_add_test(t, depth_and_size_are_bounded);
    tcase_add_test(t, keys_that_stand_twice_are_seen);
    tcase_add_test(t, members_are_found_and_text_is_unescaped);
    tcase_add_test(t, equality_is_by_value);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
