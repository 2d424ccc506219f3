/*     FREE --one connection, or one attempt, too many--> BLOCKED --block is over--> FREE
 *
 * An attempt is too many when the rules' number of attempts before it lie within the window: the latest
 * ones are kept in a ring per address, so the window slides exactly. Attempts of a blocked address are
 * refused and do not prolong the block; connections that stand stay. */
#include "sim/gateway/limits.h"

#include <assert.h>

static size_t cell_size(const struct limits_rules *rules)
{
    return sizeof(struct limits_address) + rules->attempts * sizeof(wp_us);
}

void limits_lay_out(struct limits *l, struct wp_carve *memory, const struct limits_rules *rules, size_t cap)
{
    void *index = wp_carve(memory, wp_map_size(cap));
    void *cells = wp_carve(memory, wp_pool_size(cell_size(rules), cap));

    if (!memory->p)
        return;
    *l = (struct limits){.rules = *rules};
    wp_map_init(&l->by_ip, index, cap);
    wp_pool_init(&l->cells, cells, cell_size(rules), cap);
}

static struct wp_slice key_of(const uint32_t *ip)
{
    return wp_slice(ip, sizeof *ip);
}

/* ---- addresses without a connection, the one that has been quiet for longest first ---------------- */

static void unlink_quiet(struct limits *l, struct limits_address *a)
{
    if (a->older)
        a->older->newer = a->newer;
    else
        l->oldest = a->newer;
    if (a->newer)
        a->newer->older = a->older;
    else
        l->newest = a->older;
}

static void append_quiet(struct limits *l, struct limits_address *a)
{
    a->older = l->newest;
    a->newer = NULL;
    if (l->newest)
        l->newest->newer = a;
    else
        l->oldest = a;
    l->newest = a;
}

static void forget_quietest(struct limits *l)
{
    struct limits_address *a = l->oldest;

    assert(a); /* there are more cells than connections */
    unlink_quiet(l, a);
    wp_map_remove(&l->by_ip, key_of(&a->ip));
    wp_pool_return(&l->cells, a);
}

/* The address, off the list of quiet ones. */
static struct limits_address *find_or_add(struct limits *l, uint32_t ip)
{
    struct limits_address *a = wp_map_find(&l->by_ip, key_of(&ip));

    if (a) {
        if (a->open == 0)
            unlink_quiet(l, a);
        return a;
    }
    if (l->cells.n_free == 0)
        forget_quietest(l);
    a = wp_pool_borrow(&l->cells);
    a->ip = ip;
    wp_map_add(&l->by_ip, key_of(&a->ip), a);
    return a;
}

/* ---- verdicts ------------------------------------------------------------------------------------- */

static bool tries_too_often(const struct limits *l, struct limits_address *a, wp_us now)
{
    wp_us *oldest = &a->attempt[a->n_attempts % l->rules.attempts];
    bool too_often = a->n_attempts >= l->rules.attempts && now - *oldest < l->rules.window;

    *oldest = now;
    a->n_attempts++;
    return too_often;
}

static enum limits_verdict judge(const struct limits *l, struct limits_address *a, wp_us now)
{
    if (now < a->blocked_until)
        return LIMITS_BLOCKED;
    if (tries_too_often(l, a, now))
        return LIMITS_TOO_OFTEN;
    return a->open < l->rules.connections ? LIMITS_WELCOME : LIMITS_TOO_MANY;
}

enum limits_verdict limits_enter(struct limits *l, uint32_t ip, wp_us now)
{
    struct limits_address *a = find_or_add(l, ip);
    enum limits_verdict v = judge(l, a, now);

    if (v == LIMITS_WELCOME)
        a->open++;
    else if (v != LIMITS_BLOCKED)
        a->blocked_until = now + l->rules.block;
    if (a->open == 0)
        append_quiet(l, a);
    return v;
}

void limits_leave(struct limits *l, uint32_t ip)
{
    struct limits_address *a = wp_map_find(&l->by_ip, key_of(&ip));

    assert(a);
    assert(a->open > 0);
    if (--a->open == 0)
        append_quiet(l, a);
}

const char *limits_verdict_text(enum limits_verdict v)
{
    static const char *const text[] = {
#define X(name, t) t,
        LIMITS_VERDICTS(X)
#undef X
    };

    return text[v];
}
