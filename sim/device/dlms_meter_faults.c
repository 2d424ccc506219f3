/* Faults: which are on, and how often still. What each one does stands where it acts.
 *
 * A bit in m->faults says that a fault is on, so a meter without faults pays one test for each; its value lies in a
 * cell. The cells are few: as many as were given at the start, and some more. */
#include "sim/device/dlms_meter_inside.h"

static unsigned index_of(enum dlms_meter_row row)
{
    return (unsigned)(row - METER_FIRST_FAULT);
}

static bool is_on(struct wp_value v)
{
    return v.kind != WP_NULL && !(v.kind == WP_BOOL && !v.yes);
}

static union dlms_meter_cell *cell_of(const struct dlms_meter *m, enum dlms_meter_row row)
{
    for (unsigned i = 0; i < m->n_cells; i++)
        if (m->cells[i].kind == METER_CELL_FAULT && m->cells[i].fault.row == index_of(row))
            return (union dlms_meter_cell *)(uintptr_t)&m->cells[i];
    return NULL;
}

/* A number is kept as eight octets; of a profile its place, of a clock that stops the moment. */
static int64_t number_of(enum dlms_meter_row row, struct wp_value v, wp_us now)
{
    if (row == METER_FAULT_CLOCK)
        return now;
    if (row == METER_FAULT_SHAPE)
        return dlms_meter_profile_find(v.bytes) - dlms_meter_profiles;
    return v.kind == WP_DECIMAL ? v.num : 1;
}

static bool is_text(enum dlms_meter_row row)
{
    return row == METER_FAULT_SILENCE || row == METER_FAULT_LOGIN_TEXT;
}

static void fill(struct dlms_meter_fault *fault, enum dlms_meter_row row, struct wp_value v, wp_us now)
{
    const int64_t number = number_of(row, v, now);

    if (dlms_meter_options[row].type == WP_OPT_HEX) {
        fault->n = (uint8_t)dlms_meter_octets(v, fault->bytes, sizeof fault->bytes);
    } else if (is_text(row)) {
        fault->n = (uint8_t)(v.bytes.n < sizeof fault->bytes ? v.bytes.n : sizeof fault->bytes);
        memcpy(fault->bytes, v.bytes.p, fault->n);
    } else {
        fault->n = sizeof number;
        memcpy(fault->bytes, &number, sizeof number);
    }
}

bool dlms_meter_fault_is_good(enum dlms_meter_row row, struct wp_value v)
{
    uint8_t octets[METER_FAULT_BYTES];

    if (!is_on(v) || row >= METER_FIRST_STRIKE)
        return true;
    if (row == METER_FAULT_EXCEPTION)
        return dlms_meter_octets(v, octets, sizeof octets) == 2;
    if (row == METER_FAULT_BEFORE)
        return dlms_meter_octets(v, octets, sizeof octets) > 0;
    return !is_text(row) || (v.kind == WP_TEXT && v.bytes.n > 0 && v.bytes.n <= METER_FAULT_BYTES);
}

void dlms_meter_set_fault(struct dlms_meter *m, wp_us now, enum dlms_meter_row row, struct wp_value v,
                          uint32_t times, struct wp_outbox *out)
{
    union dlms_meter_cell *cell = cell_of(m, row);

    if (row >= METER_FIRST_STRIKE) {
        dlms_meter_strike(m, now, row, is_on(v) ? v : wp_null(), out);
        return;
    }
    if (cell)
        cell->kind = METER_CELL_FREE;
    m->faults &= ~(UINT32_C(1) << index_of(row));
    if (!is_on(v))
        return;
    cell = cell ? cell : dlms_meter_free_cell(m);
    if (!cell || !dlms_meter_fault_is_good(row, v)) {
        wp_note(out, cell ? "value-refused" : "memory-full", wp_text(dlms_meter_options[row].name), 1);
        return;
    }
    cell->fault = (struct dlms_meter_fault){.kind = METER_CELL_FAULT, .row = (uint8_t)index_of(row)};
    cell->fault.times = (uint16_t)(times < UINT16_MAX ? times : UINT16_MAX);
    fill(&cell->fault, row, v, now);
    m->faults |= UINT32_C(1) << index_of(row);
}

const struct dlms_meter_fault *dlms_meter_fault_slot(const struct dlms_meter *m, enum dlms_meter_row row)
{
    const union dlms_meter_cell *cell = cell_of(m, row);

    return cell ? &cell->fault : NULL;
}

bool dlms_meter_has_fault(const struct dlms_meter *m, enum dlms_meter_row row, int64_t *number)
{
    const struct dlms_meter_fault *fault;

    if (!(m->faults >> index_of(row) & 1))
        return false;
    fault = dlms_meter_fault_slot(m, row);
    assert(fault);
    if (number && fault->n == sizeof *number)
        memcpy(number, fault->bytes, sizeof *number);
    return true;
}

static void use_up(struct dlms_meter *m, union dlms_meter_cell *cell)
{
    if (cell->fault.times == 0 || --cell->fault.times > 0)
        return;
    cell->kind = METER_CELL_FREE;
    m->faults &= ~(UINT32_C(1) << cell->fault.row);
}

bool dlms_meter_fault(struct dlms_meter *m, enum dlms_meter_row row, int64_t *number)
{
    if (!dlms_meter_has_fault(m, row, number))
        return false;
    use_up(m, cell_of(m, row));
    return true;
}

bool dlms_meter_fault_octets(struct dlms_meter *m, enum dlms_meter_row row, struct wp_slice *octets)
{
    union dlms_meter_cell *cell;

    if (!dlms_meter_has_fault(m, row, NULL))
        return false;
    cell = cell_of(m, row);
    *octets = wp_slice(cell->fault.bytes, cell->fault.n);
    use_up(m, cell);
    return true;
}
