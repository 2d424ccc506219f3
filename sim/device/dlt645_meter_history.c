/* What the meter remembers of its counters: settlements and freezes.
 *
 *     settlement  every month on its day and hour        00..0n, 01..0n in DI0
 *     timed       as the last freeze command (16) said   0500xxxx
 *     instant     when a freeze command says now         0501xxxx
 *     hourly      every full hour                        0504xxxx
 *     daily       every midnight                         0506xxxx
 *
 * Each kind has its own cells, the latest first; the oldest falls out. Settlements before the run were counted by
 * nobody: they are reckoned back from the counters at the start and the load that the setup gives. */
#include "sim/device/dlt645_meter_inside.h"

size_t dlt645_meter_n_records(unsigned n_settlements, unsigned n_freezes)
{
    return n_settlements + (METER_RECORD_KINDS - 1) * (size_t)n_freezes;
}

static struct dlt645_meter_record *cells(const struct dlt645_meter *m, enum dlt645_meter_record_kind kind,
                                         unsigned *ret_n)
{
    struct dlt645_meter_record *first = dlt645_meter_records(m);

    *ret_n = kind == METER_SETTLED ? m->n_settlements : m->n_freezes;
    return kind == METER_SETTLED ? first : first + m->n_settlements + ((size_t)kind - 1) * m->n_freezes;
}

/* ---- when ---------------------------------------------------------------------------------------------- */

static int64_t at_minute_of(struct dlt645_time t, unsigned hour, unsigned minute)
{
    int64_t ms = 0;
    bool good;

    t.hour = (uint8_t)hour;
    t.minute = (uint8_t)minute;
    t.second = 0;
    good = dlt645_meter_moment(&t, &ms);
    assert(good);
    return ms;
}

/* The day `day` (1..28) at hour:minute that comes next after `local`. */
static int64_t next_monthly(int64_t local, unsigned day, unsigned hour, unsigned minute)
{
    struct dlt645_time t = dlt645_meter_date(local);
    int64_t at;

    t.day = (uint8_t)day;
    at = at_minute_of(t, hour, minute);
    if (at > local)
        return at;
    t.year = (uint8_t)(t.month == 12 ? (t.year + 1) % 100 : t.year);
    t.month = (uint8_t)(t.month % 12 + 1);
    at = at_minute_of(t, hour, minute);
    return at > local ? at : INT64_MAX; /* its years end with 2099 */
}

static int64_t next_of(int64_t local, int64_t period, int64_t offset)
{
    int64_t at = local - local % period + offset;

    return at > local ? at : at + period;
}

/* mm hh DD MM in decimal digits, 99 is every; the command was checked when it came. */
static int64_t next_timed(const struct dlt645_meter *m, int64_t local)
{
    struct wp_slice when = dlt645_meter_recall(m, METER_KEY_FREEZE);

    if (when.n != 4)
        return INT64_MAX;
    if (when.p[2] != 99)
        return next_monthly(local, when.p[2], when.p[1], when.p[0]);
    if (when.p[1] != 99)
        return next_of(local, METER_MS_DAY, when.p[1] * METER_MS_HOUR + when.p[0] * METER_MS_MINUTE);
    return next_of(local, METER_MS_HOUR, when.p[0] * METER_MS_MINUTE);
}

static int64_t next_of_kind(const struct dlt645_meter *m, enum dlt645_meter_record_kind kind, int64_t local)
{
    switch (kind) {
    case METER_SETTLED: return next_monthly(local, m->settle_day, m->settle_hour, 0);
    case METER_TIMED: return next_timed(m, local);
    case METER_HOURLY: return next_of(local, METER_MS_HOUR, 0);
    case METER_DAILY: return next_of(local, METER_MS_DAY, 0);
    default: return INT64_MAX;
    }
}

int64_t dlt645_meter_next_record(const struct dlt645_meter *m, int64_t from, int64_t to, unsigned *kinds)
{
    int64_t local = dlt645_meter_local_ms(m, from), earliest = local + (to - from);
    unsigned n;

    *kinds = 0;
    if (local / METER_MS_HOUR == earliest / METER_MS_HOUR && !dlt645_meter_recall(m, METER_KEY_FREEZE).p)
        return to; /* all others are due at full hours */
    for (unsigned kind = 0; kind < METER_RECORD_KINDS; kind++) {
        int64_t at;

        (void)cells(m, (enum dlt645_meter_record_kind)kind, &n);
        if (n == 0 && kind != METER_SETTLED) /* a settlement also ends the maximum demand */
            continue;
        at = next_of_kind(m, (enum dlt645_meter_record_kind)kind, local);
        if (at > earliest)
            continue;
        *kinds = at < earliest ? 1u << kind : *kinds | 1u << kind;
        earliest = at;
    }
    return from + (earliest - local);
}

/* ---- what ---------------------------------------------------------------------------------------------- */

static uint32_t shown(uint64_t energy)
{
    return (uint32_t)(energy / METER_ENERGY_UNIT);
}

void dlt645_meter_record(struct dlt645_meter *m, enum dlt645_meter_record_kind kind, int64_t ms)
{
    unsigned n;
    struct dlt645_meter_record *cell = cells(m, kind, &n);

    if (n > 0) {
        memmove(cell + 1, cell, (n - 1) * sizeof *cell);
        *cell = (struct dlt645_meter_record){.at_minute = dlt645_meter_minute(dlt645_meter_local_ms(m, ms))};
        for (unsigned i = 0; i < 2; i++) {
            enum dlt645_meter_quantity direction = i == 0 ? METER_FORWARD : METER_REVERSE;

            cell->total[i] = shown(dlt645_meter_energy(m, 0, direction, 0));
            for (unsigned t = 1; t <= m->n_tariffs; t++)
                cell->active[i][t - 1] = shown(dlt645_meter_energy(m, 0, direction, t));
            cell->demand[i].max = m->demand[i].max;
            cell->demand[i].at_minute = m->demand[i].at_minute;
        }
        for (unsigned i = 0; i < 4; i++)
            cell->quadrant[i] =
                shown(dlt645_meter_energy(m, 0, (enum dlt645_meter_quantity)(METER_QUADRANT_1 + i), 0));
    }
    if (kind == METER_SETTLED)
        dlt645_meter_clear_demand(m);
}

/* ---- before the run -------------------------------------------------------------------------------------- */

/* The moment of the n-th last settlement up to `local`, n from 1. */
static int64_t settlement_before(const struct dlt645_meter *m, int64_t local, unsigned n)
{
    int64_t at = next_monthly(local, m->settle_day, m->settle_hour, 0);
    struct dlt645_time t;

    for (; n > 0; n--) {
        t = dlt645_meter_date(at);
        t.day = m->settle_day;
        t.year = (uint8_t)(t.month == 1 ? (t.year + 99) % 100 : t.year);
        t.month = (uint8_t)(t.month == 1 ? 12 : t.month - 1);
        at = at_minute_of(t, m->settle_hour, 0);
    }
    return at;
}

static uint32_t reckoned(uint64_t energy, int32_t power, int64_t ms)
{
    uint64_t used;

    if (__builtin_mul_overflow((uint64_t)power, (uint64_t)ms, &used) || used > energy)
        return 0;
    return shown(energy - used);
}

static void reckon_back(const struct dlt645_meter *m, int64_t at, int64_t start,
                        struct dlt645_meter_record *out)
{
    const struct wp_setup *s = m->setup;
    uint64_t first[] = {(uint64_t)dlt645_meter_given_number(s, METER_ENERGY_FORWARD, 2) * METER_ENERGY_UNIT,
                        (uint64_t)dlt645_meter_given_number(s, METER_ENERGY_REVERSE, 2) * METER_ENERGY_UNIT};
    uint64_t reactive = (uint64_t)dlt645_meter_given_number(s, METER_ENERGY_REACTIVE, 2) * METER_ENERGY_UNIT;
    struct dlt645_meter_flow flow;

    dlt645_meter_first_flow(m, &flow);
    *out = (struct dlt645_meter_record){.at_minute = dlt645_meter_minute(at)};
    for (unsigned i = 0; i < 2; i++) {
        int32_t p = i == 0 ? flow.active[0] : -flow.active[0];
        uint32_t given = shown(first[i]);

        p = p > 0 ? p : 0;
        out->total[i] = reckoned(first[i], p, start - at);
        for (unsigned t = 1; t <= m->n_tariffs; t++)
            out->active[i][t - 1] =
                (uint32_t)((uint64_t)out->total[i] * (uint64_t)dlt645_meter_tariff_ms(m, 0, METER_MS_DAY, t) /
                           (uint64_t)METER_MS_DAY);
        out->demand[i].max = given > 0 ? (uint32_t)p : 0;
        out->demand[i].at_minute = out->demand[i].max > 0 ? out->at_minute : 0;
    }
    out->quadrant[0] =
        reckoned(reactive, flow.reactive[0] > 0 && flow.active[0] >= 0 ? flow.reactive[0] : 0, start - at);
}

bool dlt645_meter_recorded(const struct dlt645_meter *m, enum dlt645_meter_record_kind kind, unsigned n,
                           struct dlt645_meter_record *out)
{
    unsigned n_cells, n_used = 0;
    const struct dlt645_meter_record *cell = cells(m, kind, &n_cells);
    int64_t start = dlt645_meter_local_ms(m, 0), now = dlt645_meter_local_ms(m, m->settled_ms);

    if (n >= 1 && n <= n_cells && cell[n - 1].at_minute > 0) {
        *out = cell[n - 1];
        return true;
    }
    if (kind != METER_SETTLED || n < 1 || n > DLT645_SETTLEMENT_MAX)
        return false;
    for (int64_t at = next_monthly(start, m->settle_day, m->settle_hour, 0); at <= now && n_used < n;
         at = next_monthly(at, m->settle_day, m->settle_hour, 0))
        n_used++;
    if (n_used >= n)
        return false; /* it was in the run, but there was no cell for it */
    reckon_back(m, settlement_before(m, start, n - n_used), start, out);
    return true;
}
