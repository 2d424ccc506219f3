/* Load and energy: what the sensors see becomes power, and power times time becomes energy, in whole numbers.
 *
 *     voltage, current, factor --> P, Q, S of a phase, rounded once to 0.1 W, var, VA as the registers show them
 *     P, Q of the total = sum of the phases       S = root of P P + Q Q       factor = P / S
 *     energy = that P, Q, S times whole milliseconds: the exact integral of what is shown
 *
 * Nothing happens per second: energy is counted up to now when somebody looks or something changes (settle), in
 * steps that end where a tariff, a demand period or a record begins. A change of load counts from the millisecond
 * in which it happens. Forward and reverse follow the sign of the total (a phase's own: of the phase). */
#include "sim/device/dlt645_meter_inside.h"

enum {
    UVA_PER_UNIT = 100000, /* microwatt in 0.1 W */
    MILLIAMPERE_MAX = 1000000,
    SPAN_MAX_BITS = 33, /* milliseconds counted at once: times 4e8 units of power stays below 2^63 */
};

uint32_t dlt645_meter_root(uint64_t square)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= square)
            root |= bit;
    return (uint32_t)root;
}

/* ---- power --------------------------------------------------------------------------------------------- */

static int32_t rounded(uint64_t micro)
{
    return (int32_t)((micro + UVA_PER_UNIT / 2) / UVA_PER_UNIT);
}

static void phase_flow(const struct dlt645_meter_load *load, unsigned i, struct dlt645_meter_flow *out)
{
    int64_t current = load->milliampere[i] * (int64_t)load->scale_permille / 1000;
    bool back = (current < 0) != (load->quadrant == 2 || load->quadrant == 3);
    bool leading = (current < 0) != (load->quadrant >= 3);
    uint64_t amount = (uint64_t)(current < 0 ? -current : current);
    uint64_t uva = amount * load->millivolt[i], factor = load->factor_permille[i];
    uint64_t sine_ppm = dlt645_meter_root((1000000 - factor * factor) * 1000000);
    int32_t p = rounded(uva / 1000 * factor + uva % 1000 * factor / 1000);
    int32_t q = rounded(uva / 1000000 * sine_ppm + uva % 1000000 * sine_ppm / 1000000);

    out->milliampere[i + 1] = (int32_t)(back ? -(int64_t)amount : (int64_t)amount);
    out->active[i + 1] = back ? -p : p;
    out->reactive[i + 1] = leading ? -q : q;
    out->apparent[i + 1] = rounded(uva);
}

/* The neutral carries the sum of the phase currents as vectors, A at 0, B at 240, C at 120 degrees. In microampere,
 * so that a balanced load leaves nothing; beyond what a register shows nobody needs it. */
static int32_t neutral(const struct dlt645_meter_load *load, const struct dlt645_meter_flow *flow, unsigned n)
{
    static const int64_t cosine_ppm[] = {1000000, -500000, -500000}, sine_ppm[] = {0, -866025, 866025};
    int64_t re = 0, im = 0;

    for (unsigned i = 0; i < n; i++) {
        int64_t factor = load->factor_permille[i], amount = flow->milliampere[i + 1], x, y;

        amount = amount < 0 ? -amount : amount;
        amount = amount < MILLIAMPERE_MAX ? amount : MILLIAMPERE_MAX;
        x = amount * factor;
        y = amount * dlt645_meter_root((uint64_t)(1000000 - factor * factor) * 1000000) / 1000;
        x = flow->active[i + 1] < 0 ? -x : x;
        y = flow->reactive[i + 1] < 0 ? y : -y;
        re += (x * cosine_ppm[i] - y * sine_ppm[i]) / 1000000;
        im += (x * sine_ppm[i] + y * cosine_ppm[i]) / 1000000;
    }
    return (int32_t)((dlt645_meter_root((uint64_t)(re * re + im * im)) + 500u) / 1000);
}

static void flow_of(const struct dlt645_meter_load *load, unsigned n_phases, struct dlt645_meter_flow *out)
{
    uint64_t p, q;

    *out = (struct dlt645_meter_flow){0};
    for (unsigned i = 0; i < n_phases; i++) {
        phase_flow(load, i, out);
        out->active[0] += out->active[i + 1];
        out->reactive[0] += out->reactive[i + 1];
    }
    p = (uint64_t)(out->active[0] < 0 ? -out->active[0] : out->active[0]);
    q = (uint64_t)(out->reactive[0] < 0 ? -out->reactive[0] : out->reactive[0]);
    out->apparent[0] = n_phases == 1 ? out->apparent[1] : (int32_t)dlt645_meter_root(p * p + q * q);
    out->milliampere[0] = neutral(load, out, n_phases);
}

void dlt645_meter_flow(const struct dlt645_meter *m, struct dlt645_meter_flow *out)
{
    if (m->relay_open || m->state == METER_OFF)
        *out = (struct dlt645_meter_flow){0};
    else
        flow_of(&m->load, m->n_phases, out);
}

void dlt645_meter_first_flow(const struct dlt645_meter *m, struct dlt645_meter_flow *out)
{
    struct dlt645_meter_load load;

    dlt645_meter_first_load(m, &load);
    flow_of(&load, m->n_phases, out);
}

/* CORDIC: turn the vector onto the axis by arc tangents of halves, and add up how far it was turned. */
int dlt645_meter_angle(int32_t active, int32_t reactive)
{
    static const int32_t turn_udeg[] = {45000000, 26565051, 14036243, 7125016, 3576334, 1789911, 895174,
                                        447614,   223811,   111906,   55953,   27976,   13988};
    int64_t x = active * INT64_C(65536), y = reactive * INT64_C(65536), angle = 0, old;

    if (active == 0 && reactive == 0)
        return 0;
    if (x < 0) {
        x = -x;
        y = -y;
        angle = 180000000;
    }
    for (unsigned i = 0; i < sizeof turn_udeg / sizeof turn_udeg[0]; i++) {
        int64_t half = INT64_C(1) << i;

        old = x;
        if (y > 0) {
            x += y / half;
            y -= old / half;
            angle += turn_udeg[i];
        } else {
            x -= y / half;
            y += old / half;
            angle -= turn_udeg[i];
        }
    }
    return (int)((angle + 360050000) / 100000 % 3600);
}

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

static void count_flow(struct dlt645_meter *m, const struct dlt645_meter_flow *flow, unsigned phase,
                       int64_t from, int64_t to)
{
    int32_t p = flow->active[phase], q = flow->reactive[phase];
    enum dlt645_meter_quantity active = p < 0 ? METER_REVERSE : METER_FORWARD;

    if (phase > 0)
        count(&m->energy[cell(m, phase, active, 0)], p, to - from);
    else
        for (unsigned t = 1; p != 0 && t <= m->n_tariffs; t++)
            count(&m->energy[cell(m, 0, active, t)], p, dlt645_meter_tariff_ms(m, from, to, t));
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
static void count_span(struct dlt645_meter *m, int64_t from_ms, int64_t to_ms)
{
    int64_t from = dlt645_meter_local_ms(m, from_ms), to = dlt645_meter_local_ms(m, to_ms);
    struct dlt645_meter_flow flow;

    dlt645_meter_flow(m, &flow);
    for (unsigned phase = 0; phase <= (m->phase_energy ? m->n_phases : 0u); phase++)
        count_flow(m, &flow, phase, from, to);
    count_demand(m, &m->demand[0], flow.active[0], from, to);
    count_demand(m, &m->demand[1], -flow.active[0], from, to);
}

void dlt645_meter_settle(struct dlt645_meter *m, wp_us now)
{
    int64_t to = now / 1000, next;
    unsigned kinds;

    for (; m->settled_ms < to; m->settled_ms = next) {
        next = dlt645_meter_next_record(m, m->settled_ms, to, &kinds);
        count_span(m, m->settled_ms, next);
        for (unsigned kind = 0; kind < METER_RECORD_KINDS; kind++)
            if (kinds & 1u << kind)
                dlt645_meter_record(m, (enum dlt645_meter_record_kind)kind, next);
    }
}
