/* How the shapes of a push read elements and hand on readings. Included by the cosem_push*.c files only. */
#ifndef WP_COSEM_PUSH_INSIDE_H
#define WP_COSEM_PUSH_INSIDE_H

#include "sim/codec/axdr.h"
#include "sim/codec/cosem_push.h"

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

/* The next element, whole. */
bool push_take(struct push_cursor *c, struct push_item *out);

/* Passes over n elements. */
bool push_skip(struct push_cursor *c, uint32_t n);

/* Tag and count of the container that comes next: its elements are read next. false: another element, nothing read. */
bool push_enter(struct push_cursor *c, uint8_t tag, uint32_t *ret_count);

/* scaler_unit S{integer, enum}, if it comes next. false: nothing read. */
bool push_scaler_unit(struct push_cursor *c, int8_t *ret_scaler, uint8_t *ret_unit);

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

static inline void push_scaled(struct cosem_point *point, int8_t scaler, uint8_t unit)
{
    if (!point)
        return;
    point->scaler = scaler;
    point->unit = unit;
    point->from = COSEM_SCALE_PAYLOAD;
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
