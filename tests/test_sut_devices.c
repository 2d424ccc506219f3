/* Devices below a gateway that dials them, for one that is somebody else's: where they are, what its file says of it, and
 * whose serials they have. The test's inverters are those of the catalog.
 * covers: sut_adapt */
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

static void teardown(void)
{
    sut_free(&sut);
    arena_free(&arena);
    scenario_list_free(&scenarios);
}

#define HEAD                                                                                                 \
    "sut: bridge\nrole: gateway\npics: [north.octolux, south.lxp]\nnorth: {broker: ours}\n"                  \
    "start: {command: [x]}\n"

static void descriptor(const char *more)
{
    char yaml[2000];
    struct wp_writer why = wp_writer(text, sizeof text);

    snprintf(yaml, sizeof yaml, "%s%s", HEAD, more);
    sut_free(&sut);
    ck_assert_msg(sut_load_text(&sut, "lab/bridge.yaml", wp_text(yaml), &why), "%s", wp_put_end(&why));
}

#define SCENARIO(devices)                                                                                    \
    "scenario: s\npurpose: p\ngateway: {north: [ivy]}\ndevices: {" devices "}\nsteps: []\n"
#define M1    "m1: {model: lxp-inverter}"
#define M2    "m2: {model: lxp-inverter, set: {serial: \"5555555556\"}}"
#define FLEET "m: {model: lxp-inverter, ip: 127.0.3.1, count: 3}"

static struct scenario *scenario(const char *yaml)
{
    struct wp_writer why = wp_writer(text, sizeof text);

    scenario_list_free(&scenarios);
    ck_assert_msg(scenario_load_text("s.yaml", wp_text(yaml), &scenarios, &why), "%s", wp_put_end(&why));
    return scenarios.at[0];
}

static struct sut_devices devices_of(const char *yaml)
{
    struct wp_writer why = wp_writer(text, sizeof text);
    struct sut_devices d;

    ck_assert_msg(sut_find_devices(&sut, scenario(yaml), &arena, &d, &why), "%s", wp_put_end(&why));
    return d;
}

/* ---- where they are ---------------------------------------------------------------------------------- */

START_TEST(with_port_0_all_have_one_free_port_and_their_own_addresses)
{
    struct sut_devices d;

    descriptor("south: {listen: \"127.0.0.1:0\"}\n");
    d = devices_of(SCENARIO(M1 ", " FLEET));
    ck_assert_uint_eq(d.n, 4);
    ck_assert_uint_eq(d.at[0].scenario.ip, 0x7F000201);
    ck_assert_uint_eq(d.at[0].scenario.port, 8000);
    ck_assert_uint_eq(d.at[3].scenario.ip, 0x7F000303);
    for (size_t i = 0; i < d.n; i++) {
        ck_assert_uint_eq(d.at[i].real.ip, d.at[i].scenario.ip);
        ck_assert_uint_eq(d.at[i].real.port, d.at[0].real.port);
    }
    ck_assert_uint_ne(d.at[0].real.port, 0);
}
END_TEST

START_TEST(the_first_one_is_where_the_descriptor_says)
{
    struct sut_devices d;

    descriptor("south: {listen: \"127.0.0.1:8000\"}\n");
    d = devices_of(SCENARIO(M1 ", " M2));
    ck_assert_uint_eq(d.at[0].real.ip, 0x7F000001);
    ck_assert_uint_eq(d.at[0].real.port, 8000);
    ck_assert_uint_eq(d.at[1].real.ip, 0x7F000202);
    ck_assert_uint_eq(d.at[1].real.port, 8000);
    ck_assert(sut_is_alone(&sut));
}
END_TEST

/* Where 127.0.2.2 is nobody's, each has a port of its own. */
START_TEST(a_gateway_on_another_machine_finds_them_at_one_address)
{
    struct sut_devices d;

    descriptor("south: {listen: \"0.0.0.0:8000\"}\n");
    d = devices_of(SCENARIO(M1 ", " M2));
    ck_assert_uint_eq(d.at[0].real.ip, 0);
    ck_assert_uint_eq(d.at[0].real.port, 8000);
    ck_assert_uint_eq(d.at[1].real.ip, 0);
    ck_assert(d.at[1].real.port != 0 && d.at[1].real.port != 8000);
}
END_TEST

/* ---- in the words of its file ------------------------------------------------------------------------ */

START_TEST(every_place_in_a_text_is_the_real_one)
{
    struct wp_world_place places[] = {{{0x7F000201, 8000}, {0x7F000001, 41000}},
                                      {{0x7F000202, 9000}, {0x7F000202, 41001}}};
    const struct sut_devices d = {places, 2};

    ck_assert_str_eq(sut_real_text(&arena, &d, "127.0.2.1", 8000), "127.0.0.1:41000");
    ck_assert_str_eq(sut_real_text(&arena, &d, "127.0.2.1:8000", 0), "127.0.0.1:41000");
    ck_assert_str_eq(sut_real_text(&arena, &d, "127.0.2.1:9000, 127.0.2.10 127.0.2.3", 8000),
                     "127.0.2.1:9000, 127.0.2.10 127.0.2.3");
    ck_assert_str_eq(sut_real_text(&arena, &d,
                                   "a=5555555555:BA55555555@127.0.2.1*2, b1=1270002021:X@127.0.2.2:9000",
                                   8000),
                     "a=5555555555:BA55555555@127.0.0.1:41000*2, b1=1270002021:X@127.0.2.2:41001");
    ck_assert_str_eq(sut_real_text(&arena, &d, "", 8000), "");
}
END_TEST

static const char *config_of(const char *set)
{
    static const struct sut_places places = {.broker = "127.0.0.1:6000"};
    char path[] = "/tmp/wattproof-sut-XXXXXX", yaml[1000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct sut_devices d;
    int fd = mkstemp(path);
    struct wp_slice written;

    close(fd);
    snprintf(yaml, sizeof yaml,
             "scenario: s\npurpose: p\ngateway: {north: [ivy], set: {%s}}\ndevices: {" M1 ", " M2
             "}\nsteps: []\n",
             set);
    d = devices_of(yaml);
    ck_assert(sut_config_write(scenarios.at[0], &places, &d, path, &why));
    written = file_read(&arena, path, &why);
    unlink(path);
    return strstr((const char *)written.p, "set: ");
}

/* A host needs both serials. */
#define WHO      "lxp.serial: \"5555555555\", lxp.datalog: BA55555555"
#define WHO_JSON "\"lxp.serial\":\"5555555555\",\"lxp.datalog\":\"BA55555555\""

START_TEST(its_file_has_the_real_places)
{
    descriptor("south: {listen: \"127.0.0.1:41000\"}\n");
    ck_assert_str_eq(config_of("lxp.host: 127.0.2.1, " WHO),
                     "set: {\"lxp.host\":\"127.0.0.1\",\"lxp.port\":41000," WHO_JSON "}\n");
    ck_assert_str_eq(config_of("lxp.port: 8000, lxp.host: 127.0.2.1, " WHO),
                     "set: {\"lxp.host\":\"127.0.0.1\",\"lxp.port\":41000," WHO_JSON "}\n");
    ck_assert_str_eq(config_of("lxp.more: \"g=5555555556:BA55555556@127.0.2.2\""),
                     "set: {\"lxp.more\":\"g=5555555556:BA55555556@127.0.2.2:41000\"}\n");
    /* Nobody is there, and stays there. */
    ck_assert_str_eq(config_of("lxp.host: 127.0.9.9, lxp.port: 8001, " WHO),
                     "set: {\"lxp.host\":\"127.0.9.9\",\"lxp.port\":8001," WHO_JSON "}\n");
}
END_TEST

/* ---- which scenarios apply --------------------------------------------------------------------------- */

static void excluded(const char *yaml, const char *reason)
{
    const char *because = sut_excludes(&sut, scenario(yaml), &arena);

    ck_assert_msg(because && strcmp(because, reason) == 0, "'%s', expected '%s'",
                  because ? because : "it applies", reason);
}

START_TEST(what_it_cannot_meet_is_not_applicable)
{
    descriptor("south: {tcp: \"127.0.0.1:0\"}\n");
    excluded(SCENARIO(M1),
             "needs devices that are dialled, and the descriptor does not say where: south: {listen: ...}");
    descriptor("south: {listen: \"127.0.0.1:0\"}\n");
    excluded(SCENARIO("a: {model: dlt645-meter}"),
             "needs devices that dial, and the descriptor has no south for them");
    ck_assert_ptr_null(sut_excludes(&sut, scenario(SCENARIO(M1 ", " FLEET)), &arena));
    descriptor("south: {listen: \"127.0.0.1:8000\"}\n");
    excluded(SCENARIO(FLEET),
             "needs a fleet at places that count up, and the descriptor has one place: say port 0");
    descriptor("south: {listen: \"127.0.0.1:0\"}\npixit: {inverters: [\"2222222222/BA22222222\"]}\n");
    excluded(SCENARIO(M1 ", " M2), "needs 2 inverters, and PIXIT names 1");
    excluded(SCENARIO(FLEET), "needs a fleet, and PIXIT names inverters one by one");
    descriptor("south: {tcp: \"127.0.0.1:0\", listen: \"127.0.0.1:0\"}\n");
    ck_assert_ptr_null(sut_excludes(&sut, scenario(SCENARIO(M1 ", a: {model: dlt645-meter}")), &arena));
}
END_TEST

/* It learns from its command who and where the first one is; what else is set must be so already. */
START_TEST(the_first_inverter_is_no_option)
{
    descriptor("south: {listen: \"127.0.0.1:0\"}\n");
    ck_assert_ptr_null(sut_excludes(
        &sut,
        scenario("scenario: s\npurpose: p\ngateway: {north: [ivy], set: {lxp.host: 127.0.2.1, lxp.serial: "
                 "\"5555555555\", lxp.datalog: BA55555555}}\ndevices: {" M1 "}\nsteps: []\n"),
        &arena));
    excluded("scenario: s\npurpose: p\ngateway: {north: [ivy], set: {octolux.prefix: house}}\ndevices: {" M1
             "}\nsteps: []\n",
             "needs gateway option octolux.prefix: house");
}
END_TEST

/* ---- its own inverters ------------------------------------------------------------------------------- */

static const char *given_text(const struct scenario_device *d, const char *option)
{
    const char *found = "";

    for (size_t i = 0; i < d->n_given; i++)
        if (strcmp(d->given[i].option->name, option) == 0)
            found = arena_text(&arena, d->given[i].value.bytes);
    return found;
}

START_TEST(its_own_inverters_stand_in_place_of_the_scenarios)
{
    static const char yaml[] =
        "scenario: s\npurpose: p\ngateway: {north: [ivy], set: {lxp.serial: \"5555555555\", lxp.datalog: "
        "BA55555555, lxp.more: \"g=5555555556:BA55555556@127.0.2.2\"}}\ndevices: {" M1 ", " M2 "}\nsteps:\n"
        "  - expect: {topic: x, payload: {serial: \"5555555556\", other: \"55555555555\"}}\n";
    char path[] = "/tmp/wattproof-sut-XXXXXX";
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario_list own = {0};
    struct scenario *adapted;
    const struct node *payload;
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, yaml, sizeof yaml - 1), (ssize_t)sizeof yaml - 1);
    close(fd);
    /* The first is called as the scenario's second: neither takes the other's place. */
    descriptor("south: {listen: \"127.0.0.1:0\"}\n"
               "pixit: {inverters: [\"5555555556/DJ00000001\", \"2222222222/BA22222222\"]}\n");
    scenario_list_free(&scenarios);
    ck_assert_msg(scenario_load(path, &scenarios, &why), "%s", wp_put_end(&why));
    adapted = sut_adapt(&sut, scenarios.at[0], &own, &why);
    unlink(path);
    ck_assert_ptr_nonnull(adapted);
    ck_assert_str_eq(given_text(&adapted->devices[0], "serial"), "5555555556");
    ck_assert_str_eq(given_text(&adapted->devices[0], "datalog"), "DJ00000001");
    ck_assert_str_eq(given_text(&adapted->devices[1], "serial"), "2222222222");
    payload = node_get(adapted->steps[0].node, "payload");
    ck_assert_str_eq(node_text(node_get(payload, "serial"), ""), "2222222222");
    ck_assert_str_eq(node_text(node_get(payload, "other"), ""), "55555555555");
    for (size_t i = 0; i < adapted->n_given; i++)
        if (strcmp(adapted->given[i].option->name, "lxp.more") == 0)
            ck_assert(wp_slice_is(adapted->given[i].value.bytes, "g=2222222222:BA22222222@127.0.2.2"));
    scenario_list_free(&own);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sut_devices");
    TCase *t = tcase_create("sut_devices");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, with_port_0_all_have_one_free_port_and_their_own_addresses);
    tcase_add_test(t, the_first_one_is_where_the_descriptor_says);
    tcase_add_test(t, a_gateway_on_another_machine_finds_them_at_one_address);
    tcase_add_test(t, every_place_in_a_text_is_the_real_one);
    tcase_add_test(t, its_file_has_the_real_places);
    tcase_add_test(t, what_it_cannot_meet_is_not_applicable);
    tcase_add_test(t, the_first_inverter_is_no_option);
    tcase_add_test(t, its_own_inverters_stand_in_place_of_the_scenarios);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
