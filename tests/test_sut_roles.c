/* Somebody else's device, dialling in and on a serial line, and somebody else's cloud client.
 * covers: serial_hub */
#include "harness/cmd.h"
#include "tests/program_rig.h"
#include "tests/service_rig.h"

#include <fcntl.h>
#include <termios.h>

static int run(const char *select, const char *descriptor)
{
    char arguments[300];

    write_file("sut.yaml", descriptor);
    snprintf(arguments, sizeof arguments, "run %s --sut @/sut.yaml -o @/out", select);
    return wattproof(arguments);
}

static void said(const char *sentence)
{
    ck_assert_msg(strstr(output, sentence) != NULL, "'%s' is not in: %s", sentence, output);
}

/* ---- a device that dials in ------------------------------------------------------------------------- */

/* `wattproof device` with a file that it gets at the start, for the port is a free one. */
#define METER(more)                                                                                          \
    "sut: a meter\nrole: device\nsouth: {listen: \"127.0.0.1:0\"}\npics: [south.dlt645]\n"                   \
    "pixit: {meters: [\"202401010001\"]}\nstart:\n"                                                          \
    "  command: [sh, -c, 'printf \"gateway: %s\\ndevices: {m: {model: dlt645-meter, address: "               \
    "\\\"202401010001\\\"" more                                                                              \
    "}}\\n\" {south} >{dir}/meter.yaml; exec {wattproof} device {dir}/meter.yaml']\n"

START_TEST(a_good_meter_passes)
{
    ck_assert_msg(run("'dlt645-*'", METER("")) == EXIT_AS_EXPECTED, "%s", output);
    said("a meter (device, lenient): 2 scenarios played, 0 not applicable\n");
    said("statements of DL/T 645-2007: 2");
    said(" pass, 0 fail");
}
END_TEST

/* Its replies have the function of another request. */
START_TEST(a_meter_that_answers_wrongly_fails)
{
    ck_assert_int_eq(run("dlt645-device-frames", METER(", set: {fault.function: \\\"94\\\"}")), EXIT_FAILED);
    said("DLT-021");
}
END_TEST

START_TEST(what_a_meter_cannot_be_brought_to_does_not_apply)
{
    ck_assert_int_eq(run("ivy-read-register ivy-connect-refused ivy-link-cut", METER("")), EXIT_NOTHING_RAN);
    said("ivy-read-register (needs a device whose totalActiveEnergy is set)");
    said("ivy-link-cut (");
}
END_TEST

/* ---- a device on a serial line ---------------------------------------------------------------------- */

/* The other end of the line: what comes from the device goes there, and back. Never returns. */
static void pump(int line, int listener)
{
    int device = accept(listener, NULL, NULL);

    for (;;) {
        struct pollfd p[2] = {{.fd = line, .events = POLLIN}, {.fd = device, .events = POLLIN}};
        char bytes[4096];
        ssize_t n;

        poll(p, 2, -1);
        for (int i = 0; i < 2; i++) {
            n = p[i].revents ? read(p[i].fd, bytes, sizeof bytes) : 0;
            if (n > 0 && write(p[1 - i].fd, bytes, (size_t)n) != n)
                _exit(1);
            if (i == 1 && p[i].revents && n <= 0)
                _exit(0);
        }
    }
}

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

START_TEST(a_meter_on_a_serial_line_passes)
{
    int line = posix_openpt(O_RDWR | O_NOCTTY), near, listener;
    struct termios raw;
    char text[800];
    uint16_t port;
    pid_t pumps, meter;

    ck_assert(line >= 0 && grantpt(line) == 0 && unlockpt(line) == 0);
    near = open(ptsname(line), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(near, 0);
    ck_assert_int_eq(tcgetattr(near, &raw), 0);
    cfmakeraw(&raw); /* a line does not talk back */
    ck_assert_int_eq(tcsetattr(near, TCSANOW, &raw), 0);
    listener = listen_somewhere(&port);
    snprintf(text, sizeof text,
             "gateway: 127.0.0.1:%u\ndevices: {m: {model: dlt645-meter, address: \"202401010001\"}}\n", port);
    write_file("meter.yaml", text);
    pumps = fork();
    if (pumps == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pump(line, listener);
    }
    meter = fork();
    if (meter == 0) {
        char path[100];

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(path, sizeof path, "%s/meter.yaml", dir);
        freopen("/dev/null", "w", stdout);
        execl(rig_program(), "wattproof", "device", path, (char *)NULL);
        _exit(127);
    }
    snprintf(text, sizeof text,
             "sut: a meter on a line\nrole: device\nsouth: {serial: \"%s,2400,8E1\"}\npics: [south.dlt645]\n"
             "pixit: {meters: [\"202401010001\"], slack: 500ms}\n",
             ptsname(line));
    ck_assert_msg(run("dlt645-device-frames", text) == EXIT_AS_EXPECTED, "%s", output);
    said("a meter on a line (device, lenient): 1 scenarios played");
    kill(meter, SIGKILL);
    kill(pumps, SIGKILL);
    waitpid(meter, NULL, 0);
    waitpid(pumps, NULL, 0);
    close(listener);
    close(near);
    close(line);
}
END_TEST

/* ---- a cloud client --------------------------------------------------------------------------------- */

#define CLIENT(payload)                                                                                      \
    "sut: a client\nrole: cloud-client\nnorth: {broker: ours}\npics: [north.ivy]\nstart:\n"                  \
    "  command: [sh, -c, 'sleep 0.5; mosquitto_pub -h 127.0.0.1 -p ${WATTPROOF_BROKER##*:} -q 1 "            \
    "-t ivy/v1/meters/000000000001/command/request -m \"$REQUEST\"; sleep 60']\n"                            \
    "  environment: {REQUEST: '" payload "'}\n"

START_TEST(a_client_with_a_good_request_passes)
{
    ck_assert_msg(run("ivy-cloud-client",
                      CLIENT("{\"requestId\":\"1\",\"command\":\"read\",\"register\":\"voltageA\"}")) ==
                      EXIT_AS_EXPECTED,
                  "%s", output);
    said("a client (cloud-client, lenient): 1 scenarios played, 0 not applicable\n");
    said("undocumented messages and members: 0\n");
}
END_TEST

START_TEST(a_client_with_a_wrong_request_fails)
{
    ck_assert_int_eq(
        run("ivy-cloud-client", CLIENT("{\"command\":\"read\",\"register\":\"voltageA\",\"prio\":1}")),
        EXIT_FAILED);
    said("IVY-062: ivy/v1/meters/000000000001/command/request: the payload lacks the member \"requestId\"");
    said("/prio is a member that is not described");
}
END_TEST

START_TEST(without_a_client_it_is_not_played)
{
    char command[1000];
    FILE *p;

    snprintf(command, sizeof command, "%s run ivy-cloud-client -o %s/out 2>&1", rig_program(), dir);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    output[fread(output, 1, sizeof output - 1, p)] = 0;
    ck_assert_int_eq(WEXITSTATUS(pclose(p)), EXIT_NOTHING_RAN);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sut_roles");
    TCase *t = tcase_create("sut_roles");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 90);
    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_add_test(t, a_good_meter_passes);
    tcase_add_test(t, a_meter_that_answers_wrongly_fails);
    tcase_add_test(t, what_a_meter_cannot_be_brought_to_does_not_apply);
    tcase_add_test(t, a_meter_on_a_serial_line_passes);
    tcase_add_test(t, a_client_with_a_good_request_passes);
    tcase_add_test(t, a_client_with_a_wrong_request_fails);
    tcase_add_test(t, without_a_client_it_is_not_played);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
