/* Packets written anew: addresses, payload by its place in the stream, checksums; pieces of IP packets as the whole
 * that they are of. */
#include "harness/anonymise_impl.h"

#include "harness/checksum.h"

#include <assert.h>

enum { LINK_ETHERNET = 1, LINK_SLL = 113, LINK_SLL2 = 276 };
enum {
    TYPE_IPV4 = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_VLAN = 0x8100,
    TYPE_QINQ = 0x88A8,
    TYPE_QINQ_OLD = 0x9100
};
enum {
    IP_TCP = 6,
    IP_UDP = 17,
    IP_ROUTING = 43,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    ARP_BYTES = 28,
    NOP = 1
};

static unsigned u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* ---- the link layer --------------------------------------------------------------------------------- */

/* Calls `take` for each Ethernet address. */
static void each_mac(int link, uint8_t *p, size_t n,
                     void (*take)(struct anon *a, enum anon_family f, uint8_t *p), struct anon *a)
{
    if (link == LINK_ETHERNET && n >= 12) {
        take(a, ANON_MAC, p);
        take(a, ANON_MAC, p + 6);
    } else if (link == LINK_SLL && n >= 14 && u16(p + 4) == 6) {
        take(a, ANON_MAC, p + 6);
    } else if (link == LINK_SLL2 && n >= 20 && p[11] == 6) {
        take(a, ANON_MAC, p + 12);
    }
}

/* The ARP packet behind an Ethernet header, when that is what it carries whole; else NULL. */
static uint8_t *find_arp(int link, uint8_t *p, size_t n)
{
    size_t at = link == LINK_ETHERNET ? 12 : link == LINK_SLL ? 14 : n;
    static const uint8_t kind[] = {0, 1, TYPE_IPV4 >> 8, TYPE_IPV4 & 0xFF, 6, 4};

    while (at + 6 <= n &&
           (u16(p + at) == TYPE_VLAN || u16(p + at) == TYPE_QINQ || u16(p + at) == TYPE_QINQ_OLD))
        at += 4;
    if (at + 2 + ARP_BYTES > n || u16(p + at) != TYPE_ARP || memcmp(p + at + 2, kind, sizeof kind) != 0)
        return NULL;
    return p + at + 2;
}

static void each_arp(uint8_t *arp, void (*take)(struct anon *a, enum anon_family f, uint8_t *p),
                     struct anon *a)
{
    take(a, ANON_MAC, arp + 8);
    take(a, ANON_IPV4, arp + 14);
    take(a, ANON_MAC, arp + 18);
    take(a, ANON_IPV4, arp + 24);
}

static enum anon_family family_of(const struct packet_addr *addr)
{
    return addr->version == 6 ? ANON_IPV6 : ANON_IPV4;
}

static void add(struct anon *a, enum anon_family family, uint8_t *p)
{
    anon_address_add(&a->addresses, family, p);
}

static void map(struct anon *a, enum anon_family family, uint8_t *p)
{
    a->counts.addresses[family] += anon_address_map(&a->addresses, family, p);
}

static bool has_ip(enum packet_kind kind)
{
    return kind == PACKET_TCP || kind == PACKET_UDP || kind == PACKET_FRAGMENT;
}

void anon_collect_addresses(struct anon *a)
{
    for (size_t i = 0; i < a->in->n; i++) {
        const struct image_packet *p = &a->in->packet[i];
        struct packet packet = {0};
        uint8_t *arp = find_arp(p->link, p->bytes, p->n);

        each_mac(p->link, p->bytes, p->n, add, a);
        if (arp)
            each_arp(arp, add, a);
        if (has_ip(packet_read(p->link, wp_slice(p->bytes, p->n), p->n_wire, &packet))) {
            add(a, family_of(&packet.from), packet.from.ip);
            add(a, family_of(&packet.to), packet.to.ip);
        }
    }
}

/* ---- headers ---------------------------------------------------------------------------------------- */

/* A routing header has addresses of its own. */
static bool has_route(const struct packet *p, const uint8_t *end)
{
    const uint8_t *at = p->network + IPV6_HEADER;
    unsigned next = p->network[6];

    if (p->from.version != 6)
        return false;
    while (next != IP_TCP && next != IP_UDP && end - at >= 8) {
        if (next == IP_ROUTING)
            return true;
        if (next != 0 && next != 60 && next != 44 && next != 51)
            return false;
        next = at[0];
        at += next == 44 ? 8 : ((size_t)at[1] + 1) * 8;
    }
    return false;
}

/* Addresses of the IP header; options, which may hold addresses, become no options. */
static void change_network(struct anon *a, const struct packet *p, const uint8_t *was, uint8_t *becomes)
{
    uint8_t *network = becomes + (p->network - was);
    size_t header = p->from.version == 4 ? (size_t)(p->network[0] & 0x0F) * 4 : IPV6_HEADER;

    if (p->from.version == 6) {
        map(a, ANON_IPV6, network + 8);
        map(a, ANON_IPV6, network + 24);
        return;
    }
    map(a, ANON_IPV4, network + 12);
    map(a, ANON_IPV4, network + 16);
    memset(network + IPV4_HEADER, NOP, header - IPV4_HEADER);
    checksum_ipv4(p->network, network, header);
}

/* Payload that has no place in a stream of which something was decoded becomes 0. */
static void change_payload(struct anon *a, const struct anon_at *at, uint8_t *payload, size_t n)
{
    size_t undecided = n;

    if (at->stream)
        undecided = anon_bytes_apply(&a->bytes, at->stream, at->at, payload, n);
    else if (!a->setup->keeps_foreign)
        memset(payload, 0, n);
    if (undecided && a->setup->keeps_foreign)
        anon_replace_known(a, payload, n);
    a->counts.foreign_bytes += undecided;
}

static size_t header_of(const uint8_t *p, bool is_udp)
{
    return is_udp ? 8 : (size_t)(p[12] >> 4) * 4;
}

void anon_change_transport(struct anon *a, const struct anon_at *at, const struct packet_addr ends[2],
                           bool is_udp, const uint8_t *was, uint8_t *becomes, size_t n, size_t n_wire)
{
    size_t header = header_of(was, is_udp);
    struct packet_addr now[2] = {ends[0], ends[1]};
    struct checksum_packet before = {was, n, n_wire, &ends[0], &ends[1]},
                           after = {becomes, n, n_wire, &now[0], &now[1]};

    for (int i = 0; i < 2; i++)
        anon_address_map(&a->addresses, family_of(&ends[i]), now[i].ip);
    if (n > header)
        change_payload(a, at, becomes + header, n - header);
    checksum_transport(&before, &after, is_udp, becomes);
}

static void change_whole_packet(struct anon *a, size_t i, const struct packet *p, bool is_udp, uint8_t *bytes)
{
    const struct image_packet *in = &a->in->packet[i];
    const struct packet_addr ends[2] = {p->from, p->to};
    size_t at = (size_t)(p->transport - in->bytes), header = header_of(p->transport, is_udp);
    size_t captured = header < in->n - at ? header : in->n - at, end = at + captured + p->payload.n;

    change_network(a, p, in->bytes, bytes);
    anon_change_transport(a, &a->at[i], ends, is_udp, p->transport, bytes + at, captured + p->payload.n,
                          header + p->n_wire);
    memset(bytes + end, 0, in->n - end); /* what stands behind the packet is whatever the card had there */
}

static bool change_piece(struct anon *a, size_t i, const struct packet *p, uint8_t *bytes)
{
    const struct image_packet *in = &a->in->packet[i];
    size_t at = (size_t)(p->network - in->bytes), end;

    if (p->payload.n == 0)
        return false;
    end = (size_t)(p->payload.p - in->bytes);
    if (!anon_change_piece(a->pieces, i, p, bytes + end))
        return false;
    change_network(a, p, in->bytes, bytes);
    end += p->payload.n;
    assert(at < end);
    memset(bytes + end, 0, in->n - end);
    return true;
}

/* false: there is nothing in it of which anybody knows what it is. */
static bool change_packet(struct anon *a, size_t i, uint8_t *bytes)
{
    const struct image_packet *in = &a->in->packet[i];
    struct packet p = {0};
    enum packet_kind kind = packet_read(in->link, wp_slice(in->bytes, in->n), in->n_wire, &p);
    uint8_t *arp = find_arp(in->link, bytes, in->n);

    each_mac(in->link, bytes, in->n, map, a);
    if (arp)
        each_arp(arp, map, a);
    if (has_ip(kind) && has_route(&p, in->bytes + in->n))
        return false;
    if (kind == PACKET_TCP || kind == PACKET_UDP)
        change_whole_packet(a, i, &p, kind == PACKET_UDP, bytes);
    else if (kind == PACKET_FRAGMENT)
        return change_piece(a, i, &p, bytes);
    else if (kind == PACKET_MESSAGE)
        change_payload(a, &a->at[i], bytes, in->n);
    else
        return arp != NULL;
    return true;
}

static void take_packet(struct anon *a, size_t i)
{
    struct image_packet out = a->in->packet[i];
    uint8_t *bytes = arena_get(&a->out.arena, out.n ? out.n : 1);

    if (out.n)
        memcpy(bytes, out.bytes, out.n);
    out.bytes = bytes;
    if (change_packet(a, i, bytes) || a->setup->keeps_foreign)
        capture_image_share(&a->out, &out);
    else
        a->counts.dropped++;
}

void anon_change_packets(struct anon *a)
{
    a->out.format = a->in->format;
    a->pieces = anon_pieces_new(a);
    for (size_t i = 0; i < a->in->n; i++)
        take_packet(a, i);
}
