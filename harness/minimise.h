/* A capture made as small as it can be while its verdict stays: connections, packets, frames and values are left out
 * until nothing more can be. */
#ifndef WP_MINIMISE_H
#define WP_MINIMISE_H

#include "harness/capture_image.h"

enum { MINIMISE_TRIES = 5000 };

struct minimise_setup {
    const char *in, *out;
    const char *keep;      /* a piece of what names a finding: those stay, others may go; NULL: all stay */
    const char *statement; /* the same, by the statement's id */
    uint64_t tries;        /* replays at most, and 8 GiB of packets in them; 0: MINIMISE_TRIES */
    FILE *said, *progress; /* NULL: nowhere */
};

enum minimise_end {
    MINIMISE_DONE,
    MINIMISE_UNREADABLE, /* the input, or the output cannot be written: `why` */
    MINIMISE_NOTHING,    /* nothing of ours in it, or no finding of that name: `why` */
};

struct minimise_counts {
    size_t packets[2], connections[2], frames[2]; /* before and after */
    size_t values;                                /* that became 0 or nothing */
    uint64_t tries;
};

enum minimise_end minimise(const struct minimise_setup *setup, struct minimise_counts *counts,
                           struct wp_writer *why);

/* The same in memory. */
enum minimise_end minimise_image(const struct minimise_setup *setup, const struct capture_image *in,
                                 struct capture_image *out, struct minimise_counts *counts,
                                 struct wp_writer *why);

#endif
