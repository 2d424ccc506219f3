/* Devices that listen, below a gateway that dials them: faults, restarts and captures in both worlds, and gateways of
 * somebody else's, one of which is a program in Python that shares no code with us. */
#include "harness/cmd.h"
#include "harness/sut_process.h"
#include "tests/program_rig.h"

#include <stdbool.h>

#define SCENARIO(name, link)                                                                                 \
    "scenario: " name "\npurpose: a gateway dials an inverter\nrequires: north.octolux && south.lxp\n"       \
    "gateway:\n  north: [octolux]\n"                                                                         \
    "  set: {lxp.host: 127.0.2.1, lxp.serial: \"5555555555\", lxp.datalog: BA55555555}\n" link               \
    "clients:\n  c: {subscribe: [\"#\"]}\n"

#define ASK(register)                                                                                        \
    "  - publish: {from: c, topic: octolux/cmd/read_hold, text: \"" register "\"}\n"                         \
                                                                             "  - expect: {topic: "          \
                                                                             "octolux/result/read_hold, "    \
                                                                             "text: OK, within: 9s}\n"

static void plays(const char *name, const char *yaml, const char *how, int code)
{
    char file[60], arguments[300];

    snprintf(file, sizeof file, "%s.yaml", name);
    write_file(file, yaml);
    snprintf(arguments, sizeof arguments, "run @/%s.yaml -o @/out %s", name, how);
    ck_assert_msg(wattproof(arguments) == code, "%s", output);
}

static void said(const char *sentence)
{
    ck_assert_msg(strstr(output, sentence) != NULL, "'%s' is not in: %s", sentence, output);
}

static bool has(const char *file, const char *text)
{
    char command[600];

    snprintf(command, sizeof command, "grep -q -e '%s' '%s/out/s/%s'", text, dir, file);
    return system(command) == 0;
}

/* ---- faults of the device's line, in both worlds ------------------------------------------------------ */

#define DEVICE                                                                                               \
    "links: {slow: {latency: 20ms}}\ndevices:\n  m1: {model: lxp-inverter, link: slow, set: {push.first: "   \
    "500ms}}\n"

/* The reply is lost, or damaged, or comes in pieces or late: the read is answered in the end. */
START_TEST(faults_strike_the_line_of_the_dialled)
{
    static const char yaml[] =
        /* clang-format off */
        SCENARIO("faults", DEVICE)
        "steps:\n"
        "  - expect: {topic: octolux/inputs/1, within: 3s}\n"
        ASK("64")
        "  - fault: {link: m1, kind: split, at: 7, for: 30ms, direction: from, times: 1}\n"
        ASK("65")
        "  - fault: {link: m1, kind: stall, for: 200ms, direction: to, times: 1}\n"
        ASK("66")
        "  - fault: {link: m1, kind: drop, direction: from, times: 1}\n"
        ASK("67")
        "  - fault: {link: m1, kind: corrupt, at: 25, mask: 1, direction: to, times: 1}\n"
        ASK("68");
    /* clang-format on */

    plays("faults", yaml, "", EXIT_AS_EXPECTED);
    said("1 scenarios played in both worlds, 0 with different verdicts");
    for (int i = 0; i < 2; i++) {
        const char *file = i ? "live/faults/transcript.jsonl" : "virtual/faults/transcript.jsonl";

        ck_assert(has(file, "\"machine\":\"m1\",\"what\":\"drop\",\"text\":\"strikes\""));
        ck_assert(has(file, "\"machine\":\"m1\",\"what\":\"corrupt\",\"text\":\"strikes\""));
        ck_assert(has(file, "\"record\":\"open\",\"machine\":\"gateway\",\"peer\":\"m1\""));
        ck_assert(has(file, "\"record\":\"send\",\"machine\":\"m1\",\"peer\":\"gateway\""));
    }
}
END_TEST

/* Cut, away for a while, and the gateway itself anew: the next connection serves again, and nobody missed the first one,
 * which the gateway dialled before anybody stood. */
START_TEST(a_connection_that_ends_is_dialled_again)
{
    /* clang-format off */
    static const char again[] =
        SCENARIO("again", DEVICE)
        "steps:\n"
        ASK("64")
        "  - fault: {link: m1, kind: cut}\n"
        "  - wait: 6s\n"
        ASK("64")
        "  - restart: {machine: m1, down: 1s}\n"
        "  - wait: 7s\n"
        ASK("64")
        "  - restart: gateway\n"
        "  - wait: 1s\n"
        ASK("64");
    static const char away[] =
        SCENARIO("away", DEVICE)
        "steps:\n"
        ASK("64")
        "  - restart: {machine: m1, down: 6s}\n"
        "  - expect: {close: gateway, reason: refused, within: 6s}\n"
        "  - wait: 6s\n"
        ASK("64");
    /* clang-format on */

    plays("again", again, "--world virtual", EXIT_AS_EXPECTED);
    ck_assert(!has("virtual/again/transcript.jsonl", "\"peer_addr\":\"127.0.2.1:8000\",\"reason\""));
    plays("away", away, "", EXIT_AS_EXPECTED);
    said("1 scenarios played in both worlds, 0 with different verdicts");
    ck_assert(has("virtual/away/transcript.jsonl",
                  "\"reason\":\"refused\",\"code\":0,\"peer_addr\":\"127.0.2.1:8000\""));
    ck_assert(has("live/away/transcript.jsonl",
                  "\"reason\":\"refused\",\"code\":0,\"peer_addr\":\"127.0.2.1:8000\""));
}
END_TEST

/* The addresses of the scenario, in either world; a fleet has those that count up. */
START_TEST(a_capture_has_the_places_of_the_scenario)
{
    plays("fleet",
          SCENARIO("fleet", "    \n"
                            "devices:\n  m1: {model: lxp-inverter}\n"
                            "  h: {model: lxp-inverter, ip: 127.0.3.1, count: 3, set: {serial: "
                            "\"5555555560\"}}\n") "steps:\n" ASK("64"),
          "", EXIT_AS_EXPECTED);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(wattproof(i ? "capture info @/out/s/live/fleet/run.pcapng"
                                     : "capture info @/out/s/virtual/fleet/run.pcapng"),
                         0);
        said(" > 127.0.2.1:8000: lxp ");
        said("the gateway dials the dongle");
    }
}
END_TEST

/* ---- somebody else's ---------------------------------------------------------------------------------- */

#define TOLD                                                                                                 \
    SCENARIO("told", "devices:\n  m1: {model: lxp-inverter, set: {push.first: 500ms}}\n")                    \
    "steps:\n  - expect: {topic: octolux/inputs/3, within: 5s}\n" ASK(                                       \
        "64") "  - publish: {from: c, topic: octolux/cmd/discharge_pct, text: \"50\"}\n"                     \
              "  - expect: {topic: octolux/result/discharge_pct, text: OK, within: 9s}\n"                    \
              "  - expect: {topic: octolux/hold/65, text: \"50\", within: 1s}\n"

static bool has_paho(void)
{
    return system("/usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null") == 0;
}

START_TEST(a_foreign_bridge_finds_our_inverter)
{
    if (!has_paho()) {
        puts("skipped: /usr/bin/python3 has no paho");
        return;
    }
    plays("told", TOLD, "--sut tests/sut/lxp-bridge.yaml", EXIT_AS_EXPECTED);
    said("lxp_bridge.py (gateway, lenient): 1 scenarios played, 0 not applicable");
    ck_assert(has("live/told/transcript.jsonl", "\"record\":\"open\",\"machine\":\"m1\",\"peer\":\"gateway\","
                                                "\"port\":[0-9]*,\"own\":\"127.0.2.1:8000\""));
}
END_TEST

/* Commands in a row are one stimulus: what answers the first is not over before anybody looks for it. */
START_TEST(a_foreign_bridge_answers_commands_in_a_row)
{
    static const char yaml[] =
        /* clang-format off */
        SCENARIO("row", "devices:\n  m1: {model: lxp-inverter, set: {reply.delay: 1ms}}\n")
        "steps:\n"
        "  - wait: 300ms\n"
        "  - repeat:\n"
        "      times: 10\n"
        "      steps:\n"
        "        - publish: {from: c, topic: octolux/cmd/read_hold, text: \"${i}\"}\n"
        "  - expect: {topic: octolux/hold/1, within: 5s}\n"
        "  - expect: {topic: octolux/result/read_hold, text: OK, within: 5s, count: 10}\n";
    /* clang-format on */

    if (has_paho())
        plays("row", yaml, "--sut tests/sut/lxp-bridge.yaml", EXIT_AS_EXPECTED);
}
END_TEST

/* Its own serials, as one that is set up once has them: the simulated inverter is called so. */
START_TEST(a_bridge_that_is_set_up_once_keeps_its_serials)
{
    if (!has_paho())
        return;
    write_file(
        "set-up.yaml",
        "sut: set up once\nrole: gateway\nsouth: {listen: \"127.0.0.1:0\"}\nnorth: {broker: ours}\n"
        "pics: [north.octolux, south.lxp]\npixit: {inverters: [\"2222222222/DJ22222222\"]}\n"
        "start:\n  command: [/usr/bin/python3, tests/sut/lxp_bridge.py, --inverter, \"{south}\", --serial,\n"
        "    \"2222222222\", --datalog, DJ22222222, --broker, \"{broker}\"]\n  ready: {line: ^subscribed}\n");
    write_file("told.yaml", TOLD);
    ck_assert_msg(wattproof("run @/told.yaml --sut @/set-up.yaml -o @/out") == EXIT_AS_EXPECTED, "%s",
                  output);
}
END_TEST

START_TEST(the_reference_gateway_dials_as_a_sut_too)
{
    plays("told", TOLD, "--sut tests/sut/reference.yaml", EXIT_AS_EXPECTED);
    said("reference gateway (gateway, lenient): 1 scenarios played, 0 not applicable");
    plays("told", TOLD, "--sut tests/sut/own-broker.yaml", EXIT_AS_EXPECTED);
}
END_TEST

/* A dongle of somebody's, which is our own inverter in a process of its own: our gateway dials it where it really is. */
START_TEST(a_foreign_inverter_is_dialled)
{
    const char *build = getenv("WATTPROOF_BUILD");
    unsigned port = sut_free_port(0x7F000001u);
    char yaml[300], command[300], line[200];
    FILE *p;

    snprintf(yaml, sizeof yaml, "devices: {m1: {model: lxp-inverter, listen: 127.0.0.1:%u}}\n", port);
    write_file("device.yaml", yaml);
    snprintf(yaml, sizeof yaml,
             "sut: some dongle\nrole: device\nsouth: {tcp: \"127.0.0.1:%u\"}\npics: [south.lxp]\n", port);
    write_file("dongle.yaml", yaml);
    snprintf(command, sizeof command, "%s/wattproof device '%s/device.yaml' --for 8s",
             build ? build : "build/dev", dir);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, p));
    write_file("asked.yaml",
               SCENARIO("asked", "devices:\n  m1: {model: lxp-inverter}\n") "steps:\n" ASK("65"));
    ck_assert_msg(wattproof("run @/asked.yaml --sut @/dongle.yaml -o @/out") == EXIT_AS_EXPECTED, "%s",
                  output);
    said("some dongle (device, lenient): 1 scenarios played, 0 not applicable");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, p));
    ck_assert_ptr_nonnull(strstr(line, "m1 is connected"));
    write_file(
        "pushed.yaml",
        SCENARIO("pushed", "devices:\n  m1: {model: lxp-inverter, set: {push.first: 1s}}\n") "steps: []\n");
    ck_assert_int_eq(wattproof("run @/pushed.yaml --sut @/dongle.yaml -o @/out"), EXIT_NOTHING_RAN);
    said("needs a device whose push.first is set");
    while (fgets(line, sizeof line, p))
        ;
    ck_assert_int_eq(WEXITSTATUS(pclose(p)), EXIT_AS_EXPECTED);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dialled_devices");
    TCase *t = tcase_create("dialled_devices");
    SRunner *r;
    int failed;

    if (access("/usr/sbin/mosquitto", X_OK) != 0) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_add_test(t, faults_strike_the_line_of_the_dialled);
    tcase_add_test(t, a_connection_that_ends_is_dialled_again);
    tcase_add_test(t, a_capture_has_the_places_of_the_scenario);
    tcase_add_test(t, a_foreign_bridge_finds_our_inverter);
    tcase_add_test(t, a_foreign_bridge_answers_commands_in_a_row);
    tcase_add_test(t, a_bridge_that_is_set_up_once_keeps_its_serials);
    tcase_add_test(t, the_reference_gateway_dials_as_a_sut_too);
    tcase_add_test(t, a_foreign_inverter_is_dialled);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
