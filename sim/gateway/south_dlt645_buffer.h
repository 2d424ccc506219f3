/* Bytes that a session must keep for a while: borrowed when there are some, in one of two sizes. */
#ifndef WP_SOUTH_DLT645_BUFFER_H
#define WP_SOUTH_DLT645_BUFFER_H

#include "sim/core/bytes.h"
#include "sim/core/pool.h"
#include "sim/gateway/carve.h"

struct dlt645_buffer {
    uint16_t from, n, cap; /* bytes[from .. from + n) are in use */
    uint8_t bytes[];
};

enum {
    DLT645_BUFFER_SMALL = 320, /* cell: an incomplete DL/T 645 frame, the answer to a few registers */
    DLT645_BUFFER_BIG =
        8192, /* cell: an incomplete wrapper, a joined reply and the answer that it belongs to */
    DLT645_BUFFER_HEAD = sizeof(struct dlt645_buffer),
};

struct dlt645_buffers {
    struct wp_pool small, big;
};

void dlt645_buffers_lay_out(struct dlt645_buffers *b, struct wp_carve *memory, size_t max_sessions);

/* Puts bytes behind what *b holds; *b NULL: borrows a buffer first. A small one that gets full becomes a
 * big one. false, and nothing changed: no room in the largest, or none left to borrow. */
bool dlt645_buffer_append(struct dlt645_buffers *pools, struct dlt645_buffer **b, struct wp_slice bytes);
/* Gives it back; *b becomes NULL. */
void dlt645_buffer_return(struct dlt645_buffers *pools, struct dlt645_buffer **b);

static inline struct wp_slice dlt645_buffered(const struct dlt645_buffer *b)
{
    return wp_slice(b->bytes + b->from, b->n);
}

/* Takes bytes off the front. */
static inline void dlt645_buffer_drop(struct dlt645_buffer *b, size_t n)
{
    b->from = (uint16_t)(b->from + n);
    b->n = (uint16_t)(b->n - n);
}

#endif
