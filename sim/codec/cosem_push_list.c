/* push-object-list: the first element says what the others are.
 *
 *     S n { A m [ S{u16 class, os6 OBIS, i8 attribute, u16 index [, restriction, columns]} .. ], value .. }
 *
 * Value i belongs to entry i; entry 0 is the array itself (class 40, attribute 2). Where the array has one entry less
 * than the structure and begins with another class, it left itself out. */
#include "sim/codec/cosem_push_inside.h"

enum {
    CLASS_PUSH_SETUP = 40,
    ENTRY_OCTETS = 18, /* of an entry of four members */
    LEAST_MEMBERS = 4,
};

struct entry {
    struct obis ln;
    uint16_t class_id;
    int8_t attribute;
    uint16_t index; /* 0: the whole attribute */
};

/* As nearly every meter sends it: 02 04 12 class 09 06 OBIS 0F attribute 12 index; eight octets are compared at once.
 * p   ENTRY_OCTETS of them */
static inline bool is_plain(const uint8_t *p)
{
    static const uint8_t head[8] = {AXDR_STRUCTURE,    LEAST_MEMBERS, AXDR_U16, 0, 0,
                                    AXDR_OCTET_STRING, OBIS_OCTETS,   0};
    static const uint8_t head_mask[8] = {0xFF, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0};
    static const uint8_t tail[8] = {0, 0, 0, AXDR_I8, 0, AXDR_U16, 0, 0},
                         tail_mask[8] = {0, 0, 0, 0xFF, 0, 0xFF, 0, 0};
    uint64_t first, last, want_first, want_last, mask_first, mask_last;

    memcpy(&first, p, 8);
    memcpy(&last, p + ENTRY_OCTETS - 8, 8);
    memcpy(&want_first, head, 8);
    memcpy(&want_last, tail, 8);
    memcpy(&mask_first, head_mask, 8);
    memcpy(&mask_last, tail_mask, 8);
    return (((first ^ want_first) & mask_first) | ((last ^ want_last) & mask_last)) == 0;
}

/* Is this how all m entries are? */
static bool are_plain(const struct push_cursor *c, uint32_t m)
{
    if (push_left(c) / ENTRY_OCTETS < m)
        return false;
    for (uint32_t i = 0; i < m; i++)
        if (!is_plain(c->p + (size_t)i * ENTRY_OCTETS))
            return false;
    return true;
}

static inline void take_plain(struct push_cursor *c, struct entry *out)
{
    const uint8_t *p = c->p;

    out->class_id = (uint16_t)(p[3] << 8 | p[4]);
    memcpy(out->ln.v, p + 7, OBIS_OCTETS);
    out->attribute = (int8_t)p[14];
    out->index = (uint16_t)(p[16] << 8 | p[17]);
    c->p += ENTRY_OCTETS;
}

/* Any entry of four members or more; what stands behind the index restricts the value, and does not matter here. */
static bool take_any(struct push_cursor *c, struct entry *out)
{
    struct push_item class_id, ln, attribute, index;
    uint32_t n;

    if (!push_enter(c, AXDR_STRUCTURE, &n) || n < LEAST_MEMBERS)
        return false;
    if (!push_take(c, &class_id) || !push_take(c, &ln) || !push_take(c, &attribute) ||
        !push_take(c, &index) || !push_skip(c, n - LEAST_MEMBERS))
        return false;
    if (class_id.tag != AXDR_U16 || ln.tag != AXDR_OCTET_STRING || ln.content.n != OBIS_OCTETS ||
        (attribute.tag != AXDR_I8 && attribute.tag != AXDR_U8) || index.tag != AXDR_U16)
        return false;
    out->class_id = (uint16_t)(class_id.content.p[0] << 8 | class_id.content.p[1]);
    memcpy(out->ln.v, ln.content.p, OBIS_OCTETS);
    out->attribute = (int8_t)attribute.content.p[0];
    out->index = (uint16_t)(index.content.p[0] << 8 | index.content.p[1]);
    return true;
}

static inline bool take_entry(struct push_cursor *c, bool plain, struct entry *out)
{
    if (!plain)
        return take_any(c, out);
    take_plain(c, out);
    return true;
}

/* Do all m entries read? The values then stand at c. */
static bool pass_entries(struct push_cursor *c, uint32_t m, bool plain)
{
    struct entry entry;

    if (plain)
        c->p += (size_t)m * ENTRY_OCTETS;
    for (uint32_t i = 0; !plain && i < m; i++)
        if (!take_any(c, &entry))
            return false;
    return true;
}

/* The member that an index asks for, where the meter sent the whole value all the same. */
static void narrow(struct push_item *value, uint16_t index)
{
    struct push_cursor c = push_cursor(value->content);

    if (index == 0 || !axdr_is_container(value->tag) || index > value->count)
        return;
    if (push_skip(&c, index - 1u))
        push_take(&c, value);
}

/* scaler_unit of registers, and of demand registers. */
static bool is_scaler_unit(const struct entry *e)
{
    return ((e->class_id == 3 || e->class_id == 4) && e->attribute == 3) ||
           (e->class_id == 5 && e->attribute == 4);
}

static void add_scaler_unit(struct push_map *m, const struct entry *e, const struct push_item *value)
{
    struct cosem_point *point;
    int8_t scaler;
    uint8_t unit;

    if (!cosem_scaler_unit_read(value->raw, &scaler, &unit)) {
        m->out->n_unmapped++;
        return;
    }
    point = push_add(m, e->ln, e->class_id, e->attribute, value);
    if (!point)
        return;
    point->scaler = scaler;
    point->unit = unit;
    point->form = COSEM_SCALER_UNIT;
    m->has_scaler_units = true;
}

static void add_special(struct push_map *m, const struct entry *e, struct push_item *value)
{
    narrow(value, e->index);
    if (is_scaler_unit(e))
        add_scaler_unit(m, e, value);
    else if (e->class_id != 7 || !push_rows(m, e->ln, value))
        push_add(m, e->ln, e->class_id, e->attribute, value);
}

/* The list itself and logical names are no readings. */
static bool is_reading(const struct entry *e)
{
    return e->attribute != 1 && e->class_id != CLASS_PUSH_SETUP;
}

/* The value of an entry, whole and no buffer in nearly all cases. false: it does not read. */
static inline bool take_value(struct push_map *m, const struct entry *e, struct push_cursor *values)
{
    struct push_item value;
    struct cosem_point *point;

    if (e->attribute == 2 && e->index == 0 && e->class_id != 7 && e->class_id != CLASS_PUSH_SETUP)
        return push_take_value(m, values, e->ln, e->class_id, 2, &point);
    if (!push_take(values, &value))
        return false;
    if (is_reading(e))
        add_special(m, e, &value);
    return true;
}

bool push_object_list(struct push_map *m, struct wp_slice body)
{
    struct push_cursor values = push_cursor(body), entries, first;
    struct entry entry;
    uint32_t n, n_entries;
    bool plain;

    if (!push_enter(&values, AXDR_STRUCTURE, &n) || n < 2 || !push_enter(&values, AXDR_ARRAY, &n_entries))
        return false;
    first = entries = values;
    plain = are_plain(&values, n_entries);
    if (n_entries == 0 || !pass_entries(&values, n_entries, plain) || !take_entry(&first, plain, &entry))
        return false;
    if (n_entries == n)
        entries = first; /* entry 0 is of the array */
    else if (n_entries + 1 != n || entry.class_id == CLASS_PUSH_SETUP)
        return false;
    while (--n > 0 && take_entry(&entries, plain, &entry))
        if (!take_value(m, &entry, &values))
            break;
    m->out->n_unmapped += n;
    m->out->shape = COSEM_SHAPE_PUSH_OBJECT_LIST;
    return true;
}
