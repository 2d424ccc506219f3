/* Load profile: records of the past, made up when they are asked for instead of being kept.
 *
 *     A0 A0 | n | mm hh DD MM YY | class 1 | AA | class 2 | AA | ... | class 6 | AA | CS | E5
 *
 *     1 voltage A B C, current A B C, frequency        4 energy forward, reverse, combined reactive 1, 2
 *     2 active and reactive power, total A B C         5 reactive energy of the quadrants 1..4
 *     3 power factor, total A B C                      6 active and reactive demand
 *
 * n counts the bytes between itself and CS; CS is their sum. 06000000 asks for all classes, 06010000 for the first,
 * ...; DI0 is 0 from the earliest record on, 1 from the given minute on, 2 the latest ones. Records go out in
 * ascending order. No gathered frame shows one: the layout rests on the standard's load record as implementations
 * describe it.
 *
 * Since its last change of load the meter knows its past exactly: the counters minus power times time. Before that
 * it had the load and the counters that its setup gives. */
#include "sim/device/dlt645_meter_inside.h"

enum { CLASSES = 6, RECORD_MAX = 112, SEPARATOR = 0xAA };

/* The meter at a moment of the past. */
struct past {
    const struct dlt645_meter *m;
    struct dlt645_meter_load load;
    struct dlt645_meter_flow flow;
    int64_t ms; /* run time; negative before the run */
};

static void look_back(const struct dlt645_meter *m, int64_t ms, struct past *out)
{
    *out = (struct past){.m = m, .load = m->load, .ms = ms};
    if (ms >= m->loaded_ms) {
        dlt645_meter_flow(m, &out->flow);
        return;
    }
    dlt645_meter_first_load(m, &out->load);
    dlt645_meter_first_flow(m, &out->flow);
}

static int64_t first_energy(const struct dlt645_meter *m, enum dlt645_meter_quantity quantity)
{
    enum dlt645_meter_row row = quantity == METER_FORWARD   ? METER_ENERGY_FORWARD
                                : quantity == METER_REVERSE ? METER_ENERGY_REVERSE
                                                            : METER_ENERGY_REACTIVE;

    if (quantity > METER_QUADRANT_1)
        return 0;
    return dlt645_meter_given_number(m->setup, row, 2) * (int64_t)METER_ENERGY_UNIT;
}

static int64_t power_of(const struct dlt645_meter_flow *f, enum dlt645_meter_quantity quantity)
{
    int64_t p = f->active[0], q = f->reactive[0];

    switch (quantity) {
    case METER_FORWARD: return p > 0 ? p : 0;
    case METER_REVERSE: return p < 0 ? -p : 0;
    case METER_QUADRANT_1: return p >= 0 && q >= 0 ? q : 0;
    case METER_QUADRANT_2: return p < 0 && q >= 0 ? q : 0;
    case METER_QUADRANT_3: return p < 0 && q < 0 ? -q : 0;
    default: return p >= 0 && q < 0 ? -q : 0;
    }
}

/* Power times time, as much as fits. */
static int64_t worked(int64_t power, int64_t ms)
{
    int64_t energy;

    if (__builtin_mul_overflow(power, ms, &energy) || energy > INT64_MAX / 2 || energy < -INT64_MAX / 2)
        return ms < 0 ? -INT64_MAX / 2 : INT64_MAX / 2;
    return energy;
}

static int64_t energy_then(const struct past *past, enum dlt645_meter_quantity quantity)
{
    const struct dlt645_meter *m = past->m;
    int64_t power = power_of(&past->flow, quantity), then;

    if (past->ms >= m->loaded_ms)
        then = (int64_t)dlt645_meter_energy(m, 0, quantity, 0) - worked(power, m->settled_ms - past->ms);
    else
        then = first_energy(m, quantity) + worked(power, past->ms);
    return then > 0 ? then / (int64_t)METER_ENERGY_UNIT : 0;
}

/* FF for a phase that the meter does not have; phase 0 is the total. */
static void put_of_phase(const struct past *past, unsigned phase, int64_t num, unsigned n_bytes,
                         bool is_signed, struct wp_writer *w)
{
    if (phase <= past->m->n_phases)
        dlt645_meter_put_number(w, num, n_bytes, is_signed);
    else
        dlt645_meter_put_fill(w, n_bytes);
}

static void put_grid(const struct past *past, struct wp_writer *w)
{
    for (unsigned i = 1; i <= METER_PHASES_MAX; i++)
        put_of_phase(past, i, (past->load.millivolt[i - 1] + 50) / 100, 2, false, w);
    for (unsigned i = 1; i <= METER_PHASES_MAX; i++)
        put_of_phase(past, i, past->flow.milliampere[i], 3, true, w);
    dlt645_meter_put_number(w, past->m->centihertz, 2, false);
}

static void put_powers(const struct past *past, struct wp_writer *w)
{
    for (unsigned i = 0; i <= METER_PHASES_MAX; i++)
        put_of_phase(past, i, past->flow.active[i], 3, true, w);
    for (unsigned i = 0; i <= METER_PHASES_MAX; i++)
        put_of_phase(past, i, past->flow.reactive[i], 3, true, w);
}

static void put_factors(const struct past *past, struct wp_writer *w)
{
    for (unsigned i = 0; i <= METER_PHASES_MAX; i++) {
        int64_t p = past->flow.active[i], s = past->flow.apparent[i];
        int64_t factor = s == 0 ? 1000 : (2000 * p / s + (p < 0 ? -1 : 1)) / 2;

        put_of_phase(past, i, factor, 2, true, w);
    }
}

static void put_energies(const struct past *past, struct wp_writer *w)
{
    int64_t q1 = energy_then(past, METER_QUADRANT_1), q2 = energy_then(past, METER_QUADRANT_2);
    int64_t q3 = energy_then(past, METER_QUADRANT_3), q4 = energy_then(past, METER_QUADRANT_4);

    dlt645_meter_put_number(w, energy_then(past, METER_FORWARD), 4, false);
    dlt645_meter_put_number(w, energy_then(past, METER_REVERSE), 4, false);
    dlt645_meter_put_number(w, q1 + q2, 4, true);
    dlt645_meter_put_number(w, q3 + q4, 4, true);
}

static void put_class(const struct past *past, unsigned class, struct wp_writer *w)
{
    switch (class) {
    case 1: put_grid(past, w); break;
    case 2: put_powers(past, w); break;
    case 3: put_factors(past, w); break;
    case 4: put_energies(past, w); break;
    case 5:
        for (unsigned q = METER_QUADRANT_1; q <= METER_QUADRANT_4; q++)
            dlt645_meter_put_number(w, energy_then(past, (enum dlt645_meter_quantity)q), 4, false);
        break;
    default:
        dlt645_meter_put_number(w, past->flow.active[0], 3, true);
        dlt645_meter_put_number(w, past->flow.reactive[0], 3, true);
        break;
    }
    wp_put_u8(w, SEPARATOR);
}

/* class 0: all of them. */
static void put_record(const struct dlt645_meter *m, int64_t local, unsigned class, struct wp_writer *w)
{
    uint8_t inside[RECORD_MAX], sum = 0;
    struct wp_writer in = wp_writer(inside, sizeof inside);
    struct past past;

    look_back(m, m->settled_ms - (dlt645_meter_local_ms(m, m->settled_ms) - local), &past);
    dlt645_meter_put_minute(&in, dlt645_meter_minute(local));
    for (unsigned c = class ? class : 1; c <= (class ? class : CLASSES); c++)
        put_class(&past, c, &in);
    assert(!in.full);
    for (size_t i = 0; i < in.n; i++)
        sum = (uint8_t)(sum + inside[i]);
    wp_put_u8(w, 0xA0);
    wp_put_u8(w, 0xA0);
    wp_put_u8(w, (uint8_t)in.n);
    wp_put_slice(w, wp_written(&in));
    wp_put_u8(w, sum);
    wp_put_u8(w, 0xE5);
}

bool dlt645_meter_read_profile(const struct dlt645_meter *m, uint32_t di, unsigned count,
                               const struct dlt645_time *from, struct wp_writer *w)
{
    int64_t period = dlt645_meter_given(m->setup, METER_PROFILE_INTERVAL).num / 60000000 * METER_MS_MINUTE;
    int64_t kept = dlt645_meter_given(m->setup, METER_PROFILE_RECORDS).num, latest, earliest, first;
    unsigned class = di >> 16 & 0xFF, what = di & 0xFF;

    if (period == 0 || class > CLASSES || (di >> 8 & 0xFF) != 0 || what > 2 || count == 0)
        return false;
    latest = dlt645_meter_local_ms(m, m->settled_ms);
    latest -= latest % period;
    earliest = latest - (kept - 1) * period;
    first = what == 0 ? earliest : latest - ((int64_t)count - 1) * period;
    if (from && !dlt645_meter_moment(from, &first))
        return false;
    first = first < earliest ? earliest : first + (period - first % period) % period;
    if (first > latest || (what == 1 && !from))
        return false;
    for (; first <= latest && count > 0; first += period, count--) {
        size_t before = w->n;

        put_record(m, first, class, w);
        if (w->full) { /* as many as an answer takes */
            w->full = false;
            w->n = before;
            break;
        }
    }
    return w->n > 0;
}
