/* A Victron service as a scenario handles it: who it is, what it has, its faults and its playback.
 * covers: venus_service_options venus_service_settings venus_service_playback */
#include "tests/venus_service_rig.h"

static struct rig *r;

static void begin_rig(void)
{
    r = malloc(sizeof *r);
}

static void end_rig(void)
{
    rig_end(r);
}

static const char *asked(const char *path)
{
    r->w.n = 0;
    rig_ask(r, path, RIG_ITEM, "GetValue");
    return wp_put_end(&r->w);
}

/* ---- who it is ---------------------------------------------------------------------------------------------- */

START_TEST(names)
{
    rig_init(r, "type", "tank", "suffix", "a", (char *)NULL);
    rig_start_machine(r);
    ck_assert_str_eq(r->m->name, "com.victronenergy.tank.a");
    free(r->m);
    rig_init(r, "type", "settings", (char *)NULL);
    rig_start_machine(r);
    ck_assert_str_eq(r->m->name, "com.victronenergy.settings");
    free(r->m);
    rig_init(r, "bus.name", "com.victronenergy.edge.a.b.c", "values", "/V i 1", (char *)NULL);
    rig_start_machine(r);
    ck_assert_str_eq(r->m->name, "com.victronenergy.edge.a.b.c");
    ck_assert_uint_eq(venus_items_count(r->m->items), 1);
}
END_TEST

START_TEST(instance)
{
    RIG_BEGIN(r, "bus.name", "com.victronenergy.e1.a", "instance", "-3", "serial", "BP1", "items", "none");
    ck_assert_str_eq(asked("/DeviceInstance"), "= [-3]\n");
    r->w.n = 0;
    rig_set(r, "instance", "32");
    rig_expect(r, "/DeviceInstance PropertiesChanged [{\"Text\":\"32\",\"Value\":32}]\n");
}
END_TEST

START_TEST(basic_items_and_phases)
{
    RIG_BEGIN(r, "items", "basic", "serial", "BP7777777777", "connection", "ttyUSB1");
    ck_assert_str_eq(asked("/Serial"), "= [\"BP7777777777\"]\n");
    ck_assert_str_eq(asked("/Mgmt/Connection"), "= [\"ttyUSB1\"]\n");
    ck_assert_str_eq(asked("/Ac/Power"), "! UnknownObject\n");
    free(r->m);
    RIG_BEGIN(r, "phases", "1");
    ck_assert_str_eq(asked("/Ac/L2/Power"), "= [null]\n");
    ck_assert_str_eq(asked("/Ac/L1/Power"), "= [497.97868896]\n");
    ck_assert_str_eq(asked("/NrOfPhases"), "= [1]\n");
}
END_TEST

/* Every type loads, is asked for everything, and libdbus reads the answer. */
START_TEST(every_profile)
{
    for (size_t i = 0; i < venus_profile_count(); i++) {
        RIG_BEGIN(r, "type", venus_profile_at(i)->type);
        ck_assert_uint_eq(venus_items_count(r->m->items), venus_profile_at(i)->n);
        rig_ask(r, "/", RIG_ITEM, "GetItems");
        ck_assert_uint_gt(r->w.n, 100);
        r->w.n = 0;
        rig_ask(r, "/", RIG_ITEM, "GetText");
        free(r->m);
    }
    RIG_BEGIN(r, "items", "none");
}
END_TEST

static void refused(const char *name, const char *text, const char *sentence)
{
    char why[400] = "";
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_init(r, name, text, (char *)NULL);
    ck_assert(!venus_service_class.check(&r->setup, &w));
    ck_assert_str_eq(wp_put_end(&w), sentence);
}

START_TEST(what_cannot_be)
{
    refused("suffix", "a b",
            "type, suffix and bus.name make no bus name such as com.victronenergy.pvinverter.ttyUSB0");
    refused("type", "toaster",
            "type: there is no such type of service; with items: none it has what values gives it");
    refused("values", "/Ac/Power d 1; Mode i 3",
            "values: item 2: an item begins with its path, such as /Ac/Power");
    refused("values", "/New 1",
            "values: /New: an item that the profile has not is given with its D-Bus type, such as d");
    refused("values", "/New i \"x\"", "values: /New: the value is not of its D-Bus type");
    refused("values", "/New ai [1,]", "values: /New: the value is not JSON");
    refused("values", "/New i 1 maximum 3",
            "values: item 1: behind a value may stand min, max, default, unit with one each, and writable");
    refused("values", "/New zz 1",
            "values: item 1: behind the path stands a D-Bus type of at most 11 characters, or a value as "
            "JSON has it");
    refused("playback", "# a comment\n1, pv, /A, 1\n\n0, pv, /A, 1",
            "playback: line 4: it is earlier than the one before it");
    refused(
        "playback", "x, pv, /A, 1\n",
        "playback: line 1: a line is 'second, service, path, value', such as 1.5, pvinverter/20, /Ac/Power, "
        "936.0");
    refused("playback", "1, pv, /A, 1\n1, pv, /A, [1", "playback: line 2: the value is not JSON");
    RIG_BEGIN(r, "items", "none");
}
END_TEST

/* ---- what it has -------------------------------------------------------------------------------------------- */

/* Every type that a scenario may write. */
START_TEST(types)
{
    RIG_BEGIN(r, "items", "none", "values",
              "/Y y 255; /N n -32768; /Q q 65535; /U u 4294967295; /X x -9223372036854775808; "
              "/T t 18446744073709551615; /D d 20.43000030517578125; /I d -Infinity; /B b true; /S s \"a; "
              "\\\"b\\\" \\u00e4\"; "
              "/O o \"/a/b\"; /Au au []; /As as [\"a\",\"b\"]; /Av av [1,2.5,\"x\",null]; "
              "/Dict a{sv} {\"a\":1,\"b\":{\"c\":[true]}}; /List aa{sv} [{\"k\":1}]; /St (is) [1,\"x\"]");
    ck_assert_str_eq(asked("/Y"), "= [255]\n");
    ck_assert_str_eq(asked("/N"), "= [-32768]\n");
    ck_assert_str_eq(asked("/U"), "= [4294967295]\n");
    ck_assert_str_eq(asked("/X"), "= [-9223372036854775808]\n");
    ck_assert_str_eq(asked("/T"), "= [18446744073709551615]\n");
    ck_assert_str_eq(asked("/D"), "= [20.43000030517578]\n");
    ck_assert_str_eq(asked("/S"), "= [\"a; \\\"b\\\" \xC3\xA4\"]\n");
    ck_assert_str_eq(asked("/Au"), "= [null]\n");
    ck_assert_str_eq(asked("/Av"), "= [[1,2.5,\"x\",null]]\n");
    ck_assert_str_eq(asked("/Dict"), "= [{\"a\":1,\"b\":{\"c\":[true]}}]\n");
    ck_assert_str_eq(asked("/List"), "= [[{\"k\":1}]]\n");
    ck_assert_str_eq(asked("/St"), "= [\"unknown_type\"]\n");
    r->w.n = 0;
    rig_set(r, "value", "/Y d 1.5");
    rig_expect(r, "/Y PropertiesChanged [{\"Text\":\"1.5\",\"Value\":1.5}]\n");
    rig_set(r, "value", "/S/Below i 1");
    rig_set(r, "value", "/Y \"text\"");
    rig_set(r, "remove", "/Nothing");
    rig_expect(r, "note value-refused\nnote value-refused\nnote value-refused\n");
}
END_TEST

/* The last room is given out once; what does not fit is refused, and everything stays as it was. */
START_TEST(bounds)
{
    RIG_BEGIN(r, "items", "none", "spare", "1", "memory", "64", "values", "/S s \"\" writable");
    rig_set(r, "value", "/A i 1; /B i 1; /C i 1; /D i 1");
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), "note value-refused"));
    r->w.n = 0;
    {
        static char long_text[2000];

        memset(long_text, 'x', sizeof long_text - 1);
        rig_write_as(r, "/S", "s", wp_text_value(wp_text(long_text)));
    }
    rig_expect(r, "note no-memory\n= [2]\n");
    ck_assert_str_eq(asked("/S"), "= [\"\"]\n");
}
END_TEST

/* ---- faults ------------------------------------------------------------------------------------------------- */

START_TEST(slow_items)
{
    RIG_BEGIN(r, "items", "none", "values", "/V i 1");
    rig_set_times(r, "items.slow", "30s", 1);
    rig_ask(r, "/", RIG_ITEM, "GetItems");
    rig_ask(r, "/V", RIG_ITEM, "GetValue");
    rig_expect(r, "= [1]\n");
    rig_set(r, "value", "/V 2");
    rig_run(r, WP_SEC(30) - 1);
    rig_expect(r, "/V PropertiesChanged [{\"Text\":\"2\",\"Value\":2}]\n");
    rig_run(r, WP_SEC(30));
    rig_expect(
        r, "= [{\"/DeviceInstance\":{\"Text\":\"20\",\"Value\":20},\"/V\":{\"Text\":\"2\",\"Value\":2}}]\n");
    rig_ask(r, "/", RIG_ITEM, "GetItems");
    ck_assert_uint_gt(r->w.n, 10);
}
END_TEST

/* Late replies come in the order of their times; more than there is room for are refused; who leaves owes nothing. */
START_TEST(late_replies)
{
    RIG_BEGIN(r, "items", "none", "values", "/V i 1", "reply.delay", "100ms", "queue", "512");
    rig_ask(r, "/V", RIG_ITEM, "GetValue");
    rig_set(r, "reply.delay", "50ms");
    rig_ask(r, "/V", RIG_ITEM, "GetText");
    rig_expect(r, "");
    rig_run(r, WP_MS(60));
    rig_expect(r, "= [\"1\"]\n");
    for (int i = 0; i < 4; i++)
        rig_ask(r, "/V", RIG_ITEM, "GetText");
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), "note queue-full\n! LimitsExceeded\n"));
    rig_set(r, "present", "false");
    r->w.n = 0;
    rig_run(r, WP_SEC(1));
    rig_expect(r, "");
}
END_TEST

START_TEST(freeze)
{
    RIG_BEGIN(r, "items", "none", "values", "/V i 1");
    rig_set(r, "freeze", "true");
    rig_ask(r, "/V", RIG_ITEM, "GetValue");
    rig_set(r, "value", "/V 2");
    rig_expect(r, "");
    rig_set(r, "freeze", "false");
    rig_expect(r, "");
    ck_assert_str_eq(asked("/V"), "= [2]\n");
}
END_TEST

START_TEST(refusals)
{
    RIG_BEGIN(r, "items", "none", "values", "/V i 1 writable");
    rig_set_times(r, "refuse", "2", 1);
    rig_write_as(r, "/V", "i", wp_int(2));
    rig_write_as(r, "/V", "i", wp_int(3));
    rig_set(r, "refuse", "error");
    rig_write_as(r, "/V", "i", wp_int(4));
    rig_write_as(r, "/V", "i", wp_int(5));
    rig_expect(r, "= [2]\n= [0]\n/V PropertiesChanged [{\"Text\":\"3\",\"Value\":3}]\n! Failed\n! Failed\n");
}
END_TEST

START_TEST(odd_values)
{
    RIG_BEGIN(r, "items", "none", "values", "/V i 1; /D d 2.5");
    rig_set(r, "retype", "/V");
    rig_set(r, "retype", "/V");
    rig_set(r, "nan", "/D");
    rig_set(r, "huge", "/Big 1000");
    rig_set(r, "quiet", "/Big ai [7]");
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), "/Big PropertiesChanged [{\"Text\":\"[0,1,2,3,"));
    r->w.n = (size_t)(strstr(r->trace, "/Big") - r->trace);
    rig_expect(r, "/V PropertiesChanged [{\"Text\":\"1.0\",\"Value\":1.0}]\n"
                  "/V PropertiesChanged [{\"Text\":\"1\",\"Value\":1}]\n"
                  "/D PropertiesChanged [{\"Text\":\"NaN\",\"Value\":null}]\n");
    rig_set(r, "huge", "/Big 1000000000");
    rig_set(r, "huge", "/Big");
    rig_expect(r, "note value-refused\nnote value-refused\n");
}
END_TEST

/* A new service takes the name of one that lets it go: it asks so. */
START_TEST(hand_over)
{
    rig_init(r, "items", "none", "name.takes", "true", "name.gives", "true", (char *)NULL);
    rig_start_machine(r);
    rig_open(r);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), ",3]"));
}
END_TEST

/* Set-points of a vebus are taken, and nobody is told. */
START_TEST(set_points_of_a_vebus)
{
    RIG_BEGIN(r, "type", "vebus");
    rig_write_as(r, "/Hub4/L1/AcPowerSetpoint", "i", wp_int(-200));
    rig_expect(r, "= [0]\n");
    ck_assert_str_eq(asked("/Hub4/L1/AcPowerSetpoint"), "= [-200]\n");
}
END_TEST

/* ---- playback ----------------------------------------------------------------------------------------------- */

START_TEST(playback)
{
    RIG_BEGIN(r, "items", "none", "values", "/Ac/Power d 0.0", "playback",
              "# second, service, path, value\n"
              "0.5, pvinverter/20, /Ac/Power, 5\r\n"
              "0.5, pvinverter, /Ac/L1/Power, 2.5\n"
              "1, pvinverter/21, /Ac/Power, 6\n"
              "1, com.victronenergy.pvinverter.cgwacs_ttyUSB0_di20_mb1, /Status, all right\n"
              "1.25, pvinverter, /Ac/Power,\n"
              "2, pvinverter, /New/Node, [1]\n");
    rig_run(r, WP_MS(500));
    rig_expect(r, "/ ItemsChanged [{\"/Ac/L1/Power\":{\"Text\":\"2.5\",\"Value\":2.5},"
                  "\"/Ac/Power\":{\"Text\":\"5.0\",\"Value\":5.0}}]\n");
    rig_run(r, WP_SEC(5));
    rig_expect(r, "/Status PropertiesChanged [{\"Text\":\"all right\",\"Value\":\"all right\"}]\n"
                  "/Ac/Power PropertiesChanged [{\"Text\":\"---\",\"Value\":null}]\n"
                  "/New/Node PropertiesChanged [{\"Text\":\"[1]\",\"Value\":[1]}]\n");
    ck_assert_int_eq(venus_service_class.deadline(r->m), WP_NEVER);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_service");
    TCase *t = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, begin_rig, end_rig);
    tcase_add_test(t, names);
    tcase_add_test(t, instance);
    tcase_add_test(t, basic_items_and_phases);
    tcase_add_test(t, every_profile);
    tcase_add_test(t, what_cannot_be);
    tcase_add_test(t, types);
    tcase_add_test(t, bounds);
    tcase_add_test(t, slow_items);
    tcase_add_test(t, late_replies);
    tcase_add_test(t, freeze);
    tcase_add_test(t, refusals);
    tcase_add_test(t, odd_values);
    tcase_add_test(t, hand_over);
    tcase_add_test(t, set_points_of_a_vebus);
    tcase_add_test(t, playback);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
