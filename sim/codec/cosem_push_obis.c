/* Lists in which every value stands with its OBIS code: arrays of structures, structures in a structure, flat ones. */
#include "sim/codec/cosem_push_inside.h"

/* Landis+Gyr ZMF100 writes 06 09 before an OBIS code, where 09 06 is meant. As it stands that is a number and rubbish, so
 * only a whole S{06 09 OBIS, value, S{scaler, unit}} is taken for it; c stands behind the OBIS code then. */
static bool take_swapped(struct push_cursor *c, struct obis *out)
{
    struct push_cursor ahead = *c;
    struct push_item value;
    int8_t scaler;
    uint8_t unit;

    if (push_left(c) < 8 || ahead.p[0] != OBIS_OCTETS || ahead.p[1] != AXDR_OCTET_STRING ||
        !obis_is_likely(wp_slice(ahead.p + 2, OBIS_OCTETS)))
        return false;
    ahead.p += 8;
    if (!push_take(&ahead, &value) || !push_scaler_unit(&ahead, &scaler, &unit))
        return false;
    *out = obis_of(c->p + 2);
    c->p += 8;
    return true;
}

/* The OBIS code that begins a structure of n members. */
static bool take_ln(const struct push_map *m, struct push_cursor *c, uint32_t n, struct obis *out)
{
    const uint8_t *p = c->p;
    struct push_item item;

    if (push_left(c) >= 8 && p[0] == AXDR_OCTET_STRING && p[1] == OBIS_OCTETS) {
        *out = obis_of(p + 2);
        c->p += 8;
        return true;
    }
    if (m->allow_swapped && n == 3 && take_swapped(c, out))
        return true;
    if (!push_take(c, &item) || item.tag != AXDR_OCTET_STRING || item.content.n != OBIS_OCTETS)
        return false;
    *out = obis_of(item.content.p);
    return true;
}

/* S{OBIS, value} or S{OBIS, value, S{scaler, unit}}. false: another element, nothing read. */
static bool take_structure(struct push_map *m, struct push_cursor *c)
{
    struct push_cursor ahead = *c;
    struct push_item value, rest;
    struct cosem_point *point;
    struct obis ln;
    int8_t scaler;
    uint8_t unit;
    uint32_t n;

    if (!push_enter(&ahead, AXDR_STRUCTURE, &n) || n < 2 || n > 3 || !take_ln(m, &ahead, n, &ln) ||
        !push_take(&ahead, &value))
        return false;
    if (n == 3 && push_scaler_unit(&ahead, &scaler, &unit)) {
        point = push_add(m, ln, 0, 2, &value);
        push_scaled(point, scaler, unit);
    } else if (n == 2 || push_take(&ahead, &rest)) {
        push_add(m, ln, 0, 2, &value);
        m->out->n_unmapped += n - 2;
    } else {
        return false;
    }
    *c = ahead;
    return true;
}

/* An element that no rule takes. */
static bool pass_unmapped(struct push_map *m, struct push_cursor *c)
{
    m->out->n_unmapped++;
    return push_skip(c, 1);
}

bool push_obis_array(struct push_map *m, struct wp_slice body)
{
    struct push_cursor c = push_cursor(body);
    uint32_t n, taken = 0;

    if (!push_enter(&c, AXDR_ARRAY, &n))
        return false;
    for (; n > 0; n--) {
        if (take_structure(m, &c))
            taken++;
        else if (!pass_unmapped(m, &c))
            break;
    }
    m->out->shape = COSEM_SHAPE_ARRAY_OF_OBIS;
    return taken > 0;
}

/* What stands before the first OBIS code: nothing, the name of the list, or the time. */
static void take_head(struct push_map *m, struct push_cursor *c, uint32_t *n)
{
    struct push_cursor ahead = *c;
    struct push_item item;

    if (!push_take(&ahead, &item) || push_is_key(&item))
        return;
    if (push_is_clock(&item))
        m->out->clock = item.content;
    else if (push_is_text(&item))
        m->out->list_id = item.content;
    else
        return;
    *c = ahead;
    --*n;
}

/* OBIS, value, perhaps S{scaler, unit}; the next element is the value whatever it is (Iskra's serial number has six
 * octets). false: no OBIS code, or nothing behind it; nothing read. */
static bool take_pair(struct push_map *m, struct push_cursor *c, uint32_t *n)
{
    struct push_cursor ahead = *c;
    struct push_item key, value;
    struct cosem_point *point;
    int8_t scaler;
    uint8_t unit;

    if (*n < 2 || !push_take(&ahead, &key) || !push_is_key(&key) || !push_take(&ahead, &value))
        return false;
    point = push_add(m, obis_of(key.content.p), 0, 2, &value);
    *n -= 2;
    if (*n > 0 && push_scaler_unit(&ahead, &scaler, &unit)) {
        push_scaled(point, scaler, unit);
        --*n;
    }
    *c = ahead;
    return true;
}

/* A lone text at the end is the number of the meter. */
static bool take_tail(struct push_map *m, struct push_cursor *c, uint32_t n)
{
    struct push_cursor ahead = *c;
    struct push_item item;

    if (n != 1 || !push_take(&ahead, &item) || !push_is_text(&item))
        return false;
    m->out->meter_id = item.content;
    *c = ahead;
    return true;
}

bool push_obis_structure(struct push_map *m, struct wp_slice body)
{
    struct push_cursor c = push_cursor(body);
    uint32_t n, pairs = 0, structures = 0;

    if (!push_enter(&c, AXDR_STRUCTURE, &n) || n < 1)
        return false;
    take_head(m, &c, &n);
    while (n > 0) {
        if (take_pair(m, &c, &n)) {
            pairs++;
            continue;
        }
        if (take_structure(m, &c))
            structures++;
        else if (pairs + structures == 0) /* a list of something else */
            return false;
        else if (!take_tail(m, &c, n) && !pass_unmapped(m, &c))
            break;
        n--;
    }
    m->out->shape = structures ? COSEM_SHAPE_STRUCTS : COSEM_SHAPE_FLAT_OBIS;
    return pairs + structures > 0;
}
