#include "sim/world/blocks.h"

#include <assert.h>
#include <stdlib.h>

/* What was put back is out of bounds until it is handed out again; AddressSanitizer says who touches it. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define FORBID(p, n) __asan_poison_memory_region(p, n)
#define ALLOW(p, n)  __asan_unpoison_memory_region(p, n)
#else
#define FORBID(p, n) (void)0
#define ALLOW(p, n)  (void)0
#endif

enum {
    FINE = 16,      /* classes of 8, 24, 40 .. 248 bytes: with their head multiples of 16 */
    CUT = FINE + 4, /* classes below are cut from chunks */
    CHUNK = 16384,
};

/* Stands before each block. */
struct wp_block {
    union {
        struct wp_block *next; /* while it is free, and of chunks */
        size_t class;          /* while it is lent; BLOCKS_CLASSES: of its own, goes straight back */
    };
};

/* 8, 24, 40 .. 248, 256, 384, 512, 768 .. */
static size_t size_of(size_t class)
{
    size_t power;

    if (class < FINE)
        return 16 * class + 8;
    power = (size_t)256 << (class - FINE) / 2;
    return (class - FINE) % 2 ? power + power / 2 : power;
}

static size_t class_of(size_t n)
{
    size_t class = FINE;

    if (n <= size_of(FINE - 1))
        return (n + 7) / 16;
    while (class < BLOCKS_CLASSES && size_of(class) < n)
        class ++;
    return class;
}

static struct wp_block *take(struct wp_blocks *blocks, size_t n)
{
    struct wp_block *b = malloc(n);

    assert(b);
    blocks->bytes += n;
    return b;
}

static void cut_chunk(struct wp_blocks *blocks, size_t class)
{
    size_t size = sizeof(struct wp_block) + size_of(class);
    struct wp_block *chunk = take(blocks, CHUNK);
    uint8_t *p = (uint8_t *)(chunk + 1);

    chunk->next = blocks->chunks;
    blocks->chunks = chunk;
    for (size_t left = CHUNK - sizeof *chunk; left >= size; left -= size, p += size) {
        struct wp_block *b = (struct wp_block *)(void *)p;

        b->next = blocks->free[class];
        blocks->free[class] = b;
    }
}

void *blocks_get(struct wp_blocks *blocks, size_t n)
{
    size_t class = class_of(n);
    struct wp_block *b;

    if (class == BLOCKS_CLASSES) {
        b = malloc(sizeof *b + n);
        assert(b);
        b->class = class;
        return b + 1;
    }
    if (!blocks->free[class]) {
        if (class < CUT) {
            cut_chunk(blocks, class);
        } else {
            b = take(blocks, sizeof *b + size_of(class));
            b->class = class;
            return b + 1;
        }
    }
    b = blocks->free[class];
    blocks->free[class] = b->next;
    b->class = class;
    ALLOW(b + 1, size_of(class));
    return b + 1;
}

void blocks_put(struct wp_blocks *blocks, void *block)
{
    struct wp_block *b = block;
    size_t class;

    if (!block)
        return;
    b--;
    class = b->class;
    if (class == BLOCKS_CLASSES) {
        free(b);
        return;
    }
    FORBID(block, size_of(class));
    b->next = blocks->free[class];
    blocks->free[class] = b;
}

static void free_list(struct wp_block *b)
{
    for (struct wp_block *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

void blocks_free(struct wp_blocks *blocks)
{
    for (size_t class = CUT; class < BLOCKS_CLASSES; class ++)
        free_list(blocks->free[class]);
    free_list(blocks->chunks);
    *blocks = (struct wp_blocks){0};
}
