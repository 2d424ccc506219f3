/* Somebody else's gateway and somebody else's service on our message bus: the built programs stand for them. */
#include "harness/cmd.h"
#include "tests/program_rig.h"

static void said(const char *sentence)
{
    ck_assert_msg(strstr(output, sentence) != NULL, "'%s' is not in: %s", sentence, output);
}

static const char scenario[] =
    "scenario: inverter\npurpose: p\nrequires: south.venus\ngateway: {north: [venus]}\n"
    "devices: {pv: {model: venus-service}}\n"
    "clients: {c: {subscribe: [\"N/#\"]}}\n"
    "steps:\n"
    "  - publish: {from: c, topic: R/c0619ab12345/keepalive, text: \"\"}\n"
    "  - expect: {topic: N/c0619ab12345/pvinverter/20/DeviceInstance, payload: {value: 20}, within: 3s}\n";

#define GATEWAY                                                                                              \
    "sut: theirs\nrole: gateway\nnorth: {broker: ours}\npics: [north.venus, south.venus]\nconfigure: file\n"

/* It finds the bus by its file, and has a portal ID of its own. */
START_TEST(a_gateway_meets_our_services)
{
    write_file("s.yaml", scenario);
    write_file("sut.yaml",
               GATEWAY "south: {bus: ours}\nstart: {command: [wattproof, gateway, \"{config}\"]}\n");
    ck_assert_msg(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out") == EXIT_AS_EXPECTED, "%s", output);
    said("theirs (gateway, lenient): 1 scenarios played, 0 not applicable\n");
    write_file("sut.yaml", GATEWAY "south: {bus: ours}\npixit: {portal: 0123456789ab}\nstart:\n"
                                   "  command: [wattproof, gateway, \"{config}\"]\n"
                                   "  environment: {WATTPROOF_VENUS_PORTAL: 0123456789ab}\n");
    ck_assert_msg(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_int_eq(wattproof("capture info @/out/s/live/inverter/bus.pcapng"), 0);
}
END_TEST

/* By the variables that D-Bus libraries look at. */
START_TEST(a_gateway_may_look_at_its_environment)
{
    write_file("s.yaml", scenario);
    write_file("sut.yaml", GATEWAY
               "south: {bus: ours}\nstart:\n"
               "  command: [sh, -c, \"exec env -u WATTPROOF_BUS $WATTPROOF_BIN gateway {dir}/own.yaml\"]\n"
               "stop: {within: 3s}\n");
    ck_assert_int_ne(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out"),
                     EXIT_AS_EXPECTED); /* no such file */
    write_file("sut.yaml", GATEWAY
               "south: {bus: ours}\nstart:\n"
               "  command: [sh, -c, \"sed s/^bus:.*/bus:' session'/ {config} >{dir}/own.yaml; exec env -u "
               "WATTPROOF_BUS $WATTPROOF_BIN gateway {dir}/own.yaml\"]\n");
    ck_assert_msg(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out") == EXIT_AS_EXPECTED, "%s", output);
}
END_TEST

/* What it is sent is looked at, too: answers, the bus's own words, what a third party says to it. */
START_TEST(what_a_gateway_is_sent_is_seen)
{
    static const char looks[] =
        "scenario: looks\npurpose: p\nrequires: south.venus\ngateway: {north: [venus]}\n"
        "devices: {pv: {model: venus-service}}\n"
        "clients: {c: {subscribe: [\"N/#\"]}}\n"
        "steps:\n"
        "  - expect: {frame: dbus, from: gateway, to: pv, fields: {member: GetItems}, within: 3s}\n"
        "  - expect: {frame: dbus, from: pv, to: gateway, fields: {type: method_return}, within: 3s}\n"
        "  - publish: {from: c, topic: R/c0619ab12345/keepalive, text: \"\"}\n"
        "  - expect: {topic: N/c0619ab12345/pvinverter/20/Ac/Power, within: 3s}\n"
        "  - set: {pv.value: \"/Ac/Power d 936.5\"}\n"
        "  - expect: {frame: dbus, from: pv, to: gateway, fields: {type: signal}, count: 1, within: 3s}\n"
        "  - expect: {topic: N/c0619ab12345/pvinverter/20/Ac/Power, payload: {value: 936.5}, within: 3s}\n";

    write_file("s.yaml", looks);
    write_file("sut.yaml",
               GATEWAY "south: {bus: ours}\nstart: {command: [wattproof, gateway, \"{config}\"]}\n");
    ck_assert_msg(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out") == EXIT_AS_EXPECTED, "%s", output);
    said("theirs (gateway, lenient): 1 scenarios played, 0 not applicable\n");
    write_file("sut.yaml", GATEWAY "south: {bus: \"unix:path=/nowhere\"}\n"
                                   "start: {command: [wattproof, gateway, \"{config}\"]}\n");
    ck_assert_int_eq(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out"), EXIT_NOTHING_RAN);
    said("on a bus that is not ours only those that it sends us are seen");
}
END_TEST

START_TEST(without_a_bus_services_are_not_applicable)
{
    write_file("s.yaml", scenario);
    write_file("sut.yaml", GATEWAY "start: {command: [wattproof, gateway, \"{config}\"]}\n");
    ck_assert_int_eq(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out"), EXIT_NOTHING_RAN);
    said("needs services on a message bus, and the descriptor does not say which: south: {bus: ours}");
}
END_TEST

/* The gateway is ours then, and it is the service that is read. */
START_TEST(a_service_is_read_by_our_gateway)
{
    write_file("s.yaml", scenario);
    write_file("d.yaml", "devices: {pv: {model: venus-service, set: {type: pvinverter}}}\n");
    write_file("sut.yaml",
               "sut: their inverter\nrole: device\nsouth: {bus: ours}\npics: [south.venus]\n"
               "start: {command: [wattproof, device, ../d.yaml], ready: {line: is on the bus}}\n");
    ck_assert_int_ne(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out"),
                     EXIT_AS_EXPECTED); /* no such file */
    write_file("sut.yaml", "sut: their inverter\nrole: device\nsouth: {bus: ours}\npics: [south.venus]\n"
                           "start: {command: [sh, -c, \"exec $WATTPROOF_BIN device "
                           "{dir}/../../../../d.yaml\"], ready: {line: is on the bus}}\n");
    ck_assert_msg(wattproof("run @/s.yaml --sut @/sut.yaml -o @/out") == EXIT_AS_EXPECTED, "%s", output);
    said("their inverter (device, lenient): 1 scenarios played, 0 not applicable\n");
    ck_assert_int_eq(wattproof("run venus-read-leaf --sut @/sut.yaml -o @/out"), EXIT_NOTHING_RAN);
}
END_TEST

/* ---- any service ------------------------------------------------------------------------------------ */

static int judged(const char *select, const char *set, const char *pics)
{
    char text[600];

    snprintf(text, sizeof text, "devices: {sv: {model: venus-service, set: {%s}}}\n", set);
    write_file("d.yaml", text);
    snprintf(text, sizeof text,
             "sut: a service\nrole: device\nsouth: {bus: ours}\npics: [device.venus-service, south.venus%s]\n"
             "start: {command: [sh, -c, \"exec $WATTPROOF_BIN device {dir}/../../../../d.yaml\"], "
             "ready: {line: is on the bus}}\n",
             pics);
    write_file("sut.yaml", text);
    snprintf(text, sizeof text, "run '%s' --sut @/sut.yaml -o @/out", select);
    return wattproof(text);
}

/* Of a type and instance that no scenario knows; it is stopped and started, too. */
START_TEST(any_service_is_judged)
{
    ck_assert_msg(judged("venus-device-*", "type: battery, instance: 7", ", device.custom-name") ==
                      EXIT_AS_EXPECTED,
                  "%s", output);
    said("a service (device, lenient): 4 scenarios played, 0 not applicable\n");
    said("2 pass, 0 fail"); /* statements */
}
END_TEST

START_TEST(a_service_without_all_items_or_nodes_fails)
{
    ck_assert_int_eq(judged("venus-device-reads", "type: battery, nodes: false", ""), EXIT_FAILED);
    said("venus-device-reads:");
    ck_assert_int_eq(judged("venus-device-items",
                            "type: battery, items: none, values: \"/DeviceInstance i 7; /ProductId i 1\"",
                            ""),
                     EXIT_FAILED);
    said("Mgmt/ProcessName");
}
END_TEST

/* What it may not take it takes, and what it should signal it does not take. */
START_TEST(a_service_that_takes_too_much_or_too_little_fails)
{
    ck_assert_int_eq(judged("venus-device-writes", "type: battery, values: '/ProductName s \"Box\" writable'",
                            ", device.custom-name"),
                     EXIT_FAILED);
    said("VEN-B05");
    ck_assert_int_eq(judged("venus-device-writes", "type: battery, refuse: \"1\"", ", device.custom-name"),
                     EXIT_FAILED);
}
END_TEST

START_TEST(a_service_is_not_asked_for_what_it_does_not_claim)
{
    ck_assert_int_eq(judged("venus-device-writes", "type: battery", ""), EXIT_NOTHING_RAN);
    ck_assert_int_eq(judged("venus-device-items", "type: battery, get_items: \"false\"", ", device.legacy"),
                     EXIT_NOTHING_RAN);
    ck_assert_msg(judged("venus-device-reads", "type: battery, get_items: \"false\"", ", device.legacy") ==
                      EXIT_AS_EXPECTED,
                  "%s", output);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sut_bus");
    TCase *t = tcase_create("sut_bus");
    SRunner *r;
    int failed;

    if (access("/usr/bin/dbus-daemon", X_OK) != 0 || access("/usr/sbin/mosquitto", X_OK) != 0) {
        puts("skipped: dbus-daemon and mosquitto are not installed");
        return 0;
    }
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_add_test(t, a_gateway_meets_our_services);
    tcase_add_test(t, a_gateway_may_look_at_its_environment);
    tcase_add_test(t, what_a_gateway_is_sent_is_seen);
    tcase_add_test(t, without_a_bus_services_are_not_applicable);
    tcase_add_test(t, a_service_is_read_by_our_gateway);
    tcase_add_test(t, any_service_is_judged);
    tcase_add_test(t, a_service_without_all_items_or_nodes_fails);
    tcase_add_test(t, a_service_that_takes_too_much_or_too_little_fails);
    tcase_add_test(t, a_service_is_not_asked_for_what_it_does_not_claim);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
