/* Blocks of memory that are used again and again: what a world queues comes from here, so that in the long run a frame
 * costs no malloc. Sizes are rounded up to one of a few, a free list for each. */
#ifndef WP_BLOCKS_H
#define WP_BLOCKS_H

#include "sim/core/bytes.h"

enum { BLOCKS_CLASSES = 35 }; /* 8 bytes to 128 KiB; larger ones go straight back */

struct wp_blocks {
    struct wp_block *free[BLOCKS_CLASSES];
    struct wp_block *chunks; /* what the small ones are cut from */
    size_t bytes;            /* taken from the system and not given back */
};

/* At least n bytes, aligned for pointers and 64-bit numbers, contents undefined. Never NULL. */
void *blocks_get(struct wp_blocks *blocks, size_t n);
void blocks_put(struct wp_blocks *blocks, void *block); /* NULL is fine */
/* Everything that was put back; nothing may be in use any more. */
void blocks_free(struct wp_blocks *blocks);

#endif
