/* One captured packet taken apart: link layer, IPv4 or IPv6, TCP or UDP; or a message of a bus. */
#ifndef WP_PACKET_H
#define WP_PACKET_H

#include "sim/core/bytes.h"

/* An address and a port. `ip` has 4 or 16 bytes by `version`, the rest is 0, so that two compare as bytes. */
struct packet_addr {
    uint8_t ip[16];
    uint16_t port;
    uint16_t version; /* 4 or 6; 0: a bus, where messages name who sends them */
};

enum packet_kind {
    PACKET_TCP,
    PACKET_UDP,
    PACKET_MESSAGE,   /* one whole D-Bus message */
    PACKET_OTHER,     /* ARP, ICMP, ... */
    PACKET_FRAGMENT,  /* a piece of an IP packet */
    PACKET_CUT,       /* captured too short for its headers */
    PACKET_MALFORMED, /* a header that contradicts itself */
};

enum {
    PACKET_FIN = 0x01,
    PACKET_SYN = 0x02,
    PACKET_RST = 0x04,
    PACKET_ACK = 0x10,
};

/* Where a piece belongs. What it belongs to is named by both addresses, the number and, in IPv4, the protocol. */
struct packet_piece {
    uint32_t id, offset;
    bool more;        /* it is not the last one */
    uint8_t protocol; /* of what is in pieces; in IPv6 that of the first piece counts */
};

struct packet {
    struct packet_addr from, to;
    struct wp_slice payload; /* as captured; a cut packet has less than n_wire */
    size_t n_wire;           /* payload bytes that were on the wire */
    uint32_t seq, ack;       /* TCP */
    uint8_t flags;           /* TCP: PACKET_FIN ... */
    /* Where these headers begin in `bytes`. NULL: nowhere, it was put together from pieces, or a bus has none. */
    const uint8_t *network, *transport;
    struct packet_piece piece; /* PACKET_FRAGMENT: its ports are 0 */
};

/* Can packets of this link type (LINKTYPE_) be taken apart? */
bool packet_knows_link(int link);

/* `bytes` as captured, of `n_wire` on the wire. `out` is written for TCP, UDP, messages and fragments only, and
 * borrows from `bytes`. Checksums are not looked at: a capture on the sending machine has none yet. */
enum packet_kind packet_read(int link, struct wp_slice bytes, size_t n_wire, struct packet *out);

/* The same for what pieces were put together to; `piece` is one of them, with the first one's protocol. */
enum packet_kind packet_read_whole(const struct packet *piece, struct wp_slice bytes, size_t n_wire,
                                   struct packet *out);

/* Asked several times for each packet: three comparisons instead of a call. */
static inline bool packet_addr_eq(const struct packet_addr *a, const struct packet_addr *b)
{
    uint64_t x[2], y[2];

    memcpy(x, a->ip, sizeof x);
    memcpy(y, b->ip, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0 && a->port == b->port && a->version == b->version;
}

/* "127.0.0.1:8899", "[::1]:8899", "bus" */
void packet_put_addr(struct wp_writer *w, const struct packet_addr *addr);

#endif
