/* What the system service, settings, ESS control and platform show: all of the site in one place. */
#include "sim/device/venus_system_inside.h"

enum {
    SUSTAIN = 257,
    DISCHARGING = 256,
    EXTERNAL_CONTROL = 252,
    SOURCE_GRID = 1,
    SOURCE_GENSET = 2,
    SOURCE_ISLAND = 240,
};

static void show_consumption(struct venus_pen *pen)
{
    const struct venus_flow *f = pen->f;
    const unsigned n = venus_phases(pen->p);
    int64_t sum = 0;

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        const bool ev_out = f->ev_on_output && i < f->multi;
        const int64_t on_output = f->load_out[i] + (ev_out ? f->ev[i] : 0);
        const int64_t on_input = f->load_in[i] + (ev_out ? 0 : f->ev[i]);

        sum += on_output + on_input;
        venus_show_flip(pen, "/Ac/ConsumptionOnOutput/L#/Power", i, f->multi, on_output);
        venus_show_flip(pen, "/Ac/ConsumptionOnInput/L#/Power", i, n, on_input);
        venus_show_flip(pen, "/Ac/Consumption/L#/Power", i, n, on_output + on_input);
    }
    /* The API document's sample has it; today's systems have phases alone. */
    venus_show_as(pen, "/Ac/Consumption/Total/Power", "d", "W", venus_watt(sum));
    venus_show(pen, "/Ac/ConsumptionOnOutput/NumberOfPhases", wp_int(f->multi));
    venus_show(pen, "/Ac/ConsumptionOnInput/NumberOfPhases", wp_int(n));
    venus_show(pen, "/Ac/Consumption/NumberOfPhases", wp_int(n));
}

static void show_sources(struct venus_pen *pen)
{
    const struct venus_flow *f = pen->f;
    const unsigned grid = venus_system_has(pen->s->site, "grid") ? venus_phases(pen->p) : 0;
    const unsigned genset = venus_system_has(pen->s->site, "genset") ? venus_phases(pen->p) : 0;
    const unsigned pv = venus_system_has(pen->s->site, "pvinverter") ? venus_physics_pv_phases(pen->p) : 0;
    const bool is_out = f->pv_on_output;

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        venus_show_phase(pen, "/Ac/Grid/L#/Power", "d", "W", i, grid, venus_watt(f->grid[i]));
        venus_show_phase(pen, "/Ac/Grid/L#/Current", "d", "A", i, grid,
                         venus_centi(venus_mains_ampere(pen->p, f->grid[i])));
        venus_show_phase(pen, "/Ac/Genset/L#/Power", "d", "W", i, genset, venus_watt(f->genset[i]));
        venus_show_phase(pen, "/Ac/PvOnGrid/L#/Power", "d", "W", i, is_out ? 0 : pv, venus_watt(f->pv[i]));
        venus_show_phase(pen, "/Ac/PvOnOutput/L#/Power", "d", "W", i, is_out ? pv : 0, venus_watt(f->pv[i]));
    }
    venus_show(pen, "/Ac/Grid/NumberOfPhases", grid ? wp_int(grid) : wp_null());
    venus_show(pen, "/Ac/Genset/NumberOfPhases", genset ? wp_int(genset) : wp_null());
    venus_show(pen, "/Ac/PvOnGrid/NumberOfPhases", pv && !is_out ? wp_int(pv) : wp_null());
    venus_show(pen, "/Ac/PvOnOutput/NumberOfPhases", pv && is_out ? wp_int(pv) : wp_null());
    venus_show(pen, "/Ac/ActiveIn/Source",
               wp_int(!f->is_connected                           ? SOURCE_ISLAND
                      : pen->p->setting[VENUS_PHYSICS_GENSET_ON] ? SOURCE_GENSET
                                                                 : SOURCE_GRID));
    venus_show(pen, "/Ac/In/0/Connected", wp_int(f->is_connected));
}

/* Of batteries, sun, inverter/charger and what else is at the DC side; the last one only where the site is said to have
 * it. */
static void show_dc(struct venus_pen *pen)
{
    const struct venus_physics *p = pen->p;
    const struct venus_flow *f = pen->f;
    const int64_t drawn = venus_sum(f->drawn);
    const bool has_dc = p->control[VENUS_CONTROL_HAS_DC] || p->setting[VENUS_PHYSICS_LOAD_DC] > 0;

    venus_show(pen, "/Dc/Battery/Voltage", venus_centi(venus_physics_volt(p)));
    venus_show(pen, "/Dc/Battery/Current", venus_centi(venus_physics_ampere(p, f->battery)));
    venus_show(pen, "/Dc/Battery/Power", venus_watt(f->battery));
    venus_show(pen, "/Dc/Battery/Soc", venus_centi(venus_physics_soc(p)));
    venus_show(pen, "/Dc/Battery/State", wp_int(f->battery > 0 ? 1 : f->battery < 0 ? 2 : 0));
    venus_show(pen, "/Dc/Battery/Temperature", venus_centi(p->setting[VENUS_PHYSICS_BATTERY_TEMPERATURE]));
    venus_show(pen, "/Dc/Battery/TimeToGo", venus_time_to_go(p));
    venus_show(
        pen, "/Dc/Battery/ConsumedAmphours",
        venus_centi(p->setting[VENUS_PHYSICS_BATTERY_CAPACITY] * (venus_physics_soc(p) - 100000) / 100));
    venus_show(pen, "/Dc/Pv/Power", venus_watt(f->mppt));
    venus_show(pen, "/Dc/Pv/Current", venus_centi(venus_physics_ampere(p, f->mppt)));
    venus_show(pen, "/Dc/Vebus/Power", venus_whole_watt(-drawn));
    venus_show(pen, "/Dc/Vebus/Current", venus_centi(venus_physics_ampere(p, -drawn)));
    venus_show(pen, "/Dc/InverterCharger/Power", venus_whole_watt(-drawn));
    venus_show(pen, "/Dc/InverterCharger/Current", venus_centi(venus_physics_ampere(p, -drawn)));
    venus_show(pen, "/Dc/System/Power", has_dc ? venus_watt(f->dc_load) : wp_null());
}

/* The first service of a type; NULL: none. */
static const struct venus_system_service *first_of(const struct venus_pen *pen, const char *type)
{
    const struct venus_system *m = pen->s->site;

    for (uint32_t i = 0; i < m->n_services; i++)
        if (wp_slice_is(wp_text(m->service[i].profile->type), type))
            return &m->service[i];
    return NULL;
}

/* Whom the system takes for its battery and its input. */
static void show_chosen(struct venus_pen *pen)
{
    const struct venus_system_service *battery = first_of(pen, "battery"), *grid = first_of(pen, "grid");
    char text[VENUS_NAME_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "com.victronenergy.battery/");
    wp_put_int(&w, battery ? battery->instance : 0);
    venus_show(pen, "/ActiveBatteryService", battery ? wp_text_value(wp_written(&w)) : wp_null());
    venus_show(pen, "/Dc/Battery/BatteryService", battery ? wp_text_value(battery->plan.name) : wp_null());
    venus_show(pen, "/Ac/In/0/ServiceName", grid ? wp_text_value(grid->plan.name) : wp_null());
    venus_show(pen, "/Ac/In/0/ServiceType", grid ? wp_text_value(wp_text("grid")) : wp_null());
    venus_show(pen, "/Ac/In/0/DeviceInstance", grid ? wp_int(grid->instance) : wp_null());
}

static unsigned system_state(const struct venus_physics *p)
{
    const unsigned state = venus_vebus_state(p);

    if (state == EXTERNAL_CONTROL)
        return DISCHARGING;
    if (p->flow.is_connected && venus_physics_soc(p) <= p->control[VENUS_CONTROL_SOC_MIN])
        return SUSTAIN;
    return state;
}

void venus_show_system(struct venus_pen *pen)
{
    show_consumption(pen);
    show_sources(pen);
    show_dc(pen);
    show_chosen(pen);
    venus_show(pen, "/SystemState/State", wp_int(system_state(pen->p)));
    venus_show(pen, "/Serial", venus_system_given(pen->s->site->setup, SYSTEM_PORTAL));
}

/* What ESS control and settings share. */
static struct wp_value grid_setpoint(const struct venus_physics *p)
{
    return venus_watt(p->control[VENUS_CONTROL_GRID_SETPOINT]);
}

void venus_show_settings(struct venus_pen *pen)
{
    venus_show(pen, "/Settings/CGwacs/AcPowerSetPoint", grid_setpoint(pen->p));
}

void venus_show_hub4(struct venus_pen *pen)
{
    venus_show(pen, "/AcPowerSetpoint", grid_setpoint(pen->p));
    venus_show(pen, "/PvPowerLimiterActive", wp_int(pen->p->control[VENUS_CONTROL_NO_FEED_IN] != 0));
}

void venus_show_platform(struct venus_pen *pen)
{
    venus_show(pen, "/Device/UniqueId", venus_system_given(pen->s->site->setup, SYSTEM_PORTAL));
    venus_show(pen, "/Device/Time", wp_int((pen->s->site->setup->epoch_us + pen->s->site->now) / 1000000));
}
