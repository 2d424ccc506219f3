/* One element as a value, and a value as it is published. */
#include "sim/codec/cosem_push_inside.h"

#include "sim/codec/cosem_time.h"
#include "sim/codec/cosem_unit_code.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t big_endian(struct wp_slice s)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n = n << 8 | s.p[i];
    return n;
}

/* A float is the decimal that the meter meant: the shortest that reads back as it. false: no number. */
static bool from_float(const struct push_item *item, struct wp_value *out)
{
    uint64_t bits = big_endian(item->content);
    bool is_single = item->tag == AXDR_FLOAT32;
    uint32_t low = (uint32_t)bits;
    float single;
    double number;
    char text[40];

    memcpy(&single, &low, sizeof single);
    memcpy(&number, &bits, sizeof number);
    if (is_single)
        number = (double)single;
    if (!isfinite(number))
        return false;
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, number);
        if (is_single ? strtof(text, NULL) == single : strtod(text, NULL) == number)
            break;
    }
    *out = wp_real(number);
    wp_number_read(wp_text(text), out);
    return true;
}

static bool is_utf8_text(struct wp_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return wp_slice_is_utf8(s);
}

static void set_octets(struct cosem_point *point, enum cosem_value_form form, struct wp_slice octets)
{
    point->form = (uint8_t)form;
    point->value = form == COSEM_TEXT ? wp_text_value(octets) : wp_bytes_value(octets);
}

bool push_is_clock(const struct push_item *item)
{
    return item->tag == AXDR_DATE_TIME ||
           (item->tag == AXDR_OCTET_STRING && item->content.n == COSEM_TIME_OCTETS &&
            cosem_time_is_likely(item->content));
}

/* Of class 8, or x-x:1.0.0 of medium 0, where the class is not said. */
static bool is_clock_object(const struct cosem_point *point)
{
    const uint8_t *v = point->ln.v;

    return point->class_id == 8 || (point->class_id == 0 && v[0] == 0 && v[2] == 1 && v[3] == 0 && v[4] == 0);
}

static void set_clock(struct cosem_point *point, struct wp_slice octets)
{
    struct cosem_time time;

    set_octets(point, COSEM_CLOCK, octets);
    if (!cosem_time_read(octets, &time) || (octets.n == COSEM_TIME_OCTETS && !cosem_time_is_likely(octets)))
        point->quality = WP_INVALID;
}

static void set_string(struct cosem_point *point, const struct push_item *item)
{
    struct wp_slice text = push_without_fill(item->content);
    bool is_text = item->tag == AXDR_UTF8_STRING ? is_utf8_text(text) : wp_slice_is_printable(text);

    if (push_is_clock(item) || (item->content.n == COSEM_TIME_OCTETS && is_clock_object(point)))
        set_clock(point, item->content);
    else if (is_text && (text.n > 0 || item->content.n == 0))
        set_octets(point, COSEM_TEXT, text);
    else
        set_octets(point, COSEM_HEX, item->content);
}

static bool set_number(struct cosem_point *point, int64_t number)
{
    point->form = COSEM_NUMBER;
    point->value = wp_int(number);
    return true;
}

bool push_value(struct cosem_point *point, const struct push_item *item)
{
    const uint8_t *p = item->content.p;

    switch (item->tag) {
    case AXDR_NULL_DATA:
    case AXDR_DONT_CARE: return false;
    case AXDR_U32:
    case AXDR_DELTA_U32:
        return set_number(
            point, (int64_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]));
    case AXDR_U16:
    case AXDR_DELTA_U16: return set_number(point, p[0] << 8 | p[1]);
    case AXDR_I16:
    case AXDR_DELTA_I16: return set_number(point, (int16_t)(p[0] << 8 | p[1]));
    case AXDR_U8:
    case AXDR_ENUM:
    case AXDR_DELTA_U8: return set_number(point, p[0]);
    case AXDR_I8:
    case AXDR_BCD:
    case AXDR_DELTA_I8: return set_number(point, (int8_t)p[0]);
    case AXDR_I32:
    case AXDR_DELTA_I32: return set_number(point, (int32_t)big_endian(item->content));
    case AXDR_I64: return set_number(point, (int64_t)big_endian(item->content));
    case AXDR_U64:
        point->form = COSEM_NUMBER;
        point->value = wp_uint(big_endian(item->content));
        return true;
    case AXDR_FLOAT32:
    case AXDR_FLOAT64: point->form = COSEM_NUMBER; return from_float(item, &point->value);
    case AXDR_BOOLEAN:
        point->form = COSEM_TRUTH;
        point->value = wp_bool(p[0] != 0);
        return true;
    case AXDR_BIT_STRING:
        set_octets(point, COSEM_BITS, item->content);
        point->bits = item->count;
        return true;
    case AXDR_OCTET_STRING:
    case AXDR_VISIBLE_STRING:
    case AXDR_UTF8_STRING: set_string(point, item); return true;
    case AXDR_DATE_TIME:
    case AXDR_DATE:
    case AXDR_TIME: set_clock(point, item->content); return true;
    default:
        point->form = COSEM_TREE;
        point->value = (struct wp_value){.kind = WP_TREE, .bytes = item->raw};
        return true;
    }
}

static void put_bits(struct wp_writer *w, struct wp_slice octets, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        wp_put_char(w, octets.p[i / 8] & 0x80 >> i % 8 ? '1' : '0');
}

/* Complete ones in the form of ISO 8601, all others with their wildcards. */
static void put_clock(struct wp_writer *w, struct wp_slice octets)
{
    struct cosem_time time;

    if (!cosem_time_read(octets, &time))
        wp_put_hex(w, octets);
    else if (octets.n != COSEM_TIME_OCTETS || !cosem_time_put_iso(w, &time))
        cosem_time_put_text(w, &time);
}

struct wp_value cosem_point_value(const struct cosem_point *point, struct wp_writer *texts)
{
    struct wp_writer w = *texts;
    struct wp_slice text;

    if (point->form == COSEM_TREE)
        return wp_null();
    if (point->form != COSEM_CLOCK && point->form != COSEM_BITS)
        return point->value;
    if (point->form == COSEM_BITS)
        put_bits(&w, point->value.bytes, point->bits);
    else
        put_clock(&w, point->value.bytes);
    if (w.full)
        return point->value;
    text = wp_slice(texts->p + texts->n, w.n - texts->n);
    *texts = w;
    return wp_text_value(text);
}

const char *cosem_point_unit(const struct cosem_point *point)
{
    const char *text = point->unit ? cosem_unit_text(point->unit) : NULL;

    return text ? text : "";
}
