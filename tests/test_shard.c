/* A run in parts: every scenario in exactly one, about the same time in each, the same parts every time. */
#include "harness/shard.h"

#include <check.h>

enum { N = 137 };

static int64_t cost[N];
static size_t shard[N], again[N];

/* One that takes a quarter of everything, some long ones, many short ones. */
static void setup(void)
{
    for (size_t i = 0; i < N; i++)
        cost[i] = 1000 + (int64_t)(i * 7919 % 400);
    cost[5] = 60000;
    cost[77] = 20000;
}

START_TEST(every_scenario_is_in_exactly_one_part)
{
    for (size_t of = 1; of <= N + 3; of++) {
        shard_assign(cost, N, of, shard);
        for (size_t i = 0; i < N; i++) {
            ck_assert_uint_ge(shard[i], 1);
            ck_assert_uint_le(shard[i], of);
        }
    }
}
END_TEST

START_TEST(parts_take_about_the_same_time)
{
    int64_t load[4] = {0}, sum = 0;

    shard_assign(cost, N, 4, shard);
    for (size_t i = 0; i < N; i++) {
        load[shard[i] - 1] += cost[i];
        sum += cost[i];
    }
    for (size_t s = 0; s < 4; s++) {
        ck_assert_int_le(load[s], sum / 4 + sum / 25);
        ck_assert_int_ge(load[s], sum / 4 - sum / 25);
    }
}
END_TEST

START_TEST(the_same_costs_give_the_same_parts)
{
    shard_assign(cost, N, 3, shard);
    shard_assign(cost, N, 3, again);
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(shard[i], again[i]);
}
END_TEST

/* Equal costs are dealt out in their order, however qsort likes them. */
START_TEST(equal_costs_go_round)
{
    for (size_t i = 0; i < N; i++)
        cost[i] = 1000;
    shard_assign(cost, N, 3, shard);
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(shard[i], i % 3 + 1);
}
END_TEST

START_TEST(nothing_is_divided_too)
{
    shard_assign(cost, 0, 2, shard);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shard");
    TCase *t = tcase_create("shard");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, every_scenario_is_in_exactly_one_part);
    tcase_add_test(t, parts_take_about_the_same_time);
    tcase_add_test(t, the_same_costs_give_the_same_parts);
    tcase_add_test(t, equal_costs_go_round);
    tcase_add_test(t, nothing_is_divided_too);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
