/* What a machine asks the bus, and how a bus hands messages on. */
#include "sim/codec/dbus_bus.h"
#include "tests/dbus_rig.h"

static uint8_t memory[4096];
static struct wp_writer w;
static struct dbus_message m;

static void setup(void)
{
    w = wp_writer(memory, sizeof memory);
}

static void check_call(bool is_put, const char *member, const char *signature)
{
    DBusMessage *d;

    ck_assert(is_put);
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(dbus_is(&m, DBUS_CALL, DBUS_BUS, member));
    ck_assert(wp_slice_is(m.destination, DBUS_BUS) && wp_slice_is(m.path, DBUS_BUS_PATH));
    ck_assert(wp_slice_is(m.signature, signature));
    ck_assert_uint_eq(m.serial, 5);
    d = rig_demarshal(wp_written(&w));
    ck_assert_ptr_nonnull(d);
    ck_assert(dbus_message_is_method_call(d, DBUS_INTERFACE_DBUS, member));
    rig_compare_messages(&m, d);
    dbus_message_unref(d);
    setup();
}

START_TEST(the_bus_is_asked)
{
    const struct wp_slice name = wp_text("com.victronenergy.grid.cgwacs_ttyUSB0_di30_mb1");

    check_call(dbus_put_hello(&w, 5), "Hello", "");
    check_call(dbus_put_request_name(&w, 5, name, DBUS_NAME_DO_NOT_QUEUE), "RequestName", "su");
    check_call(dbus_put_release_name(&w, 5, name), "ReleaseName", "s");
    check_call(dbus_put_add_match(&w, 5, wp_text("type='signal'")), "AddMatch", "s");
    check_call(dbus_put_remove_match(&w, 5, wp_text("type='signal'")), "RemoveMatch", "s");
    check_call(dbus_put_list_names(&w, 5), "ListNames", "");
    check_call(dbus_put_get_name_owner(&w, 5, name), "GetNameOwner", "s");
    check_call(dbus_put_name_has_owner(&w, 5, wp_text(":1.1")), "NameHasOwner", "s");
}
END_TEST

START_TEST(what_is_no_name_is_not_asked_for)
{
    ck_assert(!dbus_put_request_name(&w, 5, wp_text(":1.1"), 0));
    ck_assert(!dbus_put_release_name(&w, 5, wp_text("grid")));
    ck_assert(!dbus_put_get_name_owner(&w, 5, wp_text("")));
    ck_assert(!dbus_put_add_match(&w, 5, wp_slice("\0", 1)));
    ck_assert(w.n == 0 && !w.full);
}
END_TEST

START_TEST(a_name_changes_hands)
{
    const struct dbus_owner_change change = {wp_text("com.victronenergy.grid"), wp_text(""), wp_text(":1.9")};
    struct dbus_owner_change read;
    uint8_t forged[512];
    struct wp_writer w_forged = wp_writer(forged, sizeof forged);

    ck_assert(dbus_put_owner_change(&w, 1, &change));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(dbus_read_owner_change(&m, &read));
    ck_assert(wp_slice_is(read.name, "com.victronenergy.grid"));
    ck_assert(read.before.n == 0 && wp_slice_is(read.after, ":1.9"));
    /* Who sends the same himself is not the bus. */
    ck_assert(dbus_put_from(&w_forged, &m, wp_text(":1.66")));
    ck_assert_int_eq(dbus_decode(wp_written(&w_forged), &m).status, WP_OK);
    ck_assert(!dbus_read_owner_change(&m, &read));
    setup();
    check_call(dbus_put_hello(&w, 5), "Hello", "");
    ck_assert(!dbus_read_owner_change(&m, &read));
}
END_TEST

START_TEST(a_call_without_interface_is_of_any)
{
    struct dbus_out out;

    dbus_begin_call(&out, &w, 1, wp_text("a.b"), wp_text("/"), wp_text(""), wp_text("GetItems"), "");
    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(dbus_is(&m, DBUS_CALL, "com.victronenergy.BusItem", "GetItems"));
    ck_assert(!dbus_is(&m, DBUS_CALL, "com.victronenergy.BusItem", "GetValue"));
    ck_assert(!dbus_is(&m, DBUS_SIGNAL, "com.victronenergy.BusItem", "GetItems"));
}
END_TEST

/* A message that is written with these fields, and with a body of `text`. */
static void put_message(struct wp_slice sender, const char *text, bool is_big)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .serial = 1,
                                   .path = wp_text("/Ac/Power"),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("PropertiesChanged"),
                                   .destination = wp_text(":1.2"),
                                   .sender = sender};
    struct dbus_out out;

    setup();
    dbus_begin(&out, &w, &head, "sx");
    dbus_put_text(&out, wp_text(text));
    dbus_put_int(&out, -1);
    ck_assert(dbus_end(&out));
    if (is_big)
        rig_swap_message(memory, "sx");
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
}

/* libdbus puts the sender into the same message: both say the same. */
static void check_from(const char *sender)
{
    static uint8_t handed_on[4096];
    struct wp_writer to = wp_writer(handed_on, sizeof handed_on);
    DBusMessage *d = rig_demarshal(m.whole);
    struct dbus_message after;

    ck_assert(dbus_put_from(&to, &m, wp_text(sender)));
    ck_assert_int_eq(dbus_decode(wp_written(&to), &after).status, WP_OK);
    ck_assert_uint_eq(after.whole.n, to.n);
    ck_assert(wp_slice_eq(after.body, m.body));
    ck_assert(after.is_big_endian == m.is_big_endian);
    ck_assert_ptr_nonnull(d);
    ck_assert(dbus_message_set_sender(d, sender));
    rig_compare_messages(&after, d);
    dbus_message_unref(d);
    for (size_t room = 0; room < to.n; room++) {
        struct wp_writer small = wp_writer(handed_on, room);

        ck_assert(!dbus_put_from(&small, &m, wp_text(sender)) && small.n == 0);
    }
}

START_TEST(a_bus_says_who_sent_it)
{
    static const char *const claimed[] = {"", ":1.1", ":1.4242424242", "com.victronenergy.system"};

    for (size_t i = 0; i < 4; i++)
        for (int is_big = 0; is_big < 2; is_big++) {
            put_message(wp_text(claimed[i]), "something", is_big);
            check_from(":1.42");
            check_from(":1.1000000000");
        }
    ck_assert(!dbus_put_from(&w, &m, wp_text("nobody")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus_bus");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, the_bus_is_asked);
    tcase_add_test(tcase, what_is_no_name_is_not_asked_for);
    tcase_add_test(tcase, a_name_changes_hands);
    tcase_add_test(tcase, a_call_without_interface_is_of_any);
    tcase_add_test(tcase, a_bus_says_who_sent_it);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
