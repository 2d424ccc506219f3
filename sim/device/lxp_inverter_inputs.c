/* The physics as input registers.                        source: input registers 0 to 127 of the LuxPower dongle
 *
 * A string shows 0 V at night, its open voltage when the sun is on it and nothing is drawn. Temperatures follow the
 * power that passes at once. Currents into the battery are positive. */
#include "sim/device/lxp_inverter_physics.h"

enum {
    BLOCK = 40,
    BLOCKS = 4,
    BATTERY_STATUS_5 = 192, /* the everyday state of bat_status_5 and bat_status_inv */
    BATTERY_STATUS_INV = 3,
    OPEN_DECIVOLT = 3900,
    CELL_COUNT = 15,
};

static unsigned power_passing(const struct lxp_physics *p)
{
    return (unsigned)p->watt[LXP_INV] + p->watt[LXP_REC] + p->watt[LXP_EPS];
}

static uint16_t set_or(const struct lxp_physics *p, enum lxp_physics_row row, int64_t otherwise)
{
    return p->setting[row] != LXP_SETTING_NONE ? p->setting[row] : (uint16_t)otherwise;
}

/* 0.1 kWh of the clock's day or of all time, cut. The three strings are published as one sum, so it is the sum that is
 * cut; string 1 shows what the two others leave of it. */
static void energy_steps(const struct lxp_physics *p, bool of_day, uint64_t out[LXP_DAILY])
{
    uint64_t sun = 0;

    for (unsigned i = 0; i < LXP_DAILY; i++) {
        uint64_t energy = p->energy[i] - (of_day ? p->at_midnight[i] : 0);

        out[i] = energy / LXP_ENERGY_UNIT;
        sun += i <= LXP_PV3 ? energy : 0;
    }
    out[LXP_PV1] = sun / LXP_ENERGY_UNIT - out[LXP_PV2] - out[LXP_PV3];
}

/* ---- 0 to 39: now, and today ----------------------------------------------------------------------------------- */

static uint16_t string_voltage(const struct lxp_physics *p, unsigned i)
{
    uint16_t watt = p->watt[LXP_PV1 + i];

    if (watt == 0)
        return p->lit >> i & 1 ? OPEN_DECIVOLT : 0;
    return (uint16_t)(2800 + (watt < 10000 ? watt / 20 : 500));
}

/* With a grid the backup output is the grid; without it the inverter makes what hold 90 and 91 say, or nothing. */
static void put_grid(const struct lxp_physics *p, uint16_t *out)
{
    uint16_t voltage = p->setting[LXP_PHYSICS_GRID_VOLTAGE],
             frequency = p->setting[LXP_PHYSICS_GRID_FREQUENCY];
    bool carries = p->watt[LXP_EPS] > 0;

    if (voltage > 0) {
        out[12] = out[20] = voltage;
        out[15] = out[23] = frequency;
        out[18] = (uint16_t)(power_passing(p) * UINT64_C(1000) / voltage);
    } else if (carries) {
        out[20] = (uint16_t)(lxp_physics_hold(p, LXP_HOLD_EPS_VOLTAGE) * 10);
        out[23] = (uint16_t)(lxp_physics_hold(p, LXP_HOLD_EPS_FREQUENCY) * 100);
    }
    out[19] = 1000; /* a power factor of 1 */
}

static void put_now(const struct lxp_physics *p, uint16_t *out)
{
    int32_t current;
    uint64_t steps[LXP_DAILY];
    unsigned kilowatt_tenths = power_passing(p) / 100;

    out[0] = p->status;
    for (unsigned i = 0; i < 3; i++) {
        out[1 + i] = string_voltage(p, i);
        out[7 + i] = p->watt[LXP_PV1 + i];
    }
    out[4] = (uint16_t)lxp_physics_battery_voltage(p, &current);
    out[5] = (uint16_t)((unsigned)p->setting[LXP_PHYSICS_BATTERY_HEALTH] << 8 | lxp_physics_soc(p));
    out[10] = p->watt[LXP_CHG];
    out[11] = p->watt[LXP_DISCHG];
    put_grid(p, out);
    out[16] = p->watt[LXP_INV];
    out[17] = p->watt[LXP_REC];
    out[24] = out[25] = p->watt[LXP_EPS];
    out[26] = p->watt[LXP_TO_GRID];
    out[27] = p->watt[LXP_TO_USER];
    energy_steps(p, true, steps);
    for (unsigned i = 0; i < LXP_DAILY; i++)
        out[28 + i] = (uint16_t)steps[i];
    out[38] = set_or(p, LXP_PHYSICS_BUS_1, 3800 - kilowatt_tenths);
    out[39] = set_or(p, LXP_PHYSICS_BUS_2, 3004 + kilowatt_tenths);
}

/* ---- 40 to 79: of all time, and temperatures -------------------------------------------------------------------- */

static void put_u32(uint16_t *out, uint64_t value)
{
    out[0] = (uint16_t)value;
    out[1] = (uint16_t)(value >> 16);
}

static void put_all(const struct lxp_physics *p, uint16_t *out)
{
    int ambient = (int16_t)p->setting[LXP_PHYSICS_AMBIENT];
    int passing = (int)power_passing(p), battery = p->watt[LXP_CHG] + p->watt[LXP_DISCHG];
    uint64_t steps[LXP_DAILY];

    energy_steps(p, false, steps);
    for (unsigned i = 0; i < LXP_DAILY; i++)
        put_u32(out + 2 * i, steps[i]);
    put_u32(out + 22, p->warnings);
    out[24] = set_or(p, LXP_PHYSICS_INNER, ambient + 18 + passing / 200);
    out[25] = set_or(p, LXP_PHYSICS_RADIATOR_1, ambient + 4 + passing / 100);
    out[26] = set_or(p, LXP_PHYSICS_RADIATOR_2, ambient + 4 + battery / 100);
    out[27] = (uint16_t)ambient;
    put_u32(out + 29, (uint64_t)(p->now_ms - p->began_ms) / 1000);
}

/* ---- 80 to 119: the battery -------------------------------------------------------------------------------------- */

static uint16_t current_steps(const struct lxp_physics *p, int32_t centiampere)
{
    int32_t steps = p->setting[LXP_PHYSICS_CURRENT_UNIT] == 1 ? centiampere / 10 : centiampere;

    return (uint16_t)steps;
}

static void put_battery(const struct lxp_physics *p, uint16_t *out)
{
    int32_t current;
    unsigned voltage = lxp_physics_battery_voltage(p, &current), cell = voltage * 100 / CELL_COUNT;
    int ambient = (int16_t)p->setting[LXP_PHYSICS_AMBIENT];

    out[1] = current_steps(p, p->setting[LXP_PHYSICS_CHARGE_CURRENT]);
    out[2] = current_steps(p, p->setting[LXP_PHYSICS_DISCHARGE_CURRENT]);
    out[3] = p->setting[LXP_PHYSICS_CHARGE_VOLTAGE];
    out[4] = p->setting[LXP_PHYSICS_CUT_VOLTAGE];
    out[10] = BATTERY_STATUS_5;
    out[15] = BATTERY_STATUS_INV;
    out[16] = p->setting[LXP_PHYSICS_BATTERY_COUNT];
    out[17] = p->setting[LXP_PHYSICS_BATTERY_CAPACITY];
    if (current > INT16_MAX)
        current = INT16_MAX;
    if (current < INT16_MIN)
        current = INT16_MIN;
    out[18] = current_steps(p, current);
    out[21] = (uint16_t)(cell + 2);
    out[22] = (uint16_t)(cell - 2);
    out[23] = (uint16_t)(ambient * 10 + 5);
    out[24] = (uint16_t)(ambient * 10 - 5);
    out[26] = p->setting[LXP_PHYSICS_BATTERY_CYCLES];
    out[27] = (uint16_t)voltage;
}

/* ---- 120 to 127 -------------------------------------------------------------------------------------------------- */

static void put_backup(const struct lxp_physics *p, uint16_t *out)
{
    out[0] = set_or(p, LXP_PHYSICS_BUS_1, 3800 - power_passing(p) / 100) / 2;
}

void lxp_physics_inputs(const struct lxp_physics *p, unsigned first, unsigned n, uint16_t *out)
{
    static void (*const put[BLOCKS])(const struct lxp_physics *, uint16_t *) = {put_now, put_all, put_battery,
                                                                                put_backup};
    uint16_t block[BLOCK];

    memset(out, 0, n * sizeof *out);
    for (unsigned b = 0; b < BLOCKS; b++) {
        unsigned from = first > b * BLOCK ? first : b * BLOCK;
        unsigned to = first + n < (b + 1) * BLOCK ? first + n : (b + 1) * BLOCK;

        if (from >= to)
            continue;
        memset(block, 0, sizeof block);
        put[b](p, block);
        memcpy(out + (from - first), block + (from - b * BLOCK), (to - from) * sizeof *out);
    }
}

uint16_t lxp_physics_input(const struct lxp_physics *p, unsigned reg)
{
    uint16_t value;

    lxp_physics_inputs(p, reg, 1, &value);
    return value;
}
