#include "sim/gateway/south_dlms_buffer.h"

/* Every session may have a small one; few have a long APDU half there at the same time. */
static size_t n_big(size_t sessions)
{
    return 64 + sessions / 32;
}

void dlms_buffers_lay_out(struct dlms_buffers *b, struct wp_carve *memory, size_t sessions, size_t unit_max)
{
    size_t big_size = unit_max + DLMS_BUFFER_OVERHEAD;
    void *small = wp_carve(memory, wp_pool_size(DLMS_BUFFER_SMALL, sessions));
    void *big = wp_carve(memory, wp_pool_size(big_size, n_big(sessions)));

    if (!memory->p)
        return;
    wp_pool_init(&b->small, small, DLMS_BUFFER_SMALL, sessions);
    wp_pool_init(&b->big, big, big_size, n_big(sessions));
}

static struct dlms_buffer *borrow(struct wp_pool *pool)
{
    struct dlms_buffer *b = wp_pool_borrow(pool);

    if (b)
        b->cap = (uint32_t)(pool->cell_size - DLMS_BUFFER_HEAD);
    return b;
}

static void give_back(struct dlms_buffers *pools, struct dlms_buffer *b)
{
    wp_pool_return(b->cap > DLMS_BUFFER_SMALL ? &pools->big : &pools->small, b);
}

void dlms_buffer_return(struct dlms_buffers *pools, struct dlms_buffer **b)
{
    if (*b)
        give_back(pools, *b);
    *b = NULL;
}

static bool grow(struct dlms_buffers *pools, struct dlms_buffer **b)
{
    struct dlms_buffer *old = *b, *new;

    if (old->cap > DLMS_BUFFER_SMALL)
        return false;
    new = borrow(&pools->big);
    if (!new)
        return false;
    memcpy(new->bytes, old->bytes + old->from, old->n);
    new->n = old->n;
    give_back(pools, old);
    *b = new;
    return true;
}

bool dlms_buffer_append(struct dlms_buffers *pools, struct dlms_buffer **b, struct wp_slice bytes)
{
    struct dlms_buffer *to;

    if (bytes.n > pools->big.cell_size - DLMS_BUFFER_HEAD)
        return false;
    if (!*b)
        *b = borrow(&pools->small);
    if (!*b)
        return false;
    if ((*b)->n + bytes.n > (*b)->cap && !grow(pools, b))
        return false;
    to = *b;
    if (to->n + bytes.n > to->cap)
        return false;
    if (to->from + to->n + bytes.n > to->cap) {
        memmove(to->bytes, to->bytes + to->from, to->n);
        to->from = 0;
    }
    memcpy(to->bytes + to->from + to->n, bytes.p, bytes.n);
    to->n += (uint32_t)bytes.n;
    return true;
}
