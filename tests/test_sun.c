/* The sun over a roof, and what a house takes. */
#include "sim/device/sun.h"

#include <check.h>
#include <stdlib.h>

/* 2024-06-21 and 2024-12-21, midnight. */
#define SUMMER INT64_C(1718928000000)
#define WINTER INT64_C(1734739200000)

static struct sun roof(void)
{
    return (struct sun){.rise = 360, .set = 1080, .day = INT32_MIN};
}

static int64_t at(struct sun *s, int64_t day, unsigned hour, unsigned minute)
{
    int64_t next;

    return sun_ppm(s, day + (hour * 60 + minute) * SUN_MS_MINUTE, &next);
}

START_TEST(a_day_is_dark_then_half_a_sine_then_dark)
{
    struct sun s = roof();

    ck_assert_int_eq(at(&s, SUMMER, 5, 59), 0);
    ck_assert_int_gt(at(&s, SUMMER, 6, 0), 0);
    ck_assert_int_ge(at(&s, SUMMER, 12, 0), SUN_PPM - 10);
    ck_assert_int_le(llabs(at(&s, SUMMER, 8, 0) - SUN_PPM / 2), 5000); /* sin 30 degrees, and half a minute */
    ck_assert_int_gt(at(&s, SUMMER, 17, 59), 0);
    ck_assert_int_eq(at(&s, SUMMER, 18, 0), 0);
}
END_TEST

/* The moment that it names is the very one at which the value changes. */
START_TEST(it_knows_when_it_changes)
{
    struct sun s = roof();
    int64_t next, now = SUMMER;

    for (unsigned i = 0; i < 2000; i++) {
        const int64_t before = sun_ppm(&s, now, &next);
        int64_t ignored;

        ck_assert_int_gt(next, now);
        ck_assert_int_eq(sun_ppm(&s, next - 1, &ignored), before);
        now = next;
    }
}
END_TEST

START_TEST(the_longest_day_is_in_june)
{
    struct sun s = roof();

    s.season = 120;
    (void)at(&s, SUMMER, 12, 0);
    ck_assert_int_le(abs(s.sunset - s.sunrise - (720 + 120)), 2);
    (void)at(&s, WINTER, 12, 0);
    ck_assert_int_le(abs(s.sunset - s.sunrise - (720 - 120)), 2);
}
END_TEST

START_TEST(clouds_take_their_share_by_the_seed)
{
    struct sun clear = roof(), one = roof(), same = roof(), other = roof();
    int64_t sum = 0, sum_clear = 0, differ = 0;

    one.clouds = same.clouds = other.clouds = 80;
    other.seed = 7;
    for (unsigned minute = 0; minute < 1440; minute++) {
        const int64_t bright = at(&clear, SUMMER, 0, minute), dim = at(&one, SUMMER, 0, minute);

        ck_assert_int_le(dim, bright);
        ck_assert_int_ge(dim, bright / 5 - 1);
        ck_assert_int_eq(at(&same, SUMMER, 0, minute), dim);
        differ += at(&other, SUMMER, 0, minute) != dim;
        sum += dim;
        sum_clear += bright;
    }
    ck_assert_int_gt(differ, 600);
    ck_assert_int_le(llabs(sum * 100 / sum_clear - 60), 10); /* half of 80 % on average */
}
END_TEST

START_TEST(a_house_takes_its_mean_over_the_day)
{
    int64_t sum = 0, next;

    for (unsigned quarter = 0; quarter < 96; quarter++)
        sum += sun_home(SUMMER + quarter * 15 * SUN_MS_MINUTE, &next);
    ck_assert_int_eq(next, SUMMER + SUN_MS_DAY);
    ck_assert_int_le(llabs(sum - 96 * 4000), 96 * 40);
    ck_assert_int_gt(sun_home(SUMMER + 19 * 60 * SUN_MS_MINUTE, &next), 3 * sun_home(SUMMER, &next));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sun");
    TCase *t = tcase_create("sun");
    SRunner *runner;
    int failed;

    tcase_add_test(t, a_day_is_dark_then_half_a_sine_then_dark);
    tcase_add_test(t, it_knows_when_it_changes);
    tcase_add_test(t, the_longest_day_is_in_june);
    tcase_add_test(t, clouds_take_their_share_by_the_seed);
    tcase_add_test(t, a_house_takes_its_mean_over_the_day);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
