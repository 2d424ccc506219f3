/* The settings service as others on the bus see it: what may be added, written and removed, and by whom. */
#include "tests/venus_service_rig.h"

static struct rig *r;

static void begin_rig(void)
{
    r = malloc(sizeof *r);
    RIG_BEGIN(r, "type", "settings", "items", "none");
}

static void end_rig(void)
{
    rig_end(r);
}

static void add(const char *path, const char *group, const char *name, const char *type, struct wp_value def,
                struct wp_value min, struct wp_value max)
{
    struct dbus_out out;
    struct wp_writer w = rig_call_with(r, &out, path, RIG_SETTINGS, "AddSetting", "ssvsvv", 0);

    out.w = &w;
    dbus_put_text(&out, wp_text(group));
    dbus_put_text(&out, wp_text(name));
    dbus_put_variant(&out, def);
    dbus_put_text(&out, wp_text(type));
    dbus_put_variant(&out, min);
    dbus_put_variant(&out, max);
    rig_send(r, &out);
}

static struct wp_value text(const char *s)
{
    return wp_text_value(wp_text(s));
}

static void remove_two(const char *a, const char *b)
{
    struct dbus_out out;
    struct wp_writer w = rig_call_with(r, &out, "/Settings", RIG_SETTINGS, "RemoveSettings", "as", 0);

    out.w = &w;
    dbus_open(&out);
    dbus_put_text(&out, wp_text(a));
    dbus_put_text(&out, wp_text(b));
    dbus_close(&out);
    rig_send(r, &out);
}

/* What is new is told with its limits; min = max = 0 are none. */
START_TEST(a_setting_is_added)
{
    add("/", "Gui", "Level", "i", wp_int(5), wp_int(0), wp_int(10));
    rig_expect(r, "= [0]\n/Settings/Gui/Level PropertiesChanged "
                  "[{\"Default\":5,\"Max\":10,\"Min\":0,\"Text\":\"5\",\"Value\":5}]\n");
    add("/Settings/Gui", "", "Free", "f", wp_int(2), wp_int(0), wp_int(0));
    rig_expect(
        r,
        "= [0]\n/Settings/Gui/Free PropertiesChanged [{\"Default\":2.0,\"Text\":\"2.0\",\"Value\":2.0}]\n");
    add("/", "Gui", "Name", "s", wp_int(7), wp_int(1), wp_int(2));
    rig_expect(r, "= [0]\n/Settings/Gui/Name PropertiesChanged "
                  "[{\"Default\":\"7\",\"Text\":\"7\",\"Value\":\"7\"}]\n");
}
END_TEST

/* An existing one keeps its value; the same once more changes nothing. */
START_TEST(an_existing_setting_keeps_its_value)
{
    add("/", "Gui", "Level", "i", wp_int(5), wp_int(0), wp_int(10));
    rig_write_as(r, "/Settings/Gui/Level", "d", wp_real(7.0));
    r->w.n = 0;
    add("/", "Gui", "Level", "i", wp_int(5), wp_int(0), wp_int(10));
    rig_expect(r, "= [0]\n");
    add("/", "Gui", "Level", "i", wp_int(6), wp_int(0), wp_int(20));
    rig_expect(r, "= [0]\n/Settings/Gui/Level PropertiesChanged "
                  "[{\"Default\":6,\"Max\":20,\"Min\":0,\"Text\":\"7\",\"Value\":7}]\n");
}
END_TEST

START_TEST(what_cannot_be_added)
{
    add("/", "Gui", "Level", "i", wp_int(5), wp_int(0), wp_int(10));
    r->w.n = 0;
    add("/", "Gui", "_hidden", "i", wp_int(5), wp_int(0), wp_int(10));
    add("/", "Gui", "X", "z", wp_int(5), wp_int(0), wp_int(10));
    add("/", "Gui", "a b", "i", wp_int(5), wp_int(0), wp_int(10));
    add("/", "Gui", "Level", "f", wp_int(5), wp_int(0), wp_int(10));
    add("/", "Gui", "X", "i", text("five"), wp_int(0), wp_int(10));
    add("/", "Gui", "X", "i", wp_int(11), wp_int(0), wp_int(10));
    add("/", "Gui", "", "i", wp_int(5), wp_int(0), wp_int(10));
    rig_expect(r, "= [-2]\n= [-3]\n= [-4]\n= [-5]\n= [-6]\n= [-7]\n= [-8]\n");
}
END_TEST

static void put_wanted(struct dbus_out *out, const char *path, struct wp_value def)
{
    dbus_open(out);
    dbus_open(out);
    dbus_put_text(out, wp_text("path"));
    dbus_put_variant(out, text(path));
    dbus_close(out);
    dbus_open(out);
    dbus_put_text(out, wp_text("default"));
    dbus_put_variant(out, def);
    dbus_close(out);
    dbus_close(out);
}

/* Each says what became of it; all that are new go into one signal. */
START_TEST(several_at_once)
{
    struct dbus_out out;
    struct wp_writer w = rig_call_with(r, &out, "/Settings", RIG_SETTINGS, "AddSettings", "aa{sv}", 0);

    out.w = &w;
    dbus_open(&out);
    put_wanted(&out, "A/B", wp_int(4));
    put_wanted(&out, "A/_C", wp_int(4));
    put_wanted(&out, "A/D", wp_real(1.5));
    dbus_close(&out);
    rig_send(r, &out);
    rig_expect(r, "= [[{\"error\":0,\"path\":\"A/B\",\"value\":4},{\"error\":-2,\"path\":\"A/_C\"},"
                  "{\"error\":0,\"path\":\"A/D\",\"value\":1.5}]]\n"
                  "/ ItemsChanged [{\"/Settings/A/B\":{\"Default\":4,\"Text\":\"4\",\"Value\":4},"
                  "\"/Settings/A/D\":{\"Default\":1.5,\"Text\":\"1.5\",\"Value\":1.5}}]\n");
    w = rig_call_with(r, &out, "/", RIG_SETTINGS, "AddSettings", "aa{sv}", 0);
    out.w = &w;
    dbus_open(&out);
    put_wanted(&out, "Elsewhere/B", wp_int(4));
    dbus_close(&out);
    rig_send(r, &out);
    rig_expect(r, "= [[{\"error\":-9,\"path\":\"Elsewhere/B\"}]]\n");
}
END_TEST

START_TEST(settings_are_removed)
{
    add("/", "Gui", "Level", "i", wp_int(5), wp_int(0), wp_int(10));
    r->w.n = 0;
    remove_two("Gui/Level", "Gui/None");
    rig_expect(r, "= [[0,-1]]\n/Settings/Gui/Level PropertiesChanged [{\"Text\":\"---\",\"Value\":null}]\n");
    rig_ask(r, "/Settings/Gui/Level", RIG_ITEM, "GetValue");
    rig_expect(r, "! UnknownObject\n");
}
END_TEST

/* localsettings says -1 to whatever it does not take. */
START_TEST(writes)
{
    add("/", "Gui", "Level", "i", wp_int(5), wp_int(0), wp_int(10));
    add("/", "Gui", "Name", "s", text("x"), wp_int(0), wp_int(0));
    r->w.n = 0;
    rig_write_as(r, "/Settings/Gui/Level", "d", wp_real(50.0));
    rig_write_as(r, "/Settings/Gui/Level", "s", text("on"));
    rig_write_as(r, "/Settings/Gui/Level", "ai", wp_null());
    rig_expect(r, "= [-1]\n= [-1]\n= [-1]\n");
    rig_write_as(r, "/Settings/Gui/Name", "i", wp_int(12));
    rig_expect(r, "= [0]\n/Settings/Gui/Name PropertiesChanged [{\"Text\":\"12\",\"Value\":\"12\"}]\n");
    rig_ask(r, "/Settings/Gui", RIG_ITEM, "SetDefault");
    rig_expect(r, "= [0]\n/Settings/Gui/Name PropertiesChanged [{\"Text\":\"x\",\"Value\":\"x\"}]\n");
    rig_ask(r, "/Settings/Gui/Level", RIG_SETTINGS, "GetAttributes");
    rig_ask(r, "/Settings/Gui/Level", RIG_SETTINGS, "GetSilent");
    rig_expect(r, "= [5,0,10,0]\n= [false]\n");
}
END_TEST

/* The second device that asks for grid:30 gets 31. */
START_TEST(instances_are_one_device_s)
{
    add("/", "Devices/a", "ClassAndVrmInstance", "s", text("grid:30"), wp_int(0), wp_int(0));
    add("/", "Devices/b", "ClassAndVrmInstance", "s", text("grid:30"), wp_int(0), wp_int(0));
    add("/", "Devices/c", "ClassAndVrmInstance", "s", text("tank:30"), wp_int(0), wp_int(0));
    r->w.n = 0;
    rig_ask(r, "/Settings/Devices", RIG_ITEM, "GetValue");
    rig_expect(r, "= [{\"a/ClassAndVrmInstance\":\"grid:30\",\"b/ClassAndVrmInstance\":\"grid:31\","
                  "\"c/ClassAndVrmInstance\":\"tank:30\"}]\n");
    rig_write_as(r, "/Settings/Devices/c/ClassAndVrmInstance", "s", text("grid:30"));
    rig_expect(r, "= [0]\n/Settings/Devices/c/ClassAndVrmInstance PropertiesChanged "
                  "[{\"Text\":\"grid:32\",\"Value\":\"grid:32\"}]\n");
}
END_TEST

/* The bus was asked who the platform is, and says: the caller. */
START_TEST(security_profile_is_the_platform_s)
{
    add("/", "System", "SecurityProfile", "i", wp_int(3), wp_int(0), wp_int(3));
    r->w.n = 0;
    rig_write_as(r, "/Settings/System/SecurityProfile", "i", wp_int(1));
    rig_expect(r, "= [-1]\n");
    rig_answer(r, 0, ":1.9");
    rig_write_as(r, "/Settings/System/SecurityProfile", "i", wp_int(1));
    rig_expect(r,
               "= [0]\n/Settings/System/SecurityProfile PropertiesChanged [{\"Text\":\"1\",\"Value\":1}]\n");
}
END_TEST

/* Two thousand settings go into one message. */
START_TEST(two_thousand)
{
    rig_end(r);
    r = malloc(sizeof *r);
    RIG_BEGIN(r, "type", "settings", "spare", "2000", "memory", "400000");
    for (int i = 0; i < 2000; i++) {
        char name[32];

        snprintf(name, sizeof name, "Item%d", i);
        add("/", "Many/Of/Them", name, "i", wp_int(i), wp_int(0), wp_int(5000));
        r->w.n = 0;
    }
    rig_ask(r, "/", RIG_ITEM, "GetItems");
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), "/Settings/Many/Of/Them/Item1999\":{\"Default\":1999"));
    r->w.n = 0;
    add("/", "One", "More", "i", wp_int(1), wp_int(0), wp_int(0));
    add("/", "Two", "More", "i", wp_int(1), wp_int(0), wp_int(0));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r->w), "= [-4]\n"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_items_settings");
    TCase *t = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, begin_rig, end_rig);
    tcase_add_test(t, a_setting_is_added);
    tcase_add_test(t, an_existing_setting_keeps_its_value);
    tcase_add_test(t, what_cannot_be_added);
    tcase_add_test(t, several_at_once);
    tcase_add_test(t, settings_are_removed);
    tcase_add_test(t, writes);
    tcase_add_test(t, instances_are_one_device_s);
    tcase_add_test(t, security_profile_is_the_platform_s);
    tcase_add_test(t, two_thousand);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
