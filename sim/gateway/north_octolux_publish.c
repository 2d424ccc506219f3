/* Readings and answers to messages, in the order in which the south tells them: data before the result of a read,
 * the result of a write before the register. */
#include "sim/gateway/north_octolux_impl.h"

static const struct octolux_inverter *find_inverter(const struct octolux *no, struct wp_slice serial)
{
    return wp_map_find(&no->by_serial, serial);
}

/* ---- inputs --------------------------------------------------------------------------------------- */

static void tell_inputs(struct octolux *no, uint32_t inverter, unsigned set, const struct wp_point *points)
{
    struct octolux_message *m = octolux_begin(no, inverter, OCTOLUX_INPUTS, (uint16_t)set);
    struct wp_writer w = wp_writer(m->payload, sizeof m->payload);

    lxp_input_json(&w, set, points);
    if (w.full) {
        wp_note(no->out, "payload-too-long", wp_text("inputs"), (int64_t)set);
        return;
    }
    m->n = (uint16_t)w.n;
    octolux_end(no, m);
}

/* The sets that stand whole at the front of a reading; returns how many points they took. */
static size_t tell_sets(struct octolux *no, uint32_t inverter, const struct wp_reading *reading)
{
    size_t at = 0;

    while (at < reading->n_points) {
        unsigned set = lxp_input_set_at(&reading->points[at]);

        if (set == 0 || reading->n_points - at < lxp_input_keys(set))
            break;
        tell_inputs(no, inverter, set, &reading->points[at]);
        at += lxp_input_keys(set);
    }
    return at;
}

/* ---- holds ---------------------------------------------------------------------------------------- */

/* "hold 21" -> 21; false: no hold register. */
static bool hold_register(struct wp_slice id, uint16_t *ret_register)
{
    static const char word[] = "hold ";
    uint32_t number = 0;

    if (id.n < sizeof word || id.n > sizeof word - 1 + 5 || memcmp(id.p, word, sizeof word - 1) != 0)
        return false;
    for (size_t i = sizeof word - 1; i < id.n; i++) {
        if (id.p[i] < '0' || id.p[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(id.p[i] - '0');
    }
    *ret_register = (uint16_t)number;
    return number <= UINT16_MAX;
}

static void tell_hold(struct octolux *no, uint32_t inverter, uint16_t number, uint16_t value)
{
    struct octolux_message *m = octolux_begin(no, inverter, OCTOLUX_HOLD, number);
    struct wp_writer w = wp_writer(m->payload, sizeof m->payload);

    wp_put_uint(&w, value);
    m->n = (uint16_t)w.n;
    octolux_end(no, m);
}

static void tell_hold_point(struct octolux *no, uint32_t inverter, const struct wp_point *point)
{
    struct wp_value v = point->value;
    uint16_t number;

    if (point->quality == WP_GOOD && v.kind == WP_DECIMAL && v.exp10 == 0 && v.num >= 0 &&
        v.num <= UINT16_MAX && hold_register(point->id, &number))
        tell_hold(no, inverter, number, (uint16_t)v.num);
}

/* ---- what souths tell ----------------------------------------------------------------------------- */

void octolux_take_reading(struct octolux *no, const struct wp_reading *reading)
{
    const struct octolux_inverter *at = find_inverter(no, reading->device);
    uint32_t inverter;

    if (!at)
        return;
    inverter = (uint32_t)(at - no->inverter);
    if (tell_sets(no, inverter, reading) > 0) /* behind them stand single input registers */
        return;
    for (size_t i = 0; i < reading->n_points; i++)
        tell_hold_point(no, inverter, &reading->points[i]);
}

void octolux_tell_result(struct octolux *no, uint32_t inverter, enum octolux_command command, bool ok)
{
    struct octolux_message *m = octolux_begin(no, inverter, OCTOLUX_RESULT, (uint16_t)command);
    struct wp_writer w = wp_writer(m->payload, sizeof m->payload);

    wp_put_text(&w, ok ? "OK" : "FAIL");
    m->n = (uint16_t)w.n;
    octolux_end(no, m);
}

void octolux_take_answer(struct octolux *no, const struct wp_answer *answer)
{
    uint32_t inverter = answer->tag / OCTOLUX_N_COMMANDS;

    if (inverter < no->n_inverters)
        octolux_tell_result(no, inverter, (enum octolux_command)(answer->tag % OCTOLUX_N_COMMANDS),
                            answer->ok);
}
