/* Where power goes, by the hold registers.
 *
 *     on the grid    AC charge (21 bit 7, 66, 67, 68-73)        the battery is charged by sun and grid up to 67; it gives
 *                                                               nothing to the house meanwhile
 *                    forced discharge (bit 10, 82-89)           it gives all it may down to 83, and takes nothing
 *                    charge priority (bit 11, 74-81)            the sun fills it up to 75 before it serves the house,
 *                                                               and it gives nothing
 *                    else                                       the sun serves the house, then the battery, then the
 *                                                               grid; the battery (65, 105) covers what is missing
 *                    standby (bit 9 is 0)                       the grid serves the house, nothing else moves
 *     off the grid   EPS (bit 0, 125)                           sun and battery carry the house, all of it or nothing
 *
 * The earlier of two that are on wins. AC charge stands before forced discharge because a battery cannot do both and
 * no source says which. Three times that are all empty (start = end) are the whole day; an end of 23:59 is midnight. */
#include "sim/device/lxp_inverter_physics.h"

#include <assert.h>

enum {
    DAY_MINUTES = 1440,
    CELL_FUNCTIONS = 28, /* hold 64 to 91 stand in cells 0 to 27 */
    CELL_FEED_IN,
    CELL_CUT_OFF,
    CELL_EPS_CUT_OFF,
    CELLS,
    RECOVER_SOC = 5, /* an empty battery carries the house again when it is so much above its end */
    WARNING_GRID_LOST = 16,
    WARNING_EPS_OVERLOAD = 28,
};

_Static_assert((int)CELLS == (int)LXP_PHYSICS_HOLDS, "a cell for each register that decides");

/* One decision. Direct current on the battery's side, alternating on the grid's. */
struct flow {
    int32_t strings[3], sun; /* what there is */
    int32_t wanted;          /* by the house */
    int32_t load;            /* what it gets */
    int32_t pv, charge, discharge, inverted, rectified;
    int32_t inv, rec, eps, to_grid, to_user;
    bool bypass; /* the grid's power reaches the house through the inverter */
};

static int cell_of(unsigned reg)
{
    if (reg >= LXP_HOLD_CHARGE_PCT && reg <= LXP_HOLD_EPS_FREQUENCY)
        return (int)reg - LXP_HOLD_CHARGE_PCT;
    switch (reg) {
    case LXP_HOLD_FUNCTIONS: return CELL_FUNCTIONS;
    case LXP_HOLD_FEED_IN_PCT: return CELL_FEED_IN;
    case LXP_HOLD_CUT_OFF_SOC: return CELL_CUT_OFF;
    case LXP_HOLD_EPS_CUT_OFF_SOC: return CELL_EPS_CUT_OFF;
    default: return -1;
    }
}

uint16_t lxp_physics_hold(const struct lxp_physics *p, unsigned reg)
{
    int cell = cell_of(reg);

    assert(cell >= 0);
    return p->hold[cell];
}

bool lxp_physics_keep_hold(struct lxp_physics *p, unsigned reg, uint16_t value)
{
    int cell = cell_of(reg);

    if (cell < 0 || p->hold[cell] == value)
        return false;
    p->hold[cell] = value;
    return true;
}

static unsigned percent(const struct lxp_physics *p, unsigned reg)
{
    uint16_t value = lxp_physics_hold(p, reg);

    return value < 100 ? value : 100;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t above_zero(int32_t a)
{
    return a > 0 ? a : 0;
}

/* ---- losses: what goes in at one side comes out at the other as this ------------------------------------------- */

static int32_t through(int32_t watt, unsigned efficiency)
{
    return (int32_t)(watt * (int64_t)efficiency / 100);
}

/* The least that must go in so that `watt` come out, exactly. */
static int32_t needed(int32_t watt, unsigned efficiency)
{
    return (int32_t)((watt * INT64_C(100) + efficiency - 1) / efficiency);
}

static int32_t rated(const struct lxp_physics *p, unsigned pct)
{
    return (int32_t)(p->setting[LXP_PHYSICS_RATED_POWER] * pct / 100);
}

/* ---- the times of a mode ---------------------------------------------------------------------------------------- */

static unsigned minute_of(uint16_t hour_and_minute)
{
    unsigned minute = (hour_and_minute & 0xFFu) * 60 + (hour_and_minute >> 8);

    return minute < DAY_MINUTES - 1 ? minute : DAY_MINUTES;
}

/* Is a mode whose times begin at register `times` due at this minute of its clock? *next: the first edge after it. */
static bool is_time(const struct lxp_physics *p, unsigned times, unsigned minute, unsigned *next)
{
    bool any = false, due = false;

    for (unsigned reg = times; reg < times + 6; reg += 2) {
        unsigned start = minute_of(lxp_physics_hold(p, reg)), end = minute_of(lxp_physics_hold(p, reg + 1));

        if (start == end)
            continue;
        any = true;
        due |= start < end ? minute >= start && minute < end : minute >= start || minute < end;
        if (start > minute && start < *next)
            *next = start;
        if (end > minute && end < *next)
            *next = end;
    }
    return due || !any;
}

/* ---- on the grid ------------------------------------------------------------------------------------------------- */

/* The bit of register 21 whose mode is due now, the first of several, 0: none. *ret_edge: the minute of the clock's
 * day at which that may change. */
static unsigned mode_due(const struct lxp_physics *p, unsigned minute, unsigned *ret_edge)
{
    static const struct {
        uint16_t bit, times;
    } mode[] = {{LXP_HOLD_AC_CHARGE_BIT, LXP_HOLD_AC_CHARGE_TIMES},
                {LXP_HOLD_FORCED_BIT, LXP_HOLD_FORCED_TIMES},
                {LXP_HOLD_PRIORITY_BIT, LXP_HOLD_PRIORITY_TIMES}};
    unsigned due = 0;

    *ret_edge = DAY_MINUTES;
    for (size_t i = 0; i < sizeof mode / sizeof mode[0]; i++)
        if (p->hold[CELL_FUNCTIONS] & mode[i].bit && is_time(p, mode[i].times, minute, ret_edge) && due == 0)
            due = mode[i].bit;
    return due;
}

/* Of the sun into the battery; AC charging adds the grid's. */
static void charge(const struct lxp_physics *p, unsigned due, int32_t need, struct flow *f)
{
    unsigned efficiency = p->setting[LXP_PHYSICS_EFFICIENCY];
    int32_t most = least(rated(p, percent(p, LXP_HOLD_CHARGE_PCT)), lxp_physics_most_charge(p));

    if (lxp_physics_soc_cmp(p, 100) >= 0)
        return;
    if (due == LXP_HOLD_AC_CHARGE_BIT && lxp_physics_soc_cmp(p, percent(p, LXP_HOLD_AC_CHARGE_SOC)) < 0) {
        unsigned pct = percent(p, LXP_HOLD_CHARGE_PCT), ac_pct = percent(p, LXP_HOLD_AC_CHARGE_PCT);

        f->charge = least(f->sun, most);
        f->rec = least(rated(p, pct < ac_pct ? pct : ac_pct), needed(most - f->charge, efficiency));
        f->rectified = through(f->rec, efficiency);
    } else if (due == LXP_HOLD_PRIORITY_BIT &&
               lxp_physics_soc_cmp(p, percent(p, LXP_HOLD_PRIORITY_SOC)) < 0) {
        f->charge = least(least(f->sun, most), rated(p, percent(p, LXP_HOLD_PRIORITY_PCT)));
    } else {
        f->charge = least(above_zero(f->sun - need), most);
    }
}

/* Out of the battery: all it may when forced, else what the house lacks. most: what the inverter can still take. */
static int32_t discharge(const struct lxp_physics *p, unsigned due, int32_t lacking, int32_t most)
{
    unsigned pct = percent(p, LXP_HOLD_DISCHARGE_PCT), forced_pct = percent(p, LXP_HOLD_FORCED_PCT);
    unsigned efficiency = p->setting[LXP_PHYSICS_EFFICIENCY];
    unsigned cut_off = percent(p, LXP_HOLD_CUT_OFF_SOC), end = percent(p, LXP_HOLD_FORCED_SOC);

    if (lxp_physics_soc_cmp(p, cut_off) <= 0)
        return 0;
    most = least(most, lxp_physics_most_discharge(p));
    if (due == LXP_HOLD_FORCED_BIT && lxp_physics_soc_cmp(p, end) > 0)
        return least(most, needed(rated(p, pct < forced_pct ? pct : forced_pct), efficiency));
    return least(least(lacking, most), needed(rated(p, pct), efficiency));
}

static void on_grid(const struct lxp_physics *p, unsigned due, struct flow *f)
{
    unsigned functions = p->hold[CELL_FUNCTIONS], efficiency = p->setting[LXP_PHYSICS_EFFICIENCY];
    int32_t full = rated(p, 100), need = needed(least(f->wanted, full), efficiency), most;
    int32_t feed_in = functions & LXP_HOLD_FEED_IN_BIT ? rated(p, percent(p, LXP_HOLD_FEED_IN_PCT)) : 0;

    f->load = f->wanted;
    f->bypass = functions & LXP_HOLD_EPS_BIT && f->load > 0;
    if (functions & LXP_HOLD_NORMAL_BIT) {
        if (due != LXP_HOLD_FORCED_BIT)
            charge(p, due, need, f);
        most = f->rec > 0 ? 0 : needed(least(full, f->load + feed_in), efficiency);
        f->inverted = least(f->sun - f->charge, most);
        f->pv = f->charge + f->inverted;
        if (due == 0 || due == LXP_HOLD_FORCED_BIT)
            f->discharge = discharge(p, due, above_zero(need - f->inverted), most - f->inverted);
        f->inverted += f->discharge;
        f->charge += f->rectified;
    }
    f->inv = through(f->inverted, efficiency);
    f->to_user = above_zero(f->load + f->rec - f->inv);
    f->to_grid = above_zero(f->inv - f->load);
}

/* ---- off the grid ------------------------------------------------------------------------------------------------- */

static void off_grid(struct lxp_physics *p, struct flow *f)
{
    unsigned efficiency = p->setting[LXP_PHYSICS_EFFICIENCY], end = percent(p, LXP_HOLD_EPS_CUT_OFF_SOC);
    int32_t need = needed(f->wanted, efficiency);
    int32_t most_charge = least(rated(p, percent(p, LXP_HOLD_CHARGE_PCT)), lxp_physics_most_charge(p));
    bool is_on = p->hold[CELL_FUNCTIONS] & LXP_HOLD_EPS_BIT && p->hold[CELL_FUNCTIONS] & LXP_HOLD_NORMAL_BIT;

    p->warnings = UINT32_C(1) << WARNING_GRID_LOST;
    if (is_on && f->wanted > rated(p, 100))
        p->warnings |= UINT32_C(1) << WARNING_EPS_OVERLOAD;
    p->dark = lxp_physics_soc_cmp(p, end + (p->dark ? RECOVER_SOC : 0)) <= 0;
    if (is_on && f->wanted <= rated(p, 100) &&
        need - f->sun <= (p->dark ? 0 : lxp_physics_most_discharge(p))) {
        f->load = f->eps = f->wanted;
        f->inverted = need;
        f->discharge = above_zero(need - f->sun);
    }
    if (p->hold[CELL_FUNCTIONS] & LXP_HOLD_NORMAL_BIT && lxp_physics_soc_cmp(p, 100) < 0)
        f->charge = least(above_zero(f->sun - f->inverted), most_charge);
    f->pv = f->inverted - f->discharge + f->charge;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

/* source: status codes of input 0; 0 idle, 16 discharging, 32 charging are the API document's. It is idle also while
 * the grid serves the house; bypass is where the house hangs on the backup output (EPS is on). */
static uint8_t status_of(const struct flow *f, bool has_grid)
{
    enum {
        PV_GRID = 4,
        PV_CHARGE = 8,
        DISCHARGE = 16,
        BYPASS = 17,
        AC_CHARGE = 32,
        EPS_BATTERY = 64,
        EPS_PV = 128
    };

    if (!has_grid)
        return (uint8_t)((f->discharge > 0 ? EPS_BATTERY : 0) | (f->pv > 0 ? EPS_PV : 0) |
                         (f->charge > 0 ? PV_CHARGE : 0));
    if (f->rec > 0)
        return (uint8_t)(AC_CHARGE | (f->pv > 0 ? PV_CHARGE : 0));
    if (f->discharge > 0)
        return (uint8_t)(DISCHARGE | (f->pv > 0 ? PV_GRID : 0));
    if (f->charge > 0)
        return (uint8_t)(PV_CHARGE | (f->inv > 0 ? PV_GRID : f->bypass ? BYPASS : 0));
    return (uint8_t)(f->inv > 0 ? PV_GRID : f->bypass ? BYPASS : 0);
}

/* The strings are held back alike when not all that they could give is used. */
static void put_strings(struct lxp_physics *p, const struct flow *f)
{
    int32_t rest = f->pv;

    for (unsigned i = 2; i > 0; i--) {
        int32_t watt = f->sun > 0 ? (int32_t)((int64_t)f->strings[i] * f->pv / f->sun) : 0;

        p->watt[LXP_PV1 + i] = (uint16_t)watt;
        rest -= watt;
    }
    p->watt[LXP_PV1] = (uint16_t)rest;
}

static void put_flow(struct lxp_physics *p, const struct flow *f)
{
    unsigned battery = p->setting[LXP_PHYSICS_BATTERY_EFFICIENCY];
    int32_t put = through(f->charge, battery), taken = needed(f->discharge, battery);

    put_strings(p, f);
    p->watt[LXP_INV] = (uint16_t)f->inv;
    p->watt[LXP_REC] = (uint16_t)f->rec;
    p->watt[LXP_CHG] = (uint16_t)f->charge;
    p->watt[LXP_DISCHG] = (uint16_t)f->discharge;
    p->watt[LXP_EPS] = (uint16_t)f->eps;
    p->watt[LXP_TO_GRID] = (uint16_t)f->to_grid;
    p->watt[LXP_TO_USER] = (uint16_t)f->to_user;
    p->watt[LXP_LOAD] = (uint16_t)f->load;
    p->watt[LXP_LOSS] = (uint16_t)(f->inverted - f->inv - f->eps + f->rec - f->rectified + f->charge - put +
                                   taken - f->discharge);
    p->put = (uint16_t)put;
    p->taken = (uint16_t)taken;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void lxp_physics_decide(struct lxp_physics *p)
{
    struct flow f = {0};
    int64_t clock = p->now_ms + p->ahead_ms, day = sun_floor_div(clock, LXP_MS_DAY) * LXP_MS_DAY;
    bool has_grid = p->setting[LXP_PHYSICS_GRID_VOLTAGE] > 0;
    unsigned edge, due = mode_due(p, (unsigned)((clock - day) / LXP_MS_MINUTE), &edge);

    p->next_ms = earliest(lxp_physics_sun(p, f.strings), lxp_physics_load(p, &f.wanted));
    f.sun = f.strings[0] + f.strings[1] + f.strings[2];
    p->warnings = 0;
    if (has_grid) {
        p->dark = false;
        on_grid(p, due, &f);
    } else {
        off_grid(p, &f);
    }
    p->status = status_of(&f, has_grid);
    put_flow(p, &f);
    p->next_ms = earliest(p->next_ms, day + edge * LXP_MS_MINUTE - p->ahead_ms);
    p->next_ms = earliest(p->next_ms, lxp_physics_next_percent(p));
    assert(p->next_ms > p->now_ms);
}
