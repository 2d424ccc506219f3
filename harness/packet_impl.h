/* Private to the files of packet. */
#ifndef WP_PACKET_IMPL_H
#define WP_PACKET_IMPL_H

#include "harness/packet.h"

/* What is read, and how far it was captured: `wire` counts the bytes that followed on the wire from here on. */
struct packet_layer {
    struct wp_slice in;
    size_t wire;
};

static inline struct packet_layer packet_inner(struct packet_layer outer, size_t header)
{
    return (struct packet_layer){wp_slice_from(outer.in, header), outer.wire - header};
}

/* What an inner length field leaves of it: Ethernet pads short packets. */
static inline struct packet_layer packet_only(struct packet_layer l, size_t n)
{
    if (l.in.n > n)
        l.in.n = n;
    if (l.wire > n)
        l.wire = n;
    return l;
}

static inline uint16_t packet_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t packet_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A header that is not there whole: cut off by the capture, or never sent. */
static inline enum packet_kind packet_lacking(struct packet_layer l, size_t header)
{
    return l.wire < header ? PACKET_MALFORMED : PACKET_CUT;
}

/* From the IP header on, of either version. */
enum packet_kind packet_read_ip(struct packet_layer l, struct packet *out);

#endif
