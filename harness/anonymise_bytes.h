/* What streams of a capture said and what they are to say instead, byte by byte, by its place in the stream. */
#ifndef WP_ANONYMISE_BYTES_H
#define WP_ANONYMISE_BYTES_H

#include "harness/arena.h"

enum { ANON_PAGE = 128 };

struct anon_page {
    uint64_t key; /* stream, and which page of it */
    uint8_t was[ANON_PAGE], becomes[ANON_PAGE];
    uint8_t known[ANON_PAGE / 8], decided[ANON_PAGE / 8];
};

/* Zeroed: empty. Places that nobody captured take no memory. */
struct anon_bytes {
    bool keeps; /* what is not decided stays as it was; else it becomes 0 */
    struct anon_page **index;
    size_t n, mask;
    struct arena arena;
};

/* Bytes as they were captured. A place that is known already keeps its first byte, as in reassembly. */
void anon_bytes_put(struct anon_bytes *b, uint64_t stream, int64_t at, struct wp_slice bytes);
/* n bytes as they were (0 where nobody captured one). */
void anon_bytes_was(const struct anon_bytes *b, uint64_t stream, uint64_t at, uint8_t *out, size_t n);
void anon_bytes_becomes(const struct anon_bytes *b, uint64_t stream, uint64_t at, uint8_t *out, size_t n);
/* It is decided what these bytes become. */
void anon_bytes_decide(struct anon_bytes *b, uint64_t stream, uint64_t at, struct wp_slice bytes);
/* What a captured copy of these places becomes, in place. A copy that was not the same as the first one stays another
 * one; before the stream's first byte everything becomes 0. Returns how many were not decided. */
size_t anon_bytes_apply(const struct anon_bytes *b, uint64_t stream, int64_t at, uint8_t *bytes, size_t n);
void anon_bytes_free(struct anon_bytes *b);

#endif
