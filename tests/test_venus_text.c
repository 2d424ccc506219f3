/* Payloads as they are published: each rule, and all that a real system published. */
#include "sim/codec/venus_text.h"

#include "tests/venus_vectors.h"

/* What a message brought: signature and values are put by the test. */
struct fixture {
    uint8_t bytes[65536], tree[65536];
    struct wp_writer message, memory;
    struct dbus_out out;
};

static struct fixture f;
static char text[131072];

static struct dbus_out *begin(const char *signature)
{
    f.message = wp_writer(f.bytes, sizeof f.bytes);
    dbus_begin_signal(&f.out, &f.message, 1, wp_text("/Path"), wp_text("com.victronenergy.BusItem"),
                      wp_text("PropertiesChanged"), signature);
    return &f.out;
}

/* The message as a bus hands it over, and the value that the gateway keeps of it. */
static struct wp_value taken(void)
{
    struct dbus_message m;
    struct dbus_iter it;
    struct wp_value v;

    ck_assert(dbus_end(&f.out));
    ck_assert_int_eq(dbus_decode(wp_written(&f.message), &m).status, WP_OK);
    dbus_iter(&it, &m);
    f.memory = wp_writer(f.tree, sizeof f.tree);
    ck_assert(venus_take_value(&it, &f.memory, &v));
    ck_assert_int_eq(dbus_next_type(&it), 0);
    ck_assert(!it.wrong);
    return v;
}

static const char *json_of(struct wp_value v)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    venus_put_json(&w, v);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

static const char *published(void)
{
    return json_of(taken());
}

START_TEST(whole_numbers_have_no_point_and_all_their_bits)
{
    static const struct {
        const char *type;
        int64_t v;
        const char *text;
    } row[] = {
        {"y", 255, "255"},
        {"n", INT16_MIN, "-32768"},
        {"q", UINT16_MAX, "65535"},
        {"i", INT32_MIN, "-2147483648"},
        {"u", UINT32_MAX, "4294967295"},
        {"x", INT64_MIN, "-9223372036854775808"},
        {"x", INT64_MAX, "9223372036854775807"},
        {"i", 0, "0"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        dbus_put_int(begin(row[i].type), row[i].v);
        ck_assert_str_eq(published(), row[i].text);
    }
    dbus_put_uint(begin("t"), UINT64_MAX);
    ck_assert_str_eq(published(), "18446744073709551615");
    dbus_put_bool(begin("b"), true);
    ck_assert_str_eq(published(), "true");
    dbus_put_bool(begin("b"), false);
    ck_assert_str_eq(published(), "false");
}
END_TEST

START_TEST(doubles_always_show_that_they_are)
{
    static const struct {
        double v;
        const char *text;
    } row[] = {
        {936, "936.0"},
        {0, "0.0"},
        {-0.0, "-0.0"},
        {20.43000030517578125, "20.43000030517578"},
        {1e14, "100000000000000.0"},
        {1e15, "1e+15"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {5e-324, "5e-324"},
        {(double)NAN, "null"},
        {(double)INFINITY, "null"},
        {-(double)INFINITY, "null"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        dbus_put_double(begin("d"), row[i].v);
        ck_assert_str_eq(published(), row[i].text);
    }
}
END_TEST

/* Only quotes, backslashes and what is below a blank are escaped. */
START_TEST(texts_are_utf8_with_the_fewest_escapes)
{
    static const struct {
        const char *said, *text;
    } row[] = {
        {"", "\"\""},
        {"a/b", "\"a/b\""},
        {"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {"\x01\x0B\x1F\x7F", "\"\\u0001\\u000b\\u001f\x7F\""},
        {"\xCE\xA9", "\"\xCE\xA9\""},
        {"\xE2\x80\xA8\xF0\x9F\x98\x80", "\"\xE2\x80\xA8\xF0\x9F\x98\x80\""},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        dbus_put_text(begin("s"), wp_text(row[i].said));
        ck_assert_str_eq(published(), row[i].text);
    }
}
END_TEST

START_TEST(an_empty_array_of_any_type_is_null)
{
    static const char *const type[] = {"ai",     "au",    "as",    "av", "a{sv}",
                                       "aa{sv}", "a{uv}", "a(ii)", "ao", "aai"};

    for (size_t i = 0; i < sizeof type / sizeof type[0]; i++) {
        begin(type[i]);
        dbus_open(&f.out);
        dbus_close(&f.out);
        ck_assert_str_eq(published(), "null");
    }
    dbus_put_variant(begin("v"), wp_null());
    ck_assert_str_eq(published(), "null");
}
END_TEST

START_TEST(arrays_and_variants_nest)
{
    struct dbus_out *out = begin("v");

    dbus_open_variant(out, "av");
    dbus_open(out);
    dbus_put_variant(out, wp_int(1));
    dbus_put_variant(out, wp_real(2));
    dbus_put_variant(out, wp_text_value(wp_text("a")));
    dbus_put_variant(out, wp_null());
    dbus_open_variant(out, "aay");
    dbus_open(out);
    dbus_put_value(out, wp_bytes_value(wp_slice("\x01\xFF", 2)));
    dbus_put_value(out, wp_null());
    dbus_close(out);
    dbus_close(out);
    dbus_close(out);
    dbus_close(out);
    ck_assert_str_eq(published(), "[1,2.0,\"a\",null,[[1,255],null]]");
}
END_TEST

static void put_entry(struct dbus_out *out, const char *key, int64_t v)
{
    dbus_open(out);
    dbus_put_text(out, wp_text(key));
    dbus_put_variant(out, wp_int(v));
    dbus_close(out);
}

/* A short key goes before a longer one that begins like it; of equal ones the last counts. */
START_TEST(keys_are_in_order)
{
    struct dbus_out *out = begin("a{sv}");

    dbus_open(out);
    put_entry(out, "b", 1);
    put_entry(out, "a\"", 2);
    put_entry(out, "", 3);
    put_entry(out, "B", 4);
    put_entry(out, "a", 5);
    put_entry(out, "b", 6);
    dbus_close(out);
    ck_assert_str_eq(published(), "{\"\":3,\"B\":4,\"a\":5,\"a\\\"\":2,\"b\":6}");
}
END_TEST

/* More keys than are sorted at once, in any order; and dictionaries in the entries. */
START_TEST(many_keys_are_in_order)
{
    static const unsigned count[] = {1, 31, 32, 33, 64, 65, 500};

    for (size_t c = 0; c < sizeof count / sizeof count[0]; c++) {
        struct wp_writer w;
        struct dbus_out *out = begin("a{sv}");
        char key[32];

        dbus_open(out);
        for (unsigned i = 0; i < count[c]; i++) {
            snprintf(key, sizeof key, "k%04u", (i * 7 + 3) % count[c]);
            dbus_open(out);
            dbus_put_text(out, wp_text(key));
            dbus_open_variant(out, "a{sv}");
            dbus_open(out);
            put_entry(out, "y", i);
            put_entry(out, "x", (i * 7 + 3) % count[c]);
            dbus_close(out);
            dbus_close(out);
            dbus_close(out);
        }
        dbus_close(out);
        ck_assert_uint_eq(strlen(published()) > 0, 1);
        w = wp_writer(text, sizeof text);
        venus_put_json(&w, taken());
        wp_put_end(&w);
        for (unsigned i = 0, at = 1; i < count[c]; i++) {
            const char *found;

            snprintf(key, sizeof key, "\"k%04u\":{\"x\":", i);
            found = strstr(text + at, key);
            ck_assert_msg(found == text + at, "%u of %u: %s", i, count[c], text + at);
            at = (unsigned)(strchr(found, '}') + 2 - text);
        }
    }
}
END_TEST

START_TEST(what_json_has_no_form_for_is_named_unknown)
{
    struct dbus_out *out;

    dbus_put_text(begin("o"), wp_text("/Ac"));
    ck_assert_str_eq(published(), "\"unknown_type\"");
    dbus_put_text(begin("g"), wp_text("ai"));
    ck_assert_str_eq(published(), "\"unknown_type\"");
    out = begin("v");
    dbus_open_variant(out, "(is)");
    dbus_open(out);
    dbus_put_int(out, 1);
    dbus_put_text(out, wp_text("a"));
    dbus_close(out);
    dbus_close(out);
    ck_assert_str_eq(published(), "\"unknown_type\"");
    out = begin("a{us}");
    dbus_open(out);
    dbus_open(out);
    dbus_put_uint(out, 1);
    dbus_put_text(out, wp_text("a"));
    dbus_close(out);
    dbus_close(out);
    ck_assert_str_eq(published(), "\"unknown_type\"");
    out = begin("av");
    dbus_open(out);
    dbus_put_variant_as(out, "o", wp_text_value(wp_text("/")));
    dbus_put_variant(out, wp_int(2));
    dbus_close(out);
    ck_assert_str_eq(published(), "[\"unknown_type\",2]");
}
END_TEST

/* As deep as D-Bus nests, more than is written. */
START_TEST(depth_has_an_end)
{
    struct dbus_out *out = begin("v");
    char expected[128];
    struct wp_writer w = wp_writer(expected, sizeof expected);

    for (int i = 0; i < 30; i++) {
        dbus_open_variant(out, "av");
        dbus_open(out);
    }
    dbus_put_variant(out, wp_int(1));
    for (int i = 0; i < 30; i++) {
        dbus_close(out);
        dbus_close(out);
    }
    for (int i = 0; i <= VENUS_DEPTH_MAX; i++)
        wp_put_char(&w, '[');
    wp_put_text(&w, "\"unknown_type\"");
    for (int i = 0; i <= VENUS_DEPTH_MAX; i++)
        wp_put_char(&w, ']');
    ck_assert_str_eq(published(), wp_put_end(&w));
}
END_TEST

static const char *payload(struct wp_value value, const struct wp_value *min, const struct wp_value *max)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    venus_put_payload(&w, value, min, max);
    return wp_put_end(&w);
}

START_TEST(limits_stand_before_the_value)
{
    const struct wp_value none = wp_int(0), one = wp_int(1), low = wp_real(0),
                          endless = wp_real((double)INFINITY), invalid = wp_null();

    ck_assert_str_eq(payload(wp_int(1), &none, &one), "{\"max\":1,\"min\":0,\"value\":1}");
    ck_assert_str_eq(payload(wp_real(1249.5731965806763), &low, &endless),
                     "{\"max\":null,\"min\":0.0,\"value\":1249.5731965806763}");
    ck_assert_str_eq(payload(wp_int(1), NULL, &invalid), "{\"max\":null,\"value\":1}");
    ck_assert_str_eq(payload(wp_null(), &none, NULL), "{\"min\":0,\"value\":null}");
    ck_assert_str_eq(payload(wp_text_value(wp_text("")), NULL, NULL), "{\"value\":\"\"}");
}
END_TEST

START_TEST(the_end_of_a_full_publish_echoes)
{
    const struct wp_slice echo = wp_text("Ucq2YLVt6ZWdgUNf"), empty = wp_text(""), quoted = wp_text("\"\n");
    struct wp_writer w = wp_writer(text, sizeof text);

    venus_put_completed(&w, &echo, 1718860914);
    wp_put_char(&w, ' ');
    venus_put_completed(&w, &empty, 1);
    wp_put_char(&w, ' ');
    venus_put_completed(&w, &quoted, 1);
    wp_put_char(&w, ' ');
    venus_put_completed(&w, NULL, 1702459522);
    wp_put_char(&w, ' ');
    venus_put_seconds(&w, 1702459522);
    ck_assert_str_eq(wp_put_end(&w),
                     "{\"full-publish-completed-echo\":\"Ucq2YLVt6ZWdgUNf\",\"value\":1718860914} "
                     "{\"full-publish-completed-echo\":\"\",\"value\":1} "
                     "{\"full-publish-completed-echo\":\"\\\"\\n\",\"value\":1} "
                     "{\"value\":1702459522} {\"value\":1702459522}");
}
END_TEST

static const char *shown(const char *type, const char *path, struct wp_value v)
{
    return json_of(venus_shown(wp_text(type), wp_text(path), v));
}

START_TEST(passwords_are_masked)
{
    const struct wp_value secret = wp_text_value(wp_text("secret"));

    ck_assert_str_eq(shown("settings", "/Settings/Services/AccessPointPassword", secret), "\"******\"");
    ck_assert_str_eq(shown("settings", "/Settings/Ble/Service/Pincode", secret), "\"******\"");
    ck_assert_str_eq(shown("settings", "/Settings/Ble/Service/Pincode", wp_int(0)), "0");
    ck_assert_str_eq(shown("settings", "/Settings/Ble/Service/Pincode/A", secret), "\"secret\"");
    ck_assert_str_eq(shown("system", "/Settings/Ble/Service/Pincode", secret), "\"secret\"");
}
END_TEST

START_TEST(two_items_are_never_published)
{
    ck_assert(venus_is_blocked(wp_text("vebus"), wp_text("/Interfaces/Mk2/Tunnel")));
    ck_assert(venus_is_blocked(wp_text("paygo"), wp_text("/LVD/Threshold")));
    ck_assert(!venus_is_blocked(wp_text("battery"), wp_text("/Interfaces/Mk2/Tunnel")));
    ck_assert(!venus_is_blocked(wp_text("vebus"), wp_text("/Interfaces/Mk2/ProductId")));
    ck_assert(!venus_is_blocked(wp_text("vebus"), wp_text("/Tunnel")));
}
END_TEST

/* A value too large for the memory, and a payload too large for the writer: said so, and nothing behind their end. */
START_TEST(what_does_not_fit_is_said_so)
{
    struct dbus_message m;
    struct dbus_iter it;
    struct wp_value v;

    for (size_t cap = 0; cap < 24; cap++) {
        uint8_t *room = (uint8_t *)malloc(cap + 1);
        struct wp_writer w = wp_writer(room, cap);

        begin("ai");
        dbus_open(&f.out);
        dbus_put_int(&f.out, 100000);
        dbus_put_int(&f.out, 200000);
        dbus_close(&f.out);
        ck_assert(dbus_end(&f.out));
        ck_assert_int_eq(dbus_decode(wp_written(&f.message), &m).status, WP_OK);
        dbus_iter(&it, &m);
        ck_assert_int_eq(venus_take_value(&it, &w, &v), cap >= 16);
        w = wp_writer(room, cap);
        venus_put_payload(&w, wp_text_value(wp_text("abcdef")), NULL, NULL);
        ck_assert_int_eq(w.full, cap < strlen("{\"value\":\"abcdef\"}"));
        free(room);
    }
}
END_TEST

/* ---- what a real system published ----------------------------------------------------------------------- */

/* The member of a recorded payload as a service sends it; false: it has none. */
static bool resend(const struct json_tape *tape, const char *key, struct fixture *at, struct wp_value *out)
{
    const uint32_t i = json_member(tape, 0, wp_text(key));
    struct dbus_message m;
    struct dbus_iter it;

    if (i == 0)
        return false;
    at->message = wp_writer(at->bytes, sizeof at->bytes);
    dbus_begin_signal(&at->out, &at->message, 1, wp_text("/"), wp_text("a.b"), wp_text("C"), "v");
    venus_put_variant(&at->out, tape, i);
    ck_assert(dbus_end(&at->out));
    ck_assert_int_eq(dbus_decode(wp_written(&at->message), &m).status, WP_OK);
    dbus_iter(&it, &m);
    at->memory = wp_writer(at->tree, sizeof at->tree);
    ck_assert(venus_take_value(&it, &at->memory, out));
    return true;
}

/* The end of a full publish, of which the gateway knows the echo and the second. */
static const char *completed(const struct json_tape *tape)
{
    const uint32_t echo = json_member(tape, 0, wp_text("full-publish-completed-echo"));
    const struct wp_slice said = json_text(tape, echo);
    struct wp_writer w = wp_writer(text, sizeof text);

    venus_put_completed(&w, echo ? &said : NULL,
                        json_value(tape, json_member(tape, 0, wp_text("value"))).num);
    return wp_put_end(&w);
}

static const char *republished(const char *topic, const char *recorded)
{
    static struct fixture at[3];
    static struct json_token tokens[4096];
    struct json_tape tape = {.at = tokens, .cap = 4096};
    struct wp_value value, min, max;
    bool has_min, has_max;

    ck_assert_int_eq(json_read(&tape, wp_text(recorded), JSON_DEPTH, NULL), JSON_FAULT_NONE);
    if (strstr(topic, "/full_publish_completed"))
        return completed(&tape);
    ck_assert_msg(resend(&tape, "value", &at[0], &value), "%s", recorded);
    has_min = resend(&tape, "min", &at[1], &min);
    has_max = resend(&tape, "max", &at[2], &max);
    return payload(value, has_min ? &min : NULL, has_max ? &max : NULL);
}

/* The one number in the payload, where that is all that differs: the original's Grisu2 is not always the shortest. */
static bool is_same_number(const char *a, const char *b)
{
    static const char start[] = "{\"value\":";
    const size_t n = sizeof start - 1;

    return strncmp(a, start, n) == 0 && strncmp(b, start, n) == 0 && strpbrk(a + n, ".e") &&
           strtod(a + n, NULL) == strtod(b + n, NULL);
}

START_TEST(every_recorded_payload_comes_out_equal)
{
    cJSON *file = vector_file("venus-recordings.json");
    const cJSON *record;
    int equal = 0, near = 0, empty = 0;

    cJSON_ArrayForEach(record, file)
    {
        const char *topic = venus_vector_text(record, "topic");
        const char *recorded = venus_vector_text(record, "payload");
        const char *again = *recorded ? republished(topic, recorded) : "";

        if (*recorded == 0)
            empty++;
        else if (strcmp(again, recorded) == 0)
            equal++;
        else if (is_same_number(again, recorded))
            near++;
        else
            ck_abort_msg("%s: %s, not %s", topic, again, recorded);
    }
    if (file)
        printf("%d payloads equal, %d equal as numbers, %d empty\n", equal, near, empty);
    if (file) {
        ck_assert_int_eq(equal + near + empty, 1469);
        ck_assert_int_le(near, 2);
    }
    cJSON_Delete(file);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_text");
    TCase *t = tcase_create("payloads");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, whole_numbers_have_no_point_and_all_their_bits);
    tcase_add_test(t, doubles_always_show_that_they_are);
    tcase_add_test(t, texts_are_utf8_with_the_fewest_escapes);
    tcase_add_test(t, an_empty_array_of_any_type_is_null);
    tcase_add_test(t, arrays_and_variants_nest);
    tcase_add_test(t, keys_are_in_order);
    tcase_add_test(t, many_keys_are_in_order);
    tcase_add_test(t, what_json_has_no_form_for_is_named_unknown);
    tcase_add_test(t, depth_has_an_end);
    tcase_add_test(t, limits_stand_before_the_value);
    tcase_add_test(t, the_end_of_a_full_publish_echoes);
    tcase_add_test(t, passwords_are_masked);
    tcase_add_test(t, two_items_are_never_published);
    tcase_add_test(t, what_does_not_fit_is_said_so);
    tcase_add_test(t, every_recorded_payload_comes_out_equal);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
