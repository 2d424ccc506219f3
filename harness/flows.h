/* Packets to connections: each TCP connection, UDP exchange and bus is a flow with two directions of bytes.
 *
 * Bytes come out at the packet that completes them, so in the order of packet numbers. A hole that nobody fills or
 * acknowledges is a gap after a minute of the capture. Memory is bounded: of too many
 * flows the one that was quiet for longest is ended, and what waits for lost segments has a budget. */
#ifndef WP_FLOWS_H
#define WP_FLOWS_H

#include "harness/moment.h"
#include "harness/packet.h"
#include "harness/reassembly.h"

enum flow_kind {
    FLOW_TCP,
    FLOW_UDP,
    FLOW_BUS, /* all messages of a bus, in one direction; each stands for itself, as a datagram does */
};

struct flow {
    uint32_t number; /* from 1, by its first packet */
    enum flow_kind kind;
    bool knows_client;          /* the handshake was captured: addr[0] opened the connection */
    struct packet_addr addr[2]; /* direction 0 is from addr[0] to addr[1] */
    struct reassembly tcp[2];
    uint64_t datagram_bytes[2];  /* captured payload */
    uint64_t datagram_length[2]; /* with what was cut off */
    struct moment opened;        /* by its first packet */
    struct moment ended;         /* the first FIN or RST; number 0: none was seen */
    unsigned ended_by;           /* who sent it, a direction */
    bool was_reset;              /* it was a RST */
    void *user;                  /* of who takes the bytes */
};

/* Captured payload bytes of a direction, each counted once. */
static inline uint64_t flow_bytes(const struct flow *flow, unsigned direction)
{
    return flow->kind == FLOW_TCP ? flow->tcp[direction].counts.bytes : flow->datagram_bytes[direction];
}

/* Who takes what flows are made of. */
struct flows_out {
    void (*open)(struct flows_out *out, struct flow *flow, const struct moment *when);
    void (*bytes)(struct flows_out *out, struct flow *flow, unsigned direction, struct wp_slice bytes,
                  const struct moment *when);
    void (*gap)(struct flows_out *out, struct flow *flow, unsigned direction, uint64_t n,
                const struct moment *when);
    /* Nothing more comes; counts are final and `user` is to be freed. */
    void (*close)(struct flows_out *out, struct flow *flow, const struct moment *when);
    /* NULL: nobody. Told of each packet of an open flow, before anything is made of it: where in the direction's stream
     * (gaps counted) its payload stands, or would; the same again for a retransmission, below 0 before the first byte
     * seen. */
    void (*segment)(struct flows_out *out, struct flow *flow, unsigned direction, int64_t at,
                    const struct packet *p, const struct moment *when);
};

struct flows_limits {
    size_t flows;          /* open and lately closed ones; 0: 65536 */
    size_t waiting_stream; /* bytes behind a hole, in one direction; 0: 1 MiB */
    size_t waiting_total;  /* in all of them; 0: 64 MiB */
};

struct flows_counts {
    uint64_t made[3]; /* flows, by kind */
    uint64_t evicted; /* ended because there were too many */
    uint64_t late;    /* packets with payload for a connection that was over */
};

struct flows *flows_new(const struct flows_limits *limits, struct flows_out *out);
/* One packet of kind PACKET_TCP, PACKET_UDP or PACKET_MESSAGE, as `kind` says. */
void flows_packet(struct flows *f, const struct packet *p, enum flow_kind kind, const struct moment *when);
/* The capture is over: every flow is closed, in the order of their numbers. */
void flows_finish(struct flows *f, const struct moment *when);
struct flows_counts flows_counted(const struct flows *f);
/* Call flows_finish first: closing frees what the taker of the bytes holds. */
void flows_free(struct flows *f);

#endif
