/* Timer wheel beside a 4-ary and a binary heap with the same exact order (time, then sequence): pop the earliest of
 * n timers, set it anew. The three take turns; medians are printed. */
#include "sim/core/random.h"
#include "sim/core/timers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS = 2000000, ROUNDS = 5, AHEAD = 65536 };

struct heap_entry {
    wp_us at;
    uint64_t seq;
    uint32_t id;
};

struct heap {
    size_t arity, n;
    uint64_t seq;
    struct heap_entry *entry;
};

static bool is_before(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static void heap_up(struct heap *h, size_t i, struct heap_entry e)
{
    for (; i > 0 && is_before(&e, &h->entry[(i - 1) / h->arity]); i = (i - 1) / h->arity)
        h->entry[i] = h->entry[(i - 1) / h->arity];
    h->entry[i] = e;
}

static void heap_down(struct heap *h, size_t i, struct heap_entry e)
{
    for (size_t least;; i = least) {
        size_t child = i * h->arity + 1, end = child + h->arity < h->n ? child + h->arity : h->n;

        if (child >= h->n)
            break;
        for (least = child++; child < end; child++)
            if (is_before(&h->entry[child], &h->entry[least]))
                least = child;
        if (!is_before(&h->entry[least], &e))
            break;
        h->entry[i] = h->entry[least];
    }
    h->entry[i] = e;
}

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* How far ahead each next timer lies. `mixed` is what a gateway sets: replies within 20 ms, polls within 60 s. */
static void fill_ahead(wp_us *ahead, bool mixed)
{
    struct wp_random r = wp_random(1);

    for (size_t i = 0; i < AHEAD; i++)
        ahead[i] = 1 + (wp_us)wp_random_below(&r, mixed && i % 2 ? 20000 : 60000000);
}

static double run_heap(const wp_us *ahead, size_t n, size_t arity, uint64_t *ret_sum)
{
    struct heap h = {.arity = arity, .entry = malloc(n * sizeof(struct heap_entry))};
    double start;

    assert(h.entry);
    for (size_t i = 0; i < n; i++, h.n++)
        heap_up(&h, i, (struct heap_entry){ahead[i % AHEAD], h.seq++, (uint32_t)i});
    start = seconds();
    *ret_sum = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        struct heap_entry e = h.entry[0];

        *ret_sum = *ret_sum * 31 + e.id;
        e.at += ahead[i % AHEAD];
        e.seq = h.seq++;
        heap_down(&h, 0, e);
    }
    start = seconds() - start;
    free(h.entry);
    return EVENTS / start / 1e6;
}

static double run_wheel(const wp_us *ahead, size_t n, uint64_t *ret_sum)
{
    struct wp_timers *t = malloc(sizeof *t);
    struct wp_timer *timer = calloc(n, sizeof *timer);
    double start;

    assert(t);
    assert(timer);
    wp_timers_init(t);
    for (size_t i = 0; i < n; i++)
        wp_timers_set(t, &timer[i], ahead[i % AHEAD]);
    start = seconds();
    *ret_sum = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        struct wp_timer *due = wp_timers_pop(t, wp_timers_earliest(t));

        *ret_sum = *ret_sum * 31 + (uint64_t)(due - timer);
        wp_timers_set(t, due, due->at + ahead[i % AHEAD]);
    }
    start = seconds() - start;
    free(timer);
    free(t);
    return EVENTS / start / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    static const size_t counts[] = {100, 10000, 100000};
    static wp_us ahead[AHEAD];

    for (int mixed = 0; mixed < 2; mixed++) {
        fill_ahead(ahead, mixed);
        for (size_t k = 0; k < 3; k++) {
            double wheel[ROUNDS], four[ROUNDS], two[ROUNDS];

            for (int r = 0; r < ROUNDS; r++) {
                uint64_t a, b, c;

                wheel[r] = run_wheel(ahead, counts[k], &a);
                four[r] = run_heap(ahead, counts[k], 4, &b);
                two[r] = run_heap(ahead, counts[k], 2, &c);
                assert(a == b);
                assert(a == c);
            }
            qsort(wheel, ROUNDS, sizeof *wheel, by_size);
            qsort(four, ROUNDS, sizeof *four, by_size);
            qsort(two, ROUNDS, sizeof *two, by_size);
            printf(
                "timers %6zu %s: wheel %6.1f M/s, 4-ary heap %5.1f M/s, binary heap %5.1f M/s, wheel x%.1f\n",
                counts[k], mixed ? "mixed  " : "uniform", wheel[ROUNDS / 2], four[ROUNDS / 2],
                two[ROUNDS / 2], wheel[ROUNDS / 2] / four[ROUNDS / 2]);
        }
    }
    return 0;
}
