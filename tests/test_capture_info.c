/* What `capture info` tells of a capture, and the words of `wattproof capture`.
 * covers: capture_format, capture_info, cmd_capture */
#include "harness/capture_info.h"
#include "harness/cmd.h"
#include "harness/home.h"
#include "harness/pcap_tcp.h"
#include "sim/codec/dbus_bus.h"

#include <cJSON.h>
#include <check.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

static char dir[64], made[96];
static char *out, *problems;
static int code;

static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-info-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(made, sizeof made, "%s/made.pcapng", dir);
}

static void teardown(void)
{
    char command[96];

    free(out);
    free(problems);
    out = problems = NULL;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static void info(const char *path, bool as_json)
{
    size_t n[2];
    FILE *to[2];

    free(out);
    free(problems);
    to[0] = open_memstream(&out, &n[0]);
    to[1] = open_memstream(&problems, &n[1]);
    code = capture_info(path, as_json, to[0], to[1]);
    fclose(to[0]);
    fclose(to[1]);
}

static const char *own(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/captures/dlt645/%s", home_dir(), name);
    return path;
}

static void says(const char *text)
{
    ck_assert_msg(strstr(out, text) != NULL, "'%s' is not in:\n%s", text, out);
}

static struct pcapng *begin(struct pcap_tcp *t)
{
    char why_text[256];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct pcapng *f = pcapng_new(made, "wattproof tests", &why);

    ck_assert_msg(f != NULL, "%s", wp_put_end(&why));
    *t = pcap_tcp(f, pcapng_interface(f, PCAPNG_RAW_IP, "made up"), PCAPNG_RAW_IP,
                  (struct wp_addr){0x7F000201, 40000}, (struct wp_addr){0x7F000101, 8899});
    return f;
}

START_TEST(a_live_capture_on_one_screen)
{
    info(own("own-live-run.pcap"), false);
    ck_assert_int_eq(code, 0);
    ck_assert_str_eq(problems, "");
    says("own-live-run.pcap: classic pcap, microseconds, link EN10MB\n"
         "packets      147: 147 TCP, 0 UDP, 0 other; 0 cut by the capture, 0 malformed\n"
         "time         2026-11-21T15:35:06.405675Z to 2026-11-21T15:35:09.673127Z, 3.267452 s\n"
         "connections  6 TCP, 0 UDP: 6 ours, 0 foreign, 0 without data\n"
         "  1 TCP 127.0.2.1:33093 > 127.0.1.1:45937: ivy 4; 51 bytes, 51 back\n"
         "  2 TCP 127.0.2.1:44125 > 127.0.1.1:39419: dlt645 6, ivy 2; 70 bytes, 74 back; questions 3, "
         "unanswered 0; the meter dials the gateway\n");
    says("ids          as they stand in it\n"
         "  ivy address 1: 000000000001\n"
         "  dlt645 address 2: 000000000001, AAAAAAAAAAAA\n");
    says("replay       clean (exit 0): 67 frames, 0 unanswered, bad in 0 places, 0 gaps\n"
         "next\n");
    says("before it leaves the house: `wattproof capture anonymise ");
}
END_TEST

START_TEST(the_same_as_json)
{
    cJSON *o, *second;

    info(own("own-live-run.pcap"), true);
    o = cJSON_Parse(out);
    ck_assert_ptr_nonnull(o);
    second = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "connections"), 1);
    ck_assert_str_eq(cJSON_GetObjectItem(second, "asker")->valuestring, "gateway");
    ck_assert_str_eq(cJSON_GetObjectItem(second, "from")->valuestring, "127.0.2.1:44125");
    ck_assert_int_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(second, "questions"), 1)->valueint, 3);
    ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(o, "replay"), "exit")->valueint, 0);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(o, "connections")), 6);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(o, "ids"), "dlt645 address")),
                     2);
    cJSON_Delete(o);
}
END_TEST

/* captures/dlt645/address.vec: a question that nobody answers, in a connection that was under way. */
START_TEST(what_is_missing_is_said_and_what_helps)
{
    static const uint8_t ask[] = {0x68, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0x68, 0x13, 0x00, 0xDF, 0x16};
    struct pcap_tcp t;
    struct pcapng *f = begin(&t);

    pcap_tcp_send(&t, 1, 1000000, wp_slice(ask, sizeof ask), NULL);
    ck_assert(pcapng_close(f));
    info(made, false);
    ck_assert_int_eq(code, 0);
    says("made.pcapng: pcapng, link RAW\n");
    says("questions 1, unanswered 1; the gateway speaks to the meter; was under way\n");
    says("replay       findings (exit 1)");
    says("1 connections were under way at the first packet");
    says("1 connections carry bytes in one direction alone");
    says("capture minimise ");
}
END_TEST

/* In MQTT both ask; who is the client is told by what a client alone may send, also without handshake. */
START_TEST(clients_and_brokers)
{
    static const uint8_t published[] = {0x32, 0x07, 0x00, 0x03, 'a', '/', 'b', 0x00, 0x01},
                         acknowledged[] = {0x40, 0x02, 0x00, 0x01},
                         subscribes[] = {0x82, 0x08, 0x00, 0x02, 0x00, 0x03, 'a', '/', 'c', 0x00};
    struct pcap_tcp t;
    struct pcapng *f = begin(&t);

    for (int i = 0; i < 3; i++) {
        pcap_tcp_send(&t, 1, 1000000, wp_slice(published, sizeof published), NULL);
        pcap_tcp_send(&t, 0, 1000000, wp_slice(acknowledged, sizeof acknowledged), NULL);
    }
    pcap_tcp_send(&t, 0, 1000000, wp_slice(subscribes, sizeof subscribes), NULL);
    ck_assert(pcapng_close(f));
    info(made, false);
    ck_assert_int_eq(code, 0);
    says("mqtt 7; ");
    says("; the broker speaks to the client; was under way\n");
    says("  mqtt topic 1: a/b\n  mqtt filters 1: a/c\n");
}
END_TEST

START_TEST(foreign_and_empty_captures)
{
    struct pcap_tcp t;
    struct pcapng *f = begin(&t);

    pcap_tcp_open(&t, 0, NULL);
    pcap_tcp_send(&t, 0, 1000000, wp_text("GET / HTTP/1.1\r\n\r\n"), NULL);
    ck_assert(pcapng_close(f));
    info(made, false);
    ck_assert_int_eq(code, EXIT_NOTHING_RAN);
    says(" > 127.0.1.1:8899: foreign; 18 bytes, 0 back\n");
    says("ids          none\n");
    says("no stream of ours");
    ck_assert(pcapng_close(begin(&t)));
    info(made, false);
    ck_assert_int_eq(code, EXIT_NOTHING_RAN);
    says("the capture is empty");
    info("/nowhere/x.pcap", false);
    ck_assert_int_eq(code, EXIT_USAGE);
    ck_assert_str_eq(out, "");
    ck_assert_str_eq(problems, "wattproof: /nowhere/x.pcap: No such file or directory\n");
}
END_TEST

/* A bus is one connection, of which nobody saw a handshake to miss. */
START_TEST(a_bus)
{
    uint8_t memory[256];
    struct wp_writer w = wp_writer(memory, sizeof memory), why = wp_writer(NULL, 0);
    struct pcapng *file = pcapng_new(made, "wattproof tests", &why);
    uint32_t bus;

    ck_assert_ptr_nonnull(file);
    bus = pcapng_interface(file, PCAPNG_DBUS, "bus");
    ck_assert(dbus_put_hello(&w, 1));
    pcapng_packet(file, bus, 0, wp_written(&w), NULL);
    ck_assert(pcapng_close(file));
    info(made, false);
    ck_assert_int_eq(code, 0);
    ck_assert_ptr_nonnull(strstr(out,
                                 "connections  0 TCP, 0 UDP, 1 D-Bus: 1 ours, 0 foreign, 0 without data\n"
                                 "  1 D-Bus bus > bus: dbus 1; 128 bytes, 0 back; questions 1, unanswered "
                                 "1\n"
                                 "ids "));
    ck_assert_ptr_null(strstr(out, "under way"));
    info(made, true);
    ck_assert_ptr_nonnull(strstr(out, "\"D-Bus\""));
}
END_TEST

START_TEST(the_kind_of_file)
{
    static const struct {
        const char *bytes, *says;
    } table[] = {
        {"\xD4\xC3\xB2\xA1....", "classic pcap, microseconds"},
        {"\xA1\xB2\x3C\x4D....", "classic pcap, nanoseconds"},
        {"\x0A\x0D\x0D\x0A....", "pcapng"},
        {"GET /", "capture"},
        {"ab", "capture"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (int gz = 0; gz < 2; gz++) {
            char text[96], expected[96];
            struct wp_writer w = wp_writer(text, sizeof text);
            gzFile file = gzopen(made, gz ? "wb" : "wbT");
            struct capture_format format;

            gzwrite(file, table[i].bytes, (unsigned)strlen(table[i].bytes));
            gzclose(file);
            format = capture_format_of(made);
            capture_put_format(&w, &format);
            snprintf(expected, sizeof expected, "%s%s", table[i].says, format.is_gz ? ", in gzip" : "");
            ck_assert_str_eq(wp_put_end(&w), expected);
            ck_assert(format.is_gz == (gz && i < 4));
        }
    ck_assert(!capture_format_of("/nowhere").is_known);
    ck_assert(!capture_format_of("-").is_known);
}
END_TEST

/* In this process, its words to nowhere. */
static int words(const char **argv)
{
    int saved[2] = {dup(1), dup(2)}, argc = 0, result;

    while (argv[argc])
        argc++;
    fflush(NULL);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    result = cmd_capture(argc, (char **)argv);
    fflush(NULL);
    for (int k = 0; k < 2; k++) {
        dup2(saved[k], k + 1);
        close(saved[k]);
    }
    return result;
}

/* clang-format off */
#define WORDS(...) words((const char *[]){"capture", __VA_ARGS__, NULL})
/* clang-format on */

START_TEST(usage)
{
    ck_assert_int_eq(words((const char *[]){"capture", NULL}), 2);
    ck_assert_int_eq(WORDS("--help"), 0);
    ck_assert_int_eq(WORDS("shred"), 2);
    ck_assert_int_eq(WORDS("info"), 2);
    ck_assert_int_eq(WORDS("info", "--help"), 0);
    ck_assert_int_eq(WORDS("info", "--shred"), 2);
    ck_assert_int_eq(WORDS("info", own("own-live-run.pcap"), "/nowhere"), 2);
    ck_assert_int_eq(WORDS("info", "--json", own("own-live-run.pcap")), 0);
}
END_TEST

START_TEST(usage_of_anonymise)
{
    char map[128];

    snprintf(map, sizeof map, "%s/map.csv", dir);
    ck_assert_int_eq(WORDS("anonymise"), 2);
    ck_assert_int_eq(WORDS("anonymise", "--help"), 0);
    ck_assert_int_eq(WORDS("anonymise", "--shred", "a", "b"), 2);
    ck_assert_int_eq(WORDS("anonymise", own("own-live-run.pcap")), 2);
    ck_assert_int_eq(WORDS("anonymise", "/nowhere", made), 2);
    ck_assert_int_ne(access(made, F_OK), 0);
    ck_assert_int_eq(WORDS("anonymise", "--key", "k", "--map", map, "--id", "a", "--no-id", "b",
                           "--keep-foreign", own("own-live-run.pcap"), made),
                     0);
    ck_assert_int_eq(access(made, R_OK) | access(map, R_OK), 0);
    ck_assert_int_eq(WORDS("anonymise", own("own-live-run.pcap"), made), 0);
}
END_TEST

START_TEST(usage_of_minimise)
{
    ck_assert_int_eq(WORDS("minimise"), 2);
    ck_assert_int_eq(WORDS("minimise", "--help"), 0);
    ck_assert_int_eq(WORDS("minimise", "--shred", "a", "b"), 2);
    ck_assert_int_eq(WORDS("minimise", "--tries", "0", own("own-live-run.pcap"), made), 2);
    ck_assert_int_eq(WORDS("minimise", "--tries", "7x", own("own-live-run.pcap"), made), 2);
    ck_assert_int_eq(WORDS("minimise", "/nowhere", made), 2);
    ck_assert_int_eq(WORDS("minimise", "--statement", "IVY-001", own("own-live-run.pcap"), made), 4);
    ck_assert_int_ne(access(made, F_OK), 0);
    ck_assert_int_eq(WORDS("minimise", "--quiet", "--tries", "50", own("own-live-run.pcap"), made), 0);
    ck_assert_int_eq(access(made, R_OK), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("capture_info");
    TCase *t = tcase_create("capture_info");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_live_capture_on_one_screen);
    tcase_add_test(t, the_same_as_json);
    tcase_add_test(t, what_is_missing_is_said_and_what_helps);
    tcase_add_test(t, clients_and_brokers);
    tcase_add_test(t, foreign_and_empty_captures);
    tcase_add_test(t, a_bus);
    tcase_add_test(t, the_kind_of_file);
    tcase_add_test(t, usage);
    tcase_add_test(t, usage_of_anonymise);
    tcase_add_test(t, usage_of_minimise);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
