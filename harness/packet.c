#include "harness/packet_impl.h"
#include "sim/core/machine.h"

#include <arpa/inet.h>

enum {
    IP_HOP_BY_HOP = 0,
    IP_TCP = 6,
    IP_UDP = 17,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_AUTHENTICATION = 51,
    IP_DESTINATION = 60,
};

enum { IP_BYTES_MAX = 65535 };

/* ---- transport -------------------------------------------------------------------------------------- */

static enum packet_kind read_tcp(struct packet_layer l, struct packet *out)
{
    const uint8_t *p = l.p;
    size_t header;

    if (l.n < 20)
        return packet_lacking(l, 20);
    header = (size_t)(p[12] >> 4) * 4;
    if (header < 20 || header > l.wire)
        return PACKET_MALFORMED;
    out->transport = p;
    out->from.port = packet_u16(p);
    out->to.port = packet_u16(p + 2);
    out->seq = packet_u32(p + 4);
    out->ack = packet_u32(p + 8);
    out->flags = p[13];
    out->payload = packet_bytes(packet_inner(l, header));
    out->n_wire = l.wire - header;
    return PACKET_TCP;
}

static enum packet_kind read_udp(struct packet_layer l, struct packet *out)
{
    size_t length;

    if (l.n < 8)
        return packet_lacking(l, 8);
    length = packet_u16(l.p + 4);
    if (length < 8 && length != 0) /* 0: longer than can be said (RFC 2675) */
        return PACKET_MALFORMED;
    out->transport = l.p;
    out->from.port = packet_u16(l.p);
    out->to.port = packet_u16(l.p + 2);
    if (length)
        l = packet_only(l, length);
    out->payload = packet_bytes(packet_inner(l, 8));
    out->n_wire = l.wire - 8;
    return PACKET_UDP;
}

static enum packet_kind read_transport(struct packet_layer l, unsigned protocol, struct packet *out)
{
    switch (protocol) {
    case IP_TCP: return read_tcp(l, out);
    case IP_UDP: return read_udp(l, out);
    default: return PACKET_OTHER;
    }
}

/* ---- network ---------------------------------------------------------------------------------------- */

/* In halves, as they will be compared: what is read otherwise than it was just written has to wait for memory. */
static inline void set_ip(struct packet_addr *addr, uint16_t version, const uint8_t *ip, size_t n)
{
    uint64_t half[2] = {0};

    memcpy(half, ip, n);
    memcpy(addr->ip, &half[0], 8);
    memcpy(addr->ip + 8, &half[1], 8);
    addr->port = 0;
    addr->version = version;
}

/* All pieces but the last are of 8 bytes each, and none lies beyond what a packet can have. */
static enum packet_kind read_piece(struct packet_layer l, struct packet *out)
{
    if (l.wire == 0 || (out->piece.more && l.wire % 8 != 0) || out->piece.offset + l.wire > IP_BYTES_MAX)
        return PACKET_MALFORMED;
    out->payload = packet_bytes(l);
    out->n_wire = l.wire;
    return PACKET_FRAGMENT;
}

static enum packet_kind read_ipv4(struct packet_layer l, struct packet *out)
{
    const uint8_t *p = l.p;
    size_t header, total;

    if (l.n < 20)
        return packet_lacking(l, 20);
    header = (size_t)(p[0] & 0x0F) * 4;
    total = packet_u16(p + 2);
    if (header < 20 || (total != 0 && total < header)) /* 0: the sending card cuts it into packets later */
        return PACKET_MALFORMED;
    if (total)
        l = packet_only(l, total);
    if (header > l.n)
        return packet_lacking(l, header);
    out->network = p;
    set_ip(&out->from, 4, p + 12, 4);
    set_ip(&out->to, 4, p + 16, 4);
    l = packet_inner(l, header);
    if (packet_u16(p + 6) & 0x3FFF) { /* more fragments, or an offset */
        out->piece = (struct packet_piece){
            .id = packet_u16(p + 4),
            .offset = (uint32_t)(packet_u16(p + 6) & 0x1FFF) * 8,
            .more = packet_u16(p + 6) & 0x2000,
            .protocol = p[9],
        };
        return read_piece(l, out);
    }
    return read_transport(l, p[9], out);
}

/* Length of an extension header; 0: `next` is none that can be passed. */
static size_t extension(unsigned next, const uint8_t *p)
{
    switch (next) {
    case IP_HOP_BY_HOP:
    case IP_ROUTING:
    case IP_DESTINATION: return ((size_t)p[1] + 1) * 8;
    case IP_AUTHENTICATION: return ((size_t)p[1] + 2) * 4;
    case IP_FRAGMENT: return 8;
    default: return 0;
    }
}

static bool is_extension(unsigned next)
{
    static const uint8_t any[2];

    return extension(next, any) > 0;
}

static enum packet_kind read_extensions(struct packet_layer l, unsigned next, struct packet *out)
{
    while (is_extension(next)) { /* each is at least 8 bytes long, so the packet bounds them */
        const uint8_t *p = l.p;
        size_t length;

        if (l.n < 8)
            return packet_lacking(l, 8);
        length = extension(next, p);
        if (length > l.n)
            return packet_lacking(l, length);
        l = packet_inner(l, length);
        if (next == IP_FRAGMENT && (packet_u16(p + 2) & 0xFFF9)) {
            out->piece = (struct packet_piece){
                .id = packet_u32(p + 4),
                .offset = packet_u16(p + 2) & 0xFFF8,
                .more = p[3] & 1,
                .protocol = p[0],
            };
            return read_piece(l, out);
        }
        next = p[0];
    }
    return read_transport(l, next, out);
}

static enum packet_kind read_ipv6(struct packet_layer l, struct packet *out)
{
    size_t length;
    unsigned next;

    if (l.n < 40)
        return packet_lacking(l, 40);
    next = l.p[6];
    length = packet_u16(l.p + 4);
    out->network = l.p;
    set_ip(&out->from, 6, l.p + 8, 16);
    set_ip(&out->to, 6, l.p + 24, 16);
    l = packet_inner(l, 40);
    return read_extensions(length ? packet_only(l, length) : l, next, out);
}

enum packet_kind packet_read_ip(struct packet_layer l, struct packet *out)
{
    if (l.n == 0)
        return packet_lacking(l, 1);
    switch (l.p[0] >> 4) {
    case 4: return read_ipv4(l, out);
    case 6: return read_ipv6(l, out);
    default: return PACKET_MALFORMED;
    }
}

enum packet_kind packet_read_whole(const struct packet *piece, struct wp_slice bytes, size_t n_wire,
                                   struct packet *out)
{
    struct packet_layer l = packet_layer(bytes, n_wire);

    enum packet_kind kind;

    out->from = piece->from;
    out->to = piece->to;
    kind = piece->from.version == 6 ? read_extensions(l, piece->piece.protocol, out)
                                    : read_transport(l, piece->piece.protocol, out);
    out->network = out->transport = NULL;
    return kind;
}

/* ---- addresses -------------------------------------------------------------------------------------- */

void packet_put_addr(struct wp_writer *w, const struct packet_addr *addr)
{
    char text[INET6_ADDRSTRLEN];

    if (addr->version == 0) {
        wp_put_text(w, "bus");
        return;
    }
    if (addr->version == 6) {
        wp_put_char(w, '[');
        wp_put_text(w, inet_ntop(AF_INET6, addr->ip, text, sizeof text));
        wp_put_char(w, ']');
    } else {
        wp_put_ip(w, packet_u32(addr->ip));
    }
    wp_put_char(w, ':');
    wp_put_uint(w, addr->port);
}
