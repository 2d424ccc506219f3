/* Checksums of changed packets. The right ones were computed by the kernel that sent them. */
#include "harness/checksum.h"

#include <check.h>

/* captures/dlt645/own-live-run.pcap has offloaded ones; this is RFC 1071's way, by hand: a UDP datagram "hi" from
 * 10.0.0.1:1000 to 10.0.0.2:2000. */
static const struct packet_addr a = {.ip = {10, 0, 0, 1}, .version = 4},
                                b = {.ip = {10, 0, 0, 2}, .version = 4},
                                c = {.ip = {10, 9, 8, 7}, .version = 4};
static const uint8_t udp[] = {0x03, 0xE8, 0x07, 0xD0, 0x00, 0x0A, 0x77, 0xB6, 'h', 'i'};

static unsigned changed(const uint8_t *was, size_t n, size_t n_wire, const struct packet_addr *to,
                        const uint8_t *now, size_t n_now)
{
    uint8_t bytes[32];
    struct checksum_packet before = {was, n, n_wire, &a, &b},
                           after = {bytes, n_now, n_now + (n_wire - n), &a, to};

    memcpy(bytes, now, n_now);
    checksum_transport(&before, &after, true, bytes);
    return (unsigned)bytes[6] << 8 | bytes[7];
}

/* The sum of everything, the checksum included, is FFFF when it is right. */
static bool is_right(const uint8_t *bytes, size_t n, unsigned checksum, const struct packet_addr *to)
{
    uint32_t sum = 17 + (uint32_t)n + checksum;

    for (size_t i = 0; i < n; i += 2)
        sum += i == 6 ? 0 : (uint32_t)(bytes[i] << 8 | (i + 1 < n ? bytes[i + 1] : 0));
    for (size_t i = 0; i < 4; i += 2)
        sum += (uint32_t)(a.ip[i] << 8 | a.ip[i + 1]) + (uint32_t)(to->ip[i] << 8 | to->ip[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum == 0xFFFF;
}

START_TEST(right_stays_right)
{
    uint8_t other[sizeof udp];
    unsigned checksum;

    ck_assert(is_right(udp, sizeof udp, 0x77B6, &b));
    memcpy(other, udp, sizeof udp);
    memcpy(other + 8, "ho", 2);
    ck_assert(
        is_right(other, sizeof other, changed(udp, sizeof udp, sizeof udp, &c, other, sizeof other), &c));
    other[5] = 0x09; /* one byte shorter */
    checksum = changed(udp, sizeof udp, sizeof udp, &c, other, sizeof other - 1);
    ck_assert(is_right(other, sizeof other - 1, checksum, &c));
}
END_TEST

START_TEST(wrong_stays_wrong_and_none_stays_none)
{
    uint8_t was[sizeof udp];

    memcpy(was, udp, sizeof udp);
    was[7] ^= 1;
    ck_assert_uint_eq(changed(was, sizeof was, sizeof was, &b, was, sizeof was), 0x77B7);
    ck_assert(!is_right(was, sizeof was, changed(was, sizeof was, sizeof was, &c, was, sizeof was), &c));
    was[6] = was[7] = 0;
    ck_assert_uint_eq(changed(was, sizeof was, sizeof was, &c, was, sizeof was), 0);
}
END_TEST

/* Left to the card: what stands there is the sum of addresses, protocol and length. */
START_TEST(a_partial_one_stays_partial)
{
    uint8_t was[sizeof udp];
    unsigned partial = 0x0A00 + 0x0001 + 0x0A00 + 0x0002 + 17 + sizeof udp;

    memcpy(was, udp, sizeof udp);
    was[6] = (uint8_t)(partial >> 8);
    was[7] = (uint8_t)partial;
    ck_assert_uint_eq(changed(was, sizeof was, sizeof was, &c, was, sizeof was),
                      0x0A00 + 0x0001 + 0x0A09 + 0x0807 + 17 + sizeof udp);
}
END_TEST

/* Of a packet that was cut only what is there can be followed; whoever has the rest finds it right. */
START_TEST(a_cut_packet_is_followed)
{
    uint8_t now[sizeof udp];
    unsigned checksum;

    memcpy(now, udp, sizeof udp);
    now[8] = 'H';
    checksum = changed(udp, 9, sizeof udp, &c, now, 9);
    ck_assert(is_right(now, sizeof now, checksum, &c));
}
END_TEST

/* RFC 1071's own example bytes in a header: 4500 0030 4422 4000 8006 .... 8C7C 19AC AE24 1E2B has 442E. */
START_TEST(an_ipv4_header)
{
    uint8_t was[] = {0x45, 0x00, 0x00, 0x30, 0x44, 0x22, 0x40, 0x00, 0x80, 0x06,
                     0x44, 0x2E, 0x8C, 0x7C, 0x19, 0xAC, 0xAE, 0x24, 0x1E, 0x2B};
    uint8_t now[sizeof was];

    memcpy(now, was, sizeof was);
    checksum_ipv4(was, now, sizeof was);
    ck_assert_mem_eq(now, was, sizeof was);
    now[15] -= 1;
    checksum_ipv4(was, now, sizeof was);
    ck_assert_uint_eq(now[11], 0x2F);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("checksum");
    TCase *t = tcase_create("checksum");
    SRunner *r;
    int failed;

    tcase_add_test(t, right_stays_right);
    tcase_add_test(t, wrong_stays_wrong_and_none_stays_none);
    tcase_add_test(t, a_partial_one_stays_partial);
    tcase_add_test(t, a_cut_packet_is_followed);
    tcase_add_test(t, an_ipv4_header);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
