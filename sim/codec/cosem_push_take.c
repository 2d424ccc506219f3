/* Elements of a push body, one after the other: what the mapper reads has been read as a whole before, so this looks at
 * tags and lengths alone. It holds for any octets nevertheless. */
#include "sim/codec/cosem_push_inside.h"

enum { NONE = 0xFF, STRING = 0xFE, BITS = 0xFD, CONTAINER = 0xFC, COMPACT = 0xFB, N_TAGS = 0x22 };

/* Octets behind each tag, or how to find out. */
static const uint8_t width[N_TAGS] = {
    0,    CONTAINER, CONTAINER, 1,       BITS,   4, 4,    NONE, /* 00 */
    NONE, STRING,    STRING,    NONE,    STRING, 1, NONE, 1,    /* 08 */
    2,    1,         2,         COMPACT, 8,      8, 1,    4,    /* 10 */
    8,    12,        5,         4,       1,      2, 4,    1,    /* 18 */
    2,    4,                                                    /* 20 */
};

static uint8_t width_of(uint8_t tag)
{
    if (tag < N_TAGS)
        return width[tag];
    return tag == AXDR_DONT_CARE ? 0 : NONE;
}

/* A length or count; it is held against what is left by who reads on. */
static bool take_length(struct push_cursor *c, uint32_t *ret_n)
{
    uint8_t first;

    if (c->p == c->end)
        return push_fails(c);
    first = *c->p++;
    *ret_n = first;
    if (first < 0x80)
        return true;
    if (first < 0x81 || first > 0x84 || push_left(c) < first - 0x80u)
        return push_fails(c);
    *ret_n = 0;
    for (unsigned i = 0x80; i < first; i++)
        *ret_n = *ret_n << 8 | *c->p++;
    return true;
}

static bool advance(struct push_cursor *c, size_t n)
{
    if (push_left(c) < n)
        return push_fails(c);
    c->p += n;
    return true;
}

/* What a description says is left to the reader of A-XDR. */
static bool skip_compact(struct push_cursor *c)
{
    struct wp_decode d = axdr_decode(wp_slice(c->p - 1, push_left(c) + 1), NULL);

    return d.status == WP_OK ? advance(c, d.used - 1) : push_fails(c);
}

/* Octets of a string; bits take a whole octet at the end. */
static bool skip_string(struct push_cursor *c, bool is_bits)
{
    uint32_t n;

    return take_length(c, &n) && advance(c, is_bits ? (size_t)n / 8 + (n % 8 != 0) : n);
}

/* One element; *more: as many that it contains come next. */
static bool pass(struct push_cursor *c, uint32_t *more)
{
    uint8_t n;

    *more = 0;
    if (c->p == c->end)
        return push_fails(c);
    n = width_of(*c->p++);
    switch (n) {
    case STRING:
    case BITS: return skip_string(c, n == BITS);
    case CONTAINER: return take_length(c, more) && (*more <= push_left(c) || push_fails(c));
    case COMPACT: return skip_compact(c);
    case NONE: return push_fails(c);
    default: return advance(c, n);
    }
}

/* Each element takes at least one octet, so what is announced is never more than what is there. */
bool push_skip(struct push_cursor *c, uint32_t n)
{
    uint64_t left = n;

    for (uint32_t more; left > 0 && !c->bad; left--) {
        if (!pass(c, &more))
            return false;
        left += more;
    }
    return !c->bad;
}

/* What stands behind the tag; c stands behind all of it afterwards, `content` begins behind length or count. */
static bool take_content(struct push_cursor *c, uint8_t n, struct push_item *out)
{
    switch (n) {
    case STRING:
    case BITS:
        if (!take_length(c, &out->count))
            return false;
        out->content.p = c->p;
        return advance(c, n == STRING ? out->count : (size_t)out->count / 8 + (out->count % 8 != 0));
    case CONTAINER:
        if (!take_length(c, &out->count))
            return false;
        out->content.p = c->p;
        return push_skip(c, out->count);
    case COMPACT: out->content.p = c->p; return skip_compact(c);
    case NONE: return push_fails(c);
    default: out->content.p = c->p; return advance(c, n);
    }
}

bool push_take(struct push_cursor *c, struct push_item *out)
{
    const uint8_t *from = c->p;

    if (c->bad || c->p == c->end)
        return push_fails(c);
    out->tag = *c->p++;
    out->count = 0;
    if (!take_content(c, width_of(out->tag), out))
        return false;
    out->content.n = (size_t)(c->p - out->content.p);
    out->raw = wp_slice(from, (size_t)(c->p - from));
    return true;
}

bool push_enter_slowly(struct push_cursor *c, uint8_t tag, uint32_t *ret_count)
{
    const uint8_t *from = c->p;

    if (c->bad || c->p == c->end || *c->p++ != tag || !take_length(c, ret_count) || *ret_count > push_left(c))
        return push_back(c, from);
    return true;
}

bool cosem_scaler_unit_read(struct wp_slice data, int8_t *ret_scaler, uint8_t *ret_unit)
{
    struct push_cursor c = push_cursor(data);

    return push_scaler_unit(&c, ret_scaler, ret_unit) && c.p == c.end;
}
