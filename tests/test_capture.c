/* Capture files: forms, times, ends and breaks. */
#include "harness/capture.h"

#include <check.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];
static char why_text[1024];

static void setup(void)
{
    int fd;

    strcpy(path, "/tmp/wattproof-capture-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

static struct capture *open_capture(const char *name)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct capture *c = capture_open(name, &why);

    wp_put_end(&why);
    return c;
}

/* Three packets of 10, 20 and 30 bytes, written by libpcap. */
static void write_capture(unsigned precision)
{
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, precision);
    pcap_dumper_t *dump = pcap_dump_open(dead, path);
    uint8_t bytes[30];

    ck_assert_ptr_nonnull(dump);
    memset(bytes, 0xA5, sizeof bytes);
    for (unsigned i = 1; i <= 3; i++) {
        struct pcap_pkthdr h = {{1700000000 + (time_t)i, precision ? 123456789 : 123456}, i * 10, i * 10 + 5};

        pcap_dump((u_char *)dump, &h, bytes);
    }
    pcap_dump_close(dump);
    pcap_close(dead);
}

static void expect_three(int64_t ns)
{
    struct capture *c = open_capture(path);
    struct capture_packet p;

    ck_assert_msg(c != NULL, "%s", why_text);
    ck_assert_int_eq(capture_link(c), DLT_EN10MB);
    ck_assert_str_eq(capture_link_name(capture_link(c)), "EN10MB");
    for (unsigned i = 1; i <= 3; i++) {
        ck_assert_int_eq(capture_next(c, &p), CAPTURE_PACKET);
        ck_assert_uint_eq(p.number, i);
        ck_assert_int_eq(p.time_ns, (1700000000 + (int64_t)i) * 1000000000 + ns);
        ck_assert_uint_eq(p.bytes.n, i * 10);
        ck_assert_uint_eq(p.n_wire, i * 10 + 5);
        ck_assert_uint_eq(p.bytes.p[0], 0xA5);
    }
    ck_assert_int_eq(capture_next(c, &p), CAPTURE_END);
    ck_assert_int_eq(capture_next(c, &p), CAPTURE_END);
    ck_assert_str_eq(capture_error(c), "");
    capture_free(c);
}

START_TEST(microseconds_and_nanoseconds_are_exact)
{
    write_capture(PCAP_TSTAMP_PRECISION_MICRO);
    expect_three(123456000);
    write_capture(PCAP_TSTAMP_PRECISION_NANO);
    expect_three(123456789);
}
END_TEST

/* Cut at any byte: the whole packets come first, then a sentence with the number of the broken one. */
START_TEST(a_broken_file_says_in_which_packet)
{
    static const off_t ends[] = {24, 24 + 26, 24 + 26 + 36, 24 + 26 + 36 + 46};

    for (off_t size = ends[3]; size >= ends[0]; size--) {
        struct capture *c;
        struct capture_packet p;
        unsigned whole = 0, seen = 0;
        enum capture_status status;
        char expected[128];

        write_capture(PCAP_TSTAMP_PRECISION_NANO);
        ck_assert_int_eq(truncate(path, size), 0);
        while (whole < 3 && size >= ends[whole + 1])
            whole++;
        c = open_capture(path);
        ck_assert_msg(c != NULL, "%s", why_text);
        while ((status = capture_next(c, &p)) == CAPTURE_PACKET)
            seen++;
        ck_assert_uint_eq(seen, whole);
        ck_assert_int_eq(status, size == ends[whole] ? CAPTURE_END : CAPTURE_BROKEN);
        if (status == CAPTURE_BROKEN) {
            snprintf(expected, sizeof expected, "%s: packet %u: truncated", path, whole + 1);
            ck_assert_msg(strncmp(capture_error(c), expected, strlen(expected)) == 0, "%s", capture_error(c));
            ck_assert_int_eq(capture_next(c, &p), CAPTURE_BROKEN);
        }
        capture_free(c);
    }
}
END_TEST

START_TEST(what_is_no_capture_is_refused)
{
    FILE *file = fopen(path, "w");
    char expected[128];

    fputs("this is not a capture, and long enough to see it", file);
    fclose(file);
    ck_assert_ptr_null(open_capture(path));
    snprintf(expected, sizeof expected, "%s: unknown file format: neither pcap nor pcapng", path);
    ck_assert_str_eq(why_text, expected);
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_ptr_null(open_capture(path));
    ck_assert_ptr_nonnull(strstr(why_text, ": truncated: the file is empty"));
    ck_assert_ptr_null(open_capture("/nowhere/x.pcap"));
    ck_assert_str_eq(why_text, "/nowhere/x.pcap: No such file or directory");
}
END_TEST

/* ---- others' captures ------------------------------------------------------------------------------- */

/* Packet counts as tshark counts them (INDEX.md). */
START_TEST(others_captures_have_as_many_packets_as_tshark_counts)
{
    static const struct {
        const char *name;
        unsigned packets;
    } row[] = {
        {"modbus/ITI__ModbusTCP.pcap", 15387},
        {"modbus/ITI__mb2.pcap", 13472},
        {"dlms/htanwar922__Output-Ciphered-HLS-AuthEnc.pcap", 266},
        {"mqtt/OISF__mqtt-limit-2.pcap", 37},
        {"negative/the-tcpdump-group__HDLC.pcap", 38},
        {"dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap", 1334},
    };
    const char *folder = getenv("WATTPROOF_TESTDATA");
    char name[512];

    snprintf(name, sizeof name, "%s/captures", folder ? folder : "../shared");
    if (access(name, R_OK) != 0) {
        printf("skipped: no test data at %s\n", name);
        return;
    }
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct capture *c;
        struct capture_packet packet;
        unsigned n = 0;

        snprintf(name, sizeof name, "%s/captures/%s", folder ? folder : "../shared", row[i].name);
        c = open_capture(name);
        ck_assert_msg(c != NULL, "%s", why_text);
        while (capture_next(c, &packet) == CAPTURE_PACKET)
            n++;
        ck_assert_str_eq(capture_error(c), "");
        ck_assert_uint_eq(n, row[i].packets);
        capture_free(c);
    }
}
END_TEST

/* Our names of link types are libpcap's. */
START_TEST(links_have_the_names_that_others_give_them)
{
    unsigned n = 0;

    for (int link = 0; link < 400; link++) {
        const char *ours = capture_link_name(link),
                   *theirs = pcap_datalink_val_to_name(link == 101 ? 12 : link);

        if (strcmp(ours, "unknown") == 0 || link == 14 || !theirs) /* the older libpcap has no name for all */
            continue;
        ck_assert_msg(strcmp(ours, theirs) == 0, "%d is %s and not %s", link, theirs, ours);
        n++;
    }
    ck_assert_uint_gt(n, 30);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("capture");
    TCase *t = tcase_create("files");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, microseconds_and_nanoseconds_are_exact);
    tcase_add_test(t, a_broken_file_says_in_which_packet);
    tcase_add_test(t, what_is_no_capture_is_refused);
    tcase_add_test(t, links_have_the_names_that_others_give_them);
    tcase_add_test(t, others_captures_have_as_many_packets_as_tshark_counts);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
