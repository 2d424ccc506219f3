/* Who says how a number is scaled: the body, the device's profile, attribute 3 read earlier, the maker, the registry. */
#include "sim/codec/cosem_push_inside.h"

#include "sim/codec/cosem_unit_code.h"

/* What profiles say of quantities, gathered once for all numbers of a body. */
struct scales {
    struct cosem_quantity_scale own[COSEM_N_QUANTITIES], vendor[COSEM_N_QUANTITIES];
    bool has_rows, voltage_auto;
};

static void gather(struct scales *s, const struct cosem_profile *profile)
{
    for (; profile; profile = profile->like) {
        struct cosem_quantity_scale *scale = profile->is_vendor ? s->vendor : s->own;

        s->has_rows |= profile->n_scalings > 0;
        s->voltage_auto |= profile->voltage_auto;
        for (int q = 0; profile->has_scale && q < COSEM_N_QUANTITIES; q++)
            if (!scale[q].is_set)
                scale[q] = profile->scale[q];
    }
}

/* Exact first, then channel 0: vendors differ in group B. */
static const struct cosem_scaling *row_of(const struct cosem_scaling *rows, size_t n, struct obis ln)
{
    struct obis channel0 = obis_channel0(ln);
    const struct cosem_scaling *found = NULL;

    for (size_t i = 0; i < n; i++) {
        if (obis_eq(rows[i].ln, ln))
            return &rows[i];
        if (!found && obis_eq(rows[i].ln, channel0))
            found = &rows[i];
    }
    return found;
}

static const struct cosem_scaling *row_in_profiles(const struct cosem_profile *profile, bool is_vendor,
                                                   struct obis ln)
{
    const struct cosem_scaling *found = NULL;

    for (; profile && !found; profile = profile->like)
        if (profile->is_vendor == is_vendor)
            found = row_of(profile->scalings, profile->n_scalings, ln);
    return found;
}

/* What holds for a quantity of which no row speaks: all that most bodies need. */
struct verdict {
    int8_t scaler;
    uint8_t unit, from;
};

static void judge(const struct scales *s, struct verdict verdicts[COSEM_N_QUANTITIES])
{
    for (int q = 0; q < COSEM_N_QUANTITIES; q++) {
        struct cosem_quantity_scale scale = s->own[q].is_set ? s->own[q] : s->vendor[q];

        verdicts[q].scaler = scale.scaler;
        verdicts[q].unit = q == COSEM_NO_QUANTITY ? 0 : cosem_quantity_unit((enum cosem_quantity)q);
        verdicts[q].from = s->own[q].is_set      ? COSEM_SCALE_PROFILE
                           : s->vendor[q].is_set ? COSEM_SCALE_VENDOR
                                                 : COSEM_SCALE_NOBODY;
    }
}

static bool by_row(struct cosem_point *point, const struct cosem_scaling *row, enum cosem_scale_from from)
{
    if (!row)
        return false;
    point->scaler = row->scaler;
    point->unit = row->unit ? row->unit : point->unit;
    point->from = (uint8_t)from;
    return true;
}

static bool by_quantity(struct cosem_point *point, struct cosem_quantity_scale scale,
                        enum cosem_scale_from from)
{
    if (!scale.is_set)
        return false;
    point->scaler = scale.scaler;
    point->from = (uint8_t)from;
    return true;
}

/* 24 V instead of 240: a meter of the same maker sends tenths or whole volts. */
static bool by_plausibility(struct cosem_point *point)
{
    struct cosem_quantity_scale scale = {true, wp_number_cmp(point->value, wp_int(1000)) > 0 ? -1 : 0};

    return by_quantity(point, scale, COSEM_SCALE_PROFILE);
}

/* The first who knows; the body said nothing. */
static void ask(const struct scales *s, const struct push_map *m, struct cosem_point *point)
{
    const struct cosem_push_setup *setup = m->setup;
    const struct cosem_profile *rows = s->has_rows ? m->profile : NULL;
    enum cosem_quantity q = cosem_quantity_of(point->ln);

    if (q != COSEM_NO_QUANTITY)
        point->unit = cosem_quantity_unit(q);
    if ((rows && by_row(point, row_in_profiles(rows, false, point->ln), COSEM_SCALE_PROFILE)) ||
        (s->voltage_auto && q == COSEM_VOLTAGE && by_plausibility(point)) ||
        by_quantity(point, s->own[q], COSEM_SCALE_PROFILE) ||
        by_row(point, row_of(setup->read, setup->n_read, point->ln), COSEM_SCALE_READ) ||
        (rows && by_row(point, row_in_profiles(rows, true, point->ln), COSEM_SCALE_VENDOR)) ||
        by_quantity(point, s->vendor[q], COSEM_SCALE_VENDOR))
        return;
    by_row(point, row_of(setup->registry, setup->n_registry, point->ln), COSEM_SCALE_REGISTRY);
}

/* A register's value; its other attributes (status, time of capture) are no quantities. */
static bool has_scale(const struct cosem_point *point)
{
    return point->form == COSEM_NUMBER &&
           (point->attribute == 2 || (point->class_id == 5 && point->attribute == 3));
}

/* Registers whose attribute 3 is in the same body get its scaler. The search goes on where it last found one: bodies
 * give values and scalers in one order. Beyond its bound the rest stays without. */
static void match_scaler_units(struct push_map *m)
{
    struct cosem_point *points = m->points;
    size_t n = m->out->n_points, at = 0, bound = 64 * n + 1024;

    for (size_t i = 0; i < n; i++) {
        if (points[i].form != COSEM_SCALER_UNIT)
            continue;
        for (size_t tried = 0; tried < n && bound > 0; tried++, bound--) {
            at = at + 1 < n ? at + 1 : 0;
            if (points[at].form != COSEM_SCALER_UNIT && obis_eq(points[at].ln, points[i].ln)) {
                push_scaled(&points[at], points[i].scaler, points[i].unit);
                break;
            }
        }
    }
}

static void drop_scaler_units(struct push_map *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->out->n_points; i++)
        if (m->points[i].form != COSEM_SCALER_UNIT)
            m->points[kept++] = m->points[i];
    m->out->n_points = kept;
}

/* All that the body itself left open, one by one. */
static void scale_by_rows(struct push_map *m, const struct scales *scales)
{
    for (size_t i = 0; i < m->out->n_points; i++) {
        struct cosem_point *point = &m->points[i];

        if (!has_scale(point) || point->from != COSEM_SCALE_NOBODY)
            continue;
        ask(scales, m, point);
        push_apply(point);
    }
}

static void scale_by_quantity(struct push_map *m, const struct verdict verdicts[COSEM_N_QUANTITIES])
{
    for (size_t i = 0; i < m->out->n_points; i++) {
        struct cosem_point *point = &m->points[i];
        const struct verdict *verdict;

        if (point->from != COSEM_SCALE_NOBODY || !has_scale(point))
            continue;
        verdict = &verdicts[cosem_quantity_of(point->ln)];
        point->scaler = verdict->scaler;
        point->unit = verdict->unit;
        point->from = verdict->from;
        push_apply(point);
    }
}

void push_scale(struct push_map *m)
{
    struct scales scales = {0};
    struct verdict verdicts[COSEM_N_QUANTITIES];

    if (m->has_scaler_units) {
        match_scaler_units(m);
        drop_scaler_units(m);
    }
    if (!m->has_open)
        return;
    gather(&scales, m->out->maker);
    gather(&scales, m->profile);
    if (scales.has_rows || scales.voltage_auto || m->setup->n_read > 0 || m->setup->n_registry > 0) {
        scale_by_rows(m, &scales);
        return;
    }
    judge(&scales, verdicts);
    scale_by_quantity(m, verdicts);
}

void push_apply_slowly(struct cosem_point *point)
{
    if (point->form == COSEM_NUMBER && point->scaler != 0)
        point->value = cosem_scale(point->value, point->scaler);
}
