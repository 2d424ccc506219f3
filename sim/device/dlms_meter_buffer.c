/* The load profile 1-0:99.1.0.255 (class 7): rows of the past, made up when they are asked for instead of being kept.
 *
 *     row     S{ clock, energy import, energy export }       every profile.interval of its clock, the latest last
 *     select  1: from, to (date-times)      2: from, to entry (from 1), to 0: the last one
 *
 * Since its last change of load the meter knows its past exactly; before that it reckons back with the same load. */
#include "sim/device/dlms_meter_inside.h"

enum { COLUMNS = 3, LARGEST_COUNT = 3 };

static const struct dlms_meter_element columns[COLUMNS] = {
    {8, {{0, 0, 1, 0, 0, 255}}, 2, METER_CLOCK_VALUE, AXDR_OCTET_STRING, 0, 0, NULL},
    {3, {{1, 0, 1, 8, 0, 255}}, 2, METER_NUMBER, AXDR_U32, 0, 30, NULL},
    {3, {{1, 0, 2, 8, 0, 255}}, 2, METER_NUMBER, AXDR_U32, 0, 30, NULL},
};

struct obis dlms_meter_buffer_object(void)
{
    return obis(1, 0, 99, 1, 0, 255);
}

/* Rows are numbered from 1, the oldest; those of a moment after their clock's. */
struct rows {
    int64_t period_ms, latest_ms; /* of its clock, UTC */
    uint32_t n, from, to;
};

static struct rows rows_of(const struct dlms_meter *m, wp_us at)
{
    const int64_t period = dlms_meter_given(m->setup, METER_PROFILE_INTERVAL).num / 1000;
    const int64_t now = dlms_meter_clock_ms(m, at);
    const uint32_t n = (uint32_t)dlms_meter_given(m->setup, METER_PROFILE_ROWS).num;

    return (struct rows){.period_ms = period, .latest_ms = now - now % period, .n = n, .from = 1, .to = n};
}

static int64_t moment_of(const struct rows *rows, uint32_t row)
{
    return rows->latest_ms - (int64_t)(rows->n - row) * rows->period_ms;
}

/* ---- selective access ----------------------------------------------------------------------------------------------- */

/* The next `n` elements behind the structure that the selection is. */
static bool take_numbers(struct wp_slice selection, int64_t *out, size_t n)
{
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, selection, NULL);
    if (!axdr_next(&c, &item) || item.tag != AXDR_STRUCTURE || item.count < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!axdr_next(&c, &item) || !axdr_int(&item, &out[i]))
            return false;
    return true;
}

static bool take_moment(struct axdr_cursor *c, const struct dlms_meter *m, int64_t *ms)
{
    struct axdr_item item;
    struct cosem_time t;

    return axdr_next(c, &item) && (item.tag == AXDR_OCTET_STRING || item.tag == AXDR_DATE_TIME) &&
           cosem_time_read(item.content, &t) &&
           cosem_time_utc(&t, (int16_t)(-m->setup->utc_offset_s / 60), ms) == COSEM_TIME_GOOD;
}

/* S{ capture object, from, to, columns }: those of this clock alone, all columns. */
static bool select_range(const struct dlms_meter *m, struct wp_slice selection, struct rows *rows)
{
    struct axdr_cursor c;
    struct axdr_item item;
    int64_t from, to;

    axdr_open(&c, selection, NULL);
    if (!axdr_next(&c, &item) || item.tag != AXDR_STRUCTURE || item.count != 4 || !axdr_next(&c, &item) ||
        item.tag != AXDR_STRUCTURE || !axdr_skip(&c, &item) || !take_moment(&c, m, &from) ||
        !take_moment(&c, m, &to))
        return false;
    while (rows->from <= rows->n && moment_of(rows, rows->from) < from)
        rows->from++;
    while (rows->to > 0 && moment_of(rows, rows->to) > to)
        rows->to--;
    return true;
}

static bool select_entries(struct wp_slice selection, struct rows *rows)
{
    int64_t entry[2];

    if (!take_numbers(selection, entry, 2) || entry[0] < 1 || entry[0] > rows->n)
        return false;
    rows->from = (uint32_t)entry[0];
    if (entry[1] > 0 && entry[1] < rows->n)
        rows->to = (uint32_t)entry[1];
    return true;
}

static bool selected(const struct dlms_meter *m, const struct cosem_attribute *a, struct rows *rows)
{
    if (!a->is_selected)
        return true;
    if (a->selector == 1)
        return select_range(m, a->selection, rows);
    return a->selector == 2 && select_entries(a->selection, rows);
}

bool dlms_meter_selection_is_good(const struct dlms_meter *m, const struct cosem_attribute *a)
{
    struct rows rows = rows_of(m, m->answer.at);

    return selected(m, a, &rows);
}

/* ---- rows --------------------------------------------------------------------------------------------------------------- */

static void put_row(struct wp_writer *w, const struct dlms_meter_view *view, const struct rows *rows,
                    uint32_t row)
{
    const int64_t back_ms = dlms_meter_clock_ms(view->m, view->at) - moment_of(rows, row);
    struct dlms_meter_view then = *view;

    then.at = view->at - back_ms * 1000;
    axdr_put_structure(w, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        dlms_meter_put_element(w, &then, &columns[i]);
}

/* The count stands in front in as many octets as the largest would need: rows that do not fit any more are left out. */
static void put_rows(struct wp_writer *w, const struct dlms_meter_view *view, const struct cosem_attribute *a)
{
    struct rows rows = rows_of(view->m, view->at);
    const size_t at = w->n;
    uint32_t n = 0;

    (void)selected(view->m, a, &rows);
    wp_put_u8(w, AXDR_ARRAY);
    wp_put_u8(w, 0x82);
    wp_put_u16be(w, 0);
    for (uint32_t row = rows.from; row <= rows.to && !w->full; row++) {
        const size_t before = w->n;

        put_row(w, view, &rows, row);
        if (w->full || n == UINT16_MAX) {
            w->full = false;
            w->n = before;
            break;
        }
        n++;
    }
    w->p[at + 2] = (uint8_t)(n >> 8);
    w->p[at + 3] = (uint8_t)n;
}

static void put_columns(struct wp_writer *w)
{
    axdr_put_array(w, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        axdr_put_structure(w, 4);
        axdr_put_u16(w, columns[i].class_id);
        axdr_put_octets(w, wp_slice(columns[i].ln.v, OBIS_OCTETS));
        axdr_put_i8(w, columns[i].attribute);
        axdr_put_u16(w, 0);
    }
}

void dlms_meter_put_buffer(struct wp_writer *w, const struct dlms_meter_view *view,
                           const struct cosem_attribute *a)
{
    const struct rows rows = rows_of(view->m, view->at);

    switch (a->id) {
    case 2: put_rows(w, view, a); break;
    case 3: put_columns(w); break;
    case 4: axdr_put_u32(w, (uint32_t)(rows.period_ms / 1000)); break;
    case 5: axdr_put_enum(w, 1); break; /* first in, first out */
    case 6: axdr_put_null(w); break;    /* sorted by nothing else */
    default: axdr_put_u32(w, rows.n); break;
    }
}
