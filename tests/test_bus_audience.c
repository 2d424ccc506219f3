/* Who gets what on a bus, from what is said on it alone. */
#include "sim/world/bus_audience.h"

#include <check.h>
#include <stdlib.h>

#define GRID "com.victronenergy.grid.ttyUSB0"

static uint8_t memory[2048];
static struct dbus_message m;
static struct bus_audience audience;

static void teardown(void)
{
    audience_clear(&audience);
}

/* ---- what is said ----------------------------------------------------------------------------------- */

static struct wp_writer fresh(void)
{
    return wp_writer(memory, sizeof memory);
}

static void learn(const struct wp_writer *w)
{
    ck_assert_int_eq(dbus_decode(wp_written(w), &m).status, WP_OK);
    audience_learn(&audience, &m);
}

/* The bus says so to all. */
static void owner_changes(const char *name, const char *before, const char *after)
{
    const struct dbus_owner_change change = {wp_text(name), wp_text(before), wp_text(after)};
    uint8_t plain[1024];
    struct wp_writer w = wp_writer(plain, sizeof plain), from = fresh();

    ck_assert(dbus_put_owner_change(&w, 7, &change));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(dbus_put_from(&from, &m, wp_text(DBUS_BUS)));
    learn(&from);
}

static void asks(const char *sender, bool (*put)(struct wp_writer *w, uint32_t serial, struct wp_slice rule),
                 const char *rule)
{
    uint8_t plain[1024];
    struct wp_writer w = wp_writer(plain, sizeof plain), from = fresh();

    ck_assert(put(&w, 3, wp_text(rule)));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(dbus_put_from(&from, &m, wp_text(sender)));
    learn(&from);
}

/* A signal of `sender`; whoever is asked about next is asked about it. */
static void signals(const char *sender, const char *path)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .serial = 9,
                                   .path = wp_text(path),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("PropertiesChanged"),
                                   .sender = wp_text(sender)};
    struct wp_writer w = fresh();
    struct dbus_out out;

    dbus_begin(&out, &w, &head, "s");
    dbus_put_text(&out, wp_text("x"));
    ck_assert(dbus_end(&out));
    learn(&w);
}

/* ---- what is known ---------------------------------------------------------------------------------- */

static const struct audience_member *owner(const char *name)
{
    return audience_owner(&audience, wp_text(name));
}

static void is_owned_by(const char *name, const char *unique)
{
    const struct audience_member *of = owner(name);

    ck_assert_msg(of != NULL, "nobody has %s", name);
    ck_assert_str_eq(of->name, unique);
}

static bool wants(const char *unique)
{
    return audience_wants(&audience, audience_at(&audience, wp_text(unique)), &m);
}

START_TEST(numbers_are_those_that_dbus_daemon_counts)
{
    static const char *const none[] = {"",     ":1.",   ":1",    ":2.7",           "1.7",
                                       ":1.x", ":1.7 ", ":1.-7", ":1.99999999999", GRID};
    size_t n = 0;

    ck_assert(audience_number(wp_text(":1.0"), &n));
    ck_assert_uint_eq(n, 0);
    ck_assert(audience_number(wp_text(":1.4711"), &n));
    ck_assert_uint_eq(n, 4711);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert_msg(!audience_number(wp_text(none[i]), &n), "%s", none[i]);
        ck_assert_ptr_null(audience_at(&audience, wp_text(none[i])));
    }
    ck_assert_uint_eq(n, 4711);
}
END_TEST

/* A connection is there from its unique name on until that is gone. */
START_TEST(connections_come_and_go)
{
    ck_assert_ptr_null(owner(":1.3"));
    owner_changes(":1.3", "", ":1.3");
    is_owned_by(":1.3", ":1.3");
    ck_assert_ptr_null(owner(":1.2")); /* nobody has heard of it */
    owner_changes(":1.3", ":1.3", "");
    ck_assert_ptr_null(owner(":1.3"));
}
END_TEST

START_TEST(a_name_is_its_last_owners)
{
    owner_changes(":1.3", "", ":1.3");
    owner_changes(":1.4", "", ":1.4");
    ck_assert_ptr_null(owner(GRID));
    owner_changes(GRID, "", ":1.3");
    is_owned_by(GRID, ":1.3");
    owner_changes(GRID, ":1.3", ":1.4");
    is_owned_by(GRID, ":1.4");
    owner_changes(GRID, ":1.4", "");
    ck_assert_ptr_null(owner(GRID));
}
END_TEST

/* By the name that it got first it is called in records. */
START_TEST(the_first_name_is_what_it_is_called)
{
    owner_changes(":1.3", "", ":1.3");
    ck_assert_uint_eq(audience_well_known(&audience, owner(":1.3")).n, 0);
    owner_changes("com.b", "", ":1.3");
    owner_changes("com.a", "", ":1.3");
    ck_assert(wp_slice_is(audience_well_known(&audience, owner(":1.3")), "com.b"));
    owner_changes("com.b", ":1.3", "");
    ck_assert(wp_slice_is(audience_well_known(&audience, owner(":1.3")), "com.a"));
}
END_TEST

START_TEST(a_signal_is_for_those_who_asked)
{
    owner_changes(":1.3", "", ":1.3");
    owner_changes(":1.4", "", ":1.4");
    owner_changes(":1.9", "", ":1.9");
    owner_changes(GRID, "", ":1.9");
    asks(":1.3", dbus_put_add_match, "type='signal',sender='" GRID "',path_namespace='/Ac'");
    signals(":1.9", "/Ac/Power");
    ck_assert(wants(":1.3")); /* the rule says the name, the signal who has it */
    ck_assert(!wants(":1.4"));
    signals(":1.9", "/Dc/Power");
    ck_assert(!wants(":1.3"));
    owner_changes(GRID, ":1.9", ":1.4");
    signals(":1.9", "/Ac/Power");
    ck_assert(!wants(":1.3"));
    signals(":1.4", "/Ac/Power");
    ck_assert(wants(":1.3"));
}
END_TEST

/* What the bus itself says is from its own name. */
START_TEST(the_bus_is_a_sender_too)
{
    owner_changes(":1.3", "", ":1.3");
    asks(":1.3", dbus_put_add_match,
         "sender='" DBUS_BUS "',member='NameOwnerChanged',arg0namespace='com.victronenergy'");
    owner_changes(GRID, "", ":1.9");
    ck_assert(wants(":1.3"));
    owner_changes("com.other", "", ":1.9");
    ck_assert(!wants(":1.3"));
    signals(":1.9", "/Ac/Power");
    ck_assert(!wants(":1.3"));
}
END_TEST

/* A rule that was given twice is taken back twice; what is no rule was never one. */
START_TEST(rules_are_taken_back_one_by_one)
{
    owner_changes(":1.3", "", ":1.3");
    asks(":1.3", dbus_put_add_match, "type='signal'");
    asks(":1.3", dbus_put_add_match, "type='signal'");
    asks(":1.3", dbus_put_add_match, "colour='red'");
    asks(":1.3", dbus_put_remove_match, "type='method_call'");
    asks(":1.3", dbus_put_remove_match, "type=signal"); /* the same in other words */
    signals(":1.9", "/Ac/Power");
    ck_assert(wants(":1.3"));
    asks(":1.3", dbus_put_remove_match, "type='signal'");
    signals(":1.9", "/Ac/Power");
    ck_assert(!wants(":1.3"));
}
END_TEST

/* The rules of a connection end with it. */
START_TEST(who_has_left_wants_nothing)
{
    owner_changes(":1.3", "", ":1.3");
    asks(":1.3", dbus_put_add_match, "");
    signals(":1.9", "/Ac/Power");
    ck_assert(wants(":1.3"));
    owner_changes(":1.3", ":1.3", "");
    signals(":1.9", "/Ac/Power");
    ck_assert(!wants(":1.3"));
}
END_TEST

/* Only the bus is to be believed, and only what is asked of the bus is a rule. */
START_TEST(others_are_not_believed)
{
    const struct dbus_owner_change change = {wp_text(GRID), wp_text(""), wp_text(":1.4")};
    uint8_t plain[1024];
    struct wp_writer w = wp_writer(plain, sizeof plain), from = fresh();

    owner_changes(":1.3", "", ":1.3");
    owner_changes(":1.4", "", ":1.4");
    ck_assert(dbus_put_owner_change(&w, 7, &change));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
    ck_assert(dbus_put_from(&from, &m, wp_text(":1.4")));
    learn(&from);
    ck_assert_ptr_null(owner(GRID));
    asks(":1.7", dbus_put_add_match, "type='signal'"); /* nobody knows it */
    signals(":1.9", "/Ac/Power");
    ck_assert(!wants(":1.7"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bus_audience");
    TCase *t = tcase_create("bus_audience");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, numbers_are_those_that_dbus_daemon_counts);
    tcase_add_test(t, connections_come_and_go);
    tcase_add_test(t, a_name_is_its_last_owners);
    tcase_add_test(t, the_first_name_is_what_it_is_called);
    tcase_add_test(t, a_signal_is_for_those_who_asked);
    tcase_add_test(t, the_bus_is_a_sender_too);
    tcase_add_test(t, rules_are_taken_back_one_by_one);
    tcase_add_test(t, who_has_left_wants_nothing);
    tcase_add_test(t, others_are_not_believed);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
