/* Load, energy and clock: what the sensors see, and what follows from it.
 *
 *     P = U * I * factor of each phase, exactly in mW; energy is P times time in mW ms since the last change of load
 *
 * Energies at a moment are reckoned from the last change, back too: an answer that goes out in pieces is made anew
 * for each of them and says the same, and the rows of the load profile need no memory. */
#include "sim/device/dlms_meter_inside.h"

enum { PERMILLE = 1000 };

#define WATT_HOUR INT64_C(3600000000) /* mW ms */

/* ---- decimals ------------------------------------------------------------------------------------------------ */

int64_t dlms_meter_scaled(int64_t num, int exp10, int scaler)
{
    int shift = exp10 - scaler;

    for (; shift > 0; shift--)
        if (__builtin_mul_overflow(num, 10, &num))
            return num < 0 ? INT64_MIN : INT64_MAX;
    for (; shift < -1 && num != 0; shift++)
        num /= 10;
    if (shift < 0)
        num = (num + (num < 0 ? -5 : 5)) / 10;
    return num;
}

/* ---- power ---------------------------------------------------------------------------------------------------- */

static uint32_t root(uint64_t square)
{
    uint64_t r = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((r + bit) * (r + bit) <= square)
            r += bit;
    return (uint32_t)r;
}

/* One phase, 0 based, in mW, mvar, mVA. Backward currents give negative powers. */
static int64_t apparent(const struct dlms_meter *m, unsigned phase)
{
    int64_t microwatt = (int64_t)m->load.millivolt[phase] * m->load.milliampere[phase];

    return (microwatt + (microwatt < 0 ? -500 : 500)) / 1000;
}

static int64_t active(const struct dlms_meter *m, unsigned phase)
{
    return apparent(m, phase) * m->load.factor_permille / PERMILLE;
}

/* Lagging loads alone: it has the sign of the active power. */
static int64_t reactive(const struct dlms_meter *m, unsigned phase)
{
    const uint64_t f = m->load.factor_permille;

    return apparent(m, phase) * (int64_t)root(PERMILLE * PERMILLE - f * f) / PERMILLE;
}

typedef int64_t power_of(const struct dlms_meter *m, unsigned phase);

/* phase 0: all of them. */
static int64_t sum(const struct dlms_meter *m, power_of *power, unsigned phase)
{
    int64_t all = 0;

    for (unsigned i = 0; i < m->profile->phases; i++)
        if (phase == 0 || phase == i + 1)
            all += power(m, i);
    return all;
}

static int64_t forward(int64_t power)
{
    return power > 0 ? power : 0;
}

static int64_t magnitude(int64_t power)
{
    return power < 0 ? -power : power;
}

/* ---- energy ----------------------------------------------------------------------------------------------------- */

static int64_t flow(const struct dlms_meter *m, enum dlms_meter_counter counter)
{
    const int64_t p = sum(m, active, 0);
    const bool second = m->tariff == 2;

    switch (counter) {
    case METER_IMPORT_1: return second ? 0 : forward(p);
    case METER_IMPORT_2: return second ? forward(p) : 0;
    case METER_EXPORT_1: return second ? 0 : forward(-p);
    case METER_EXPORT_2: return second ? forward(-p) : 0;
    default: return forward(sum(m, reactive, 0));
    }
}

/* Never below nothing, not even before the run. */
static int64_t energy_at(const struct dlms_meter *m, enum dlms_meter_counter counter, wp_us at)
{
    int64_t more;

    if (__builtin_mul_overflow(flow(m, counter), (at - m->settled) / 1000, &more) ||
        __builtin_add_overflow(m->energy[counter], more, &more))
        return INT64_MAX;
    return more > 0 ? more : 0;
}

void dlms_meter_settle(struct dlms_meter *m, wp_us now)
{
    const wp_us whole = now - now % 1000;

    for (int i = 0; i < METER_COUNTERS; i++)
        m->energy[i] = energy_at(m, (enum dlms_meter_counter)i, whole);
    m->settled = whole;
}

/* tariff 0: both. */
static int64_t energy(const struct dlms_meter *m, wp_us at, unsigned c, unsigned tariff)
{
    const int64_t in = (tariff == 2 ? 0 : energy_at(m, METER_IMPORT_1, at)) +
                       (tariff == 1 ? 0 : energy_at(m, METER_IMPORT_2, at));
    const int64_t out = (tariff == 2 ? 0 : energy_at(m, METER_EXPORT_1, at)) +
                        (tariff == 1 ? 0 : energy_at(m, METER_EXPORT_2, at));

    switch (c) {
    case 1: return in;
    case 2: return out;
    case 15: return in + out;
    case 16: return in - out;
    case 3:
    case 5: return energy_at(m, METER_REACTIVE, at);
    case 9: return in + in / 40; /* a power factor of about 0.976 over its life */
    case 10: return out + out / 40;
    default: return 0;
    }
}

/* ---- objects ------------------------------------------------------------------------------------------------------- */

static int64_t average_millivolt(const struct dlms_meter *m)
{
    int64_t all = 0;

    for (unsigned i = 0; i < m->profile->phases; i++)
        all += m->load.millivolt[i];
    return all / m->profile->phases;
}

static int64_t milliampere(const struct dlms_meter *m, unsigned phase)
{
    int64_t all = 0;

    for (unsigned i = 0; i < m->profile->phases; i++)
        if (phase == 0 || phase == i + 1)
            all += magnitude(m->load.milliampere[i]);
    return all;
}

/* What one phase alone draws comes back through the neutral; of three even ones nothing does. */
static int64_t neutral(const struct dlms_meter *m)
{
    int64_t most = 0, least = INT64_MAX;

    for (unsigned i = 0; i < m->profile->phases; i++) {
        most = magnitude(m->load.milliampere[i]) > most ? magnitude(m->load.milliampere[i]) : most;
        least = magnitude(m->load.milliampere[i]) < least ? magnitude(m->load.milliampere[i]) : least;
    }
    return m->profile->phases == 1 ? most : most - least;
}

/* Group C without the 20, 40, 60 of the phases; *phase 0: of all. */
static unsigned quantity_of(unsigned c, unsigned *phase)
{
    *phase = c > 20 && c < 80 ? c / 20 : 0;
    return *phase > 0 ? c % 20 : c;
}

static bool instantaneous(const struct dlms_meter *m, unsigned c, int64_t *num)
{
    unsigned phase, quantity = quantity_of(c, &phase);

    switch (quantity) {
    case 1: *num = forward(sum(m, active, phase)); return true;
    case 2: *num = forward(-sum(m, active, phase)); return true;
    case 3: *num = forward(sum(m, reactive, phase)); return true;
    case 4: *num = forward(-sum(m, reactive, phase)); return true;
    case 9: *num = magnitude(sum(m, apparent, phase)); return true;
    case 11: *num = milliampere(m, phase); return true;
    case 12:
        *num = phase == 0                   ? average_millivolt(m)
               : phase > m->profile->phases ? 0
                                            : m->load.millivolt[phase - 1];
        return true;
    case 13: *num = m->load.factor_permille; return true;
    case 14: *num = m->load.centihertz * 10; return true;
    case 15: *num = magnitude(sum(m, active, phase)); return true;
    case 16: *num = sum(m, active, phase); return true;
    case 91: *num = neutral(m); return true;
    default: return false;
    }
}

bool dlms_meter_number(const struct dlms_meter *m, wp_us at, struct obis ln, int64_t *num, int *exp10)
{
    const struct dlms_meter_pin *pin = dlms_meter_pinned(m, ln);

    if (pin) {
        *num = pin->num;
        *exp10 = pin->exp10;
        return true;
    }
    *exp10 = -3;
    if (ln.v[3] == 7)
        return instantaneous(m, ln.v[2], num);
    if (ln.v[3] != 8)
        return false;
    *exp10 = 0;
    *num = energy(m, at, ln.v[2], ln.v[4]) / WATT_HOUR; /* counters show what is full */
    return true;
}

/* ---- clock ------------------------------------------------------------------------------------------------------------ */

/* With the clock standing still, the moment at which it stopped. */
static wp_us moving(const struct dlms_meter *m, wp_us at)
{
    int64_t stopped;

    return dlms_meter_has_fault(m, METER_FAULT_CLOCK, &stopped) ? stopped : at;
}

int64_t dlms_meter_clock_ms(const struct dlms_meter *m, wp_us at)
{
    return (m->setup->epoch_us + moving(m, at) + m->clock) / 1000;
}

int32_t dlms_meter_hour(const struct dlms_meter *m, wp_us at)
{
    return (int32_t)((dlms_meter_clock_ms(m, at) + (int64_t)m->setup->utc_offset_s * 1000) / 3600000);
}

static int16_t deviation(const struct dlms_meter *m)
{
    return (int16_t)(-m->setup->utc_offset_s / 60);
}

struct cosem_time dlms_meter_time(const struct dlms_meter *m, wp_us at, const struct dlms_meter_bend *bend)
{
    const struct dlms_meter_profile *p = m->profile;
    struct cosem_time t = cosem_time_of_utc(dlms_meter_clock_ms(m, at), deviation(m), p->clock_status);

    t.hundredths = p->hundredths;
    if (p->no_weekday)
        t.weekday = 0;
    if (m->zone == METER_ZONE_NONE)
        t.deviation = COSEM_ANY_DEVIATION;
    else if (m->zone == METER_ZONE_ZERO)
        t.deviation = 0;
    else if (bend->deviation)
        t.deviation = (int16_t)-t.deviation;
    return t;
}

/* ---- at the start ------------------------------------------------------------------------------------------------------ */

void dlms_meter_begin_physics(struct dlms_meter *m)
{
    const int64_t start = dlms_meter_fixed(dlms_meter_given(m->setup, METER_ENERGY_START), 3); /* Wh */

    m->energy[METER_IMPORT_1] = start * 3 / 5 * WATT_HOUR;
    m->energy[METER_IMPORT_2] = (start - start * 3 / 5) * WATT_HOUR;
    m->energy[METER_REACTIVE] = start / 5 * WATT_HOUR;
}
