/* How the shapes of a push read elements and hand on readings. Included by the cosem_push*.c files only. */
#ifndef WP_COSEM_PUSH_INSIDE_H
#define WP_COSEM_PUSH_INSIDE_H

#include "sim/codec/axdr.h"
#include "sim/codec/cosem_push.h"
#include "sim/codec/cosem_unit_code.h"

/* A form of points that lie in the caller's array until they have given their scaler to their register. */
enum { COSEM_SCALER_UNIT = 0xFF };

/* One element with all that it contains. */
struct push_item {
    uint8_t tag;
    uint32_t count;          /* elements, bits, octets */
    struct wp_slice content; /* of a container its elements */
    struct wp_slice raw;
};

/* Reads elements from p to end. Sticky: `bad` once something did not read; it was an element for nobody. */
struct push_cursor {
    const uint8_t *p, *end;
    bool bad;
};

struct push_map {
    const struct cosem_push_setup *setup;
    const struct cosem_profile *profile; /* of the device, never NULL */
    struct cosem_point *points;
    size_t cap;
    struct cosem_push *out;
    bool allow_untagged, allow_swapped;
    bool has_scaler_units; /* points of that form are among the points */
    bool has_open;         /* a number whose scaler the body does not say */
};

static inline struct push_cursor push_cursor(struct wp_slice in)
{
    return (struct push_cursor){in.p, in.p + in.n, false};
}

static inline size_t push_left(const struct push_cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline bool push_fails(struct push_cursor *c)
{
    c->bad = true;
    return false;
}

/* Reading begins again at `from`; false, for who returns it. */
static inline bool push_back(struct push_cursor *c, const uint8_t *from)
{
    c->p = from;
    c->bad = false;
    return false;
}

/* The next element, whole. */
bool push_take(struct push_cursor *c, struct push_item *out);

/* Passes over n elements. */
bool push_skip(struct push_cursor *c, uint32_t n);

/* Tag and count of the container that comes next: its elements are read next. false: another element, nothing read. */
bool push_enter_slowly(struct push_cursor *c, uint8_t tag, uint32_t *ret_count);

static inline bool push_enter(struct push_cursor *c, uint8_t tag, uint32_t *ret_count)
{
    if (c->bad || push_left(c) < 2 || c->p[0] != tag || c->p[1] >= 0x80 || c->p[1] > push_left(c) - 2)
        return push_enter_slowly(c, tag, ret_count);
    *ret_count = c->p[1];
    c->p += 2;
    return true;
}

/* scaler_unit S{integer, enum}, if it comes next. false: nothing read. */
static inline bool push_scaler_unit(struct push_cursor *c, int8_t *ret_scaler, uint8_t *ret_unit)
{
    const uint8_t *p = c->p;

    if (c->bad || push_left(c) < 6 || p[0] != AXDR_STRUCTURE || p[1] != 2 || p[2] != AXDR_I8 ||
        p[4] != AXDR_ENUM)
        return false;
    *ret_scaler = (int8_t)p[3];
    *ret_unit = p[5];
    c->p += 6;
    return true;
}

static inline bool push_is_text(const struct push_item *item)
{
    return item->tag == AXDR_OCTET_STRING || item->tag == AXDR_VISIBLE_STRING ||
           item->tag == AXDR_UTF8_STRING;
}

/* An OBIS code where nothing else says so: six octets that are likely one. */
static inline bool push_is_key(const struct push_item *item)
{
    return item->tag == AXDR_OCTET_STRING && item->content.n == OBIS_OCTETS && obis_is_likely(item->content);
}

/* What fills a text up to its length (Landis+Gyr: "40799390" and eight NULs) is none of it. */
static inline struct wp_slice push_without_fill(struct wp_slice s)
{
    while (s.n > 0 && s.p[s.n - 1] == 0)
        s.n--;
    return s;
}

/* A date-time: tagged, or twelve octets that are likely one. */
bool push_is_clock(const struct push_item *item);

/* Adds the reading; NULL when there is none: an empty value, or no room. */
struct cosem_point *push_add(struct push_map *m, struct obis ln, uint16_t class_id, int8_t attribute,
                             const struct push_item *item);

/* A scaler for what is no plain integer. */
void push_apply_slowly(struct cosem_point *point);

/* The number times 10^scaler; what no meter means is ignored. */
static inline void push_apply(struct cosem_point *point)
{
    if (point->scaler < -COSEM_SCALER_MAX || point->scaler > COSEM_SCALER_MAX)
        point->scaler = 0;
    if (point->value.kind == WP_DECIMAL && point->value.exp10 == 0)
        point->value.exp10 = point->scaler;
    else
        push_apply_slowly(point);
}

static inline void push_scaled(struct cosem_point *point, int8_t scaler, uint8_t unit)
{
    if (!point)
        return;
    point->scaler = scaler;
    point->unit = unit;
    point->from = COSEM_SCALE_PAYLOAD;
    push_apply(point);
}

/* The number of an integer type that most registers have, at p: its octets with the tag. 0: another type, or cut off. */
static inline size_t push_integer(const uint8_t *p, size_t left, int64_t *ret_num)
{
    if (left >= 5 && p[0] == AXDR_U32) {
        *ret_num = (int64_t)((uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4]);
        return 5;
    }
    if (left >= 3 && p[0] == AXDR_U16) {
        *ret_num = p[1] << 8 | p[2];
        return 3;
    }
    if (left >= 3 && p[0] == AXDR_I16) {
        *ret_num = (int16_t)(p[1] << 8 | p[2]);
        return 3;
    }
    return 0;
}

/* Takes the next element and adds it as reading; *ret_point NULL: it is none, as with push_add. Here because it is done
 * for every value. false: no element reads. */
static inline bool push_take_value(struct push_map *m, struct push_cursor *c, struct obis ln,
                                   uint16_t class_id, int8_t attribute, struct cosem_point **ret_point)
{
    struct push_item item;
    int64_t num;
    size_t n = push_integer(c->p, push_left(c), &num);

    if (n > 0 && m->out->n_points < m->cap) {
        struct cosem_point *point = &m->points[m->out->n_points++];

        /* Field by field: a whole point made elsewhere and copied costs more than all the rest. */
        memset(point, 0, sizeof *point);
        point->ln = ln;
        point->class_id = class_id;
        point->attribute = attribute;
        point->value.kind = WP_DECIMAL;
        point->value.num = num;
        point->raw.p = c->p;
        point->raw.n = n;
        *ret_point = point;
        m->has_open = true;
        c->p += n;
        return true;
    }
    if (!push_take(c, &item))
        return false;
    *ret_point = push_add(m, ln, class_id, attribute, &item);
    return true;
}

/* What a value is; false: none. point->ln, class_id and attribute are there already. */
bool push_value(struct cosem_point *point, const struct push_item *item);

/* Gives every number its scaler and unit. */
void push_scale(struct push_map *m);

/* The shapes. false: it is none of these; what was found until then is forgotten. */
bool push_object_list(struct push_map *m, struct wp_slice body);
bool push_obis_array(struct push_map *m, struct wp_slice body);
bool push_obis_structure(struct push_map *m, struct wp_slice body);
bool push_is15959(struct push_map *m, struct wp_slice body);
bool push_untagged(struct push_map *m, struct wp_slice body);
/* Always true for a container: it is positional, known or not. */
bool push_positional(struct push_map *m, struct wp_slice body);

/* The rows of a profile buffer, by the columns of its object; false: they are not known, nothing was added. */
bool push_rows(struct push_map *m, struct obis ln, const struct push_item *buffer);

#endif
