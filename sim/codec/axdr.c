/* The cursor: one Data, element by element. */
#include "sim/codec/axdr.h"

#include <assert.h>

static const struct axdr_type types[256] = {
#define X(name, tag, octets, form, prefix, text) [tag] = {prefix, text, octets, AXDR_##form},
    AXDR_TYPES(X)
#undef X
};

/* What each form makes of a type's octets in axdr_fixed_size. */
#define SIZE_NOTHING(octets)   1
#define SIZE_SIGNED(octets)    (octets) + 1
#define SIZE_UNSIGNED(octets)  (octets) + 1
#define SIZE_OCTETS(octets)    (octets) + 1
#define SIZE_CONTAINER(octets) 0
#define SIZE_BITS(octets)      0
#define SIZE_STRING(octets)    0
#define SIZE_COMPACT(octets)   0

const uint8_t axdr_fixed_size[256] = {
#define X(name, tag, octets, form, prefix, text) [tag] = SIZE_##form(octets),
    AXDR_TYPES(X)
#undef X
};

const struct axdr_type *axdr_type(uint8_t tag)
{
    return types[tag].text ? &types[tag] : NULL;
}

const char *axdr_type_text(uint8_t tag)
{
    return types[tag].text;
}

struct wp_decode axdr_length(struct wp_slice in, uint32_t *ret_n)
{
    uint32_t n = 0;
    size_t octets;

    if (in.n == 0)
        return wp_more(1);
    if (in.p[0] < 0x80) {
        *ret_n = in.p[0];
        return wp_ok(1);
    }
    octets = in.p[0] & 0x7Fu;
    if (octets == 0 || octets > 4)
        return wp_bad(WP_FAULT_LENGTH_FORM, 0, 1);
    if (in.n - 1 < octets)
        return wp_more(octets - (in.n - 1));
    for (size_t i = 1; i <= octets; i++)
        n = n << 8 | in.p[i];
    *ret_n = n;
    return wp_ok(1 + octets);
}

void axdr_open(struct axdr_cursor *c, struct wp_slice in, const struct axdr_limits *limits)
{
    static const struct axdr_limits none = {0};

    if (!limits)
        limits = &none;
    c->bytes = limits->bytes ? limits->bytes : SIZE_MAX;
    c->in = wp_slice(in.p, in.n < c->bytes ? in.n : c->bytes);
    c->at = 0;
    c->here = 1;
    c->nodes = (limits->nodes ? limits->nodes : AXDR_NODES_MAX) - c->here;
    c->depth = 0;
    c->depth_max = limits->depth && limits->depth < AXDR_DEPTH_MAX ? limits->depth : AXDR_DEPTH_MAX;
    c->status = WP_OK;
}

/* ---- the ways in which a walk ends early ------------------------------------------------------------ */

static bool stop(struct axdr_cursor *c, enum wp_status status)
{
    c->status = status;
    c->depth = 0;
    c->here = 0;
    return false;
}

static bool bad(struct axdr_cursor *c, enum wp_fault fault, size_t at)
{
    c->fault = fault;
    c->fault_at = at;
    return stop(c, WP_BAD);
}

/* `missing` octets of the element at hand, and at least one for each that must still come. */
static bool more(struct axdr_cursor *c, size_t missing)
{
    missing += c->here;
    for (size_t i = 0; i < c->depth; i++)
        missing += c->left[i];
    if (missing > c->bytes - c->in.n)
        return bad(c, WP_FAULT_TOO_LARGE, c->in.n);
    c->need = missing;
    return stop(c, WP_MORE);
}

/* A part that was read from `at` on came to d, which is not WP_OK. */
static bool pass_on(struct axdr_cursor *c, struct wp_decode d, size_t at)
{
    return d.status == WP_MORE ? more(c, d.need) : bad(c, d.fault, at + d.at);
}

/* ---- elements that tell their own size -------------------------------------------------------------- */

static bool open_container(struct axdr_cursor *c, struct axdr_item *out, size_t at)
{
    size_t rest = c->in.n - at;

    out->n = at - out->at;
    out->content = wp_slice(NULL, 0);
    if (out->count > rest && out->count > c->nodes)
        return bad(c, WP_FAULT_COUNT, out->at + 1);
    if (out->count > c->nodes)
        return bad(c, WP_FAULT_DEPTH, out->at);
    if (out->count > rest)
        return more(c, out->count - rest);
    c->nodes -= out->count;
    c->left[c->depth++] = c->here;
    c->here = out->count;
    c->at = at;
    return true;
}

static bool take_octets(struct axdr_cursor *c, struct axdr_item *out, size_t at, size_t n)
{
    if (n > c->in.n - at)
        return more(c, n - (c->in.n - at));
    out->content = wp_slice(c->in.p + at, n);
    c->at = at + n;
    out->n = c->at - out->at;
    return true;
}

/* Its contents are looked through here, so that nobody finds a fault in them later. */
static bool take_compact(struct axdr_cursor *c, struct axdr_item *out)
{
    const size_t first = out->at + 1;
    size_t at = first;
    struct axdr_compact inside;
    struct axdr_item ignored;
    struct wp_decode d = axdr_describe(wp_slice_from(c->in, at), c->nodes);
    uint32_t n;

    if (d.status != WP_OK)
        return pass_on(c, d, at);
    at += d.used;
    d = axdr_length(wp_slice_from(c->in, at), &n);
    if (d.status != WP_OK)
        return pass_on(c, d, at);
    at += d.used;
    if (!take_octets(c, out, at, n))
        return false;
    out->count = 0;
    out->content = wp_slice(c->in.p + first, c->at - first);
    axdr_compact_open(&inside, out, c->nodes);
    while (axdr_compact_next(&inside, &ignored))
        ;
    if (inside.fault)
        return bad(c, inside.fault, inside.fault_at);
    c->nodes = inside.nodes;
    return true;
}

static bool take_counted(struct axdr_cursor *c, struct axdr_item *out)
{
    size_t at = out->at + 1;
    struct wp_decode d;

    if (!types[out->tag].text)
        return bad(c, WP_FAULT_TAG, out->at);
    if (out->tag == AXDR_COMPACT_ARRAY)
        return take_compact(c, out);
    if (axdr_is_container(out->tag) && c->depth == c->depth_max)
        return bad(c, WP_FAULT_DEPTH, out->at);
    d = axdr_length(wp_slice_from(c->in, at), &out->count);
    if (d.status != WP_OK)
        return pass_on(c, d, at);
    at += d.used;
    if (axdr_is_container(out->tag))
        return open_container(c, out, at);
    if (out->tag == AXDR_BIT_STRING)
        return take_octets(c, out, at, out->count / 8 + (out->count % 8 != 0));
    return take_octets(c, out, at, out->count);
}

/* ---- the walk --------------------------------------------------------------------------------------- */

bool axdr_next_slowly(struct axdr_cursor *c, struct axdr_item *out)
{
    const size_t at = c->at;
    size_t size;

    axdr_leave(c, 0);
    if (c->here == 0)
        return false;
    if (at == c->in.n)
        return more(c, 0);
    c->here--;
    out->tag = c->in.p[at];
    out->depth = c->depth;
    out->at = at;
    size = axdr_fixed_size[out->tag];
    if (size == 0)
        return take_counted(c, out);
    out->count = 0;
    return take_octets(c, out, at + 1, size - 1);
}

bool axdr_skip(struct axdr_cursor *c, const struct axdr_item *item)
{
    struct axdr_item inside;

    if (!axdr_is_container(item->tag))
        return c->status == WP_OK;
    while (c->depth > item->depth) {
        axdr_pass_over(c, item->depth + 1u);
        axdr_leave(c, item->depth);
        if (c->depth > item->depth && !axdr_next_slowly(c, &inside))
            return false;
    }
    return c->status == WP_OK;
}

struct wp_decode axdr_end(const struct axdr_cursor *c)
{
    switch (c->status) {
    case WP_MORE: return wp_more(c->need);
    case WP_BAD: return wp_bad(c->fault, c->fault_at, 1);
    case WP_OK: break;
    }
    return wp_ok(c->at);
}

struct wp_decode axdr_decode(struct wp_slice in, const struct axdr_limits *limits)
{
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, in, limits);
    do
        axdr_pass_over(&c, 0);
    while (axdr_next_slowly(&c, &item));
    return axdr_end(&c);
}

struct wp_decode axdr_decode_whole(struct wp_slice in, const struct axdr_limits *limits)
{
    struct wp_decode d = axdr_decode(in, limits);

    if (d.status == WP_MORE)
        return wp_bad(WP_FAULT_TRUNCATED, in.n, 1);
    if (d.status == WP_OK && d.used < in.n)
        return wp_bad(WP_FAULT_TRAILING, d.used, 1);
    return d;
}
