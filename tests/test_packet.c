/* Packets taken apart: every link, both versions of IP, what is cut and what cannot be. covers: moment */
#include "harness/moment.h"
#include "harness/packet.h"

#include <check.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>

/* 127.0.0.1:4660 > 127.0.2.1:8899, PSH+ACK, seq 01020304, ack 05060708, "abc". */
#define TCP_ABC                                                                                              \
    "122422C3"                                                                                               \
    "01020304"                                                                                               \
    "05060708"                                                                                               \
    "5018FFFF00000000"                                                                                       \
    "616263"
#define IPV4                                                                                                 \
    "4500002B000140004006000"                                                                                \
    "07F0000017F000201"
#define IPV6                                                                                                 \
    "6000000000170640"                                                                                       \
    "00000000000000000000000000000001"                                                                       \
    "FE800000000000000000000000000002"

static uint8_t memory[512];
static size_t n_memory;
static struct packet p;

static enum packet_kind read_hex(int link, const char *hex, size_t more_on_wire)
{
    ck_assert_msg(wp_hex_read(wp_text(hex), memory, sizeof memory, &n_memory), "%s", hex);
    memset(&p, 0xEE, sizeof p);
    return packet_read(link, wp_slice(memory, n_memory), n_memory + more_on_wire, &p);
}

static const char *ways(void)
{
    static char text[160];
    struct wp_writer w = wp_writer(text, sizeof text);

    packet_put_addr(&w, &p.from);
    wp_put_text(&w, " > ");
    packet_put_addr(&w, &p.to);
    return wp_put_end(&w);
}

static void expect_abc(const char *expected_ways)
{
    ck_assert_str_eq(ways(), expected_ways);
    ck_assert_uint_eq(p.seq, 0x01020304);
    ck_assert_uint_eq(p.ack, 0x05060708);
    ck_assert_uint_eq(p.flags, 0x18);
    ck_assert_uint_eq(p.payload.n, 3);
    ck_assert_uint_eq(p.n_wire, 3);
    ck_assert(memcmp(p.payload.p, "abc", 3) == 0);
}

START_TEST(every_link_leads_to_the_same_segment)
{
    static const struct {
        int link;
        const char *header;
    } row[] = {
        {DLT_EN10MB, "0000000000010000000000020800"},
        {DLT_EN10MB, "00000000000100000000000281000007"
                     "0800"},
        {DLT_EN10MB, "00000000000100000000000288A80007"
                     "81000008"
                     "0800"},
        {DLT_NULL, "02000000"},
        {DLT_NULL, "00000002"},
        {DLT_LOOP, "00000002"},
        {DLT_RAW, ""},
        {101, ""},
        {DLT_IPV4, ""},
        {DLT_LINUX_SLL, "0000030400060000000000000000"
                        "0800"},
        {DLT_LINUX_SLL2, "0800"
                         "000000000001030400060000000000000000"},
        {DLT_C_HDLC, "0F000800"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char hex[512];

        ck_assert(packet_knows_link(row[i].link));
        snprintf(hex, sizeof hex, "%s%s%s", row[i].header, IPV4, TCP_ABC);
        ck_assert_int_eq(read_hex(row[i].link, hex, 0), PACKET_TCP);
        expect_abc("127.0.0.1:4644 > 127.0.2.1:8899");
    }
    ck_assert(!packet_knows_link(DLT_USER0));
}
END_TEST

START_TEST(ipv6_extension_headers_are_passed)
{
    ck_assert_int_eq(read_hex(DLT_IPV6, IPV6 TCP_ABC, 0), PACKET_TCP);
    expect_abc("[::1]:4644 > [fe80::2]:8899");
    /* hop by hop, destination options, fragment 0 of 1, authentication */
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "60000000003F0040"
                              "00000000000000000000000000000001"
                              "FE800000000000000000000000000002"
                              "3C00010400000000"
                              "2C01010C000000000000000000000000"
                              "3300000000000001"
                              "0600000000000000" TCP_ABC,
                              0),
                     PACKET_TCP);
    expect_abc("[::1]:4644 > [fe80::2]:8899");
    /* the first of several fragments, and a later one */
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "6000000000202C40"
                              "00000000000000000000000000000001"
                              "FE800000000000000000000000000002"
                              "0600000100000000" TCP_ABC "00",
                              0),
                     PACKET_FRAGMENT);
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "60000000001F2C40"
                              "00000000000000000000000000000001"
                              "FE800000000000000000000000000002"
                              "0600001000000000" TCP_ABC,
                              0),
                     PACKET_FRAGMENT);
    ck_assert_int_eq(read_hex(DLT_NULL, "1E000000" IPV6 TCP_ABC, 0), PACKET_TCP);
    ck_assert_int_eq(read_hex(DLT_EN10MB, "00000000000100000000000286DD" IPV6 TCP_ABC, 0), PACKET_TCP);
}
END_TEST

START_TEST(padding_behind_a_short_packet_is_no_payload)
{
    ck_assert_int_eq(read_hex(DLT_EN10MB, "0000000000010000000000020800" IPV4 TCP_ABC "000000000000", 0),
                     PACKET_TCP);
    expect_abc("127.0.0.1:4644 > 127.0.2.1:8899");
}
END_TEST

/* What the capture cut off counts in n_wire; headers that it cut off leave nothing to read. */
START_TEST(cut_packets)
{
    static const char whole[] = IPV4 TCP_ABC;

    for (size_t digits = 0; digits < sizeof whole - 1; digits += 2) {
        char hex[sizeof whole];
        size_t cut = (sizeof whole - 1 - digits) / 2;

        snprintf(hex, sizeof hex, "%.*s", (int)digits, whole);
        if (cut > 3) {
            ck_assert_int_eq(read_hex(DLT_RAW, hex, cut), PACKET_CUT);
            continue;
        }
        ck_assert_int_eq(read_hex(DLT_RAW, hex, cut), PACKET_TCP);
        ck_assert_uint_eq(p.payload.n, 3 - cut);
        ck_assert_uint_eq(p.n_wire, 3);
    }
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "4500002C"
                              "00012000"
                              "40060000"
                              "7F000001"
                              "7F000201" TCP_ABC "00",
                              0),
                     PACKET_FRAGMENT);
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "4500002B"
                              "00010010"
                              "40060000"
                              "7F000001"
                              "7F000201" TCP_ABC,
                              0),
                     PACKET_FRAGMENT);
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "4400002B"
                              "00014000"
                              "40060000"
                              "7F000001"
                              "7F000201" TCP_ABC,
                              0),
                     PACKET_MALFORMED);
    ck_assert_int_eq(read_hex(DLT_RAW, "5500", 60), PACKET_MALFORMED);
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "45000014"
                              "00014000"
                              "40060000"
                              "7F000001"
                              "7F000201",
                              0),
                     PACKET_MALFORMED);
    ck_assert_int_eq(read_hex(DLT_RAW, IPV4 "122422C301020304050607081018FFFF00000000616263", 0),
                     PACKET_MALFORMED);
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "4500002B"
                              "00014000"
                              "40010000"
                              "7F000001"
                              "7F000201" TCP_ABC,
                              0),
                     PACKET_OTHER);
    ck_assert_int_eq(read_hex(DLT_EN10MB,
                              "0000000000010000000000020806"
                              "00010800",
                              0),
                     PACKET_OTHER);
    ck_assert_int_eq(read_hex(DLT_USER0, IPV4 TCP_ABC, 0), PACKET_OTHER);
}
END_TEST

START_TEST(datagrams)
{
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "45000020"
                              "00014000"
                              "40110000"
                              "7F000001"
                              "7F000201"
                              "1224"
                              "0FDB"
                              "000B"
                              "0000"
                              "61626364",
                              0),
                     PACKET_UDP);
    ck_assert_str_eq(ways(), "127.0.0.1:4644 > 127.0.2.1:4059");
    ck_assert_uint_eq(p.payload.n, 3); /* the length field's, not the packet's */
    ck_assert_int_eq(read_hex(DLT_RAW,
                              "45000020"
                              "00014000"
                              "40110000"
                              "7F000001"
                              "7F000201"
                              "1224"
                              "0FDB"
                              "0007"
                              "0000"
                              "61626364",
                              0),
                     PACKET_MALFORMED);
}
END_TEST

/* ---- printing --------------------------------------------------------------------------------------- */

static const char *printed(int64_t ns, int decimals)
{
    static struct moment_cache cache;
    static char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    moment_put(&cache, &w, ns, decimals);
    return wp_put_end(&w);
}

static const char *span(int64_t ns)
{
    static char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    moment_put_span(&w, ns);
    return wp_put_end(&w);
}

START_TEST(moments_print_as_utc)
{
    ck_assert_str_eq(printed(INT64_C(1705320000000000001), 9), "2024-01-15T12:00:00.000000001Z");
    ck_assert_str_eq(printed(INT64_C(1705320000999999999), 6), "2024-01-15T12:00:00.999999Z");
    ck_assert_str_eq(printed(INT64_C(1705320001000000000), 6), "2024-01-15T12:00:01.000000Z");
    ck_assert_str_eq(printed(0, 6), "1970-01-01T00:00:00.000000Z");
    ck_assert_str_eq(printed(-1, 9), "1969-12-31T23:59:59.999999999Z");
    printed(INT64_MIN, 9);
    printed(INT64_MAX, 9);
    ck_assert_str_eq(span(12167000), "0.012167");
    ck_assert_str_eq(span(-1500000000), "-1.500000");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("packet");
    TCase *t = tcase_create("packet");
    SRunner *r;
    int failed;

    tcase_add_test(t, every_link_leads_to_the_same_segment);
    tcase_add_test(t, ipv6_extension_headers_are_passed);
    tcase_add_test(t, padding_behind_a_short_packet_is_no_payload);
    tcase_add_test(t, cut_packets);
    tcase_add_test(t, what_cannot_be_read_is_named);
    tcase_add_test(t, datagrams);
    tcase_add_test(t, moments_print_as_utc);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
