/* Bytes cut out of the streams of a capture, or written over, wherever packets carry them: sequence numbers and
 * acknowledgements close up, lengths and checksums follow, so that nothing seems to be missing afterwards. */
#ifndef WP_CAPTURE_CUT_H
#define WP_CAPTURE_CUT_H

#include "harness/capture_image.h"

struct flow;
struct packet;

/* Where a packet stands. Stream 0: in none. */
struct cut_place {
    uint64_t stream, back; /* its own, and the other direction's; a flow's are its number * 2 and one more */
    int64_t at, acked;     /* of its payload; what it acknowledges of the other one */
    uint32_t seq;
    bool is_piece;    /* put together from pieces, which are left as they are */
    bool is_datagram; /* of UDP */
};

struct cut_range {
    uint64_t stream, at, n;
};

/* What is known of an image's packets. */
struct capture_cut {
    const struct capture_image *image; /* borrowed */
    struct cut_place *place;           /* of each packet */
    struct cut_base {
        uint64_t stream;
        uint32_t seq; /* of its first byte */
    } * base;         /* by stream */
    size_t n_bases, cap;
};

struct capture_cut *capture_cut_new(const struct capture_image *image);
/* While the image is replayed: of replay's `segment`. */
void capture_cut_learn(struct capture_cut *c, const struct flow *flow, unsigned direction, int64_t at,
                       const struct packet *p, uint64_t number);
/* All packets were told. */
void capture_cut_learned(struct capture_cut *c);
void capture_cut_free(struct capture_cut *c);

/* The image without the packets that are not kept (NULL: all are) and without these ranges, which are in order and
 * apart. Packets that carried something and do so no more are left out, unless they open or end a connection. false:
 * a range stands in pieces of IP packets. */
bool capture_cut_make(const struct capture_cut *c, const bool *keep, const struct cut_range *range, size_t n,
                      struct capture_image *out);
/* What the streams lose with these packets: bytes that no kept packet carries. Returns how many ranges; *out is to be
 * freed. */
size_t capture_cut_lost(const struct capture_cut *c, const bool *keep, struct cut_range **out);
/* In place: other bytes of a stream. `image`: a copy of the one that is known, packet for packet. */
void capture_cut_write(const struct capture_cut *c, struct capture_image *image,
                       const struct cut_range *where, const uint8_t *bytes);

#endif
