/* Lists in which every value stands with its OBIS code: arrays of structures, structures in a structure, flat ones. */
#include "sim/codec/cosem_push_inside.h"

/* Landis+Gyr ZMF100 writes 06 09 before an OBIS code, where 09 06 is meant. As it stands that is a number and rubbish, so
 * only a whole S{06 09 OBIS, value, S{scaler, unit}} is taken for it; c stands behind the OBIS code then. */
static bool take_swapped(struct push_cursor *c, struct obis *out)
{
    const uint8_t *from = c->p;
    struct push_item value;
    int8_t scaler;
    uint8_t unit;

    if (push_left(c) < 8 || from[0] != OBIS_OCTETS || from[1] != AXDR_OCTET_STRING ||
        !obis_is_likely(wp_slice(from + 2, OBIS_OCTETS)))
        return false;
    c->p += 8;
    if (!push_take(c, &value) || !push_scaler_unit(c, &scaler, &unit))
        return push_back(c, from);
    *out = obis_of(from + 2);
    c->p = from + 8;
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

/* The scaler of the number that came last, where it stands in the body. true: there was one. */
static bool take_scale(struct push_cursor *c, struct cosem_point *point)
{
    int8_t scaler;
    uint8_t unit;

    if (!push_scaler_unit(c, &scaler, &unit))
        return false;
    push_scaled(point, scaler, unit);
    return true;
}

/* S{OBIS, value} or S{OBIS, value, S{scaler, unit}}. false: another element, nothing read. */
static bool take_structure(struct push_map *m, struct push_cursor *c)
{
    const uint8_t *from = c->p;
    struct cosem_point *point;
    struct obis ln;
    uint32_t n;

    if (!push_enter(c, AXDR_STRUCTURE, &n) || n < 2 || n > 3 || !take_ln(m, c, n, &ln) ||
        !push_take_value(m, c, ln, 0, 2, &point))
        return push_back(c, from);
    if (n == 2 || take_scale(c, point))
        return true;
    m->out->n_unmapped++; /* a third member that is no scaler */
    return push_skip(c, 1);
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
    const uint8_t *from = c->p;
    struct push_item item;

    --*n;
    if (push_take(c, &item) && push_is_clock(&item)) {
        m->out->clock = item.content;
    } else if (!c->bad && push_is_text(&item) && !push_is_key(&item)) {
        m->out->list_id = item.content;
    } else {
        push_back(c, from);
        ++*n;
    }
}

/* An OBIS code by itself, which is always sent as 09 06. */
static bool take_key(struct push_cursor *c, struct obis *out)
{
    const uint8_t *p = c->p;

    if (push_left(c) < 8 || p[0] != AXDR_OCTET_STRING || p[1] != OBIS_OCTETS || p[7] != OBIS_NOW ||
        !obis_is_likely(wp_slice(p + 2, OBIS_OCTETS)))
        return false;
    *out = obis_of(p + 2);
    c->p += 8;
    return true;
}

/* OBIS, value, perhaps S{scaler, unit}; the next element is the value whatever it is (Iskra's serial number has six
 * octets). false: no OBIS code, or nothing behind it; nothing read. */
static bool take_pair(struct push_map *m, struct push_cursor *c, uint32_t *n)
{
    const uint8_t *from = c->p;
    struct cosem_point *point;
    struct obis ln;

    if (*n < 2 || !take_key(c, &ln) || !push_take_value(m, c, ln, 0, 2, &point))
        return push_back(c, from);
    *n -= 2;
    if (*n > 0 && take_scale(c, point))
        --*n;
    return true;
}

/* A lone text at the end is the number of the meter. */
static bool take_tail(struct push_map *m, struct push_cursor *c, uint32_t n)
{
    const uint8_t *from = c->p;
    struct push_item item;

    if (n != 1 || !push_take(c, &item) || !push_is_text(&item))
        return push_back(c, from);
    m->out->meter_id = item.content;
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
