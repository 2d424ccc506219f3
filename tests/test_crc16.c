/* CRC-16/X-25 and CRC-16/Modbus against their definitions, bit by bit. */
#include "sim/codec/crc16.h"
#include "sim/core/random.h"

#include <check.h>
#include <stdlib.h>

static uint16_t remainder_of(struct wp_slice in, uint16_t polynomial)
{
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < in.n; i++) {
        crc ^= in.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ polynomial : crc >> 1);
    }
    return crc;
}

/* Polynomial 1021 with its bits turned round: 8408. */
static uint16_t bitwise(struct wp_slice in)
{
    return (uint16_t)(remainder_of(in, 0x8408) ^ 0xFFFF);
}

/* Polynomial 8005 with its bits turned round: A001. */
static uint16_t bitwise_modbus(struct wp_slice in)
{
    return remainder_of(in, 0xA001);
}

START_TEST(check_values)
{
    ck_assert_uint_eq(crc16_x25(wp_text("123456789")), 0x906E);
    ck_assert_uint_eq(crc16_x25(wp_text("")), 0x0000);
    ck_assert_uint_eq(crc16_x25(wp_text("\x03\x3F")), 0xEC5B); /* sent 5B EC */
    ck_assert_uint_eq(crc16_modbus(wp_text("123456789")), 0x4B37);
    ck_assert_uint_eq(crc16_modbus(wp_text("")), 0xFFFF);
    /* A read request of hold register 65: vectors lxp-149, sent 02 9F. */
    ck_assert_uint_eq(crc16_modbus(wp_slice("\0\003"
                                            "9393013580"
                                            "\x41\0\1\0",
                                            16)),
                      0x9F02);
}
END_TEST

/* Every byte at every place among sixteen: each entry of each table is used. */
START_TEST(each_byte_at_each_place)
{
    for (size_t at = 0; at < 16; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t bytes[16] = {0};

            bytes[at] = (uint8_t)byte;
            ck_assert_uint_eq(crc16_x25(wp_slice(bytes, 16)), bitwise(wp_slice(bytes, 16)));
            ck_assert_uint_eq(crc16_modbus(wp_slice(bytes, 16)), bitwise_modbus(wp_slice(bytes, 16)));
        }
    }
}
END_TEST

START_TEST(any_length_and_alignment)
{
    uint8_t bytes[2064];
    struct wp_random random = wp_random(16);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)wp_random_next(&random);
    for (size_t at = 0; at < 16; at++)
        for (size_t n = 0; n <= 2048; n += 1 + n / 64) {
            struct wp_slice in = wp_slice(bytes + at, n);

            ck_assert_uint_eq(crc16_x25(in), bitwise(in));
            ck_assert_uint_eq(crc16_modbus(in), bitwise_modbus(in));
        }
}
END_TEST

START_TEST(pieces_are_the_whole)
{
    struct wp_slice in = wp_text("a frame in pieces, cut anywhere, has the remainder of the whole");

    for (size_t n = 0; n <= in.n; n++) {
        uint16_t crc = crc16_x25_add(CRC16_X25_START, wp_slice(in.p, n));

        ck_assert_uint_eq((uint16_t)~crc, bitwise(wp_slice(in.p, n)));
        crc = crc16_x25_add(crc, wp_slice(in.p + n, in.n - n));
        ck_assert_uint_eq((uint16_t)~crc, bitwise(in));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crc16");
    TCase *t = tcase_create("crc16");
    SRunner *r;
    int failed;

    tcase_add_test(t, check_values);
    tcase_add_test(t, each_byte_at_each_place);
    tcase_add_test(t, any_length_and_alignment);
    tcase_add_test(t, pieces_are_the_whole);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
