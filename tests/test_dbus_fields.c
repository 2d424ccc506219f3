/* What is said of a message: its fields, in their order and where they stand, and which message answers which. covers:
 * dbus_turn */
#include "harness/fields.h"
#include "sim/codec/dbus_bus.h"
#include "tests/dbus_rig.h"

static uint8_t memory[RIG_MESSAGE_MAX];
static char text[1 << 22];
static struct wp_writer w;
static struct dbus_out out;
static struct dbus_message m;

static void setup(void)
{
    w = wp_writer(memory, sizeof memory);
}

static void begin(const char *signature)
{
    setup();
    dbus_begin_signal(&out, &w, 3, wp_text("/Ac/Power"), wp_text("com.victronenergy.BusItem"),
                      wp_text("PropertiesChanged"), signature);
}

static void finish(void)
{
    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
}

static const char *line(void)
{
    struct wp_writer to = wp_writer(text, sizeof text);

    fields_put_line(&to, &dbus_codec, &m);
    return wp_put_end(&to);
}

static void put_entry(const char *key, struct wp_value v)
{
    dbus_open(&out);
    dbus_put_text(&out, wp_text(key));
    dbus_put_variant(&out, v);
    dbus_close(&out);
}

START_TEST(a_change_is_one_line)
{
    begin("a{sv}");
    dbus_open(&out);
    put_entry("Value", wp_real(936.0));
    put_entry("Text", wp_text_value(wp_text("936W")));
    put_entry("Min", wp_null());
    dbus_close(&out);
    finish();
    ck_assert_str_eq(line(), "dbus type=signal flags=1 no_reply_expected=true serial=3 path=/Ac/Power "
                             "interface=com.victronenergy.BusItem member=PropertiesChanged signature=a{sv} "
                             "body.0.dict=3 body.0.0.key=Value body.0.0.double=936.0 body.0.1.key=Text "
                             "body.0.1.string=936W body.0.2.key=Min body.0.2.array=0 body.0.2.of=i");
}
END_TEST

START_TEST(people_read_a_tree)
{
    struct wp_writer to = wp_writer(text, sizeof text);

    begin("a{sa{sv}}y");
    dbus_open(&out);
    dbus_open(&out);
    dbus_put_text(&out, wp_text("/Ac/Power"));
    dbus_open(&out);
    put_entry("Value", wp_int(-3));
    dbus_close(&out);
    dbus_close(&out);
    dbus_close(&out);
    dbus_put_uint(&out, 7);
    finish();
    fields_put_tree(&to, &dbus_codec, &m);
    ck_assert_str_eq(wp_put_end(&to), "dbus\n"
                                      "  type signal\n"
                                      "  flags 1\n"
                                      "  no_reply_expected true\n"
                                      "  serial 3\n"
                                      "  path /Ac/Power\n"
                                      "  interface com.victronenergy.BusItem\n"
                                      "  member PropertiesChanged\n"
                                      "  signature a{sa{sv}}y\n"
                                      "  body\n"
                                      "    0  dict 1\n"
                                      "      0  key /Ac/Power  dict 1\n"
                                      "        0  key Value  int32 -3\n"
                                      "    1  byte 7");
}
END_TEST

START_TEST(programs_read_json)
{
    struct wp_writer to = wp_writer(text, sizeof text);
    struct dbus_message call = {.serial = 9, .sender = wp_text(":1.7")};

    ck_assert(dbus_put_error(&w, 4, &call, DBUS_FAULT("UnknownMethod"), wp_text("no")));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    fields_put_json(&to, &dbus_codec, &m);
    ck_assert_str_eq(
        wp_put_end(&to),
        "{\"type\":\"error\",\"flags\":1,\"no_reply_expected\":true,\"serial\":4,\"reply_serial\":9,"
        "\"destination\":\":1.7\",\"error_name\":\"org.freedesktop.DBus.Error.UnknownMethod\","
        "\"signature\":\"s\",\"body\":{\"0\":{\"string\":\"no\"}}}");
}
END_TEST

START_TEST(every_type_has_its_name)
{
    begin("ybnqiuxtdogay(v)avaad");
    dbus_put_uint(&out, 255);
    dbus_put_bool(&out, false);
    dbus_put_int(&out, -1);
    dbus_put_uint(&out, 1);
    dbus_put_int(&out, -2);
    dbus_put_uint(&out, 2);
    dbus_put_int(&out, INT64_MIN);
    dbus_put_uint(&out, UINT64_MAX);
    dbus_put_double(&out, 1.0 / 0.0);
    dbus_put_text(&out, wp_text("/"));
    dbus_put_text(&out, wp_text("ai"));
    dbus_put_value(&out, wp_bytes_value(wp_slice("\1\2", 2)));
    dbus_open(&out);
    dbus_put_variant(&out, wp_bool(true));
    dbus_close(&out);
    dbus_open(&out);
    dbus_put_variant(&out, wp_int(1));
    dbus_put_variant(&out, wp_text_value(wp_text("")));
    dbus_close(&out);
    dbus_open(&out);
    dbus_open(&out);
    dbus_close(&out);
    dbus_close(&out);
    finish();
    ck_assert_str_eq(strstr(line(), " body.") + 1,
                     "body.0.byte=255 body.1.boolean=false body.2.int16=-1 body.3.uint16=1 body.4.int32=-2 "
                     "body.5.uint32=2 body.6.int64=-9223372036854775808 body.7.uint64=18446744073709551615 "
                     "body.8.double=Infinity body.9.object_path=/ body.10.signature=ai body.11.bytes=0102 "
                     "body.12.struct=1 body.12.0.boolean=true body.13.array=2 body.13.0.int32=1 "
                     "body.13.1.string=\"\" body.14.array=1 body.14.0.array=0 body.14.0.of=d");
}
END_TEST

/* A field that stands on the wire stands there. */
static void check_place(void *ctx, const struct wp_field *field)
{
    const uint8_t *p = m.whole.p + field->first;

    (void)ctx;
    ck_assert_uint_le(field->first + field->len, m.whole.n);
    if (field->len == 0)
        return;
    if (field->value.kind == WP_TEXT && field->len > 1)
        ck_assert_msg(wp_slice_eq(field->value.bytes, wp_slice(p, field->len)), "%s", field->path);
    if (field->value.kind == WP_DECIMAL)
        ck_assert_msg(field->value.num < 0 ||
                          (field->value.num & 0xFF) == (m.is_big_endian ? p[field->len - 1] : *p),
                      "%s", field->path);
}

START_TEST(fields_stand_where_they_say)
{
    struct wp_random r = wp_random(9);
    char signature[DBUS_NAME_MAX + 1];

    for (size_t i = 0; i < 200; i++) {
        begin(rig_signature(&r, signature, 3));
        while (dbus_wants(&out))
            rig_put(&r, &out, 0);
        finish();
        dbus_fields(&m, check_place, NULL);
        ck_assert(strlen(line()) < sizeof text - 1);
        rig_swap_message(memory, signature);
        ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
        dbus_fields(&m, check_place, NULL);
        ck_assert_ptr_nonnull(strstr(line(), " byte_order=big-endian "));
    }
}
END_TEST

static char ids[256];

static void add_id(void *ctx, const struct wp_field *field)
{
    (void)ctx;
    if (field->role != WP_ROLE_ID)
        return;
    strcat(ids, field->path);
    strcat(ids, " ");
}

/* Serials and given names stand for one device: whoever shares a capture has to change them. */
START_TEST(what_names_a_device_is_an_id)
{
    begin("a{sa{sv}}as");
    dbus_open(&out);
    for (size_t i = 0; i < 3; i++) {
        static const char *const paths[] = {"/Ac/Power", "/Ac/Serial/Length", "/Serial"};

        dbus_open(&out);
        dbus_put_text(&out, wp_text(paths[i]));
        dbus_open(&out);
        put_entry("Value", wp_text_value(wp_text("x")));
        put_entry("Text", wp_text_value(wp_text("y")));
        dbus_close(&out);
        dbus_close(&out);
    }
    dbus_close(&out);
    dbus_open(&out);
    dbus_put_text(&out, wp_text("z"));
    dbus_close(&out);
    finish();
    ids[0] = 0;
    dbus_fields(&m, add_id, NULL);
    ck_assert_str_eq(ids, "body.0.2.0.string body.0.2.1.string ");
    setup();
    dbus_begin_call(&out, &w, 1, wp_text("a.b"), wp_text("/CustomName"), wp_text("com.victronenergy.BusItem"),
                    wp_text("SetValue"), "v");
    dbus_put_variant(&out, wp_text_value(wp_text("shed")));
    finish();
    ids[0] = 0;
    dbus_fields(&m, add_id, NULL);
    ck_assert_str_eq(ids, "body.0.string ");
}
END_TEST

/* What would have too long a path, or is too much, is counted. */
START_TEST(the_deepest_and_the_largest_body_are_bounded)
{
    begin("v");
    for (size_t i = 0; i < 21; i++) {
        dbus_open_variant(&out, "av");
        dbus_open(&out);
    }
    dbus_put_variant(&out, wp_int(1));
    for (size_t i = 0; i < 42; i++)
        dbus_close(&out);
    finish();
    ck_assert_ptr_nonnull(strstr(line(), ".0.int32=1"));
    begin("an");
    dbus_open(&out);
    for (size_t i = 0; i < 70000; i++)
        dbus_put_int(&out, 1);
    dbus_close(&out);
    finish();
    ck_assert_ptr_nonnull(strstr(line(), " body.hidden=4465"));
    ck_assert_ptr_nonnull(strstr(line(), " body.0.65534.int16=1 body.hidden"));
}
END_TEST

/* ---- questions and answers ------------------------------------------------------------------------------ */

static struct wp_turn turn_of(uint8_t type, uint8_t flags, uint32_t serial, uint32_t reply_serial,
                              const char *sender, const char *destination)
{
    const struct dbus_head head = {.type = type,
                                   .flags = flags,
                                   .serial = serial,
                                   .reply_serial = reply_serial,
                                   .path = wp_text("/"),
                                   .interface = wp_text("a.b"),
                                   .member = wp_text("c"),
                                   .error_name = wp_text(type == DBUS_ERROR ? "a.b" : ""),
                                   .sender = wp_text(sender),
                                   .destination = wp_text(destination)};

    setup();
    dbus_begin(&out, &w, &head, "");
    finish();
    return dbus_codec.turn(&m);
}

START_TEST(a_reply_answers_its_call)
{
    const struct wp_turn call = turn_of(DBUS_CALL, 0, 5, 0, ":1.7", "com.victronenergy.grid");
    const struct wp_turn reply = turn_of(DBUS_RETURN, 1, 90, 5, ":1.9", ":1.7");
    const struct wp_turn error = turn_of(DBUS_ERROR, 1, 90, 5, ":1.9", ":1.7");
    const struct wp_turn other = turn_of(DBUS_RETURN, 1, 90, 6, ":1.9", ":1.7");
    const struct wp_turn others = turn_of(DBUS_RETURN, 1, 90, 5, ":1.9", ":1.8");
    const struct wp_turn early = turn_of(DBUS_CALL, 0, 5, 0, "", "com.victronenergy.grid");

    ck_assert_int_eq(call.kind, WP_TURN_ASKS);
    ck_assert_int_eq(reply.kind, WP_TURN_ANSWERS);
    ck_assert_int_eq(error.kind, WP_TURN_ANSWERS);
    ck_assert(dbus_answers(&reply, &call) && dbus_answers(&error, &call) && dbus_answers(&reply, &early));
    ck_assert(!dbus_answers(&other, &call) && !dbus_answers(&others, &call));
    ck_assert_int_eq(turn_of(DBUS_CALL, DBUS_NO_REPLY, 5, 0, ":1.7", "a.b").kind, WP_TURN_ALONE);
    ck_assert_int_eq(turn_of(DBUS_SIGNAL, 1, 5, 0, ":1.7", "").kind, WP_TURN_ALONE);
}
END_TEST

/* Few bytes say little; the first field, and the whole message, say it. */
START_TEST(a_message_is_known_by_its_bytes)
{
    begin("s");
    dbus_put_text(&out, wp_text("x"));
    finish();
    for (size_t n = 0; n < w.n; n++)
        ck_assert_int_eq(dbus_codec.probe(wp_slice(memory, n)), WP_PROBE_MORE);
    ck_assert_int_eq(dbus_codec.probe(wp_written(&w)), WP_PROBE_YES);
    memory[17] = 9;
    ck_assert_int_eq(dbus_codec.probe(wp_slice(memory, 20)), WP_PROBE_NO);
    memory[16] = 0;
    ck_assert_int_eq(dbus_codec.probe(wp_slice(memory, 17)), WP_PROBE_NO);
    ck_assert_int_eq(dbus_codec.probe(wp_text("login: ")), WP_PROBE_NO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus_fields");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_change_is_one_line);
    tcase_add_test(tcase, people_read_a_tree);
    tcase_add_test(tcase, programs_read_json);
    tcase_add_test(tcase, every_type_has_its_name);
    tcase_add_test(tcase, fields_stand_where_they_say);
    tcase_add_test(tcase, what_names_a_device_is_an_id);
    tcase_add_test(tcase, the_deepest_and_the_largest_body_are_bounded);
    tcase_add_test(tcase, a_reply_answers_its_call);
    tcase_add_test(tcase, a_message_is_known_by_its_bytes);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
