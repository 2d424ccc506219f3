/* Texts that come and go: nothing overlaps, nothing is lost, and what is free becomes whole again. */
#include "sim/gateway/text_store.h"

#include "sim/core/bytes.h"
#include "sim/core/random.h"

#include <check.h>
#include <stdlib.h>

static struct text_store store;
static void *memory;

static void make(size_t bytes)
{
    struct wp_carve count = {NULL, 0}, room = {NULL, 0};

    text_store_lay_out(&store, &count, bytes);
    room.p = memory = malloc(count.n);
    ck_assert_ptr_nonnull(memory);
    text_store_lay_out(&store, &room, bytes);
    ck_assert_uint_eq(room.n, count.n);
}

static void teardown(void)
{
    free(memory);
    memory = NULL;
}

START_TEST(a_store_that_is_full_refuses_and_counts)
{
    uint8_t *all, *one;

    make(1024);
    all = text_store_borrow(&store, 1024);
    ck_assert_ptr_nonnull(all);
    ck_assert_ptr_null(text_store_borrow(&store, 1));
    ck_assert_uint_eq(store.refused, 1);
    text_store_return(&store, all, 1024);
    one = text_store_borrow(&store, 1);
    ck_assert_ptr_null(text_store_borrow(&store, 513));
    text_store_return(&store, one, 1);
    ck_assert_uint_eq(store.used, 0);
    ck_assert_ptr_eq(text_store_borrow(&store, 1024), all);
}
END_TEST

START_TEST(halves_that_are_free_become_whole_again)
{
    uint8_t *p[64];

    make(1024);
    for (size_t i = 0; i < 64; i++)
        p[i] = text_store_borrow(&store, 16);
    ck_assert_ptr_null(text_store_borrow(&store, 16));
    for (size_t i = 0; i < 64; i += 2)
        text_store_return(&store, p[i], 16);
    ck_assert_ptr_null(text_store_borrow(&store, 17));
    for (size_t i = 1; i < 64; i += 2)
        text_store_return(&store, p[i], 16);
    ck_assert_ptr_nonnull(text_store_borrow(&store, 1024));
}
END_TEST

/* What is no power of two is used up to its last unit. */
START_TEST(every_size_is_used_whole)
{
    make(16 * 37 + 5);
    for (size_t i = 0; i < 37; i++)
        ck_assert_ptr_nonnull(text_store_borrow(&store, 16));
    ck_assert_ptr_null(text_store_borrow(&store, 1));
}
END_TEST

START_TEST(a_text_that_shrinks_gives_the_rest_to_others)
{
    uint8_t *p;

    make(1024);
    p = text_store_borrow(&store, 1000);
    memset(p, 'x', 1000);
    text_store_shrink(&store, p, 1000, 20);
    ck_assert_uint_eq(store.used, 32);
    ck_assert_ptr_nonnull(text_store_borrow(&store, 512));
    ck_assert_ptr_nonnull(text_store_borrow(&store, 256));
    ck_assert_int_eq(p[19], 'x');
    text_store_shrink(&store, p, 20, 20);
    text_store_return(&store, p, 20);
    ck_assert_uint_eq(store.used, 768);
    ck_assert(text_store_is_same_block(17, 32));
    ck_assert(!text_store_is_same_block(16, 17));
}
END_TEST

static bool is_all(const uint8_t *p, size_t n, uint8_t with)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != with)
            return false;
    return true;
}

/* Against a list of what was lent: each text still holds its own bytes. */
START_TEST(texts_at_random_never_meet)
{
    enum { TEXTS = 200, STEPS = 20000 };
    static struct {
        uint8_t *p;
        size_t n;
        uint8_t with;
    } text[TEXTS];
    struct wp_random random = wp_random(6);

    make(1 << 16);
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = (size_t)wp_random_below(&random, TEXTS);

        ck_assert(!text[i].p || is_all(text[i].p, text[i].n, text[i].with));
        if (text[i].p && wp_random_below(&random, 3) == 0) {
            size_t to = 1 + (size_t)wp_random_below(&random, text[i].n);

            text_store_shrink(&store, text[i].p, text[i].n, to);
            text[i].n = to;
            continue;
        }
        text_store_return(&store, text[i].p, text[i].n);
        text[i].n = 1 + (size_t)wp_random_below(&random, step % 100 == 0 ? 20000 : 500);
        text[i].with = (uint8_t)step;
        text[i].p = text_store_borrow(&store, text[i].n);
        if (text[i].p)
            memset(text[i].p, text[i].with, text[i].n);
    }
    for (size_t i = 0; i < TEXTS; i++)
        text_store_return(&store, text[i].p, text[i].n);
    ck_assert_uint_gt(store.refused, 0);
    ck_assert_uint_eq(store.used, 0);
    ck_assert_ptr_nonnull(text_store_borrow(&store, 1 << 16));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_store");
    TCase *t = tcase_create("text_store");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_store_that_is_full_refuses_and_counts);
    tcase_add_test(t, halves_that_are_free_become_whole_again);
    tcase_add_test(t, every_size_is_used_whole);
    tcase_add_test(t, a_text_that_shrinks_gives_the_rest_to_others);
    tcase_add_test(t, texts_at_random_never_meet);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
