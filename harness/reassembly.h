/* One direction of a TCP connection: segments, in the order in which they were captured, to bytes in theirs.
 *
 *     seq ->  ..... delivered | hole | waiting segment | hole | waiting segment
 *                             ^ next_seq, offset
 *
 * - What was delivered, or waits already, is a retransmission: counted, never delivered twice.
 * - A segment behind a hole waits. The hole is a gap (bytes that the capture lacks) once the other side acknowledges
 *   what stands behind it, or the connection ends, or too much waits.
 * - The first segment seen begins the stream, wherever that is in the connection. */
#ifndef WP_REASSEMBLY_H
#define WP_REASSEMBLY_H

#include "harness/reassembly_sent.h"

/* How much may wait, in all directions together and in one; who shares it keeps count in `used`. */
struct reassembly_budget {
    size_t total, used, per_stream;
    struct reassembly_sent *sent; /* what was delivered; NULL: only what waits can be compared */
};

struct reassembly_counts {
    uint64_t bytes; /* delivered */
    uint64_t gaps, gap_bytes;
    uint64_t retransmitted; /* segments with nothing new */
    uint64_t reordered;     /* segments that had to wait */
    uint64_t overlaps;      /* segments with old bytes and new ones */
    uint64_t conflicts;     /* bytes sent twice, and not the same: as long as the first ones are known */
    uint64_t strays;        /* segments far off what can be in flight */
    uint64_t given_up;      /* holes that became gaps because the budget was spent, or somebody's patience */
};

/* Where bytes and gaps go, in their order. */
struct reassembly_out {
    void (*bytes)(struct reassembly_out *out, struct wp_slice bytes);
    void (*gap)(struct reassembly_out *out, uint64_t n);
};

struct reassembly {
    bool started, has_fin;
    uint32_t next_seq;
    int64_t offset;                     /* of next_seq in the stream: what was delivered, and gaps */
    int64_t acked;                      /* how far the other side says it has it */
    int64_t fin_offset;                 /* has_fin: the stream's length */
    struct reassembly_segment *waiting; /* by offset, without overlaps */
    size_t waiting_bytes;
    uint64_t last_sent; /* of reassembly_sent.h */
    struct reassembly_counts counts;
};

/* The other side's first byte will have seq + 1. */
void reassembly_syn(struct reassembly *r, uint32_t seq);
/* Payload of one segment. */
void reassembly_data(struct reassembly *r, struct reassembly_budget *budget, uint32_t seq,
                     struct wp_slice bytes, struct reassembly_out *out);
/* `n` bytes from `seq` on were on the wire and cut off by the capture: a gap at once, unless it stands behind a hole. */
void reassembly_cut(struct reassembly *r, uint32_t seq, size_t n, struct reassembly_out *out);
/* Where in the stream `seq` stands, or will once it has begun with this segment. false: far off what can be in flight. */
bool reassembly_place(const struct reassembly *r, uint32_t seq, int64_t *ret_at);
/* Behind its last byte stands the FIN. */
void reassembly_fin(struct reassembly *r, uint32_t seq);
/* The other side has everything before `ack`. */
void reassembly_ack(struct reassembly *r, struct reassembly_budget *budget, uint32_t ack,
                    struct reassembly_out *out);
/* Something waits: the hole before it becomes a gap. */
void reassembly_give_up(struct reassembly *r, struct reassembly_budget *budget, struct reassembly_out *out);
/* Nothing more comes: holes become gaps, and what waited is delivered. */
void reassembly_finish(struct reassembly *r, struct reassembly_budget *budget, struct reassembly_out *out);
/* Has everything up to the FIN been delivered? */
bool reassembly_is_complete(const struct reassembly *r);
/* Frees what waits, undelivered. */
void reassembly_drop(struct reassembly *r, struct reassembly_budget *budget);

#endif
