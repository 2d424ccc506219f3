/* Private to the files of packet. */
#ifndef WP_PACKET_IMPL_H
#define WP_PACKET_IMPL_H

#include "harness/packet.h"

/* What is read, and how far it was captured: `wire` counts the bytes that followed on the wire from here on. Two
 * registers hold it. */
struct packet_layer {
    const uint8_t *p;
    uint32_t n, wire;
};

static inline struct packet_layer packet_layer(struct wp_slice bytes, size_t n_wire)
{
    size_t wire = n_wire > bytes.n ? n_wire : bytes.n;

    return (struct packet_layer){bytes.p, (uint32_t)bytes.n, wire < UINT32_MAX ? (uint32_t)wire : UINT32_MAX};
}

/* `header` bytes were on the wire. */
static inline struct packet_layer packet_inner(struct packet_layer outer, size_t header)
{
    uint32_t n = (uint32_t)header < outer.n ? (uint32_t)header : outer.n;

    return (struct packet_layer){outer.p + n, outer.n - n, outer.wire - (uint32_t)header};
}

/* What an inner length field leaves of it: Ethernet pads short packets. */
static inline struct packet_layer packet_only(struct packet_layer l, size_t n)
{
    if (l.n > n)
        l.n = (uint32_t)n;
    if (l.wire > n)
        l.wire = (uint32_t)n;
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

static inline struct wp_slice packet_bytes(struct packet_layer l)
{
    return wp_slice(l.p, l.n);
}

/* A header that is not there whole: cut off by the capture, or never sent. */
static inline enum packet_kind packet_lacking(struct packet_layer l, size_t header)
{
    return l.wire < header ? PACKET_MALFORMED : PACKET_CUT;
}

/* From the IP header on, of either version. */
enum packet_kind packet_read_ip(struct packet_layer l, struct packet *out);

#endif
