/* The battery: fifteen LiFePO4 cells in series, a store of energy whose voltage follows from how full it is.
 *
 * Where a limit depends on its voltage, it is that of the whole percent without load, so that power changes only with
 * a percent. Near the end it takes less: all at 95 %, a fifth less with each percent above. */
#include "sim/device/lxp_inverter_physics.h"

enum {
    CELLS = 15,
    NOMINAL_VOLT = 48,
    MS_HOUR = 3600000,
    TAPER_SOC = 95,
    OHM_AH = 2, /* resistance times capacity: 10 mOhm at 200 Ah */
};

static int64_t percent_energy(const struct lxp_physics *p)
{
    return (int64_t)p->setting[LXP_PHYSICS_BATTERY_CAPACITY] * NOMINAL_VOLT * MS_HOUR / 100;
}

/* Discharging ends less than 1 ms beyond a whole percent; that percent is what it shows then. */
unsigned lxp_physics_soc(const struct lxp_physics *p)
{
    int64_t stored = p->stored + UINT16_MAX, soc = stored / percent_energy(p);

    return (unsigned)(stored < 0 ? 0 : soc > 100 ? 100 : soc);
}

int lxp_physics_soc_cmp(const struct lxp_physics *p, unsigned percent)
{
    int64_t bound = percent * percent_energy(p);

    return (p->stored > bound) - (p->stored < bound);
}

void lxp_physics_fill(struct lxp_physics *p, unsigned soc_hundredths)
{
    p->stored = percent_energy(p) * soc_hundredths / 100;
}

/* Of one cell at rest, mV. */
static int32_t cell_voltage(int64_t soc_hundredths)
{
    static const int16_t at_tenth[] = {2900, 3200, 3240, 3262, 3278, 3290,
                                       3300, 3315, 3325, 3335, 3400, 3400};
    int64_t x = soc_hundredths < 0 ? 0 : soc_hundredths > 10000 ? 10000 : soc_hundredths;
    int32_t low = at_tenth[x / 1000], high = at_tenth[x / 1000 + 1];

    return low + (int32_t)((high - low) * (x % 1000) / 1000);
}

static int32_t current_power(const struct lxp_physics *p, enum lxp_physics_row row)
{
    int64_t millivolt = cell_voltage(lxp_physics_soc(p) * INT64_C(100)) * CELLS;

    return (int32_t)(p->setting[row] * millivolt / 100000);
}

int32_t lxp_physics_most_charge(const struct lxp_physics *p)
{
    int32_t soc = (int32_t)lxp_physics_soc(p), most = current_power(p, LXP_PHYSICS_CHARGE_CURRENT);

    return soc <= TAPER_SOC ? most : most * (100 - soc) / (100 - TAPER_SOC);
}

int32_t lxp_physics_most_discharge(const struct lxp_physics *p)
{
    return current_power(p, LXP_PHYSICS_DISCHARGE_CURRENT);
}

int64_t lxp_physics_next_percent(const struct lxp_physics *p)
{
    int64_t unit = percent_energy(p), gain = p->put - p->taken, to_go;

    if (gain == 0)
        return INT64_MAX;
    if (gain > 0) {
        to_go = (sun_floor_div(p->stored, unit) + 1) * unit - p->stored;
        return p->now_ms + (to_go + gain - 1) / gain;
    }
    to_go = p->stored + (sun_floor_div(-p->stored, unit) + 1) * unit;
    return p->now_ms + (to_go - gain - 1) / -gain;
}

unsigned lxp_physics_battery_voltage(const struct lxp_physics *p, int32_t *ret_current)
{
    int32_t power = p->watt[LXP_CHG] - p->watt[LXP_DISCHG];
    int32_t rest = cell_voltage(p->stored / (percent_energy(p) / 100)) * CELLS, millivolt;
    int32_t low = p->setting[LXP_PHYSICS_CUT_VOLTAGE] * 100,
            high = p->setting[LXP_PHYSICS_CHARGE_VOLTAGE] * 100;
    int64_t centiampere = power * INT64_C(100000) / rest;

    millivolt = rest + (int32_t)(centiampere * 10 * OHM_AH / p->setting[LXP_PHYSICS_BATTERY_CAPACITY]);
    if (millivolt < low)
        millivolt = low;
    if (millivolt > high)
        millivolt = high;
    if (millivolt < 100)
        millivolt = 100; /* both bounds may be set to 0; it is divided by */
    *ret_current = (int32_t)(power * INT64_C(100000) / millivolt);
    return (unsigned)(millivolt / 100);
}
