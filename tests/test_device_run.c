/* Simulated devices alone: their file, and the built program below a gateway.
 * covers: cmd_device scenario_devices */
#include "harness/cmd.h"
#include "harness/scenario.h"
#include "tests/service_rig.h"

#include <arpa/inet.h>
#include <check.h>

static struct service_rig gateway;
static char output[1 << 16], folder[40];

static void teardown(void)
{
    if (gateway.pid > 0)
        rig_stop(&gateway);
    memset(&gateway, 0, sizeof gateway);
}

/* ---- the file --------------------------------------------------------------------------------------- */

static void refused(const char *yaml, const char *sentence)
{
    struct scenario_list list = {0};
    struct wp_writer why = wp_writer(output, sizeof output);
    struct wp_addr addr;

    ck_assert(!scenario_load_devices_text("d.yaml", wp_text(yaml), &list, &addr, &why));
    ck_assert_msg(strstr(wp_put_end(&why), sentence) != NULL, "%s", output);
    scenario_list_free(&list);
}

#define ONE "devices: {m1: {model: dlt645-meter, address: \"202401010001\"}}\n"

START_TEST(a_file_has_devices_links_and_a_gateway)
{
    struct scenario_list list = {0};
    struct wp_writer why = wp_writer(output, sizeof output);
    struct wp_addr addr;

    ck_assert_msg(
        scenario_load_devices_text(
            "d.yaml",
            wp_text("gateway: 10.1.2.3:8899\nseed: 7\nlinks: {slow: {latency: 50ms}}\n"
                    "devices: {m: {model: dlt645-meter, address: \"202401010001\", link: slow, count: 3}}\n"),
            &list, &addr, &why),
        "%s", wp_put_end(&why));
    ck_assert_uint_eq(addr.ip, 0x0A010203);
    ck_assert_uint_eq(addr.port, 8899);
    ck_assert_uint_eq(list.at[0]->n_devices, 1);
    ck_assert_uint_eq(list.at[0]->devices[0].count, 3);
    ck_assert_int_eq(list.at[0]->devices[0].link->setup.latency, WP_MS(50));
    ck_assert_uint_eq(list.at[0]->seed, 7);
    scenario_list_free(&list);
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_place)
{
    refused("gateway: 10.1.2.3:8899\ndevces: {}\n",
            "d.yaml:2:1: unknown key 'devces': did you mean 'devices'?");
    refused("gateway: somewhere\n" ONE, "d.yaml:1:10: /gateway ");
    refused("gateway: 10.1.2.300:8899\n" ONE, "d.yaml:1:10: '10.1.2.300:8899' is no address and port");
    refused("gateway: 10.1.2.3:8899\ndevices: {m1: {model: dlt645-metre}}\n", "did you mean dlt645-meter");
    refused("gateway: 10.1.2.3:8899\ndevices: {m1: {model: dlt645-meter, set: {voltagA: 1}}}\n",
            "unknown option 'voltagA': did you mean 'voltageA'?");
    refused("gateway: 10.1.2.3:8899\ndevices:\n  m1: {model: dlt645-meter}\n  m: {model: dlt645-meter, "
            "count: 3}\n",
            "'m1' is one of the fleet 'm', too");
    refused("gateway: [\n", "d.yaml:");
    refused(ONE, "d.yaml:1:1: m1 dials: say where its gateway is, such as gateway: 192.168.1.5:8899");
    refused("gateway: 10.1.2.3:1\ndevices: {m1: {model: dlt645-meter, listen: 127.0.0.1:8000}}\n",
            "d.yaml:2:45: a dlt645-meter dials: it listens nowhere");
    refused("devices: {m1: {model: lxp-inverter, listen: 127.0.0.300}}\n",
            "d.yaml:1:45: '127.0.0.300' is no address, such as 127.0.0.1:8000");
    refused("devices:\n  i1: {model: lxp-inverter, set: {serial: \"555555555\"}}\n",
            "d.yaml:2:43: serial takes exactly 10 printable characters");
    refused("devices:\n  i1: {model: lxp-inverter, set: {push.interval: 1s, hold: \"300=7\"}}\n",
            "d.yaml:2:60: hold has registers 0 to 261 with values, such as 21=62292, 65=100");
}
END_TEST

/* Those that wait to be dialled need no gateway; a fleet's serials count up, whether the first is said or not. */
START_TEST(devices_that_listen_say_where)
{
    struct scenario_list list = {0};
    struct wp_writer why = wp_writer(output, sizeof output);
    const struct wp_option_value *own;
    struct arena arena = {0};
    struct wp_addr addr = {1, 1};

    ck_assert_msg(
        scenario_load_devices_text("d.yaml",
                                   wp_text("devices:\n  m1: {model: lxp-inverter, listen: 0.0.0.0:8001}\n"
                                           "  f: {model: lxp-inverter, ip: 127.0.3.1, count: 12}\n"),
                                   &list, &addr, &why),
        "%s", wp_put_end(&why));
    ck_assert_uint_eq(addr.port, 0);
    ck_assert(list.at[0]->devices[0].has_listen && list.at[0]->devices[0].listen.port == 8001);
    ck_assert(!list.at[0]->devices[1].has_listen);
    ck_assert_ptr_null(scenario_fleet_own(&arena, &list.at[0]->devices[1], 0));
    own = scenario_fleet_own(&arena, &list.at[0]->devices[1], 11);
    ck_assert_str_eq(own->option->name, "serial");
    ck_assert(wp_slice_is(own->value.bytes, "5555555566"));
    arena_free(&arena);
    scenario_list_free(&list);
}
END_TEST

/* ---- the program ------------------------------------------------------------------------------------ */

static int device(const char *yaml, const char *arguments)
{
    char file[64], command[1000];
    FILE *p;
    size_t n;

    rig_write(file, yaml);
    snprintf(command, sizeof command, "%s device %s %s 2>&1", rig_program(), file, arguments);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    n = fread(output, 1, sizeof output - 1, p);
    output[n] = 0;
    unlink(file);
    return WEXITSTATUS(pclose(p));
}

START_TEST(devices_serve_a_gateway_until_their_time_is_over)
{
    char yaml[300], arguments[100], command[200];

    rig_start(&gateway, "listen: {meters: 0}\nbroker: {mqtt: 0, websocket: 0}\n"
                        "set: {polling.interval: 1s, polling.group: voltage}\n");
    snprintf(
        yaml, sizeof yaml,
        "gateway: 127.0.0.1:%u\ndevices: {m: {model: dlt645-meter, address: \"202401010001\", count: 3}}\n",
        gateway.meters);
    strcpy(folder, "/tmp/wattproof-device-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(arguments, sizeof arguments, "--for 2500ms -o %s", folder);
    ck_assert_msg(device(yaml, arguments) == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "m3 is connected\n"));
    ck_assert_ptr_nonnull(strstr(output, "3 of 3 connected, "));
    ck_assert_ptr_nonnull(strstr(output, " 0 not understood, 0 dials refused\n"));
    ck_assert_ptr_null(strstr(output, ", 0 received"));
    snprintf(command, sizeof command,
             "grep -q '\"record\":\"frame\"' %s/transcript.jsonl && test -s %s/run.pcapng", folder, folder);
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(where_nobody_listens_nothing_ran)
{
    ck_assert_int_eq(device("gateway: 127.0.0.1:1\n" ONE, "--for 300ms"), EXIT_NOTHING_RAN);
    ck_assert_ptr_nonnull(strstr(output, "m1 was refused\n"));
    ck_assert_ptr_nonnull(
        strstr(output, "0 of 1 connected, 0 frames sent, 0 received, 0 not understood, 1 dials refused"));
}
END_TEST

static uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t n = sizeof a;

    ck_assert(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

/* A bridge of somebody's: it connects, and leaves. */
static void come_by(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
}

START_TEST(an_inverter_waits_for_whoever_dials)
{
    uint16_t port = free_port(), first = free_port();
    char yaml[300], file[64], command[800], line[100];
    size_t n = 0;
    FILE *p;

    snprintf(yaml, sizeof yaml,
             "devices:\n  m1: {model: lxp-inverter, listen: 127.0.0.1:%u}\n"
             "  f: {model: lxp-inverter, listen: 127.0.4.1:%u, count: 2}\n",
             port, first);
    rig_write(file, yaml);
    snprintf(command, sizeof command, "%s device %s --for 1s 2>&1", rig_program(), file);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    for (int lines = 0; lines < 3 && fgets(output + n, (int)(sizeof output - n), p); lines++)
        n += strlen(output + n);
    snprintf(line, sizeof line, "m1 lxp-inverter listens on 127.0.0.1:%u\n", port);
    ck_assert_msg(strstr(output, line) != NULL, "%s", output);
    snprintf(line, sizeof line, "f2 lxp-inverter listens on 127.0.4.2:%u\n", first);
    ck_assert_ptr_nonnull(strstr(output, line));
    come_by(port);
    output[n + fread(output + n, 1, sizeof output - 1 - n, p)] = 0;
    ck_assert_int_eq(WEXITSTATUS(pclose(p)), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(strstr(output, "m1 is connected\n"));
    ck_assert_ptr_nonnull(strstr(output, "m1 was hung up on\n"));
    ck_assert_ptr_nonnull(strstr(output, "devices 3, connections 0, in all 1, "));
    unlink(file);
    ck_assert_int_eq(device(yaml, "--for 100ms"), EXIT_NOTHING_RAN);
}
END_TEST

START_TEST(a_place_that_is_taken_is_named)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char yaml[200], line[100];
    uint16_t port = free_port();

    a.sin_port = htons(port);
    ck_assert(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0);
    snprintf(yaml, sizeof yaml, "devices: {m1: {model: lxp-inverter, listen: 127.0.0.1:%u}}\n", port);
    ck_assert_int_eq(device(yaml, "--for 100ms"), EXIT_HARNESS);
    snprintf(line, sizeof line, "m1 cannot listen on 127.0.0.1:%u: Address already in use", port);
    ck_assert_ptr_nonnull(strstr(output, line));
    close(fd);
}
END_TEST

START_TEST(wrong_words_exit_with_2)
{
    ck_assert_int_eq(device("gateway: here\n", ""), EXIT_USAGE);
    ck_assert_int_eq(device("gateway: 127.0.0.1:1\n" ONE, "--for soon"), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "--for is a time like 90s"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device_run");
    TCase *t = tcase_create("device_run");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_file_has_devices_links_and_a_gateway);
    tcase_add_test(t, what_is_wrong_is_told_with_its_place);
    tcase_add_test(t, devices_serve_a_gateway_until_their_time_is_over);
    tcase_add_test(t, where_nobody_listens_nothing_ran);
    tcase_add_test(t, devices_that_listen_say_where);
    tcase_add_test(t, an_inverter_waits_for_whoever_dials);
    tcase_add_test(t, a_place_that_is_taken_is_named);
    tcase_add_test(t, wrong_words_exit_with_2);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
