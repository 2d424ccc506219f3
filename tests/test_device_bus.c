/* Simulated Victron services on a bus that others read, by the built program: a private bus, and one of somebody else's. */
#include "harness/cmd.h"
#include "tests/program_rig.h"

#define SERVICES                                                                                             \
    "devices:\n  pv: {model: venus-service, set: {type: pvinverter, values: \"/Ac/Power d 936.0\"}}\n"       \
    "  tank: {model: venus-service, set: {type: tank}}\n"

static const char *said(const char *name)
{
    static char text[8192];
    char path[100];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static int shell(const char *format)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char command[1500];

    snprintf(command, sizeof command, "cd %s && W='%s/wattproof' && { %s\n}", dir,
             build ? build : "build/dev", format);
    return WEXITSTATUS(system(command));
}

/* A bus whose policy lets nobody own a name. */
static const char strict_bus[] =
    "<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
    "<policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
    "<deny own=\"*\"/></policy></busconfig>\n";

START_TEST(others_read_a_private_bus)
{
    write_file("d.yaml", SERVICES);
    shell("$W device d.yaml --for 60s -o seen >out 2>&1 & P=$!\n"
          "for i in 1 2 3 4 5 6 7 8 9 10; do grep -q 'tank is on the bus: ' out && break; sleep 1; done\n"
          "A=$(sed -n 's/^private bus //p' out)\n"
          "dbus-send --bus=$A --print-reply --dest=com.victronenergy.pvinverter.cgwacs_ttyUSB0_di20_mb1 "
          "/Ac/Power com.victronenergy.BusItem.GetValue >reply 2>&1\n"
          "kill -INT $P; wait $P; echo exit $? >>out");
    ck_assert_msg(strstr(said("reply"), "double 936") != NULL, "%s", said("reply"));
    ck_assert_ptr_nonnull(strstr(said("out"), "exit 0\n"));
    ck_assert_ptr_nonnull(strstr(said("out"), "devices 2, connections 2, in all 2, "));
    ck_assert_int_eq(wattproof("replay @/seen/bus.pcapng"), 0);
    ck_assert_msg(strstr(output, "member=GetValue") != NULL, "%s", output);
}
END_TEST

START_TEST(services_join_a_bus_that_runs)
{
    write_file("d.yaml", SERVICES);
    write_file("e.yaml", "devices: {grid: {model: venus-service, set: {type: grid}}}\n");
    shell("$W device d.yaml --for 60s >out 2>&1 & P=$!\n"
          "for i in 1 2 3 4 5 6 7 8 9 10; do grep -q 'tank is on the bus: ' out && break; sleep 1; done\n"
          "A=$(sed -n 's/^private bus //p' out)\n"
          "WATTPROOF_BUS=$A $W device e.yaml --for 1s >by-variable 2>&1; echo exit $? >>by-variable\n"
          "echo bus: $A >>e.yaml; $W device e.yaml --for 1s >by-key 2>&1; echo exit $? >>by-key\n"
          "DBUS_SYSTEM_BUS_ADDRESS=$A WATTPROOF_BUS=system $W device e.yaml --for 1s >by-name 2>&1; "
          "echo exit $? >>by-name\n"
          "kill -INT $P; wait $P");
    for (size_t i = 0; i < 3; i++) {
        static const char *const ways[] = {"by-variable", "by-key", "by-name"};

        ck_assert_msg(strncmp(said(ways[i]), "bus unix:path=/", 15) == 0, "%s: %s", ways[i], said(ways[i]));
        ck_assert_ptr_nonnull(strstr(said(ways[i]), "grid is on the bus: com.victronenergy.grid."));
        ck_assert_ptr_nonnull(strstr(said(ways[i]), "exit 0\n"));
    }
}
END_TEST

START_TEST(what_stands_in_the_way_is_said)
{
    write_file("d.yaml", SERVICES "bus: unix:path=/nowhere/bus\n");
    ck_assert_int_eq(wattproof("device @/d.yaml --for 1s"), EXIT_HARNESS);
    ck_assert_str_eq(output, "wattproof: the message bus at unix:path=/nowhere/bus is not there: there is no "
                             "such socket\n");
    write_file("d.yaml", SERVICES "bus: \"tcp:host=192.0.2.1\"\n");
    ck_assert_int_eq(wattproof("device @/d.yaml --for 1s"), EXIT_USAGE);
    ck_assert_msg(strstr(output, "d.yaml:4:6: bus: 'tcp:host=192.0.2.1' is no address of a message bus") !=
                      NULL,
                  "%s", output);
    write_file("d.yaml", SERVICES "gateway: 127.0.0.1:1\nbus: nonsense\n");
    ck_assert_int_eq(wattproof("device @/d.yaml --for 1s"), EXIT_USAGE);
}
END_TEST

START_TEST(what_the_policy_forbids_is_said)
{
    char config[600];

    snprintf(config, sizeof config, strict_bus, dir);
    write_file("bus.conf", config);
    snprintf(config, sizeof config, SERVICES "bus: unix:path=%s/bus\n", dir);
    write_file("d.yaml", config);
    shell("dbus-daemon --config-file=bus.conf --nofork 2>/dev/null & P=$!\n"
          "for i in 1 2 3 4 5 6 7 8 9 10; do test -S bus && break; sleep 1; done\n"
          "$W device d.yaml --for 1s >out 2>&1; kill $P; wait $P");
    ck_assert_msg(strstr(said("out"),
                         "pv is refused by the bus: Connection \":1.0\" is not allowed to own the service "
                         "\"com.victronenergy.pvinverter.cgwacs_ttyUSB0_di20_mb1\"") != NULL,
                  "%s", said("out"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device_bus");
    TCase *t = tcase_create("device_bus");
    SRunner *r;
    int failed;

    if (access("/usr/bin/dbus-daemon", X_OK) != 0 || access("/usr/bin/dbus-send", X_OK) != 0) {
        puts("skipped: dbus-daemon and dbus-send are not installed");
        return 0;
    }
    unsetenv("WATTPROOF_BUS");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_add_test(t, others_read_a_private_bus);
    tcase_add_test(t, services_join_a_bus_that_runs);
    tcase_add_test(t, what_stands_in_the_way_is_said);
    tcase_add_test(t, what_the_policy_forbids_is_said);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
