/* What batteries, solar chargers and a meter of DC loads show. */
#include "sim/device/venus_system_inside.h"

enum {
    CELLS = 16,
    FULL = 100000,
    ABSORPTION = 95000,
    LOW = 5000,
    MOST_TO_GO_S = 864000, /* ten days, as battery monitors have it */
    MS_SECOND = 1000,
};

static int64_t full_ampere_hours(const struct venus_physics *p)
{
    return p->setting[VENUS_PHYSICS_BATTERY_CAPACITY];
}

struct wp_value venus_time_to_go(const struct venus_physics *p)
{
    const int64_t floor = p->flow.is_connected ? p->control[VENUS_CONTROL_SOC_MIN] : 0;
    const int64_t left = p->stored - venus_physics_capacity(p) / FULL * floor;
    int64_t seconds;

    if (p->flow.battery >= 0)
        return wp_null();
    seconds = left > 0 ? left / -p->flow.battery / MS_SECOND : 0;
    seconds = seconds / 60 * 60;
    return wp_real((double)(seconds < MOST_TO_GO_S ? seconds : MOST_TO_GO_S));
}

static void show_battery_limits(struct venus_pen *pen, int64_t soc)
{
    const int64_t charge = pen->p->setting[VENUS_PHYSICS_BATTERY_CHARGE] * 1000;
    const int64_t taken = soc <= ABSORPTION ? charge : charge * (FULL - soc) / (FULL - ABSORPTION);

    venus_show(pen, "/Info/MaxChargeCurrent", venus_centi(taken));
    venus_show(pen, "/Info/MaxDischargeCurrent",
               venus_centi(soc > 0 ? pen->p->setting[VENUS_PHYSICS_BATTERY_DISCHARGE] * 1000 : 0));
    venus_show(pen, "/Info/MaxChargeVoltage", wp_real(56.0));
    venus_show(pen, "/Info/BatteryLowVoltage", wp_real(44.8));
    venus_show(pen, "/Io/AllowToCharge", wp_int(taken > 0));
    venus_show(pen, "/Io/AllowToDischarge", wp_int(soc > 0));
}

void venus_show_battery(struct venus_pen *pen)
{
    const struct venus_physics *p = pen->p;
    const int64_t soc = venus_physics_soc(p), volt = venus_physics_volt(p), full = full_ampere_hours(p);

    venus_show(pen, "/Dc/0/Voltage", venus_centi(volt));
    venus_show(pen, "/Dc/0/Current", venus_centi(venus_physics_ampere(p, pen->f->battery)));
    venus_show(pen, "/Dc/0/Power", venus_watt(pen->f->battery));
    venus_show(pen, "/Dc/0/Temperature", venus_centi(p->setting[VENUS_PHYSICS_BATTERY_TEMPERATURE]));
    venus_show(pen, "/Dc/1/Voltage", wp_null());
    venus_show(pen, "/Soc", venus_centi(soc));
    venus_show(pen, "/TimeToGo", venus_time_to_go(p));
    venus_show(pen, "/Capacity", wp_int(full < UINT16_MAX ? full : UINT16_MAX));
    venus_show(pen, "/InstalledCapacity", wp_real((double)full));
    venus_show(pen, "/ConsumedAmphours", venus_centi(full * (soc - FULL) / 100));
    venus_show(pen, "/History/ChargedEnergy", venus_kwh(p->energy.charged));
    venus_show(pen, "/History/DischargedEnergy", venus_kwh(p->energy.discharged));
    venus_show(pen, "/Alarms/LowSoc", wp_int(soc < LOW));
    venus_show(pen, "/System/MinCellVoltage", wp_real((double)(volt / CELLS - 4) / 1000.0));
    venus_show(pen, "/System/MaxCellVoltage", wp_real((double)(volt / CELLS + 4) / 1000.0));
    show_battery_limits(pen, soc);
}

/* 0 off, 3 bulk, 4 absorption, 5 float */
static unsigned charger_state(const struct venus_physics *p, int64_t power)
{
    const int64_t soc = venus_physics_soc(p);

    if (power <= 0)
        return 0;
    return soc < ABSORPTION ? 3 : soc < FULL - 100 ? 4 : 5;
}

void venus_show_solarcharger(struct venus_pen *pen)
{
    const struct venus_physics *p = pen->p;
    const int64_t power = venus_part(pen->s, pen->f->mppt), sun = venus_part(pen->s, pen->f->sun_mppt);
    const int64_t pv_volt = sun > 0 ? 87640 : 0; /* mV, at its tracker */
    const bool is_on = p->control[VENUS_CONTROL_MPPT_MODE] != 4;

    venus_show(pen, "/Dc/0/Voltage", venus_centi(venus_physics_volt(p)));
    venus_show(pen, "/Dc/0/Current", venus_centi(venus_physics_ampere(p, power)));
    venus_show(pen, "/Pv/V", venus_centi(pv_volt));
    venus_show(pen, "/Pv/I", venus_centi(pv_volt > 0 ? power * 1000 / pv_volt : 0));
    venus_show(pen, "/Yield/Power", venus_watt(power));
    venus_show(pen, "/Yield/User", venus_kwh(venus_part(pen->s, p->energy.mppt)));
    venus_show(pen, "/Yield/System", venus_kwh(venus_part(pen->s, p->energy.mppt)));
    venus_show(pen, "/History/Daily/0/Yield", venus_kwh(venus_part(pen->s, p->day_yield)));
    venus_show(pen, "/History/Daily/0/MaxPower", venus_watt(venus_part(pen->s, p->day_peak)));
    venus_show(pen, "/State", wp_int(is_on ? charger_state(p, power) : 0));
    venus_show(pen, "/MppOperationMode", wp_int(power == 0 ? 0 : power < sun ? 1 : 2));
    venus_show(pen, "/DeviceOffReason", wp_int((is_on ? 0 : 8) | (sun == 0 ? 1 : 0)));
}

void venus_show_dcsystem(struct venus_pen *pen)
{
    const int64_t volt = venus_physics_volt(pen->p);

    venus_show(pen, "/Dc/0/Voltage", venus_centi(volt));
    venus_show(pen, "/Dc/0/Current", venus_centi(venus_physics_ampere(pen->p, pen->f->dc_load)));
    venus_show(pen, "/Dc/0/Power", venus_watt(pen->f->dc_load));
}
