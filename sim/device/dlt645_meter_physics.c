/* Energy: power times time, in whole numbers.
 *
 *     energy = P, Q, S as dlt645_meter_load.c has them, times whole milliseconds: the exact integral of what is shown
 *
 * Nothing happens per second: energy is counted up to now when somebody looks or something changes (settle), in
 * steps that end where a record is due. A change of load counts from the millisecond in which it happens. Forward
 * and reverse follow the sign of the total (a phase's own: of the phase). */
#include "sim/device/dlt645_meter_inside.h"

enum { SPAN_MAX_BITS = 33 }; /* milliseconds counted at once: times 4e8 units of power stays below 2^63 */

/* ---- energy cells -------------------------------------------------------------------------------------- */

/* Forward and reverse have one cell for each tariff, the others one; then, when kept, eight for each phase. */
size_t dlt645_meter_n_energy(unsigned n_tariffs, bool phase_energy)
{
    return 2 * n_tariffs + METER_QUANTITIES - 2 + (phase_energy ? METER_PHASES_MAX * METER_QUANTITIES : 0);
}

static size_t cell(const struct dlt645_meter *m, unsigned phase, enum dlt645_meter_quantity quantity,
                   unsigned tariff)
{
    size_t of_total = 2u * m->n_tariffs + METER_QUANTITIES - 2;

    if (phase > 0)
        return of_total + (phase - 1) * METER_QUANTITIES + quantity;
    if (quantity > METER_REVERSE)
        return 2u * m->n_tariffs + quantity - 2;
    return (size_t)quantity * m->n_tariffs + tariff - 1;
}

static void add(uint64_t *energy, uint64_t amount)
{
    *energy = (*energy + amount) % METER_ENERGY_WRAP;
}

uint64_t dlt645_meter_energy(const struct dlt645_meter *m, unsigned phase,
                             enum dlt645_meter_quantity quantity, unsigned tariff)
{
    uint64_t sum = 0;

    if (phase > 0 || quantity > METER_REVERSE || tariff > 0)
        return m->energy[cell(m, phase, quantity, tariff)];
    for (unsigned t = 1; t <= m->n_tariffs; t++)
        add(&sum, m->energy[cell(m, 0, quantity, t)]);
    return sum;
}

void dlt645_meter_clear_energy(struct dlt645_meter *m)
{
    memset(m->energy, 0, dlt645_meter_n_energy(m->n_tariffs, m->phase_energy) * sizeof m->energy[0]);
}

void dlt645_meter_clear_demand(struct dlt645_meter *m)
{
    memset(m->demand, 0, sizeof m->demand);
}

/* Shares `units` of 0.01 kWh among the tariffs by their hours of the day; the rest goes to the last that has any. */
static void share(struct dlt645_meter *m, enum dlt645_meter_quantity quantity, uint64_t units)
{
    uint64_t left = units;
    unsigned last = 1;

    for (unsigned t = 1; t <= m->n_tariffs; t++) {
        uint64_t part =
            units * (uint64_t)dlt645_meter_tariff_ms(m, 0, METER_MS_DAY, t) / (uint64_t)METER_MS_DAY;

        if (part > 0)
            last = t;
        left -= part;
        add(&m->energy[cell(m, 0, quantity, t)], part * METER_ENERGY_UNIT);
    }
    add(&m->energy[cell(m, 0, quantity, last)], left * METER_ENERGY_UNIT);
}

void dlt645_meter_begin_energy(struct dlt645_meter *m)
{
    const struct wp_setup *s = m->setup;
    uint64_t reactive = (uint64_t)dlt645_meter_given_number(s, METER_ENERGY_REACTIVE, 2);

    dlt645_meter_clear_energy(m);
    share(m, METER_FORWARD, (uint64_t)dlt645_meter_given_number(s, METER_ENERGY_FORWARD, 2));
    share(m, METER_REVERSE, (uint64_t)dlt645_meter_given_number(s, METER_ENERGY_REVERSE, 2));
    add(&m->energy[cell(m, 0, METER_QUADRANT_1, 0)], reactive * METER_ENERGY_UNIT);
}

/* ---- counting ------------------------------------------------------------------------------------------ */

static void count(uint64_t *energy, int32_t power, int64_t ms)
{
    uint64_t amount = (uint64_t)(power < 0 ? -power : power);

    for (int64_t left = ms, part; left > 0; left -= part) {
        part = left < INT64_C(1) << SPAN_MAX_BITS ? left : INT64_C(1) << SPAN_MAX_BITS;
        add(energy, amount * (uint64_t)part % METER_ENERGY_WRAP);
    }
}

static enum dlt645_meter_quantity quadrant(int32_t p, int32_t q)
{
    if (q >= 0)
        return p >= 0 ? METER_QUADRANT_1 : METER_QUADRANT_2;
    return p >= 0 ? METER_QUADRANT_4 : METER_QUADRANT_3;
}

/* Mostly all of it falls into one slot. */
static void count_tariffs(struct dlt645_meter *m, enum dlt645_meter_quantity active, int32_t p, int64_t from,
                          int64_t to)
{
    int64_t slot_end;
    unsigned tariff = dlt645_meter_tariff(m, from, &slot_end);

    if (to <= slot_end) {
        count(&m->energy[cell(m, 0, active, tariff)], p, to - from);
        return;
    }
    for (unsigned t = 1; t <= m->n_tariffs; t++)
        count(&m->energy[cell(m, 0, active, t)], p, dlt645_meter_tariff_ms(m, from, to, t));
}

static void count_flow(struct dlt645_meter *m, const struct dlt645_meter_flow *flow, unsigned phase,
                       int64_t from, int64_t to)
{
    int32_t p = flow->active[phase], q = flow->reactive[phase];
    enum dlt645_meter_quantity active = p < 0 ? METER_REVERSE : METER_FORWARD;

    if (phase > 0)
        count(&m->energy[cell(m, phase, active, 0)], p, to - from);
    else
        count_tariffs(m, active, p, from, to);
    count(&m->energy[cell(m, phase, quadrant(p, q), 0)], q, to - from);
    count(&m->energy[cell(m, phase, p < 0 ? METER_APPARENT_REVERSE : METER_APPARENT_FORWARD, 0)],
          flow->apparent[phase], to - from);
}

/* The average over the period that ended at `local`; the greatest stays, the earliest of equals. */
static void demand_of(struct dlt645_meter_demand *d, uint64_t energy, int64_t period, int64_t local)
{
    uint32_t average = (uint32_t)(energy / (uint64_t)period);

    if (average <= d->max)
        return;
    d->max = average;
    d->at_minute = dlt645_meter_minute(local);
}

static void count_demand(const struct dlt645_meter *m, struct dlt645_meter_demand *d, int32_t power,
                         int64_t from, int64_t to)
{
    int64_t period = m->demand_min * METER_MS_MINUTE, first = from - from % period + period;
    uint64_t p = power > 0 ? (uint64_t)power : 0;

    if (to < first) {
        d->part += p * (uint64_t)(to - from);
        return;
    }
    demand_of(d, d->part + p * (uint64_t)(first - from), period, first);
    if (to - first >= period)
        demand_of(d, p * (uint64_t)period, period, first + period);
    d->part = p * (uint64_t)((to - first) % period);
}

/* Load, clock and relay are the same all the time from..to (run time). */
static void count_span(struct dlt645_meter *m, const struct dlt645_meter_flow *flow, int64_t from_ms,
                       int64_t to_ms)
{
    int64_t from = dlt645_meter_local_ms(m, from_ms), to = dlt645_meter_local_ms(m, to_ms);

    for (unsigned phase = 0; phase <= (m->phase_energy ? m->n_phases : 0u); phase++)
        count_flow(m, flow, phase, from, to);
    count_demand(m, &m->demand[0], flow->active[0], from, to);
    count_demand(m, &m->demand[1], -flow->active[0], from, to);
}

/* One turn for each record in between: at most one every minute of the time that passed. */
void dlt645_meter_settle(struct dlt645_meter *m, wp_us now)
{
    int64_t to = now / 1000, next;
    struct dlt645_meter_flow flow;
    unsigned kinds;

    if (m->settled_ms >= to)
        return;
    dlt645_meter_flow(m, &flow);
    for (; m->settled_ms < to; m->settled_ms = next) {
        next = dlt645_meter_next_record(m, m->settled_ms, to, &kinds);
        count_span(m, &flow, m->settled_ms, next);
        for (unsigned kind = 0; kind < METER_RECORD_KINDS; kind++)
            if (kinds & 1u << kind)
                dlt645_meter_record(m, (enum dlt645_meter_record_kind)kind, next);
    }
}
