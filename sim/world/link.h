/* Links and their faults: one code for both worlds, between a sender's effect and the wire.
 *
 * A connection runs over the line of one of its two machines: of the one that dialled it, unless that one has a broker
 * endpoint and the other has none (a gateway that polls: the line is the device's). A broker session runs over its
 * client's line. So the faults of a machine with a broker endpoint strike its session, those of any other its
 * connections. On a connection a send is one WP_SEND; on a broker session it is one PUBLISH packet, and all other
 * packets pass untouched; on UDP it is one datagram.
 *
 * Datagrams are lost, doubled and damaged whole, and may overtake each other: one that jitter or DELAY holds up does not
 * hold up those behind it. DROP loses all of it, whatever `n` says; CUT leaves its first n bytes and nobody hears of it;
 * SPLIT makes two of one, MERGE one of two, and what becomes too long for one gets nowhere; after STALL they are read one
 * by one. There is no FIN and no RST: CUT and CLOSE at once, and the line's own `split`, leave UDP alone. */
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
    X(DELAY, "delay")         /* the send, and so what follows it, arrives later by `duration` */            \
    X(SPLIT, "split")         /* cut at offset at; the rest follows after `duration` */                      \
    X(MERGE, "merge")         /* held back and sent together with the next one, which is not held itself */  \
    X(CUT, "cut")             /* RST after n bytes of a send; at once when n and skip are 0 */               \
    X(STALL, "stall")         /* nothing is read for `duration` from a send on, then everything at once */   \
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

/* CUT and CLOSE that wait for no send: the world ends the connections now open, and the link never sees them. */
bool wp_link_fault_is_immediate(const struct wp_link_fault *fault);

/* The lines that several machines share, by name. Zeroed: none. */
struct wp_lines {
    struct wp_line *first;
};

void wp_lines_free(struct wp_lines *lines);

/* One machine's line, or its end of a shared one. A line that only adds a fixed latency needs none. */
struct wp_link;

/* `setup` outlives the link, `lines` too; `seed` is for the jitter. */
struct wp_link *wp_link_new(struct wp_lines *lines, const struct wp_link_setup *setup, uint64_t seed);
void wp_link_free(struct wp_link *link); /* NULL is fine */
void wp_link_add_fault(struct wp_link *link, const struct wp_link_fault *fault);
wp_us wp_link_latency(const struct wp_link *link);
size_t wp_link_memory(const struct wp_link *link); /* NULL: 0 */

/* Where a send goes: called from within wp_link_carry, in the order of arrival. */
struct wp_link_out {
    bool datagrams; /* each piece is one, and `cut` is never called */
    /* Bytes, borrowed, that reach the other side at `at`; joined: in one receipt with those before. */
    void (*piece)(struct wp_link_out *out, wp_us at, struct wp_slice bytes, bool joined);
    /* Then a RST reaches it; the sender has it now. */
    void (*cut)(struct wp_link_out *out, wp_us at);
    /* For a record: "strikes" with the number of the strike, "ends" with how many there were. */
    void (*fault)(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count);
};

/* One send on `port` of the machine (direction FROM) or of its peer (TO). */
void wp_link_carry(struct wp_link *link, enum wp_link_direction direction, wp_port port, wp_us now,
                   struct wp_slice bytes, struct wp_link_out *out);
/* The sender closes in good order: what was held back goes now. `out` NULL: it does not, what was held is lost. */
void wp_link_flush(struct wp_link *link, enum wp_link_direction direction, wp_port port, wp_us now,
                   struct wp_link_out *out);

#endif
