/* What the inverter/charger shows. */
#include "sim/device/venus_system_inside.h"

enum {
    OFF = 0,
    FAULT = 2,
    BULK = 3,
    ABSORPTION = 4,
    FLOAT = 5,
    PASSTHRU = 8,
    INVERTING = 9,
    EXTERNAL_CONTROL = 252,
    ABSORPTION_SOC = 95000,
    FLOAT_SOC = 99900,
    NO_INPUT = 240,
};

unsigned venus_vebus_state(const struct venus_physics *p)
{
    const int64_t drawn = venus_sum(p->flow.drawn), soc = venus_physics_soc(p);

    if (!p->flow.is_on)
        return p->flow.is_overloaded ? FAULT : OFF;
    if (!p->flow.is_connected)
        return INVERTING;
    if (drawn > 0)
        return EXTERNAL_CONTROL;
    if (drawn == 0)
        return PASSTHRU;
    return soc < ABSORPTION_SOC ? BULK : soc < FLOAT_SOC ? ABSORPTION : FLOAT;
}

/* Power, current, voltage and frequency of one phase of an AC tap. */
static void show_tap(struct venus_pen *pen, const char *const path[4], unsigned i, int64_t milliwatt,
                     bool is_live)
{
    const unsigned n = is_live ? pen->f->multi : 0;
    const int64_t volt = pen->p->setting[VENUS_PHYSICS_GRID_VOLTAGE];

    venus_show_phase(pen, path[0], "i", "W", i, n, venus_whole_watt(milliwatt));
    venus_show_phase(pen, path[1], "d", "A", i, n, venus_centi(venus_mains_ampere(pen->p, milliwatt)));
    venus_show_phase(pen, path[2], "d", "V", i, n, venus_centi(volt));
    venus_show_phase(pen, path[3], "d", "Hz", i, n,
                     venus_centi(pen->p->setting[VENUS_PHYSICS_GRID_FREQUENCY]));
}

static int64_t output(const struct venus_flow *f, unsigned i)
{
    return f->input[i] + f->inverted[i] - f->idle[i];
}

static void show_ac(struct venus_pen *pen)
{
    static const char *const in[] = {"/Ac/ActiveIn/L#/P", "/Ac/ActiveIn/L#/I", "/Ac/ActiveIn/L#/V",
                                     "/Ac/ActiveIn/L#/F"};
    static const char *const out[] = {"/Ac/Out/L#/P", "/Ac/Out/L#/I", "/Ac/Out/L#/V", "/Ac/Out/L#/F"};
    const struct venus_flow *f = pen->f;
    int64_t whole_in = 0, whole_out = 0;

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        show_tap(pen, in, i, f->input[i], f->is_connected);
        show_tap(pen, out, i, output(f, i), f->is_on);
        whole_in += venus_whole_watt(f->input[i]).num;
        whole_out += venus_whole_watt(output(f, i)).num;
    }
    /* Whole watts of the sum are those of its parts. */
    venus_show(pen, "/Ac/ActiveIn/P", f->is_connected ? wp_int(whole_in) : wp_null());
    venus_show(pen, "/Ac/Out/P", wp_int(whole_out));
}

static void show_state(struct venus_pen *pen, unsigned state)
{
    const struct venus_flow *f = pen->f;

    venus_show(pen, "/State", wp_int(state));
    venus_show(pen, "/Ac/ActiveIn/ActiveInput", wp_int(f->is_connected ? 0 : NO_INPUT));
    venus_show(pen, "/Ac/ActiveIn/Connected", wp_int(f->is_connected));
    venus_show(pen, "/Ac/State/AcIn1Available",
               wp_int(!pen->p->setting[VENUS_PHYSICS_GRID_LOST] || pen->p->setting[VENUS_PHYSICS_GENSET_ON]));
    venus_show(pen, "/Ac/NumberOfPhases", wp_int(f->multi));
    venus_show(pen, "/Alarms/GridLost", wp_int(pen->p->setting[VENUS_PHYSICS_GRID_LOST] ? 2 : 0));
    venus_show(pen, "/Alarms/Overload", wp_int(f->is_overloaded ? 2 : 0));
    venus_show(pen, "/Alarms/LowBattery", wp_int(f->is_low ? 2 : 0));
    venus_show(pen, "/Leds/Mains", wp_int(f->is_connected));
    venus_show(pen, "/Leds/Inverter", wp_int(state == INVERTING));
    venus_show(pen, "/Leds/Bulk", wp_int(state == BULK));
    venus_show(pen, "/Leds/Absorption", wp_int(state == ABSORPTION));
    venus_show(pen, "/Leds/Float", wp_int(state == FLOAT));
    venus_show(pen, "/Leds/Overload", wp_int(f->is_overloaded));
    venus_show(pen, "/Leds/LowBattery", wp_int(f->is_low));
    venus_show(pen, "/VebusChargeState", wp_int(state >= BULK && state <= FLOAT ? state - BULK + 1 : 0));
}

/* Apparent power and the computed set-points change without a signal. source: e.2 */
static void show_quietly(struct venus_pen *pen)
{
    static const char *const setpoint[] = {"/Hub4/L1/AcPowerSetpoint", "/Hub4/L2/AcPowerSetpoint",
                                           "/Hub4/L3/AcPowerSetpoint"};
    const struct venus_flow *f = pen->f;
    int64_t in = 0, out = 0;

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        const int64_t taken = f->input[i] < 0 ? -f->input[i] : f->input[i];
        const int64_t given = output(f, i) < 0 ? -output(f, i) : output(f, i);

        in += taken;
        out += given;
        venus_show_phase(pen, "/Ac/ActiveIn/L#/S", "i", "VA", i, f->is_connected ? f->multi : 0,
                         venus_whole_watt(taken));
        venus_show_phase(pen, "/Ac/Out/L#/S", "i", "VA", i, f->is_on ? f->multi : 0, venus_whole_watt(given));
        venus_show(pen, setpoint[i],
                   i >= f->multi ? wp_null()
                   : venus_physics_is_held(pen->p)
                       ? venus_whole_watt(pen->p->control[VENUS_CONTROL_SETPOINT_L1 + i])
                       : venus_whole_watt(f->input[i]));
    }
    venus_show(pen, "/Ac/ActiveIn/S", f->is_connected ? venus_whole_watt(in) : wp_null());
    venus_show(pen, "/Ac/Out/S", venus_whole_watt(out));
    venus_items_quiet(pen->s->items);
}

void venus_show_vebus(struct venus_pen *pen)
{
    const struct venus_physics *p = pen->p;
    const int64_t dc = -venus_sum(pen->f->drawn), *way = p->energy.way;

    show_quietly(pen);
    show_ac(pen);
    venus_show(pen, "/Dc/0/Voltage", venus_centi(venus_physics_volt(p)));
    venus_show(pen, "/Dc/0/Current", venus_centi(venus_physics_ampere(p, dc)));
    venus_show(pen, "/Dc/0/Power", venus_whole_watt(dc));
    venus_show(pen, "/Dc/0/Temperature", venus_centi(p->setting[VENUS_PHYSICS_BATTERY_TEMPERATURE]));
    venus_show(pen, "/Soc", venus_centi(venus_physics_soc(p)));
    venus_show(pen, "/Energy/AcIn1ToAcOut", venus_kwh(way[VENUS_IN_TO_OUT]));
    venus_show(pen, "/Energy/AcIn1ToInverter", venus_kwh(way[VENUS_IN_TO_INVERTER]));
    venus_show(pen, "/Energy/AcOutToAcIn1", venus_kwh(way[VENUS_OUT_TO_IN]));
    venus_show(pen, "/Energy/InverterToAcIn1", venus_kwh(way[VENUS_INVERTER_TO_IN]));
    venus_show(pen, "/Energy/InverterToAcOut", venus_kwh(way[VENUS_INVERTER_TO_OUT]));
    venus_show(pen, "/Energy/OutToInverter", venus_kwh(way[VENUS_OUT_TO_INVERTER]));
    show_state(pen, venus_vebus_state(p));
}
