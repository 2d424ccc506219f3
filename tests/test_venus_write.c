/* Payloads of W and of keep-alives: what they become on D-Bus, and what is refused. */
#include "sim/codec/venus_write.h"

#include "sim/codec/venus_text.h"
#include "tests/venus_vectors.h"

static struct venus_room room;
static char said[131072];

/* "i 20": signature and value of the variant that the service gets; or why none. */
static const char *written(struct wp_slice payload)
{
    static uint8_t bytes[65536], tree[65536];
    struct wp_writer message = wp_writer(bytes, sizeof bytes), memory = wp_writer(tree, sizeof tree),
                     w = wp_writer(said, sizeof said);
    struct dbus_out out;
    struct dbus_message m;
    struct dbus_iter it;
    struct wp_value v;
    const enum venus_write_fault fault = venus_write_read(payload, &room, &v);

    if (fault != VENUS_WRITE_NONE)
        return venus_write_fault_text(fault);
    dbus_begin_call(&out, &message, 1, wp_text("com.victronenergy.edge"), wp_text("/V"),
                    wp_text("com.victronenergy.BusItem"), wp_text("SetValue"), "v");
    dbus_put_variant(&out, v);
    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&message), &m).status, WP_OK);
    dbus_iter(&it, &m);
    dbus_enter(&it);
    wp_put_slice(&w, dbus_next_signature(&it));
    wp_put_char(&w, ' ');
    ck_assert(venus_take_value(&it, &memory, &v));
    venus_put_json(&w, v);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

static const char *text(const char *payload)
{
    return written(wp_text(payload));
}

static const char *value(const char *json)
{
    static char payload[4096];

    snprintf(payload, sizeof payload, "{\"value\":%s}", json);
    return text(payload);
}

START_TEST(the_text_of_a_number_decides_its_type)
{
    static const struct {
        const char *json, *written;
    } row[] = {
        {"-200", "i -200"},
        {"0", "i 0"},
        {"-0", "i 0"},
        {"1", "i 1"},
        {"1.0", "d 1.0"},
        {"1e2", "d 100.0"},
        {"1E+2", "d 100.0"},
        {"-0.0", "d -0.0"},
        {"-0e0", "d -0.0"},
        {"0.1", "d 0.1"},
        {"20.43000030517578", "d 20.43000030517578"},
        {"2147483647", "i 2147483647"},
        {"2147483648", "x 2147483648"},
        {"-2147483648", "i -2147483648"},
        {"-2147483649", "x -2147483649"},
        {"9223372036854775807", "x 9223372036854775807"},
        {"-9223372036854775808", "x -9223372036854775808"},
        {"-9223372036854775809", "d -9.223372036854776e+18"},
        {"18446744073709551616", "d 1.8446744073709552e+19"},
        {"1e308", "d 1e+308"},
        {"1e-400", "d 0.0"},
        {"5e-324", "d 5e-324"},
        {"0.00000000000000000000000000000000000000000001", "d 1e-44"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(value(row[i].json), row[i].written);
    ck_assert_str_eq(value("9223372036854775808"), "the number is too large for D-Bus");
    ck_assert_str_eq(value("18446744073709551615"), "the number is too large for D-Bus");
    ck_assert_str_eq(value("1e309"), "the number is too large for D-Bus");
    ck_assert_str_eq(value("-1e99999"), "the number is too large for D-Bus");
    ck_assert_str_eq(value("9223372036854775808.0"), "d 9.223372036854776e+18");
}
END_TEST

START_TEST(other_scalars_have_one_type_each)
{
    ck_assert_str_eq(value("true"), "b true");
    ck_assert_str_eq(value("false"), "b false");
    ck_assert_str_eq(value("null"), "ai null");
    ck_assert_str_eq(value("\"\""), "s \"\"");
    ck_assert_str_eq(value("\"60.5\""), "s \"60.5\"");
    ck_assert_str_eq(value("\"\\u03a9 \\ud83d\\ude00 \\/\\n\""), "s \"\xCE\xA9 \xF0\x9F\x98\x80 /\\n\"");
    ck_assert_str_eq(value("\"a\\u0000b\""), "a text with \\u0000 in it cannot be written");
}
END_TEST

START_TEST(arrays_have_elements_of_one_type)
{
    static const struct {
        const char *json, *written;
    } row[] = {
        {"[]", "au null"},
        {"[1,2]", "ai [1,2]"},
        {"[1,2147483648]", "ax [1,2147483648]"},
        {"[2147483648,1]", "ax [2147483648,1]"},
        {"[1.0,2e0]", "ad [1.0,2.0]"},
        {"[true]", "ab [true]"},
        {"[\"a\",\"\\u0062\"]", "as [\"a\",\"b\"]"},
        {"[[1],[2]]", "aai [[1],[2]]"},
        {"[null]", "aai [null]"},
        {"[null,[1]]", "aai [null,[1]]"},
        {"[[]]", "aau [null]"},
        {"[[],[]]", "aau [null,null]"},
        {"[[[\"a\"],[\"b\",\"c\"]],[[\"d\"]]]", "aaas [[[\"a\"],[\"b\",\"c\"]],[[\"d\"]]]"},
        {"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "aaaaaaaaaaaaaaaai [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"},
    };
    static const char *const mixed[] = {"[1,2.5]",     "[1,\"a\"]", "[true,1]", "[1,[1]]",     "[[1],1]",
                                        "[[1],[1.0]]", "[[],[1]]",  "[null,1]", "[[1],[[1]]]", "[[],null]"};

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(value(row[i].json), row[i].written);
    for (size_t i = 0; i < sizeof mixed / sizeof mixed[0]; i++)
        ck_assert_str_eq(value(mixed[i]), "the elements of an array must be of one type");
    ck_assert_str_eq(value("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), "arrays are nested too deep");
    ck_assert_str_eq(value("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), "arrays are nested too deep");
    ck_assert_str_eq(value("[{}]"), "an object cannot be written");
    ck_assert_str_eq(value("[9223372036854775808]"), "the number is too large for D-Bus");
    ck_assert_str_eq(value("[\"\\u0000\"]"), "a text with \\u0000 in it cannot be written");
}
END_TEST

START_TEST(only_an_object_with_a_value_is_a_write)
{
    static const struct {
        const char *payload, *written;
    } row[] = {
        {"{\"value\": -200}", "i -200"},
        {" \t\r\n{ \"value\" : 1 } \n", "i 1"},
        {"{\"max\":1,\"value\":2,\"min\":{\"a\":[]}}", "i 2"},
        {"{\"value\":1,\"value\":2.0}", "d 2.0"},
        {"{\"v\\u0061lue\":3}", "i 3"},
        {"{\"value\":{}}", "an object cannot be written"},
        {"{\"Value\":1}", "the object has no member \"value\""},
        {"{}", "the object has no member \"value\""},
        {"{\"a\":{\"value\":1}}", "the object has no member \"value\""},
        {"5", "the payload is not a JSON object"},
        {"[{\"value\":1}]", "the payload is not a JSON object"},
        {"", "the payload is not JSON"},
        {"{\"value\":1}x", "the payload is not JSON"},
        {"{\"value\":1}{\"value\":1}", "the payload is not JSON"},
        {"{\"value\":NaN}", "the payload is not JSON"},
        {"{\"value\":01}", "the payload is not JSON"},
        {"{\"value\":1", "the payload is not JSON"},
        {"{'value':1}", "the payload is not JSON"},
        {"{\"value\":\"\xFF\"}", "the payload is not JSON"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(text(row[i].payload), row[i].written);
}
END_TEST

/* The longest payload, of what grows most; one byte more; and more values than there is room for. */
START_TEST(a_payload_has_a_longest)
{
    static char payload[VENUS_PAYLOAD_MAX + 8];
    struct wp_writer w = wp_writer(payload, sizeof payload);

    wp_put_text(&w, "{\"value\":\"");
    while (w.n < VENUS_PAYLOAD_MAX - 2)
        wp_put_char(&w, 'a');
    wp_put_text(&w, "\"}");
    ck_assert_uint_eq(strlen(written(wp_written(&w))), 2 + VENUS_PAYLOAD_MAX - 10);
    ck_assert_str_eq(written(wp_slice(payload, VENUS_PAYLOAD_MAX + 1)), "the payload is too long");
    w.n = 0;
    wp_put_text(&w, "{\"value\":[[2147483648]");
    for (int i = 0; i < 500; i++)
        wp_put_text(&w, ",[0]");
    wp_put_text(&w, "]}");
    ck_assert_uint_eq(strlen(written(wp_written(&w))), 4 + w.n - strlen("{\"value\":}"));
    w.n = 0;
    wp_put_text(&w, "{\"value\":[0");
    for (int i = 0; i < VENUS_TOKENS_MAX; i++)
        wp_put_text(&w, ",0");
    wp_put_text(&w, "]}");
    ck_assert_str_eq(written(wp_written(&w)), "the payload is not JSON");
}
END_TEST

/* ---- keep-alive ----------------------------------------------------------------------------------------- */

static const char *asked(const char *payload)
{
    struct venus_keepalive k;
    struct wp_writer w = wp_writer(said, sizeof said);

    venus_keepalive_read(wp_text(payload), &room, &k);
    if (k.suppress)
        return "suppress";
    if (!k.has_echo)
        return "all";
    wp_put_char(&w, '"');
    wp_put_slice(&w, k.echo);
    wp_put_char(&w, '"');
    return wp_put_end(&w);
}

#define ECHO(text)    "{\"full-publish-completed-echo\":" text "}"
#define OPTIONS(text) "{ \"keepalive-options\" : [" text "] }"

START_TEST(a_keepalive_asks_for_everything_or_nothing)
{
    static const struct {
        const char *payload, *asked;
    } row[] = {
        {"", "all"},
        {"\n", "all"},
        {OPTIONS("\"suppress-republish\""), "suppress"},
        {"suppress-republish", "suppress"},
        {"xsuppress-republishx{[", "suppress"},
        {"suppress-republis", "all"},
        {"Suppress-republish", "all"},
        {OPTIONS("\"suppress-republish\"," ECHO("\"a\"")), "suppress"},
        {OPTIONS(ECHO("\"my suppress-republish\"")), "suppress"},
        {OPTIONS(ECHO("\"Ucq2YLVt6ZWdgUNf\"")), "\"Ucq2YLVt6ZWdgUNf\""},
        {OPTIONS(ECHO("\"\"")), "\"\""},
        {OPTIONS(ECHO("\"\\u00e9\\n\"")), "\"\xC3\xA9\n\""},
        {OPTIONS(ECHO("\"a\"") "," ECHO("\"b\"")), "\"b\""},
        {OPTIONS("\"other\"," ECHO("\"a\"") ",5"), "\"a\""},
        {OPTIONS(ECHO("\"a\"") "," ECHO("5") "," ECHO("\"b\"")), "\"a\""},
        {OPTIONS("{}," ECHO("\"b\"")), "all"},
        {OPTIONS(ECHO("5")), "all"},
        {OPTIONS(ECHO("null")), "all"},
        {OPTIONS("{\"other\":\"a\"}"), "all"},
        {"{\"keepalive-options\":" ECHO("\"a\"") "}", "all"},
        {"{\"keepalive-options\":\"a\"}", "all"},
        {"{\"Keepalive-options\":[" ECHO("\"a\"") "]}", "all"},
        {ECHO("\"a\""), "all"},
        {"[\"tank/+/Level\"]", "all"},
        {"[" OPTIONS(ECHO("\"a\"")) "]", "all"},
        {"{[\"a\"]}", "all"},
        {OPTIONS(ECHO("\"a\"")) "x", "all"},
        {"1", "all"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(strcmp(asked(row[i].payload), row[i].asked) == 0, "%s: %s", row[i].payload,
                      asked(row[i].payload));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_write");
    TCase *t = tcase_create("payloads");
    SRunner *r;
    int failed;

    tcase_add_test(t, the_text_of_a_number_decides_its_type);
    tcase_add_test(t, other_scalars_have_one_type_each);
    tcase_add_test(t, arrays_have_elements_of_one_type);
    tcase_add_test(t, only_an_object_with_a_value_is_a_write);
    tcase_add_test(t, a_payload_has_a_longest);
    tcase_add_test(t, a_keepalive_asks_for_everything_or_nothing);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
