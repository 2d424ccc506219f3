/* What meters of the mains, PV inverters and the EV charger show. */
#include "sim/device/venus_system_inside.h"

/* The tree of a meter. */
static void show_meter(struct venus_pen *pen, const int64_t power[VENUS_PHASES],
                       const int64_t forward[VENUS_PHASES], const int64_t reverse[VENUS_PHASES])
{
    const unsigned n = venus_phases(pen->p);
    const int64_t volt = pen->p->setting[VENUS_PHYSICS_GRID_VOLTAGE];

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        venus_show_phase(pen, "/Ac/L#/Power", NULL, "W", i, n, venus_watt(power[i]));
        venus_show_phase(pen, "/Ac/L#/Current", NULL, "A", i, n,
                         venus_centi(venus_mains_ampere(pen->p, power[i])));
        venus_show_phase(pen, "/Ac/L#/Voltage", NULL, "V", i, n, venus_centi(volt));
        venus_show_phase(pen, "/Ac/L#/VoltageLineToLine", NULL, "V", i, n > 1 ? n : 0,
                         venus_centi(volt * 1732 / 1000));
        venus_show_phase(pen, "/Ac/L#/PowerFactor", NULL, "", i, n, wp_real(1.0));
        venus_show_phase(pen, "/Ac/L#/Energy/Forward", NULL, "kWh", i, n, venus_kwh(forward[i]));
        venus_show_phase(pen, "/Ac/L#/Energy/Reverse", NULL, "kWh", i, n, venus_kwh(reverse[i]));
    }
    venus_show(pen, "/Ac/Power", venus_watt(venus_sum(power)));
    venus_show(pen, "/Ac/Current", venus_centi(venus_mains_ampere(pen->p, venus_sum(power))));
    venus_show(pen, "/Ac/Voltage", venus_centi(volt));
    venus_show(pen, "/Ac/Frequency", venus_centi(pen->p->setting[VENUS_PHYSICS_GRID_FREQUENCY]));
    venus_show(pen, "/Ac/PowerFactor", wp_real(1.0));
    venus_show(pen, "/Ac/Energy/Forward", venus_kwh(venus_sum(forward)));
    venus_show(pen, "/Ac/Energy/Reverse", venus_kwh(venus_sum(reverse)));
    venus_show(pen, "/Ac/N/Current", wp_null());
    venus_show(pen, "/Ac/PENVoltage", wp_null());
    venus_show(pen, "/NrOfPhases", wp_int(n));
}

void venus_show_grid(struct venus_pen *pen)
{
    show_meter(pen, pen->f->grid, pen->p->energy.import, pen->p->energy.export);
}

void venus_show_genset(struct venus_pen *pen)
{
    static const int64_t none[VENUS_PHASES] = {0};

    show_meter(pen, pen->f->genset, pen->p->energy.genset, none);
}

/* The loads at the input side; it does not count. */
void venus_show_acload(struct venus_pen *pen)
{
    static const int64_t none[VENUS_PHASES] = {0};

    show_meter(pen, pen->f->load_in, none, none);
}

void venus_show_pvinverter(struct venus_pen *pen)
{
    const unsigned n = venus_physics_pv_phases(pen->p);
    int64_t power = 0, energy = 0;

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        const int64_t part = venus_part(pen->s, pen->f->pv[i]),
                      counted = venus_part(pen->s, pen->p->energy.pv[i]);

        power += part;
        energy += counted;
        venus_show_phase(pen, "/Ac/L#/Power", NULL, "W", i, n, venus_watt(part));
        venus_show_phase(pen, "/Ac/L#/Current", NULL, "A", i, n,
                         venus_centi(venus_mains_ampere(pen->p, part)));
        venus_show_phase(pen, "/Ac/L#/Voltage", NULL, "V", i, n,
                         venus_centi(pen->p->setting[VENUS_PHYSICS_GRID_VOLTAGE]));
        venus_show_phase(pen, "/Ac/L#/Energy/Forward", NULL, "kWh", i, n, venus_kwh(counted));
    }
    venus_show(pen, "/Ac/Power", venus_watt(power));
    venus_show(pen, "/Ac/Energy/Forward", venus_kwh(energy));
    venus_show(pen, "/Ac/Frequency", venus_centi(pen->p->setting[VENUS_PHYSICS_GRID_FREQUENCY]));
    venus_show(pen, "/Ac/NumberOfPhases", wp_int(n));
    venus_show(pen, "/NrOfPhases", wp_int(n));
    venus_show(pen, "/StatusCode", wp_int(power > 0 ? 7 : 8));
}

void venus_show_evcharger(struct venus_pen *pen)
{
    const int64_t power = venus_sum(pen->f->ev);
    const bool is_there = pen->p->setting[VENUS_PHYSICS_EV_CONNECTED];

    for (unsigned i = 0; i < VENUS_PHASES; i++)
        venus_show_phase(pen, "/Ac/L#/Power", NULL, "W", i, venus_phases(pen->p), venus_watt(pen->f->ev[i]));
    venus_show(pen, "/Ac/Power", venus_watt(power));
    venus_show(pen, "/Ac/Energy/Forward", venus_kwh(pen->p->energy.ev));
    venus_show(pen, "/Current", venus_centi(venus_mains_ampere(pen->p, pen->f->ev[0])));
    venus_show(pen, "/Session/Energy", is_there ? venus_kwh(pen->p->energy.ev) : wp_null());
    venus_show(pen, "/Status", wp_int(power > 0 ? 2 : is_there ? 6 : 0));
}
