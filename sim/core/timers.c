#include "sim/core/timers.h"

#include <assert.h>

enum { DIGIT_BITS = 6, UNKNOWN = -1 };

struct place {
    unsigned level, slot;
};

/* Where a timer of time `at` stands while no timer is earlier than `from`. */
static struct place place_of(wp_us from, wp_us at)
{
    uint64_t diff = (uint64_t)(at ^ from);
    unsigned level = diff == 0 ? 0 : (63 - (unsigned)__builtin_clzll(diff)) / DIGIT_BITS;

    return (struct place){level, (unsigned)(at >> (level * DIGIT_BITS)) & (WP_TIMERS_SLOTS - 1)};
}

static void mark_used(struct wp_timers *t, struct place p)
{
    t->slots[p.level] |= 1ULL << p.slot;
    t->levels |= 1u << p.level;
}

static void mark_empty(struct wp_timers *t, struct place p)
{
    t->slots[p.level] &= ~(1ULL << p.slot);
    if (t->slots[p.level] == 0)
        t->levels &= ~(1u << p.level);
}

static void append(struct wp_timers *t, struct wp_timer *timer)
{
    struct place p = place_of(t->from, timer->at);
    struct wp_timer_slot *s = &t->slot[p.level][p.slot];

    if (!s->first) {
        s->first = timer->next = timer->prev = timer;
        s->earliest = timer->at;
        mark_used(t, p);
        return;
    }
    timer->next = s->first;
    timer->prev = s->first->prev;
    timer->prev->next = timer;
    s->first->prev = timer;
    if (timer->at < s->earliest) /* an unknown one stays unknown */
        s->earliest = timer->at;
}

/* The slot that holds the earliest timer. Some timer must be set. */
static struct place first_place(const struct wp_timers *t)
{
    unsigned level = (unsigned)__builtin_ctz(t->levels);

    return (struct place){level, (unsigned)__builtin_ctzll(t->slots[level])};
}

/* Takes the list out of a slot and leaves it as a NULL-ended chain. */
static struct wp_timer *take_list(struct wp_timers *t, struct place p)
{
    struct wp_timer_slot *s = &t->slot[p.level][p.slot];
    struct wp_timer *first = s->first;

    s->first = NULL;
    mark_empty(t, p);
    first->prev->next = NULL;
    return first;
}

/* Deals the first slot out to lower levels. No timer is earlier than the new `from`, which lies within the slot. */
static void deal_out(struct wp_timers *t, struct place p, wp_us from)
{
    struct wp_timer *next, *timer = take_list(t, p);

    t->from = from;
    for (; timer; timer = next) {
        next = timer->next;
        append(t, timer);
    }
}

static wp_us slot_start(const struct wp_timers *t, struct place p)
{
    unsigned shift = p.level * DIGIT_BITS;
    uint64_t above = shift + DIGIT_BITS >= 64 ? 0 : (uint64_t)t->from >> (shift + DIGIT_BITS);

    return (wp_us)((above << DIGIT_BITS | p.slot) << shift);
}

/* Makes `earliest` true again after a timer has gone. */
static void find_earliest(struct wp_timers *t)
{
    struct place p;

    if (t->levels == 0) {
        t->earliest = WP_NEVER;
        return;
    }
    p = first_place(t);
    if (t->slot[p.level][p.slot].earliest == UNKNOWN) {
        deal_out(t, p, slot_start(t, p));
        p = first_place(t);
    }
    t->earliest = t->slot[p.level][p.slot].earliest;
}

/* Appends the list of one slot to that of another on a higher level. */
static void splice(struct wp_timers *t, struct place source, struct place target)
{
    struct wp_timer_slot *s = &t->slot[source.level][source.slot];
    struct wp_timer_slot *to = &t->slot[target.level][target.slot];

    if (!to->first) {
        to->first = s->first;
        mark_used(t, target);
    } else {
        struct wp_timer *last = s->first->prev;

        to->first->prev->next = s->first;
        s->first->prev = to->first->prev;
        last->next = to->first;
        to->first->prev = last;
    }
    s->first = NULL;
    mark_empty(t, source);
}

/* Gathers everything below the level on which the old `from` and the new, earlier one differ into the old one's slot
 * there, which is empty: whatever stood on that level was later than the old `from`. */
static void move_back(struct wp_timers *t, wp_us from)
{
    struct place source, target = place_of(from, t->from);

    while (t->levels && (source = first_place(t)).level < target.level) {
        splice(t, source, target);
        t->slot[target.level][target.slot].earliest = t->earliest;
    }
    t->from = from;
}

void wp_timers_init(struct wp_timers *t)
{
    *t = (struct wp_timers){.earliest = WP_NEVER};
}

static void take_out(struct wp_timers *t, struct place p, struct wp_timer *timer)
{
    struct wp_timer_slot *s = &t->slot[p.level][p.slot];

    if (timer->next == timer) {
        s->first = NULL;
        mark_empty(t, p);
    } else {
        timer->prev->next = timer->next;
        timer->next->prev = timer->prev;
        if (s->first == timer)
            s->first = timer->next;
        if (s->earliest == timer->at && p.level > 0) /* on level 0 all are of one time */
            s->earliest = UNKNOWN;
    }
    timer->next = timer->prev = NULL;
    t->count--;
    if (timer->at == t->earliest)
        find_earliest(t);
}

void wp_timers_clear(struct wp_timers *t, struct wp_timer *timer)
{
    if (wp_timer_is_set(timer))
        take_out(t, place_of(t->from, timer->at), timer);
}

void wp_timers_set(struct wp_timers *t, struct wp_timer *timer, wp_us at)
{
    assert(at >= 0);
    wp_timers_clear(t, timer);
    if (at == WP_NEVER)
        return;
    timer->at = at;
    if (at < t->from)
        move_back(t, at);
    append(t, timer);
    t->count++;
    if (at < t->earliest)
        t->earliest = at;
}

struct wp_timer *wp_timers_pop(struct wp_timers *t, wp_us now)
{
    struct wp_timer *timer;
    struct place p;

    if (t->levels == 0 || t->earliest > now)
        return NULL;
    p = first_place(t);
    timer = t->slot[p.level][p.slot].first;
    if (p.level > 0 && timer->next != timer) {
        deal_out(t, p, t->earliest);
        p = first_place(t);
        timer = t->slot[p.level][p.slot].first;
    }
    take_out(t, p, timer);
    if (t->from < timer->at) /* it was alone in the first slot: nothing stands between */
        t->from = timer->at;
    return timer;
}
