/* pcapng.                                                                  source: draft-ietf-opsawg-pcapng, 3 and 4
 *
 *     block: type u32 | whole length u32 | body, padded to 4 | whole length u32
 *
 *     section header   1A2B3C4D | version | section length | options      the byte order of all that follows it
 *     interface        link type u16 | 0 u16 | longest packet | options: 9 time unit, 14 seconds to be added
 *     packet           interface u32 | time, high and low u32 | n captured | n on the wire | n bytes | options
 *     packet, obsolete interface u16 | drops u16 | the rest as above
 *     packet, simple   n on the wire | bytes: no more than the first interface keeps
 *
 * Blocks of other types (names, statistics, secrets, ...) and comments are passed over. A simple packet has no time: it
 * gets that of the packet before it. */
#include "harness/capture_impl.h"

#include <stdlib.h>

enum {
    SECTION = 0x0A0D0D0A,
    ORDER_MAGIC = 0x1A2B3C4D,
    INTERFACE = 1,
    OBSOLETE_PACKET = 2,
    SIMPLE_PACKET = 3,
    PACKET = 6,
};

enum { OPTION_END = 0, OPTION_TIME_UNIT = 9, OPTION_TIME_OFFSET = 14 };

enum {
    FRAME_BYTES = 12, /* type and both lengths */
    SECTION_BYTES = 28,
    INTERFACE_BYTES = 20,
    PACKET_BYTES = 32,
    SIMPLE_BYTES = 16,
    INTERFACES_MAX = 65536, /* what an obsolete packet can name */
    DESCRIPTION_MAX = 1 << 20,
};

void pcapng_read_free(struct pcapng_read *r)
{
    free(r->at);
}

#define SECOND_NS INT64_C(1000000000)

/* ---- time ------------------------------------------------------------------------------------------- */

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

static uint64_t part_of_second_ns(const struct pcapng_interface *i, uint64_t units)
{
    if (!i->is_binary && i->exponent >= 9)
        return units / power_of_ten(i->exponent - 9);
    if (!i->is_binary)
        return units * power_of_ten(9 - i->exponent);
    if (i->exponent > 34) /* 2^34 units times 10^9 is less than 2^64 */
        return (units >> (i->exponent - 34)) * 1000000000 >> 34;
    return units * 1000000000 >> i->exponent;
}

/* Damaged files have any number there. */
static int64_t held(int64_t s, int64_t ns)
{
    if (s >= CAPTURE_NS_MAX / SECOND_NS)
        return CAPTURE_NS_MAX;
    if (s <= -CAPTURE_NS_MAX / SECOND_NS)
        return -CAPTURE_NS_MAX;
    return s * SECOND_NS + ns;
}

int64_t pcapng_read_ns(const struct pcapng_interface *i, uint64_t units)
{
    uint64_t s = units / i->per_second;
    int64_t sum;

    if (s > INT64_MAX || __builtin_add_overflow((int64_t)s, i->offset_s, &sum))
        return i->offset_s < 0 && s <= INT64_MAX ? -CAPTURE_NS_MAX : CAPTURE_NS_MAX;
    return held(sum, (int64_t)part_of_second_ns(i, units % i->per_second));
}

/* ---- interfaces ------------------------------------------------------------------------------------- */

static bool read_time_unit(struct pcapng_interface *i, uint8_t unit)
{
    i->is_binary = unit & 0x80;
    i->exponent = unit & 0x7F;
    if (i->exponent > (i->is_binary ? 63u : 19u))
        return false;
    i->per_second = i->is_binary ? UINT64_C(1) << i->exponent : power_of_ten(i->exponent);
    return true;
}

static uint64_t u64(const struct capture *c, const uint8_t *p)
{
    uint64_t first = capture_u32(c, p), second = capture_u32(c, p + 4);
    bool low_first = c->swapped == (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__);

    return low_first ? first | second << 32 : first << 32 | second;
}

/* false: an option that contradicts its block, or a unit of time that is none. */
static bool read_options(const struct capture *c, struct wp_slice in, struct pcapng_interface *out)
{
    while (in.n >= 4) {
        unsigned code = capture_u16(c, in.p);
        size_t n = capture_u16(c, in.p + 2);
        const uint8_t *value = in.p + 4;

        if (code == OPTION_END)
            return true;
        if (n > in.n - 4)
            return false;
        if (code == OPTION_TIME_UNIT && (n != 1 || !read_time_unit(out, value[0])))
            return false;
        if (code == OPTION_TIME_OFFSET) {
            if (n != 8)
                return false;
            out->offset_s = (int64_t)u64(c, value);
        }
        in = wp_slice_from(in, 4 + (n + 3) / 4 * 4);
    }
    return true;
}

static bool add_interface(struct pcapng_read *r, const struct pcapng_interface *i)
{
    if (r->n == INTERFACES_MAX)
        return false;
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 8;
        r->at = realloc(r->at, r->cap * sizeof r->at[0]);
        if (!r->at) {
            fputs("wattproof: no memory to read a capture\n", stderr);
            abort();
        }
    }
    r->at[r->n++] = *i;
    return true;
}

static enum capture_status read_interface(struct capture *c, const uint8_t *p, size_t n)
{
    struct pcapng_interface i = {.link = capture_u16(c, p + 8), .longest = capture_u32(c, p + 12)};

    read_time_unit(&i, 6); /* microseconds, unless an option says otherwise */
    if (!read_options(c, wp_slice(p + 16, n - INTERFACE_BYTES), &i))
        return capture_broken(c, "the description of interface %zu is damaged", c->pcapng.n);
    if (!add_interface(&c->pcapng, &i))
        return capture_broken(c, "there are more than %d interfaces", INTERFACES_MAX);
    if (c->link < 0)
        c->link = i.link;
    return CAPTURE_PACKET;
}

/* ---- packets ---------------------------------------------------------------------------------------- */

static enum capture_status put_packet(struct capture *c, size_t interface, const uint8_t *p, size_t room,
                                      struct capture_packet *out)
{
    size_t n = capture_u32(c, p + 20);

    if (interface >= c->pcapng.n)
        return capture_broken(c, "interface %zu is not described", interface);
    if (n > room || capture_is_too_long(c->pcapng.at[interface].link, n))
        return capture_broken(c, "a length of %zu bytes cannot be: the file is damaged", n);
    out->time_ns = pcapng_read_ns(&c->pcapng.at[interface],
                                  (uint64_t)capture_u32(c, p + 12) << 32 | capture_u32(c, p + 16));
    out->bytes = wp_slice(p + 28, n);
    out->n_wire = capture_u32(c, p + 24);
    out->link = c->pcapng.at[interface].link;
    return CAPTURE_PACKET;
}

static enum capture_status put_simple(struct capture *c, const uint8_t *p, size_t room,
                                      struct capture_packet *out)
{
    size_t n_wire = capture_u32(c, p + 8), n = n_wire;
    const struct pcapng_interface *i = c->pcapng.at;

    if (c->pcapng.n == 0)
        return capture_broken(c, "interface 0 is not described");
    if (i->longest && n > i->longest)
        n = i->longest;
    if (n > room || capture_is_too_long(i->link, n))
        return capture_broken(c, "a length of %zu bytes cannot be: the file is damaged", n);
    out->time_ns = c->last_ns;
    out->bytes = wp_slice(p + 12, n);
    out->n_wire = n_wire;
    out->link = i->link;
    return CAPTURE_PACKET;
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

struct block {
    uint32_t type;
    size_t said, n; /* whole length: as it says, and with the padding that some writers do not count */
};

/* The next block's type and length. A section header begins a byte order. */
static enum capture_status read_head(struct capture *c, struct block *out)
{
    const uint8_t *p = capture_input_peek(&c->in, FRAME_BYTES);

    if (!p)
        return capture_ends(c, FRAME_BYTES);
    out->type = capture_u32(c, p);
    if (out->type == SECTION) {
        c->swapped = false;
        if (capture_u32(c, p + 8) != ORDER_MAGIC) {
            c->swapped = true;
            if (capture_u32(c, p + 8) != ORDER_MAGIC)
                return capture_broken(c, "a section has no byte order");
        }
        c->pcapng.n = 0;
    }
    out->said = capture_u32(c, p + 4);
    out->n = (out->said + 3) / 4 * 4;
    if (out->said < FRAME_BYTES)
        return capture_broken(c, "a block of %zu bytes cannot be: the file is damaged", out->said);
    return CAPTURE_PACKET;
}

static size_t least(uint32_t type)
{
    switch (type) {
    case SECTION: return SECTION_BYTES;
    case INTERFACE: return INTERFACE_BYTES;
    case OBSOLETE_PACKET:
    case PACKET: return PACKET_BYTES;
    case SIMPLE_PACKET: return SIMPLE_BYTES;
    default: return FRAME_BYTES;
    }
}

/* Blocks that are read stand in memory whole. */
static bool is_too_large(const struct capture *c, const struct block *b)
{
    int link = c->pcapng.n > 0 ? c->pcapng.at[0].link : -1;

    for (size_t i = 1; i < c->pcapng.n && capture_is_too_long(link, b->n); i++)
        link = c->pcapng.at[i].link;
    switch (b->type) {
    case OBSOLETE_PACKET:
    case PACKET:
    case SIMPLE_PACKET: return b->n > DESCRIPTION_MAX && capture_is_too_long(link, b->n - DESCRIPTION_MAX);
    case INTERFACE: return b->n > DESCRIPTION_MAX;
    default: return false;
    }
}

/* The length is told again at the end, before which nobody looks at the block's body. */
static enum capture_status pass_over(struct capture *c, const struct block *b)
{
    const uint8_t *p;

    if (!capture_input_skip(&c->in, b->n - 4) || !(p = capture_input_peek(&c->in, 4)))
        return c->in.problem[0] || c->in.stops ? capture_ends(c, 4)
                                               : capture_broken(c, "truncated: the file ends in a block");
    if (capture_u32(c, p) != b->said)
        return capture_broken(c, "a block has two lengths, %zu and %u", b->said, capture_u32(c, p));
    capture_input_take(&c->in, 4);
    return CAPTURE_PACKET;
}

static enum capture_status read_body(struct capture *c, const struct block *b, const uint8_t *p,
                                     struct capture_packet *out)
{
    size_t room = b->n - least(b->type);

    if (capture_u32(c, p + b->n - 4) != b->said)
        return capture_broken(c, "a block has two lengths, %zu and %u", b->said,
                              capture_u32(c, p + b->n - 4));
    switch (b->type) {
    case INTERFACE: return read_interface(c, p, b->n);
    case SIMPLE_PACKET: return put_simple(c, p, room, out);
    case OBSOLETE_PACKET: return put_packet(c, capture_u16(c, p + 8), p, room, out);
    default: return put_packet(c, capture_u32(c, p + 8), p, room, out);
    }
}

/* One block. *ret_is_packet: `out` has a packet. */
static enum capture_status next_block(struct capture *c, struct capture_packet *out, bool *ret_is_packet)
{
    struct block b = {0};
    enum capture_status status = read_head(c, &b);
    const uint8_t *p;

    *ret_is_packet = false;
    if (status != CAPTURE_PACKET)
        return status;
    if (b.said < least(b.type) || is_too_large(c, &b))
        return capture_broken(c, "a block of type %u with %zu bytes cannot be: the file is damaged", b.type,
                              b.said);
    if (least(b.type) == FRAME_BYTES || b.type == SECTION)
        return pass_over(c, &b);
    p = capture_input_peek(&c->in, b.n);
    if (!p)
        return capture_ends(c, b.n);
    status = read_body(c, &b, p, out);
    capture_input_take(&c->in, b.n);
    *ret_is_packet = status == CAPTURE_PACKET && b.type != INTERFACE;
    return status;
}

static enum capture_status next_packet(struct capture *c, struct capture_packet *out)
{
    enum capture_status status;
    bool is_packet;

    do /* each block takes bytes off the file, so it bounds them */
        status = next_block(c, out, &is_packet);
    while (status == CAPTURE_PACKET && !is_packet);
    return status;
}

static bool is_packet_type(uint32_t type)
{
    return type == PACKET || type == SIMPLE_PACKET || type == OBSOLETE_PACKET;
}

/* The section header, and what there is up to the first interface. */
bool capture_pcapng_begin(struct capture *c)
{
    const uint8_t *p = capture_input_peek(&c->in, 4);
    struct capture_packet none;
    bool is_packet;

    if (!p || capture_u32(c, p) != SECTION || next_block(c, &none, &is_packet) != CAPTURE_PACKET)
        return false;
    c->next = next_packet;
    while (c->link < 0 && (p = capture_input_peek(&c->in, 4)) && !is_packet_type(capture_u32(c, p)))
        if (next_block(c, &none, &is_packet) != CAPTURE_PACKET)
            return c->error[0] == 0;
    return true;
}
