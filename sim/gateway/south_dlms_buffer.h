/* Bytes that a DLMS session must keep for a while: borrowed when there are some, in one of two sizes. */
#ifndef WP_SOUTH_DLMS_BUFFER_H
#define WP_SOUTH_DLMS_BUFFER_H

#include "sim/core/bytes.h"
#include "sim/core/pool.h"
#include "sim/gateway/carve.h"

struct dlms_buffer {
    uint32_t from, n, cap; /* bytes[from .. from + n) are in use */
    uint8_t bytes[];
};

enum {
    DLMS_BUFFER_SMALL = 512, /* cell: most pushes */
    DLMS_BUFFER_HEAD = sizeof(struct dlms_buffer),
    DLMS_BUFFER_OVERHEAD = 64, /* of a big cell, around one unit: transport, head */
};

/* Big cells also hold what segments and blocks are joined to. */
struct dlms_buffers {
    struct wp_pool small, big;
};

void dlms_buffers_lay_out(struct dlms_buffers *b, struct wp_carve *memory, size_t sessions, size_t unit_max);

/* Puts bytes behind what *b holds; *b NULL: borrows a buffer first. A small one that gets full becomes a big one. false,
 * and nothing changed: no room in the largest, or none left to borrow. */
bool dlms_buffer_append(struct dlms_buffers *pools, struct dlms_buffer **b, struct wp_slice bytes);
/* Gives it back; *b becomes NULL. */
void dlms_buffer_return(struct dlms_buffers *pools, struct dlms_buffer **b);

static inline struct wp_slice dlms_buffered(const struct dlms_buffer *b)
{
    return wp_slice(b->bytes + b->from, b->n);
}

/* Takes bytes off the front. */
static inline void dlms_buffer_drop(struct dlms_buffer *b, size_t n)
{
    b->from += (uint32_t)n;
    b->n -= (uint32_t)n;
}

#endif
