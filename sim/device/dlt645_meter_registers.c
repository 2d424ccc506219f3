/* Registers: an identifier becomes the bytes that a reply carries.
 *
 *     set or written --> those bytes
 *     block          --> its members in ascending order, FF for those it has not
 *     00 energy, 01 maximum demand, 02 variables, 03 1D 1E event counts, 05 freezes --> computed here
 *     04 parameters  --> dlt645_meter_parameters.c        06 load profiles --> dlt645_meter_profile.c
 *
 * Combined energies are added exactly and cut to 0.01 kWh once, so that a total may show 0.01 more than the sum of
 * its tariffs: seen in 0001FF00 of a real meter, 29.34 = 7.66 + 6.15 + 4.80 + 10.71 (vectors, 02000000...). */
#include "sim/device/dlt645_meter_inside.h"

enum { ENERGY_BYTES = 4, POWER_BYTES = 3, DEMAND_BYTES = 8, ABC_STEP = 0x14, ABC_FIRST = 0x15 };

void dlt645_meter_put_number(struct wp_writer *w, int64_t num, unsigned n_bytes, bool is_signed)
{
    int64_t most = is_signed ? 8 : 10;

    for (unsigned digit = 1; digit < 2 * n_bytes; digit++)
        most *= 10;
    num = num >= most ? most - 1 : num <= -most ? 1 - most : num;
    if (!dlt645_bcd_write(w, num, n_bytes, is_signed))
        dlt645_meter_put_fill(w, n_bytes); /* negative without a sign bit */
}

void dlt645_meter_put_fill(struct wp_writer *w, size_t n)
{
    for (; n > 0; n--)
        wp_put_u8(w, 0xFF);
}

/* ---- energy -------------------------------------------------------------------------------------------- */

/* Of now (day 0) or of the day-th last settlement. false: it does not keep that one. */
static bool counter(const struct dlt645_meter *m, unsigned phase, enum dlt645_meter_quantity quantity,
                    unsigned tariff, unsigned day, uint64_t *out)
{
    struct dlt645_meter_record r;
    unsigned direction = quantity == METER_FORWARD ? 0 : 1;

    if (phase > 0 && (!m->phase_energy || tariff > 0 || day > 0))
        return false;
    if (tariff > m->n_tariffs || (tariff > 0 && quantity > METER_REVERSE))
        return false;
    if (day == 0) {
        *out = dlt645_meter_energy(m, phase, quantity, tariff);
        return true;
    }
    if (quantity > METER_QUADRANT_4 || !dlt645_meter_recorded(m, METER_SETTLED, day, &r))
        return false;
    if (quantity >= METER_QUADRANT_1)
        *out = r.quadrant[quantity - METER_QUADRANT_1] * METER_ENERGY_UNIT;
    else
        *out = (tariff == 0 ? r.total[direction] : r.active[direction][tariff - 1]) * METER_ENERGY_UNIT;
    return true;
}

/* `n` counters from `first`, added and subtracted by the pairs of bits of a mode word. */
static bool combined(const struct dlt645_meter *m, uint32_t word_di, enum dlt645_meter_quantity first,
                     unsigned n, const unsigned phase_tariff_day[3], int64_t *out)
{
    const struct dlt645_register *row = dlt645_di_find(word_di);
    uint8_t word[1] = {0};
    struct wp_writer w = wp_writer(word, sizeof word);
    uint64_t part;

    assert(row);
    if (!dlt645_meter_read(m, word_di, &w))
        return false;
    *out = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned bits = (unsigned)word[0] >> (2 * i) & 3u;

        if (!counter(m, phase_tariff_day[0], (enum dlt645_meter_quantity)(first + i), phase_tariff_day[1],
                     phase_tariff_day[2], &part))
            return false;
        if (bits & 1)
            *out += (int64_t)part;
        if (bits & 2)
            *out -= (int64_t)part;
    }
    return true;
}

static bool energy(const struct dlt645_meter *m, unsigned phase, unsigned item, unsigned tariff, unsigned day,
                   int64_t *out)
{
    const unsigned which[] = {phase, tariff, day};
    uint64_t count = 0;
    bool found;

    switch (item) {
    case 0: return combined(m, 0x04000601, METER_FORWARD, 2, which, out);
    case 3: return combined(m, 0x04000602, METER_QUADRANT_1, 4, which, out);
    case 4: return combined(m, 0x04000603, METER_QUADRANT_1, 4, which, out);
    case 1:
    case 2: found = counter(m, phase, item == 1 ? METER_FORWARD : METER_REVERSE, tariff, day, &count); break;
    default:
        found =
            counter(m, phase, (enum dlt645_meter_quantity)(METER_QUADRANT_1 + item - 5), tariff, day, &count);
        break;
    }
    *out = (int64_t)count;
    return found;
}

static bool put_energy(const struct dlt645_meter *m, uint32_t di, bool is_signed, struct wp_writer *w)
{
    unsigned item = di >> 16 & 0xFF, phase = 0;
    int64_t amount;

    for (; item >= ABC_FIRST; item -= ABC_STEP)
        phase++;
    if (phase > METER_PHASES_MAX || item > 0xA)
        return false; /* prepaid amounts: only when set */
    if (phase > m->n_phases && m->phase_energy) {
        dlt645_meter_put_fill(w, ENERGY_BYTES);
        return true;
    }
    if (!energy(m, phase, item, di >> 8 & 0xFF, di & 0xFF, &amount))
        return false;
    dlt645_meter_put_number(w, amount / (int64_t)METER_ENERGY_UNIT, ENERGY_BYTES, is_signed);
    return true;
}

static void put_minute_or_zero(struct wp_writer *w, uint32_t minute)
{
    if (minute > 0)
        dlt645_meter_put_minute(w, minute);
    else
        wp_put_slice(w, wp_slice("\0\0\0\0\0", 5));
}

/* Forward and reverse, the totals: tariffs have no demand of their own here. */
static bool put_demand(const struct dlt645_meter *m, uint32_t di, struct wp_writer *w)
{
    unsigned item = di >> 16 & 0xFF, day = di & 0xFF;
    uint32_t max, minute;
    struct dlt645_meter_record r;

    if (item < 1 || item > 2 || (di >> 8 & 0xFF) > 0)
        return false;
    if (day > 0 && !dlt645_meter_recorded(m, METER_SETTLED, day, &r))
        return false;
    max = day > 0 ? r.demand[item - 1].max : m->demand[item - 1].max;
    minute = day > 0 ? r.demand[item - 1].at_minute : m->demand[item - 1].at_minute;
    dlt645_meter_put_number(w, max, POWER_BYTES, false);
    put_minute_or_zero(w, minute);
    return true;
}

/* ---- variables ----------------------------------------------------------------------------------------- */

static int64_t power_factor(const struct dlt645_meter *m, const struct dlt645_meter_flow *f, unsigned phase)
{
    int64_t p = f->active[phase], s = f->apparent[phase], factor;

    if (s == 0)
        return 1000; /* no load: nothing is out of step */
    if (phase > 0)
        return p < 0 ? -(int64_t)m->load.factor_permille[phase - 1] : m->load.factor_permille[phase - 1];
    factor = (1000 * (p < 0 ? -p : p) + s / 2) / s;
    factor = factor > 1000 ? 1000 : factor;
    return p < 0 ? -factor : factor;
}

static int64_t of_phase(const struct dlt645_meter *m, unsigned item, unsigned phase)
{
    struct dlt645_meter_flow f;

    if (item == 1)
        return (m->load.millivolt[phase - 1] + 50) / 100;
    dlt645_meter_flow(m, &f);
    switch (item) {
    case 2: return f.milliampere[phase];
    case 3: return f.active[phase];
    case 4: return f.reactive[phase];
    case 5: return f.apparent[phase];
    case 6: return power_factor(m, &f, phase);
    default: return dlt645_meter_angle(f.active[phase], f.reactive[phase]);
    }
}

static int64_t of_meter(const struct dlt645_meter *m, unsigned item)
{
    struct dlt645_meter_flow f;

    dlt645_meter_flow(m, &f);
    switch (item) {
    case 0x01: return dlt645_meter_neutral(m, &f);
    case 0x02: return m->centihertz;
    case 0x03:
    case 0x04: return f.active[0];
    case 0x05: return f.reactive[0];
    case 0x06: return f.apparent[0];
    case 0x07: return m->decidegree;
    case 0x08: return 360; /* clock battery, 3.60 V */
    case 0x09: return 600; /* read battery, 6.00 V */
    default: return 0;     /* minutes on battery */
    }
}

static bool put_variable(const struct dlt645_meter *m, const struct dlt645_register *row, uint32_t di,
                         struct wp_writer *w)
{
    unsigned item = di >> 16 & 0xFF, phase = di >> 8 & 0xFF;

    if (item == 0x80) {
        dlt645_meter_put_number(w, of_meter(m, di & 0xFF), row->bytes, row->is_signed);
        return true;
    }
    if (item > 7)
        return false; /* it measures no harmonics */
    if (phase > m->n_phases)
        dlt645_meter_put_fill(w, row->bytes);
    else
        dlt645_meter_put_number(w, of_phase(m, item, phase), row->bytes, row->is_signed);
    return true;
}

/* ---- freezes and counts ---------------------------------------------------------------------------------- */

static bool put_freeze(const struct dlt645_meter *m, uint32_t di, struct wp_writer *w)
{
    static const struct {
        uint8_t code;
        enum dlt645_meter_record_kind kind;
    } kinds[] = {{0x00, METER_TIMED}, {0x01, METER_INSTANT}, {0x04, METER_HOURLY}, {0x06, METER_DAILY}};
    unsigned code = di >> 16 & 0xFF, item = di >> 8 & 0xFF;
    struct dlt645_meter_record r = {0};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].code == code && !dlt645_meter_recorded(m, kinds[i].kind, di & 0xFF, &r))
            return false;
    if (r.at_minute == 0 || item > 2)
        return false;
    if (item == 0) {
        dlt645_meter_put_minute(w, r.at_minute);
        return true;
    }
    dlt645_meter_put_number(w, r.total[item - 1], ENERGY_BYTES, false);
    for (unsigned t = 0; code != 0x04 && t < m->n_tariffs; t++)
        dlt645_meter_put_number(w, r.active[item - 1][t], ENERGY_BYTES, false);
    return true;
}

/* Counted events are kept as their register's bytes; what never happened is zero. */
static bool put_count(const struct dlt645_register *row, struct wp_writer *w)
{
    if (row->family != DLT645_ONE)
        return false; /* records of single events are not kept */
    for (unsigned i = 0; i < row->bytes; i++)
        wp_put_u8(w, 0);
    return true;
}

void dlt645_meter_count(struct dlt645_meter *m, uint32_t di)
{
    struct wp_slice kept = dlt645_meter_recall(m, di);
    uint8_t bytes[3];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    int64_t n = 0;

    if (kept.n == sizeof bytes)
        (void)dlt645_bcd_read(kept, false, &n);
    dlt645_meter_put_number(&w, n + 1, sizeof bytes, false);
    (void)dlt645_meter_keep(m, di, wp_written(&w)); /* without room an event goes uncounted */
}

/* ---- by identifier --------------------------------------------------------------------------------------- */

bool dlt645_meter_compute(const struct dlt645_meter *m, const struct dlt645_register *row, uint32_t di,
                          struct wp_writer *w)
{
    switch (di >> 24) {
    case 0x00: return put_energy(m, di, row->is_signed, w);
    case 0x01: return put_demand(m, di, w);
    case 0x02: return put_variable(m, row, di, w);
    case 0x04: return dlt645_meter_parameter(m, row, w);
    case 0x05: return put_freeze(m, di, w);
    case 0x03:
    case 0x1D:
    case 0x1E: return put_count(row, w);
    default: return false;
    }
}

/* One member; FF when the meter does not have it. */
static bool put_member(const struct dlt645_meter *m, uint32_t di, struct wp_writer *w)
{
    const struct dlt645_register *row = dlt645_di_find(di);
    struct wp_slice kept = dlt645_meter_recall(m, di);

    assert(row);
    if (kept.p) {
        wp_put_slice(w, kept);
        return true;
    }
    if (dlt645_meter_compute(m, row, di, w))
        return true;
    dlt645_meter_put_fill(w, row->bytes);
    return false;
}

/* A tariff block ends with the meter's last tariff. */
static bool read_block(const struct dlt645_meter *m, uint32_t block, struct wp_writer *w)
{
    bool of_tariffs = block >> 24 <= 1 && (block >> 8 & 0xFF) == 0xFF, found = false;
    uint32_t di = block;

    while (dlt645_di_next(block, &di)) {
        if (of_tariffs && (di >> 8 & 0xFF) > m->n_tariffs)
            break;
        found |= put_member(m, di, w);
    }
    return found && !w->full;
}

bool dlt645_meter_read(const struct dlt645_meter *m, uint32_t di, struct wp_writer *w)
{
    struct wp_slice kept = {NULL, 0};
    const struct dlt645_register *row;

    if (di < METER_KEY_FIRST)
        kept = dlt645_meter_recall(m, di);
    if (kept.p) {
        wp_put_slice(w, kept);
        return !w->full;
    }
    row = dlt645_di_find(di);
    if (row)
        return dlt645_meter_compute(m, row, di, w) && !w->full;
    return read_block(m, di, w);
}
