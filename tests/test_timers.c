/* Many deadlines, earliest first. */
#include "sim/core/random.h"
#include "sim/core/timers.h"

#include <check.h>
#include <stdlib.h>

static struct wp_timers timers;
static struct wp_timer timer[8];

static void setup(void)
{
    wp_timers_init(&timers);
    memset(timer, 0, sizeof timer);
}

/* The numbers of the timers in the order in which they come, as text: "2 0 1". */
static const char *order(wp_us until)
{
    static char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct wp_timer *due;

    while ((due = wp_timers_pop(&timers, until))) {
        if (w.n > 0)
            wp_put_char(&w, ' ');
        wp_put_uint(&w, (uint64_t)(due - timer));
    }
    return wp_put_end(&w);
}

START_TEST(the_earliest_comes_first)
{
    wp_timers_set(&timers, &timer[0], WP_SEC(60));
    wp_timers_set(&timers, &timer[1], 3);
    wp_timers_set(&timers, &timer[2], WP_SEC(86400) * 400);
    wp_timers_set(&timers, &timer[3], 0);
    ck_assert_int_eq(wp_timers_earliest(&timers), 0);
    ck_assert_str_eq(order(WP_NEVER), "3 1 0 2");
    ck_assert_int_eq(wp_timers_earliest(&timers), WP_NEVER);
}
END_TEST

START_TEST(those_of_one_time_come_in_the_order_of_setting)
{
    wp_timers_set(&timers, &timer[0], 5000);
    wp_timers_set(&timers, &timer[1], 5000);
    wp_timers_set(&timers, &timer[2], 4999);
    wp_timers_set(&timers, &timer[3], 5000);
    wp_timers_set(&timers, &timer[0], 5000); /* again: behind the others */
    ck_assert_str_eq(order(4999), "2");
    wp_timers_set(&timers, &timer[4], 5000); /* set when the wheel has moved on, still behind */
    ck_assert_str_eq(order(5000), "1 3 0 4");
}
END_TEST

START_TEST(nothing_comes_before_its_time)
{
    wp_timers_set(&timers, &timer[0], 100);
    ck_assert_ptr_null(wp_timers_pop(&timers, 99));
    ck_assert_ptr_eq(wp_timers_pop(&timers, 100), &timer[0]);
    ck_assert(!wp_timer_is_set(&timer[0]));
}
END_TEST

START_TEST(a_cleared_timer_never_comes)
{
    wp_timers_set(&timers, &timer[0], 1000);
    wp_timers_set(&timers, &timer[1], 1001);
    wp_timers_clear(&timers, &timer[0]);
    wp_timers_clear(&timers, &timer[0]);
    ck_assert_int_eq(wp_timers_earliest(&timers), 1001);
    wp_timers_set(&timers, &timer[1], WP_NEVER);
    ck_assert_int_eq(wp_timers_earliest(&timers), WP_NEVER);
    ck_assert_uint_eq(timers.count, 0);
}
END_TEST

/* The earliest of a crowded slot goes, so the wheel looks ahead; then comes one earlier than where it looks. */
START_TEST(an_earlier_timer_finds_its_place_behind_the_wheel)
{
    wp_timers_set(&timers, &timer[0], WP_SEC(60));
    wp_timers_set(&timers, &timer[1], WP_SEC(60) + 1);
    wp_timers_set(&timers, &timer[2], WP_SEC(61));
    wp_timers_set(&timers, &timer[3], WP_SEC(60) + 1);
    wp_timers_clear(&timers, &timer[0]);
    wp_timers_set(&timers, &timer[4], 7);
    wp_timers_set(&timers, &timer[5], WP_SEC(60) + 1);
    ck_assert_int_eq(wp_timers_earliest(&timers), 7);
    ck_assert_str_eq(order(WP_NEVER), "4 1 3 5 2");
}
END_TEST

/* Random sets, moves, clears and pops beside a list that is searched from end to end. */
enum { MANY = 300 };

static struct model {
    wp_us at;
    uint64_t seq;
    bool is_set;
} model[MANY];

static int model_first(void)
{
    int first = -1;

    for (int i = 0; i < MANY; i++)
        if (model[i].is_set && (first < 0 || model[i].at < model[first].at ||
                                (model[i].at == model[first].at && model[i].seq < model[first].seq)))
            first = i;
    return first;
}

static wp_us some_time(struct wp_random *r, wp_us now)
{
    static const wp_us ahead[] = {1, 2, 64, 5000, 1000000, 60000000, 86400000000};

    return now + (wp_us)wp_random_below(r, (uint64_t)ahead[wp_random_below(r, 7)]);
}

START_TEST(random_use_agrees_with_a_plain_list)
{
    static struct wp_timer many[MANY];
    struct wp_random r = wp_random((uint64_t)_i);
    wp_us now = 0;
    uint64_t seq = 0;

    memset(many, 0, sizeof many);
    memset(model, 0, sizeof model);
    for (int step = 0; step < 20000; step++) {
        size_t i = wp_random_below(&r, MANY);
        int first = model_first();

        ck_assert_int_eq(wp_timers_earliest(&timers), first < 0 ? WP_NEVER : model[first].at);
        if (wp_random_below(&r, 100) < 40) {
            model[i] = (struct model){some_time(&r, now), ++seq, true};
            wp_timers_set(&timers, &many[i], model[i].at);
        } else if (wp_random_below(&r, 100) < 30) {
            wp_timers_clear(&timers, &many[first >= 0 && step % 2 ? (size_t)first : i]);
            model[first >= 0 && step % 2 ? (size_t)first : i].is_set = false;
        } else if (first >= 0) {
            ck_assert_ptr_null(wp_timers_pop(&timers, model[first].at - 1));
            ck_assert_ptr_eq(wp_timers_pop(&timers, model[first].at), &many[first]);
            model[first].is_set = false;
            now = model[first].at;
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("timers");
    TCase *t = tcase_create("timers");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, the_earliest_comes_first);
    tcase_add_test(t, those_of_one_time_come_in_the_order_of_setting);
    tcase_add_test(t, nothing_comes_before_its_time);
    tcase_add_test(t, a_cleared_timer_never_comes);
    tcase_add_test(t, an_earlier_timer_finds_its_place_behind_the_wheel);
    tcase_add_loop_test(t, random_use_agrees_with_a_plain_list, 0, 10);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
