/* Buddies: blocks are halved to fit, and joined with their other half when both are free. */
#include "sim/gateway/text_store.h"

#include <assert.h>
#include <string.h>

/* What stands in a free block: its neighbours among the free ones of its order, as unit + 1. */
struct link {
    uint32_t next, prev;
};

static unsigned order_of(size_t n)
{
    unsigned order = 0;

    while (((size_t)TEXT_STORE_UNIT << order) < n)
        order++;
    return order;
}

bool text_store_is_same_block(size_t n, size_t other)
{
    return order_of(n) == order_of(other);
}

static struct link *link_at(const struct text_store *t, uint32_t unit)
{
    return (struct link *)(void *)(t->p + (size_t)unit * TEXT_STORE_UNIT);
}

static void add_free(struct text_store *t, uint32_t unit, unsigned order)
{
    struct link *l = link_at(t, unit);

    *l = (struct link){.next = t->first[order]};
    if (l->next)
        link_at(t, l->next - 1)->prev = unit + 1;
    t->first[order] = unit + 1;
    t->is_free[unit] = (uint8_t)(order + 1);
}

static void take_free(struct text_store *t, uint32_t unit, unsigned order)
{
    const struct link l = *link_at(t, unit);

    assert(t->is_free[unit] == order + 1);
    if (l.next)
        link_at(t, l.next - 1)->prev = l.prev;
    if (l.prev)
        link_at(t, l.prev - 1)->next = l.next;
    else
        t->first[order] = l.next;
    t->is_free[unit] = 0;
}

static uint32_t units_of(unsigned order)
{
    return (uint32_t)1 << order;
}

/* Joined with its other half, and the whole with its own, as long as those are free. */
static void put_back(struct text_store *t, uint32_t unit, unsigned order)
{
    for (; order + 1 < TEXT_STORE_ORDERS; order++) {
        const uint32_t other = unit ^ units_of(order);

        if (other >= t->n_units || t->is_free[other] != order + 1)
            break;
        take_free(t, other, order);
        unit &= ~units_of(order);
    }
    add_free(t, unit, order);
}

/* All of it, in the largest blocks that stand at a multiple of their own size. */
static void free_all(struct text_store *t)
{
    uint32_t unit = 0;

    while (unit < t->n_units) {
        unsigned order = 0;

        while (order + 1 < TEXT_STORE_ORDERS && unit % units_of(order + 1) == 0 &&
               t->n_units - unit >= units_of(order + 1))
            order++;
        add_free(t, unit, order);
        unit += units_of(order);
    }
}

void text_store_lay_out(struct text_store *t, struct wp_carve *memory, size_t bytes)
{
    const size_t n = bytes / TEXT_STORE_UNIT;
    uint8_t *p = wp_carve(memory, n * TEXT_STORE_UNIT), *is_free = wp_carve(memory, n);

    assert(n < UINT32_MAX / 2);
    if (!p)
        return;
    *t = (struct text_store){.p = p, .is_free = is_free, .n_units = (uint32_t)n};
    memset(is_free, 0, n);
    free_all(t);
}

uint8_t *text_store_borrow(struct text_store *t, size_t n)
{
    const unsigned wanted = order_of(n);
    unsigned order = wanted;
    uint32_t unit;

    assert(n > 0);
    while (order < TEXT_STORE_ORDERS && !t->first[order])
        order++;
    if (order >= TEXT_STORE_ORDERS) {
        t->refused++;
        return NULL;
    }
    unit = t->first[order] - 1;
    take_free(t, unit, order);
    while (order > wanted) {
        order--;
        add_free(t, unit + units_of(order), order);
    }
    t->used += (size_t)TEXT_STORE_UNIT << wanted;
    if (t->used > t->most)
        t->most = t->used;
    return t->p + (size_t)unit * TEXT_STORE_UNIT;
}

static uint32_t unit_of(const struct text_store *t, const uint8_t *p)
{
    const size_t at = (size_t)(p - t->p);

    assert(at % TEXT_STORE_UNIT == 0);
    assert(at / TEXT_STORE_UNIT < t->n_units);
    return (uint32_t)(at / TEXT_STORE_UNIT);
}

void text_store_return(struct text_store *t, const uint8_t *p, size_t n)
{
    const unsigned order = order_of(n);

    if (!p)
        return;
    assert(unit_of(t, p) % units_of(order) == 0);
    assert(t->is_free[unit_of(t, p)] == 0);
    assert(t->used >= (size_t)TEXT_STORE_UNIT << order);
    t->used -= (size_t)TEXT_STORE_UNIT << order;
    put_back(t, unit_of(t, p), order);
}

void text_store_shrink(struct text_store *t, const uint8_t *p, size_t n, size_t to)
{
    const unsigned wanted = order_of(to);
    unsigned order = order_of(n);
    const uint32_t unit = unit_of(t, p);

    assert(to > 0);
    assert(to <= n);
    while (order > wanted) {
        order--;
        t->used -= (size_t)TEXT_STORE_UNIT << order;
        put_back(t, unit + units_of(order), order);
    }
}
