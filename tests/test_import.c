/* A capture becomes a scenario that plays it again: the built program as its users call it.     covers: cmd_import
 * import_bus import_bus_items */
#include "harness/cmd.h"
#include "tests/program_rig.h"

static char file_text[1 << 18];

static const char *text_of(const char *name)
{
    char path[200];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s", path);
    file_text[fread(file_text, 1, sizeof file_text - 1, f)] = 0;
    fclose(f);
    return file_text;
}

static const char *shared(const char *name)
{
    static char full[512];
    const char *folder = getenv("WATTPROOF_TESTDATA");

    snprintf(full, sizeof full, "%s/captures/%s", folder ? folder : "../shared", name);
    if (access(full, R_OK) == 0)
        return full;
    printf("skipped: no test data at %s\n", full);
    return NULL;
}

/* A live run of ours, from its own capture: requests, answers and publications come again, and every verdict is the same
 * in both worlds. */
START_TEST(a_live_run_plays_again_from_its_capture)
{
    static const char *const scenario[] = {"ivy-read-multiple", "ivy-follow-up-frames"};

    for (size_t i = 0; i < sizeof scenario / sizeof scenario[0]; i++) {
        char arguments[400];

        snprintf(arguments, sizeof arguments, "run %s --world live -o @/first", scenario[i]);
        ck_assert_msg(wattproof(arguments) == EXIT_AS_EXPECTED, "%s", output);
        snprintf(arguments, sizeof arguments, "capture import @/first/s/live/%s/run.pcapng -o @/again.yaml",
                 scenario[i]);
        ck_assert_msg(wattproof(arguments) == EXIT_AS_EXPECTED, "%s", output);
        ck_assert_msg(strstr(output, "again.yaml: 1 device, 1 request, "), "%s", output);
        ck_assert_ptr_nonnull(strstr(text_of("again.yaml"), "/command/response\", within: "));
        ck_assert_ptr_nonnull(strstr(text_of("again.frames"), "\ndevice m1\n"));
        ck_assert_msg(wattproof("lint @/again.yaml") == EXIT_AS_EXPECTED, "%s", output);
        ck_assert_msg(wattproof("run @/again.yaml -o @/second") == EXIT_AS_EXPECTED, "%s", output);
        ck_assert_msg(strstr(output, "2 plays: 2 pass;"), "%s", output);
        ck_assert_msg(strstr(output, "1 scenarios played in both worlds, 0 with different verdicts"), "%s",
                      output);
    }
}
END_TEST

/* The same capture gives the same files. */
START_TEST(an_import_is_deterministic)
{
    char command[400];

    ck_assert_int_eq(wattproof("capture import captures/dlt645/own-follow-up.pcapng -o @/a.yaml"),
                     EXIT_AS_EXPECTED);
    snprintf(command, sizeof command, "cd %s && mkdir one && mv a.* one", dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(wattproof("capture import captures/dlt645/own-follow-up.pcapng -o @/a.yaml"),
                     EXIT_AS_EXPECTED);
    snprintf(command, sizeof command, "cd %s && cmp a.yaml one/a.yaml && cmp a.frames one/a.frames", dir);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* An expectation that does not hold fails: the playback says what it heard and nothing else. */
START_TEST(another_value_is_noticed)
{
    char command[400];

    ck_assert_int_eq(wattproof("capture import captures/dlt645/own-follow-up.pcapng -o @/a.yaml"),
                     EXIT_AS_EXPECTED);
    ck_assert_int_eq(wattproof("run @/a.yaml --world virtual -o @/o"), EXIT_AS_EXPECTED);
    snprintf(command, sizeof command, "cd %s && sed -i 's/\"online\":true/\"online\":false/' a.yaml", dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(wattproof("run @/a.yaml --world virtual -o @/o"), EXIT_FAILED);
}
END_TEST

/* The original gateway's payloads are not those of its document: they stand in the file as what they are, and what is
 * expected is what the reference gateway makes of the same five meters. */
START_TEST(foreign_publications_are_told)
{
    const char *path = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");
    char arguments[700];

    if (!path)
        return;
    snprintf(arguments, sizeof arguments, "capture import %s -o @/five.yaml", path);
    ck_assert_msg(wattproof(arguments) == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(strstr(output, "five.yaml: 5 devices, 0 requests, "), "%s", output);
    ck_assert_ptr_nonnull(
        strstr(text_of("five.yaml"), "# Published in the capture, and not so by the reference gateway: "));
    ck_assert_ptr_nonnull(strstr(file_text, "\"register\":{\"id\":\"02010100\",\"name\":\"voltageA\""));
    ck_assert_msg(wattproof("lint @/five.yaml") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(wattproof("run @/five.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED, "%s", output);
}
END_TEST

/* Datagrams go out as datagrams, and what is in them opens with the keys that were given. */
START_TEST(pushed_datagrams_play_again)
{
    ck_assert_msg(
        wattproof("capture import captures/dlms/own-udp.pcap --keys captures/dlms/own-udp.pcap.keys "
                  "-o @/udp.yaml") == EXIT_AS_EXPECTED,
        "%s", output);
    ck_assert_ptr_nonnull(strstr(text_of("udp.yaml"), "ACTIVE_POWER_IMPORT"));
    ck_assert_ptr_nonnull(strstr(text_of("udp.frames"), "\ndatagrams\n"));
    ck_assert_ptr_nonnull(strstr(file_text, "\nsend 0.000000 00 01 "));
    ck_assert_msg(wattproof("run @/udp.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED, "%s", output);
}
END_TEST

static const char *const polled_over[] = {"wrapper", "hdlc"};

/* Answers have the invoke-ids, and in HDLC the sequence numbers, of whoever asks now. */
START_TEST(a_polled_meter_answers_in_another_order)
{
    static const char scenario[] =
        "scenario: polled\n"
        "purpose: p\n"
        "gateway: {north: [ivy], set: {dlms.polling: true, polling.interval: 2s,\n"
        "          polling.ids: \"1-0:1.7.0.255,1-0:12.7.0.255,1-0:14.7.0.255\"}}\n"
        "devices:\n"
        "  m1: {model: dlms-meter, address: \"000000000001\", ip: 127.0.2.1,\n"
        "       set: {transport: %s, push.interval: 0s, power: 118, voltage: 231.5}}\n"
        "clients: {c: {subscribe: [\"#\"]}}\n"
        "steps:\n"
        "  - expect: {topic: ivy/v1/meters/000000000001/status, payload: {online: true}, within: 5s}\n"
        "  - set: {m1.push.now: true}\n"
        "  - wait: 5s\n";
    static const char gateway[] =
        "north: [ivy]\n"
        "set: {dlms.polling: true, polling.interval: 1s, polling.ids: \"1-0:14.7.0.255,1-0:12.7.0.255\"}\n";
    char text[sizeof scenario + 20];

    snprintf(text, sizeof text, scenario, polled_over[_i]);
    write_file("polled.yaml", text);
    write_file("gateway.yaml", gateway);
    ck_assert_msg(wattproof("run @/polled.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(
        wattproof("replay @/o/s/virtual/polled/run.pcapng --through gateway --gateway @/gateway.yaml") ==
            EXIT_AS_EXPECTED,
        "%s", output);
    ck_assert_msg(strstr(output, "\"readings\":{\"FREQUENCY\":{\"value\":50.04,\"unit\":\"Hz\","
                                 "\"obis\":\"1-0:14.7.0.255\"},\"VOLTAGE_TOTAL\":{\"value\":231.50,"),
                  "%s", output);
    ck_assert_msg(strstr(output, "\nquestions unknown 0\n"), "%s", output);
}
END_TEST

/* A dongle is dialled: its playback listens, and the gateway is told who it is. */
START_TEST(a_dongle_plays_again_in_both_worlds)
{
    ck_assert_msg(wattproof("capture import captures/lxp/own-live-run.pcapng -o @/lxp.yaml") ==
                      EXIT_AS_EXPECTED,
                  "%s", output);
    ck_assert_msg(strstr(output, "lxp.yaml: 1 device, 6 requests, 98 expectations;"), "%s", output);
    ck_assert_ptr_null(strstr(output, "not so by the reference gateway"));
    ck_assert_ptr_nonnull(strstr(text_of("lxp.yaml"),
                                 "{north: [octolux], set: {lxp.host: 127.0.2.1, lxp.serial: "
                                 "\"5555555555\", lxp.datalog: \"BA55555555\"}}"));
    ck_assert_ptr_nonnull(strstr(text_of("lxp.frames"), "\ndevice m1\ncodec lxp\nlistens\nopen "));
    ck_assert_msg(wattproof("lint @/lxp.yaml") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(wattproof("run @/lxp.yaml -o @/o") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(strstr(output, "1 scenarios played in both worlds, 0 with different verdicts"), "%s",
                  output);
}
END_TEST

/* Where nobody asks over MQTT, what another client asked the dongle is heard beside it. A dongle that dialled a cloud
 * is dialled all the same; its second connection goes on where the first one ended. */
START_TEST(answers_to_another_client_are_heard_unasked)
{
    ck_assert_msg(wattproof("capture import captures/lxp/cloud.pcap -o @/cloud.yaml") == EXIT_AS_EXPECTED,
                  "%s", output);
    ck_assert_msg(strstr(output, "cloud.yaml: 1 device, 0 requests, 84 expectations;"), "%s", output);
    ck_assert_ptr_null(strstr(text_of("cloud.frames"), "\nask "));
    ck_assert_ptr_null(strstr(file_text, "\nclose "));
    ck_assert_ptr_nonnull(strstr(text_of("cloud.yaml"), "\"t_rad_1\":-1,"));
    ck_assert_msg(wattproof("run @/cloud.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED, "%s", output);
}
END_TEST

START_TEST(several_dongles_have_prefixes_of_their_own)
{
    ck_assert_msg(wattproof("run octolux-two-inverters --world virtual -o @/first") == EXIT_AS_EXPECTED, "%s",
                  output);
    ck_assert_msg(wattproof("capture import @/first/s/virtual/octolux-two-inverters/run.pcapng "
                            "-o @/two.yaml") == EXIT_AS_EXPECTED,
                  "%s", output);
    ck_assert_msg(strstr(output, "two.yaml: 2 devices, 0 requests, "), "%s", output);
    ck_assert_ptr_nonnull(strstr(text_of("two.yaml"), "lxp.more: \"inverter2=55555555"));
    ck_assert_ptr_nonnull(strstr(file_text, "\"octolux/inputs/1\""));
    ck_assert_msg(wattproof("run @/two.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED, "%s", output);
}
END_TEST

/* The gateway dialled again: what it heard then goes on where the first connection ended. */
START_TEST(connections_of_one_dongle_are_one_device)
{
    static const char scenario[] =
        "scenario: copies\n"
        "purpose: p\n"
        "gateway: {north: [octolux], set: {lxp.host: 127.0.2.1, lxp.serial: \"5555555555\", lxp.datalog: "
        "BA55555555,\n"
        "          lxp.reconnect: 1s}}\n"
        "devices: {m1: {model: lxp-inverter, ip: 127.0.2.1, set: {push.interval: 0s}}}\n"
        "clients: {c: {subscribe: [\"#\"]}}\n"
        "steps:\n"
        "  - expect: {open: m1, within: 2s}\n"
        "  - wait: 500ms\n"
        "  - set: {m1.portal.write: \"65=50\"}\n"
        "  - wait: 500ms\n"
        "  - set: {m1.fault.hangup: orderly}\n"
        "  - wait: 3s\n"
        "  - set: {m1.portal.write: \"65=60\"}\n"
        "  - wait: 500ms\n";

    write_file("copies.yaml", scenario);
    ck_assert_msg(wattproof("run @/copies.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED ||
                      strstr(output, "1 plays"),
                  "%s", output);
    ck_assert_msg(wattproof("capture import @/o/s/virtual/copies/run.pcapng -o @/again.yaml") ==
                      EXIT_AS_EXPECTED,
                  "%s", output);
    ck_assert_msg(strstr(output, "again.yaml: 1 device, 0 requests, 2 expectations;"), "%s", output);
    ck_assert_ptr_nonnull(strstr(text_of("again.yaml"), "{frames: again.frames}"));
    ck_assert_msg(wattproof("run @/again.yaml --world virtual -o @/o") == EXIT_AS_EXPECTED, "%s", output);
}
END_TEST

/* A capture that was cut off while it was written is imported up to there. */
START_TEST(a_broken_capture_is_imported_to_its_break)
{
    char command[400];

    snprintf(command, sizeof command, "head -c 1100 captures/dlt645/own-follow-up.pcapng > %s/cut.pcapng",
             dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert_msg(wattproof("capture import @/cut.pcapng -o @/a.yaml") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(strstr(output, "imported up to where the capture breaks: "), "%s", output);
    ck_assert_int_eq(wattproof("run @/a.yaml --world virtual -o @/o"), EXIT_AS_EXPECTED);
    ck_assert_int_eq(wattproof("replay @/cut.pcapng --through gateway"), EXIT_USAGE);
    ck_assert_msg(strstr(output, "\npublished "), "%s", output);
}
END_TEST

START_TEST(what_cannot_be_imported_is_named)
{
    ck_assert_int_eq(wattproof("capture import captures/modbus/pymodbus-client.pcap -o @/a.yaml"),
                     EXIT_NOTHING_RAN);
    ck_assert_msg(
        strstr(output,
               "no connection of a device that the reference gateway has a south for; it has none for "
               "modbus"),
        "%s", output);
    ck_assert_int_eq(wattproof("capture import captures/none.pcap -o @/a.yaml"), EXIT_USAGE);
    ck_assert_int_eq(wattproof("capture import captures/SOURCES.md -o @/a.yaml"), EXIT_USAGE);
    ck_assert_int_eq(wattproof("capture import captures/dlt645/own-follow-up.pcapng"), EXIT_USAGE);
    ck_assert_int_eq(wattproof("capture import captures/dlt645/own-follow-up.pcapng -o @/a.txt"), EXIT_USAGE);
    ck_assert_int_eq(wattproof("capture import captures/dlt645/own-follow-up.pcapng -o @/no/a.yaml"),
                     EXIT_USAGE);
    ck_assert_int_eq(
        wattproof("capture import --gateway /nowhere captures/dlt645/own-follow-up.pcapng -o @/a.yaml"),
        EXIT_USAGE);
    ck_assert_int_eq(wattproof("capture import --help"), EXIT_AS_EXPECTED);
}
END_TEST

/* A Victron service on a bus, as somebody else's client saw it: a simulated one stands for it, and becomes what it became. */
START_TEST(services_of_a_bus_play_again_in_both_worlds)
{
    const char *text;

    ck_assert_msg(wattproof("capture import captures/dbus/own-session.pcap -o @/bus.yaml") ==
                      EXIT_AS_EXPECTED,
                  "%s", output);
    ck_assert_msg(strstr(output, "bus.yaml: 1 service, 4 changes, 1 request, 39 expectations\n"), "%s",
                  output);
    ck_assert_msg(strstr(output, "left out: "), "%s", output);
    text = text_of("bus.yaml");
    ck_assert_ptr_nonnull(strstr(text, "gateway: {north: [venus], set: {}}\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "bus.name: \"com.victronenergy.grid.cgwacs_ttyUSB0_di30_mb1\", items: none"));
    ck_assert_ptr_nonnull(strstr(text, "values: \"/Ac/Power d 936.0; /Ac/L1/Voltage d 20.43000030517578; "
                                       "/DeviceInstance i 30; "));
    ck_assert_ptr_nonnull(strstr(text, "; /List av [1,2.5,\\\"three\\\"]\"}}\n"));
    ck_assert_ptr_nonnull(strstr(text, "  - set: {v1.value: \"/Ac/Power d 937.5\"}\n"));
    ck_assert_ptr_nonnull(strstr(text, "  - set: {v1.value: \"/Ac/Power d -0.0; /Serial ai []\"}\n"));
    ck_assert_ptr_nonnull(strstr(text, "  - set: {v1.present: false}\n"));
    ck_assert_ptr_nonnull(strstr(text, "grid/30/Ac/Power\", within: 3000ms, qos: 0, retain: false, payload: "
                                       "{\"value\":-0.0}}"));
    ck_assert_msg(wattproof("lint @/bus.yaml") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(wattproof("run @/bus.yaml -o @/o") == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(strstr(output, "1 scenarios played in both worlds, 0 with different verdicts"), "%s",
                  output);
}
END_TEST

/* What a play leaves of its bus is a capture like any other: limits, a service that comes back, one that is asked for a
 * leaf alone. */
START_TEST(a_play_of_services_comes_from_its_own_capture)
{
    static const char scenario[] =
        "scenario: site\npurpose: p\ngateway: {north: [venus]}\n"
        "devices:\n"
        "  pv: {model: venus-service, set: {type: pvinverter, items: basic, values: \"/Ac/Power d 1.5; "
        "/Limit i 3 min 1 max 4\"}}\n"
        "  tank: {model: venus-service, set: {type: tank, items: basic, get_items: false}}\n"
        "clients: {c: {subscribe: [\"N/#\"]}}\n"
        "steps:\n"
        "  - publish: {from: c, topic: R/c0619ab12345/keepalive, text: \"\"}\n"
        "  - wait: 1s\n"
        "  - set: {pv.value: \"/Ac/Power d 2.5; /CustomName s \\\"a; b\\\"\"}\n"
        "  - wait: 1s\n"
        "  - set: {pv.present: false}\n"
        "  - wait: 1s\n"
        "  - set: {pv.present: true}\n"
        "  - wait: 2s\n";
    const char *text;

    write_file("site.yaml", scenario);
    ck_assert_msg(wattproof("run @/site.yaml -o @/o") == EXIT_AS_EXPECTED, "%s", output);
    for (int live = 0; live < 2; live++) {
        ck_assert_msg(wattproof(live ? "capture import @/o/s/live/site/bus.pcapng -o @/again.yaml"
                                     : "capture import @/o/s/virtual/site/bus.pcapng -o @/again.yaml") ==
                          EXIT_AS_EXPECTED,
                      "%s", output);
        ck_assert_msg(strstr(output, "again.yaml: 2 services, 3 changes, "), "%s", output);
        text = text_of("again.yaml");
        ck_assert_ptr_nonnull(strstr(text, "/Limit i 3 min 1 max 4"));
        ck_assert_ptr_nonnull(strstr(text, ".value: \"/Ac/Power d 2.5; /CustomName s \\\"a; b\\\"\"}\n"));
        ck_assert_ptr_nonnull(strstr(text, ".present: false}\n"));
        ck_assert_ptr_nonnull(strstr(text, ".present: true}\n"));
        ck_assert_msg(wattproof("run @/again.yaml --world virtual -o @/second") == EXIT_AS_EXPECTED, "%s",
                      output);
    }
    ck_assert_msg(wattproof("replay @/o/s/virtual/site/bus.pcapng --through gateway") == EXIT_AS_EXPECTED,
                  "%s", output);
    ck_assert_msg(strstr(output, "N/c0619ab12345/pvinverter/20/Ac/Power qos=0 {\"value\":2.5}\n"), "%s",
                  output);
    ck_assert_msg(strstr(output, "\nservices 2: 3 changes\n"), "%s", output);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("import");
    TCase *t = tcase_create("import");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_add_test(t, a_live_run_plays_again_from_its_capture);
    tcase_add_test(t, an_import_is_deterministic);
    tcase_add_test(t, another_value_is_noticed);
    tcase_add_test(t, foreign_publications_are_told);
    tcase_add_test(t, pushed_datagrams_play_again);
    tcase_add_test(t, a_dongle_plays_again_in_both_worlds);
    tcase_add_test(t, answers_to_another_client_are_heard_unasked);
    tcase_add_test(t, several_dongles_have_prefixes_of_their_own);
    tcase_add_test(t, connections_of_one_dongle_are_one_device);
    tcase_add_loop_test(t, a_polled_meter_answers_in_another_order, 0, 2);
    tcase_add_test(t, a_broken_capture_is_imported_to_its_break);
    tcase_add_test(t, services_of_a_bus_play_again_in_both_worlds);
    tcase_add_test(t, a_play_of_services_comes_from_its_own_capture);
    tcase_add_test(t, what_cannot_be_imported_is_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
