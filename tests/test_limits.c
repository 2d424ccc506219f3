/* Connections and attempts per address: exactly as many as allowed, for exactly as long. */
#include "sim/gateway/limits.h"

#include <check.h>
#include <stdlib.h>

enum { CAP = 8 };

static struct limits l;
static void *memory;

static void setup(void)
{
    static const struct limits_rules rules = {
        .connections = 10, .attempts = 20, .window = WP_SEC(60), .block = WP_SEC(300)};
    struct wp_carve count = {NULL, 0}, room;

    limits_lay_out(&l, &count, &rules, CAP);
    memory = malloc(count.n);
    room = (struct wp_carve){memory, 0};
    limits_lay_out(&l, &room, &rules, CAP);
}

static void teardown(void)
{
    free(memory);
}

/* IVY-B40. */
START_TEST(the_11th_connection_is_refused_and_blocks_the_address)
{
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(limits_enter(&l, 1, i), LIMITS_WELCOME);
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(1)), LIMITS_TOO_MANY);
    limits_leave(&l, 1);
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(301) - 1), LIMITS_BLOCKED);
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(301)), LIMITS_WELCOME);
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(302)), LIMITS_TOO_MANY);
    ck_assert_int_eq(limits_enter(&l, 2, WP_SEC(302)), LIMITS_WELCOME);
}
END_TEST

START_TEST(the_21st_attempt_within_a_minute_is_refused)
{
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(i)), LIMITS_WELCOME);
        limits_leave(&l, 1);
    }
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(60) - 1), LIMITS_TOO_OFTEN);
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(200)), LIMITS_BLOCKED);
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(360)), LIMITS_WELCOME);
}
END_TEST

/* The window slides: it is not a minute by the clock. */
START_TEST(twenty_attempts_a_minute_go_on_for_ever)
{
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(3) * i), LIMITS_WELCOME);
        limits_leave(&l, 1);
    }
    ck_assert_int_eq(limits_enter(&l, 1, WP_SEC(2999)), LIMITS_TOO_OFTEN);
}
END_TEST

START_TEST(the_quietest_address_is_forgotten_first)
{
    for (uint32_t ip = 1; ip <= CAP; ip++)
        ck_assert_int_eq(limits_enter(&l, ip, ip), LIMITS_WELCOME);
    limits_leave(&l, 5);
    limits_leave(&l, 3);
    ck_assert_int_eq(limits_enter(&l, 100, 50), LIMITS_WELCOME);
    ck_assert_ptr_null(wp_map_find(&l.by_ip, wp_slice(&(uint32_t){5}, 4)));
    ck_assert_ptr_nonnull(wp_map_find(&l.by_ip, wp_slice(&(uint32_t){3}, 4)));
    limits_leave(&l, 100);
    ck_assert_int_eq(limits_enter(&l, 100, 51), LIMITS_WELCOME);
    ck_assert_ptr_nonnull(wp_map_find(&l.by_ip, wp_slice(&(uint32_t){3}, 4)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *tc = tcase_create("limits");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_11th_connection_is_refused_and_blocks_the_address);
    tcase_add_test(tc, the_21st_attempt_within_a_minute_is_refused);
    tcase_add_test(tc, twenty_attempts_a_minute_go_on_for_ever);
    tcase_add_test(tc, the_quietest_address_is_forgotten_first);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
