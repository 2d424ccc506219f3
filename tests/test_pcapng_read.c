/* pcapng block by block: times in every unit, what is passed over, and what is damaged. */
#include "harness/capture.h"
#include "harness/pcapng_read.h"

#include <check.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- time ------------------------------------------------------------------------------------------- */

static int64_t ns_of(unsigned exponent, bool is_binary, int64_t offset_s, uint64_t units)
{
    struct pcapng_interface i = {
        .exponent = exponent, .is_binary = is_binary, .per_second = 1, .offset_s = offset_s};

    for (unsigned k = 0; k < exponent; k++)
        i.per_second *= is_binary ? 2 : 10;
    return pcapng_read_ns(&i, units);
}

START_TEST(every_unit_of_time)
{
    ck_assert_int_eq(ns_of(0, false, 0, 1700000000), INT64_C(1700000000000000000));
    ck_assert_int_eq(ns_of(6, false, 0, 1700000000123456), INT64_C(1700000000123456000));
    ck_assert_int_eq(ns_of(9, false, 0, UINT64_C(1700000000123456789)), INT64_C(1700000000123456789));
    ck_assert_int_eq(ns_of(10, false, 0, UINT64_C(17000000001234567891)), INT64_C(1700000000123456789));
    ck_assert_int_eq(ns_of(19, false, 0, UINT64_C(12345678912345678912)), 1234567891);
    ck_assert_int_eq(ns_of(1, true, 0, 3), 1500000000);
    ck_assert_int_eq(ns_of(32, true, 0, (UINT64_C(5) << 32) + (UINT64_C(1) << 31)), INT64_C(5500000000));
    ck_assert_int_eq(ns_of(63, true, 0, UINT64_MAX), 1999999999);
    ck_assert_int_eq(ns_of(6, false, 100, 5), INT64_C(100000005000));
    ck_assert_int_eq(ns_of(6, false, -100, 5), -INT64_C(99999995000));
}
END_TEST

START_TEST(times_that_cannot_be_are_held)
{
    ck_assert_int_eq(ns_of(0, false, 0, UINT64_MAX), CAPTURE_NS_MAX);
    ck_assert_int_eq(ns_of(6, false, INT64_MAX, UINT64_MAX), CAPTURE_NS_MAX);
    ck_assert_int_eq(ns_of(6, false, INT64_MIN, 0), -CAPTURE_NS_MAX);
    ck_assert_int_eq(ns_of(0, false, INT64_MIN, UINT64_MAX), CAPTURE_NS_MAX);
}
END_TEST

/* ---- blocks ----------------------------------------------------------------------------------------- */

static uint8_t memory[4096];
static struct wp_writer file;
static char why_text[512];

static void put_block(uint32_t type, struct wp_slice body)
{
    uint32_t n = (uint32_t)(body.n + 3) / 4 * 4 + 12;

    wp_put_u32le(&file, type);
    wp_put_u32le(&file, n);
    wp_put_slice(&file, body);
    while (file.n % 4)
        wp_put_u8(&file, 0);
    wp_put_u32le(&file, n);
}

static void put_hex_block(uint32_t type, const char *hex)
{
    uint8_t body[256];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), body, sizeof body, &n));
    put_block(type, wp_slice(body, n));
}

#define SECTION   "4D3C2B1A 01000000 FFFFFFFFFFFFFFFF"
#define INTERFACE "6500 0000 08000000"
#define PACKET    "00000000 40420F00 00000000 03000000 05000000 61626300"

static void setup(void)
{
    file = wp_writer(memory, sizeof memory);
    put_hex_block(0x0A0D0D0A, SECTION);
}

static struct capture *open_it(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct capture *c = capture_open_file(fmemopen(memory, file.n, "rb"), "x", &why);

    wp_put_end(&why);
    return c;
}

static void expect_packets(unsigned n)
{
    struct capture *c = open_it();
    struct capture_packet p;

    ck_assert_msg(c != NULL, "%s", why_text);
    while (n-- > 0) {
        ck_assert_msg(capture_next(c, &p) == CAPTURE_PACKET, "%s", capture_error(c));
        ck_assert_int_eq(p.link, 101);
        ck_assert(wp_slice_is(p.bytes, "abc"));
        ck_assert_uint_eq(p.n_wire, 5);
    }
    ck_assert_msg(capture_next(c, &p) == CAPTURE_END, "%s", capture_error(c));
    capture_free(c);
}

/* The file is refused, or its first packet is. */
static void expect_fault(const char *sentence)
{
    struct capture *c = open_it();
    struct capture_packet p;

    if (c) {
        while (capture_next(c, &p) == CAPTURE_PACKET)
            ;
        snprintf(why_text, sizeof why_text, "%s", capture_error(c));
        capture_free(c);
    }
    ck_assert_msg(strstr(why_text, sentence) != NULL, "expected '%s', got '%s'", sentence, why_text);
}

START_TEST(what_is_no_packet_is_passed_over)
{
    static uint8_t large[2000];

    put_hex_block(1, INTERFACE "0100 0500 68656C6C6F000000 00000000");
    put_hex_block(5, "00000000 00000000 00000000");
    put_hex_block(6, PACKET);
    put_block(0x80000001, wp_slice(large, sizeof large));
    put_hex_block(6, PACKET "0100 0300 68693F00 00000000");
    expect_packets(2);
}
END_TEST

/* It has no time, so it gets that of the packet before it; the interface says how much of it is kept. */
START_TEST(a_simple_packet)
{
    struct capture *c;
    struct capture_packet p;

    put_hex_block(1, "6500 0000 03000000");
    put_hex_block(6, "00000000 01000000 00000000 03000000 05000000 61626300");
    put_hex_block(3, "05000000 78797A00");
    c = open_it();
    capture_next(c, &p);
    ck_assert_int_eq(capture_next(c, &p), CAPTURE_PACKET);
    ck_assert(wp_slice_is(p.bytes, "xyz"));
    ck_assert_uint_eq(p.n_wire, 5);
    ck_assert_int_eq(p.time_ns, INT64_C(4294967296000));
    ck_assert_int_eq(capture_next(c, &p), CAPTURE_END);
    capture_free(c);
}
END_TEST

START_TEST(damage_is_named_with_its_packet)
{
    size_t begin = file.n;

    put_hex_block(6, PACKET);
    expect_fault("x: packet 1: interface 0 is not described");
    file.n = begin;
    put_hex_block(1, INTERFACE "0900 0100 FF000000");
    expect_fault("the description of interface 0 is damaged");
    file.n = begin;
    put_hex_block(1, INTERFACE "0200 FFFF 61616161");
    expect_fault("the description of interface 0 is damaged");
    file.n = begin;
    put_hex_block(1, INTERFACE);
    put_hex_block(6, "00000000 40420F00 00000000 04000000 05000000");
    expect_fault("x: packet 1: a length of 4 bytes cannot be");
    file.n = begin;
    put_hex_block(1, INTERFACE);
    put_hex_block(6, PACKET);
    memory[file.n - 4] ^= 4;
    expect_fault("x: packet 1: a block has two lengths, 36 and 32");
    file.n = begin;
    put_hex_block(1, INTERFACE);
    put_hex_block(6, "00000000");
    expect_fault("a block of type 6 with 16 bytes cannot be");
    file.n = begin;
    wp_put_slice(&file, wp_slice("\1\0\0\0\3\0\0\0\0\0\0\0", 12));
    expect_fault("a block of 3 bytes cannot be");
    file.n = begin;
    put_hex_block(0x0A0D0D0A, "12345678 01000000 FFFFFFFFFFFFFFFF");
    expect_fault("a section has no byte order");
}
END_TEST

START_TEST(cut_anywhere_it_is_named)
{
    size_t head, whole;

    put_hex_block(1, INTERFACE);
    head = file.n;
    put_hex_block(5, "00000000 00000000 00000000");
    put_hex_block(6, PACKET);
    whole = file.n;
    for (file.n = head + 1; file.n < whole; file.n++)
        if (file.n != head + 24)
            expect_fault("truncated: the file ");
}
END_TEST

/* ---- beside libpcap --------------------------------------------------------------------------------- */

/* Every packet of every capture of the test data: the same time, length and bytes as libpcap says. */
static unsigned compare_file(const char *path)
{
    char problem[PCAP_ERRBUF_SIZE];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    pcap_t *theirs = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, problem);
    struct capture *ours = capture_open(path, &why);
    struct capture_packet p;
    struct pcap_pkthdr *h;
    const u_char *bytes;
    unsigned n = 0;

    ck_assert_msg(ours != NULL && theirs != NULL, "%s %s", path, problem);
    while (capture_next(ours, &p) == CAPTURE_PACKET) {
        ck_assert_int_eq(pcap_next_ex(theirs, &h, &bytes), 1);
        ck_assert_int_eq(p.time_ns, (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec);
        ck_assert_uint_eq(p.bytes.n, h->caplen);
        ck_assert_uint_eq(p.n_wire, h->len);
        ck_assert(memcmp(p.bytes.p, bytes, h->caplen) == 0);
        n++;
    }
    ck_assert_int_eq(pcap_next_ex(theirs, &h, &bytes), PCAP_ERROR_BREAK);
    ck_assert_str_eq(capture_error(ours), "");
    pcap_close(theirs);
    capture_free(ours);
    return n;
}

START_TEST(libpcap_reads_the_same)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    char command[512], path[512];
    unsigned n = 0, files = 0;
    FILE *list;

    snprintf(command, sizeof command,
             "find captures '%s/captures' -name '*.pcap' -o -name '*.pcapng' 2>/dev/null",
             folder ? folder : "../shared");
    list = popen(command, "r");
    while (fgets(path, sizeof path, list)) {
        path[strcspn(path, "\n")] = 0;
        n += compare_file(path);
        files++;
    }
    pclose(list);
    printf("%u packets of %u files\n", n, files);
    ck_assert_uint_ge(files, 3); /* the project's own */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pcapng_read");
    TCase *t = tcase_create("pcapng_read");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_unit_of_time);
    tcase_add_test(t, times_that_cannot_be_are_held);
    tcase_add_test(t, what_is_no_packet_is_passed_over);
    tcase_add_test(t, a_simple_packet);
    tcase_add_test(t, damage_is_named_with_its_packet);
    tcase_add_test(t, cut_anywhere_it_is_named);
    tcase_add_test(t, libpcap_reads_the_same);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
