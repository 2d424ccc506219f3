#include "harness/packet.h"

#include "sim/core/machine.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86DD,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_QINQ = 0x88A8,
    ETHERTYPE_QINQ_OLD = 0x9100,
};

enum {
    IP_HOP_BY_HOP = 0,
    IP_TCP = 6,
    IP_UDP = 17,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_AUTHENTICATION = 51,
    IP_DESTINATION = 60,
};

/* What is read, and how far it was captured: `wire` counts the bytes that followed on the wire from here on. */
struct layer {
    struct wp_slice in;
    size_t wire;
};

static struct layer inner(struct layer outer, size_t header)
{
    return (struct layer){wp_slice_from(outer.in, header), outer.wire - header};
}

/* What an inner length field leaves of it: Ethernet pads short packets. */
static struct layer only(struct layer l, size_t n)
{
    if (l.in.n > n)
        l.in.n = n;
    if (l.wire > n)
        l.wire = n;
    return l;
}

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A header that is not there whole: cut off by the capture, or never sent. */
static enum packet_kind lacking(struct layer l, size_t header)
{
    return l.wire < header ? PACKET_MALFORMED : PACKET_CUT;
}

/* ---- transport -------------------------------------------------------------------------------------- */

static enum packet_kind read_tcp(struct layer l, struct packet *out)
{
    const uint8_t *p = l.in.p;
    size_t header;

    if (l.in.n < 20)
        return lacking(l, 20);
    header = (size_t)(p[12] >> 4) * 4;
    if (header < 20 || header > l.wire)
        return PACKET_MALFORMED;
    out->transport = p;
    out->from.port = u16(p);
    out->to.port = u16(p + 2);
    out->seq = u32(p + 4);
    out->ack = u32(p + 8);
    out->flags = p[13];
    out->payload = wp_slice_from(l.in, header);
    out->n_wire = l.wire - header;
    return PACKET_TCP;
}

static enum packet_kind read_udp(struct layer l, struct packet *out)
{
    size_t length;

    if (l.in.n < 8)
        return lacking(l, 8);
    length = u16(l.in.p + 4);
    if (length < 8 && length != 0) /* 0: longer than can be said (RFC 2675) */
        return PACKET_MALFORMED;
    out->transport = l.in.p;
    out->from.port = u16(l.in.p);
    out->to.port = u16(l.in.p + 2);
    if (length)
        l = only(l, length);
    out->payload = wp_slice_from(l.in, 8);
    out->n_wire = l.wire - 8;
    return PACKET_UDP;
}

static enum packet_kind read_transport(struct layer l, unsigned protocol, struct packet *out)
{
    switch (protocol) {
    case IP_TCP: return read_tcp(l, out);
    case IP_UDP: return read_udp(l, out);
    default: return PACKET_OTHER;
    }
}

/* ---- network ---------------------------------------------------------------------------------------- */

static void set_ip(struct packet_addr *addr, uint16_t version, const uint8_t *ip, size_t n)
{
    *addr = (struct packet_addr){.version = version};
    memcpy(addr->ip, ip, n);
}

static enum packet_kind read_ipv4(struct layer l, struct packet *out)
{
    const uint8_t *p = l.in.p;
    size_t header, total;

    if (l.in.n < 20)
        return lacking(l, 20);
    header = (size_t)(p[0] & 0x0F) * 4;
    total = u16(p + 2);
    if (header < 20 || (total != 0 && total < header)) /* 0: the sending card cuts it into packets later */
        return PACKET_MALFORMED;
    if (total)
        l = only(l, total);
    if (header > l.in.n)
        return lacking(l, header);
    if (u16(p + 6) & 0x3FFF) /* more fragments, or an offset */
        return PACKET_FRAGMENT;
    out->network = p;
    set_ip(&out->from, 4, p + 12, 4);
    set_ip(&out->to, 4, p + 16, 4);
    return read_transport(inner(l, header), p[9], out);
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

static enum packet_kind read_ipv6(struct layer l, struct packet *out)
{
    unsigned next;
    size_t length;

    if (l.in.n < 40)
        return lacking(l, 40);
    next = l.in.p[6];
    length = u16(l.in.p + 4);
    out->network = l.in.p;
    set_ip(&out->from, 6, l.in.p + 8, 16);
    set_ip(&out->to, 6, l.in.p + 24, 16);
    l = inner(l, 40);
    if (length)
        l = only(l, length);
    while (is_extension(next)) { /* each is at least 8 bytes long, so the packet bounds them */
        const uint8_t *p = l.in.p;

        if (l.in.n < 8)
            return lacking(l, 8);
        length = extension(next, p);
        if (length > l.in.n)
            return lacking(l, length);
        if (next == IP_FRAGMENT && (u16(p + 2) & 0xFFF9))
            return PACKET_FRAGMENT;
        next = p[0];
        l = inner(l, length);
    }
    return read_transport(l, next, out);
}

static enum packet_kind read_ip(struct layer l, struct packet *out)
{
    if (l.in.n == 0)
        return lacking(l, 1);
    switch (l.in.p[0] >> 4) {
    case 4: return read_ipv4(l, out);
    case 6: return read_ipv6(l, out);
    default: return PACKET_MALFORMED;
    }
}

/* ---- link ------------------------------------------------------------------------------------------- */

static enum packet_kind read_ethertype(struct layer l, uint16_t type, struct packet *out)
{
    while (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD) {
        if (l.in.n < 4)
            return lacking(l, 4);
        type = u16(l.in.p + 2);
        l = inner(l, 4);
    }
    return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? read_ip(l, out) : PACKET_OTHER;
}

/* The address family stands first, in the byte order of the machine that captured: 2 is IPv4, IPv6 has a number
 * of its own on every system. The IP version says it better. */
static bool is_ip_family(const uint8_t *p)
{
    uint32_t family =
        p[0] ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : u32(p);

    return family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
}

/* Link types whose packets begin with a header of fixed length that holds the type of what follows. */
static const struct link {
    int link;
    size_t header;
    size_t type_at;
} links[] = {
    {DLT_EN10MB, 14, 12},
    {DLT_C_HDLC, 4, 2},
    {DLT_LINUX_SLL, 16, 14},
    {DLT_LINUX_SLL2, 20, 0},
};

static const struct link *find_link(int link)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (links[i].link == link)
            return &links[i];
    return NULL;
}

static bool is_raw(int link)
{
    return link == DLT_RAW || link == 101 || link == DLT_IPV4 || link == DLT_IPV6;
}

static bool is_loopback(int link)
{
    return link == DLT_NULL || link == DLT_LOOP;
}

bool packet_knows_link(int link)
{
    return find_link(link) || is_raw(link) || is_loopback(link);
}

enum packet_kind packet_read(int link, struct wp_slice bytes, size_t n_wire, struct packet *out)
{
    struct layer l = {bytes, n_wire > bytes.n ? n_wire : bytes.n};
    const struct link *typed = find_link(link);

    if (typed) {
        if (bytes.n < typed->header)
            return lacking(l, typed->header);
        return read_ethertype(inner(l, typed->header), u16(bytes.p + typed->type_at), out);
    }
    if (is_loopback(link)) {
        if (bytes.n < 4)
            return lacking(l, 4);
        return is_ip_family(bytes.p) ? read_ip(inner(l, 4), out) : PACKET_OTHER;
    }
    return is_raw(link) ? read_ip(l, out) : PACKET_OTHER;
}

/* ---- addresses -------------------------------------------------------------------------------------- */

void packet_put_addr(struct wp_writer *w, const struct packet_addr *addr)
{
    char text[INET6_ADDRSTRLEN];

    if (addr->version == 6) {
        wp_put_char(w, '[');
        wp_put_text(w, inet_ntop(AF_INET6, addr->ip, text, sizeof text));
        wp_put_char(w, ']');
    } else {
        wp_put_ip(w, u32(addr->ip));
    }
    wp_put_char(w, ':');
    wp_put_uint(w, addr->port);
}
