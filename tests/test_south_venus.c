/* The Victron south's connection, and who is on the bus: dialling, names, scans, coming and going.
 * covers: south_venus, south_venus_setup, south_venus_scan, south_venus_tell */
#include "sim/catalog.h"
#include "sim/gateway/polling.h"
#include "tests/south_venus_rig.h"

#define GRID "com.victronenergy.grid.a"
#define PV   "com.victronenergy.pvinverter.b"

static struct rig r;

static void teardown(void)
{
    rig_end(&r);
}

/* ---- the connection ----------------------------------------------------------------------------------- */

START_TEST(it_asks_for_signals_first_and_for_names_then)
{
    rig_start(&r, NULL);
    rig_expect(&r, "[  0.000] dial\n");
    rig_open(&r);
    rig_expect(&r, "[  0.000] #1 bus AddMatch type='signal',interface='com.victronenergy.BusItem'\n"
                   "[  0.000] #2 bus AddMatch type='signal',sender='org.freedesktop.DBus',interface='org."
                   "freedesktop.DBus',member='NameOwnerChanged',arg0namespace='com.victronenergy'\n"
                   "[  0.000] #3 bus ListNames\n");
}
END_TEST

/* Every 5 s at the latest, without end (VEN-B19). */
START_TEST(a_bus_that_is_away_is_dialled_again_for_ever)
{
    static const int at_ms[] = {500, 1500, 3500, 7500, 12500, 17500};

    rig_start(&r, NULL);
    rig_fail_dial(&r);
    rig_expect(&r, "[  0.000] dial\n[  0.000] note dial-failed: refused 1\n");
    for (size_t i = 0; i < sizeof at_ms / sizeof at_ms[0]; i++) {
        rig_run(&r, WP_MS(at_ms[i]) - 1);
        ck_assert(!r.is_dialling);
        rig_run(&r, WP_MS(at_ms[i]));
        ck_assert(r.is_dialling);
        rig_fail_dial(&r);
    }
    rig_run(&r, WP_MS(22500));
    rig_clear(&r);
    rig_open(&r);
    rig_close(&r);
    rig_clear(&r);
    rig_run(&r, WP_SEC(23));
    rig_expect(&r, "[ 23.000] dial\n");
}
END_TEST

START_TEST(all_devices_leave_with_the_bus_and_return_with_it)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /Ac/Power Value 5.5");
    rig_come(&r, PV, ":1.6", "/DeviceInstance Value 20");
    rig_read(&r, 7, "grid/30", "/Ac/Power");
    rig_clear(&r);
    rig_close(&r);
    rig_expect(&r, "[  0.000] left pvinverter/20 /DeviceInstance\n"
                   "[  0.000] offline pvinverter/20\n"
                   "[  0.000] answer 7: The service has left the bus\n"
                   "[  0.000] left grid/30 /DeviceInstance /Ac/Power\n"
                   "[  0.000] offline grid/30\n");
    rig_run(&r, WP_SEC(1));
    rig_connect(&r, DBUS_BUS " :1.0 " GRID " org.example.Other com.victronenergyx.grid.a");
    rig_reply_text(&r, 4, ":1.2");
    rig_clear(&r);
    rig_reply_items(&r, ":1.2", 5, "/DeviceInstance Value 31");
    rig_expect(&r, "[  1.000] online grid/31\n[  1.000] polled grid/31 /DeviceInstance=31\n");
}
END_TEST

START_TEST(a_stop_ends_the_connection_and_answers_what_is_open)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /A Value 1");
    rig_read(&r, 7, "grid/30", "/A");
    rig_clear(&r);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(&r, "[  0.000] hang up\n[  0.000] answer 7: The gateway stops\n");
    rig_run(&r, WP_SEC(100));
    rig_expect(&r, "");
}
END_TEST

START_TEST(a_bus_that_refuses_its_names_is_left)
{
    rig_start(&r, NULL);
    rig_open(&r);
    rig_clear(&r);
    rig_reply_error(&r, DBUS_BUS, 3, DBUS_FAULT("LimitsExceeded"));
    rig_expect(&r,
               "[  0.000] note bus-fault: org.freedesktop.DBus.Error.LimitsExceeded 1\n[  0.000] hang up\n");
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "[  0.500] dial\n");
}
END_TEST

/* ---- scans -------------------------------------------------------------------------------------------- */

START_TEST(services_that_were_there_are_scanned_all_at_a_time)
{
    rig_start(&r, NULL);
    rig_open(&r);
    rig_clear(&r);
    rig_reply_names(&r, 3, DBUS_BUS " :1.0 " GRID " :1.5 " PV);
    rig_expect(&r, "[  0.000] #4 bus GetNameOwner " GRID "\n[  0.000] #5 bus GetNameOwner " PV "\n");
    rig_reply_text(&r, 5, ":1.6");
    rig_reply_text(&r, 4, ":1.5");
    rig_expect(&r, "[  0.000] #6 pvinverter.b / GetItems\n[  0.000] #7 grid.a / GetItems\n");
    rig_reply_items(&r, ":1.5", 7,
                    "/DeviceInstance Value 30; /Mode Value 3 Min 1 Max 4; /Ac/Power Value 9.0");
    rig_expect(&r, "[  0.000] online grid/30\n"
                   "[  0.000] polled grid/30 /DeviceInstance=30 /Mode=3[1..4] /Ac/Power=9.0(d)\n");
    rig_reply_items(&r, ":1.6", 6, "/DeviceInstance Value 20");
    rig_expect(&r, "[  0.000] online pvinverter/20\n[  0.000] polled pvinverter/20 /DeviceInstance=20\n");
}
END_TEST

START_TEST(a_service_that_comes_later_is_scanned_and_leaves_with_every_path)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_expect(&r, "[  0.000] #4 grid.a / GetItems\n");
    rig_reply_items(&r, ":1.5", 4, "/DeviceInstance Value 30; /A/B Value null");
    rig_clear(&r);
    rig_owner_change(&r, GRID, ":1.5", "");
    rig_expect(&r, "[  0.000] left grid/30 /DeviceInstance /A/B\n[  0.000] offline grid/30\n");
    rig_items_changed(&r, ":1.5", "/A/B Value 1");
    rig_read(&r, 1, "grid/30", "/A/B");
    rig_expect(&r, "[  0.000] answer 1: Device not connected\n");
}
END_TEST

/* VEN-B35. */
START_TEST(a_service_without_get_items_is_read_by_its_root)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_reply_error(&r, ":1.5", 4, DBUS_FAULT("UnknownMethod"));
    rig_expect(&r, "[  0.000] #5 grid.a / GetValue\n");
    rig_reply_values(&r, ":1.5", 5, "Ac/Power 5.0; DeviceInstance 33");
    rig_expect(&r,
               "[  0.000] online grid/33\n[  0.000] polled grid/33 /Ac/Power=5.0(d) /DeviceInstance=33\n");
}
END_TEST

START_TEST(any_other_error_forgets_a_service_until_its_name_is_taken_anew)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_reply_error(&r, ":1.5", 4, DBUS_FAULT("UnknownObject"));
    rig_expect(&r, "[  0.000] note scan-failed: grid.a: org.freedesktop.DBus.Error.UnknownObject 1\n");
    rig_items_changed(&r, ":1.5", "/A Value 1");
    rig_owner_change(&r, GRID, ":1.5", "");
    rig_expect(&r, "");
    rig_owner_change(&r, GRID, "", ":1.9");
    rig_expect(&r, "[  0.000] #5 grid.a / GetItems\n");
}
END_TEST

START_TEST(a_service_that_does_not_answer_its_scan_is_left_out)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_run(&r, WP_SEC(30));
    rig_expect(&r, "[ 25.000] note reply-timeout: grid.a 1\n"
                   "[ 25.000] note scan-failed: grid.a: no reply in time 1\n");
    rig_reply_items(&r, ":1.5", 4, "/DeviceInstance Value 30");
    rig_expect(&r, "[ 30.000] note late-reply: :1.5 1\n");
}
END_TEST

START_TEST(values_of_another_type_are_no_scan)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_reply_code(&r, ":1.5", 4, 0);
    rig_expect(&r, "[  0.000] note scan-failed: grid.a: its reply is of another type 1\n");
}
END_TEST

/* From owner to owner nothing leaves, and what the old one alone had stays. */
START_TEST(a_name_that_changes_hands_is_scanned_again_without_leaving)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /Old Value 1");
    rig_read(&r, 3, "grid/30", "/Old");
    rig_clear(&r);
    rig_owner_change(&r, GRID, ":1.5", ":1.8");
    rig_expect(&r, "[  0.000] answer 3: The service has changed hands\n[  0.000] #6 grid.a / GetItems\n");
    rig_items_changed(&r, ":1.5", "/Old Value 2");
    rig_reply_items(&r, ":1.8", 6, "/DeviceInstance Value 30; /New Value 5");
    rig_expect(&r, "[  0.000] polled grid/30 /DeviceInstance=30 /New=5\n");
    rig_mirror(&r, 4, "grid/30");
    rig_expect(&r, "[  0.000] asked grid/30 /DeviceInstance=30 /Old=1 /New=5\n[  0.000] answer 4 ok\n");
}
END_TEST

START_TEST(a_new_owner_of_another_instance_is_another_device)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30");
    rig_owner_change(&r, GRID, ":1.5", ":1.8");
    rig_clear(&r);
    rig_reply_items(&r, ":1.8", 5, "/DeviceInstance Value 31");
    rig_expect(&r, "[  0.000] left grid/30 /DeviceInstance\n"
                   "[  0.000] offline grid/30\n"
                   "[  0.000] online grid/31\n"
                   "[  0.000] polled grid/31 /DeviceInstance=31\n");
}
END_TEST

START_TEST(nobody_else_answers_for_a_service)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_reply_items(&r, ":1.66", 4, "/DeviceInstance Value 30");
    rig_expect(&r, "[  0.000] note foreign-reply: :1.66 1\n");
    rig_reply_items(&r, ":1.5", 4, "/DeviceInstance Value 30");
    rig_expect(&r, "[  0.000] online grid/30\n[  0.000] polled grid/30 /DeviceInstance=30\n");
}
END_TEST

/* Calls are no more than allowed; scans wait for a free one. */
START_TEST(scans_wait_for_their_turn)
{
    rig_start_open(&r, "venus.max_calls", "4", NULL);
    for (int i = 0; i < 6; i++) {
        char name[64], owner[8];

        snprintf(name, sizeof name, "com.victronenergy.tank.t%d", i);
        snprintf(owner, sizeof owner, ":1.%d", i);
        rig_owner_change(&r, name, "", owner);
    }
    ck_assert_uint_eq(r.n_sent, 4);
    rig_clear(&r);
    rig_owner_change(&r, "com.victronenergy.tank.t4", ":1.4", "");
    rig_expect(&r, "");
    rig_reply_items(&r, ":1.2", 6, "");
    rig_expect(&r, "[  0.000] online tank/0\n[  0.000] #8 tank.t5 / GetItems\n");
}
END_TEST

/* ---- instances ---------------------------------------------------------------------------------------- */

/* source: protocols/victron-dbus-and-vrm a.6 */
START_TEST(the_instance_names_the_device)
{
    static const struct {
        const char *items, *device;
    } cases[] = {
        {"/DeviceInstance Value -3", "online edge/-3\n"},
        {"/DeviceInstance Value 7.9", "online edge/7\n"},
        {"/DeviceInstance Value '12'", "online edge/0\n"},
        {"/DeviceInstance Value null; /Identifier Value 'x'", "online edge/0\n"},
        {"/Identifier Value 'abc_1'", "online edge/abc_1\n"},
        {"/A Value 1", "online edge/0\n"},
        {"DeviceInstance Value 5", "online edge/5\n"},
        {"/DeviceInstance Value 5; /Identifier Value 'x'", "online edge/5\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_start_open(&r, NULL);
        rig_come(&r, "com.victronenergy.edge.a.b.c", ":1.5", cases[i].items);
        (void)wp_put_end(&r.w);
        ck_assert_msg(strstr(r.trace, cases[i].device), "%s: %s", cases[i].items, r.trace);
        rig_end(&r);
    }
    rig_start_open(&r, NULL);
}
END_TEST

START_TEST(a_name_that_no_topic_can_have_is_left_out)
{
    char items[200];

    rig_start_open(&r, NULL);
    snprintf(items, sizeof items, "/Identifier Value '%070d'", 1);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_reply_items(&r, ":1.5", 4, items);
    ck_assert_uint_eq(r.n_notes, 2); /* long-name, scan-failed */
    ck_assert_uint_eq(r.n_points, 0);
}
END_TEST

START_TEST(services_that_are_one_device_share_it)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /A Value 1; /Mine Value 1");
    rig_clear(&r);
    rig_come(&r, "com.victronenergy.grid.b", ":1.6", "/DeviceInstance Value 30; /A Value 2");
    rig_expect(&r, "[  0.000] #5 grid.b / GetItems\n"
                   "[  0.000] note same-device: grid.a and com.victronenergy.grid.b are both grid/30 1\n"
                   "[  0.000] polled grid/30 /DeviceInstance=30 /A=2\n");
    rig_mirror(&r, 1, "grid/30");
    rig_expect(&r, "[  0.000] asked grid/30 /Mine=1 /DeviceInstance=30 /A=2\n[  0.000] answer 1 ok\n");
    rig_write(&r, 2, "grid/30", "/A", "3");
    rig_write(&r, 3, "grid/30", "/Mine", "3");
    rig_items_changed(&r, ":1.5", "/A Value 4");
    rig_write(&r, 4, "grid/30", "/A", "5");
    rig_expect(&r, "[  0.000] #6 grid.b /A SetValue i 3\n"
                   "[  0.000] #7 grid.a /Mine SetValue i 3\n"
                   "[  0.000] pushed grid/30 /A=4\n"
                   "[  0.000] #8 grid.a /A SetValue i 5\n");
    rig_owner_change(&r, GRID, ":1.5", "");
    rig_expect(&r, "[  0.000] answer 3: The service has left the bus\n"
                   "[  0.000] answer 4: The service has left the bus\n"
                   "[  0.000] left grid/30 /DeviceInstance /A /Mine\n");
    rig_mirror(&r, 5, "grid/30");
    rig_write(&r, 6, "grid/30", "/A", "6");
    rig_expect(&r, "[  0.000] asked grid/30 /DeviceInstance=30 /A=2\n"
                   "[  0.000] answer 5 ok\n"
                   "[  0.000] #9 grid.b /A SetValue i 6\n");
    rig_owner_change(&r, "com.victronenergy.grid.b", ":1.6", "");
    ck_assert(strstr(wp_put_end(&r.w), "offline grid/30\n"));
}
END_TEST

/* Of services that are one device, too. */
START_TEST(a_new_owner_is_the_one_that_spoke_last)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /A Value 1");
    rig_come(&r, "com.victronenergy.grid.b", ":1.6", "/DeviceInstance Value 30; /A Value 2");
    rig_owner_change(&r, GRID, ":1.5", ":1.8");
    rig_reply_items(&r, ":1.8", 6, "/DeviceInstance Value 30; /A Value 3");
    rig_clear(&r);
    rig_mirror(&r, 1, "grid/30");
    rig_write(&r, 2, "grid/30", "/A", "4");
    rig_read(&r, 3, "grid/30", "/Unlisted");
    rig_expect(&r, "[  0.000] asked grid/30 /DeviceInstance=30 /A=3\n"
                   "[  0.000] answer 1 ok\n"
                   "[  0.000] #7 grid.a /A SetValue i 4\n"
                   "[  0.000] #8 grid.a /Unlisted GetValue\n");
}
END_TEST

/* ---- calls of others ---------------------------------------------------------------------------------- */

START_TEST(who_calls_it_is_told_that_there_is_nothing)
{
    struct dbus_out out;
    struct wp_writer w = wp_writer(r.message, sizeof r.message);
    const struct dbus_head head = {.type = DBUS_CALL,
                                   .serial = 5,
                                   .path = wp_text("/"),
                                   .interface = wp_text(DBUS_PEER),
                                   .member = wp_text("Ping"),
                                   .sender = wp_text(":1.9")};

    rig_start_open(&r, NULL);
    w = wp_writer(r.message, sizeof r.message);
    dbus_begin(&out, &w, &head, "");
    rig_deliver(&r, &out);
    rig_expect(&r, "[  0.000] #4 error org.freedesktop.DBus.Error.UnknownMethod\n");
}
END_TEST

/* ---- sleep -------------------------------------------------------------------------------------------- */

/* Without a north of its own it has no connection to the bus. */
START_TEST(it_sleeps_without_a_bus)
{
    static const struct wp_class ivy = {.name = "ivy"}, venus = {.name = "venus"};
    const struct wp_class *const norths[] = {&ivy, &venus};

    ck_assert(wp_south_sleeps(&south_venus_class, norths, 1));
    ck_assert(!wp_south_sleeps(&south_venus_class, norths, 2));
    ck_assert(!wp_south_sleeps(&ivy, norths, 0));
    rig_start(&r, NULL);
    rig_end(&r);
    rig_clear(&r);
    r.setup.n_endpoints = 0;
    ck_assert_uint_lt(south_venus_class.size(&r.setup), 2000);
    r.machine = malloc(south_venus_class.size(&r.setup));
    south_venus_class.init(&r.setup, r.machine);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_run(&r, WP_SEC(100));
    rig_mirror(&r, 1, "grid/30");
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(&r, "[100.000] answer 1: Device not connected\n");
}
END_TEST

/* Its mirror is kept up to date by what services say: nothing is to be asked in turns. */
START_TEST(the_poller_leaves_its_devices_alone)
{
    rig_start(&r, NULL);
    for (size_t i = 0; i < polling_n_protocols; i++)
        ck_assert_str_ne(polling_protocols[i].name, south_venus_class.name);
}
END_TEST

START_TEST(a_wait_cannot_be_longer_than_the_longest)
{
    char why[128];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_start(&r, NULL);
    r.given[0] = (struct wp_option_value){
        wp_option_find(south_venus_class.options, south_venus_class.n_options, wp_text("venus.reconnect")),
        wp_int(WP_SEC(6))};
    r.setup.n_given = 1;
    ck_assert(!south_venus_class.check(&r.setup, &w));
    ck_assert_str_eq(wp_put_end(&w), "venus.reconnect is longer than venus.reconnect_max");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_venus");
    TCase *t = tcase_create("south_venus");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, it_asks_for_signals_first_and_for_names_then);
    tcase_add_test(t, a_bus_that_is_away_is_dialled_again_for_ever);
    tcase_add_test(t, all_devices_leave_with_the_bus_and_return_with_it);
    tcase_add_test(t, a_stop_ends_the_connection_and_answers_what_is_open);
    tcase_add_test(t, a_bus_that_refuses_its_names_is_left);
    tcase_add_test(t, services_that_were_there_are_scanned_all_at_a_time);
    tcase_add_test(t, a_service_that_comes_later_is_scanned_and_leaves_with_every_path);
    tcase_add_test(t, a_service_without_get_items_is_read_by_its_root);
    tcase_add_test(t, any_other_error_forgets_a_service_until_its_name_is_taken_anew);
    tcase_add_test(t, a_service_that_does_not_answer_its_scan_is_left_out);
    tcase_add_test(t, values_of_another_type_are_no_scan);
    tcase_add_test(t, a_name_that_changes_hands_is_scanned_again_without_leaving);
    tcase_add_test(t, a_new_owner_of_another_instance_is_another_device);
    tcase_add_test(t, nobody_else_answers_for_a_service);
    tcase_add_test(t, scans_wait_for_their_turn);
    tcase_add_test(t, the_instance_names_the_device);
    tcase_add_test(t, a_name_that_no_topic_can_have_is_left_out);
    tcase_add_test(t, services_that_are_one_device_share_it);
    tcase_add_test(t, a_new_owner_is_the_one_that_spoke_last);
    tcase_add_test(t, who_calls_it_is_told_that_there_is_nothing);
    tcase_add_test(t, it_sleeps_without_a_bus);
    tcase_add_test(t, the_poller_leaves_its_devices_alone);
    tcase_add_test(t, a_wait_cannot_be_longer_than_the_longest);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
