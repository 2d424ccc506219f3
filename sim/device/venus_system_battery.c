/* The battery: sixteen LiFePO4 cells in series, a store of energy whose voltage follows from how full it is.
 *
 * Near the end it takes less: all at 95 %, a fifth less with each percent above. It takes and gives no more than what
 * fills or empties it within a second, so it is never more than full or less than empty. */
#include "sim/device/venus_system_physics.h"

#include <assert.h>

enum {
    CELLS = 16,
    NOMINAL_MILLIVOLT = 51200,
    MS_HOUR = 3600000,
    SECOND = 1000,
    TAPER_SOC = 95000,
    FULL_SOC = 100000,
    OHM_AH = 2, /* resistance times capacity: 10 mOhm at 200 Ah */
};

int64_t venus_physics_capacity(const struct venus_physics *p)
{
    return p->setting[VENUS_PHYSICS_BATTERY_CAPACITY] * NOMINAL_MILLIVOLT * MS_HOUR;
}

int64_t venus_physics_soc(const struct venus_physics *p)
{
    return p->stored / (venus_physics_capacity(p) / FULL_SOC);
}

void venus_physics_fill(struct venus_physics *p, int64_t soc)
{
    p->stored = venus_physics_capacity(p) / FULL_SOC * soc;
}

/* Without load, mV. */
static int64_t rest_volt(const struct venus_physics *p)
{
    static const int16_t at_tenth[] = {2900, 3200, 3240, 3262, 3278, 3290,
                                       3300, 3315, 3325, 3335, 3400, 3400};
    const int64_t soc = venus_physics_soc(p) / 10;
    const int64_t low = at_tenth[soc / 1000], high = at_tenth[soc / 1000 + 1];

    return (low + (high - low) * (soc % 1000) / 1000) * CELLS;
}

/* Under load it is at least half of what it is without. */
int64_t venus_physics_volt(const struct venus_physics *p)
{
    const int64_t rest = rest_volt(p), milliampere = p->flow.battery * 1000 / rest;
    const int64_t volt = rest + milliampere * OHM_AH / p->setting[VENUS_PHYSICS_BATTERY_CAPACITY];

    return volt < rest / 2 ? rest / 2 : volt;
}

int64_t venus_physics_ampere(const struct venus_physics *p, int64_t milliwatt)
{
    return milliwatt * 1000 / venus_physics_volt(p);
}

/* Whole ampere at the voltage without load. */
static int64_t current_power(const struct venus_physics *p, enum venus_physics_row row)
{
    return p->setting[row] * rest_volt(p);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t venus_physics_most_charge(const struct venus_physics *p)
{
    const int64_t soc = venus_physics_soc(p), room = (venus_physics_capacity(p) - p->stored) / SECOND;
    int64_t most = current_power(p, VENUS_PHYSICS_BATTERY_CHARGE);

    if (soc > TAPER_SOC)
        most = most * (FULL_SOC - soc) / (FULL_SOC - TAPER_SOC);
    assert(room >= 0);
    return least(most, room);
}

int64_t venus_physics_most_discharge(const struct venus_physics *p, int64_t floor)
{
    const int64_t left = (p->stored - venus_physics_capacity(p) / FULL_SOC * floor) / SECOND;

    return left <= 0 ? 0 : least(current_power(p, VENUS_PHYSICS_BATTERY_DISCHARGE), left);
}
