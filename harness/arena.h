/* Memory that is given back all at once: one owner, one free. */
#ifndef WP_ARENA_H
#define WP_ARENA_H

#include "sim/core/bytes.h"

struct arena {
    struct arena_block *last;
};

/* Zeroed, aligned for anything; never NULL (an exhausted machine ends the program with a sentence). */
void *arena_get(struct arena *a, size_t n);
/* 0-terminated copy. */
char *arena_text(struct arena *a, struct wp_slice text);
char *arena_print(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees everything; the arena may be used again. */
void arena_free(struct arena *a);

#endif
