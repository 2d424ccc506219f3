/* Messages that machines write: libdbus takes each, and what may not be said is taken back. covers: dbus_put, dbus_iter */
#include "sim/codec/dbus_bus.h"
#include "tests/dbus_rig.h"

enum { MEMORY = 8192 };

static uint8_t memory[MEMORY];
static struct wp_writer w;
static struct dbus_out out;
static struct dbus_message m;
static struct dbus_iter it;

static void setup(void)
{
    w = wp_writer(memory, sizeof memory);
}

/* The message is whole, both read it, and the cursor stands at its front. */
static void finish(void)
{
    DBusMessage *d;

    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert_uint_eq(m.whole.n, w.n);
    d = rig_demarshal(wp_written(&w));
    ck_assert_ptr_nonnull(d);
    rig_compare_messages(&m, d);
    dbus_message_unref(d);
    dbus_iter(&it, &m);
}

static void begin(const char *signature)
{
    setup();
    dbus_begin_call(&out, &w, 1, wp_text("com.victronenergy.grid"), wp_text("/"),
                    wp_text("com.victronenergy.BusItem"), wp_text("SetValue"), signature);
}

/* What was begun is not sent, and what the writer held before is as it was. */
static void check_taken_back(void)
{
    ck_assert(!dbus_end(&out));
    ck_assert_uint_eq(w.n, 0);
    ck_assert(!w.full);
}

START_TEST(a_change_is_told)
{
    struct wp_value v;

    dbus_begin_signal(&out, &w, 3, wp_text("/Ac/Power"), wp_text("com.victronenergy.BusItem"),
                      wp_text("PropertiesChanged"), "a{sv}");
    dbus_open(&out);
    dbus_open(&out);
    dbus_put_text(&out, wp_text("Value"));
    dbus_put_variant(&out, wp_real(936.0));
    dbus_close(&out);
    dbus_open(&out);
    dbus_put_text(&out, wp_text("Text"));
    dbus_put_variant(&out, wp_text_value(wp_text("936W")));
    dbus_close(&out);
    dbus_close(&out);
    finish();
    ck_assert(dbus_is(&m, DBUS_SIGNAL, "com.victronenergy.BusItem", "PropertiesChanged"));
    ck_assert_int_eq(m.flags, DBUS_NO_REPLY);
    ck_assert(dbus_enter(&it) && dbus_enter(&it));
    ck_assert(wp_slice_is(dbus_get_text(&it), "Value"));
    ck_assert(dbus_get_value(&it, &v) && v.kind == WP_REAL && v.real == 936.0);
    ck_assert_int_eq(dbus_next_type(&it), 0);
    dbus_leave(&it);
    dbus_leave(&it); /* the second entry is not looked at */
    ck_assert_int_eq(dbus_next_type(&it), 0);
    ck_assert(it.depth == 0 && !it.wrong);
}
END_TEST

/* Each value as the type that it has by itself. */
START_TEST(values_have_types_of_their_own)
{
    const struct {
        struct wp_value value;
        const char *type;
    } rows[] = {
        {wp_null(), "ai"},
        {wp_bool(true), "b"},
        {wp_int(-5), "i"},
        {wp_int(INT32_MIN), "i"},
        {wp_int((int64_t)INT32_MAX + 1), "x"},
        {wp_int(INT64_MIN), "x"},
        {wp_uint(UINT64_MAX), "t"},
        {wp_decimal(1050, -1), "d"},
        {wp_decimal(1, 2), "d"},
        {wp_real(-0.0), "d"},
        {wp_text_value(wp_text("on")), "s"},
        {wp_bytes_value(wp_text("\1\2")), "ay"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wp_value v;

        begin("v");
        dbus_put_variant(&out, rows[i].value);
        finish();
        dbus_enter(&it);
        ck_assert_msg(wp_slice_is(dbus_next_signature(&it), rows[i].type), "row %zu", i);
        if (rows[i].value.kind == WP_BYTES)
            continue;
        ck_assert(dbus_get_value(&it, &v));
        ck_assert_msg(wp_value_eq(v, rows[i].value), "row %zu", i);
    }
}
END_TEST

/* A number goes where it is held exactly. */
START_TEST(numbers_go_into_the_type_that_is_asked_for)
{
    const struct {
        const char *type;
        struct wp_value value;
        bool fits;
    } rows[] = {
        {"y", wp_int(255), true},
        {"y", wp_int(256), false},
        {"y", wp_int(-1), false},
        {"n", wp_int(-32768), true},
        {"n", wp_int(-32769), false},
        {"n", wp_int(32768), false},
        {"q", wp_int(65535), true},
        {"q", wp_int(65536), false},
        {"i", wp_int(INT32_MIN), true},
        {"i", wp_int(1LL << 31), false},
        {"u", wp_int(1LL << 31), true},
        {"u", wp_int(1LL << 32), false},
        {"x", wp_int(INT64_MIN), true},
        {"x", wp_uint(UINT64_MAX), false},
        {"t", wp_uint(UINT64_MAX), true},
        {"t", wp_int(-1), false},
        {"i", wp_decimal(500, -1), true},
        {"i", wp_decimal(505, -1), false},
        {"d", wp_decimal(505, -1), true},
        {"d", wp_int(7), true},
        {"i", wp_real(5.0), false},
        {"b", wp_int(1), false},
        {"b", wp_bool(false), true},
        {"s", wp_int(1), false},
        {"s", wp_bool(true), false},
        {"i", wp_null(), false},
        {"ad", wp_null(), true},
        {"ad", wp_int(1), false},
        {"o", wp_text_value(wp_text("/A")), true},
        {"o", wp_text_value(wp_text("A")), false},
        {"g", wp_text_value(wp_text("a{sv}")), true},
        {"g", wp_text_value(wp_text("a")), false},
        {"(ii)", wp_int(1), false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].type);
        dbus_put_value(&out, rows[i].value);
        ck_assert_int_eq(dbus_wants(&out), 0);
        if (rows[i].fits)
            finish();
        else
            check_taken_back();
        begin("v");
        dbus_put_variant_as(&out, rows[i].type, rows[i].value);
        ck_assert_msg(dbus_end(&out) == rows[i].fits, "row %zu", i);
    }
}
END_TEST

START_TEST(what_may_not_be_said_is_taken_back)
{
    begin("s");
    dbus_put_text(&out, wp_slice("a\0b", 3));
    check_taken_back();
    begin("s");
    dbus_put_text(&out, wp_text("\xC3"));
    check_taken_back();
    dbus_begin_call(&out, &w, 1, wp_text("com.victronenergy.grid"), wp_text("/Ac/"), wp_text("a.b"),
                    wp_text("c"), "");
    check_taken_back();
    dbus_begin_call(&out, &w, 1, wp_text("grid"), wp_text("/"), wp_text("a.b"), wp_text("c"), "");
    check_taken_back();
    dbus_begin_call(&out, &w, 1, wp_text("a.b"), wp_text(""), wp_text("a.b"), wp_text("c"), "");
    check_taken_back();
    dbus_begin_signal(&out, &w, 1, wp_text("/"), wp_text(""), wp_text("c"), "");
    check_taken_back();
}
END_TEST

/* However little room there is: nothing is written beyond it, and nothing stays. */
START_TEST(a_full_writer_holds_what_it_held)
{
    static const char before[] = "before";
    size_t whole;

    begin("a{sv}");
    dbus_open(&out);
    dbus_open(&out);
    dbus_put_text(&out, wp_text("Value"));
    dbus_put_variant(&out, wp_null());
    dbus_close(&out);
    dbus_close(&out);
    finish();
    whole = w.n;
    for (size_t room = 0; room < whole; room++) {
        uint8_t *exact = malloc(sizeof before + room);

        ck_assert_ptr_nonnull(exact);
        w = wp_writer(exact, sizeof before + room);
        wp_put_slice(&w, wp_slice(before, sizeof before));
        dbus_begin_call(&out, &w, 1, wp_text("com.victronenergy.grid"), wp_text("/"),
                        wp_text("com.victronenergy.BusItem"), wp_text("SetValue"), "a{sv}");
        dbus_open(&out);
        dbus_open(&out);
        dbus_put_text(&out, wp_text("Value"));
        dbus_put_variant(&out, wp_null());
        dbus_close(&out);
        dbus_close(&out);
        ck_assert(!dbus_end(&out) && w.full);
        ck_assert(wp_slice_eq(wp_written(&w), wp_slice(before, sizeof before)));
        free(exact);
    }
}
END_TEST

/* Its place in the writer is no matter: everything is counted from its first byte. */
START_TEST(a_message_begins_anywhere)
{
    for (size_t front = 0; front < 9; front++) {
        setup();
        w.n = front;
        dbus_begin_signal(&out, &w, 1, wp_text("/"), wp_text("a.b"), wp_text("c"), "yx");
        dbus_put_uint(&out, 1);
        dbus_put_int(&out, -2);
        ck_assert(dbus_end(&out));
        ck_assert_int_eq(dbus_decode(wp_slice_from(wp_written(&w), front), &m).status, WP_OK);
    }
}
END_TEST

START_TEST(a_call_is_answered)
{
    struct dbus_message call;
    uint8_t asked[256];
    struct wp_writer w_call = wp_writer(asked, sizeof asked);
    const struct dbus_head head = {.type = DBUS_CALL,
                                   .serial = 8,
                                   .path = wp_text("/"),
                                   .member = wp_text("GetItems"),
                                   .sender = wp_text(":1.7")};

    dbus_begin(&out, &w_call, &head, "");
    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&w_call), &call).status, WP_OK);
    dbus_begin_reply(&out, &w, 2, &call, "i");
    dbus_put_int(&out, 0);
    finish();
    ck_assert(m.type == DBUS_RETURN && m.reply_serial == 8 && wp_slice_is(m.destination, ":1.7"));
    setup();
    ck_assert(dbus_put_error(&w, 3, &call, DBUS_FAULT("UnknownObject"), wp_text("no such path")));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(m.type == DBUS_ERROR && m.reply_serial == 8);
    ck_assert(wp_slice_is(m.error_name, "org.freedesktop.DBus.Error.UnknownObject"));
    dbus_iter(&it, &m);
    ck_assert(wp_slice_is(dbus_get_text(&it), "no such path"));
}
END_TEST

/* ---- reading -------------------------------------------------------------------------------------------- */

START_TEST(a_reader_that_asks_for_another_type_is_told)
{
    begin("sub");
    dbus_put_text(&out, wp_text("x"));
    dbus_put_uint(&out, 7);
    dbus_put_bool(&out, true);
    finish();
    ck_assert_uint_eq(dbus_get_u32(&it), 0);
    ck_assert(it.wrong && dbus_next_type(&it) == 's');
    it.wrong = false;
    ck_assert(wp_slice_is(dbus_get_text(&it), "x"));
    ck_assert_uint_eq(dbus_get_u8(&it), 0);
    ck_assert_int_eq(dbus_get_i32(&it), 0);
    ck_assert(!dbus_enter(&it) && it.wrong);
    it.wrong = false;
    ck_assert_uint_eq(dbus_get_u32(&it), 7);
    ck_assert(dbus_get_bool(&it) && !it.wrong);
    ck_assert_ptr_null(dbus_get_text(&it).p);
    ck_assert(it.wrong);
    it.wrong = false;
    dbus_skip(&it);
    ck_assert(it.wrong);
    dbus_leave(&it);
    ck_assert_uint_eq(dbus_next_signature(&it).n, 0);
}
END_TEST

/* An empty array of whatever type is no value; of others somebody else has to say what they are. */
START_TEST(an_empty_array_is_null)
{
    struct wp_value v;

    begin("vvv");
    dbus_put_variant(&out, wp_null());
    dbus_put_variant_as(&out, "a{sv}", wp_null());
    dbus_open_variant(&out, "au");
    dbus_open(&out);
    dbus_put_uint(&out, 1);
    dbus_close(&out);
    dbus_close(&out);
    finish();
    ck_assert(dbus_get_value(&it, &v) && v.kind == WP_NULL);
    ck_assert(dbus_get_value(&it, &v) && v.kind == WP_NULL);
    ck_assert(!dbus_get_value(&it, &v) && !it.wrong);
    ck_assert_int_eq(dbus_next_type(&it), 'v');
    dbus_skip(&it);
    ck_assert(!dbus_get_value(&it, &v) && it.wrong);
}
END_TEST

START_TEST(a_tree_is_kept_and_said_again)
{
    uint8_t kept[64], little[8];
    struct wp_writer small = wp_writer(little, sizeof little), k = wp_writer(kept, sizeof kept);
    struct dbus_iter tree;
    struct wp_value v;

    begin("yv");
    dbus_put_uint(&out, 1);
    dbus_open_variant(&out, "ax");
    dbus_open(&out);
    dbus_put_int(&out, 41);
    dbus_put_int(&out, 42);
    dbus_close(&out);
    dbus_close(&out);
    finish();
    ck_assert_int_eq(dbus_get_u8(&it), 1);
    ck_assert(!dbus_get_tree(&it, &small, &v) && small.full && small.n == 0);
    dbus_iter(&it, &m);
    dbus_skip(&it);
    ck_assert(dbus_get_tree(&it, &k, &v) && v.kind == WP_TREE);
    ck_assert_int_eq(dbus_next_type(&it), 0);
    /* 02 "ax" 00 | 10 00 00 00 | 41 8 | 42 8 */
    ck_assert_uint_eq(v.bytes.n, 4 + 4 + 16);
    dbus_tree_iter(&tree, v.bytes);
    ck_assert(wp_slice_is(dbus_next_signature(&tree), "ax"));
    ck_assert(dbus_enter(&tree));
    dbus_skip(&tree);
    ck_assert(dbus_get_value(&tree, &v) && v.num == 42);
    begin("axv");
    v = (struct wp_value){.kind = WP_TREE, .bytes = wp_written(&k)};
    dbus_put_value(&out, v);
    dbus_put_value(&out, v);
    finish();
    begin("ai");
    dbus_put_value(&out, v);
    check_taken_back();
}
END_TEST

/* What a client wrote as JSON becomes a tree without a message around it. */
START_TEST(a_tree_is_made_of_values)
{
    uint8_t kept[64];
    struct wp_writer k = wp_writer(kept, sizeof kept);
    struct wp_value v;

    dbus_begin_tree(&out, &k);
    dbus_open_variant(&out, "ai");
    dbus_open(&out);
    dbus_put_int(&out, 1);
    dbus_put_int(&out, 2);
    dbus_close(&out);
    dbus_close(&out);
    ck_assert(dbus_end_tree(&out, &v) && v.kind == WP_TREE);
    begin("v");
    dbus_put_variant(&out, v);
    finish();
    dbus_begin_tree(&out, &k);
    dbus_put_variant(&out, wp_text_value(wp_text("\xFF")));
    ck_assert(!dbus_end_tree(&out, &v));
    ck_assert_uint_eq(k.n, v.bytes.n);
}
END_TEST

/* Whoever nests a value deeper than messages go is refused, wherever it came from. */
START_TEST(what_is_nested_too_deep_is_taken_back)
{
    begin("v");
    for (size_t i = 1; i < DBUS_DEPTH_MAX; i++)
        dbus_open_variant(&out, "v");
    dbus_put_variant(&out, wp_int(1));
    for (size_t i = 1; i < DBUS_DEPTH_MAX; i++)
        dbus_close(&out);
    finish();
    begin("v");
    for (size_t i = 1; i < DBUS_DEPTH_MAX; i++)
        dbus_open_variant(&out, "v");
    dbus_put_variant(&out, wp_null());
    for (size_t i = 1; i < DBUS_DEPTH_MAX; i++)
        dbus_close(&out);
    check_taken_back();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus_out");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_change_is_told);
    tcase_add_test(tcase, values_have_types_of_their_own);
    tcase_add_test(tcase, numbers_go_into_the_type_that_is_asked_for);
    tcase_add_test(tcase, what_may_not_be_said_is_taken_back);
    tcase_add_test(tcase, a_full_writer_holds_what_it_held);
    tcase_add_test(tcase, a_message_begins_anywhere);
    tcase_add_test(tcase, a_call_is_answered);
    tcase_add_test(tcase, a_reader_that_asks_for_another_type_is_told);
    tcase_add_test(tcase, an_empty_array_is_null);
    tcase_add_test(tcase, a_tree_is_kept_and_said_again);
    tcase_add_test(tcase, a_tree_is_made_of_values);
    tcase_add_test(tcase, what_is_nested_too_deep_is_taken_back);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
