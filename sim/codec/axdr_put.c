/* Writing Data: every type, lengths in their shortest form. */
#include "sim/codec/axdr.h"

#include <assert.h>

void axdr_put_length(struct wp_writer *w, uint32_t n)
{
    const uint8_t octets[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    size_t skip = 0;

    if (n < 0x80) {
        wp_put_u8(w, (uint8_t)n);
        return;
    }
    while (octets[skip] == 0)
        skip++;
    wp_put_u8(w, (uint8_t)(0x80 + sizeof octets - skip));
    wp_put_slice(w, wp_slice(octets + skip, sizeof octets - skip));
}

void axdr_put_scalar(struct wp_writer *w, enum axdr_tag tag, uint64_t bits)
{
    const struct axdr_type *type = axdr_type((uint8_t)tag);
    uint8_t octets[1 + sizeof bits] = {(uint8_t)tag};

    assert(type);
    assert(type->octets <= sizeof bits);
    for (size_t i = type->octets; i > 0; i--, bits >>= 8)
        octets[i] = (uint8_t)bits;
    wp_put_slice(w, wp_slice(octets, (size_t)type->octets + 1));
}

void axdr_put_float32(struct wp_writer *w, float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof bits);
    axdr_put_scalar(w, AXDR_FLOAT32, bits);
}

void axdr_put_float64(struct wp_writer *w, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    axdr_put_scalar(w, AXDR_FLOAT64, bits);
}

static void put_counted(struct wp_writer *w, enum axdr_tag tag, size_t count, struct wp_slice octets)
{
    assert(count <= UINT32_MAX);
    wp_put_u8(w, (uint8_t)tag);
    axdr_put_length(w, (uint32_t)count);
    wp_put_slice(w, octets);
}

void axdr_put_octets(struct wp_writer *w, struct wp_slice octets)
{
    put_counted(w, AXDR_OCTET_STRING, octets.n, octets);
}

void axdr_put_visible(struct wp_writer *w, struct wp_slice text)
{
    put_counted(w, AXDR_VISIBLE_STRING, text.n, text);
}

void axdr_put_utf8(struct wp_writer *w, struct wp_slice text)
{
    put_counted(w, AXDR_UTF8_STRING, text.n, text);
}

void axdr_put_bits(struct wp_writer *w, const uint8_t *octets, uint32_t n_bits)
{
    put_counted(w, AXDR_BIT_STRING, n_bits, wp_slice(octets, n_bits / 8 + (n_bits % 8 != 0)));
}

static void put_fixed(struct wp_writer *w, enum axdr_tag tag, const uint8_t *octets)
{
    wp_put_u8(w, (uint8_t)tag);
    wp_put_slice(w, wp_slice(octets, axdr_type((uint8_t)tag)->octets));
}

void axdr_put_date_time(struct wp_writer *w, const uint8_t octets[12])
{
    put_fixed(w, AXDR_DATE_TIME, octets);
}

void axdr_put_date(struct wp_writer *w, const uint8_t octets[5])
{
    put_fixed(w, AXDR_DATE, octets);
}

void axdr_put_time(struct wp_writer *w, const uint8_t octets[4])
{
    put_fixed(w, AXDR_TIME, octets);
}

void axdr_put_array(struct wp_writer *w, uint32_t count)
{
    put_counted(w, AXDR_ARRAY, count, wp_slice(NULL, 0));
}

void axdr_put_structure(struct wp_writer *w, uint32_t count)
{
    put_counted(w, AXDR_STRUCTURE, count, wp_slice(NULL, 0));
}

void axdr_put_compact(struct wp_writer *w, struct wp_slice description, struct wp_slice contents)
{
    wp_put_u8(w, AXDR_COMPACT_ARRAY);
    wp_put_slice(w, description);
    axdr_put_length(w, (uint32_t)contents.n);
    wp_put_slice(w, contents);
}

void axdr_put_scaler_unit(struct wp_writer *w, int8_t scaler, uint8_t unit)
{
    axdr_put_structure(w, 2);
    axdr_put_i8(w, scaler);
    axdr_put_enum(w, unit);
}

void axdr_put_item(struct wp_writer *w, const struct axdr_item *item)
{
    struct wp_slice description, contents;

    switch ((enum axdr_form)axdr_type(item->tag)->form) {
    case AXDR_CONTAINER:
    case AXDR_BITS:
    case AXDR_STRING: put_counted(w, (enum axdr_tag)item->tag, item->count, item->content); break;
    case AXDR_COMPACT:
        axdr_compact_parts(item, &description, &contents);
        axdr_put_compact(w, description, contents);
        break;
    case AXDR_NOTHING:
    case AXDR_SIGNED:
    case AXDR_UNSIGNED:
    case AXDR_OCTETS: put_fixed(w, (enum axdr_tag)item->tag, item->content.p); break;
    }
}
