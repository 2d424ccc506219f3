/* Time, settings and counters of the physics. */
#include "sim/device/venus_system_physics.h"

#include <assert.h>
#include <string.h>

enum {
    MS_SECOND = 1000,
    MILLI = 1000,
};

/* A kWh in mW ms. */
#define KWH INT64_C(3600000000000)

/* Whatever is written stays below a megawatt and a thousand kiloampere. */
#define MOST_CONTROL INT64_C(1000000000)

/* ---- counting ------------------------------------------------------------------------------------------------- */

static int64_t above_zero(int64_t a)
{
    return a > 0 ? a : 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void count_way(struct venus_energy *e, enum venus_way way, int64_t milliwatt, int64_t ms)
{
    e->way[way] += milliwatt * ms;
}

/* Three taps of one phase: what comes in at some goes out at others, input and output with each other first. */
static void count_ways(struct venus_energy *e, const struct venus_flow *f, unsigned i, int64_t ms)
{
    const int64_t input = f->input[i], inverter = f->inverted[i] - f->idle[i], output = input + inverter;
    const int64_t passed = output > 0 ? least(above_zero(input), output) : 0;
    const int64_t back = output < 0 ? least(above_zero(-input), -output) : 0;

    count_way(e, VENUS_IN_TO_OUT, passed, ms);
    count_way(e, VENUS_IN_TO_INVERTER, above_zero(input) - passed, ms);
    count_way(e, VENUS_OUT_TO_IN, back, ms);
    count_way(e, VENUS_INVERTER_TO_IN, above_zero(-input) - back, ms);
    count_way(e, VENUS_INVERTER_TO_OUT, above_zero(output) - passed, ms);
    count_way(e, VENUS_OUT_TO_INVERTER, above_zero(-output) - back, ms);
}

static void count(struct venus_physics *p, int64_t ms)
{
    const struct venus_flow *f = &p->flow;
    struct venus_energy *e = &p->energy;

    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        e->import[i] += above_zero(f->grid[i]) * ms;
        e->export[i] += above_zero(-f->grid[i]) * ms;
        e->genset[i] += f->genset[i] * ms;
        e->pv[i] += f->pv[i] * ms;
        e->load += (f->load_in[i] + f->load_out[i]) * ms;
        e->ev += f->ev[i] * ms;
        count_ways(e, f, i, ms);
    }
    e->mppt += f->mppt * ms;
    e->dc_load += f->dc_load * ms;
    e->loss += f->loss * ms;
    e->charged += above_zero(f->battery) * ms;
    e->discharged += above_zero(-f->battery) * ms;
    p->stored += f->battery * ms;
    p->day_yield += f->mppt * ms;
}

static void turn_day(struct venus_physics *p)
{
    const int64_t day = sun_floor_div(p->now_ms, SUN_MS_DAY);

    if (day == p->day)
        return;
    p->day = day;
    p->day_yield = p->day_peak = 0;
}

static void decide(struct venus_physics *p)
{
    turn_day(p);
    venus_physics_decide(p);
    if (p->flow.mppt > p->day_peak)
        p->day_peak = p->flow.mppt;
    p->next_ms = (sun_floor_div(p->now_ms, MS_SECOND) + 1) * MS_SECOND;
}

void venus_physics_advance(struct venus_physics *p, int64_t local_ms)
{
    while (p->now_ms < local_ms) {
        const int64_t end = least(p->next_ms, local_ms);

        count(p, end - p->now_ms);
        p->now_ms = end;
        if (end == p->next_ms)
            decide(p);
    }
}

/* ---- settings ------------------------------------------------------------------------------------------------- */

/* In thousandths, to the nearest; option tables keep decimals small. */
static int64_t thousandths(struct wp_value v)
{
    int64_t num = v.num;
    int shift = v.exp10 + 3;

    for (; shift > 0; shift--)
        if (__builtin_mul_overflow(num, 10, &num))
            return INT64_MAX;
    for (; shift < -1; shift++)
        num /= 10;
    return shift < 0 ? (num + (num < 0 ? -5 : 5)) / 10 : num;
}

static const struct {
    enum { BOOL, INT, DECIMAL, DURATION, ENUM } type;
    const char *fallback;
} rows[VENUS_PHYSICS_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) {type, fallback},
#include "sim/device/venus_system_physics.def"
#undef OPTION
};

static int64_t setting_of(enum venus_physics_row row, struct wp_value v)
{
    switch (rows[row].type) {
    case BOOL: return v.yes;
    case DECIMAL: return thousandths(v);
    case DURATION: return v.num / 60000000;
    case ENUM: return wp_slice_is(v.bytes, "home");
    case INT: break;
    }
    return v.num;
}

static void keep(struct venus_physics *p, enum venus_physics_row row, struct wp_value v)
{
    const int64_t soc = row == VENUS_PHYSICS_BATTERY_CAPACITY && p->day ? venus_physics_soc(p) : VENUS_NONE;

    if (v.kind == WP_NULL && !rows[row].fallback)
        p->setting[row] = VENUS_NONE;
    else if (v.kind != WP_NULL)
        p->setting[row] = setting_of(row, v);
    if (row == VENUS_PHYSICS_BATTERY_SOC && v.kind != WP_NULL)
        venus_physics_fill(p, p->setting[row]);
    else if (soc != VENUS_NONE)
        venus_physics_fill(p, soc);
    p->sun.rise = (uint16_t)p->setting[VENUS_PHYSICS_SUN_RISE];
    p->sun.set = (uint16_t)p->setting[VENUS_PHYSICS_SUN_SET];
    p->sun.season = (uint16_t)p->setting[VENUS_PHYSICS_SUN_SEASON];
    p->sun.clouds = (uint8_t)p->setting[VENUS_PHYSICS_SUN_CLOUDS];
    p->sun.day = INT32_MIN;
}

void venus_physics_set(struct venus_physics *p, enum venus_physics_row row, struct wp_value v)
{
    assert(row < VENUS_PHYSICS_ROWS);
    keep(p, row, v);
    decide(p);
}

static bool is_setpoint(enum venus_control which)
{
    return which >= VENUS_CONTROL_SETPOINT_L1 && which <= VENUS_CONTROL_SETPOINT_L3;
}

/* Set-points that were computed until now stay where they are. */
void venus_physics_control(struct venus_physics *p, enum venus_control which, int64_t value)
{
    assert(which < VENUS_CONTROLS);
    if (value != VENUS_NONE)
        value = value > MOST_CONTROL ? MOST_CONTROL : value < -MOST_CONTROL ? -MOST_CONTROL : value;
    if ((is_setpoint(which) || which == VENUS_CONTROL_HUB4_MODE) && !venus_physics_is_held(p))
        memcpy(&p->control[VENUS_CONTROL_SETPOINT_L1], p->flow.input, sizeof p->flow.input);
    p->control[which] = value;
    if (is_setpoint(which))
        p->held_ms = p->now_ms + VENUS_HOLD_MS;
    decide(p);
}

static unsigned fewer(const struct venus_physics *p, enum venus_physics_row row)
{
    return (unsigned)least(p->setting[VENUS_PHYSICS_PHASES], p->setting[row]);
}

unsigned venus_physics_vebus_phases(const struct venus_physics *p)
{
    return fewer(p, VENUS_PHYSICS_VEBUS_PHASES);
}

unsigned venus_physics_pv_phases(const struct venus_physics *p)
{
    return fewer(p, VENUS_PHYSICS_PV_PHASES);
}

bool venus_physics_is_held(const struct venus_physics *p)
{
    return p->control[VENUS_CONTROL_HUB4_MODE] == 3 || p->now_ms < p->held_ms;
}

/* ---- the start -------------------------------------------------------------------------------------------------- */

static void begin_controls(int64_t control[VENUS_CONTROLS])
{
    static const struct {
        enum venus_control which;
        int64_t value;
    } first[] = {
        {VENUS_CONTROL_MODE, 3},
        {VENUS_CONTROL_INPUT_CURRENT, 50 * MILLI},
        {VENUS_CONTROL_PV_LIMIT, 25000 * MILLI},
        {VENUS_CONTROL_MPPT_MODE, 1},
        {VENUS_CONTROL_MPPT_CURRENT, 100 * MILLI},
        {VENUS_CONTROL_EV_CURRENT, 16 * MILLI},
        {VENUS_CONTROL_GRID_SETPOINT, 50 * MILLI},
        {VENUS_CONTROL_OVERRIDE, VENUS_NONE},
        {VENUS_CONTROL_HUB4_MODE, 1},
        {VENUS_CONTROL_SOC_MIN, 10 * MILLI},
        {VENUS_CONTROL_MAX_CHARGE, -1},
        {VENUS_CONTROL_MAX_DISCHARGE, -1},
        {VENUS_CONTROL_MAX_FEED_IN, -1},
    };

    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        control[first[i].which] = first[i].value;
}

/* So much for all phases together. */
static void begin_counter(int64_t *counter, int64_t thousandths_kwh, unsigned phases)
{
    for (unsigned i = 0; i < phases; i++)
        counter[i] = thousandths_kwh * (KWH / MILLI) / phases;
}

void venus_physics_begin(struct venus_physics *p, const struct wp_value given[VENUS_PHYSICS_ROWS],
                         uint64_t seed, int64_t local_ms)
{
    *p = (struct venus_physics){.now_ms = local_ms, .held_ms = INT64_MIN, .sun.seed = seed};
    for (unsigned row = 0; row < VENUS_PHYSICS_ROWS; row++)
        keep(p, row, given[row]);
    venus_physics_fill(p, p->setting[VENUS_PHYSICS_BATTERY_SOC]);
    begin_controls(p->control);
    begin_counter(p->energy.import, p->setting[VENUS_PHYSICS_ENERGY_IMPORT],
                  (unsigned)p->setting[VENUS_PHYSICS_PHASES]);
    begin_counter(p->energy.export, p->setting[VENUS_PHYSICS_ENERGY_EXPORT],
                  (unsigned)p->setting[VENUS_PHYSICS_PHASES]);
    begin_counter(p->energy.pv, p->setting[VENUS_PHYSICS_ENERGY_PV], venus_physics_pv_phases(p));
    begin_counter(&p->energy.mppt, p->setting[VENUS_PHYSICS_ENERGY_MPPT], 1);
    p->day = INT64_MIN;
    decide(p);
}

void venus_physics_wake(struct venus_physics *p, int64_t local_ms)
{
    if (local_ms == p->now_ms)
        return;
    p->now_ms = local_ms;
    p->held_ms = INT64_MIN;
    decide(p);
}

void venus_physics_equip(struct venus_physics *p, bool has_pv, bool has_mppt)
{
    p->lacks_pv = !has_pv;
    p->lacks_mppt = !has_mppt;
    decide(p);
}
