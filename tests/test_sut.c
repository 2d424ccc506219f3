/* The descriptor of somebody else's system: read strictly, asked what it claims, held against scenarios.
 * covers: sut_pics sut_fit sut_config obey scenario_schema */
#include "harness/sut_config.h"
#include "harness/sut_fit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sut sut;
static struct arena arena;
static struct scenario_list scenarios;
static char text[8192];

static void setup(void)
{
    sut = (struct sut){.file = NULL};
    scenarios = (struct scenario_list){0};
}

static void teardown(void)
{
    sut_free(&sut);
    arena_free(&arena);
    scenario_list_free(&scenarios);
}

static bool load(const char *yaml)
{
    struct wp_writer why = wp_writer(text, sizeof text);
    bool good;

    sut_free(&sut);
    good = sut_load_text(&sut, "lab/acme.yaml", wp_text(yaml), &why);
    wp_put_end(&why);
    return good;
}

#define HEAD  "sut: acme\nrole: gateway\npics: [north.ivy, south.dlt645]\n"
#define WHERE "south: {tcp: \"192.168.1.5:8899\"}\nnorth: {url: \"mqtt://192.168.1.5\"}\n"

static void good(const char *yaml)
{
    ck_assert_msg(load(yaml), "%s", text);
}

/* It is refused, and the sentence holds this. */
static void refused(const char *yaml, const char *sentence)
{
    ck_assert_msg(!load(yaml), "%s", yaml);
    ck_assert_msg(strstr(text, sentence) != NULL, "%s", text);
}

/* ---- the descriptor --------------------------------------------------------------------------------- */

START_TEST(everything_stands_where_it_is_looked_for)
{
    good("sut: ACME 4G\nrole: gateway\nprofile: strict\n"
         "south: {tcp: \"192.168.1.5:8899\"}\n"
         "north: {url: \"mqtts://lab@192.168.1.5\", password: secret, ca: ca.pem}\n"
         "pics: [north.ivy]\n"
         "pixit: {slack: 1s, meters: [\"202401010001\"], options: {polling.interval: 30s}}\n"
         "start: {command: [./acme, --south, \"{south}\"], ready: {line: up}, within: 3s, lifetime: run}\n"
         "stop: {within: 1s}\n"
         "expect: [{statement: IVY-055, reason: ticket 7}]\n");
    ck_assert_str_eq(sut.name, "ACME 4G");
    ck_assert_int_eq(sut.role, SUT_GATEWAY);
    ck_assert(sut.is_strict);
    ck_assert_int_eq(sut.south.line, SUT_TCP);
    ck_assert_uint_eq(sut.south.addr.port, 8899);
    ck_assert(!sut.north.is_ours);
    ck_assert_str_eq(sut.north.user, "lab");
    ck_assert_str_eq(sut.north.password, "secret");
    ck_assert_str_eq(sut.north.ca, "lab/ca.pem");
    ck_assert_int_eq(sut.slack, WP_SEC(1));
    ck_assert(!sut.start.for_each_scenario);
    ck_assert_str_eq(sut.start.ready_line, "up");
    ck_assert_int_eq(sut.start.within, WP_SEC(3));
    ck_assert_int_eq(sut.stop_within, WP_SEC(1));
    ck_assert_str_eq(sut_deviation(&sut, "IVY-055"), "ticket 7");
    ck_assert_ptr_null(sut_deviation(&sut, "IVY-056"));
}
END_TEST

START_TEST(a_serial_line_has_its_parameters)
{
    good(HEAD "south: {serial: \"/dev/ttyUSB0,2400,8E1\"}\nnorth: {url: \"mqtt://10.0.0.1\"}\n");
    ck_assert_int_eq(sut.south.line, SUT_SERIAL);
    ck_assert_str_eq(sut.south.serial.path, "/dev/ttyUSB0");
    ck_assert_uint_eq(sut.south.serial.baud, 2400);
    ck_assert_uint_eq(sut.south.serial.data_bits, 8);
    ck_assert_int_eq(sut.south.serial.parity, 'E');
    ck_assert_uint_eq(sut.south.serial.stop_bits, 1);
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_place)
{
    refused(HEAD WHERE "pixt: {}\n", "lab/acme.yaml:6:1: unknown key 'pixt': did you mean 'pixit'?");
    refused("sut: acme\nrole: gatway\npics: []\n", "lab/acme.yaml:2:7: /role ");
    refused("sut: acme\n", "lab/acme.yaml:1:1: ");
    refused(HEAD, "lab/acme.yaml:1:1: a gateway meets our clients at a broker");
    refused(HEAD "north: {url: \"http://x\"}\n", "lab/acme.yaml:4:14: 'http://x' is no broker's address");
    refused(HEAD "south: {tcp: \"300.1.1.1:5\"}\nnorth: {url: \"mqtt://x\"}\n", "lab/acme.yaml:4:14: ");
    refused(HEAD "south: {tcp: \"127.0.0.1:0\"}\nnorth: {url: \"mqtt://x\"}\n", "port 0 is a free one");
    refused(HEAD "south: {listen: \"127.0.0.1:0\"}\nnorth: {url: \"mqtt://x\"}\n", "port 0 is a free one");
    refused(HEAD "south: {listen: \"127.0.0.1:0\"}\nnorth: {url: \"mqtt://x\"}\n"
                 "start: {command: [x], lifetime: run}\n",
            "lab/acme.yaml:4:17: one that is started for the whole run must know where our devices are");
    refused(HEAD
            "south: {serial: \"/dev/ttyUSB0,2400,8E1\", tcp: \"127.0.0.1:1\"}\nnorth: {url: \"mqtt://x\"}\n",
            "a serial line is all of the south");
    refused("sut: a\nrole: device\npics: []\nsouth: {tcp: \"127.0.0.1:1\", listen: \"127.0.0.1:1\"}\n",
            "lab/acme.yaml:4:8: only a gateway has both");
    refused(HEAD "south: {serial: \"/dev/ttyUSB0,2400\"}\nnorth: {url: \"mqtt://x\"}\n",
            "lab/acme.yaml:4:17: ");
    refused(HEAD "north: {broker: ours}\n", "must know where our broker is: say port:");
    refused(HEAD WHERE "configure: file\n", "lab/acme.yaml:6:12: a file for each scenario needs a start");
    refused(HEAD "north: {url: \"mqtt://x\", password_file: none}\n", "lab/none");
    refused(HEAD "north: {url: \"mqtt://x\", password_env: WP_NO_SUCH}\n",
            "the variable WP_NO_SUCH is not set");
    refused(HEAD WHERE "expect: [{statement: IVY-001, reason: a}, {statement: IVY-001, reason: b}]\n",
            "IVY-001 is expected to fail already");
    refused(HEAD WHERE "pixit: {options: {poling.interval: 1s}}\n",
            "lab/acme.yaml:6:19: unknown option 'poling.interval': did you mean 'polling.interval'?");
    refused(HEAD WHERE "pixit: {options: {polling.interval: soon}}\n",
            "lab/acme.yaml:6:37: polling.interval takes ");
    refused("a: [", "lab/acme.yaml:");
}
END_TEST

START_TEST(a_password_may_come_from_the_environment)
{
    setenv("WP_TEST_PASSWORD", "from outside", 1);
    good(HEAD "north: {url: \"mqtt://x\", user: lab, password_env: WP_TEST_PASSWORD}\n");
    ck_assert_str_eq(sut.north.password, "from outside");
    unsetenv("WP_TEST_PASSWORD");
}
END_TEST

/* Those that README speaks of. */
START_TEST(our_own_descriptors_are_good)
{
    static const char *const files[] = {"tests/sut/reference.yaml", "tests/sut/own-broker.yaml",
                                        "tests/sut/example.yaml", "tests/sut/venus-bridge.yaml",
                                        "tests/sut/venus-service.yaml"};

    setenv("ACME_PASSWORD", "x", 1);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct wp_writer why = wp_writer(text, sizeof text);

        sut_free(&sut);
        ck_assert_msg(sut_load(&sut, files[i], &why), "%s", wp_put_end(&why));
    }
    unsetenv("ACME_PASSWORD");
}
END_TEST

/* ---- claims ----------------------------------------------------------------------------------------- */

static bool holds(const char *expression, const char *lacks)
{
    struct node n = {.kind = NODE_SCALAR, .text = wp_text(expression)};
    const char *lack;
    bool answer = pics_hold(&sut, &n, &arena, &lack);

    if (lacks)
        ck_assert_str_eq(lack, lacks);
    return answer;
}

START_TEST(requirements_are_held_against_claims)
{
    good(HEAD WHERE);
    ck_assert(holds("north.ivy", NULL));
    ck_assert(holds(" north.ivy && south.dlt645 ", NULL));
    ck_assert(!holds("north.ivy && south.dlms", "south.dlms"));
    ck_assert(holds("south.dlms || south.dlt645", NULL));
    ck_assert(holds("!south.dlms && (north.venus || north.ivy)", NULL));
    ck_assert(!holds("!north.ivy", "!north.ivy"));
    ck_assert(holds("role.gateway", NULL));
    ck_assert(!holds("role.device", "role.device"));
    ck_assert(!holds("north.ivy &&", "north.ivy && (no expression of claims)"));
    ck_assert(!holds("(north.ivy", "(north.ivy (no expression of claims)"));
    ck_assert(!holds("north.ivy south.dlt645", "north.ivy south.dlt645 (no expression of claims)"));
    ck_assert(!holds("((((((((((((((((((((((((((((((((((((((((((((", NULL));
}
END_TEST

/* ---- scenarios -------------------------------------------------------------------------------------- */

#define SCENARIO                                                                                             \
    "scenario: s\npurpose: p\nrequires: north.ivy && south.dlt645\n"                                         \
    "devices: {m1: {model: dlt645-meter, address: \"000000000001\"}}\n"                                      \
    "clients: {c: {subscribe: [\"#\"]}}\n"

static struct scenario *scenario(const char *yaml)
{
    struct wp_writer why = wp_writer(text, sizeof text);

    scenario_list_free(&scenarios);
    ck_assert_msg(scenario_load_text("s.yaml", wp_text(yaml), &scenarios, &why), "%s", wp_put_end(&why));
    return scenarios.at[0];
}

static void excluded(const char *yaml, const char *reason)
{
    const char *because = sut_excludes(&sut, scenario(yaml), &arena);

    ck_assert_msg(because && strcmp(because, reason) == 0, "'%s', expected '%s'",
                  because ? because : "it applies", reason);
}

static void applies(const char *yaml)
{
    const char *because = sut_excludes(&sut, scenario(yaml), &arena);

    ck_assert_msg(!because, "%s", because);
}

#define GATEWAY(set) "gateway: {north: [ivy], set: {" set "}}\n"

START_TEST(what_cannot_be_brought_about_is_not_applicable)
{
    good(HEAD WHERE "pixit: {options: {polling.enabled: false}}\n");
    applies(SCENARIO GATEWAY("polling.enabled: false") "steps: []\n");
    applies(SCENARIO GATEWAY("polling.enabled: false, ivy.voltage_low: 180") "steps: []\n"); /* the default */
    excluded(SCENARIO GATEWAY("polling.enabled: true") "steps: []\n",
             "needs gateway option polling.enabled: true");
    excluded(SCENARIO GATEWAY("ivy.stats_interval: 1s") "steps: []\n",
             "needs gateway option ivy.stats_interval: 1s");
    excluded(SCENARIO GATEWAY("") "steps: [{set: {gateway.clock: 1h}}]\n",
             "sets clock of the running gateway");
    excluded(SCENARIO GATEWAY("") "steps: [{restart: gateway}]\n",
             "restarts the gateway, and its broker, with all our clients, goes with it");
    excluded(SCENARIO GATEWAY("") "steps: [{restart: broker}]\n",
             "restarts the broker, and that is the SUT's own");
    excluded(SCENARIO GATEWAY("") "steps: [{fault: {link: gateway, kind: cut}}]\n",
             "disturbs the gateway's session with the broker, which is not ours to disturb");
    excluded(SCENARIO GATEWAY("") "access: {users: {a: b}}\nsteps: []\n",
             "needs a broker with users and rights of its own");
    excluded(SCENARIO GATEWAY("") "worlds: [virtual]\nbecause: a day of sun\nsteps: []\n",
             "plays in the virtual world only: a day of sun");
    excluded("scenario: s\npurpose: p\nsteps: []\n", "has no gateway: it is about something else");
    excluded("scenario: s\npurpose: p\nrequires: \"!broker.observed\"\n" GATEWAY("") "steps: []\n",
             "requires !broker.observed, which is not so here");
    excluded("scenario: s\npurpose: p\nworlds: [live]\nbecause: b\n" GATEWAY(
                 "") "clients: {p: {program: [x]}}\nsteps: []\n",
             "has a foreign program as client, and at the SUT's own broker nobody tells who publishes");
    excluded("scenario: s\npurpose: p\nrequires: south.dlms\n" GATEWAY("") "steps: []\n",
             "requires south.dlms, which the SUT does not claim");
}
END_TEST

START_TEST(one_that_is_started_with_a_file_takes_every_option)
{
    good(HEAD
         "south: {tcp: \"127.0.0.1:0\"}\nnorth: {broker: ours}\nconfigure: file\nstart: {command: [x]}\n");
    applies(
        SCENARIO GATEWAY("polling.enabled: true, ivy.stats_interval: 1s") "steps: [{restart: gateway}]\n");
    applies(SCENARIO GATEWAY(
        "ivy.user: g, ivy.password: p") "access: {users: {g: p}}\nsteps: [{restart: broker}]\n");
}
END_TEST

START_TEST(its_own_meters_stand_in_place_of_the_scenarios)
{
    static const char yaml[] = SCENARIO GATEWAY("") "steps:\n"
                                                    "  - expect: {topic: ivy/v1/meters/000000000001/status, "
                                                    "payload: {meterId: \"000000000001\"}}\n";
    char path[] = "/tmp/wattproof-sut-XXXXXX";
    struct scenario_list own = {0};
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario *s, *adapted;
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, yaml, sizeof yaml - 1), (ssize_t)sizeof yaml - 1);
    close(fd);
    good(HEAD WHERE "pixit: {meters: [\"202401010001\"]}\n");
    why = wp_writer(text, sizeof text);
    ck_assert(scenario_load(path, &scenarios, &why));
    s = scenarios.at[0];
    adapted = sut_adapt(&sut, s, &own, &why);
    ck_assert_ptr_nonnull(adapted);
    ck_assert_ptr_ne(adapted, s);
    ck_assert_str_eq(node_text(node_get(adapted->steps[0].node, "topic"), ""),
                     "ivy/v1/meters/202401010001/status");
    ck_assert_str_eq(node_text(node_get(node_get(adapted->steps[0].node, "payload"), "meterId"), ""),
                     "202401010001");
    excluded("scenario: s\npurpose: p\n" GATEWAY(
                 "") "devices:\n  a: {model: dlt645-meter, address: \"000000000001\"}\n"
                     "  b: {model: dlt645-meter, address: \"000000000002\"}\nsteps: []\n",
             "needs 2 meters, and PIXIT names 1");
    scenario_list_free(&own);
    unlink(path);
}
END_TEST

/* ---- {config} --------------------------------------------------------------------------------------- */

static const char *config_of(const char *yaml, const struct sut_places *places)
{
    char path[] = "/tmp/wattproof-sut-XXXXXX";
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario *s = scenario(yaml);
    struct sut_devices devices;
    struct wp_slice written;
    int fd = mkstemp(path);

    close(fd);
    ck_assert(sut_find_devices(&sut, s, &arena, &devices, &why));
    ck_assert(sut_config_write(s, places, &devices, path, &why));
    written = file_read(&arena, path, &why);
    unlink(path);
    return (const char *)written.p;
}

START_TEST(the_file_has_the_scenarios_options_and_our_places)
{
    const struct sut_places ours = {.south = "127.0.0.1:5000", .broker = "127.0.0.1:6000"};
    const struct sut_places own = {.port = "7000"};

    ck_assert_str_eq(config_of(SCENARIO GATEWAY("polling.interval: 2s") "steps: []\n", &ours),
                     "north: [\"ivy\"]\nlisten: {meters: \"127.0.0.1:5000\", pushes: \"127.0.0.1:5000\"}\n"
                     "broker: {url: \"mqtt://127.0.0.1:6000\"}\nset: {\"polling.interval\":\"2s\"}\n");
    ck_assert_str_eq(config_of(SCENARIO GATEWAY("") "steps: []\n", &own),
                     "north: [\"ivy\"]\nbroker: {mqtt: \"127.0.0.1:7000\", websocket: \"127.0.0.1:0\"}\n");
}
END_TEST

/* ---- verdicts --------------------------------------------------------------------------------------- */

START_TEST(only_what_is_expected_altogether_is_known)
{
    struct scenario_result r;
    struct finding *one, *both;

    good(HEAD WHERE "expect: [{statement: IVY-001, reason: old}]\n");
    result_init(&r, "s", "s.yaml", "live");
    one = result_add(&r, VERDICT_FAIL, "expect", 1, 0, "x");
    finding_statement(&r, one, "IVY-001");
    both = result_add(&r, VERDICT_FAIL, "expect", 2, 0, "y");
    finding_statement(&r, both, "IVY-001");
    finding_statement(&r, both, "IVY-002");
    sut_weigh(&sut, &r);
    ck_assert_str_eq(one->known, "old");
    ck_assert_ptr_null(both->known);
    ck_assert_int_eq(result_verdict(&r, false), VERDICT_FAIL);
    both->verdict = VERDICT_PASS;
    ck_assert_int_eq(result_verdict(&r, false), VERDICT_PASS);
    result_free(&r);
}
END_TEST

START_TEST(in_the_strict_profile_the_undocumented_counts)
{
    struct scenario_result r;

    good(HEAD WHERE "profile: strict\n");
    result_init(&r, "s", "s.yaml", "live");
    result_add(&r, VERDICT_FAIL, "undocumented", 0, 0, "x")->undocumented = true;
    ck_assert_int_eq(result_verdict(&r, false), VERDICT_NONE);
    sut_weigh(&sut, &r);
    ck_assert_int_eq(result_verdict(&r, false), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(a_bus_is_ours_or_one_that_runs)
{
    good("sut: a\nrole: gateway\npics: [south.venus]\nnorth: {broker: ours}\nsouth: {bus: ours}\nstart: "
         "{command: [a, \"{bus}\"]}\npixit: {portal: 0123456789ab}\n");
    ck_assert(sut.south.has_bus);
    ck_assert_ptr_null(sut.south.bus);
    ck_assert_str_eq(sut.portal, "0123456789ab");
    ck_assert_int_eq(sut.south.line, SUT_NO_LINE);
    ck_assert(!sut_is_alone(&sut));
    good("sut: a\nrole: gateway\npics: [south.venus]\nnorth: {broker: ours, port: 1883}\nsouth: {tcp: "
         "\"127.0.0.1:8899\", bus: system}\n");
    ck_assert_str_eq(sut.south.bus, "system");
    ck_assert(sut_is_alone(&sut));
    refused("sut: a\nrole: device\npics: [south.venus]\nsouth: {bus: ours}\n",
            "lab/acme.yaml:4:14: one that is not started for each scenario cannot know where our bus is");
    refused("sut: a\nrole: device\npics: [south.venus]\nsouth: {bus: \"tcp:host=a\"}\n",
            "'tcp:host=a' is no address of a message bus on this machine");
    refused("sut: a\nrole: gateway\npics: [south.venus]\nnorth: {broker: ours, port: 1}\npixit: {portal: "
            "C0619AB12345}\n",
            "portal");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sut");
    TCase *t = tcase_create("sut");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_bus_is_ours_or_one_that_runs);
    tcase_add_test(t, everything_stands_where_it_is_looked_for);
    tcase_add_test(t, a_serial_line_has_its_parameters);
    tcase_add_test(t, what_is_wrong_is_told_with_its_place);
    tcase_add_test(t, a_password_may_come_from_the_environment);
    tcase_add_test(t, our_own_descriptors_are_good);
    tcase_add_test(t, requirements_are_held_against_claims);
    tcase_add_test(t, what_cannot_be_brought_about_is_not_applicable);
    tcase_add_test(t, one_that_is_started_with_a_file_takes_every_option);
    tcase_add_test(t, its_own_meters_stand_in_place_of_the_scenarios);
    tcase_add_test(t, the_file_has_the_scenarios_options_and_our_places);
    tcase_add_test(t, only_what_is_expected_altogether_is_known);
    tcase_add_test(t, in_the_strict_profile_the_undocumented_counts);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
