/* The physics of a simulated LuxPower inverter: sun, house, battery and grid become power, power becomes energy, and
 * both become input registers. Whole numbers only.
 *
 *     direct current     pv + discharge + rectified = charge + inverted
 *     alternating        inv + to_user = load + rec + to_grid        inverted -> inv, rec -> rectified: with a loss
 *
 * All power is in whole watts and stays as it is from one change to the next: a minute of sun, a quarter of an hour of
 * the house, a window of the hold registers, midnight of its clock, a whole percent of the battery, or a value that
 * is set. Where the changes lie does not depend on who asks and when, so energy is the exact sum of power times
 * milliseconds, and one great step counts the same as many small ones.
 *
 * Times are milliseconds since 1970, local and true; the inverter's own clock is `ahead_ms` of them. */
#ifndef WP_LXP_INVERTER_PHYSICS_H
#define WP_LXP_INVERTER_PHYSICS_H

#include "sim/core/value.h"
#include "sim/device/sun.h"

/* LXP_PHYSICS_<id> is the row's place among the rows of lxp_inverter_physics.def. */
enum lxp_physics_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) LXP_PHYSICS_##id,
#include "sim/device/lxp_inverter_physics.def"
#undef OPTION
    LXP_PHYSICS_ROWS,
    LXP_PHYSICS_FIRST_ENERGY = LXP_PHYSICS_ENERGY_PV1,
    LXP_PHYSICS_SETTINGS = LXP_PHYSICS_FIRST_ENERGY, /* rows whose value is kept */
};

/* The hold registers that decide anything here; SOC in percent of the capacity, percentages of the rated power. */
enum lxp_physics_hold {
    LXP_HOLD_FUNCTIONS = 21,
    LXP_HOLD_CHARGE_PCT = 64,
    LXP_HOLD_DISCHARGE_PCT = 65,
    LXP_HOLD_AC_CHARGE_PCT = 66,
    LXP_HOLD_AC_CHARGE_SOC = 67,
    LXP_HOLD_AC_CHARGE_TIMES = 68, /* start, end, three times; hour + 256 * minute */
    LXP_HOLD_PRIORITY_PCT = 74,
    LXP_HOLD_PRIORITY_SOC = 75,
    LXP_HOLD_PRIORITY_TIMES = 76,
    LXP_HOLD_FORCED_PCT = 82,
    LXP_HOLD_FORCED_SOC = 83,
    LXP_HOLD_FORCED_TIMES = 84,
    LXP_HOLD_EPS_VOLTAGE = 90,   /* V */
    LXP_HOLD_EPS_FREQUENCY = 91, /* Hz */
    LXP_HOLD_FEED_IN_PCT = 103,
    LXP_HOLD_CUT_OFF_SOC = 105,
    LXP_HOLD_EPS_CUT_OFF_SOC = 125,
    LXP_PHYSICS_HOLDS = 32, /* 64 to 91 and the other four */
};

/* Bits of hold register 21. */
enum {
    LXP_HOLD_EPS_BIT = 1 << 0,
    LXP_HOLD_AC_CHARGE_BIT = 1 << 7,
    LXP_HOLD_NORMAL_BIT = 1 << 9, /* clear: standby */
    LXP_HOLD_FORCED_BIT = 1 << 10,
    LXP_HOLD_PRIORITY_BIT = 1 << 11,
    LXP_HOLD_FEED_IN_BIT = 1 << 15,
};

/* Energy is counted in W ms; a register shows 0.1 kWh of it. */
#define LXP_ENERGY_UNIT UINT64_C(360000000)

enum lxp_physics_quantity {
    LXP_PV1,
    LXP_PV2,
    LXP_PV3,
    LXP_INV,
    LXP_REC,
    LXP_CHG,
    LXP_DISCHG,
    LXP_EPS,
    LXP_TO_GRID,
    LXP_TO_USER,
    LXP_LOAD, /* what the house got */
    LXP_LOSS, /* heat of inverter and battery */
    LXP_QUANTITIES,
    LXP_DAILY = LXP_LOAD, /* those before it are counted by the day too */
};

/* All of one inverter that moves; nobody outside of its own files looks into it. */
struct lxp_physics {
    int64_t now_ms, next_ms, began_ms; /* power stays as it is from now_ms to next_ms */
    int64_t ahead_ms;                  /* its clock */
    int64_t stored; /* in the battery, W ms; beyond 0 and 100 % by less than one step of 1 ms */
    uint64_t energy[LXP_QUANTITIES], at_midnight[LXP_DAILY];
    uint32_t warnings; /* bits of input 62 and 63 */
    int32_t clock_day; /* of the day counters; since 1970 */
    struct sun sun;
    int16_t sun_permille, load_permille;    /* how it differs from its settings: option spread */
    uint16_t watt[LXP_QUANTITIES];          /* mean of the step */
    uint16_t put, taken;                    /* what the battery's store gains and loses, W */
    uint16_t setting[LXP_PHYSICS_SETTINGS]; /* in the steps of its register, minutes, or the choice's place */
    uint16_t hold[LXP_PHYSICS_HOLDS];
    uint8_t status; /* input 0 */
    uint8_t lit;    /* bit n: the sun is on string n + 1 */
    bool dark;      /* off the grid with an empty battery */
};

/* ---- what the inverter calls: lxp_inverter_physics.c ---------------------------------------------------------- */

/* From the start at local_ms on.
 * given  a value for each row; WP_NULL where nothing was given and its fallback is NULL
 * hold   registers begin with 21=62292, every percentage and limit 100, ends of discharge 10, no times, 230 V, 50 Hz */
void lxp_physics_begin(struct lxp_physics *p, const struct wp_value given[LXP_PHYSICS_ROWS], uint64_t seed,
                       int64_t local_ms);
/* Count up to local_ms; nothing happens when that is past already. Call it before everything below. */
void lxp_physics_advance(struct lxp_physics *p, int64_t local_ms);
/* A row has another value from now on, power follows at once. WP_NULL lets go of a row whose fallback is NULL; any
 * other row keeps its value then. */
void lxp_physics_set(struct lxp_physics *p, enum lxp_physics_row row, struct wp_value v);
/* Hold register `reg` says `value`, power follows at once. One that decides nothing here is passed over. */
void lxp_physics_set_hold(struct lxp_physics *p, unsigned reg, uint16_t value);
/* Its clock is ahead of the true local time by so much. With another day by it the day counters begin anew. */
void lxp_physics_set_clock(struct lxp_physics *p, int64_t ahead_ms);

/* ---- what is seen: lxp_inverter_inputs.c ------------------------------------------------------------------------ */

enum { LXP_PHYSICS_INPUTS = 128 };

/* Input registers first .. first + n - 1 as they stand; 0 for what it has not: the serial number (115 to 119) and
 * everything from LXP_PHYSICS_INPUTS on. */
void lxp_physics_inputs(const struct lxp_physics *p, unsigned first, unsigned n, uint16_t *out);
uint16_t lxp_physics_input(const struct lxp_physics *p, unsigned reg);

/* ---- among its files --------------------------------------------------------------------------------------------- */

#define LXP_MS_MINUTE SUN_MS_MINUTE
#define LXP_MS_DAY    SUN_MS_DAY

enum { LXP_SETTING_NONE = 0xFF00 }; /* no value: beyond every range, also of -100 .. 200 */

/* lxp_inverter_sun.c: what each string could give, and what the house takes, W. Both return when that changes next. */
int64_t lxp_physics_sun(struct lxp_physics *p, int32_t strings[3]);
int64_t lxp_physics_load(const struct lxp_physics *p, int32_t *ret_watt);

/* lxp_inverter_battery.c: its state of charge in whole percent, 0 to 100. */
unsigned lxp_physics_soc(const struct lxp_physics *p);
/* Is it above so many percent? Below? At exactly that it is neither. */
int lxp_physics_soc_cmp(const struct lxp_physics *p, unsigned percent);
void lxp_physics_fill(struct lxp_physics *p, unsigned soc_hundredths);
/* What it takes and gives at most by itself, W. */
int32_t lxp_physics_most_charge(const struct lxp_physics *p);
int32_t lxp_physics_most_discharge(const struct lxp_physics *p);
/* At put and taken as they are: when the next whole percent is reached. */
int64_t lxp_physics_next_percent(const struct lxp_physics *p);
/* Between its poles under this load, 0.1 V; current into it, 0.01 A. */
unsigned lxp_physics_battery_voltage(const struct lxp_physics *p, int32_t *ret_current);

/* lxp_inverter_flow.c: power, status and warnings of this moment, and when they change next. */
void lxp_physics_decide(struct lxp_physics *p);
uint16_t lxp_physics_hold(const struct lxp_physics *p, unsigned reg);
/* Whether it is another value than before of a register that decides something. */
bool lxp_physics_keep_hold(struct lxp_physics *p, unsigned reg, uint16_t value);

#endif
