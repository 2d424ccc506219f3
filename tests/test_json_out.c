/* The writer: commas, escapes, exact numbers; and random documents that go out, come in and are the same. */
#include "sim/core/json_out.h"

#include "sim/core/json_in.h"
#include "sim/core/random.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <math.h>

enum { ROOM = 1 << 16, TOKENS = ROOM / 2 };

static char text[ROOM];

static const char *string_of(const char *bytes, size_t n)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    struct json_out j = json_out(&w);

    json_put_text(&j, wp_slice(bytes, n));
    return wp_put_end(&w);
}

START_TEST(a_payload_is_written_as_documented)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    struct json_out j = json_out(&w);

    json_open_object(&j);
    json_text_member(&j, "meterId", wp_text("000000000001"));
    json_int_member(&j, "timestamp", 1705320000000);
    json_key(&j, "register");
    json_open_object(&j);
    json_text_member(&j, "id", wp_text("00010000"));
    json_text_member(&j, "name", wp_text("totalActiveEnergy"));
    json_close_object(&j);
    json_value_member(&j, "value", wp_decimal(1234567, -2));
    json_bool_member(&j, "online", true);
    json_key(&j, "none");
    json_put_null(&j);
    json_key_slice(&j, wp_text("say \"list\""));
    json_open_array(&j);
    json_put_int(&j, -7);
    json_open_array(&j);
    json_close_array(&j);
    json_put_raw(&j, wp_text("{\"x\": 1}"));
    json_put_bool(&j, false);
    json_close_array(&j);
    json_close_object(&j);
    ck_assert_str_eq(
        wp_put_end(&w),
        "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"register\":{\"id\":\"00010000\","
        "\"name\":\"totalActiveEnergy\"},\"value\":12345.67,\"online\":true,\"none\":null,"
        "\"say \\\"list\\\"\":[-7,[],{\"x\": 1},false]}");
}
END_TEST

START_TEST(text_is_escaped_where_it_must_be)
{
    ck_assert_str_eq(string_of("", 0), "\"\"");
    ck_assert_str_eq(string_of("a/b", 3), "\"a/b\"");
    ck_assert_str_eq(string_of("\"\\\b\f\n\r\t", 7), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    ck_assert_str_eq(string_of("\0\x1F\x7F", 3), "\"\\u0000\\u001f\x7F\"");
    ck_assert_str_eq(string_of("\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80", 9),
                     "\"\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80\"");
}
END_TEST

/* The examples of the Unicode standard 15, section 3.9, tables 3-8 to 3-11. */
START_TEST(what_is_no_utf8_becomes_replacement_characters)
{
#define FFFD "\xEF\xBF\xBD"
    ck_assert_str_eq(string_of("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", 9),
                     "\"" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A\"");
    ck_assert_str_eq(string_of("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", 9),
                     "\"" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A\"");
    ck_assert_str_eq(string_of("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", 9),
                     "\"" FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B\"");
    ck_assert_str_eq(string_of("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 9), "\"" FFFD FFFD FFFD FFFD "A\"");
    ck_assert_str_eq(string_of("abc\xE4\xB8", 5), "\"abc" FFFD "\"");
}
END_TEST

/* Where in the text the special byte stands makes no difference. */
START_TEST(every_place_in_a_text_is_looked_at)
{
    for (size_t n = 1; n < 70; n++)
        for (size_t i = 0; i < n; i++) {
            char plain[80];
            const char *out;

            memset(plain, 'x', n);
            plain[i] = '"';
            out = string_of(plain, n);
            ck_assert_uint_eq(strlen(out), n + 3);
            ck_assert_int_eq(out[i + 1], '\\');
            plain[i] = '\x80';
            ck_assert_uint_eq(strlen(string_of(plain, n)), n + 4);
        }
}
END_TEST

START_TEST(values_are_written_by_kind)
{
    static const struct {
        double real;
        const char *out;
    } real[] = {{0.1, "0.1"},      {-0.0, "-0.0"},        {3, "3.0"},
                {1e300, "1e+300"}, {(double)NAN, "null"}, {-(double)INFINITY, "null"}};
    struct wp_writer w;
    struct json_out j;

    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
        w = wp_writer(text, sizeof text);
        j = json_out(&w);
        json_put_value(&j, wp_real(real[i].real));
        ck_assert_str_eq(wp_put_end(&w), real[i].out);
    }
    w = wp_writer(text, sizeof text);
    j = json_out(&w);
    json_open_array(&j);
    json_put_value(&j, wp_uint(UINT64_MAX));
    json_put_value(&j, wp_decimal(1050, -1));
    json_put_value(&j, wp_bytes_value(wp_slice("\x01\xAF", 2)));
    json_put_value(&j, wp_text_value(wp_text("t")));
    json_put_value(&j, wp_bool(false));
    json_put_value(&j, wp_null());
    json_close_array(&j);
    ck_assert_str_eq(wp_put_end(&w), "[18446744073709551615,105.0,\"01AF\",\"t\",false,null]");
}
END_TEST

/* A writer that is too small is full, and nothing is written beyond it. */
START_TEST(every_room_that_is_too_small_is_noticed)
{
    for (size_t cap = 0; cap < 40; cap++) {
        char room[40];
        struct wp_writer w = wp_writer(room, cap);
        struct json_out j = json_out(&w);

        memset(room, '#', sizeof room);
        json_open_object(&j);
        json_text_member(&j, "key", wp_text("a text of 20 chars.."));
        json_int_member(&j, "n", 12);
        json_close_object(&j);
        ck_assert_int_eq(w.full, cap < 37);
        for (size_t i = cap; i < sizeof room; i++)
            ck_assert_int_eq(room[i], '#');
    }
}
END_TEST

/* ---- random documents ------------------------------------------------------------------------------- */

static struct wp_slice random_text(struct wp_random *r, uint8_t *room)
{
    static const char *const piece[] = {"a",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\xC3\xA4",
                                        "\xE4\xB8\xAD",
                                        "\xF0\x9F\x98\x80",
                                        "\x01",
                                        "/",
                                        "plain text of some length",
                                        "\x7F"};
    size_t n = 0, pieces = wp_random_below(r, 6);

    for (size_t i = 0; i < pieces; i++) {
        const char *s = piece[wp_random_below(r, sizeof piece / sizeof piece[0])];

        memcpy(room + n, s, strlen(s));
        n += strlen(s);
    }
    return wp_slice(room, n);
}

static void random_value(struct wp_random *r, struct json_out *j, unsigned depth)
{
    uint8_t room[256];
    uint64_t members = wp_random_below(r, 5);

    switch (wp_random_below(r, depth < 8 ? 9 : 6)) {
    case 0: json_put_null(j); break;
    case 1: json_put_bool(j, wp_random_below(r, 2) != 0); break;
    case 2: json_put_int(j, (int64_t)wp_random_next(r)); break;
    case 3:
        json_put_value(j, wp_decimal((int64_t)wp_random_below(r, 1000000), -(int)wp_random_below(r, 9)));
        break;
    case 4: json_put_value(j, wp_real((double)wp_random_next(r) / 12345.0)); break;
    case 5: json_put_text(j, random_text(r, room)); break;
    case 6:
        json_open_array(j);
        for (uint64_t i = 0; i < members; i++)
            random_value(r, j, depth + 1);
        json_close_array(j);
        break;
    default:
        json_open_object(j);
        for (uint64_t i = 0; i < members; i++) {
            struct wp_slice key = random_text(r, room);

            /* The number in front makes it unique. */
            memmove(room + 1, key.p, key.n);
            room[0] = (uint8_t)('0' + i);
            json_key_slice(j, wp_slice(room, key.n + 1));
            random_value(r, j, depth + 1);
        }
        json_close_object(j);
    }
}

/* Out, in, printed, in again: the same value; and cJSON sees the value that we see. */
START_TEST(random_documents_come_back_as_they_went)
{
    static struct json_token first[TOKENS], second[TOKENS];
    static char again[ROOM], theirs[ROOM];
    struct wp_random r = wp_random(20240115);

    for (int i = 0; i < 2000; i++) {
        struct json_tape a = {.at = first, .cap = TOKENS}, b = {.at = second, .cap = TOKENS};
        struct wp_writer w = wp_writer(text, sizeof text), w2 = wp_writer(again, sizeof again);
        struct json_out j = json_out(&w), j2 = json_out(&w2);
        cJSON *tree;

        random_value(&r, &j, 0);
        ck_assert(!w.full);
        ck_assert_int_eq(json_read(&a, wp_written(&w), JSON_DEPTH, NULL), JSON_FAULT_NONE);
        ck_assert(!a.duplicate);
        json_put_token(&j2, &a, 0);
        ck_assert(wp_slice_eq(wp_written(&w), wp_written(&w2)));

        tree = cJSON_ParseWithLength(text, w.n);
        ck_assert_msg(tree != NULL, "cJSON refuses %.*s", (int)w.n, text);
        ck_assert(cJSON_PrintPreallocated(tree, theirs, sizeof theirs, false));
        cJSON_Delete(tree);
        ck_assert_int_eq(json_read(&b, wp_text(theirs), JSON_DEPTH, NULL), JSON_FAULT_NONE);
        ck_assert_uint_eq(a.n, b.n);
        for (uint32_t k = 0; k < a.n; k++) {
            ck_assert_int_eq(a.at[k].kind, b.at[k].kind);
            if (a.at[k].kind == JSON_STRING)
                ck_assert(json_strings_equal(&a, k, &b, k));
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json_out");
    TCase *t = tcase_create("json_out");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_payload_is_written_as_documented);
    tcase_add_test(t, text_is_escaped_where_it_must_be);
    tcase_add_test(t, what_is_no_utf8_becomes_replacement_characters);
    tcase_add_test(t, every_place_in_a_text_is_looked_at);
    tcase_add_test(t, values_are_written_by_kind);
    tcase_add_test(t, every_room_that_is_too_small_is_noticed);
    tcase_add_test(t, random_documents_come_back_as_they_went);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
