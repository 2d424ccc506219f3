#include "sim/gateway/south_dlt645_buffer.h"

/* Every session may have a small one; few need a big one at the same time. */
static size_t n_big(size_t max_sessions)
{
    return 16 + max_sessions / 16;
}

void dlt645_buffers_lay_out(struct dlt645_buffers *b, struct wp_carve *memory, size_t max_sessions)
{
    size_t n_small = 2 * max_sessions; /* one for receiving, one for the answer at hand */
    void *small = wp_carve(memory, wp_pool_size(DLT645_BUFFER_SMALL, n_small));
    void *big = wp_carve(memory, wp_pool_size(DLT645_BUFFER_BIG, n_big(max_sessions)));

    if (!memory->p)
        return;
    wp_pool_init(&b->small, small, DLT645_BUFFER_SMALL, n_small);
    wp_pool_init(&b->big, big, DLT645_BUFFER_BIG, n_big(max_sessions));
}

static struct dlt645_buffer *borrow(struct wp_pool *pool)
{
    struct dlt645_buffer *b = wp_pool_borrow(pool);

    if (b)
        b->cap = (uint16_t)(pool->cell_size - DLT645_BUFFER_HEAD);
    return b;
}

static void give_back(struct dlt645_buffers *pools, struct dlt645_buffer *b)
{
    wp_pool_return(b->cap > DLT645_BUFFER_SMALL ? &pools->big : &pools->small, b);
}

void dlt645_buffer_return(struct dlt645_buffers *pools, struct dlt645_buffer **b)
{
    if (*b)
        give_back(pools, *b);
    *b = NULL;
}

static bool grow(struct dlt645_buffers *pools, struct dlt645_buffer **b)
{
    struct dlt645_buffer *old = *b, *new;

    if (old->cap > DLT645_BUFFER_SMALL)
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

bool dlt645_buffer_append(struct dlt645_buffers *pools, struct dlt645_buffer **b, struct wp_slice bytes)
{
    struct dlt645_buffer *to;

    if (bytes.n > DLT645_BUFFER_BIG)
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
    if ((size_t)(to->from + to->n) + bytes.n > to->cap) {
        memmove(to->bytes, to->bytes + to->from, to->n);
        to->from = 0;
    }
    memcpy(to->bytes + to->from + to->n, bytes.p, bytes.n);
    to->n = (uint16_t)(to->n + bytes.n);
    return true;
}
