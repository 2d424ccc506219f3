/* Time and settings of the physics: what is given, and how power is counted. */
#include "sim/device/lxp_inverter_physics.h"

#include <assert.h>

/* ---- counting ------------------------------------------------------------------------------------------------- */

static void count(struct lxp_physics *p, int64_t ms)
{
    for (unsigned i = 0; i < LXP_QUANTITIES; i++)
        p->energy[i] += p->watt[i] * (uint64_t)ms;
    p->stored += (p->put - p->taken) * ms;
}

/* What happens when the day of its clock is another one. */
static void turn_day(struct lxp_physics *p)
{
    int32_t day = (int32_t)sun_floor_div(p->now_ms + p->ahead_ms, LXP_MS_DAY);

    if (day == p->clock_day)
        return;
    p->clock_day = day;
    memcpy(p->at_midnight, p->energy, sizeof p->at_midnight);
}

void lxp_physics_advance(struct lxp_physics *p, int64_t local_ms)
{
    while (p->now_ms < local_ms) {
        int64_t end = p->next_ms < local_ms ? p->next_ms : local_ms;

        count(p, end - p->now_ms);
        p->now_ms = end;
        if (end == p->next_ms) {
            turn_day(p);
            lxp_physics_decide(p);
        }
    }
}

/* ---- settings ------------------------------------------------------------------------------------------------- */

/* The decimal in steps of 10^-decimals, rounded half away from zero. */
static int64_t steps_of(struct wp_value v, int decimals)
{
    int64_t num = v.num;
    int shift = v.exp10 + decimals;

    for (; shift > 0; shift--)
        if (__builtin_mul_overflow(num, 10, &num))
            return INT64_MAX;
    for (; shift < -1; shift++)
        num /= 10;
    return shift < 0 ? (num + (num < 0 ? -5 : 5)) / 10 : num;
}

static uint16_t setting_of(enum lxp_physics_row row, struct wp_value v)
{
    static const uint8_t decimals[LXP_PHYSICS_SETTINGS] = {
        [LXP_PHYSICS_BATTERY_SOC] = 2,
        [LXP_PHYSICS_CHARGE_CURRENT] = 2,
        [LXP_PHYSICS_DISCHARGE_CURRENT] = 2,
        [LXP_PHYSICS_CHARGE_VOLTAGE] = 1,
        [LXP_PHYSICS_CUT_VOLTAGE] = 1,
        [LXP_PHYSICS_GRID_VOLTAGE] = 1,
        [LXP_PHYSICS_GRID_FREQUENCY] = 2,
        [LXP_PHYSICS_BUS_1] = 1,
        [LXP_PHYSICS_BUS_2] = 1,
    };

    switch (row) {
    case LXP_PHYSICS_SUN_RISE:
    case LXP_PHYSICS_SUN_SET:
    case LXP_PHYSICS_SUN_SEASON: return (uint16_t)(v.num / 60000000);
    case LXP_PHYSICS_LOAD_PROFILE: return wp_slice_is(v.bytes, "home");
    case LXP_PHYSICS_CURRENT_UNIT: return wp_slice_is(v.bytes, "0.1");
    default: return (uint16_t)steps_of(v, decimals[row]);
    }
}

/* Rows whose fallback is NULL can be without a value. */
static bool may_be_none(enum lxp_physics_row row)
{
    static const struct {
        const char *fallback;
    } rows[LXP_PHYSICS_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) {fallback},
#include "sim/device/lxp_inverter_physics.def"
#undef OPTION
    };

    return !rows[row].fallback;
}

static void keep(struct lxp_physics *p, enum lxp_physics_row row, struct wp_value v)
{
    if (v.kind == WP_NULL && may_be_none(row))
        p->setting[row] = LXP_SETTING_NONE;
    else if (v.kind != WP_NULL)
        p->setting[row] = setting_of(row, v);
    if (row == LXP_PHYSICS_BATTERY_SOC && v.kind != WP_NULL)
        lxp_physics_fill(p, p->setting[row]);
    p->sun.rise = p->setting[LXP_PHYSICS_SUN_RISE];
    p->sun.set = p->setting[LXP_PHYSICS_SUN_SET];
    p->sun.season = p->setting[LXP_PHYSICS_SUN_SEASON];
    p->sun.clouds = (uint8_t)p->setting[LXP_PHYSICS_SUN_CLOUDS];
    p->sun.day = INT32_MIN;
}

void lxp_physics_set(struct lxp_physics *p, enum lxp_physics_row row, struct wp_value v)
{
    assert(row < LXP_PHYSICS_SETTINGS);
    keep(p, row, v);
    lxp_physics_decide(p);
}

void lxp_physics_set_hold(struct lxp_physics *p, unsigned reg, uint16_t value)
{
    if (lxp_physics_keep_hold(p, reg, value))
        lxp_physics_decide(p);
}

void lxp_physics_set_clock(struct lxp_physics *p, int64_t ahead_ms)
{
    p->ahead_ms = ahead_ms;
    turn_day(p);
    lxp_physics_decide(p);
}

/* ---- the start -------------------------------------------------------------------------------------------------- */

static void begin_hold(struct lxp_physics *p)
{
    static const struct {
        uint16_t reg, value;
    } first[] = {
        {LXP_HOLD_FUNCTIONS, 62292},   {LXP_HOLD_CHARGE_PCT, 100},     {LXP_HOLD_DISCHARGE_PCT, 100},
        {LXP_HOLD_AC_CHARGE_PCT, 100}, {LXP_HOLD_AC_CHARGE_SOC, 100},  {LXP_HOLD_PRIORITY_PCT, 100},
        {LXP_HOLD_PRIORITY_SOC, 100},  {LXP_HOLD_FORCED_PCT, 100},     {LXP_HOLD_FORCED_SOC, 10},
        {LXP_HOLD_EPS_VOLTAGE, 230},   {LXP_HOLD_EPS_FREQUENCY, 50},   {LXP_HOLD_FEED_IN_PCT, 100},
        {LXP_HOLD_CUT_OFF_SOC, 10},    {LXP_HOLD_EPS_CUT_OFF_SOC, 10},
    };

    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        lxp_physics_keep_hold(p, first[i].reg, first[i].value);
}

/* -most .. most from some bits of the seed, in thousandths. */
static int16_t spread(uint64_t seed, unsigned shift, int most_percent)
{
    int span = 2 * most_percent * 10 + 1;

    return (int16_t)((int)((seed >> shift) % (uint64_t)span) - most_percent * 10);
}

void lxp_physics_begin(struct lxp_physics *p, const struct wp_value given[LXP_PHYSICS_ROWS], uint64_t seed,
                       int64_t local_ms)
{
    *p = (struct lxp_physics){.now_ms = local_ms, .began_ms = local_ms, .sun.seed = seed};
    for (unsigned row = 0; row < LXP_PHYSICS_SETTINGS; row++)
        keep(p, row, given[row]);
    lxp_physics_fill(p, p->setting[LXP_PHYSICS_BATTERY_SOC]);
    p->sun_permille = spread(seed, 0, p->setting[LXP_PHYSICS_SPREAD]);
    p->load_permille = spread(seed, 32, p->setting[LXP_PHYSICS_SPREAD]);
    for (unsigned i = 0; i < LXP_DAILY; i++)
        if (given[LXP_PHYSICS_FIRST_ENERGY + i].kind != WP_NULL)
            p->energy[i] = (uint64_t)steps_of(given[LXP_PHYSICS_FIRST_ENERGY + i], 1) * LXP_ENERGY_UNIT;
    begin_hold(p);
    p->clock_day = INT32_MIN;
    turn_day(p);
    lxp_physics_decide(p);
}
