/* Doubles as text: curated ones, and many random ones, whose two ways to the digits and printf's must agree.
 * covers: real_long */
#include "sim/core/real.h"

#include "sim/core/random.h"
#include "sim/core/value.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *printed(double real)
{
    static char text[WP_REAL_TEXT_MAX + 1];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_real(&w, real);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

/* The forms, and their borders. source: protocols/victron-dbus-and-vrm b.2; the digits are those of CPython's repr() */
START_TEST(each_form_begins_and_ends_where_it_should)
{
    static const struct {
        double real;
        const char *text;
    } row[] = {
        {936, "936.0"},
        {100, "100.0"},
        {1500, "1500.0"},
        {0, "0.0"},
        {-0.0, "-0.0"},
        {-200, "-200.0"},
        {0.5, "0.5"},
        {0.1 + 0.2, "0.30000000000000004"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00009999, "9.999e-05"},
        {1e-5, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e14, "100000000000000.0"},
        {999999999999999, "999999999999999.0"},
        {123456789012345.6, "123456789012345.6"},
        {1e15, "1e+15"},
        {1234567890123456, "1.234567890123456e+15"},
        {9007199254740991, "9.007199254740991e+15"},
        {9007199254740992, "9.007199254740992e+15"},
        {1e16, "1e+16"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {5e-324, "5e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {-DBL_MAX, "-1.7976931348623157e+308"},
        {DBL_EPSILON, "2.220446049250313e-16"},
        {20.43000030517578125, "20.43000030517578"},
        {56.970001220703125, "56.970001220703125"},
        {50.02000045776367, "50.02000045776367"},
        {245.31500760067635, "245.31500760067635"},
        {1249.5731965806763, "1249.5731965806763"},
        {12239.9, "12239.9"},
        {0.002930032968521118, "0.002930032968521118"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(printed(row[i].real), row[i].text);
    ck_assert_str_eq(printed((double)NAN), "NaN");
    ck_assert_str_eq(printed((double)INFINITY), "Infinity");
    ck_assert_str_eq(printed(-(double)INFINITY), "-Infinity");
}
END_TEST

/* 2^-24 is 5.9604644775390625e-08: two texts of 16 digits are as near, and both read back. */
START_TEST(of_two_as_near_the_one_away_from_zero)
{
    ck_assert_str_eq(printed(0x1p-24), "5.960464477539063e-08");
    ck_assert_str_eq(printed(-0x1p-24), "-5.960464477539063e-08");
}
END_TEST

static struct wp_slice digits(const struct wp_real_digits *d)
{
    return wp_slice(d->at, (size_t)d->n);
}

/* Both ways say the same; it reads back; what printf makes with one digit less does not. */
static void check(double real)
{
    struct wp_real_digits quick, slow;
    char text[64];

    wp_real_digits(real, &quick);
    wp_real_digits_long(real, &slow);
    ck_assert_msg(quick.power == slow.power && wp_slice_eq(digits(&quick), digits(&slow)), "%a", real);
    ck_assert_msg(strtod(printed(real), NULL) == real, "%a: %s", real, printed(real));
    if (quick.n > 1) {
        snprintf(text, sizeof text, "%.*e", quick.n - 2, real);
        ck_assert_msg(strtod(text, NULL) != real, "%a: %s would do", real, text);
    }
}

/* The next double below a power of two is nearer than the one above: 9.007199254740991e+15 is not 2^53. */
START_TEST(powers_of_two_and_of_ten_read_back_with_their_neighbours)
{
    for (int e = -1074; e <= 1023; e += e > -30 && e < 60 ? 1 : 7)
        for (int side = -1; side <= 1; side++) {
            const double real = ldexp(1, e), at = side == 0 ? real : nextafter(real, side * (double)INFINITY);

            if (at > 0)
                check(at);
        }
    for (int e = -323; e <= 308; e++) {
        char text[16];

        snprintf(text, sizeof text, "1e%+03d", e);
        if (e < -4 || e >= 15)
            ck_assert_str_eq(printed(strtod(text, NULL)), text);
        else
            ck_assert_uint_eq(strlen(printed(strtod(text, NULL))), (size_t)(e >= 0 ? e + 3 : 2 - e));
    }
}
END_TEST

static double of_bits(uint64_t bits)
{
    double real;

    memcpy(&real, &bits, sizeof real);
    return real;
}

START_TEST(random_doubles_are_as_short_as_can_be)
{
    struct wp_random r = wp_random(20);

    for (int i = 0; i < 1500; i++) {
        const double any = fabs(of_bits(wp_random_next(&r)));
        const double usual = (double)wp_random_below(&r, 100000000) / 1000;
        const double tiny = of_bits(wp_random_below(&r, UINT64_C(1) << 54));
        const double single = (double)((float)wp_random_below(&r, 1u << 30) / (float)(1u << i % 31));
        const double power = (double)(i % 21);
        const double near = pow(10, power - 5) * (1 + ((double)(i % 9) - 4) * DBL_EPSILON);

        if (isfinite(any) && any > 0)
            check(any);
        check(usual > 0 ? usual : 1);
        check(tiny > 0 ? tiny : 1);
        check(single > 0 ? single : 1);
        check(near);
    }
}
END_TEST

/* Fewer digits than 16 say which double is meant: what was written with them is written so again. */
START_TEST(short_decimals_come_out_as_they_went_in)
{
    struct wp_random r = wp_random(7);

    for (int i = 0; i < 1500; i++) {
        char text[32], *dot;

        snprintf(text, sizeof text, "%.*f", 1 + i % 6,
                 (double)wp_random_between(&r, -999999999, 999999999) / 1000);
        dot = strchr(text, '.');
        for (char *last = text + strlen(text) - 1; last > dot + 1 && *last == '0'; last--)
            *last = 0;
        if (fabs(strtod(text, NULL)) >= 0.0001)
            ck_assert_str_eq(printed(strtod(text, NULL)), text);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("real");
    TCase *t = tcase_create("text");
    SRunner *runner;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, each_form_begins_and_ends_where_it_should);
    tcase_add_test(t, of_two_as_near_the_one_away_from_zero);
    tcase_add_test(t, powers_of_two_and_of_ten_read_back_with_their_neighbours);
    tcase_add_test(t, random_doubles_are_as_short_as_can_be);
    tcase_add_test(t, short_decimals_come_out_as_they_went_in);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
