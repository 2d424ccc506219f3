/* Faults: which are on, and how often still. What each one does stands where it acts.
 *
 * A bit in m->faults says that a fault is on, so a meter without faults pays one test for each; its value lies in a
 * slot. The slots are few: those that were given at the start, and some more. */
#include "sim/device/dlms_meter_inside.h"

static unsigned index_of(enum dlms_meter_row row)
{
    return (unsigned)(row - METER_FIRST_FAULT);
}

static bool is_on(struct wp_value v)
{
    return v.kind != WP_NULL && !(v.kind == WP_BOOL && !v.yes);
}

static struct dlms_meter_fault *slot_of(const struct dlms_meter *m, enum dlms_meter_row row)
{
    struct dlms_meter_fault *slots = dlms_meter_fault_slots((struct dlms_meter *)(uintptr_t)m);

    for (unsigned i = 0; i < m->n_faults; i++)
        if (slots[i].is_on && slots[i].row == index_of(row))
            return &slots[i];
    return NULL;
}

static struct dlms_meter_fault *free_slot(struct dlms_meter *m)
{
    struct dlms_meter_fault *slots = dlms_meter_fault_slots(m);

    for (unsigned i = 0; i < m->n_faults; i++)
        if (!slots[i].is_on)
            return &slots[i];
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

static void fill(struct dlms_meter_fault *slot, enum dlms_meter_row row, struct wp_value v, wp_us now)
{
    const int64_t number = number_of(row, v, now);

    if (dlms_meter_options[row].type == WP_OPT_HEX) {
        slot->n = (uint8_t)dlms_meter_octets(v, slot->bytes, sizeof slot->bytes);
    } else if (is_text(row)) {
        slot->n = (uint8_t)(v.bytes.n < sizeof slot->bytes ? v.bytes.n : sizeof slot->bytes);
        memcpy(slot->bytes, v.bytes.p, slot->n);
    } else {
        slot->n = sizeof number;
        memcpy(slot->bytes, &number, sizeof number);
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
    struct dlms_meter_fault *slot = slot_of(m, row);

    if (row >= METER_FIRST_STRIKE) {
        dlms_meter_strike(m, now, row, is_on(v) ? v : wp_null(), out);
        return;
    }
    if (slot)
        slot->is_on = false;
    m->faults &= ~(UINT32_C(1) << index_of(row));
    if (!is_on(v))
        return;
    slot = slot ? slot : free_slot(m);
    if (!slot || !dlms_meter_fault_is_good(row, v)) {
        wp_note(out, slot ? "value-refused" : "memory-full", wp_text(dlms_meter_options[row].name), 1);
        return;
    }
    *slot = (struct dlms_meter_fault){.is_on = true, .row = (uint8_t)index_of(row), .times = times};
    fill(slot, row, v, now);
    m->faults |= UINT32_C(1) << index_of(row);
}

const struct dlms_meter_fault *dlms_meter_fault_slot(const struct dlms_meter *m, enum dlms_meter_row row)
{
    return slot_of(m, row);
}

bool dlms_meter_has_fault(const struct dlms_meter *m, enum dlms_meter_row row, int64_t *number)
{
    const struct dlms_meter_fault *slot;

    if (!(m->faults >> index_of(row) & 1))
        return false;
    slot = slot_of(m, row);
    assert(slot);
    if (number && slot->n == sizeof *number)
        memcpy(number, slot->bytes, sizeof *number);
    return true;
}

static void use_up(struct dlms_meter *m, struct dlms_meter_fault *slot)
{
    if (slot->times == 0 || --slot->times > 0)
        return;
    slot->is_on = false;
    m->faults &= ~(UINT32_C(1) << slot->row);
}

bool dlms_meter_fault(struct dlms_meter *m, enum dlms_meter_row row, int64_t *number)
{
    if (!dlms_meter_has_fault(m, row, number))
        return false;
    use_up(m, slot_of(m, row));
    return true;
}

bool dlms_meter_fault_octets(struct dlms_meter *m, enum dlms_meter_row row, struct wp_slice *octets)
{
    struct dlms_meter_fault *slot;

    if (!dlms_meter_has_fault(m, row, NULL))
        return false;
    slot = slot_of(m, row);
    *octets = wp_slice(slot->bytes, slot->n);
    use_up(m, slot);
    return true;
}
