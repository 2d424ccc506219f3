/* What the Victron south mirrors: signals, merging, values of every kind, reads and writes, and what has no room.
 * covers: south_venus_mirror, south_venus_signal, south_venus_call, south_venus_command */
#include "tests/south_venus_rig.h"

#include "sim/core/pool.h"

#define GRID "com.victronenergy.grid.a"

static struct rig r;

static void teardown(void)
{
    rig_end(&r);
}

/* grid/30 of :1.5; the next call is #5. */
static void start_grid(const char *items)
{
    rig_start_open(&r, NULL);
    rig_come(&r, GRID, ":1.5", items);
    rig_clear(&r);
}

/* ---- signals ------------------------------------------------------------------------------------------ */

START_TEST(every_item_that_is_mentioned_is_told)
{
    start_grid("/DeviceInstance Value 30; /A Value 1; /B Value 2");
    rig_items_changed(&r, ":1.5", "/A Value 1; /B Value 5.0");
    rig_properties_changed(&r, ":1.5", "/A", "Value 1");
    rig_expect(&r, "[  0.000] pushed grid/30 /A=1 /B=5.0(d)\n[  0.000] pushed grid/30 /A=1\n");
}
END_TEST

/* VEN-B29. */
START_TEST(what_a_signal_lacks_stays)
{
    start_grid("/DeviceInstance Value 30; /A Value 3 Min 1 Max 4");
    rig_items_changed(&r, ":1.5", "/A Max 9");
    rig_items_changed(&r, ":1.5", "/A Text 'three'");
    rig_properties_changed(&r, ":1.5", "/A", "Max 7; Value 2; Min 0");
    rig_properties_changed(&r, ":1.5", "/A", "Text 'two'");
    rig_items_changed(&r, ":1.5", "/A Min null");
    rig_expect(&r, "[  0.000] pushed grid/30 /A=3[1..9]\n"
                   "[  0.000] pushed grid/30 /A=3[1..9]\n"
                   "[  0.000] pushed grid/30 /A=2[1..9]\n"
                   "[  0.000] note no-value: grid.a: /A 1\n"
                   "[  0.000] pushed grid/30 /A=2[null..9]\n");
}
END_TEST

START_TEST(new_paths_become_items_and_get_their_slash)
{
    start_grid("/DeviceInstance Value 30");
    rig_items_changed(&r, ":1.5", "New/One Value 1");
    rig_properties_changed(&r, ":1.5", "/New/Two", "Value 'x'");
    rig_items_changed(&r, ":1.5", "/New/Three Text 'only'");
    rig_clear(&r);
    rig_mirror(&r, 1, "grid/30");
    rig_expect(&r, "[  0.000] asked grid/30 /DeviceInstance=30 /New/One=1 /New/Two=x /New/Three=null\n"
                   "[  0.000] answer 1 ok\n");
}
END_TEST

START_TEST(paths_that_are_none_are_left_out)
{
    char items[3000], longest[3000];

    start_grid("/DeviceInstance Value 30");
    rig_items_changed(&r, ":1.5",
                      "/ Value 1; // Value 1; /a/ Value 1; /a-b Value 1; /+ Value 1; /ok Value 1");
    ck_assert_uint_eq(r.n_notes, 5);
    ck_assert_uint_eq(r.n_points, 1);
    snprintf(items, sizeof items, "/%01023d Value 1; /%01024d Value 1", 0, 0);
    rig_clear(&r);
    rig_items_changed(&r, ":1.5", items);
    ck_assert_uint_eq(r.n_notes, 1);
    ck_assert_uint_eq(r.n_points, 1);
    snprintf(longest, sizeof longest, "/%01023d", 0);
    rig_clear(&r);
    rig_read(&r, 1, "grid/30", longest);
    ck_assert_uint_eq(r.n_sent, 1);
    snprintf(longest, sizeof longest, "/%01024d", 0);
    rig_read(&r, 2, "grid/30", longest);
    ck_assert_uint_eq(r.n_sent, 1);
    ck_assert_uint_eq(r.n_answers, 1);
}
END_TEST

START_TEST(signals_of_strangers_and_other_bodies_change_nothing)
{
    struct dbus_out out;
    struct wp_writer w;

    start_grid("/DeviceInstance Value 30");
    rig_items_changed(&r, ":1.99", "/A Value 1");
    rig_begin_signal(&r, &out, &w, ":1.5", "/", "SomethingElse", "");
    rig_deliver(&r, &out);
    rig_expect(&r, "");
    rig_begin_signal(&r, &out, &w, ":1.5", "/", "ItemsChanged", "s");
    dbus_put_text(&out, wp_text("x"));
    rig_deliver(&r, &out);
    rig_begin_signal(&r, &out, &w, ":1.5", "/A", "PropertiesChanged", "");
    rig_deliver(&r, &out);
    rig_expect(&r, "[  0.000] note bad-body: grid.a: ItemsChanged 1\n"
                   "[  0.000] note bad-body: grid.a: PropertiesChanged 2\n");
    rig_bytes(&r, wp_text("no message at all"));
    rig_expect(&r, "");
}
END_TEST

/* VEN-B20. */
START_TEST(signals_wait_for_the_end_of_the_scan)
{
    rig_start_open(&r, NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_items_changed(&r, ":1.5", "/A Value 2");
    rig_properties_changed(&r, ":1.5", "/A", "Value 3");
    rig_clear(&r);
    r.now = WP_SEC(2);
    rig_reply_items(&r, ":1.5", 4, "/DeviceInstance Value 30; /A Value 1");
    rig_expect(&r, "[  2.000] online grid/30\n"
                   "[  2.000] polled grid/30 /DeviceInstance=30 /A=1\n"
                   "[  2.000] pushed grid/30 /A=2\n"
                   "[  2.000] pushed grid/30 /A=3\n");
}
END_TEST

START_TEST(signals_that_wait_too_long_are_dropped)
{
    rig_start_open(&r, "venus.timeout", "60s", "venus.max_signals", "2", NULL);
    rig_owner_change(&r, GRID, "", ":1.5");
    rig_clear(&r);
    rig_items_changed(&r, ":1.5", "/A Value 2");
    rig_run(&r, WP_SEC(20));
    rig_items_changed(&r, ":1.5", "/B Value 3");
    rig_items_changed(&r, ":1.5", "/C Value 3");
    rig_run(&r, WP_SEC(40));
    rig_reply_items(&r, ":1.5", 4, "/DeviceInstance Value 30");
    rig_expect(&r, "[ 20.000] note signal-dropped: grid.a 1\n"
                   "[ 30.000] note signal-dropped: grid.a 2\n"
                   "[ 40.000] online grid/30\n"
                   "[ 40.000] polled grid/30 /DeviceInstance=30\n"
                   "[ 40.000] pushed grid/30 /B=3\n");
}
END_TEST

/* Of two names on one connection the one that was taken last has its signals (T6). */
START_TEST(a_connection_is_one_service)
{
    start_grid("/DeviceInstance Value 30");
    rig_come(&r, "com.victronenergy.tank.b", ":1.5", "/DeviceInstance Value 1");
    rig_clear(&r);
    rig_items_changed(&r, ":1.5", "/A Value 1");
    rig_expect(&r, "[  0.000] pushed tank/1 /A=1\n");
    rig_owner_change(&r, "com.victronenergy.tank.b", ":1.5", "");
    rig_clear(&r);
    rig_items_changed(&r, ":1.5", "/A Value 2");
    rig_expect(&r, "");
}
END_TEST

/* ---- values ------------------------------------------------------------------------------------------- */

START_TEST(values_of_every_kind_are_kept)
{
    start_grid("/DeviceInstance Value 30");
    rig_items_changed(&r, ":1.5",
                      "/Big Value 18446744073709551615; /Small Value -9223372036854775808; /Text Value "
                      "'a_text'; /No Value ''; /Yes Value true; /Null Value null");
    rig_clear(&r);
    rig_mirror(&r, 1, "grid/30");
    rig_expect(&r,
               "[  0.000] asked grid/30 /DeviceInstance=30 /Big=18446744073709551615 "
               "/Small=-9223372036854775808 /Text=a_text /No= /Yes=true /Null=null\n[  0.000] answer 1 ok\n");
}
END_TEST

/* An item's text and path of a service that is gone are others' again. */
START_TEST(texts_come_and_go_without_end)
{
    char items[600];

    rig_start_open(&r, "venus.text", "65536", "venus.max_items", "16", NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30");
    r.is_silent = true;
    for (int i = 1; i < 5000; i++) {
        snprintf(items, sizeof items, "/Name Value '%0*d'", i % 500 + 1, i);
        rig_items_changed(&r, ":1.5", items);
        if (i % 3 == 0) {
            rig_owner_change(&r, GRID, ":1.5", "");
            rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /Name Value 'x'");
        }
    }
    ck_assert_uint_eq(r.n_notes, 0);
}
END_TEST

/* Arrays pass whole (VEN-B21), in the memory that they need and no more. */
START_TEST(an_array_of_many_numbers_passes_whole)
{
    enum { NUMBERS = 10000 };
    struct dbus_out out;
    struct wp_writer w;

    start_grid("/DeviceInstance Value 30");
    rig_begin_signal(&r, &out, &w, ":1.5", "/List", "PropertiesChanged", "a{sv}");
    dbus_open(&out);
    dbus_open(&out);
    dbus_put_text(&out, wp_text("Value"));
    dbus_open_variant(&out, "ai");
    dbus_open(&out);
    for (int i = 0; i < NUMBERS; i++)
        dbus_put_int(&out, i);
    dbus_close(&out);
    dbus_close(&out);
    dbus_close(&out);
    dbus_close(&out);
    rig_deliver(&r, &out);
    ck_assert(!r.w.full);
    ck_assert_uint_eq(r.n_points, 1);
    ck_assert_uint_gt(r.w.n, 8 * NUMBERS); /* its octets in hex */
    rig_clear(&r);
    rig_properties_changed(&r, ":1.5", "/List", "Value null");
    rig_expect(&r, "[  0.000] pushed grid/30 /List=null\n");
}
END_TEST

START_TEST(without_room_things_are_left_out_and_noted)
{
    rig_start_open(&r, "venus.max_items", "16", "venus.max_services", "1", NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30");
    rig_clear(&r);
    rig_owner_change(&r, "com.victronenergy.tank.b", "", ":1.6");
    rig_expect(&r, "[  0.000] note services-full: tank.b 1\n");
    for (int i = 0; i < 17; i++) {
        char item[32];

        snprintf(item, sizeof item, "/I%d Value 1", i);
        rig_items_changed(&r, ":1.5", item);
    }
    ck_assert_uint_eq(r.n_points, 15);
    ck_assert_uint_eq(r.n_notes, 2);
    rig_clear(&r);
    rig_items_changed(&r, ":1.5", "/I3 Value 7; /More Value 1");
    rig_expect(&r, "[  0.000] note items-full: grid.a: /More 3\n[  0.000] pushed grid/30 /I3=7\n");
}
END_TEST

START_TEST(a_text_without_room_is_no_value)
{
    static char items[70000];

    rig_start_open(&r, "venus.text", "65536", NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /Name Value 'old'");
    rig_clear(&r);
    snprintf(items, sizeof items, "/Name Value '%065000d'; /Ok Value 1", 1);
    rig_items_changed(&r, ":1.5", items);
    rig_expect(&r, "[  0.000] note text-full: grid.a 1\n[  0.000] pushed grid/30 /Name=null /Ok=1\n");
    rig_items_changed(&r, ":1.5", "/Name Value 'new'");
    rig_expect(&r, "[  0.000] pushed grid/30 /Name=new\n");
}
END_TEST

/* Less than 200 bytes for an item, beside its own text. */
START_TEST(an_item_needs_little)
{
    size_t few, many;

    rig_start(&r, "venus.max_items", "10000", NULL);
    few = south_venus_class.size(&r.setup);
    r.given[0].value = wp_int(110000);
    many = south_venus_class.size(&r.setup);
    ck_assert_uint_gt(many, few);
    printf("an item of the mirror needs %zu bytes\n", (many - few + 99999) / 100000);
    ck_assert_uint_lt(many - few, (size_t)200 * 100000);
}
END_TEST

/* ---- reads -------------------------------------------------------------------------------------------- */

START_TEST(a_read_asks_the_service_and_tells_the_limits_it_has)
{
    start_grid("/DeviceInstance Value 30; /A Value 3 Min 1 Max 4");
    rig_read(&r, 7, "grid/30", "/A");
    rig_expect(&r, "[  0.000] #5 grid.a /A GetValue\n");
    rig_reply_value(&r, ":1.5", 5, "2");
    rig_expect(&r, "[  0.000] asked grid/30 /A=2[1..4]\n[  0.000] answer 7 ok\n");
}
END_TEST

START_TEST(a_node_is_read_as_all_that_is_below)
{
    start_grid("/DeviceInstance Value 30; /Ac/Power Value 1 Min 0");
    rig_read(&r, 1, "grid/30", "/Ac");
    rig_reply_values(&r, ":1.5", 5, "Power 2; L1/Power 1.5");
    rig_read(&r, 2, "grid/30", "/");
    rig_reply_values(&r, ":1.5", 6, "DeviceInstance 30; Ac/Power 4");
    rig_expect(&r, "[  0.000] #5 grid.a /Ac GetValue\n"
                   "[  0.000] asked grid/30 /Ac/Power=2[0..] /Ac/L1/Power=1.5\n"
                   "[  0.000] answer 1 ok\n"
                   "[  0.000] #6 grid.a / GetValue\n"
                   "[  0.000] asked grid/30 /DeviceInstance=30 /Ac/Power=4[0..]\n"
                   "[  0.000] answer 2 ok\n");
}
END_TEST

/* VEN-B13. */
START_TEST(an_item_that_was_never_listed_is_told_and_kept)
{
    start_grid("/DeviceInstance Value 30");
    rig_read(&r, 1, "grid/30", "/Hidden");
    rig_reply_value(&r, ":1.5", 5, "8");
    rig_clear(&r);
    rig_mirror(&r, 2, "grid/30");
    rig_expect(&r, "[  0.000] asked grid/30 /DeviceInstance=30 /Hidden=8\n[  0.000] answer 2 ok\n");
}
END_TEST

START_TEST(a_read_that_fails_says_why)
{
    start_grid("/DeviceInstance Value 30");
    rig_read(&r, 1, "grid/30", "/No");
    rig_reply_error(&r, ":1.5", 5, DBUS_FAULT("UnknownObject"));
    rig_read(&r, 2, "grid/30", "/a/");
    rig_read(&r, 3, "grid/31", "/A");
    rig_read(&r, 4, "grid/30", "/Node");
    rig_reply_value(&r, ":1.5", 6, "null");
    rig_expect(&r, "[  0.000] #5 grid.a /No GetValue\n"
                   "[  0.000] answer 1: org.freedesktop.DBus.Error.UnknownObject\n"
                   "[  0.000] answer 2: This is not a path\n"
                   "[  0.000] answer 3: Device not connected\n"
                   "[  0.000] #6 grid.a /Node GetValue\n"
                   "[  0.000] answer 4: there is nothing below it\n");
}
END_TEST

/* VEN-B20. */
START_TEST(a_service_that_hangs_costs_25_s_and_nobody_else)
{
    start_grid("/DeviceInstance Value 30; /A Value 1");
    rig_come(&r, "com.victronenergy.tank.b", ":1.6", "/DeviceInstance Value 1; /B Value 1");
    rig_clear(&r);
    rig_read(&r, 1, "grid/30", "/A");
    r.now = WP_SEC(1);
    rig_read(&r, 2, "tank/1", "/B");
    rig_reply_value(&r, ":1.6", 7, "2");
    rig_run(&r, WP_SEC(40));
    rig_expect(&r, "[  0.000] #6 grid.a /A GetValue\n"
                   "[  1.000] #7 tank.b /B GetValue\n"
                   "[  1.000] asked tank/1 /B=2\n"
                   "[  1.000] answer 2 ok\n"
                   "[ 25.000] note reply-timeout: grid.a 1\n"
                   "[ 25.000] answer 1: no reply in time\n");
}
END_TEST

START_TEST(no_more_calls_than_allowed_are_under_way)
{
    rig_start_open(&r, "venus.max_calls", "4", NULL);
    rig_come(&r, GRID, ":1.5", "/DeviceInstance Value 30; /A Value 1");
    rig_clear(&r);
    for (uint32_t i = 1; i <= 4; i++)
        rig_read(&r, i, "grid/30", "/A");
    rig_clear(&r);
    rig_read(&r, 5, "grid/30", "/A");
    rig_write(&r, 6, "grid/30", "/A", "1");
    rig_expect(&r, "[  0.000] note calls-full: grid/30 1\n"
                   "[  0.000] answer 5: Too many calls are under way\n"
                   "[  0.000] note calls-full: grid/30 2\n"
                   "[  0.000] answer 6: Too many calls are under way\n");
}
END_TEST

/* A north gives its next command while it is answered, also where everything goes. */
START_TEST(a_command_given_while_the_service_leaves_has_its_answer)
{
    start_grid("/DeviceInstance Value 30; /A Value 1");
    rig_read(&r, 1, "grid/30", "/A");
    r.asks_on_answer = 2;
    rig_clear(&r);
    rig_owner_change(&r, GRID, ":1.5", "");
    rig_expect(&r, "[  0.000] answer 1: The service has left the bus\n"
                   "[  0.000] #6 grid.a /Again GetValue\n"
                   "[  0.000] left grid/30 /DeviceInstance /A\n"
                   "[  0.000] offline grid/30\n"
                   "[  0.000] answer 2: The service has left the bus\n");
}
END_TEST

/* ---- writes ------------------------------------------------------------------------------------------- */

START_TEST(a_write_goes_with_the_type_that_the_value_has)
{
    static const struct {
        const char *value, *sent;
    } cases[] = {{"3", "i 3"},       {"2147483648", "x 2147483648"}, {"1.0", "d 1.0"},
                 {"true", "b true"}, {"'text'", "s text"},           {"null", "ai null"}};
    char expected[100];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_grid("/DeviceInstance Value 30; /A Value 3");
        rig_write(&r, 7, "grid/30", "/A", cases[i].value);
        rig_reply_code(&r, ":1.5", 5, 0);
        snprintf(expected, sizeof expected, "[  0.000] #5 grid.a /A SetValue %s\n[  0.000] answer 7 ok\n",
                 cases[i].sent);
        rig_expect(&r, expected);
        rig_end(&r);
    }
    start_grid("");
}
END_TEST

/* VEN-B04. */
START_TEST(a_write_never_finds_new_items)
{
    start_grid("/DeviceInstance Value 30; /A/B Value 3");
    rig_write(&r, 1, "grid/30", "/New", "1");
    rig_write(&r, 2, "grid/30", "/A", "1");
    rig_write(&r, 3, "grid/30", "/", "1");
    rig_write(&r, 4, "grid/0", "/A/B", "1");
    rig_expect(&r, "[  0.000] answer 1: There is no such item\n"
                   "[  0.000] answer 2: There is no such item\n"
                   "[  0.000] answer 3: There is no such item\n"
                   "[  0.000] answer 4: Device not connected\n");
}
END_TEST

START_TEST(a_write_that_is_refused_says_why)
{
    start_grid("/DeviceInstance Value 30; /A Value 3");
    rig_write(&r, 1, "grid/30", "/A", "7");
    rig_reply_code(&r, ":1.5", 5, -1);
    rig_write(&r, 2, "grid/30", "/A", "7");
    rig_reply_error(&r, ":1.5", 6, DBUS_FAULT("AccessDenied"));
    rig_write(&r, 3, "grid/30", "/A", "7");
    rig_reply_value(&r, ":1.5", 7, "'x'");
    rig_command(&r, 4, WP_WRITE, "grid/30", "/A", wp_text_value(wp_text("\xFF")));
    rig_command(&r, 5, WP_EXECUTE, "grid/30", "/A", wp_null());
    rig_expect(&r, "[  0.000] #5 grid.a /A SetValue i 7\n"
                   "[  0.000] answer 1: the service refuses it: -1\n"
                   "[  0.000] #6 grid.a /A SetValue i 7\n"
                   "[  0.000] answer 2: org.freedesktop.DBus.Error.AccessDenied\n"
                   "[  0.000] #7 grid.a /A SetValue i 7\n"
                   "[  0.000] answer 3: its reply is of another type\n"
                   "[  0.000] answer 4: This value cannot be written\n"
                   "[  0.000] answer 5: Not supported\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_venus_items");
    TCase *t = tcase_create("south_venus_items");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, every_item_that_is_mentioned_is_told);
    tcase_add_test(t, what_a_signal_lacks_stays);
    tcase_add_test(t, new_paths_become_items_and_get_their_slash);
    tcase_add_test(t, paths_that_are_none_are_left_out);
    tcase_add_test(t, signals_of_strangers_and_other_bodies_change_nothing);
    tcase_add_test(t, signals_wait_for_the_end_of_the_scan);
    tcase_add_test(t, signals_that_wait_too_long_are_dropped);
    tcase_add_test(t, a_connection_is_one_service);
    tcase_add_test(t, values_of_every_kind_are_kept);
    tcase_add_test(t, texts_come_and_go_without_end);
    tcase_add_test(t, an_array_of_many_numbers_passes_whole);
    tcase_add_test(t, without_room_things_are_left_out_and_noted);
    tcase_add_test(t, a_text_without_room_is_no_value);
    tcase_add_test(t, an_item_needs_little);
    tcase_add_test(t, a_read_asks_the_service_and_tells_the_limits_it_has);
    tcase_add_test(t, a_node_is_read_as_all_that_is_below);
    tcase_add_test(t, an_item_that_was_never_listed_is_told_and_kept);
    tcase_add_test(t, a_read_that_fails_says_why);
    tcase_add_test(t, a_service_that_hangs_costs_25_s_and_nobody_else);
    tcase_add_test(t, no_more_calls_than_allowed_are_under_way);
    tcase_add_test(t, a_command_given_while_the_service_leaves_has_its_answer);
    tcase_add_test(t, a_write_goes_with_the_type_that_the_value_has);
    tcase_add_test(t, a_write_never_finds_new_items);
    tcase_add_test(t, a_write_that_is_refused_says_why);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
