/* Keys (any bytes) to pointers, in memory of the caller's, for a number of entries that is fixed at init.
 *
 * Keys are borrowed: they stand in what the pointer points to, or live as long as the entry. Entries are walked in the
 * order in which they were added, except that the last one takes the place of one that is removed; so the order
 * follows from the calls alone, never from addresses or hashes. */
#ifndef WP_MAP_H
#define WP_MAP_H

#include "sim/core/bytes.h"

struct wp_map_entry {
    const uint8_t *key;
    void *value;
    uint32_t n_key, hash;
};

struct wp_map {
    struct wp_map_entry *entry; /* dense: n of them are in use */
    uint32_t n, cap;
    uint32_t *index;  /* open addressing: entry number + 1; 0: free */
    uint32_t mask;    /* of the part in use, which grows with n */
    uint64_t refused; /* adds that found it full */
};

static inline struct wp_slice wp_map_key(const struct wp_map_entry *e)
{
    return (struct wp_slice){e->key, e->n_key};
}

/* Bytes that `cap` entries need. Aligned as malloc's is. */
size_t wp_map_size(size_t cap);
void wp_map_init(struct wp_map *map, void *memory, size_t cap);

/* NULL when the key is not there. */
void *wp_map_find(const struct wp_map *map, struct wp_slice key);

/* false when it is full. The key must not be there and the value not be NULL (asserted). */
bool wp_map_add(struct wp_map *map, struct wp_slice key, void *value);

/* What stood there; NULL when the key is not there. */
void *wp_map_remove(struct wp_map *map, struct wp_slice key);

#endif
