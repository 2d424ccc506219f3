#include "harness/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 64 * 1024, ALIGN = 16 };

struct arena_block {
    struct arena_block *before;
    size_t used, cap;
    _Alignas(ALIGN) uint8_t bytes[];
};

void *arena_get(struct arena *a, size_t n)
{
    size_t want = (n + ALIGN - 1) / ALIGN * ALIGN;
    struct arena_block *b = a->last;
    void *p;

    if (!b || b->cap - b->used < want) {
        size_t cap = want > BLOCK ? want : BLOCK;

        b = calloc(1, sizeof *b + cap);
        if (!b) {
            fprintf(stderr, "wattproof: out of memory for %zu bytes\n", cap);
            exit(3);
        }
        b->cap = cap;
        b->before = a->last;
        a->last = b;
    }
    p = b->bytes + b->used;
    b->used += want;
    return p;
}

char *arena_text(struct arena *a, struct wp_slice text)
{
    char *copy = arena_get(a, text.n + 1);

    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    return copy;
}

char *arena_print(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = arena_get(a, (size_t)n + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

void arena_free(struct arena *a)
{
    while (a->last) {
        struct arena_block *before = a->last->before;

        free(a->last);
        a->last = before;
    }
}
