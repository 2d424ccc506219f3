/* Texts of any length that come and go, in one block of memory: buddies of 16, 32, 64 ... bytes.
 *
 *     |<------------ 64 ------------>|<---- 32 ---->|<-16->|<-16->|
 *
 * A text of n bytes has the smallest power of two that holds it, and stands at a multiple of that; the half that it does
 * not need is free for others, and two free halves become one again. Who has a text knows its length, so a block has no
 * head: it costs one byte for 16, beside the block. All O(log n). A store that is full refuses, and counts it. */
#ifndef WP_TEXT_STORE_H
#define WP_TEXT_STORE_H

#include "sim/gateway/carve.h"

#include <stdbool.h>

enum { TEXT_STORE_UNIT = 16, TEXT_STORE_ORDERS = 28 };

struct text_store {
    uint8_t *p;
    uint8_t *is_free; /* by unit: order + 1 of the free block that begins there; 0: none does */
    uint32_t first[TEXT_STORE_ORDERS]; /* free blocks of this order: unit + 1; 0: none */
    uint32_t n_units;
    size_t used, most; /* bytes of blocks that are lent now, and that ever were at a time */
    uint64_t refused;
};

/* Room for `bytes`, which is rounded down to whole units. While counting the store is only looked at. */
void text_store_lay_out(struct text_store *t, struct wp_carve *memory, size_t bytes);

/* n >= 1 bytes, not cleared; NULL: no free block is large enough. */
uint8_t *text_store_borrow(struct text_store *t, size_t n);

/* What was borrowed for n bytes; NULL is fine. */
void text_store_return(struct text_store *t, const uint8_t *p, size_t n);

/* The first `to` bytes of n, 1 <= to <= n, are still needed: from now on it is borrowed for `to`. */
void text_store_shrink(struct text_store *t, const uint8_t *p, size_t n, size_t to);

/* Does a text of the one length have as large a block as one of the other? */
bool text_store_is_same_block(size_t n, size_t other);

#endif
