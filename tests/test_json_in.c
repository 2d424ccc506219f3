/* The strict reader: what it takes, what it refuses and where; what is found on its tape.
 * cJSON is the second opinion where it is right. covers: json_tape json_text json_number */
#include "sim/core/json_in.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOKENS = 4096 };

static struct json_token tokens[TOKENS];
static struct json_tape tape = {.at = tokens, .cap = TOKENS};

static enum json_fault read_text(const char *text, size_t *at)
{
    return json_read(&tape, wp_text(text), JSON_DEPTH, at);
}

static const char *printed(void (*print)(const struct json_tape *, uint32_t, struct wp_writer *), uint32_t i)
{
    static char text[1024];
    struct wp_writer w = wp_writer(text, sizeof text);

    print(&tape, i, &w);
    return wp_put_end(&w);
}

static const char *const good[] = {
    "0",
    "-0",
    "-0.0",
    "1e5",
    "1E+05",
    "123.456e-7",
    "0e0",
    "0E+1",
    "1.5e00001",
    "12345678901234567890123456789012345678901234567890",
    "0.00000000000000000000000000000000000000000000000001",
    "1e400",
    "-1e-400",
    "true",
    " null ",
    "false\n",
    "\"\"",
    "[]",
    "[ ]",
    "{}",
    "{\t}",
    "[[]]",
    "[{}]",
    "{\"a\":{}}",
    "[1,2,[3,{\"k\":[]}]]",
    "[null,true,false]",
    "{\"\":0}",
    "{\"a\":1,\"a\":1}",
    "\t[\r\n1 ,\n2 ] ",
    "{ \"a\" : [ 1 , 2 ] , \"b\" : { } }",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uDBFF\\uDFFF\"",
    "\"\\u0022\\u005C\\uFFFE\\uffff\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"/\"",
    "\"\x7F\"",
    "\"\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80\"",
    "\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"",
    "\"\xE2\x80\xA8\xE2\x80\xA9\"",
    "\"12345678901234567890\\n\"",
    "\"1234567890123456789012345678901\xC3\xA4\"",
};

START_TEST(good_documents_are_taken)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t at;

        ck_assert_msg(read_text(good[i], &at) == JSON_FAULT_NONE, "%s refused at %zu", good[i], at);
        ck_assert_uint_eq(tape.at[0].next, tape.n);
        ck_assert_uint_le(tape.n, json_tokens_max(strlen(good[i])));
    }
}
END_TEST

/* cJSON ends at \u0000 and knows no number beyond a double; whatever else is good it takes too. */
START_TEST(cjson_takes_the_good_ones_too)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cJSON *tree = cJSON_Parse(good[i]);

        ck_assert_msg(tree != NULL, "cJSON refuses %s", good[i]);
        cJSON_Delete(tree);
    }
}
END_TEST

/* `lax`: cJSON takes it although it is bad. */
static const struct {
    const char *text;
    enum json_fault fault;
    size_t at;
    bool lax;
} bad[] = {
    {"", JSON_FAULT_EMPTY, 0, false},
    {" \n ", JSON_FAULT_EMPTY, 3, false},
    {"01", JSON_FAULT_LEADING_ZERO, 0, true},
    {"[-012]", JSON_FAULT_LEADING_ZERO, 2, true},
    {"00", JSON_FAULT_LEADING_ZERO, 0, true},
    {"1.", JSON_FAULT_UNFINISHED, 2, true},
    {"[1.]", JSON_FAULT_NUMBER, 3, true},
    {"[1.e5]", JSON_FAULT_NUMBER, 3, true},
    {".5", JSON_FAULT_UNEXPECTED, 0, false},
    {"+1", JSON_FAULT_UNEXPECTED, 0, false},
    {"[-]", JSON_FAULT_NUMBER, 2, false},
    {"[--1]", JSON_FAULT_NUMBER, 2, false},
    {"[- 1]", JSON_FAULT_NUMBER, 2, false},
    {"1e", JSON_FAULT_UNFINISHED, 2, true},
    {"[1e]", JSON_FAULT_NUMBER, 3, false},
    {"[1e+]", JSON_FAULT_NUMBER, 4, false},
    {"[1e5.5]", JSON_FAULT_COMMA, 4, false},
    {"[0x1]", JSON_FAULT_COMMA, 2, false},
    {"[1_000]", JSON_FAULT_COMMA, 2, false},
    {"-", JSON_FAULT_UNFINISHED, 1, false},
    {"1 2", JSON_FAULT_TRAILING, 2, true},
    {"[1]x", JSON_FAULT_TRAILING, 3, true},
    {"{}}", JSON_FAULT_TRAILING, 2, true},
    {"\"a\"\"", JSON_FAULT_TRAILING, 3, true},
    {"[1,]", JSON_FAULT_UNEXPECTED, 3, false},
    {"[,1]", JSON_FAULT_UNEXPECTED, 1, false},
    {"[1,,2]", JSON_FAULT_UNEXPECTED, 3, false},
    {"[1 2]", JSON_FAULT_COMMA, 3, false},
    {"[1", JSON_FAULT_UNFINISHED, 2, false},
    {"[", JSON_FAULT_UNFINISHED, 1, false},
    {"{", JSON_FAULT_UNFINISHED, 1, false},
    {"[1}", JSON_FAULT_COMMA, 2, false},
    {"{\"a\":1]", JSON_FAULT_COMMA, 6, false},
    {"]", JSON_FAULT_UNEXPECTED, 0, false},
    {"{\"a\"}", JSON_FAULT_COLON, 4, false},
    {"{\"a\" 1}", JSON_FAULT_COLON, 5, false},
    {"{\"a\":}", JSON_FAULT_UNEXPECTED, 5, false},
    {"{\"a\"::1}", JSON_FAULT_UNEXPECTED, 5, false},
    {"{a:1}", JSON_FAULT_KEY, 1, false},
    {"{1:1}", JSON_FAULT_KEY, 1, false},
    {"{null:1}", JSON_FAULT_KEY, 1, false},
    {"{'a':1}", JSON_FAULT_KEY, 1, false},
    {"{,}", JSON_FAULT_KEY, 1, false},
    {"{\"a\":1,}", JSON_FAULT_KEY, 7, false},
    {"{\"a\":1,,\"b\":2}", JSON_FAULT_KEY, 7, false},
    {"{\"a\":1 \"b\":2}", JSON_FAULT_COMMA, 7, false},
    {"\"\n\"", JSON_FAULT_CONTROL, 1, true},
    {"\"a\tb\"", JSON_FAULT_CONTROL, 2, true},
    {"\"\x1F\"", JSON_FAULT_CONTROL, 1, true},
    {"\"123456789012345\x01\"", JSON_FAULT_CONTROL, 16, true},
    {"\"\\x\"", JSON_FAULT_ESCAPE, 2, false},
    {"\"\\'\"", JSON_FAULT_ESCAPE, 2, false},
    {"\"\\U0041\"", JSON_FAULT_ESCAPE, 2, false},
    {"\"\\u12\"", JSON_FAULT_ESCAPE, 5, false},
    {"\"\\u00G0\"", JSON_FAULT_ESCAPE, 5, true},
    {"\"\\u", JSON_FAULT_UNFINISHED, 3, false},
    {"\"\\", JSON_FAULT_UNFINISHED, 2, false},
    {"\"abc", JSON_FAULT_UNFINISHED, 4, false},
    {"\"\\ud800\"", JSON_FAULT_SURROGATE, 1, false},
    {"\"a\\ud800x\"", JSON_FAULT_SURROGATE, 2, false},
    {"\"\\ud800\\n\"", JSON_FAULT_SURROGATE, 1, false},
    {"\"\\ud800\\u0041\"", JSON_FAULT_SURROGATE, 1, false},
    {"\"\\ud800\\ud800\"", JSON_FAULT_SURROGATE, 1, false},
    {"\"\\udc00\"", JSON_FAULT_SURROGATE, 1, false},
    {"\"\\udc00\\ud800\"", JSON_FAULT_SURROGATE, 1, false},
    {"\"\xC0\x80\"", JSON_FAULT_UTF8, 1, true},
    {"\"\xE0\x80\xAF\"", JSON_FAULT_UTF8, 1, true},
    {"\"\xED\xA0\x80\"", JSON_FAULT_UTF8, 1, true},
    {"\"\xF4\x90\x80\x80\"", JSON_FAULT_UTF8, 1, true},
    {"\"\xF8\x88\x80\x80\x80\"", JSON_FAULT_UTF8, 1, true},
    {"\"\x80\"", JSON_FAULT_UTF8, 1, true},
    {"\"\xFF\"", JSON_FAULT_UTF8, 1, true},
    {"\"a\xE4\xB8\"", JSON_FAULT_UTF8, 2, true},
    {"\xEF\xBB\xBF{}", JSON_FAULT_BOM, 0, true},
    {"[\xEF\xBB\xBF]", JSON_FAULT_UNEXPECTED, 1, false},
    {"nul", JSON_FAULT_UNFINISHED, 3, false},
    {"[nul]", JSON_FAULT_WORD, 4, false},
    {"nULL", JSON_FAULT_WORD, 1, false},
    {"True", JSON_FAULT_UNEXPECTED, 0, false},
    {"truex", JSON_FAULT_TRAILING, 4, true},
    {"NaN", JSON_FAULT_UNEXPECTED, 0, false},
    {"-Infinity", JSON_FAULT_NUMBER, 1, false},
    {"'a'", JSON_FAULT_UNEXPECTED, 0, false},
    {"/**/1", JSON_FAULT_UNEXPECTED, 0, false},
    {"[1]//", JSON_FAULT_TRAILING, 3, true},
    {"[1\v]", JSON_FAULT_COMMA, 2, true},
    {"[1\f]", JSON_FAULT_COMMA, 2, true},
    {"\xC2\xA0[]", JSON_FAULT_UNEXPECTED, 0, false},
};

START_TEST(bad_documents_are_refused_with_name_and_offset)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t at;
        enum json_fault fault = read_text(bad[i].text, &at);

        ck_assert_msg(fault == bad[i].fault && at == bad[i].at, "%s: %s at %zu", bad[i].text,
                      json_fault_text(fault), at);
    }
}
END_TEST

START_TEST(cjson_refuses_the_same_except_where_it_is_lax)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cJSON *tree = cJSON_Parse(bad[i].text);

        ck_assert_msg((tree != NULL) == bad[i].lax, "cJSON and %s", bad[i].text);
        cJSON_Delete(tree);
    }
}
END_TEST

START_TEST(a_zero_byte_is_a_byte_like_others)
{
    size_t at;

    ck_assert(json_read(&tape, wp_slice("[1]\0", 4), JSON_DEPTH, &at) == JSON_FAULT_TRAILING && at == 3);
    ck_assert(json_read(&tape, wp_slice("\"\0\"", 3), JSON_DEPTH, &at) == JSON_FAULT_CONTROL && at == 1);
    ck_assert(json_read(&tape, (struct wp_slice){NULL, 0}, JSON_DEPTH, &at) == JSON_FAULT_EMPTY && at == 0);
}
END_TEST

static const char document[] =
    "{\"requestId\":\"req-\\u00e9\\ud83d\\ude00\",\"list\":[1,-2.5e3,true,null,{\"\\\"\":[],\"\xE4\xB8\xAD\":"
    "\"\"}],"
    "\"a text that is longer than two machine words\":\"and another one \\n\",\"x\":false}";

/* Nothing that was cut off is taken for whole, and all of it is said to end too early. */
START_TEST(every_prefix_of_a_document_is_refused)
{
    ck_assert(read_text(document, NULL) == JSON_FAULT_NONE);
    for (size_t n = 1; n < sizeof document - 1; n++) {
        uint8_t *copy = malloc(n); /* exactly so long: reading beyond is seen */
        size_t at;
        enum json_fault fault;

        memcpy(copy, document, n);
        fault = json_read(&tape, wp_slice(copy, n), JSON_DEPTH, &at);
        ck_assert_msg(fault == JSON_FAULT_UNFINISHED || fault == JSON_FAULT_UTF8, "%zu bytes: %s", n,
                      json_fault_text(fault));
        ck_assert(at == n || fault == JSON_FAULT_UTF8);
        free(copy);
    }
}
END_TEST

/* Whatever one changed byte does, it never makes the tape inconsistent. */
START_TEST(one_changed_byte_is_read_or_refused)
{
    char text[sizeof document];

    for (size_t i = 0; i < sizeof document - 1; i++)
        for (int c = 0; c < 256; c++) {
            size_t at;

            memcpy(text, document, sizeof text);
            text[i] = (char)c;
            if (json_read(&tape, wp_slice(text, sizeof text - 1), JSON_DEPTH, &at) == JSON_FAULT_NONE)
                ck_assert_uint_eq(tape.at[0].next, tape.n);
            else
                ck_assert_uint_le(at, sizeof text - 1);
        }
}
END_TEST

START_TEST(depth_and_size_are_bounded)
{
    char deep[200];
    size_t at;

    memset(deep, '[', 65);
    memset(deep + 65, ']', 65);
    ck_assert(json_read(&tape, wp_slice(deep, 130), 65, NULL) == JSON_FAULT_NONE);
    ck_assert(json_read(&tape, wp_slice(deep, 130), 64, &at) == JSON_FAULT_DEPTH && at == 64);
    tape.cap = 3;
    ck_assert(read_text("[1,2]", NULL) == JSON_FAULT_NONE);
    ck_assert(read_text("[1,2,3]", &at) == JSON_FAULT_SIZE && at == 5);
    ck_assert(read_text("{\"a\":[]}", NULL) == JSON_FAULT_NONE);
    ck_assert(read_text("{\"a\":[{}]}", &at) == JSON_FAULT_SIZE && at == 6);
    tape.cap = TOKENS;
}
END_TEST

START_TEST(the_tape_is_as_the_header_draws_it)
{
    ck_assert(read_text("{\"id\":\"7\",\"list\":[1,20]}", NULL) == JSON_FAULT_NONE);
    ck_assert_uint_eq(tape.n, 7);
    ck_assert_uint_eq(tape.at[0].next, 7);
    ck_assert_uint_eq(tape.at[0].count, 2);
    ck_assert(tape.at[1].kind == JSON_STRING && wp_slice_is(json_text(&tape, 1), "id"));
    ck_assert(tape.at[4].kind == JSON_ARRAY && tape.at[4].next == 7 && tape.at[4].count == 2);
    ck_assert(wp_slice_is(json_text(&tape, 4), "[1,20]"));
    ck_assert_uint_eq(json_element(&tape, 4, 1), 6);
    ck_assert_uint_eq(json_element(&tape, 4, 2), 0);
}
END_TEST

START_TEST(number_and_string_text_is_kept)
{
    ck_assert(read_text("[1.0,1,1E2,\"\\u0041\"]", NULL) == JSON_FAULT_NONE);
    ck_assert(wp_slice_is(json_text(&tape, 1), "1.0") && tape.at[1].fraction);
    ck_assert(wp_slice_is(json_text(&tape, 2), "1") && !tape.at[2].fraction);
    ck_assert(wp_slice_is(json_text(&tape, 3), "1E2") && tape.at[3].fraction);
    ck_assert(wp_slice_is(json_text(&tape, 4), "\\u0041") && tape.at[4].escaped);
}
END_TEST

/* An object with n keys, of which those at `first` and `second` are equal; first == second: none is. */
static void many_keys(char *text, int n, int first, int second)
{
    char *p = text;

    *p++ = '{';
    for (int i = 0; i < n; i++)
        p += sprintf(p, "%s\"a long common key %d of many\":[%d]", i ? "," : "", i == second ? first : i, i);
    strcpy(p, "}");
}

START_TEST(keys_that_stand_twice_are_seen)
{
    static char text[40000];

    ck_assert(read_text("{\"a\":1,\"b\":2}", NULL) == JSON_FAULT_NONE && !tape.duplicate);
    ck_assert(read_text("{\"a\":1,\"\\u0061\":2}", NULL) == JSON_FAULT_NONE && tape.duplicate);
    ck_assert_uint_eq(tape.duplicate_at, 8);
    ck_assert(read_text("[{\"a\":{\"x\":0}},{\"a\":{\"x\":0}}]", NULL) == JSON_FAULT_NONE && !tape.duplicate);
    ck_assert(read_text("{\"a\":{\"b\":1,\"b\":1},\"a\":1}", NULL) == JSON_FAULT_NONE && tape.duplicate);
    ck_assert_uint_eq(tape.duplicate_at, 13);
    for (int n = 2; n < 400; n += 7)
        for (int first = 0; first < n; first += 1 + n / 5) {
            const char *second;

            many_keys(text, n, first, n - 1);
            ck_assert(read_text(text, NULL) == JSON_FAULT_NONE);
            ck_assert_msg(tape.duplicate == (first < n - 1), "%d keys, %d", n, first);
            second = strrchr(text, '"');
            while (second[-1] != '"')
                second--;
            if (tape.duplicate)
                ck_assert_uint_eq(tape.duplicate_at, (size_t)(second - text));
            for (uint32_t i = 0; i < (uint32_t)n; i++)
                ck_assert_uint_eq(tape.at[1 + 3 * i].next, 2 + 3 * i);
        }
}
END_TEST

/* Of several the first one in the text is told, whatever the order in which they were found. */
START_TEST(the_first_of_several_duplicates_is_told)
{
    for (int at = 20; at < 60; at++) {
        char text[2000] = "{";

        for (int i = 0; i < 60; i++)
            sprintf(text + strlen(text), "%s\"%d\":0", i ? "," : "", i < at ? i : i - at);
        strcat(text, "}");
        ck_assert(read_text(text, NULL) == JSON_FAULT_NONE && tape.duplicate);
        ck_assert_uint_eq(tape.duplicate_at, tape.at[1 + 2 * at].at);
    }
}
END_TEST

START_TEST(an_escaped_key_has_the_hash_of_what_it_says)
{
    static const char *const pair[][2] = {
        {"", ""},
        {"a", "\\u0061"},
        {"timestamp", "time\\u0073tamp"},
        {"a/b", "a\\/b"},
        {"sixteen bytes...", "sixteen\\u0020bytes..."},
        {"seventeen bytes..", "seventeen\\u0020bytes.."},
        {"a key of more than twenty-four bytes", "a key of more than twenty-four byte\\u0073"},
        {"\xF0\x9F\x98\x80 is a face", "\\ud83d\\ude00 is a face"},
    };

    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        char text[200];

        sprintf(text, "{\"%s\":1,\"%s\":2}", pair[i][0], pair[i][1]);
        ck_assert(read_text(text, NULL) == JSON_FAULT_NONE);
        ck_assert_uint_eq(tape.at[1].hash, tape.at[3].hash);
        ck_assert_uint_eq(tape.at[1].hash, json_hash(wp_text(pair[i][0])));
        ck_assert(tape.duplicate);
        ck_assert_uint_eq(json_member(&tape, 0, wp_text(pair[i][0])), 4);
    }
}
END_TEST

/* At the front, in the middle, one after the other, at the end; a backslash that is meant does not escape what follows. */
START_TEST(every_escape_means_its_character)
{
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    ck_assert(read_text("\"\\\"ab\\\\n\\/c\\b\\f\\n\\r\\t\\\\\\u0041 d\\\"\"", NULL) == JSON_FAULT_NONE);
    json_put_string(&tape, 0, &w);
    ck_assert_str_eq(wp_put_end(&w), "\"ab\\n/c\b\f\n\r\t\\A d\"");
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
    ck_assert(json_string_is(&tape, i, wp_slice("x\n\xF0\x9F\x98\x80\0y", 8)));
    ck_assert(!json_string_is(&tape, i, wp_slice("x\n\xF0\x9F\x98\x80\0", 7)));
    ck_assert_uint_eq(json_string_length(&tape, i), 5);
    ck_assert(wp_value_eq(json_value(&tape, json_member(&tape, 0, wp_text("n"))), wp_decimal(15, -1)));
    ck_assert_uint_eq(json_member(&tape, 0, wp_text("b")), 0);
}
END_TEST

START_TEST(numbers_compare_by_all_their_digits)
{
    static const struct {
        const char *a, *b;
        int cmp;
    } row[] = {
        {"1", "1.0", 0},
        {"0", "-0.000e9", 0},
        {"100", "1e2", 0},
        {"0.01", "1e-2", 0},
        {"0.0123e3", "12.3", 0},
        {"1e400", "10e399", 0},
        {"1e400", "1e401", -1},
        {"-1e400", "-1e401", 1},
        {"1e-400", "0", 1},
        {"9007199254740993", "9007199254740992", 1},
        {"1.0000000000000000000000001", "1", 1},
        {"123456789012345678901234567890", "123456789012345678901234567891", -1},
        {"123456789012345678901234567890.0", "1.2345678901234567890123456789e29", 0},
        {"-5", "3", -1},
        {"99", "100", -1},
        {"0.5", "0.49999", 1},
        {"1e99999999999999999999", "1e9", 1},
        {"1e-99999999999999999999", "1e9", -1},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_msg(json_number_cmp(wp_text(row[i].a), wp_text(row[i].b)) == row[i].cmp, "%s, %s", row[i].a,
                      row[i].b);
        ck_assert_int_eq(json_number_cmp(wp_text(row[i].b), wp_text(row[i].a)), -row[i].cmp);
    }
}
END_TEST

START_TEST(whole_numbers_and_multiples_are_exact)
{
    static const struct {
        const char *a, *b;
        bool is;
    } row[] = {
        {"10", "2", true},
        {"7", "2", false},
        {"0", "1.5", true},
        {"4.5", "1.5", true},
        {"35", "1.5", false},
        {"0.0075", "0.0001", true},
        {"0.00751", "0.0001", false},
        {"1e308", "0.123456789", false},
        {"1e308", "1e-8", true},
        {"12391239123", "1e-8", true},
        {"-9", "3", true},
        {"9007199254740995", "5", true},
        {"9007199254740993", "5", false},
        {"123456789012345678901234567890", "10", true},
        {"123456789012345678901234567891", "10", false},
        {"100", "1e1", true},
        {"1", "1e1", false},
        {"1e1000000000000", "7", false},
        {"7e1000000000000", "7", true},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(json_number_is_multiple(wp_text(row[i].a), wp_text(row[i].b)) == row[i].is, "%s of %s",
                      row[i].a, row[i].b);
    ck_assert(json_number_is_whole(wp_text("1.0")) && json_number_is_whole(wp_text("1.5e1")));
    ck_assert(json_number_is_whole(wp_text("-0.00")) && json_number_is_whole(wp_text("1e400")));
    ck_assert(!json_number_is_whole(wp_text("1.5")) && !json_number_is_whole(wp_text("10e-2")));
    ck_assert_uint_eq(json_number_digits(wp_text("-0.012030e5")), 4);
}
END_TEST

START_TEST(equality_is_by_value)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } row[] = {
        {"{\"a\":1.0,\"b\":[true,\"\\u0041\"]}", "{\"b\":[true,\"A\"],\"a\":1}", true},
        {"{\"a\":1.0,\"b\":[true,\"\\u0041\"]}", "{\"b\":[\"A\",true],\"a\":1}", false},
        {"{\"a\":1,\"b\":1}", "{\"a\":1,\"c\":1}", false},
        {"{\"a\":1}", "{\"a\":1,\"c\":1}", false},
        {"{\"a\":1,\"a\":2}", "{\"a\":0,\"a\":2}", true},
        {"{\"a\":1,\"a\":2}", "{\"a\":2,\"b\":2}", false},
        {"{\"\\u0061\":[[]]}", "{\"a\":[[]]}", true},
        {"\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"", true},
        {"\"\\u0041x\"", "\"A\\u0078\"", true},
        {"\"\\u0041x\"", "\"\\u0041\"", false},
        {"[1e400]", "[1e401]", false},
        {"[1e400]", "[10e399]", true},
        {"null", "false", false},
        {"1", "true", false},
        {"[]", "{}", false},
        {"[1,2]", "[1,2,3]", false},
    };
    static struct json_token more[100];
    struct json_tape other = {.at = more, .cap = 100};

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert(read_text(row[i].a, NULL) == JSON_FAULT_NONE);
        ck_assert(json_read(&other, wp_text(row[i].b), JSON_DEPTH, NULL) == JSON_FAULT_NONE);
        ck_assert_msg(json_equal(&tape, 0, &other, 0) == row[i].equal, "%s, %s", row[i].a, row[i].b);
        ck_assert_msg(json_equal(&other, 0, &tape, 0) == row[i].equal, "%s, %s", row[i].b, row[i].a);
        if (row[i].equal)
            ck_assert_uint_eq(json_value_hash(&tape, 0), json_value_hash(&other, 0));
    }
}
END_TEST

START_TEST(a_token_prints_on_one_line_or_on_many)
{
    ck_assert(read_text(" {\"a\" : [ 1.0 , {} , [] ],\"\\u0062\":\"\\u0041\\/\\u0001\\u00e4\\\"\" } ",
                        NULL) == JSON_FAULT_NONE);
    ck_assert_str_eq(printed(json_print, 0), "{\"a\":[1.0,{},[]],\"b\":\"A/\\u0001\xC3\xA4\\\"\"}");
    ck_assert_str_eq(printed(json_pretty, 0), "{\n"
                                              "  \"a\": [\n"
                                              "    1.0,\n"
                                              "    {},\n"
                                              "    []\n"
                                              "  ],\n"
                                              "  \"b\": \"A/\\u0001\xC3\xA4\\\"\"\n"
                                              "}\n");
    ck_assert_str_eq(printed(json_print, 2), "[1.0,{},[]]");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json_in");
    TCase *t = tcase_create("json_in");
    SRunner *r;
    int failed;

    tcase_add_test(t, good_documents_are_taken);
    tcase_add_test(t, cjson_takes_the_good_ones_too);
    tcase_add_test(t, bad_documents_are_refused_with_name_and_offset);
    tcase_add_test(t, cjson_refuses_the_same_except_where_it_is_lax);
    tcase_add_test(t, a_zero_byte_is_a_byte_like_others);
    tcase_add_test(t, every_prefix_of_a_document_is_refused);
    tcase_add_test(t, one_changed_byte_is_read_or_refused);
    tcase_add_test(t, depth_and_size_are_bounded);
    tcase_add_test(t, the_tape_is_as_the_header_draws_it);
    tcase_add_test(t, number_and_string_text_is_kept);
    tcase_add_test(t, keys_that_stand_twice_are_seen);
    tcase_add_test(t, the_first_of_several_duplicates_is_told);
    tcase_add_test(t, an_escaped_key_has_the_hash_of_what_it_says);
    tcase_add_test(t, every_escape_means_its_character);
    tcase_add_test(t, members_are_found_and_text_is_unescaped);
    tcase_add_test(t, numbers_compare_by_all_their_digits);
    tcase_add_test(t, whole_numbers_and_multiples_are_exact);
    tcase_add_test(t, equality_is_by_value);
    tcase_add_test(t, a_token_prints_on_one_line_or_on_many);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
