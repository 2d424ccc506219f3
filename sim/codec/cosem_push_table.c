/* Lists in which the place says what a value is: positional ones by their tables, Indian ones by their push setup, and
 * the rows of profile buffers by their columns. */
#include "sim/codec/cosem_push_inside.h"

#include "sim/codec/cosem_time.h"

enum { ESW_BITS = 128 };

static bool is_time(const struct push_item *item)
{
    return item->content.n == COSEM_TIME_OCTETS || item->content.n == COSEM_DATE_OCTETS ||
           item->content.n == COSEM_CLOCK_OCTETS;
}

static bool begins(struct wp_slice text, const char *prefix)
{
    size_t n = 0;

    while (n < COSEM_PREFIX_MAX && prefix[n])
        n++;
    return text.n >= n && n > 0 && memcmp(text.p, prefix, n) == 0;
}

static bool fits_element(const struct cosem_element *element, const struct push_item *item)
{
    if (item->tag < 64 &&
        !(cosem_element_tags((enum cosem_element_type)element->type) & COSEM_TAG(item->tag)))
        return false;
    if (element->type == COSEM_TYPE_CLOCK && !is_time(item))
        return false;
    return !element->prefix[0] || begins(item->content, element->prefix);
}

/* May a row have no value here (Indian buffers: the same as in the row before)? */
static bool is_null(const struct push_item *item)
{
    return item->tag == AXDR_NULL_DATA;
}

static bool fits(const struct cosem_table *table, struct push_cursor c, uint32_t n)
{
    struct push_item item;

    if (table->n != n)
        return false;
    for (size_t i = 0; i < table->n; i++)
        if (!push_take(&c, &item) || !(fits_element(&table->elements[i], &item) ||
                                       (table->kind == COSEM_TABLE_BUFFER && is_null(&item))))
            return false;
    return true;
}

/* The first table of a profile, or of one that it is like, that the n elements at c fit. */
static const struct cosem_table *find_table(const struct cosem_profile *profile, enum cosem_table_kind kind,
                                            struct obis ln, struct push_cursor c, uint32_t n)
{
    for (; profile; profile = profile->like)
        for (size_t i = 0; i < profile->n_tables; i++) {
            const struct cosem_table *table = &profile->tables[i];

            if (table->kind == kind && (kind == COSEM_TABLE_LIST || obis_eq(table->ln, ln)) &&
                fits(table, c, n))
                return table;
        }
    return NULL;
}

static void set_scale(struct cosem_point *point, const struct cosem_element *element)
{
    if (!point || !element->has_scale || point->form != COSEM_NUMBER)
        return;
    point->scaler = element->scaler;
    point->unit = element->unit ? element->unit : cosem_quantity_unit(cosem_quantity_of(element->ln));
    point->from = COSEM_SCALE_PROFILE;
    push_apply(point);
}

/* Four and five octets are time and date because the table says so. */
static void set_clock(struct cosem_point *point, const struct push_item *item)
{
    if (!point || point->form == COSEM_CLOCK)
        return;
    point->form = COSEM_CLOCK;
    point->value = wp_bytes_value(item->content);
}

static struct cosem_point *add_element(struct push_map *m, const struct cosem_element *element,
                                       const struct push_item *item)
{
    struct cosem_point *point = push_add(m, element->ln, 0, 2, item);

    set_scale(point, element);
    if (element->type == COSEM_TYPE_CLOCK)
        set_clock(point, item);
    return point;
}

static void add_by_table(struct push_map *m, const struct cosem_table *table, struct push_cursor c)
{
    struct push_item item;

    for (size_t i = 0; i < table->n && push_take(&c, &item); i++)
        if (table->elements[i].is_mapped)
            add_element(m, &table->elements[i], &item);
    m->out->table = table;
}

/* ---- positional ---------------------------------------------------------------------------------------- */

static bool is_of(const struct cosem_profile *profile, const struct cosem_table *table)
{
    return table >= profile->tables && table < profile->tables + profile->n_tables;
}

bool push_positional(struct push_map *m, struct wp_slice body)
{
    const struct cosem_profile *kaifa = cosem_profile_kaifa();
    const struct cosem_table *table;
    struct push_cursor c = push_cursor(body);
    struct obis nobody = {{0}};
    uint32_t n;

    if (!push_enter(&c, AXDR_STRUCTURE, &n) && !push_enter(&c, AXDR_ARRAY, &n))
        return false;
    m->out->shape = COSEM_SHAPE_POSITIONAL;
    table = find_table(m->profile, COSEM_TABLE_LIST, nobody, c, n);
    if (!table && body.p[0] == AXDR_STRUCTURE) /* the Norwegian lists say what they are */
        table = find_table(kaifa, COSEM_TABLE_LIST, nobody, c, n);
    if (!table) {
        m->out->n_unmapped += n;
        return true;
    }
    if (is_of(kaifa, table))
        m->out->shape = COSEM_SHAPE_POSITIONAL_KAIFA;
    add_by_table(m, table, c);
    return true;
}

/* ---- IS 15959 ------------------------------------------------------------------------------------------ */

/* The profile buffer that a push setup sends; false: it is not said which. */
static bool buffer_of(struct obis setup, struct obis *out)
{
    switch (setup.v[1]) {
    case 5: *out = obis(1, 0, 99, 1, 0, OBIS_NOW); return true;   /* load survey */
    case 6: *out = obis(1, 0, 99, 2, 0, OBIS_NOW); return true;   /* daily */
    case 132: *out = obis(1, 0, 98, 1, 0, OBIS_NOW); return true; /* billing */
    default: return false;
    }
}

static void add_buffer(struct push_map *m, struct obis setup, struct push_cursor c)
{
    struct push_item item;
    struct obis ln;

    if (!push_take(&c, &item) || item.tag != AXDR_ARRAY || !buffer_of(setup, &ln))
        m->out->n_unmapped++;
    else if (!push_rows(m, ln, &item))
        push_add(m, ln, 7, 2, &item);
}

bool push_is15959(struct push_map *m, struct wp_slice body)
{
    const struct cosem_table *table;
    struct push_item device, setup, clock;
    struct push_cursor c = push_cursor(body);
    uint32_t n;

    if (!push_enter(&c, AXDR_STRUCTURE, &n) || n < 3 || !push_take(&c, &device) || !push_take(&c, &setup) ||
        !push_take(&c, &clock))
        return false;
    if (!push_is_text(&device) || !push_is_key(&setup) || setup.content.p[2] != 25 ||
        setup.content.p[3] != 9 || !push_is_clock(&clock))
        return false;
    m->out->shape = COSEM_SHAPE_IS15959;
    m->out->has_setup = true;
    m->out->setup = obis_of(setup.content.p);
    m->out->meter_id = device.content;
    m->out->clock = clock.content;
    n -= 3;
    table = find_table(m->profile, COSEM_TABLE_PUSH, m->out->setup, c, n);
    if (!table)
        table = find_table(cosem_profile_india(), COSEM_TABLE_PUSH, m->out->setup, c, n);
    if (table)
        add_by_table(m, table, c);
    else if (n == 1)
        add_buffer(m, m->out->setup, c);
    else
        m->out->n_unmapped += n;
    return true;
}

/* ---- profile buffers, row by row ----------------------------------------------------------------------- */

/* What the row before has in this column: null-data stands for it. */
static const struct cosem_point *above(const struct push_map *m, struct obis ln, uint16_t row)
{
    for (size_t i = m->out->n_points; i > 0 && m->points[i - 1].row + 1 >= row; i--)
        if (m->points[i - 1].row + 1 == row && obis_eq(m->points[i - 1].ln, ln))
            return &m->points[i - 1];
    return NULL;
}

static void add_cell(struct push_map *m, const struct cosem_element *element, const struct push_item *item,
                     uint16_t row)
{
    const struct cosem_point *before = is_null(item) ? above(m, element->ln, row) : NULL;
    struct cosem_point *point;

    if (before && before->form != COSEM_CLOCK && m->out->n_points < m->cap) {
        point = &m->points[m->out->n_points++];
        *point = *before;
    } else {
        point = add_element(m, element, item);
    }
    if (point)
        point->row = row;
}

/* false: a row that the columns do not fit. */
static bool add_row(struct push_map *m, struct push_cursor *c, struct obis ln, uint16_t row)
{
    const struct cosem_table *table;
    struct push_item item;
    uint32_t n;

    if (!push_enter(c, AXDR_STRUCTURE, &n))
        return false;
    table = find_table(m->profile, COSEM_TABLE_BUFFER, ln, *c, n);
    if (!table)
        return false;
    m->out->table = table;
    for (size_t i = 0; i < table->n && push_take(c, &item); i++)
        if (table->elements[i].is_mapped)
            add_cell(m, &table->elements[i], &item, row);
    return true;
}

bool push_rows(struct push_map *m, struct obis ln, const struct push_item *buffer)
{
    struct push_cursor c = push_cursor(buffer->content);
    struct cosem_push before = *m->out;

    if (!m->setup->rows || buffer->tag != AXDR_ARRAY || buffer->count == 0 || buffer->count >= UINT16_MAX)
        return false;
    for (uint32_t row = 1; row <= buffer->count; row++) {
        if (add_row(m, &c, ln, (uint16_t)row))
            continue;
        *m->out = before;
        return false;
    }
    return true;
}

/* ---- event status word ---------------------------------------------------------------------------------- */

const char *cosem_event_bit_name(unsigned bit)
{
    static const char *const names[ESW_BITS] = {
#define X(number, name) [number] = name,
#include "sim/codec/cosem_push_esw.def"
#undef X
    };

    return bit < ESW_BITS ? names[bit] : NULL;
}
