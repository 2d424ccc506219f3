/* Keys to pointers in fixed memory, cells from one block, random numbers from a seed. covers: pool, random */
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/core/random.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct wp_map map;
static void *memory;
static char key[1000][8]; /* a value is a pointer to its key */

static void setup(void)
{
    memory = malloc(wp_map_size(100));
    wp_map_init(&map, memory, 100);
    for (int i = 0; i < 1000; i++)
        snprintf(key[i], sizeof key[i], "m%d", i);
}

static void teardown(void)
{
    free(memory);
}

static bool add(int i)
{
    return wp_map_add(&map, wp_text(key[i]), key[i]);
}

START_TEST(what_was_added_is_found_until_it_is_removed)
{
    ck_assert(add(1));
    ck_assert(add(2));
    ck_assert_ptr_eq(wp_map_find(&map, wp_text("m1")), key[1]);
    ck_assert_ptr_null(wp_map_find(&map, wp_text("m")));
    ck_assert_ptr_eq(wp_map_remove(&map, wp_text("m1")), key[1]);
    ck_assert_ptr_null(wp_map_find(&map, wp_text("m1")));
    ck_assert_ptr_null(wp_map_remove(&map, wp_text("m1")));
    ck_assert_ptr_eq(wp_map_find(&map, wp_text("m2")), key[2]);
}
END_TEST

START_TEST(a_full_map_refuses_and_counts)
{
    for (int i = 0; i < 100; i++)
        ck_assert(add(i));
    ck_assert(!add(100));
    ck_assert(!add(101));
    ck_assert_uint_eq(map.refused, 2);
    wp_map_remove(&map, wp_text("m7"));
    ck_assert(add(100));
}
END_TEST

START_TEST(entries_are_walked_in_the_order_of_adding)
{
    char text[64] = "";

    for (int i = 0; i < 6; i++)
        add(i * 37 % 10);
    wp_map_remove(&map, wp_text(key[7])); /* the second: the last one takes its place */
    for (uint32_t i = 0; i < map.n; i++)
        strcat(strcat(text, map.entry[i].value), " ");
    ck_assert_str_eq(text, "m0 m5 m4 m1 m8 ");
}
END_TEST

START_TEST(random_use_agrees_with_a_plain_table)
{
    struct wp_random r = wp_random((uint64_t)_i);
    bool there[1000] = {false};
    uint32_t n = 0;

    for (int step = 0; step < 20000; step++) {
        int i = (int)wp_random_below(&r, step % 2000 < 1000 ? 110 : 1000);

        ck_assert_ptr_eq(wp_map_find(&map, wp_text(key[i])), there[i] ? key[i] : NULL);
        if (there[i]) {
            ck_assert_ptr_eq(wp_map_remove(&map, wp_text(key[i])), key[i]);
            there[i] = false;
            n--;
        } else if (add(i)) {
            there[i] = true;
            n++;
        }
        ck_assert_uint_eq(map.n, n);
    }
}
END_TEST

START_TEST(a_cell_comes_zeroed_and_goes_back)
{
    struct wp_pool pool;
    void *block = malloc(wp_pool_size(20, 2));
    uint8_t *a, *b;

    wp_pool_init(&pool, block, 20, 2);
    a = wp_pool_borrow(&pool);
    memset(a, 0xFF, 20);
    b = wp_pool_borrow(&pool);
    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_null(wp_pool_borrow(&pool));
    ck_assert_uint_eq(pool.refused, 1);
    wp_pool_return(&pool, a);
    wp_pool_return(&pool, NULL);
    ck_assert_ptr_eq(wp_pool_borrow(&pool), a);
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(a[i], 0);
    ck_assert_uint_eq(pool.low, 0);
    free(block);
}
END_TEST

/* A cell that came back before one that nobody had: what a big pool holds ready is not touched until it is needed. */
START_TEST(cells_are_lent_in_order_and_those_that_came_back_first)
{
    enum { CELLS = 8, SIZE = 32 };
    struct wp_pool pool;
    uint8_t *block = malloc(wp_pool_size(SIZE, CELLS));

    memset(block, 0xAA, wp_pool_size(SIZE, CELLS));
    wp_pool_init(&pool, block, SIZE, CELLS);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(wp_pool_borrow(&pool), block + i * SIZE);
    ck_assert_uint_eq(block[3 * SIZE], 0xAA);
    wp_pool_return(&pool, block);
    wp_pool_return(&pool, block + SIZE);
    ck_assert_ptr_eq(wp_pool_borrow(&pool), block + SIZE);
    ck_assert_ptr_eq(wp_pool_borrow(&pool), block);
    ck_assert_ptr_eq(wp_pool_borrow(&pool), block + 3 * SIZE);
    ck_assert_uint_eq(pool.n_free, CELLS - 4);
    free(block);
}
END_TEST

/* The state is what splitmix64's published sequence for this seed begins with; the numbers that xoshiro256** makes of
 * it were computed with an implementation in Python. */
START_TEST(numbers_follow_from_the_seed)
{
    struct wp_random a = wp_random(1234567), b = wp_random(1234567), c = wp_random(1234568);

    ck_assert_uint_eq(a.s[0], 6457827717110365317u);
    ck_assert_uint_eq(a.s[1], 3203168211198807973u);
    ck_assert_uint_eq(a.s[3], 4593380528125082431u);
    ck_assert_uint_eq(wp_random_next(&b), 3504822795582309479u);
    ck_assert_uint_eq(wp_random_next(&b), 1819558768956484042u);
    ck_assert_uint_eq(wp_random_next(&b), 1250851346055027673u);
    ck_assert_uint_ne(wp_random_next(&a), wp_random_next(&c));
    ck_assert_uint_ne(wp_random_seed(1, wp_text("m1")), wp_random_seed(1, wp_text("m2")));
    ck_assert_uint_ne(wp_random_seed(1, wp_text("m1")), wp_random_seed(2, wp_text("m1")));
}
END_TEST

START_TEST(numbers_stay_within_their_bounds)
{
    struct wp_random r = wp_random(7);
    int seen[3] = {0};

    for (int i = 0; i < 3000; i++) {
        int64_t v = wp_random_between(&r, -1, 1);

        ck_assert_int_ge(v, -1);
        ck_assert_int_le(v, 1);
        seen[v + 1]++;
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(seen[i], 900);
    ck_assert_int_eq(wp_random_between(&r, 5, 5), 5);
    ck_assert_uint_eq(wp_random_below(&r, 0), 0);
    ck_assert_uint_eq(wp_random_below(&r, 1), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("map");
    TCase *t = tcase_create("map");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_added_is_found_until_it_is_removed);
    tcase_add_test(t, a_full_map_refuses_and_counts);
    tcase_add_test(t, entries_are_walked_in_the_order_of_adding);
    tcase_add_loop_test(t, random_use_agrees_with_a_plain_table, 0, 5);
    tcase_add_test(t, a_cell_comes_zeroed_and_goes_back);
    tcase_add_test(t, cells_are_lent_in_order_and_those_that_came_back_first);
    tcase_add_test(t, numbers_follow_from_the_seed);
    tcase_add_test(t, numbers_stay_within_their_bounds);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
