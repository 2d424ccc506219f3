/* Input registers as they are read: the physics, the serial number, and those that are held at a value. */
#include "sim/device/lxp_inverter_inside.h"

enum { SERIAL_AT = 115 };

/* ---- what moves the physics ---------------------------------------------------------------------------------------- */

static void advance(struct lxp_inverter *m, wp_us now)
{
    lxp_physics_advance(&m->physics, lxp_inverter_local_ms(m, now));
}

void lxp_inverter_begin_physics(struct lxp_inverter *m)
{
    struct wp_value given[LXP_PHYSICS_ROWS];

    for (unsigned i = 0; i < LXP_PHYSICS_ROWS; i++)
        given[i] = lxp_inverter_given(m->setup, (enum lxp_inverter_row)(INVERTER_FIRST_PHYSICS + i));
    lxp_physics_begin(&m->physics, given, m->setup->seed, lxp_inverter_local_ms(m, 0));
    lxp_physics_set_clock(&m->physics, lxp_inverter_ahead_ms(m));
    for (unsigned reg = 0; reg < INVERTER_HOLDS; reg++)
        lxp_physics_set_hold(&m->physics, reg, lxp_inverter_hold(m, reg));
}

bool lxp_inverter_is_physics(enum lxp_inverter_row row)
{
    return row >= INVERTER_FIRST_PHYSICS && row < INVERTER_FIRST_PHYSICS + LXP_PHYSICS_ROWS;
}

/* Null: as it was given. */
void lxp_inverter_set_physics(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_value v)
{
    if (v.kind == WP_NULL)
        v = lxp_inverter_given(m->setup, row);
    advance(m, now);
    lxp_physics_set(&m->physics, (enum lxp_physics_row)(row - INVERTER_FIRST_PHYSICS), v);
}

void lxp_inverter_feel(struct lxp_inverter *m, wp_us now, unsigned reg, uint16_t value)
{
    advance(m, now);
    lxp_physics_set_hold(&m->physics, reg, value);
}

void lxp_inverter_step_clock(struct lxp_inverter *m, wp_us now, wp_us ahead)
{
    advance(m, now);
    m->clock = ahead;
    lxp_physics_set_clock(&m->physics, lxp_inverter_ahead_ms(m));
}

/* ---- what is read --------------------------------------------------------------------------------------------------- */

void lxp_inverter_inputs(struct lxp_inverter *m, wp_us now, unsigned first, unsigned n, uint16_t *out)
{
    const struct lxp_inverter_cell *cell = lxp_inverter_cells(m);
    const unsigned from = INVERTER_INPUT_BIT + first;

    advance(m, now);
    lxp_physics_inputs(&m->physics, first, n, out);
    for (unsigned i = 0; i < INVERTER_SERIAL_CHARS / 2; i++)
        if (SERIAL_AT + i >= first && SERIAL_AT + i < first + n)
            out[SERIAL_AT + i - first] =
                (uint16_t)((uint8_t)m->serial[2 * i] | (uint8_t)m->serial[2 * i + 1] << 8);
    for (unsigned i = 0; i < m->n_cells; i++)
        if (cell[i].key >= from && cell[i].key < from + n)
            out[cell[i].key - from] = cell[i].value;
}
