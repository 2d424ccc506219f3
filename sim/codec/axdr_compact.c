/* Compact-arrays: types described once, then values without tags. */
#include "sim/codec/axdr.h"

#include <assert.h>

enum { ARRAY_DESCRIPTION = 3 }; /* tag and count in 2 octets */

static uint32_t u16_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

struct wp_decode axdr_describe(struct wp_slice in, uint32_t nodes)
{
    uint32_t left[AXDR_DEPTH_MAX + 1] = {1}; /* descriptions to come at each level */
    size_t at = 0, depth = 0;

    for (;;) {
        uint32_t count = 1;
        size_t tag_at;

        while (left[depth] == 0) {
            if (depth == 0)
                return wp_ok(at);
            depth--;
        }
        if (at == in.n)
            return wp_more(1);
        if (nodes-- == 0)
            return wp_bad(WP_FAULT_DEPTH, at, 1);
        left[depth]--;
        tag_at = at;
        if (!axdr_type(in.p[at]) || in.p[at] == AXDR_COMPACT_ARRAY)
            return wp_bad(WP_FAULT_TAG, at, 1);
        if (!axdr_is_container(in.p[at])) {
            at++;
            continue;
        }
        if (depth == AXDR_DEPTH_MAX)
            return wp_bad(WP_FAULT_DEPTH, at, 1);
        if (in.p[at] == AXDR_ARRAY) {
            if (in.n - at <= ARRAY_DESCRIPTION)
                return wp_more(ARRAY_DESCRIPTION + 1 - (in.n - at));
            at += ARRAY_DESCRIPTION;
        } else {
            struct wp_decode d = axdr_length(wp_slice_from(in, at + 1), &count);

            if (d.status == WP_BAD)
                return wp_bad(d.fault, at + 1, 1);
            if (d.status == WP_MORE)
                return d;
            at += 1 + d.used;
            if (count > in.n - at && count > nodes)
                return wp_bad(WP_FAULT_COUNT, tag_at + 1, 1);
            if (count > nodes)
                return wp_bad(WP_FAULT_DEPTH, tag_at, 1);
        }
        left[++depth] = count;
    }
}

void axdr_compact_parts(const struct axdr_item *item, struct wp_slice *ret_description,
                        struct wp_slice *ret_contents)
{
    struct wp_decode d = axdr_describe(item->content, UINT32_MAX);
    uint32_t n;
    size_t at;

    assert(item->tag == AXDR_COMPACT_ARRAY);
    assert(d.status == WP_OK);
    at = d.used;
    d = axdr_length(wp_slice_from(item->content, at), &n);
    assert(d.status == WP_OK);
    *ret_description = wp_slice(item->content.p, at);
    *ret_contents = wp_slice(item->content.p + at + d.used, item->content.n - at - d.used);
}

void axdr_compact_open(struct axdr_compact *c, const struct axdr_item *item, uint32_t nodes)
{
    axdr_compact_parts(item, &c->description, &c->contents);
    c->first = item->at + 1 + (size_t)(c->contents.p - item->content.p);
    c->d = 0;
    c->at = 0;
    c->row = SIZE_MAX;
    c->nodes = nodes;
    c->depth = 0;
    c->fault = WP_FAULT_NONE;
    c->open[0].left = 0;
    c->open[0].is_array = false;
}

static bool stop(struct axdr_compact *c, enum wp_fault fault, size_t at)
{
    c->fault = fault;
    c->fault_at = c->first + at;
    c->depth = 0;
    c->open[0].left = 0;
    c->at = c->contents.n;
    return false;
}

/* Leaves what is complete and stands at the next description. false: all is read, or a fault. */
static bool go_on(struct axdr_compact *c)
{
    if (c->fault)
        return false;
    while (c->open[c->depth].left == 0) {
        if (c->depth > 0) {
            c->depth--;
            continue;
        }
        if (c->at == c->contents.n)
            return false;
        if (c->at == c->row) /* a row without octets: what is left would never be used up */
            return stop(c, WP_FAULT_TRAILING, c->at);
        c->row = c->at;
        c->d = 0;
        c->open[0].left = 1;
    }
    if (c->open[c->depth].is_array)
        c->d = c->open[c->depth].again;
    if (c->nodes == 0)
        return stop(c, WP_FAULT_DEPTH, c->row);
    c->open[c->depth].left--;
    c->nodes--;
    return true;
}

static bool enter(struct axdr_compact *c, struct axdr_item *out)
{
    struct wp_slice behind = wp_slice_from(c->description, c->d);

    assert(c->depth < AXDR_DEPTH_MAX); /* axdr_describe went as deep */
    c->depth++;
    if (out->tag == AXDR_ARRAY) {
        out->count = u16_at(behind.p);
        c->d += 2;
        if (out->count == 0) {
            struct wp_decode d = axdr_describe(wp_slice_from(c->description, c->d), c->nodes);

            /* What is passed over counts too: time goes by octets and elements, whatever they are. */
            if (d.status != WP_OK || d.used > c->nodes)
                return stop(c, WP_FAULT_DEPTH, c->row);
            c->nodes -= (uint32_t)d.used;
            c->d += d.used;
        }
    } else {
        c->d += axdr_length(behind, &out->count).used;
    }
    c->open[c->depth].left = out->count;
    c->open[c->depth].again = c->d;
    c->open[c->depth].is_array = out->tag == AXDR_ARRAY;
    out->n = 0;
    out->content = wp_slice(NULL, 0);
    return true;
}

bool axdr_compact_next(struct axdr_compact *c, struct axdr_item *out)
{
    const struct axdr_type *type;
    struct wp_slice rest;
    struct wp_decode d = wp_ok(0);
    size_t n;

    if (!go_on(c))
        return false;
    out->tag = c->description.p[c->d++];
    out->depth = c->depth;
    out->count = 0;
    out->at = c->first + c->at;
    type = axdr_type(out->tag);
    if (axdr_is_container(out->tag))
        return enter(c, out);
    rest = wp_slice_from(c->contents, c->at);
    n = type->octets;
    if (type->form == AXDR_STRING || type->form == AXDR_BITS) {
        d = axdr_length(rest, &out->count);
        if (d.status == WP_BAD)
            return stop(c, d.fault, c->at);
        if (d.status == WP_MORE)
            return stop(c, WP_FAULT_TRAILING, c->row);
        n = type->form == AXDR_BITS ? out->count / 8 + (out->count % 8 != 0) : out->count;
    }
    if (n > rest.n - d.used)
        return stop(c, WP_FAULT_TRAILING, c->row);
    out->content = wp_slice_from(wp_slice(rest.p, d.used + n), d.used);
    out->n = d.used + n;
    c->at += out->n;
    return true;
}
