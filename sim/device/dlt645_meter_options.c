/* The table of what can be given, what was given, whether a meter can live with it, and how it begins. */
#include "sim/device/dlt645_meter_inside.h"

const struct wp_option dlt645_meter_options[METER_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#define PIN(id, name, di, unit, min, max, help)                                                              \
    {name, WP_OPT_DECIMAL, WP_USE_SET, unit, NULL, min, max, NULL, help, true},
#define FAULT(id, name, type, min, max, choices, help)                                                       \
    {name, WP_OPT_##type, WP_USE_FAULT, "", NULL, min, max, choices, help, false},
#include "sim/device/dlt645_meter.def"
#undef OPTION
#undef PIN
#undef FAULT
};

/* ---- what was given ---------------------------------------------------------------------------------------- */

struct wp_value dlt645_meter_given(const struct wp_setup *setup, enum dlt645_meter_row row)
{
    const struct wp_option *option = &dlt645_meter_options[row];
    struct wp_value v = wp_setup_value(setup, option);

    if (v.kind == WP_NULL && option->fallback)
        (void)wp_option_read(option, wp_text(option->fallback), &v, NULL);
    return v;
}

int64_t dlt645_meter_fixed(struct wp_value v, int decimals)
{
    int64_t num = v.kind == WP_DECIMAL ? v.num : 0;
    int shift = v.exp10 + decimals;

    for (; shift > 0; shift--)
        if (__builtin_mul_overflow(num, 10, &num))
            return 0;
    for (; shift < -1; shift++)
        num /= 10;
    if (shift == -1)
        num = (num + (num < 0 ? -5 : 5)) / 10;
    return num;
}

int64_t dlt645_meter_given_number(const struct wp_setup *setup, enum dlt645_meter_row row, int decimals)
{
    return dlt645_meter_fixed(dlt645_meter_given(setup, row), decimals);
}

size_t dlt645_meter_octets(struct wp_value v, uint8_t *out, size_t cap)
{
    size_t n;

    memset(out, 0, cap);
    if (v.kind == WP_BYTES) {
        n = v.bytes.n < cap ? v.bytes.n : cap;
        if (n > 0)
            memcpy(out, v.bytes.p, n);
        return n;
    }
    if (v.kind != WP_TEXT || !wp_hex_read(v.bytes, out, cap, &n))
        return 0;
    return n;
}

size_t dlt645_meter_given_octets(const struct wp_setup *setup, enum dlt645_meter_row row, uint8_t *out,
                                 size_t cap)
{
    return dlt645_meter_octets(dlt645_meter_given(setup, row), out, cap);
}

static bool given_is(const struct wp_setup *setup, enum dlt645_meter_row row, const char *text)
{
    struct wp_value v = dlt645_meter_given(setup, row);

    return v.kind == WP_TEXT && wp_slice_is(v.bytes, text);
}

/* ---- memory -------------------------------------------------------------------------------------------------- */

/* An answer in pieces is kept whole until its last piece was asked for. */
static size_t long_bytes(const struct wp_setup *setup)
{
    if (dlt645_meter_given(setup, METER_PROFILE_INTERVAL).num > 0)
        return METER_LONG_MAX;
    return dlt645_meter_given(setup, METER_FOLLOW_BYTES).num > 0 ? METER_LONG_MAX / 4 : 0;
}

static size_t piece_bytes(const struct wp_setup *setup)
{
    size_t given = (size_t)dlt645_meter_given(setup, METER_FOLLOW_BYTES).num, most = DLT645_READ_MAX - 4;

    return given > 0 && given < most ? given : most;
}

static size_t store_bytes(const struct wp_setup *setup)
{
    size_t n = (size_t)dlt645_meter_given(setup, METER_MEMORY).num;

    for (size_t i = 0; i < setup->n_given; i++)
        n += dlt645_meter_value_bytes(&setup->given[i]);
    return n < UINT16_MAX ? n : UINT16_MAX;
}

static void begin_memory(struct dlt645_meter *m)
{
    const struct wp_setup *s = m->setup;

    m->n_phases = given_is(s, METER_PHASES, "1") ? 1 : 3;
    m->n_tariffs = (uint8_t)dlt645_meter_given(s, METER_TARIFFS).num;
    m->phase_energy = dlt645_meter_given(s, METER_ENERGY_PHASES).yes;
    m->n_settlements = (uint8_t)dlt645_meter_given(s, METER_SETTLEMENTS).num;
    m->n_freezes = (uint8_t)dlt645_meter_given(s, METER_FREEZES).num;
    m->rx_cap = (uint16_t)(DLT645_OVERHEAD + dlt645_meter_given(s, METER_REQUEST_MAX).num);
    m->piece = (uint8_t)piece_bytes(s);
    m->long_cap = (uint16_t)long_bytes(s);
    m->store_cap = (uint16_t)store_bytes(s);
}

size_t dlt645_meter_size(const struct wp_setup *setup)
{
    struct dlt645_meter m = {.setup = setup};

    begin_memory(&m);
    return sizeof m + dlt645_meter_n_energy(m.n_tariffs, m.phase_energy) * sizeof m.energy[0] +
           dlt645_meter_n_records(m.n_settlements, m.n_freezes) * sizeof(struct dlt645_meter_record) +
           dlt645_meter_slot_cells(m.n_tariffs) * sizeof(uint16_t) + m.rx_cap + m.long_cap + m.store_cap;
}

/* ---- may it live ------------------------------------------------------------------------------------------------ */

static bool say(struct wp_writer *why, const char *sentence)
{
    if (why)
        wp_put_text(why, sentence);
    return false;
}

static bool is_digits(struct wp_slice text, size_t n)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n == n;
}

static bool is_settlement(struct wp_slice text)
{
    unsigned day, hour;

    if (!is_digits(text, 4))
        return false;
    day = (text.p[0] - (unsigned)'0') * 10 + text.p[1] - '0';
    hour = (text.p[2] - (unsigned)'0') * 10 + text.p[3] - '0';
    return day >= 1 && day <= 28 && hour <= 23;
}

static bool are_levels(struct wp_slice text)
{
    struct wp_slice rule;
    unsigned level;

    while (text.n > 0)
        if (!dlt645_meter_next_level(&text, &rule, &level))
            return false;
    return true;
}

static bool is_octets(const struct wp_setup *setup, enum dlt645_meter_row row, size_t n)
{
    uint8_t octet[METER_FAULT_BYTES_MAX];

    return dlt645_meter_given_octets(setup, row, octet, sizeof octet) == n;
}

static bool are_identifiers(const struct wp_setup *setup)
{
    uint8_t di[4 * METER_PUSHES_MAX + 1];
    size_t n = dlt645_meter_given_octets(setup, METER_PUSH_DI, di, sizeof di);

    return n > 0 && n % 4 == 0 && n <= 4 * METER_PUSHES_MAX;
}

static bool fits_register(const struct wp_setup *setup, enum dlt645_meter_row row, uint32_t di)
{
    uint8_t bytes[METER_FAULT_BYTES_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    return dlt645_value_encode(dlt645_di_find(di), dlt645_meter_given(setup, row), &w);
}

/* Its years have two digits. */
static bool is_in_its_century(const struct wp_setup *s)
{
    const struct dlt645_meter m = {.setup = s, .clock = dlt645_meter_given(s, METER_CLOCK).num};
    const struct dlt645_time first = {.month = 1, .day = 1}, last = {99, 12, 31, 23, 59, 59};
    int64_t from = 0, to = 0, local = dlt645_meter_local_ms(&m, 0);

    return dlt645_meter_moment(&first, &from) && dlt645_meter_moment(&last, &to) && local >= from &&
           local < to;
}

bool dlt645_meter_check(const struct wp_setup *s, struct wp_writer *why)
{
    struct wp_slice address = dlt645_meter_given(s, METER_ADDRESS).bytes;
    uint16_t slots[METER_SLOTS_MAX];
    uint64_t ignored;
    uint8_t n;

    if (address.n != 12 || !dlt645_address_read(address, &ignored))
        return say(why, "address has 12 hexadecimal digits");
    if (dlt645_meter_given(s, METER_NUMBER).kind == WP_TEXT &&
        !is_digits(dlt645_meter_given(s, METER_NUMBER).bytes, 12))
        return say(why, "meter.number has 12 digits");
    if (!dlt645_meter_read_slots(dlt645_meter_given(s, METER_SLOTS).bytes, slots, &n))
        return say(why,
                   "slots are up to 14 times in ascending order, each hour:minute=tariff, such as 07:00=2");
    if (!is_settlement(dlt645_meter_given(s, METER_SETTLEMENT).bytes))
        return say(why, "settlement is DDhh: a day from 01 to 28 and an hour from 00 to 23");
    if (!are_levels(dlt645_meter_given(s, METER_LEVELS).bytes))
        return say(
            why,
            "levels are prefixes of identifiers or functions with one digit each, such as 04000C=2, 1C=3");
    if (!is_octets(s, METER_PASSWORD, 3))
        return say(why, "password has 3 octets");
    if (dlt645_meter_given(s, METER_OPERATOR).kind == WP_TEXT && !is_octets(s, METER_OPERATOR, 4))
        return say(why, "operator has 4 octets");
    if (!is_octets(s, METER_MODE_ACTIVE, 1) || !is_octets(s, METER_MODE_REACTIVE_1, 1) ||
        !is_octets(s, METER_MODE_REACTIVE_2, 1))
        return say(why, "a mode word has 1 octet");
    if (!are_identifiers(s))
        return say(why, "push.di has 1 to 8 identifiers of 8 digits");
    if (!fits_register(s, METER_RATED_VOLTAGE, 0x04000404) ||
        !fits_register(s, METER_RATED_CURRENT, 0x04000405) ||
        !fits_register(s, METER_MAX_CURRENT, 0x04000406))
        return say(why, "rated values have at most 6 characters");
    if (dlt645_meter_given(s, METER_PROFILE_INTERVAL).num % 60000000 != 0)
        return say(why, "profile.interval is whole minutes");
    if (dlt645_meter_given(s, METER_REDIAL_MIN).num > dlt645_meter_given(s, METER_REDIAL_MAX).num)
        return say(why, "redial.min is not above redial.max");
    if (!is_in_its_century(s))
        return say(why, "its clock shows the years 2000 to 2099: epoch and clock lead out of them");
    for (size_t i = 0; i < s->n_given; i++)
        if (!dlt645_meter_value_is_good(&s->given[i], why))
            return false;
    return true;
}

/* ---- at the start ------------------------------------------------------------------------------------------------ */

static void begin_clock(struct dlt645_meter *m)
{
    struct wp_slice day = dlt645_meter_given(m->setup, METER_SETTLEMENT).bytes;
    uint8_t n;

    m->clock = dlt645_meter_given(m->setup, METER_CLOCK).num;
    m->demand_min = (uint8_t)dlt645_meter_given(m->setup, METER_DEMAND_PERIOD).num;
    m->settle_day = (uint8_t)((day.p[0] - '0') * 10 + day.p[1] - '0');
    m->settle_hour = (uint8_t)((day.p[2] - '0') * 10 + day.p[3] - '0');
    if (m->n_tariffs > 1) {
        bool good = dlt645_meter_read_slots(dlt645_meter_given(m->setup, METER_SLOTS).bytes,
                                            dlt645_meter_slots(m), &n);

        assert(good);
        m->n_slots = n;
    }
}

void dlt645_meter_begin(struct dlt645_meter *m, const struct wp_setup *setup)
{
    memset(m, 0, dlt645_meter_size(setup));
    m->setup = setup;
    m->state = METER_WAITING; /* for its first deadline, which the start gives it */
    begin_memory(m);
    begin_clock(m);
    m->endpoint = (uint8_t)wp_setup_endpoint(setup, "gateway");
    (void)dlt645_address_read(dlt645_meter_given(setup, METER_ADDRESS).bytes, &m->address);
    dlt645_meter_first_load(m, &m->load);
    m->relay_open = m->relay_commanded_open = given_is(setup, METER_RELAY, "open");
    for (int i = 0; i < METER_DUES; i++)
        m->due[i] = WP_NEVER;
    dlt645_meter_begin_energy(m);
    dlt645_meter_begin_settings(m);
}
