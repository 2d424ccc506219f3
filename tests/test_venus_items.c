/* The items of a service as others on the bus see them. covers: venus_items_link venus_items_serve venus_items_reads
 * venus_items_writes venus_items_tell venus_items_value venus_items_slab venus_items_words venus_items_json */
#include "tests/venus_service_rig.h"

#include <math.h>

static struct rig *r;

static void begin_rig(void)
{
    r = malloc(sizeof *r);
}

static void end_rig(void)
{
    rig_end(r);
}

#define FEW                                                                                                  \
    "items", "none", "values",                                                                               \
        "/Ac/Power d 936.0 unit W; /Ac/L1/Power d 498.0; /Mode u 3 min 1 max 4 writable; /Gone d null; "     \
        "/CustomName s \"roof\" writable; /ProductId i 45058; /On b true writable; /L ai [1,2]"

/* ---- coming and going --------------------------------------------------------------------------------------- */

/* It has its name when everything is exported; a call before that is answered. */
START_TEST(name_is_asked_for_last)
{
    rig_init(r, FEW, (char *)NULL);
    rig_start_machine(r);
    rig_expect(r, "dial\n");
    rig_open(r);
    rig_expect(r, "RequestName [\"com.victronenergy.pvinverter.cgwacs_ttyUSB0_di20_mb1\",0]\n");
    rig_ask(r, "/Ac/Power", RIG_ITEM, "GetValue");
    rig_expect(r, "= [936.0]\n");
    ck_assert(!venus_items_is_present(r->m->items));
    rig_answer(r, DBUS_NAME_EXISTS, NULL);
    rig_expect(r, "note name-taken\n");
}
END_TEST

/* A service that has the name leaves: ours gets it. */
START_TEST(queued_name_comes_later)
{
    struct dbus_out out;
    struct wp_writer w = wp_writer(r->out, sizeof r->out);
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .serial = 1,
                                   .path = wp_text(DBUS_BUS_PATH),
                                   .interface = wp_text(DBUS_BUS),
                                   .member = wp_text("NameAcquired"),
                                   .sender = wp_text(DBUS_BUS)};

    rig_init(r, FEW, (char *)NULL);
    rig_start_machine(r);
    rig_open(r);
    rig_answer(r, DBUS_NAME_IN_QUEUE, NULL);
    ck_assert(!venus_items_is_present(r->m->items));
    dbus_begin(&out, &w, &head, "s");
    dbus_put_text(&out, r->m->plan.name);
    rig_send(r, &out);
    ck_assert(venus_items_is_present(r->m->items));
}
END_TEST

/* A bus that goes away is dialled every second until it is back; values change meanwhile. */
START_TEST(bus_restart)
{
    RIG_BEGIN(r, FEW);
    r->port = 0;
    rig_step(r,
             (struct wp_event){.kind = WP_EV_CLOSE, .port = RIG_PORT, .close = {.reason = WP_CLOSE_RESET}});
    rig_set(r, "value", "/Ac/Power 1.0");
    rig_expect(r, "");
    rig_run(r, WP_SEC(1));
    rig_expect(r, "dial\n");
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .close = {.reason = WP_CLOSE_REFUSED}});
    rig_run(r, WP_SEC(2));
    rig_expect(r, "dial\n");
    rig_open(r);
    rig_answer(r, DBUS_NAME_PRIMARY_OWNER, NULL);
    r->w.n = 0;
    rig_ask(r, "/Ac/Power", RIG_ITEM, "GetValue");
    rig_expect(r, "= [1.0]\n");
}
END_TEST

START_TEST(leaves_and_returns)
{
    RIG_BEGIN(r, FEW);
    rig_set(r, "present", "false");
    rig_expect(r, "hang up\n");
    rig_set(r, "value", "/Ac/Power 2.0");
    rig_set(r, "present", "true");
    rig_set(r, "present", "false");
    rig_set(r, "present", "true");
    rig_expect(r, "dial\n");
    rig_open(r);
    rig_answer(r, DBUS_NAME_PRIMARY_OWNER, NULL);
    r->w.n = 0;
    rig_ask(r, "/Ac/Power", RIG_ITEM, "GetText");
    rig_expect(r, "= [\"2.0W\"]\n");
}
END_TEST

/* ---- reads -------------------------------------------------------------------------------------------------- */

START_TEST(reads_of_leaves)
{
    RIG_BEGIN(r, FEW);
    rig_ask(r, "/Gone", RIG_ITEM, "GetValue");
    rig_ask(r, "/Gone", RIG_ITEM, "GetText");
    rig_ask(r, "/ProductId", RIG_ITEM, "GetText");
    rig_ask(r, "/L", RIG_ITEM, "GetValue");
    rig_ask(r, "/L", RIG_ITEM, "GetText");
    rig_ask(r, "/Mode", RIG_ITEM, "GetMin");
    rig_ask(r, "/Mode", RIG_ITEM, "GetMax");
    rig_ask(r, "/Mode", RIG_ITEM, "GetDefault");
    rig_ask(r, "/Ac/Power", RIG_ITEM, "GetMax");
    rig_expect(
        r, "= [null]\n= [\"---\"]\n= [\"0xB002\"]\n= [[1,2]]\n= [\"[1,2]\"]\n= [1]\n= [4]\n= [-1]\n= [0]\n");
}
END_TEST

START_TEST(reads_of_nodes)
{
    RIG_BEGIN(r, FEW);
    rig_ask(r, "/Ac", RIG_ITEM, "GetValue");
    rig_ask(r, "/Ac/L1", RIG_ITEM, "GetText");
    rig_expect(r, "= [{\"L1/Power\":498.0,\"Power\":936.0}]\n= [{\"Power\":\"498.0\"}]\n");
    rig_ask(r, "/", RIG_ITEM, "GetValue");
    rig_expect(r,
               "= [{\"Ac/L1/Power\":498.0,\"Ac/Power\":936.0,\"CustomName\":\"roof\",\"DeviceInstance\":20,"
               "\"Gone\":null,\"L\":[1,2],\"Mode\":3,\"On\":true,\"ProductId\":45058}]\n");
}
END_TEST

START_TEST(all_items)
{
    RIG_BEGIN(r, "items", "none", "bus.name", "com.victronenergy.x.y", "values",
              "/A/B d 1.5 min 0.0 max Infinity default 2.0 unit kWh; /Z i null; /H i 1", "unlisted",
              "/Hidden i 3");
    rig_ask(r, "/", RIG_ITEM, "GetItems");
    rig_expect(r, "= [{\"/A/B\":{\"Default\":2.0,\"Max\":null,\"Min\":0.0,\"Text\":\"1.5kWh\",\"Value\":1.5},"
                  "\"/H\":{\"Text\":\"1\",\"Value\":1},\"/Z\":{\"Text\":\"---\",\"Value\":null}}]\n");
    rig_ask(r, "/Hidden", RIG_ITEM, "GetValue");
    rig_ask(r, "/", RIG_ITEM, "GetValue");
    rig_expect(r, "= [3]\n= [{\"A/B\":1.5,\"H\":1,\"Z\":null}]\n");
}
END_TEST

/* Only UnknownMethod makes a reader fall back to GetValue. */
START_TEST(unknown_object_or_method)
{
    RIG_BEGIN(r, FEW);
    rig_ask(r, "/Nope", RIG_ITEM, "GetValue");
    rig_ask(r, "/Ac/P", RIG_ITEM, "GetValue");
    rig_ask(r, "/Ac", RIG_ITEM, "GetItems");
    rig_ask(r, "/Ac/Power", RIG_ITEM, "GetItems");
    rig_ask(r, "/", RIG_ITEM, "SetValue");
    rig_ask(r, "/Ac", "com.victronenergy.Settings", "AddSetting");
    rig_expect(r, "! UnknownObject\n! UnknownObject\n! UnknownMethod\n! UnknownMethod\n! UnknownMethod\n! "
                  "UnknownMethod\n");
    rig_set(r, "get_items", "false");
    rig_ask(r, "/", RIG_ITEM, "GetItems");
    rig_set(r, "get_items", "error");
    rig_ask(r, "/", RIG_ITEM, "GetItems");
    rig_set(r, "nodes", "false");
    rig_ask(r, "/Ac", RIG_ITEM, "GetValue");
    rig_ask(r, "/Ac/L1/Power", RIG_ITEM, "GetValue");
    rig_expect(r, "! UnknownMethod\n! UnknownObject\n! UnknownObject\n= [498.0]\n");
}
END_TEST

START_TEST(what_every_object_has)
{
    RIG_BEGIN(r, FEW);
    rig_ask(r, "/Ac", DBUS_PEER, "Ping");
    rig_ask(r, "/Ac", DBUS_PEER, "GetMachineId");
    rig_expect(r, "= []\n= [\"00000000000000000000000000000000\"]\n");
    rig_ask(r, "/Ac", "org.freedesktop.DBus.Introspectable", "Introspect");
    ck_assert_ptr_nonnull(
        strstr(wp_put_end(&r->w), "<node name=\\\"L1\\\"/>\\n <node name=\\\"Power\\\"/>\\n</node>"));
    ck_assert_ptr_null(strstr(r->trace, "GetItems"));
    r->w.n = 0;
    rig_ask(r, "/", "org.freedesktop.DBus.Introspectable", "Introspect");
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), "GetItems"));
    r->w.n = 0;
    rig_ask(r, "/Gone", RIG_ITEM, "GetDescription");
    rig_expect(r, "= [\"No description given\"]\n");
}
END_TEST

/* Whoever wants no reply gets none, of a call that was done and of one that cannot be. */
START_TEST(no_reply_flag)
{
    struct dbus_out out;
    struct wp_writer w;

    RIG_BEGIN(r, FEW);
    w = rig_call_with(r, &out, "/Mode", RIG_ITEM, "SetValue", "v", DBUS_NO_REPLY);
    out.w = &w;
    dbus_put_variant(&out, wp_int(1));
    rig_send(r, &out);
    w = rig_call_with(r, &out, "/Nope", RIG_ITEM, "GetValue", "", DBUS_NO_REPLY);
    out.w = &w;
    rig_send(r, &out);
    rig_expect(r, "/Mode PropertiesChanged [{\"Text\":\"1\",\"Value\":1}]\n");
}
END_TEST

/* ---- writes ------------------------------------------------------------------------------------------------- */

START_TEST(writes)
{
    RIG_BEGIN(r, FEW);
    rig_write_as(r, "/Mode", "d", wp_real(2.0));
    rig_expect(r, "= [0]\n/Mode PropertiesChanged [{\"Text\":\"2\",\"Value\":2}]\n");
    rig_write_as(r, "/Mode", "i", wp_int(2));
    rig_expect(r, "= [0]\n"); /* the same: no signal */
    rig_write_as(r, "/Mode", "i", wp_int(4));
    r->w.n = 0;
    rig_write_as(r, "/Mode", "i", wp_int(5));
    rig_write_as(r, "/Mode", "i", wp_int(-1));
    rig_write_as(r, "/Mode", "s", wp_text_value(wp_text("60.5")));
    rig_write_as(r, "/Mode", "s", wp_text_value(wp_text("on")));
    rig_write_as(r, "/Mode", "d", wp_real((double)NAN));
    rig_write_as(r, "/Ac/Power", "d", wp_real(1.0));
    rig_write_as(r, "/CustomName", "i", wp_int(5));
    rig_expect(r, "= [2]\n= [1]\n= [1]\n= [1]\n= [1]\n= [1]\n= [1]\n");
    rig_write_as(r, "/CustomName", "s",
                 wp_text_value(wp_text("\xC3\xA4 roof that is longer than it was before")));
    rig_expect(
        r,
        "= [0]\n/CustomName PropertiesChanged [{\"Text\":\"\xC3\xA4 roof that is longer than it was before\","
        "\"Value\":\"\xC3\xA4 roof that is longer than it was before\"}]\n");
    rig_write_as(r, "/On", "b", wp_bool(false));
    rig_expect(r, "= [0]\n/On PropertiesChanged [{\"Text\":\"False\",\"Value\":false}]\n");
    rig_write_as(r, "/Mode", "ai", wp_null());
    rig_expect(r, "= [0]\n/Mode PropertiesChanged [{\"Text\":\"---\",\"Value\":null}]\n");
}
END_TEST

START_TEST(writes_beyond_the_type_or_the_limits)
{
    RIG_BEGIN(r, "items", "none", "values",
              "/Byte y 5 writable; /Word n 5 writable; /Long i 5 writable; /Limited d 1.5 min 0.5 max 2.5 "
              "writable");
    rig_write_as(r, "/Byte", "i", wp_int(256));
    rig_write_as(r, "/Byte", "i", wp_int(-1));
    rig_write_as(r, "/Word", "i", wp_int(32768));
    rig_write_as(r, "/Long", "x", wp_int(2147483648));
    rig_expect(r, "= [1]\n= [1]\n= [1]\n= [1]\n");
    rig_write_as(r, "/Byte", "i", wp_int(255));
    rig_expect(r, "= [0]\n/Byte PropertiesChanged [{\"Text\":\"255\",\"Value\":255}]\n");
    rig_write_as(r, "/Limited", "d", wp_real(2.75));
    rig_write_as(r, "/Limited", "d", wp_real(0.25));
    rig_write_as(r, "/Limited", "d", wp_real((double)NAN));
    rig_write_as(r, "/Limited", "d", wp_real((double)INFINITY));
    rig_expect(r, "= [2]\n= [2]\n= [2]\n= [2]\n");
}
END_TEST

START_TEST(wrong_arguments)
{
    struct dbus_out out;
    struct wp_writer w;

    RIG_BEGIN(r, FEW);
    rig_ask(r, "/Mode", RIG_ITEM, "SetValue");
    w = rig_call_with(r, &out, "/Mode", RIG_ITEM, "GetValue", "i", 0);
    out.w = &w;
    dbus_put_int(&out, 1);
    rig_send(r, &out);
    rig_expect(r, "! InvalidArgs\n! InvalidArgs\n");
}
END_TEST

/* A sloppy service takes what it gets, and its own next value is a number again. */
START_TEST(sloppy)
{
    RIG_BEGIN(r, FEW, "sloppy", "true");
    rig_write_as(r, "/Mode", "s", wp_text_value(wp_text("60.5")));
    rig_expect(r, "= [0]\n/Mode PropertiesChanged [{\"Text\":\"60.5\",\"Value\":\"60.5\"}]\n");
    ck_assert(venus_items_put(r->m->items, venus_items_find(r->m->items, "/Mode"), wp_int(3)));
    venus_items_signal(r->m->items, &r->outbox);
    rig_expect(r, "/Mode PropertiesChanged [{\"Text\":\"3\",\"Value\":3}]\n");
}
END_TEST

/* ---- signals ------------------------------------------------------------------------------------------------ */

START_TEST(one_signal_for_a_batch)
{
    RIG_BEGIN(r, FEW);
    rig_set(r, "value", "/Ac/Power 1; /Ac/L1/Power 2");
    rig_expect(r, "/ ItemsChanged [{\"/Ac/L1/Power\":{\"Text\":\"2.0\",\"Value\":2.0},"
                  "\"/Ac/Power\":{\"Text\":\"1.0W\",\"Value\":1.0}}]\n");
    rig_set(r, "value", "/Ac/Power 1; /Ac/L1/Power 3");
    rig_expect(r, "/Ac/L1/Power PropertiesChanged [{\"Text\":\"3.0\",\"Value\":3.0}]\n");
    rig_set(r, "signals", "items");
    rig_set(r, "value", "/Ac/Power 5");
    rig_expect(r, "/ ItemsChanged [{\"/Ac/Power\":{\"Text\":\"5.0W\",\"Value\":5.0}}]\n");
    rig_set(r, "signals", "properties");
    rig_set(r, "value", "/Ac/Power 6; /Ac/L1/Power 6");
    rig_expect(r, "/Ac/Power PropertiesChanged [{\"Text\":\"6.0W\",\"Value\":6.0}]\n"
                  "/Ac/L1/Power PropertiesChanged [{\"Text\":\"6.0\",\"Value\":6.0}]\n");
}
END_TEST

START_TEST(nothing_for_what_did_not_change)
{
    RIG_BEGIN(r, FEW);
    rig_set(r, "value", "/Ac/Power 936.0; /Mode 3; /L [1,2]; /CustomName \"roof\"; /Gone null");
    rig_expect(r, "");
    rig_set(r, "quiet", "/Ac/Power 1.0");
    rig_expect(r, "");
    rig_set(r, "repeat", "/Ac/Power");
    rig_expect(r, "/Ac/Power PropertiesChanged [{\"Text\":\"1.0W\",\"Value\":1.0}]\n");
    rig_set(r, "value", "/Ac/Power -0.0");
    r->w.n = 0;
    rig_set(r, "value", "/Ac/Power 0.0");
    rig_expect(r, "/Ac/Power PropertiesChanged [{\"Text\":\"0.0W\",\"Value\":0.0}]\n");
    rig_set(r, "value", "/Ac/Power NaN");
    r->w.n = 0;
    rig_set(r, "value", "/Ac/Power NaN");
    rig_expect(r, "");
}
END_TEST

/* Limits that change are told with the value, as is a text alone. */
START_TEST(limits_and_text_alone)
{
    RIG_BEGIN(r, FEW, "signals", "items");
    rig_set(r, "value", "/Mode 1 min 1 max 3");
    rig_expect(r, "/ ItemsChanged [{\"/Mode\":{\"Max\":3,\"Min\":1,\"Text\":\"1\",\"Value\":1}}]\n");
    rig_set(r, "text", "/Mode");
    rig_expect(r, "/ ItemsChanged [{\"/Mode\":{\"Text\":\"1\"}}]\n");
    rig_set(r, "signals", "usual");
    rig_set(r, "text", "/Mode");
    rig_expect(r, "/Mode PropertiesChanged [{\"Text\":\"1\"}]\n");
}
END_TEST

/* First invalid, then gone; its place and its memory are free again. */
START_TEST(removal)
{
    RIG_BEGIN(r, FEW, "spare", "1", "memory", "0");
    for (int i = 0; i < 1000; i++) {
        rig_set(r, "value", "/New/Item s \"a text of more than sixteen bytes\"");
        r->w.n = 0;
        rig_set(r, "remove", "/New/Item");
        rig_expect(r, "/New/Item PropertiesChanged [{\"Text\":\"---\",\"Value\":null}]\n");
    }
    rig_ask(r, "/New/Item", RIG_ITEM, "GetValue");
    rig_ask(r, "/New", RIG_ITEM, "GetValue");
    rig_expect(r, "! UnknownObject\n! UnknownObject\n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("venus_items");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, begin_rig, end_rig);
    tcase_add_test(t, name_is_asked_for_last);
    tcase_add_test(t, queued_name_comes_later);
    tcase_add_test(t, bus_restart);
    tcase_add_test(t, leaves_and_returns);
    tcase_add_test(t, reads_of_leaves);
    tcase_add_test(t, reads_of_nodes);
    tcase_add_test(t, all_items);
    tcase_add_test(t, unknown_object_or_method);
    tcase_add_test(t, what_every_object_has);
    tcase_add_test(t, no_reply_flag);
    tcase_add_test(t, writes);
    tcase_add_test(t, writes_beyond_the_type_or_the_limits);
    tcase_add_test(t, wrong_arguments);
    tcase_add_test(t, sloppy);
    tcase_add_test(t, one_signal_for_a_batch);
    tcase_add_test(t, nothing_for_what_did_not_change);
    tcase_add_test(t, limits_and_text_alone);
    tcase_add_test(t, removal);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
