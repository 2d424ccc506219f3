/* Hold registers: what they say, who may write them, and where a write goes.
 *
 *     a register is its cell, if it was set or written, else its default; serial number, firmware code and clock are made
 *
 * A write of several is taken whole or not at all. What is written reaches the physics at once.
 * Exceptions: 2 no such register, 3 read only or no such value, 4 no memory left for it. */
#include "sim/device/lxp_inverter_inside.h"

enum {
    SERIAL_AT = 2, /* two characters to a register, the low octet first */
    FIRMWARE_AT = 7,
    RESET_AT = 11, /* is obeyed, and keeps nothing */
    CLOCK_AT = 12,
    CLOCK_END = CLOCK_AT + INVERTER_CLOCK_REGISTERS,
};

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static void put_text(uint16_t *out, unsigned first, unsigned n, unsigned at, const char *text, size_t n_text)
{
    for (size_t i = 0; i < n_text / 2; i++)
        if (at + i >= first && at + i < first + n)
            out[at + i - first] = (uint16_t)((uint8_t)text[2 * i] | (uint8_t)text[2 * i + 1] << 8);
}

void lxp_inverter_holds(const struct lxp_inverter *m, wp_us now, unsigned first, unsigned n, uint16_t *out)
{
    const struct lxp_inverter_cell *cell = lxp_inverter_cells(m);
    uint16_t clock[INVERTER_CLOCK_REGISTERS];

    for (unsigned i = 0; i < n; i++)
        out[i] = first + i < INVERTER_HOLDS ? lxp_inverter_defaults[first + i] : 0;
    put_text(out, first, n, SERIAL_AT, m->serial, sizeof m->serial);
    put_text(out, first, n, FIRMWARE_AT, m->firmware, sizeof m->firmware);
    if (first < CLOCK_END && first + n > CLOCK_AT) {
        lxp_inverter_clock(m, now, clock);
        for (unsigned i = 0; i < INVERTER_CLOCK_REGISTERS; i++)
            if (CLOCK_AT + i >= first && CLOCK_AT + i < first + n)
                out[CLOCK_AT + i - first] = clock[i];
    }
    for (unsigned i = 0; i < m->n_cells; i++)
        if (cell[i].key >= first && cell[i].key < first + n)
            out[cell[i].key - first] = cell[i].value;
}

uint16_t lxp_inverter_hold(const struct lxp_inverter *m, unsigned reg)
{
    uint16_t value;

    lxp_inverter_holds(m, 0, reg, 1, &value);
    return value;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static bool is_clock(unsigned reg)
{
    return reg >= CLOCK_AT && reg < CLOCK_END;
}

/* A register at its default needs no cell. */
bool lxp_inverter_set_hold(struct lxp_inverter *m, wp_us now, uint16_t reg, uint16_t value)
{
    assert(reg < INVERTER_HOLDS);
    lxp_inverter_drop_cells(m, reg, reg);
    if (lxp_inverter_hold(m, reg) != value && !lxp_inverter_put_cell(m, reg, value))
        return false;
    lxp_inverter_feel(m, now, reg, value);
    return true;
}

void lxp_inverter_reset_hold(struct lxp_inverter *m, wp_us now, uint16_t reg)
{
    lxp_inverter_drop_cells(m, reg, reg);
    lxp_inverter_feel(m, now, reg, lxp_inverter_hold(m, reg));
}

static bool is_read_only(const struct lxp_inverter *m, unsigned reg)
{
    for (unsigned i = 0; i < m->n_ranges; i++)
        if (reg >= m->read_only[i].first && reg <= m->read_only[i].last)
            return true;
    return false;
}

/* A register that nobody knows takes anything. */
static bool takes(unsigned reg, uint16_t value)
{
    const struct lxp_register *row = lxp_hold_find((uint16_t)reg);

    return !row || row->access == LXP_RESET || lxp_hold_takes((uint16_t)reg, value);
}

static bool has_cell(const struct lxp_inverter *m, unsigned reg)
{
    const struct lxp_inverter_cell *cell = lxp_inverter_cells(m);

    for (unsigned i = 0; i < m->n_cells; i++)
        if (cell[i].key == reg)
            return true;
    return false;
}

/* A register that is kept, and not made. */
static bool is_kept(unsigned reg)
{
    return !is_clock(reg) && reg != RESET_AT;
}

static bool has_room(const struct lxp_inverter *m, unsigned first, unsigned n, const uint16_t *values)
{
    unsigned cells = m->n_cells;

    for (unsigned i = 0; i < n; i++)
        if (is_kept(first + i) && !has_cell(m, first + i) && lxp_inverter_hold(m, first + i) != values[i])
            cells++;
    return cells <= m->cell_cap;
}

/* The clock as it would be, when some of its registers are written. */
static bool clock_takes(const struct lxp_inverter *m, wp_us now, unsigned first, unsigned n,
                        const uint16_t *values, int64_t *ret_local_ms)
{
    uint16_t clock[INVERTER_CLOCK_REGISTERS];

    lxp_inverter_clock(m, now, clock);
    for (unsigned i = 0; i < n; i++)
        if (is_clock(first + i))
            clock[first + i - CLOCK_AT] = values[i];
    return lxp_inverter_clock_takes(clock, ret_local_ms);
}

uint8_t lxp_inverter_write(struct lxp_inverter *m, wp_us now, unsigned first, unsigned n,
                           const uint16_t *values)
{
    bool sets_clock = false;
    int64_t local_ms = 0;

    if (n == 0 || first + n > m->hold_last + 1u)
        return INVERTER_NO_REGISTER;
    for (unsigned i = 0; i < n; i++) {
        if (is_read_only(m, first + i) || !takes(first + i, values[i]))
            return INVERTER_NO_VALUE;
        sets_clock = sets_clock || is_clock(first + i);
    }
    if (sets_clock && !clock_takes(m, now, first, n, values, &local_ms))
        return INVERTER_NO_VALUE;
    if (!has_room(m, first, n, values))
        return INVERTER_NO_MEMORY;
    if (sets_clock) {
        lxp_inverter_drop_cells(m, CLOCK_AT, CLOCK_END - 1);
        lxp_inverter_set_clock(m, now, local_ms);
    }
    for (unsigned i = 0; i < n; i++)
        if (is_kept(first + i))
            (void)lxp_inverter_set_hold(m, now, (uint16_t)(first + i), values[i]);
    return 0;
}
