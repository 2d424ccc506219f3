#include "harness/capture_cut.h"

#include "harness/checksum.h"
#include "harness/flows.h"

#include <stdlib.h>

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n ? n : 1);

    if (!p) {
        fputs("wattproof: no memory for the packets of this capture\n", stderr);
        abort();
    }
    return p;
}

static unsigned u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static void set_u16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void set_u32(uint8_t *p, uint32_t v)
{
    set_u16(p, v >> 16);
    set_u16(p + 2, v & 0xFFFF);
}

/* ---- what is known ---------------------------------------------------------------------------------- */

struct capture_cut *capture_cut_new(const struct capture_image *image)
{
    struct capture_cut *c = get_memory(NULL, sizeof *c);

    *c = (struct capture_cut){.image = image, .place = get_memory(NULL, (image->n + 1) * sizeof c->place[0])};
    memset(c->place, 0, (image->n + 1) * sizeof c->place[0]);
    return c;
}

void capture_cut_free(struct capture_cut *c)
{
    if (!c)
        return;
    free(c->place);
    free(c->base);
    free(c);
}

static void add_base(struct capture_cut *c, uint64_t stream, uint32_t seq)
{
    for (size_t i = c->n_bases; i-- > 0 && c->n_bases - i < 64;) /* mostly the one of lately */
        if (c->base[i].stream == stream)
            return;
    if (c->n_bases == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->base = get_memory(c->base, c->cap * sizeof c->base[0]);
    }
    c->base[c->n_bases++] = (struct cut_base){stream, seq};
}

void capture_cut_learn(struct capture_cut *c, const struct flow *flow, unsigned direction, int64_t at,
                       const struct packet *p, uint64_t number)
{
    struct cut_place *place = &c->place[number - 1];

    *place = (struct cut_place){
        .stream = (uint64_t)flow->number * 2 + direction,
        .back = (uint64_t)flow->number * 2 + !direction,
        .at = at,
        .seq = p->seq + (p->flags & PACKET_SYN ? 1 : 0),
        .is_piece = !p->transport,
        .is_datagram = flow->kind == FLOW_UDP,
    };
    if (flow->kind == FLOW_TCP)
        add_base(c, place->stream, place->seq - (uint32_t)at);
}

static int by_stream(const void *a, const void *b)
{
    uint64_t x = ((const struct cut_base *)a)->stream, y = ((const struct cut_base *)b)->stream;

    return x < y ? -1 : x > y;
}

static const struct cut_base *find_base(const struct capture_cut *c, uint64_t stream)
{
    const struct cut_base key = {stream, 0};

    return c->n_bases ? bsearch(&key, c->base, c->n_bases, sizeof key, by_stream) : NULL;
}

void capture_cut_learned(struct capture_cut *c)
{
    if (c->n_bases)
        qsort(c->base, c->n_bases, sizeof c->base[0], by_stream);
    for (size_t i = 0; i < c->image->n; i++) {
        struct cut_place *place = &c->place[i];
        const struct image_packet *p = &c->image->packet[i];
        const struct cut_base *back = place->stream ? find_base(c, place->back) : NULL;
        struct packet packet = {0};

        place->acked = -1;
        if (back && packet_read(p->link, wp_slice(p->bytes, p->n), p->n_wire, &packet) == PACKET_TCP &&
            (packet.flags & PACKET_ACK))
            place->acked = (int32_t)(packet.ack - back->seq);
    }
}

/* ---- ranges ----------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct cut_range *x = a, *y = b;

    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* In order and apart. */
static size_t merge(struct cut_range *range, size_t n)
{
    size_t to = 0;

    if (n)
        qsort(range, n, sizeof range[0], by_place);
    for (size_t i = 0; i < n; i++) {
        struct cut_range *last = to ? &range[to - 1] : NULL;

        if (last && last->stream == range[i].stream && range[i].at <= last->at + last->n) {
            if (range[i].at + range[i].n > last->at + last->n)
                last->n = range[i].at + range[i].n - last->at;
        } else {
            range[to++] = range[i];
        }
    }
    return to;
}

/* The first range that ends behind `at` of the stream. */
static size_t first_behind(const struct cut_range *range, size_t n, uint64_t stream, uint64_t at)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct cut_range *r = &range[middle];

        if (r->stream < stream || (r->stream == stream && r->at + r->n <= at))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many bytes of the ranges stand before `at`. */
static uint64_t cut_before(const struct cut_range *range, size_t n, uint64_t stream, int64_t at)
{
    uint64_t sum = 0;

    for (size_t i = first_behind(range, n, stream, 0); i < n && range[i].stream == stream; i++) {
        if (at <= 0 || range[i].at >= (uint64_t)at)
            break;
        sum += range[i].at + range[i].n <= (uint64_t)at ? range[i].n : (uint64_t)at - range[i].at;
    }
    return sum;
}

static size_t payload_of(const struct capture_cut *c, size_t i, struct packet *out)
{
    const struct image_packet *p = &c->image->packet[i];
    enum packet_kind kind = packet_read(p->link, wp_slice(p->bytes, p->n), p->n_wire, out);

    return kind == PACKET_TCP || kind == PACKET_UDP ? out->payload.n : 0;
}

/* A list of ranges that grows. */
struct ranges {
    struct cut_range *at;
    size_t n, cap;
};

static void add_range(struct ranges *r, uint64_t stream, uint64_t from, uint64_t to)
{
    if (from >= to)
        return;
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 64;
        r->at = get_memory(r->at, r->cap * sizeof r->at[0]);
    }
    r->at[r->n++] = (struct cut_range){stream, from, to - from};
}

/* What packet i carries of its stream; nothing before the first byte that was seen. */
static bool carried(const struct capture_cut *c, size_t i, struct cut_range *out)
{
    const struct cut_place *place = &c->place[i];
    struct packet p = {0};
    int64_t end, from = place->at < 0 ? 0 : place->at;

    if (!place->stream)
        return false;
    end = place->at + (int64_t)payload_of(c, i, &p);
    if (end <= from)
        return false;
    *out = (struct cut_range){place->stream, (uint64_t)from, (uint64_t)(end - from)};
    return true;
}

/* The parts of `range` that stand in none of the others, which are in order and apart. */
static void add_rest(struct ranges *to, const struct cut_range *range, const struct ranges *others)
{
    uint64_t at = range->at, end = range->at + range->n;

    for (size_t k = first_behind(others->at, others->n, range->stream, at); at < end; k++) {
        const struct cut_range *other = k < others->n ? &others->at[k] : NULL;

        if (!other || other->stream != range->stream || other->at >= end) {
            add_range(to, range->stream, at, end);
            return;
        }
        add_range(to, range->stream, at, other->at);
        at = other->at + other->n;
    }
}

size_t capture_cut_lost(const struct capture_cut *c, const bool *keep, struct cut_range **out)
{
    struct ranges kept = {0}, lost = {0};
    struct cut_range range;

    for (size_t i = 0; i < c->image->n; i++)
        if (keep[i] && carried(c, i, &range))
            add_range(&kept, range.stream, range.at, range.at + range.n);
    kept.n = merge(kept.at, kept.n);
    for (size_t i = 0; i < c->image->n; i++)
        if (!keep[i] && carried(c, i, &range))
            add_rest(&lost, &range, &kept);
    free(kept.at);
    *out = lost.at;
    return merge(lost.at, lost.n);
}

/* ---- packets ---------------------------------------------------------------------------------------- */

/* Leaves the ranges out of the n bytes that stand at `at` of the stream; how many are left. */
static size_t squeeze(const struct cut_range *range, size_t n_ranges, uint64_t stream, int64_t at,
                      uint8_t *bytes, size_t n)
{
    size_t to = 0, k = first_behind(range, n_ranges, stream, at < 0 ? 0 : (uint64_t)at);

    for (size_t i = 0; i < n; i++) {
        int64_t place = at + (int64_t)i;

        while (k < n_ranges && range[k].stream == stream && place >= 0 &&
               range[k].at + range[k].n <= (uint64_t)place)
            k++;
        if (k < n_ranges && range[k].stream == stream && place >= 0 && range[k].at <= (uint64_t)place)
            continue;
        bytes[to++] = bytes[i];
    }
    return to;
}

/* Lengths of IP and UDP headers, by how much shorter the packet is. */
static void shorten(const struct packet *p, uint8_t *network, uint8_t *transport, bool is_udp, size_t less)
{
    if (p->from.version == 4 && u16(network + 2))
        set_u16(network + 2, u16(network + 2) - less);
    else if (p->from.version == 6 && u16(network + 4))
        set_u16(network + 4, u16(network + 4) - less);
    if (is_udp && u16(transport + 4))
        set_u16(transport + 4, u16(transport + 4) - less);
}

/* The packet with its payload changed from p's to n bytes: everything that depends on it. */
static void fix(const struct image_packet *in, const struct packet *p, bool is_udp, struct image_packet *out,
                size_t n)
{
    size_t at = (size_t)(p->transport - in->bytes), header = is_udp ? 8 : (size_t)(p->transport[12] >> 4) * 4;
    size_t captured = header < in->n - at ? header : in->n - at, less = p->payload.n - n;
    uint8_t *network = out->bytes + (p->network - in->bytes), *transport = out->bytes + at;
    struct checksum_packet was = {p->transport, captured + p->payload.n, header + p->n_wire, &p->from,
                                  &p->to},
                           becomes = {transport, captured + n, header + p->n_wire - less, &p->from, &p->to};

    shorten(p, network, transport, is_udp, less);
    if (p->from.version == 4)
        checksum_ipv4(p->network, network, (size_t)(network[0] & 0x0F) * 4);
    checksum_transport(&was, &becomes, is_udp, transport);
    if (p->payload.n)
        out->n = at + header + n;
    out->n_wire = in->n_wire - (in->n - out->n);
}

static bool must_stay(const struct packet *p)
{
    return p->flags & (PACKET_SYN | PACKET_FIN | PACKET_RST);
}

/* false: it carries nothing any more. */
static bool make_packet(const struct capture_cut *c, size_t i, const struct cut_range *range, size_t n,
                        struct capture_image *out)
{
    const struct image_packet *in = &c->image->packet[i];
    const struct cut_place *place = &c->place[i];
    struct image_packet changed = *in;
    struct packet p = {0};
    enum packet_kind kind = packet_read(in->link, wp_slice(in->bytes, in->n), in->n_wire, &p);
    size_t left;

    if (!place->stream || place->is_piece || (kind != PACKET_TCP && kind != PACKET_UDP)) {
        capture_image_add(out, in);
        return true;
    }
    changed.bytes = arena_get(&out->arena, in->n + 1);
    memcpy(changed.bytes, in->bytes, in->n);
    left = p.payload.n ? squeeze(range, n, place->stream, place->at,
                                 changed.bytes + (p.payload.p - in->bytes), p.payload.n)
                       : 0;
    if (p.payload.n && left == 0 && !must_stay(&p))
        return false;
    if (kind == PACKET_TCP) {
        uint8_t *transport = changed.bytes + (p.transport - in->bytes);

        set_u32(transport + 4, u32(transport + 4) - (uint32_t)cut_before(range, n, place->stream, place->at));
        if (place->acked > 0)
            set_u32(transport + 8,
                    u32(transport + 8) - (uint32_t)cut_before(range, n, place->back, place->acked));
    }
    fix(in, &p, kind == PACKET_UDP, &changed, left);
    capture_image_share(out, &changed);
    return true;
}

static bool touches_pieces(const struct capture_cut *c, const struct cut_range *range, size_t n)
{
    for (size_t i = 0; i < c->image->n; i++) {
        const struct cut_place *place = &c->place[i];
        size_t k = first_behind(range, n, place->stream, 0);

        if (place->is_piece && k < n && range[k].stream == place->stream)
            return true;
    }
    return false;
}

bool capture_cut_make(const struct capture_cut *c, const bool *keep, const struct cut_range *range, size_t n,
                      struct capture_image *out)
{
    *out = (struct capture_image){.format = c->image->format};
    if (touches_pieces(c, range, n))
        return false;
    for (size_t i = 0; i < c->image->n; i++)
        if (!keep || keep[i])
            make_packet(c, i, range, n, out);
    return true;
}

/* The part of `where` that packet i carries, written into its copy. */
static void write_packet(const struct capture_cut *c, size_t i, struct image_packet *out,
                         const struct cut_range *where, const uint8_t *bytes)
{
    const struct cut_place *place = &c->place[i];
    struct packet p = {0};
    size_t n = payload_of(c, i, &p), header, at;
    int64_t first = (int64_t)where->at, end = first + (int64_t)where->n;
    int64_t from = place->at > first ? place->at : first, to = place->at + (int64_t)n;
    struct checksum_packet was, becomes;
    uint8_t *before;

    to = to < end ? to : end;
    if (n == 0 || from >= to)
        return;
    at = (size_t)(p.transport - c->image->packet[i].bytes);
    header = (size_t)(p.payload.p - p.transport);
    before = get_memory(NULL, header + n);
    memcpy(before, out->bytes + at, header + n);
    memcpy(out->bytes + at + header + (from - place->at), bytes + (from - first), (size_t)(to - from));
    was = (struct checksum_packet){before, header + n, header + p.n_wire, &p.from, &p.to};
    becomes = was;
    becomes.bytes = out->bytes + at;
    checksum_transport(&was, &becomes, place->is_datagram, out->bytes + at);
    free(before);
}

void capture_cut_write(const struct capture_cut *c, struct capture_image *image,
                       const struct cut_range *where, const uint8_t *bytes)
{
    for (size_t i = 0; i < image->n; i++)
        if (c->place[i].stream == where->stream && !c->place[i].is_piece)
            write_packet(c, i, &image->packet[i], where, bytes);
}
