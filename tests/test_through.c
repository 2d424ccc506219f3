/* The devices of a capture before the reference gateway: what it publishes are the values in the frames. */
#include "harness/through.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEEN_MAX = 2000 };

static char *text, *problems;

/* Everything that is printed stands in `text` and `problems` until the next call. */
static enum replay_end through(struct through t)
{
    FILE *problem_file;
    size_t n;
    enum replay_end end;

    free(text);
    free(problems);
    t.text = open_memstream(&text, &n);
    problem_file = open_memstream(&problems, &n);
    end = through_gateway(&t, problem_file);
    fclose(t.text);
    fclose(problem_file);
    return end;
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

/* ---- the values in the frames, read without a codec of ours --------------------------------------------- */

struct seen {
    char meter[13], id[9];
    double value;
};

static struct seen seen[SEEN_MAX];
static size_t n_seen;

/* BCD, low byte first, each byte 33 too large. */
static double decimal(const unsigned char *p, size_t n, double unit)
{
    double value = 0;

    while (n-- > 0) {
        unsigned b = (unsigned)(p[n] - 0x33) & 0xFF;

        value = value * 100 + (b >> 4) * 10 + (b & 15);
    }
    return value * unit;
}

/* The unit of a register by its identifier: energies 0.01 kWh, voltages 0.1 V, currents 0.001 A, powers 0.0001 kW, power
 * factors 0.001, the frequency 0.01 Hz (DL/T 645-2007, table A.1 and A.3). */
static double unit_of(const char *id)
{
    if (strncmp(id, "0201", 4) == 0)
        return 0.1;
    if (strncmp(id, "0202", 4) == 0 || strncmp(id, "0206", 4) == 0)
        return 0.001;
    return strncmp(id, "0203", 4) == 0 || strncmp(id, "0204", 4) == 0 ? 0.0001 : 0.01;
}

/* A reply: 68, address, 68, 91, length, identifier, value, sum, 16. */
static void look_at(const unsigned char *p, size_t n)
{
    struct seen *s = &seen[n_seen];

    for (size_t at = 0; at + 16 <= n; at++) {
        size_t length = p[at + 9];

        if (p[at] != 0x68 || p[at + 7] != 0x68 || p[at + 8] != 0x91 || length <= 4 || at + 12 + length > n)
            continue;
        ck_assert_uint_lt(n_seen, SEEN_MAX);
        for (size_t i = 0; i < 6; i++)
            snprintf(s->meter + 2 * i, 3, "%02X", p[at + 6 - i]);
        for (size_t i = 0; i < 4; i++)
            snprintf(s->id + 2 * i, 3, "%02X", (p[at + 13 - i] - 0x33) & 0xFF);
        s->value = decimal(p + at + 14, length - 4, unit_of(s->id));
        s = &seen[++n_seen];
        at += 11 + length;
    }
}

/* All payloads that meters sent, as tshark puts the segments. false: it is not here. */
static bool read_frames(const char *path)
{
    char command[700], line[8192];
    FILE *pipe;

    if (system("command -v tshark >/dev/null") != 0) {
        puts("skipped: tshark is not installed");
        return false;
    }
    n_seen = 0;
    snprintf(command, sizeof command,
             "tshark -n -r '%s' -Y 'tcp.dstport == 8899 && tcp.len > 0' -T fields -e tcp.payload 2>/dev/null",
             path);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    while (fgets(line, sizeof line, pipe)) {
        unsigned char bytes[4096];
        size_t n = 0;
        unsigned b;

        for (const char *p = line; sscanf(p, "%2x", &b) == 1; p += 2)
            bytes[n++] = (unsigned char)b;
        look_at(bytes, n);
    }
    pclose(pipe);
    return true;
}

static bool was_seen(const char *meter, const char *id, double value)
{
    for (size_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i].meter, meter) == 0 && strcmp(seen[i].id, id) == 0 &&
            seen[i].value - value < 1e-9 && value - seen[i].value < 1e-9)
            return true;
    return false;
}

/* Calls `visit` for each payload published on the last topic level. */
static size_t each_payload(const char *level, void (*visit)(const cJSON *payload))
{
    size_t n = 0;

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        const char *topic = strstr(line, level), *json = strchr(line, '{');
        cJSON *payload;

        if (*line != '[' || !topic || !json)
            continue;
        payload = cJSON_Parse(json);
        ck_assert_msg(payload != NULL, "%s", line);
        visit(payload);
        cJSON_Delete(payload);
        n++;
    }
    return n;
}

static void check_reading(const cJSON *p)
{
    const cJSON *reg = cJSON_GetObjectItem(p, "register"), *value = cJSON_GetObjectItem(p, "value");
    const char *meter = cJSON_GetStringValue(cJSON_GetObjectItem(p, "meterId")),
               *id = cJSON_GetStringValue(cJSON_GetObjectItem(reg, "id"));

    ck_assert(meter && id && cJSON_IsNumber(value));
    ck_assert_msg(was_seen(meter, id, value->valuedouble), "%s %s %.17g", meter, id, value->valuedouble);
}

/* Another gateway asked these five meters in another order, and later: what ours reads of them is what they said. */
START_TEST(readings_are_the_values_in_the_frames)
{
    const char *path = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");

    if (!path || !read_frames(path))
        return;
    ck_assert_uint_eq(n_seen, 298);
    ck_assert_int_eq(through((struct through){.path = path}), REPLAY_CLEAN);
    ck_assert_ptr_nonnull(strstr(text, "\ndevices 5: 270 questions known, 28 frames sent unasked\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nquestions unknown 0\nfindings 0\n"));
    ck_assert_uint_ge(each_payload("/telemetry ", check_reading), 5 * 9);
}
END_TEST

/* ---- what is told ----------------------------------------------------------------------------------------- */

static char dir[64], golden[128];

static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-through-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(golden, sizeof golden, "%s/x.through.expect", dir);
}

static void teardown(void)
{
    char command[160];

    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
    free(text);
    free(problems);
    text = problems = NULL;
}

START_TEST(a_golden_is_what_was_published)
{
    struct through t = {.path = "captures/dlt645/own-follow-up.pcapng", .golden = golden, .update = true};
    char command[300];

    ck_assert_int_eq(through(t), REPLAY_CLEAN);
    t.update = false;
    ck_assert_int_eq(through(t), REPLAY_CLEAN);
    snprintf(command, sizeof command, "sed -i 's/\"online\":true/\"online\":maybe/' %s", golden);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(through(t), REPLAY_FINDINGS);
    ck_assert_msg(strstr(problems, "x.through.expect:4: expected '"), "%s", problems);
}
END_TEST

/* The capture knows what its gateway asked; a group of others is more. */
START_TEST(questions_that_the_capture_does_not_know_are_findings)
{
    char config[128];
    FILE *f;

    snprintf(config, sizeof config, "%s/gateway.yaml", dir);
    f = fopen(config, "w");
    ck_assert_ptr_nonnull(f);
    fputs("north: [ivy]\nset: {polling.interval: 1s, polling.group: voltage}\n", f);
    fclose(f);
    ck_assert_int_eq(
        through((struct through){.path = "captures/dlt645/own-follow-up.pcapng", .gateway = config}),
        REPLAY_FINDINGS);
    ck_assert_msg(strstr(text, "m1 was asked what the capture does not know, "), "%s", text);
    ck_assert_ptr_nonnull(strstr(text, " di=02010100 "));
    ck_assert_ptr_null(strstr(text, "questions unknown 0\n"));
}
END_TEST

/* Pushes of tests/interop/dlms_sessions.py, three of each list, one W more each time. Ciphered ones open with the keys beside
 * the capture. */
static const struct {
    const char *path;
    int watts;
} pushed[] = {
    {"captures/dlms/own-udp.pcap", 812},
    {"captures/dlms/own-wrapper.pcap", 812},
    {"captures/dlms/own-hdlc.pcap", 812},
    {"captures/dlms/own-mbus.pcap", 2301},
};

START_TEST(pushes_are_telemetry_over_every_transport)
{
    char expected[80];

    ck_assert_msg(through((struct through){.path = pushed[_i].path}) == REPLAY_CLEAN, "%s: %s%s",
                  pushed[_i].path, text, problems);
    for (int watts = pushed[_i].watts; watts < pushed[_i].watts + 3; watts++) {
        snprintf(expected, sizeof expected, "\"ACTIVE_POWER_IMPORT\":{\"value\":%d,\"unit\":\"W\"", watts);
        ck_assert_msg(strstr(text, expected), "%s: no %s in %s", pushed[_i].path, expected, text);
    }
    ck_assert_ptr_null(strstr(text, "000102030405060708090A0B0C0D0E0F"));
}
END_TEST

/* HDLC, wrapper and bare APDUs mixed in one exchange of datagrams; nobody says whose meter it is, so that it is not
 * polled. */
START_TEST(a_session_of_others_is_known)
{
    const char *path = shared("dlms/bearxiong99__sample.pcap");

    if (!path)
        return;
    ck_assert_msg(through((struct through){.path = path}) == REPLAY_CLEAN, "%s%s", text, problems);
    ck_assert_msg(strstr(text, "devices 1: 17 questions known, 0 frames sent unasked\n"), "%s", text);
    ck_assert_ptr_null(strstr(text, "/telemetry"));
}
END_TEST

/* The gateway dials the dongle of the capture, and publishes what it published then. */
START_TEST(a_dongle_is_dialled)
{
    ck_assert_msg(through((struct through){.path = "captures/lxp/own-live-run.pcapng"}) == REPLAY_CLEAN,
                  "%s%s", text, problems);
    ck_assert_msg(strstr(text,
                         "\ndevices 1: 9 questions known, 17 frames sent unasked\nrequests of clients 6\n"
                         "published 106\nquestions unknown 0\nfindings 0\n"),
                  "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "publish gateway octolux/hold/21 qos=1 62420\n"));
    ck_assert_ptr_nonnull(strstr(text, "publish gateway octolux/hold/21 qos=1 63444\n"));
    ck_assert_ptr_nonnull(strstr(text, "publish gateway octolux/result/forced_discharge qos=1 OK\n"));
    ck_assert_ptr_nonnull(strstr(text, "publish gateway octolux/result/read_hold qos=1 FAIL\n"));
}
END_TEST

/* However the bytes were cut, the same is published. */
START_TEST(frames_of_others_however_they_are_cut)
{
    static const char *const names[] = {"luxpower/derived_lxp-bridge_fixtures.pcap",
                                        "luxpower/derived_lxp-bridge_fixtures_split7.pcap",
                                        "luxpower/derived_lxp-bridge_fixtures_coalesced.pcap"};
    const char *path = shared(names[_i]);

    if (!path)
        return;
    ck_assert_msg(through((struct through){.path = path}) == REPLAY_CLEAN, "%s%s", text, problems);
    ck_assert_msg(strstr(text, "publish gateway octolux/hold/12 qos=1 10270\n"), "%s", text);
    ck_assert_ptr_nonnull(
        strstr(text, "publish gateway octolux/inputs/1 qos=1 {\"status\":16,\"v_bat\":52.8,\"soc\":83,"));
    ck_assert_ptr_nonnull(strstr(text, "publish gateway octolux/inputs/2 qos=1 {\"e_pv_all\":4215.8,"));
    ck_assert_ptr_nonnull(strstr(text, "publish gateway octolux/inputs/3 qos=1 {\"max_chg_curr\":66.0,"));
    ck_assert_ptr_nonnull(strstr(text, "\npublished 4\nquestions unknown 0\nfindings 0\n"));
}
END_TEST

START_TEST(without_a_device_there_is_nothing_to_play)
{
    ck_assert_int_eq(through((struct through){.path = "captures/modbus/pymodbus-client.pcap"}),
                     REPLAY_NOTHING);
    ck_assert_str_eq(problems,
                     "wattproof: captures/modbus/pymodbus-client.pcap: no connection of a device that the "
                     "reference gateway has a south for; it has none for modbus\n");
    ck_assert_int_eq(through((struct through){.path = "captures/none.pcap"}), REPLAY_UNREADABLE);
    ck_assert_int_eq(
        through((struct through){.path = "captures/dlt645/own-follow-up.pcapng", .gateway = "/nowhere"}),
        REPLAY_UNREADABLE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("through");
    TCase *t = tcase_create("through");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, readings_are_the_values_in_the_frames);
    tcase_add_test(t, a_golden_is_what_was_published);
    tcase_add_test(t, questions_that_the_capture_does_not_know_are_findings);
    tcase_add_loop_test(t, pushes_are_telemetry_over_every_transport, 0, sizeof pushed / sizeof pushed[0]);
    tcase_add_test(t, a_session_of_others_is_known);
    tcase_add_test(t, a_dongle_is_dialled);
    tcase_add_loop_test(t, frames_of_others_however_they_are_cut, 0, 3);
    tcase_add_test(t, without_a_device_there_is_nothing_to_play);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
