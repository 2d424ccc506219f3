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

static void *get(struct arena *a, size_t n, size_t align)
{
    struct arena_block *b = a->last;
    size_t at = b ? (b->used + align - 1) / align * align : 0;

    if (!b || at > b->cap || b->cap - at < n) {
        size_t cap = n > BLOCK ? n : BLOCK;

        b = calloc(1, sizeof *b + cap);
        if (!b) {
            fprintf(stderr, "wattproof: out of memory for %zu bytes\n", cap);
            exit(3);
        }
        b->cap = cap;
        b->before = a->last;
        a->last = b;
        at = 0;
    }
    b->used = at + n;
    return b->bytes + at;
}

void *arena_get(struct arena *a, size_t n)
{
    return get(a, n, ALIGN);
}

char *arena_text(struct arena *a, struct wp_slice text)
{
    char *copy = get(a, text.n + 1, 1);

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
    text = get(a, (size_t)n + 1, 1);
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
