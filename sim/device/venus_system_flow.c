/* Where power goes.
 *
 *     1 sources and sinks   what sun and house want, at the side where they are; without grid the input side is dead
 *     2 the inverter        connected, with an ESS: what is missing for the grid set-point, or for the written ones of
 *                           each phase; charger only: all that the battery takes; an island: all that its output lacks
 *     3 its limits          rated power, input current, feed-in
 *     4 the DC side         the battery's limits; solar chargers go before what is charged from the mains, and are
 *                           held back when nobody takes their power
 *     5 what is left        the grid's; PV inverters are held back when too much is fed in or an island has too much,
 *                           and an island that has too little is switched off
 *
 * What is decided in whole mW adds up by itself: losses are differences, never shares. */
#include "sim/device/venus_system_physics.h"

#include <assert.h>

enum {
    MILLI = 1000,
    CHARGER_ONLY = 1,
    INVERTER_ONLY = 2,
    ON = 3,
    EACH_PHASE = 2, /* Hub4Mode */
    RECOVER_SOC = 5000,
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t above_zero(int64_t a)
{
    return a > 0 ? a : 0;
}

static int64_t sum_of(const int64_t a[VENUS_PHASES])
{
    return a[0] + a[1] + a[2];
}

/* So much for n phases, the first ones take what does not divide. */
static void spread(int64_t out[VENUS_PHASES], int64_t total, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = total / n + (i == 0 ? total % n : 0);
}

/* Moves the sum of `a` by `delta` towards the bounds, alike in each phase while it can. Returns what was left. */
static int64_t shift(int64_t a[VENUS_PHASES], int64_t delta, const int64_t bound[VENUS_PHASES])
{
    for (unsigned round = 0; round < VENUS_PHASES && delta != 0; round++) {
        unsigned n = 0;

        for (unsigned i = 0; i < VENUS_PHASES; i++)
            n += delta > 0 ? a[i] < bound[i] : a[i] > bound[i];
        for (unsigned i = 0; i < VENUS_PHASES && n > 0; i++) {
            const int64_t room = bound[i] - a[i], share = delta / n;

            if (delta > 0 ? room <= 0 : room >= 0)
                continue;
            a[i] += delta > 0 ? least(share, room) : -least(-share, -room);
            delta -= delta > 0 ? least(share, room) : -least(-share, -room);
            n--;
        }
    }
    return delta;
}

/* ---- 1: sources and sinks ----------------------------------------------------------------------------------------- */

static int64_t power_of_sun(const struct venus_physics *p, enum venus_physics_row given, int64_t ppm)
{
    const int64_t power = p->setting[given];

    if (power != VENUS_NONE)
        return power * MILLI;
    assert(given == VENUS_PHYSICS_PV_POWER || given == VENUS_PHYSICS_MPPT_POWER);
    return p->setting[given - 1] * MILLI * ppm / SUN_PPM;
}

static void shine(struct venus_physics *p, struct venus_flow *f)
{
    int64_t next, ppm = sun_ppm(&p->sun, p->now_ms, &next);
    int64_t most = p->control[VENUS_CONTROL_MPPT_CURRENT] * venus_physics_volt(p) / MILLI;

    f->sun_pv = p->lacks_pv ? 0 : power_of_sun(p, VENUS_PHYSICS_PV_POWER, ppm);
    f->sun_mppt = p->lacks_mppt ? 0 : power_of_sun(p, VENUS_PHYSICS_MPPT_POWER, ppm);
    f->mppt = p->control[VENUS_CONTROL_MPPT_MODE] == 4 ? 0 : least(f->sun_mppt, above_zero(most));
}

static int64_t load_of(const struct venus_physics *p, unsigned i)
{
    int64_t next, milliwatt = p->setting[VENUS_PHYSICS_LOAD_L1 + i] * MILLI;

    return p->setting[VENUS_PHYSICS_LOAD_PROFILE] ? milliwatt * sun_home(p->now_ms, &next) / 4000 : milliwatt;
}

/* A phase that the inverter/charger does not have has no output side. */
static bool is_on_output(const struct venus_flow *f, bool there, unsigned i)
{
    return there && i < f->multi;
}

/* What everything wants that has power where it is. */
static void wish(const struct venus_physics *p, struct venus_flow *f, bool has_mains)
{
    const unsigned phases = (unsigned)p->setting[VENUS_PHYSICS_PHASES];
    const int64_t car =
        p->setting[VENUS_PHYSICS_EV_CONNECTED] && p->control[VENUS_CONTROL_EV_START]
            ? p->control[VENUS_CONTROL_EV_CURRENT] * p->setting[VENUS_PHYSICS_GRID_VOLTAGE] / MILLI
            : 0;
    int64_t pv[VENUS_PHASES] = {0};

    spread(pv, least(f->sun_pv, above_zero(p->control[VENUS_CONTROL_PV_LIMIT])), venus_physics_pv_phases(p));
    f->ev_on_output = p->control[VENUS_CONTROL_EV_POSITION] == 0;
    f->pv_on_output = p->control[VENUS_CONTROL_PV_POSITION] == 1;
    for (unsigned i = 0; i < phases; i++) {
        const bool has_multi = i < f->multi, out_live = f->is_on, in_live = has_mains;
        const int64_t load = load_of(p, i);

        f->load_in[i] =
            in_live ? p->setting[VENUS_PHYSICS_LOAD_INPUT_L1 + i] * MILLI + (has_multi ? 0 : load) : 0;
        f->load_out[i] = out_live && has_multi ? load : 0;
        f->ev[i] = (is_on_output(f, f->ev_on_output, i) ? out_live : in_live) ? above_zero(car) : 0;
        f->pv[i] = (is_on_output(f, f->pv_on_output, i) ? out_live : in_live) ? pv[i] : 0;
        f->idle[i] = out_live && has_multi ? p->setting[VENUS_PHYSICS_VEBUS_IDLE] * MILLI : 0;
    }
}

/* What the output of a phase lacks, or has too much. */
static int64_t output_of(const struct venus_flow *f, unsigned i)
{
    return f->load_out[i] + f->idle[i] + (is_on_output(f, f->ev_on_output, i) ? f->ev[i] : 0) -
           (is_on_output(f, f->pv_on_output, i) ? f->pv[i] : 0);
}

/* What phase i takes, the inverter/charger left out. */
static int64_t phase_of(const struct venus_flow *f, unsigned i)
{
    return f->load_in[i] + f->load_out[i] + f->idle[i] + f->ev[i] - f->pv[i];
}

static int64_t house_of(const struct venus_flow *f)
{
    return phase_of(f, 0) + phase_of(f, 1) + phase_of(f, 2);
}

/* ---- the inverter/charger: what goes in at one side comes out at the other as this ------------------------------- */

static int64_t through(const struct venus_physics *p, int64_t milliwatt)
{
    return milliwatt * p->setting[VENUS_PHYSICS_VEBUS_EFFICIENCY] / 100;
}

/* The least that must go in so that so much comes out, exactly. */
static int64_t needed(const struct venus_physics *p, int64_t milliwatt)
{
    const int64_t efficiency = p->setting[VENUS_PHYSICS_VEBUS_EFFICIENCY];

    return (milliwatt * 100 + efficiency - 1) / efficiency;
}

static int64_t drawn_for(const struct venus_physics *p, int64_t inverted)
{
    return inverted >= 0 ? needed(p, inverted) : -through(p, -inverted);
}

static int64_t inverted_of(const struct venus_physics *p, int64_t drawn)
{
    return drawn >= 0 ? through(p, drawn) : -needed(p, -drawn);
}

/* ---- 2: what it is to give ------------------------------------------------------------------------------------------ */

static int64_t rated(const struct venus_physics *p)
{
    return p->setting[VENUS_PHYSICS_VEBUS_POWER] * MILLI;
}

static void rate(const struct venus_physics *p, int64_t bound[VENUS_PHASES], int64_t sign)
{
    for (unsigned i = 0; i < VENUS_PHASES; i++)
        bound[i] = i < venus_physics_vebus_phases(p) ? sign * rated(p) : 0;
}

/* What the site is to take from its grid. */
static int64_t wished_of_grid(const struct venus_physics *p)
{
    if (p->setting[VENUS_PHYSICS_GENSET_ON])
        return p->setting[VENUS_PHYSICS_GENSET_POWER] * MILLI;
    return p->control[VENUS_CONTROL_OVERRIDE] != VENUS_NONE ? p->control[VENUS_CONTROL_OVERRIDE]
                                                            : p->control[VENUS_CONTROL_GRID_SETPOINT];
}

/* Most that it may feed in; VENUS_NONE: no limit. */
static int64_t most_feed_in(const struct venus_physics *p)
{
    const int64_t most = p->control[VENUS_CONTROL_MAX_FEED_IN];

    if (p->setting[VENUS_PHYSICS_GENSET_ON] || p->control[VENUS_CONTROL_NO_FEED_IN])
        return 0;
    return most < 0 ? VENUS_NONE : most;
}

static void want_by_setpoint(const struct venus_physics *p, struct venus_flow *f)
{
    const int64_t total = house_of(f) - wished_of_grid(p);
    int64_t each[VENUS_PHASES] = {0}, bound[VENUS_PHASES];

    if (p->control[VENUS_CONTROL_HUB4_MODE] == EACH_PHASE) {
        spread(each, wished_of_grid(p), (unsigned)p->setting[VENUS_PHYSICS_PHASES]);
        for (unsigned i = 0; i < f->multi; i++)
            f->inverted[i] = phase_of(f, i) - each[i];
        return;
    }
    rate(p, bound, total < 0 ? -1 : 1);
    (void)shift(f->inverted, total, bound);
}

static void want(const struct venus_physics *p, struct venus_flow *f)
{
    const bool is_held = venus_physics_is_held(p) && !p->setting[VENUS_PHYSICS_GENSET_ON];

    if (p->control[VENUS_CONTROL_MODE] == CHARGER_ONLY)
        for (unsigned i = 0; i < f->multi; i++)
            f->inverted[i] = -rated(p);
    else if (is_held)
        for (unsigned i = 0; i < f->multi; i++)
            f->inverted[i] = output_of(f, i) - p->control[VENUS_CONTROL_SETPOINT_L1 + i];
    else
        want_by_setpoint(p, f);
}

/* ---- 3: its limits ---------------------------------------------------------------------------------------------------- */

/* The input current counts before feed-in: a fuse does. */
static void limit_phase(const struct venus_physics *p, struct venus_flow *f, unsigned i)
{
    const int64_t output = output_of(f, i), most = rated(p);
    const int64_t fuse =
        p->control[VENUS_CONTROL_INPUT_CURRENT] * p->setting[VENUS_PHYSICS_GRID_VOLTAGE] / MILLI;
    int64_t inverted = f->inverted[i];

    if (p->control[VENUS_CONTROL_DISABLE_FEED_IN] && inverted > above_zero(output))
        inverted = above_zero(output);
    if (inverted < output - fuse)
        inverted = output - fuse;
    if (p->control[VENUS_CONTROL_MODE] == CHARGER_ONLY || p->control[VENUS_CONTROL_DISABLE_CHARGE])
        inverted = p->control[VENUS_CONTROL_MODE] == CHARGER_ONLY ? least(inverted, 0) : above_zero(inverted);
    f->inverted[i] = inverted > most ? most : inverted < -most ? -most : inverted;
}

static void limit_sum(const struct venus_physics *p, struct venus_flow *f)
{
    static const int64_t zero[VENUS_PHASES] = {0};
    const int64_t most = p->control[VENUS_CONTROL_MAX_DISCHARGE],
                  charge = p->control[VENUS_CONTROL_MAX_CHARGE];
    const int64_t feed_in = most_feed_in(p);
    int64_t given = sum_of(f->inverted);

    if (most >= 0 && given > most)
        (void)shift(f->inverted, most - given, zero);
    if (charge >= 0 && given < -charge)
        (void)shift(f->inverted, -charge - given, zero);
    given = sum_of(f->inverted);
    if (feed_in != VENUS_NONE && given > above_zero(house_of(f) + feed_in))
        (void)shift(f->inverted, above_zero(house_of(f) + feed_in) - given, zero);
}

static void limit(const struct venus_physics *p, struct venus_flow *f)
{
    for (unsigned i = 0; i < f->multi; i++)
        limit_phase(p, f, i);
    limit_sum(p, f);
}

/* ---- 4: the DC side ------------------------------------------------------------------------------------------------- */

/* The full battery leaves something of the sun: to the grid with it, as far as that is allowed. */
static void feed_excess(const struct venus_physics *p, struct venus_flow *f, int64_t excess)
{
    const int64_t feed_in = most_feed_in(p);
    int64_t bound[VENUS_PHASES];

    if (!f->is_connected || !p->control[VENUS_CONTROL_FEED_EXCESS] ||
        p->control[VENUS_CONTROL_DISABLE_FEED_IN] || p->control[VENUS_CONTROL_MODE] != ON)
        return;
    if (feed_in != VENUS_NONE)
        excess = least(excess, above_zero(house_of(f) + feed_in - sum_of(f->inverted)));
    rate(p, bound, 1);
    for (unsigned i = 0; i < VENUS_PHASES; i++)
        bound[i] = drawn_for(p, bound[i]);
    (void)shift(f->drawn, excess, bound);
}

/* What the inverter may draw and the charger give is fitted to what battery and sun have. DC loads that these do not cover
 * are the charger's. */
static void fit(const struct venus_physics *p, struct venus_flow *f, int64_t most_discharge)
{
    static const int64_t zero[VENUS_PHASES] = {0};
    const int64_t most_charge = venus_physics_most_charge(p),
                  most_drawn = f->mppt + most_discharge - f->dc_load;
    const int64_t drawn = sum_of(f->drawn), most_given = above_zero(most_charge + f->dc_load - f->mppt);
    int64_t bound[VENUS_PHASES], left, excess;

    if (drawn > most_drawn) {
        left = shift(f->drawn, most_drawn - drawn, zero);
        rate(p, bound, -1);
        for (unsigned i = 0; i < VENUS_PHASES; i++)
            bound[i] = drawn_for(p, bound[i]);
        (void)shift(f->drawn, left, bound);
    } else if (-drawn > most_given) {
        (void)shift(f->drawn, -most_given - drawn, zero);
    }
    excess = f->mppt - sum_of(f->drawn) - f->dc_load - most_charge;
    if (excess > 0)
        feed_excess(p, f, excess);
}

/* The battery has the rest. Too much: the sun is not used; too little: DC loads go without. */
static void settle(const struct venus_physics *p, struct venus_flow *f, int64_t most_discharge)
{
    const int64_t most_charge = venus_physics_most_charge(p);

    f->battery = f->mppt - sum_of(f->drawn) - f->dc_load;
    if (f->battery > most_charge) {
        const int64_t unused = least(f->battery - most_charge, f->mppt);

        f->mppt -= unused;
        f->battery -= unused;
    }
    if (f->battery < -most_discharge) {
        const int64_t without = least(-most_discharge - f->battery, f->dc_load);

        f->dc_load -= without;
        f->battery += without;
    }
}

/* ---- connected with the mains, and an island ------------------------------------------------------------------------ */

static void connect(const struct venus_physics *p, struct venus_flow *f)
{
    const int64_t most = venus_physics_most_discharge(p, p->control[VENUS_CONTROL_SOC_MIN]);
    int64_t wanted[VENUS_PHASES];

    want(p, f);
    limit(p, f);
    for (unsigned i = 0; i < VENUS_PHASES; i++)
        wanted[i] = f->drawn[i] = drawn_for(p, f->inverted[i]);
    fit(p, f, most);
    for (unsigned i = 0; i < VENUS_PHASES; i++)
        if (f->drawn[i] != wanted[i])
            f->inverted[i] = inverted_of(p, f->drawn[i]);
    settle(p, f, most);
}

static void carry(const struct venus_physics *p, struct venus_flow *f)
{
    for (unsigned i = 0; i < f->multi; i++) {
        const int64_t too_much = -rated(p) - output_of(f, i);

        if (too_much > 0 && is_on_output(f, f->pv_on_output, i))
            f->pv[i] -= too_much;
        f->inverted[i] = output_of(f, i);
        f->drawn[i] = drawn_for(p, f->inverted[i]);
        f->is_overloaded |= f->inverted[i] > rated(p);
    }
}

/* All of its output or nothing. What PV inverters give and nobody takes, they are kept from by a higher frequency. */
static void stand_alone(const struct venus_physics *p, struct venus_flow *f)
{
    static const int64_t zero[VENUS_PHASES] = {0};
    const int64_t most = venus_physics_most_discharge(p, 0), most_charge = venus_physics_most_charge(p);
    int64_t excess;

    carry(p, f);
    excess = -sum_of(f->drawn) - f->dc_load - most_charge;
    if (excess > 0 && f->pv_on_output) {
        (void)shift(f->pv, -needed(p, excess), zero);
        carry(p, f);
    }
    settle(p, f, most);
    f->is_low = f->battery < -most;
}

/* ---- 5: what is left ------------------------------------------------------------------------------------------------ */

/* What one phase takes of the mains. */
static int64_t mains_of(struct venus_flow *f, unsigned i)
{
    const int64_t ev = is_on_output(f, f->ev_on_output, i) ? 0 : f->ev[i];
    const int64_t pv = is_on_output(f, f->pv_on_output, i) ? 0 : f->pv[i];

    f->input[i] = f->is_connected && i < f->multi ? output_of(f, i) - f->inverted[i] : 0;
    return f->load_in[i] + ev - pv + f->input[i];
}

static void meter(const struct venus_physics *p, struct venus_flow *f)
{
    static const int64_t zero[VENUS_PHASES] = {0};
    const int64_t feed_in = most_feed_in(p);
    int64_t *mains = p->setting[VENUS_PHYSICS_GENSET_ON] ? f->genset : f->grid;

    for (unsigned i = 0; i < VENUS_PHASES; i++)
        mains[i] = mains_of(f, i);
    if (feed_in == VENUS_NONE || -sum_of(mains) <= feed_in)
        return;
    (void)shift(f->pv, sum_of(mains) + feed_in, zero);
    for (unsigned i = 0; i < VENUS_PHASES; i++)
        mains[i] = mains_of(f, i);
}

/* To the milliwatt. */
static void account(struct venus_flow *f)
{
    f->loss = sum_of(f->idle) + sum_of(f->drawn) - sum_of(f->inverted);
    assert(f->loss >= 0);
    assert(sum_of(f->pv) + f->mppt + sum_of(f->grid) + sum_of(f->genset) ==
           sum_of(f->load_in) + sum_of(f->load_out) + sum_of(f->ev) + f->dc_load + f->battery + f->loss);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

static struct venus_flow flow_of(struct venus_physics *p, bool has_mains, bool is_connected, bool is_on)
{
    struct venus_flow f = {.is_connected = is_connected, .is_on = is_on};

    f.multi = (uint8_t)venus_physics_vebus_phases(p);
    shine(p, &f);
    wish(p, &f, has_mains);
    if (is_connected)
        connect(p, &f);
    else if (is_on)
        stand_alone(p, &f);
    else
        settle(p, &f, venus_physics_most_discharge(p, 0));
    if (has_mains)
        meter(p, &f);
    return f;
}

void venus_physics_decide(struct venus_physics *p)
{
    const int64_t mode = p->control[VENUS_CONTROL_MODE];
    const bool has_mains = !p->setting[VENUS_PHYSICS_GRID_LOST] || p->setting[VENUS_PHYSICS_GENSET_ON];
    const bool is_connected = has_mains && (mode == CHARGER_ONLY || mode == ON);
    const bool is_island = !is_connected && (mode == ON || mode == INVERTER_ONLY);
    struct venus_flow f;

    p->is_dark &= is_island && venus_physics_soc(p) < RECOVER_SOC;
    f = flow_of(p, has_mains, is_connected, is_connected || (is_island && !p->is_dark));
    if (!is_connected && (f.is_overloaded || f.is_low)) {
        const bool is_overloaded = f.is_overloaded, is_low = f.is_low;

        p->is_dark = is_low;
        f = flow_of(p, has_mains, false, false);
        f.is_overloaded = is_overloaded;
    }
    f.is_low = p->is_dark;
    account(&f);
    p->flow = f;
}
