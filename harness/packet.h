/* One captured packet taken apart: link layer, IPv4 or IPv6, TCP or UDP. */
#ifndef WP_PACKET_H
#define WP_PACKET_H

#include "sim/core/bytes.h"

/* An address and a port. `ip` has 4 or 16 bytes by `version`, the rest is 0, so that two compare as bytes. */
struct packet_addr {
    uint8_t ip[16];
    uint16_t port;
    uint16_t version; /* 4 or 6 */
};

enum packet_kind {
    PACKET_TCP,
    PACKET_UDP,
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

struct packet {
    struct packet_addr from, to;
    struct wp_slice payload;            /* as captured; a cut packet has less than n_wire */
    size_t n_wire;                      /* payload bytes that were on the wire */
    uint32_t seq, ack;                  /* TCP */
    uint8_t flags;                      /* TCP: PACKET_FIN ... */
    const uint8_t *network, *transport; /* where these headers begin in `bytes` */
};

/* Can packets of this link type (DLT_) be taken apart? */
bool packet_knows_link(int link);

/* `bytes` as captured, of `n_wire` on the wire. `out` is written for PACKET_TCP and PACKET_UDP only, and borrows
 * from `bytes`. Checksums are not looked at: a capture on the sending machine has none yet. */
enum packet_kind packet_read(int link, struct wp_slice bytes, size_t n_wire, struct packet *out);

static inline bool packet_addr_eq(const struct packet_addr *a, const struct packet_addr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* "127.0.0.1:8899", "[::1]:8899" */
void packet_put_addr(struct wp_writer *w, const struct packet_addr *addr);

#endif
