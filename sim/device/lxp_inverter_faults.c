/* Faults: which are on, and how often still. What each one does stands where it acts.
 *
 * A bit in m->faults says that a fault is on, so an inverter without faults pays one test for each; its value lies in the
 * store: the occasions left (0: until cleared), then eight octets of a number, or octets. */
#include "sim/device/lxp_inverter_inside.h"

enum { VALUE_AT = sizeof(uint32_t) };

static uint8_t index_of(enum lxp_inverter_row row)
{
    return (uint8_t)(row - INVERTER_FIRST_FAULT);
}

static uint64_t bit_of(enum lxp_inverter_row row)
{
    return UINT64_C(1) << index_of(row);
}

static bool is_on(struct wp_value v)
{
    return v.kind != WP_NULL && !(v.kind == WP_BOOL && !v.yes);
}

size_t lxp_inverter_octets(struct wp_value v, uint8_t *out, size_t cap)
{
    size_t n = 0;

    if (v.kind == WP_BYTES && v.bytes.n <= cap) {
        if (v.bytes.n > 0)
            memcpy(out, v.bytes.p, v.bytes.n);
        return v.bytes.n;
    }
    return v.kind == WP_TEXT && wp_hex_read(v.bytes, out, cap, &n) ? n : 0;
}

/* Octets of the value; 0: it has none that would fit. */
static size_t value_of(enum lxp_inverter_row row, struct wp_value v, uint8_t out[INVERTER_FAULT_BYTES])
{
    const int64_t number = v.kind == WP_DECIMAL ? v.num : 1;

    if (lxp_inverter_options[row].type == WP_OPT_HEX)
        return lxp_inverter_octets(v, out, INVERTER_FAULT_BYTES);
    if (v.kind == WP_TEXT) {
        if (v.bytes.n > INVERTER_FAULT_BYTES)
            return 0;
        memcpy(out, v.bytes.p, v.bytes.n);
        return v.bytes.n;
    }
    memcpy(out, &number, sizeof number);
    return sizeof number;
}

bool lxp_inverter_fault_is_good(enum lxp_inverter_row row, struct wp_value v)
{
    uint8_t octets[INVERTER_FAULT_BYTES];
    const size_t n = value_of(row, v, octets);
    uint16_t reg, code;

    if (!is_on(v) || row >= INVERTER_FIRST_STRIKE)
        return true;
    switch (row) {
    case INVERTER_FAULT_SERIAL:
    case INVERTER_FAULT_DATALOG: return n == INVERTER_SERIAL_CHARS;
    case INVERTER_FAULT_REJECT: return lxp_inverter_read_rejection(wp_slice(octets, n), &reg, &code);
    default: return n > 0;
    }
}

size_t lxp_inverter_fault_cost(void)
{
    return 3 + VALUE_AT + INVERTER_FAULT_BYTES;
}

void lxp_inverter_set_fault(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_value v,
                            uint32_t times, struct wp_outbox *out)
{
    const char *name = lxp_inverter_options[row].name;
    uint8_t octets[VALUE_AT + INVERTER_FAULT_BYTES];
    size_t n;

    if (row >= INVERTER_FIRST_STRIKE) {
        if (is_on(v))
            lxp_inverter_strike(m, now, row, v, out);
        return;
    }
    m->faults &= ~bit_of(row);
    lxp_inverter_forget(m, index_of(row));
    if (!is_on(v))
        return;
    if (!lxp_inverter_fault_is_good(row, v)) {
        wp_note(out, "value-refused", wp_text(name), 1);
        return;
    }
    memcpy(octets, &times, sizeof times);
    n = value_of(row, v, octets + VALUE_AT);
    if (lxp_inverter_keep(m, index_of(row), wp_slice(octets, VALUE_AT + n)))
        m->faults |= bit_of(row);
    else
        wp_note(out, "memory-full", wp_text(name), 1);
}

bool lxp_inverter_has_fault(const struct lxp_inverter *m, enum lxp_inverter_row row)
{
    return (m->faults & bit_of(row)) != 0;
}

bool lxp_inverter_look(const struct lxp_inverter *m, enum lxp_inverter_row row,
                       struct lxp_inverter_fault *out)
{
    struct wp_slice kept;

    if (!lxp_inverter_has_fault(m, row))
        return false;
    kept = lxp_inverter_recall(m, index_of(row));
    assert(kept.n >= VALUE_AT);
    *out = (struct lxp_inverter_fault){.n = kept.n - VALUE_AT};
    memcpy(out->octets, kept.p + VALUE_AT, out->n);
    if (out->n == sizeof out->number)
        memcpy(&out->number, out->octets, sizeof out->number);
    return true;
}

bool lxp_inverter_fault(struct lxp_inverter *m, enum lxp_inverter_row row, struct lxp_inverter_fault *out)
{
    struct wp_slice kept;
    uint32_t times;

    if (!lxp_inverter_look(m, row, out))
        return false;
    kept = lxp_inverter_recall(m, index_of(row));
    memcpy(&times, kept.p, sizeof times);
    if (times == 0)
        return true;
    times--;
    memcpy((uint8_t *)(uintptr_t)kept.p, &times, sizeof times);
    if (times == 0) {
        lxp_inverter_forget(m, index_of(row));
        m->faults &= ~bit_of(row);
    }
    return true;
}

bool lxp_inverter_fault_is(const struct lxp_inverter_fault *fault, const char *text)
{
    return wp_slice_is(wp_slice(fault->octets, fault->n), text);
}
