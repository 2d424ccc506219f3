/* Links and their faults: one code for both worlds, between a sender's effect and the wire. */
#ifndef WP_LINK_H
#define WP_LINK_H

#include "sim/core/machine.h"

/* A line between a machine and whoever it talks to. Times in microseconds. */
struct wp_link_setup {
    const char *name; /* NULL: of this machine alone */
    wp_us latency, jitter;
    uint32_t baud;  /* 0: no serialisation time; else 11 bits per byte (8E1) */
    bool shared;    /* several machines on one line take turns */
    uint32_t split; /* deliver in pieces of at most this many bytes; 0: as sent */
};

enum wp_link_direction { WP_LINK_FROM = 1, WP_LINK_TO = 2, WP_LINK_BOTH = 3 }; /* as seen from the machine */

#define WP_LINK_FAULTS(X)                                                                                    \
    X(DROP, "drop")           /* n bytes from offset at of a send are lost (n 0: all of it) */               \
    X(CORRUPT, "corrupt")     /* the byte at offset at is XORed with mask */                                 \
    X(INSERT, "insert")       /* bytes are put in at offset at (beyond the end: after it) */                 \
    X(DUPLICATE, "duplicate") /* the send arrives twice */                                                   \
    X(DELAY, "delay")         /* the send arrives later by `duration` */                                     \
    X(SPLIT, "split")         /* cut at offset at; the rest follows after `duration` */                      \
    X(MERGE, "merge")         /* held back and sent together with the next one */                            \
    X(CUT, "cut")             /* RST after n bytes of a send; at once when n is 0 and nothing is sent */     \
    X(STALL, "stall")         /* nothing is read for `duration`, then everything at once */                  \
    X(CLOSE, "close")         /* FIN at once */

enum wp_link_fault_kind {
#define X(name, text) WP_LINK_##name,
    WP_LINK_FAULTS(X)
#undef X
};

const char *wp_link_fault_text(enum wp_link_fault_kind kind);

struct wp_link_fault {
    enum wp_link_fault_kind kind;
    enum wp_link_direction direction;
    uint32_t times; /* sends that it strikes; 0: every one until the end */
    uint32_t skip;  /* sends that pass before the first strike */
    size_t at, n;
    uint8_t mask;
    struct wp_slice bytes; /* copied */
    wp_us duration;
};

#endif
