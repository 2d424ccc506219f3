/* What an element says: as a value, and in the canonical text. */
#include "sim/codec/axdr.h"

#include <assert.h>

/* As many octets as numbers have: 1, 2, 4, 8. Each load spelt out: a push is full of them. */
static uint64_t bits_of(struct wp_slice octets)
{
    const uint8_t *p = octets.p;

    switch (octets.n) {
    case 1: return p[0];
    case 2: return (uint64_t)p[0] << 8 | p[1];
    case 4: return (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
    default: break;
    }
    assert(octets.n == 8);
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
           (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | p[7];
}

/* Two's complement. */
static int64_t signed_of(struct wp_slice octets)
{
    const unsigned unused = 64 - 8 * (unsigned)octets.n;

    return (int64_t)(bits_of(octets) << unused) >> unused;
}

static double real_of(const struct axdr_item *item)
{
    const uint64_t bits = bits_of(item->content);
    const uint32_t low = (uint32_t)bits;
    double wide;
    float narrow;

    if (item->tag == AXDR_FLOAT32) {
        memcpy(&narrow, &low, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

/* Without control octets: what has them is shown as octets. */
static bool is_text(const struct axdr_item *item)
{
    for (size_t i = 0; i < item->content.n; i++) {
        const uint8_t octet = item->content.p[i];

        if (octet < 0x20 || octet == 0x7F || (octet > 0x7F && item->tag == AXDR_VISIBLE_STRING))
            return false;
    }
    return item->tag == AXDR_VISIBLE_STRING || wp_slice_is_utf8(item->content);
}

bool axdr_int(const struct axdr_item *item, int64_t *ret_num)
{
    const struct axdr_type *type = axdr_type(item->tag);
    uint64_t bits;

    if (type->form == AXDR_SIGNED) {
        *ret_num = signed_of(item->content);
        return true;
    }
    if (type->form != AXDR_UNSIGNED || item->tag == AXDR_BOOLEAN)
        return false;
    bits = bits_of(item->content);
    if (bits > INT64_MAX)
        return false;
    *ret_num = (int64_t)bits;
    return true;
}

struct wp_value axdr_value(const struct axdr_item *item)
{
    const enum axdr_form form = (enum axdr_form)axdr_type(item->tag)->form;

    if (form == AXDR_UNSIGNED && item->tag != AXDR_BOOLEAN)
        return wp_uint(bits_of(item->content));
    switch (form) {
    case AXDR_SIGNED: return wp_int(signed_of(item->content));
    case AXDR_UNSIGNED: return wp_bool(item->content.p[0] != 0);
    case AXDR_OCTETS:
        if (item->tag == AXDR_FLOAT32 || item->tag == AXDR_FLOAT64)
            return wp_real(real_of(item));
        return wp_bytes_value(item->content);
    case AXDR_STRING:
        if (item->tag != AXDR_OCTET_STRING && is_text(item))
            return wp_text_value(item->content);
        return wp_bytes_value(item->content);
    case AXDR_BITS: return wp_bytes_value(item->content);
    case AXDR_COMPACT: return (struct wp_value){.kind = WP_TREE, .bytes = item->content};
    case AXDR_NOTHING:
    case AXDR_CONTAINER: break;
    }
    return wp_null();
}

/* ---- canonical text --------------------------------------------------------------------------------- */

static void put_compact(struct wp_writer *w, const struct axdr_item *item)
{
    struct wp_slice description, contents;

    axdr_compact_parts(item, &description, &contents);
    wp_put_hex(w, description);
    wp_put_char(w, ':');
    wp_put_hex(w, contents);
}

static void put_item(struct wp_writer *w, const struct axdr_item *item)
{
    const struct axdr_type *type = axdr_type(item->tag);

    wp_put_text(w, type->prefix);
    switch ((enum axdr_form)type->form) {
    case AXDR_NOTHING: break;
    case AXDR_CONTAINER:
        wp_put_uint(w, item->count);
        wp_put_char(w, '[');
        break;
    case AXDR_SIGNED: wp_put_int(w, signed_of(item->content)); break;
    case AXDR_UNSIGNED: wp_put_uint(w, bits_of(item->content)); break;
    case AXDR_BITS:
        wp_put_uint(w, item->count);
        wp_put_char(w, ':');
        wp_put_hex(w, item->content);
        break;
    case AXDR_OCTETS:
    case AXDR_STRING: wp_put_hex(w, item->content); break;
    case AXDR_COMPACT: put_compact(w, item); break;
    }
}

struct wp_decode axdr_put_canonical(struct wp_writer *w, struct wp_slice in)
{
    struct axdr_cursor c;
    struct axdr_item item;
    unsigned open = 0;
    bool is_first = true;

    axdr_open(&c, in, NULL);
    while (axdr_next(&c, &item)) {
        for (; open > item.depth; open--, is_first = false)
            wp_put_char(w, ']');
        if (!is_first)
            wp_put_char(w, ' ');
        put_item(w, &item);
        is_first = axdr_is_container(item.tag);
        open += is_first;
    }
    for (; open > 0 && c.status == WP_OK; open--)
        wp_put_char(w, ']');
    return axdr_end(&c);
}
