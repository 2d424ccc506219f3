/* Many deadlines, earliest first: a hierarchical timer wheel in the caller's memory.
 *
 * Exact: timers come in the order of their times, and those of one time in the order in which they were set.
 * wp_timers_earliest is O(1), set and clear are O(1) but for the amortised moves below, nothing is allocated.
 *
 * How it works. A time is read as eleven digits of six bits. A timer lives on the level of the highest digit in
 * which its time differs from `from`, a time that no timer is earlier than, in the slot of that digit; so the lowest
 * level in use holds the earliest timers, its first slot in use the earliest of all. A slot is a list in order of
 * setting and knows its earliest time. When the earliest of a crowded slot has gone, `from` moves on and the slot is
 * dealt out to lower levels: each timer moves at most once per level. A timer that is set before `from` moves it
 * back: the lists below are spliced together again, timers of one time always standing in one list.
 *
 * Why not a heap: with the same exact order, one event being "pop the earliest, set it anew within 60 s", a 4-ary heap
 * and a binary one both turn about 10 million events a second with 10 000 timers and 6.5 million with 100 000; this
 * wheel turns 24 and 16 million. A heap also costs 24 bytes per timer beside the timer and log n per clear
 * (tests/bench/bench_timers.c prints all three from one run). */
#ifndef WP_TIMERS_H
#define WP_TIMERS_H

#include "sim/core/machine.h"

enum { WP_TIMERS_LEVELS = 11, WP_TIMERS_SLOTS = 64 };

/* Part of what it times; zeroed: not set. */
struct wp_timer {
    wp_us at;
    struct wp_timer *next, *prev; /* a ring per slot; NULL: not set */
};

struct wp_timers {
    wp_us from, earliest;
    size_t count;
    uint32_t levels;                  /* bit per level in use */
    uint64_t slots[WP_TIMERS_LEVELS]; /* bit per slot in use */
    struct wp_timer_slot {
        struct wp_timer *first;
        wp_us earliest; /* of its timers; -1: unknown */
    } slot[WP_TIMERS_LEVELS][WP_TIMERS_SLOTS];
};

void wp_timers_init(struct wp_timers *t);

/* Sets the timer, or moves it, behind all others of the same time. `at` >= 0; WP_NEVER clears it. */
void wp_timers_set(struct wp_timers *t, struct wp_timer *timer, wp_us at);
void wp_timers_clear(struct wp_timers *t, struct wp_timer *timer);

static inline bool wp_timer_is_set(const struct wp_timer *timer)
{
    return timer->next != NULL;
}

/* WP_NEVER when none is set. */
static inline wp_us wp_timers_earliest(const struct wp_timers *t)
{
    return t->earliest;
}

/* Takes out the earliest timer if its time is `now` or before; else NULL. */
struct wp_timer *wp_timers_pop(struct wp_timers *t, wp_us now);

/* The timer's owner: WP_OWNER(timer, struct session, deadline). */
#define WP_OWNER(member, type, field) ((type *)(void *)((char *)(member)-offsetof(type, field)))

#endif
