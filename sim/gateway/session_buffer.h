/* Bytes that a session must keep for a while: borrowed when there are some, in one of two sizes. */
#ifndef WP_SESSION_BUFFER_H
#define WP_SESSION_BUFFER_H

#include "sim/core/bytes.h"
#include "sim/core/pool.h"
#include "sim/gateway/carve.h"

struct session_buffer {
    uint32_t from, n, cap; /* bytes[from .. from + n) are in use */
    uint8_t bytes[];
};

enum { SESSION_BUFFER_HEAD = sizeof(struct session_buffer) };

struct session_buffers {
    struct wp_pool small, big;
};

/* How many cells of each size; sizes with the head. */
struct session_buffer_plan {
    size_t small, n_small, big, n_big;
};

/* Counts the memory, or hands it out. */
void session_buffers_lay_out(struct session_buffers *b, struct wp_carve *memory,
                             const struct session_buffer_plan *plan);

/* Puts bytes behind what *b holds; *b NULL: borrows a buffer first. A small one that gets full becomes a big one. false,
 * and nothing changed: no room in the largest, or none left to borrow. */
bool session_buffer_append(struct session_buffers *pools, struct session_buffer **b, struct wp_slice bytes);
/* Gives it back; *b becomes NULL. */
void session_buffer_return(struct session_buffers *pools, struct session_buffer **b);

static inline struct wp_slice session_buffered(const struct session_buffer *b)
{
    return wp_slice(b->bytes + b->from, b->n);
}

/* Takes bytes off the front. */
static inline void session_buffer_drop(struct session_buffer *b, size_t n)
{
    b->from += (uint32_t)n;
    b->n -= (uint32_t)n;
}

#endif
