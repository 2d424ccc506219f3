/* From the link layer to the IP header.              source: www.tcpdump.org/linktypes.html; IEEE 802.1Q, 802.1ad;
 *                                                            RFC 1661, 1662 (PPP), 2516 (PPPoE), 3032 (MPLS) */
#include "harness/packet_impl.h"

#include <pcap/dlt.h>

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86DD,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_PPPOE = 0x8864,
    ETHERTYPE_QINQ = 0x88A8,
    ETHERTYPE_QINQ_OLD = 0x9100,
    ETHERTYPE_QINQ_OLDER = 0x9200,
    LENGTH_MAX = 1500, /* in the place of a type: IEEE 802.3 */
    SLL_LLC = 4,       /* Linux: this is IEEE 802.2 */
};

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281 };

/* Raw IP, as the file format and the systems count it. */
enum { LINK_RAW = 101, LINK_RAW_BSD = 12, LINK_RAW_OPENBSD = 14 };

static bool is_vlan(unsigned type)
{
    return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD ||
           type == ETHERTYPE_QINQ_OLDER;
}

/* Labels up to the one that says it is the last. */
static enum packet_kind read_mpls(struct packet_layer l, struct packet *out)
{
    bool is_last = false;

    while (!is_last) {
        if (l.n < 4)
            return packet_lacking(l, 4);
        is_last = l.p[2] & 1;
        l = packet_inner(l, 4);
    }
    return packet_read_ip(l, out);
}

/* FF 03 may be left out, and so may the upper byte of the protocol when it is 0: the lower one is odd. */
static enum packet_kind read_ppp(struct packet_layer l, struct packet *out)
{
    size_t header;
    unsigned protocol;

    if (l.n >= 2 && l.p[0] == 0xFF && l.p[1] == 0x03)
        l = packet_inner(l, 2);
    if (l.n < 2)
        return packet_lacking(l, 2);
    header = l.p[0] & 1 ? 1 : 2;
    protocol = header == 1 ? l.p[0] : packet_u16(l.p);
    l = packet_inner(l, header);
    if (protocol == PPP_MPLS)
        return read_mpls(l, out);
    return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? packet_read_ip(l, out) : PACKET_OTHER;
}

static enum packet_kind read_pppoe(struct packet_layer l, struct packet *out)
{
    if (l.n < 6)
        return packet_lacking(l, 6);
    if (l.p[1] != 0) /* not data of the session */
        return PACKET_OTHER;
    return read_ppp(packet_only(packet_inner(l, 6), packet_u16(l.p + 4)), out);
}

static enum packet_kind read_ethertype(struct packet_layer l, unsigned type, struct packet *out);

/* IEEE 802.2 with a subnetwork header behind it: there the type stands. */
static enum packet_kind read_llc(struct packet_layer l, struct packet *out)
{
    static const uint8_t snap[] = {0xAA, 0xAA, 0x03, 0x00, 0x00, 0x00};

    if (l.n < 8)
        return packet_lacking(l, 8);
    if (memcmp(l.p, snap, sizeof snap) != 0 || packet_u16(l.p + 6) <= LENGTH_MAX)
        return PACKET_OTHER;
    return read_ethertype(packet_inner(l, 8), packet_u16(l.p + 6), out);
}

static enum packet_kind read_ethertype(struct packet_layer l, unsigned type, struct packet *out)
{
    while (is_vlan(type)) { /* each takes 4 bytes of the packet */
        if (l.n < 4)
            return packet_lacking(l, 4);
        type = packet_u16(l.p + 2);
        l = packet_inner(l, 4);
    }
    switch (type) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6: return packet_read_ip(l, out);
    case ETHERTYPE_PPPOE: return read_pppoe(l, out);
    case ETHERTYPE_MPLS: return read_mpls(l, out);
    default: return type <= LENGTH_MAX ? read_llc(packet_only(l, type), out) : PACKET_OTHER;
    }
}

/* The address family stands first, in the byte order of the machine that captured: 2 is IPv4, IPv6 has a number
 * of its own on every system. The IP version says it better. */
static enum packet_kind read_loopback(struct packet_layer l, struct packet *out)
{
    const uint8_t *p = l.p;
    uint32_t family;

    if (l.n < 4)
        return packet_lacking(l, 4);
    family = p[0] ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : packet_u32(p);
    switch (family) {
    case 2:
    case 10:
    case 24:
    case 28:
    case 30: return packet_read_ip(packet_inner(l, 4), out);
    default: return PACKET_OTHER;
    }
}

static enum packet_kind read_message(struct packet_layer l, struct packet *out)
{
    *out = (struct packet){.payload = packet_bytes(l), .n_wire = l.wire};
    return PACKET_MESSAGE;
}

/* A header of fixed length with the type of what follows in it. */
static enum packet_kind read_typed(struct packet_layer l, size_t header, size_t type_at, struct packet *out)
{
    unsigned type;

    if (l.n < header)
        return packet_lacking(l, header);
    type = packet_u16(l.p + type_at);
    l = packet_inner(l, header);
    return type_at != 12 && type == SLL_LLC ? read_llc(l, out) : read_ethertype(l, type, out);
}

static enum packet_kind read_after(struct packet_layer l, size_t header, struct packet *out)
{
    if (l.n < header)
        return packet_lacking(l, header);
    return read_ppp(packet_inner(l, header), out);
}

bool packet_knows_link(int link)
{
    struct packet unused;

    return packet_read(link, wp_slice("", 0), SIZE_MAX, &unused) != PACKET_OTHER;
}

enum packet_kind packet_read(int link, struct wp_slice bytes, size_t n_wire, struct packet *out)
{
    struct packet_layer l = packet_layer(bytes, n_wire);

    switch (link) {
    case DLT_EN10MB: return read_typed(l, 14, 12, out);
    case DLT_C_HDLC: return read_typed(l, 4, 2, out);
    case DLT_LINUX_SLL: return read_typed(l, 16, 14, out);
    case DLT_LINUX_SLL2: return read_typed(l, 20, 0, out);
    case DLT_NULL:
    case DLT_LOOP: return read_loopback(l, out);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case DLT_IPV4:
    case DLT_IPV6: return packet_read_ip(l, out);
    case DLT_PPP:
    case DLT_PPP_SERIAL: return read_ppp(l, out);
    case DLT_PPP_PPPD: return read_after(l, 2, out); /* 00 or 01 for the direction in the place of FF, 03 */
    case DLT_PPP_WITH_DIR: return read_after(l, 1, out); /* before FF 03 */
    case DLT_PPP_ETHER: return read_pppoe(l, out);
    case DLT_DBUS: return read_message(l, out);
    default: return PACKET_OTHER;
    }
}
