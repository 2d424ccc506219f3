/* When something was captured, and how that is printed. */
#ifndef WP_MOMENT_H
#define WP_MOMENT_H

#include "sim/core/bytes.h"

struct moment {
    int64_t ns;      /* Unix time; of a run's records: since its start */
    uint64_t number; /* of the packet or record, from 1 */
};

/* The second that was printed last: the next packet usually lies in it too. Zeroed: none. */
struct moment_cache {
    bool is_filled;
    int64_t second;
    char text[40];
    size_t n;
};

/* "2026-11-20T18:37:49.289283Z": UTC, with 6 or 9 decimals (what is finer is cut off). */
void moment_put(struct moment_cache *cache, struct wp_writer *w, int64_t ns, int decimals);

/* Nanoseconds as seconds with 6 decimals: "0.012167". */
void moment_put_span(struct wp_writer *w, int64_t ns);

#endif
