#include "sim/gateway/session_buffer.h"

void session_buffers_lay_out(struct session_buffers *b, struct wp_carve *memory,
                             const struct session_buffer_plan *plan)
{
    void *small = wp_carve(memory, wp_pool_size(plan->small, plan->n_small));
    void *big = wp_carve(memory, wp_pool_size(plan->big, plan->n_big));

    if (!memory->p)
        return;
    wp_pool_init(&b->small, small, plan->small, plan->n_small);
    wp_pool_init(&b->big, big, plan->big, plan->n_big);
}

static struct session_buffer *borrow(struct wp_pool *pool)
{
    struct session_buffer *b = wp_pool_borrow(pool);

    if (b)
        b->cap = (uint32_t)(pool->cell_size - SESSION_BUFFER_HEAD);
    return b;
}

static bool is_big(const struct session_buffers *pools, const struct session_buffer *b)
{
    return b->cap > pools->small.cell_size;
}

static void give_back(struct session_buffers *pools, struct session_buffer *b)
{
    wp_pool_return(is_big(pools, b) ? &pools->big : &pools->small, b);
}

void session_buffer_return(struct session_buffers *pools, struct session_buffer **b)
{
    if (*b)
        give_back(pools, *b);
    *b = NULL;
}

static bool grow(struct session_buffers *pools, struct session_buffer **b)
{
    struct session_buffer *old = *b, *new;

    if (is_big(pools, old))
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

bool session_buffer_append(struct session_buffers *pools, struct session_buffer **b, struct wp_slice bytes)
{
    struct session_buffer *to;

    if (bytes.n > pools->big.cell_size - SESSION_BUFFER_HEAD)
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
