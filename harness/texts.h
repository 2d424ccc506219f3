/* A set of texts (any bytes), each with a number from 0 in the order in which they were added. */
#ifndef WP_TEXTS_H
#define WP_TEXTS_H

#include "harness/arena.h"

#define TEXTS_NONE SIZE_MAX

struct texts_entry {
    struct wp_slice text; /* lives as long as the set */
    uint64_t hash;
    uint64_t count; /* how often it was added */
};

/* Zeroed: empty. */
struct texts {
    struct texts_entry *entry;
    size_t n, cap;
    uint32_t *index; /* open addressing: number + 1; 0: free */
    size_t mask;
    struct arena arena;
};

/* Its number, new or old. */
size_t texts_add(struct texts *t, struct wp_slice text);
/* TEXTS_NONE when it is not there. */
size_t texts_find(const struct texts *t, struct wp_slice text);
void texts_free(struct texts *t);

#endif
