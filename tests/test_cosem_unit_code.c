/* COSEM units and exact scaling. */
#include "sim/codec/cosem_unit_code.h"

#include <check.h>

static const char *unit(uint8_t code)
{
    static char text[COSEM_UNIT_TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    cosem_unit_put(&w, code);
    return wp_put_end(&w);
}

static const char *scaled(struct wp_value value, int scaler)
{
    static char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, cosem_scale(value, scaler));
    return wp_put_end(&w);
}

START_TEST(codes_have_their_units)
{
    ck_assert_str_eq(unit(27), "W");
    ck_assert_str_eq(unit(30), "Wh");
    ck_assert_str_eq(unit(32), "varh");
    ck_assert_str_eq(unit(35), "V");
    ck_assert_str_eq(unit(13), "m³");
    ck_assert_str_eq(unit(39), "Ω·m²/m");
    ck_assert_str_eq(unit(71), "dBµV");
    ck_assert_str_eq(unit(174), "Btu/d");
    ck_assert_str_eq(unit(255), "");
}
END_TEST

START_TEST(gaps_of_the_table_are_said_by_number)
{
    ck_assert_str_eq(unit(0), "unit(0)");
    ck_assert_str_eq(unit(58), "unit(58)");
    ck_assert_str_eq(unit(127), "unit(127)");
    ck_assert_str_eq(unit(252), "unit(252)");
    ck_assert_ptr_null(cosem_unit_text(175));
}
END_TEST

START_TEST(every_unit_is_found_by_its_text)
{
    unsigned n = 0;

    for (unsigned code = 0; code < 256; code++) {
        uint8_t found;

        if (!cosem_unit_text((uint8_t)code))
            continue;
        ck_assert(cosem_unit_find(wp_text(cosem_unit_text((uint8_t)code)), &found));
        ck_assert_str_eq(cosem_unit_text(found), cosem_unit_text((uint8_t)code));
        ck_assert_uint_le(found, code);
        n++;
    }
    ck_assert_uint_eq(n, 118);
    ck_assert(!cosem_unit_find(wp_text("kWh"), &(uint8_t){0}));
}
END_TEST

START_TEST(scaling_is_exact)
{
    ck_assert_str_eq(scaled(wp_int(2330), -1), "233.0");
    ck_assert_str_eq(scaled(wp_int(-5), -3), "-0.005");
    ck_assert_str_eq(scaled(wp_int(7), 3), "7000");
    ck_assert_str_eq(scaled(wp_int(INT64_MIN), -12), "-9223372.036854775808");
    ck_assert_str_eq(scaled(wp_int(0), -2), "0.00");
    ck_assert_str_eq(scaled(wp_real(1.5), -1), "0.15");
    ck_assert_str_eq(scaled(wp_uint(18446744073709551610u), -1), "1844674407370955161");
    ck_assert_int_eq(cosem_scale(wp_uint(UINT64_MAX), -1).kind, WP_REAL);
    ck_assert_str_eq(scaled(wp_uint(UINT64_MAX), 0), "18446744073709551615");
}
END_TEST

START_TEST(a_scaler_that_cannot_be_is_ignored)
{
    ck_assert_str_eq(scaled(wp_int(230), -13), "230");
    ck_assert_str_eq(scaled(wp_int(230), 13), "230");
    ck_assert_str_eq(scaled(wp_int(230), 127), "230");
    ck_assert_str_eq(scaled(wp_int(230), -128), "230");
    ck_assert_str_eq(scaled(wp_int(230), -12), "0.000000000230");
    ck_assert_str_eq(scaled(wp_text_value(wp_text("abc")), -1), "abc");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_unit_code");
    TCase *t = tcase_create("cosem_unit_code");
    SRunner *r;
    int failed;

    tcase_add_test(t, codes_have_their_units);
    tcase_add_test(t, gaps_of_the_table_are_said_by_number);
    tcase_add_test(t, every_unit_is_found_by_its_text);
    tcase_add_test(t, scaling_is_exact);
    tcase_add_test(t, a_scaler_that_cannot_be_is_ignored);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
