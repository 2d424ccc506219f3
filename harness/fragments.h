/* Pieces of IP packets, in the order in which they were captured, to the packets that they are of.
 *
 * The first copy of a byte counts. Memory is bounded: a packet whose pieces do not all come is given up 30 seconds
 * after its first one (RFC 791 and 8200 say up to a minute), or when there are too many. */
#ifndef WP_FRAGMENTS_H
#define WP_FRAGMENTS_H

#include "harness/packet.h"

struct fragments_counts {
    uint64_t pieces;
    uint64_t lost;  /* pieces of packets that never became whole */
    uint64_t whole; /* packets put together */
    uint64_t
        conflicts; /* bytes sent twice, and not the same; pieces that contradict the packet's length count once */
};

struct fragments *fragments_new(void);
void fragments_free(struct fragments *f); /* NULL is fine */

/* One packet of kind PACKET_FRAGMENT. true: it was the last missing piece. *out is then the whole for
 * packet_read_whole: its payload has what was captured up to the first byte that was not, n_wire what there was, and
 * the protocol is that of its beginning. Borrowed until the next call. */
bool fragments_add(struct fragments *f, const struct packet *piece, int64_t now_ns, struct packet *out);

/* Those that are still waiting count as lost. */
struct fragments_counts fragments_counted(const struct fragments *f);

#endif
