/* The capture that a play leaves, as others read it: tshark finds whole streams, nothing to complain about and as many
 * messages as the transcript has; checks stand beside their packets; and replay finds the same frames. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* SYN, SYN+ACK and ACK; FIN or RST: as tcp.completeness has them. */
enum { STREAMS = 256, SYNS = 7, ENDS = 48, RST = 4 };

static char dir[64];
static char output[1 << 20];

static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-capture-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static bool has(const char *command)
{
    if (system(command) == 0)
        return true;
    printf("skipped: %s\n", command);
    return false;
}

/* What the command prints. */
static char *shell(const char *command)
{
    FILE *p = popen(command, "r");
    size_t n;

    ck_assert_ptr_nonnull(p);
    n = fread(output, 1, sizeof output - 1, p);
    output[n] = 0;
    ck_assert_msg(pclose(p) == 0, "%s\n%s", command, output);
    return output;
}

static const char *program(void)
{
    static char path[600];
    const char *build = getenv("WATTPROOF_BUILD");

    snprintf(path, sizeof path, "%s/wattproof", build ? build : "build/dev");
    return path;
}

struct played {
    const char *scenario, *world;
    bool has_fault; /* its broker, or its line, loses messages */
};

/* Its verdict is not what is looked at here: a machine under load may be late. */
static void play(const struct played *p)
{
    char command[900];

    snprintf(command, sizeof command, "%s run %s --world %s -o %s/run 2>&1 || test $? = 1", program(),
             p->scenario, p->world, dir);
    shell(command);
}

/* Runs BEFORE FILE AFTER for a file of the play. */
static char *about(const struct played *p, const char *before, const char *file, const char *after)
{
    char command[1500];

    snprintf(command, sizeof command, "%s %s/run/s/%s/%s/%s %s", before, dir, p->world, p->scenario, file,
             after);
    return shell(command);
}

static char *tshark(const struct played *p, const char *arguments)
{
    char after[600];

    snprintf(after, sizeof after, "%s 2>/dev/null", arguments);
    return about(p, "tshark -n -r", "run.pcapng", after);
}

/* ---- what is looked at ------------------------------------------------------------------------------- */

/* tshark adds what a packet means to those after it, so a RST, which is the last, is looked at itself. */
static void expect_whole_streams(const struct played *p)
{
    unsigned completeness[STREAMS] = {0}, n = 0, stream, value, flags;

    for (char *line = strtok(tshark(p, "-T fields -e tcp.stream -e tcp.completeness -e tcp.flags"), "\n");
         line; line = strtok(NULL, "\n")) {
        ck_assert_int_eq(sscanf(line, "%u %u 0x%x", &stream, &value, &flags), 3);
        ck_assert_uint_lt(stream, STREAMS);
        completeness[stream] = value | (flags & RST ? ENDS : 0); /* it grows */
        n = stream + 1 > n ? stream + 1 : n;
    }
    ck_assert_uint_gt(n, 1);
    for (stream = 0; stream < n; stream++)
        ck_assert_msg((completeness[stream] & SYNS) == SYNS && (completeness[stream] & ENDS) != 0,
                      "%s (%s): stream %u is %u", p->scenario, p->world, stream, completeness[stream]);
}

static void expect_no_complaint(const struct played *p)
{
    ck_assert_str_eq(tshark(p, "-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE "
                               "-Y 'tcp.analysis.flags || _ws.malformed || tcp.checksum.status != 1 || "
                               "ip.checksum.status != 1'"),
                     "");
    ck_assert_str_eq(tshark(p, "-Y 'frame.time_delta < 0 || frame.time_delta > 60'"), "");
}

/* Several packets may stand in one segment: "3,3". */
static unsigned count_publishes(char *types)
{
    unsigned n = 0;

    for (char *type = strtok(types, ",\n"); type; type = strtok(NULL, ",\n"))
        n += atoi(type) == 3;
    return n;
}

static void expect_every_message(const struct played *p)
{
    unsigned told = (unsigned)atoi(about(p, "grep -E '\"record\":\"(publish|deliver)\"'", "transcript.jsonl",
                                         "| grep -vc '\"will\":true'"));

    ck_assert_uint_gt(told, 0);
    ck_assert_uint_eq(count_publishes(tshark(p, "-Y mqtt.msgtype==3 -T fields -e mqtt.msgtype")), told);
}

static void expect_checks(const struct played *p)
{
    const char *comments = tshark(p, "-Y frame.comment -T fields -e frame.comment");
    char step[100], check[100];

    snprintf(step, sizeof step, "%s: step ", p->scenario);
    snprintf(check, sizeof check, "%s: expect line ", p->scenario);
    ck_assert_msg(strstr(comments, step) || strstr(comments, check), "%s", comments);
    ck_assert_msg(strstr(comments, check), "%s", comments);
}

/* "frames dlt645 12" of replay, against the FRAME records. */
static void expect_same_frames(const struct played *p)
{
    static const char *const codecs[] = {"dlt645", "ivy"};
    char after[200], expected[60], replay[700];

    snprintf(replay, sizeof replay, "%s replay", program());
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        unsigned n;

        snprintf(after, sizeof after, "| grep -c '\"codec\":\"%s\".*\"line\"' || true", codecs[i]);
        n = (unsigned)atoi(about(p, "grep '\"record\":\"frame\"'", "transcript.jsonl", after));
        snprintf(expected, sizeof expected, "\nframes %s %u\n", codecs[i], n);
        if (n > 0)
            ck_assert_msg(strstr(about(p, replay, "run.pcapng", "| tail -20"), expected), "%s (%s):%s%s",
                          p->scenario, p->world, expected, output);
    }
}

static void look_at(const struct played *p)
{
    play(p);
    expect_whole_streams(p);
    if (!p->has_fault) {
        expect_no_complaint(p);
        expect_every_message(p);
    }
    expect_checks(p);
    expect_same_frames(p);
}

/* ---- plays ------------------------------------------------------------------------------------------- */

static const struct played plays[] = {
    {"ivy-read-register", "virtual", false},
    {"ivy-read-register", "live", false},
    {"ivy-limit-per-address", "virtual", false},
    {"ivy-limit-per-address", "live", false},
    {"ivy-rights", "virtual", false},
    {"ivy-rights", "live", false},
    {"ivy-gateway-killed", "virtual", true},
    {"ivy-broker-restarts", "live", true},
    {"ivy-link-cut", "virtual", true},
    {"ivy-link-cut", "live", true},
};

START_TEST(a_capture_is_what_the_transcript_tells)
{
    if (has("command -v tshark >/dev/null") && has("test -x /usr/sbin/mosquitto"))
        look_at(&plays[_i]);
}
END_TEST

/* A client that is not ours is in it, too. */
START_TEST(a_program_is_in_the_capture)
{
    static const struct played paho = {"ivy-program-connect", "live", false};

    if (!has("command -v tshark >/dev/null") || !has("test -x /usr/sbin/mosquitto") ||
        !has("/usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null"))
        return;
    play(&paho);
    expect_whole_streams(&paho);
    expect_no_complaint(&paho);
    expect_every_message(&paho);
    ck_assert_int_gt(
        atoi(about(&paho, "grep -c '\"record\":\"login\",\"machine\":\"foreign:'", "transcript.jsonl", "")),
        0);
}
END_TEST

/* Two virtual plays leave the same bytes. */
START_TEST(a_virtual_capture_is_the_same_every_time)
{
    char command[600];

    play(&plays[0]);
    snprintf(command, sizeof command, "mv %s/run/s/virtual/%s %s/first", dir, plays[0].scenario, dir);
    shell(command);
    play(&plays[0]);
    snprintf(command, sizeof command, "cmp %s/first/run.pcapng %s/run/s/virtual/%s/run.pcapng", dir, dir,
             plays[0].scenario);
    shell(command);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("run_capture");
    TCase *t = tcase_create("run_capture");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120); /* tshark takes its time to start */
    tcase_add_loop_test(t, a_capture_is_what_the_transcript_tells, 0, (int)(sizeof plays / sizeof plays[0]));
    tcase_add_test(t, a_program_is_in_the_capture);
    tcase_add_test(t, a_virtual_capture_is_the_same_every_time);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
