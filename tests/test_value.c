/* Exact decimals: read, compare, print. */
#include "sim/core/value.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *printed(struct wp_value v)
{
    static char text[512];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, v);
    return wp_put_end(&w);
}

static struct wp_value number(const char *text)
{
    struct wp_value v;

    ck_assert_msg(wp_number_read(wp_text(text), &v), "%s is a number", text);
    return v;
}

/* What a meter scales with integers is printed without a binary trace. */
START_TEST(decimals_print_exactly)
{
    ck_assert_str_eq(printed(wp_decimal(2301, -1)), "230.1");
    ck_assert_str_eq(printed(wp_decimal(1050, -1)), "105.0");
    ck_assert_str_eq(printed(wp_decimal(-5, -3)), "-0.005");
    ck_assert_str_eq(printed(wp_decimal(7, 2)), "700");
    ck_assert_str_eq(printed(wp_int(INT64_MIN)), "-9223372036854775808");
    ck_assert_str_eq(printed(wp_uint(UINT64_MAX)), "18446744073709551615");
}
END_TEST

/* Quotient and remainder of every power of ten, with numbers of every length. */
START_TEST(the_point_stands_where_the_exponent_says)
{
    uint64_t power = 1;

    for (int places = 1; places <= 18; places++) {
        power *= 10;
        for (int64_t num = 1; num > 0 && num < INT64_MAX / 7; num = num * 7 + places) {
            char expected[64];

            snprintf(expected, sizeof expected, "-%" PRIu64 ".%0*" PRIu64, (uint64_t)num / power, places,
                     (uint64_t)num % power);
            ck_assert_str_eq(printed(wp_decimal(num, -places)), expected + 1);
            ck_assert_str_eq(printed(wp_decimal(-num, -places)), expected);
        }
    }
    ck_assert_str_eq(printed(wp_decimal(0, -1)), "0.0");
    ck_assert_str_eq(printed(wp_decimal(0, -3)), "0.000");
    ck_assert_str_eq(printed(wp_decimal(INT64_MIN, -19)), "-0.9223372036854775808");
}
END_TEST

/* Into any room: all of it, or full and nothing behind the end. */
START_TEST(a_decimal_never_leaves_its_room)
{
    static const struct wp_value value[] = {
        {.kind = WP_DECIMAL, .exp10 = -1, .num = 494}, {.kind = WP_DECIMAL, .exp10 = -5, .num = -12},
        {.kind = WP_DECIMAL, .exp10 = 3, .num = 7},    {.kind = WP_DECIMAL, .exp10 = -2, .num = 0},
        {.kind = WP_DECIMAL, .exp10 = -300, .num = 1},
    };

    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        size_t n = strlen(printed(value[i]));

        for (size_t cap = 1; cap <= n + 1; cap++) {
            uint8_t *room = (uint8_t *)malloc(cap);
            struct wp_writer w = wp_writer(room, cap);

            wp_put_value(&w, value[i]);
            ck_assert_int_eq(w.full, cap < n);
            ck_assert_uint_le(w.n, cap);
            free(room);
        }
    }
}
END_TEST

START_TEST(doubles_print_as_short_as_they_read_back)
{
    ck_assert_str_eq(printed(wp_real(20.43000030517578)), "20.43000030517578");
    ck_assert_str_eq(printed(wp_real(0.1)), "0.1");
    ck_assert_str_eq(printed(wp_real(3)), "3.0");
    ck_assert_str_eq(printed(wp_real(-0.0)), "-0.0");
}
END_TEST

/* All whole numbers of 64 bits are read exactly, of either sign; what is beyond is a double. */
START_TEST(sixty_four_bits_are_exact)
{
    static const struct {
        const char *text;
        enum wp_kind kind;
    } row[] = {
        {"-9223372036854775808", WP_DECIMAL}, {"-1000000000000000001", WP_DECIMAL},
        {"9223372036854775807", WP_DECIMAL},  {"9223372036854775808", WP_UINT},
        {"18446744073709551615", WP_UINT},    {"-9223372036854775809", WP_REAL},
        {"-10000000000000000000", WP_REAL},   {"18446744073709551616", WP_REAL},
        {"99999999999999999999", WP_REAL},    {"-1000000000000000000000", WP_REAL},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_int_eq(number(row[i].text).kind, row[i].kind);
        if (row[i].kind != WP_REAL)
            ck_assert_str_eq(printed(number(row[i].text)), row[i].text);
    }
}
END_TEST

START_TEST(numbers_compare_by_value)
{
    static const struct {
        const char *a, *b;
        int cmp;
    } row[] = {
        {"1", "1.0", 0},
        {"105.0", "1050e-1", 0},
        {"12345.67", "12345.670000000001", -1},
        {"-0.997", "0.997", -1},
        {"1e400", "0", 1},
        {"9007199254740993", "9007199254740992", 1},
        {"18446744073709551615", "9223372036854775807", 1},
        {"1e-30", "0", 1},
        {"100000000000000000000", "1e20", 0},
        {"5e17", "499999999999999999", 1},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct wp_value a, b = number(row[i].b);

        if (!wp_number_read(wp_text(row[i].a), &a))
            continue;
        ck_assert_msg(wp_number_cmp(a, b) == row[i].cmp, "%s against %s", row[i].a, row[i].b);
        ck_assert_msg(wp_number_cmp(b, a) == -row[i].cmp, "%s against %s", row[i].b, row[i].a);
    }
}
END_TEST

START_TEST(what_json_forbids_is_no_number)
{
    static const char *const bad[] = {"",   "-",   "01",   "1.", ".5",  "+1",
                                      "1e", "1e+", "0x10", "1 ", "NaN", "--1"};
    struct wp_value v;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!wp_number_read(wp_text(bad[i]), &v), "'%s' was read", bad[i]);
}
END_TEST

START_TEST(a_decimal_is_scaled_only_without_loss)
{
    int64_t num;

    ck_assert(wp_decimal_at(wp_decimal(1234567, -2), 2, &num) && num == 1234567);
    ck_assert(wp_decimal_at(wp_int(5), 4, &num) && num == 50000);
    ck_assert(wp_decimal_at(wp_decimal(50, -1), 0, &num) && num == 5);
    ck_assert(!wp_decimal_at(wp_decimal(51, -1), 0, &num));
    ck_assert(!wp_decimal_at(wp_int(INT64_MAX), 1, &num));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("value");
    TCase *t = tcase_create("value");
    SRunner *r;
    int failed;

    tcase_add_test(t, decimals_print_exactly);
    tcase_add_test(t, the_point_stands_where_the_exponent_says);
    tcase_add_test(t, a_decimal_never_leaves_its_room);
    tcase_add_test(t, doubles_print_as_short_as_they_read_back);
    tcase_add_test(t, sixty_four_bits_are_exact);
    tcase_add_test(t, numbers_compare_by_value);
    tcase_add_test(t, what_json_forbids_is_no_number);
    tcase_add_test(t, a_decimal_is_scaled_only_without_loss);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
