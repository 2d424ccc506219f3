/* The table of what can be given, what was given, whether a meter can live with it, and how it begins. */
#include "sim/device/dlms_meter_inside.h"

const struct wp_option dlms_meter_options[METER_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#define PIN(id, name, c, d, e, unit, exponent, min, max, help)                                               \
    {name, WP_OPT_DECIMAL, WP_USE_SET, unit, NULL, min, max, NULL, help, true},
#define FAULT(id, name, type, min, max, choices, help)                                                       \
    {name, WP_OPT_##type, WP_USE_FAULT, "", NULL, min, max, choices, help, false},
#include "sim/device/dlms_meter.def"
#undef OPTION
#undef PIN
#undef FAULT
};

enum { ADDRESS_DIGITS = 12 };

/* ---- what was given ---------------------------------------------------------------------------------------- */

struct wp_value dlms_meter_given(const struct wp_setup *setup, enum dlms_meter_row row)
{
    const struct wp_option *option = &dlms_meter_options[row];
    struct wp_value v = wp_setup_value(setup, option);

    if (v.kind == WP_NULL && option->fallback)
        (void)wp_option_read(option, wp_text(option->fallback), &v, NULL);
    return v;
}

bool dlms_meter_given_is(const struct wp_setup *setup, enum dlms_meter_row row, const char *text)
{
    struct wp_value v = dlms_meter_given(setup, row);

    return v.kind == WP_TEXT && wp_slice_is(v.bytes, text);
}

int64_t dlms_meter_fixed(struct wp_value v, int decimals)
{
    int64_t num = v.kind == WP_DECIMAL ? v.num : 0;

    return dlms_meter_scaled(num, v.exp10, -decimals);
}

size_t dlms_meter_octets(struct wp_value v, uint8_t *out, size_t cap)
{
    size_t n = 0;

    if (v.kind == WP_BYTES && v.bytes.n <= cap) {
        if (v.bytes.n > 0)
            memcpy(out, v.bytes.p, v.bytes.n);
        return v.bytes.n;
    }
    return v.kind == WP_TEXT && wp_hex_read(v.bytes, out, cap, &n) ? n : 0;
}

size_t dlms_meter_given_octets(const struct wp_setup *setup, enum dlms_meter_row row, uint8_t *out,
                               size_t cap)
{
    return dlms_meter_octets(dlms_meter_given(setup, row), out, cap);
}

/* ---- memory -------------------------------------------------------------------------------------------------- */

/* What is given at the start has room besides what is set later. */
static void begin_memory(struct dlms_meter *m)
{
    const struct wp_setup *s = m->setup;
    size_t cells = (size_t)dlms_meter_given(s, METER_SPARE).num;

    for (size_t i = 0; i < s->n_given; i++)
        cells += s->given[i].option->use == WP_USE_FAULT ? 1 : dlms_meter_count_pins(&s->given[i]);
    m->n_cells = (uint8_t)(cells < UINT8_MAX ? cells : UINT8_MAX);
    m->rx_cap = (uint16_t)dlms_meter_given(s, METER_REQUEST_MAX).num;
}

union dlms_meter_cell *dlms_meter_free_cell(struct dlms_meter *m)
{
    for (unsigned i = 0; i < m->n_cells; i++)
        if (m->cells[i].kind == METER_CELL_FREE)
            return &m->cells[i];
    return NULL;
}

uint8_t *dlms_meter_rx(struct dlms_meter *m)
{
    return (uint8_t *)(m->cells + m->n_cells);
}

uint8_t *dlms_meter_held(struct dlms_meter *m)
{
    return dlms_meter_rx(m) + m->rx_cap;
}

size_t dlms_meter_size(const struct wp_setup *setup)
{
    struct dlms_meter m = {.setup = setup};

    begin_memory(&m);
    return sizeof m + m.n_cells * sizeof m.cells[0] + m.rx_cap + dlms_meter_held_cap(&m);
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

/* NULL: not given. */
static bool has_octets(const struct wp_setup *s, enum dlms_meter_row row, size_t n)
{
    uint8_t octet[64];

    return dlms_meter_given(s, row).kind == WP_NULL ||
           dlms_meter_given_octets(s, row, octet, sizeof octet) == n;
}

static size_t text_length(const struct wp_setup *s, enum dlms_meter_row row)
{
    struct wp_value v = dlms_meter_given(s, row);

    return v.kind == WP_TEXT ? v.bytes.n : 0;
}

static bool is_object(const struct wp_setup *s)
{
    struct wp_value v = dlms_meter_given(s, METER_PUSH_OBJECT);
    struct obis ignored;

    return v.kind != WP_TEXT || obis_read(v.bytes, &ignored);
}

static bool given_are_good(const struct wp_setup *s, struct wp_writer *why)
{
    for (size_t i = 0; i < s->n_given; i++) {
        enum dlms_meter_row row = (enum dlms_meter_row)(s->given[i].option - dlms_meter_options);
        struct wp_value v = s->given[i].value;

        if (row == METER_REGISTER && v.kind == WP_TEXT && !dlms_meter_registers_read(v.bytes))
            return say(why, "register is object=number, ... such as 1-0:32.7.0.255=230.1, 2.8.0=17");
        if (row >= METER_FIRST_FAULT && !dlms_meter_fault_is_good(row, v))
            return say(why, "fault.exception has 2 octets, texts and octets of faults have at most 16");
    }
    return true;
}

bool dlms_meter_check(const struct wp_setup *s, struct wp_writer *why)
{
    if (!is_digits(dlms_meter_given(s, METER_ADDRESS).bytes, ADDRESS_DIGITS))
        return say(why, "address has 12 digits");
    if (text_length(s, METER_SERIAL) > METER_SERIAL_MAX)
        return say(why, "serial has at most 24 characters");
    if (!has_octets(s, METER_TITLE, COSEM_TITLE))
        return say(why, "title has 8 octets");
    if (!has_octets(s, METER_EK, METER_KEY) || !has_octets(s, METER_AK, METER_KEY))
        return say(why, "ek and ak have 16 octets");
    if (text_length(s, METER_PASSWORD) > METER_PASSWORD_MAX)
        return say(why, "password has at most 32 characters");
    if (!is_object(s))
        return say(why, "push.object is an OBIS code such as 1-0:12.7.0.255");
    if (dlms_meter_given(s, METER_PROFILE_INTERVAL).num % 60000000 != 0)
        return say(why, "profile.interval is whole minutes");
    if (dlms_meter_given(s, METER_REDIAL_MIN).num > dlms_meter_given(s, METER_REDIAL_MAX).num)
        return say(why, "redial.min is not above redial.max");
    return given_are_good(s, why);
}

/* ---- at the start ------------------------------------------------------------------------------------------------ */

static uint64_t number_of(struct wp_slice digits)
{
    uint64_t number = 0;

    for (size_t i = 0; i < digits.n; i++)
        number = number * 10 + (uint64_t)(digits.p[i] - '0');
    return number;
}

static uint8_t transport_of(const struct dlms_meter *m)
{
    static const char *const names[] = {"hdlc", "wrapper", "mbus", "bare", "udp"};

    for (uint8_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (dlms_meter_given_is(m->setup, METER_TRANSPORT, names[i]))
            return i;
    return m->profile->transport;
}

void dlms_meter_begin(struct dlms_meter *m, const struct wp_setup *setup)
{
    memset(m, 0, dlms_meter_size(setup));
    m->setup = setup;
    m->profile = dlms_meter_profile_find(dlms_meter_given(setup, METER_PROFILE).bytes);
    assert(m->profile);
    m->state = METER_WAITING; /* for its first deadline, which the start gives it */
    begin_memory(m);
    for (int i = 0; i < METER_DUES; i++)
        m->due[i] = WP_NEVER;
    m->number = number_of(dlms_meter_given(setup, METER_ADDRESS).bytes);
    m->ic = (uint32_t)dlms_meter_given(setup, METER_IC).num;
    m->hour = INT32_MIN;
    m->transport = transport_of(m);
    m->endpoint = (uint8_t)wp_setup_endpoint(setup, m->transport == METER_UDP ? "gateway.udp" : "gateway");
    dlms_meter_begin_physics(m);
    dlms_meter_begin_settings(m);
}

/* ---- its keys --------------------------------------------------------------------------------------------------- */

void dlms_meter_tell_keys(const struct wp_setup *setup, wp_take_key *take, void *ctx)
{
    const struct dlms_meter m = {
        .setup = setup,
        .profile = dlms_meter_profile_find(dlms_meter_given(setup, METER_PROFILE).bytes),
        .number = number_of(dlms_meter_given(setup, METER_ADDRESS).bytes),
    };
    struct wp_key key = {.has_title = true};

    assert(m.profile);
    dlms_meter_title(&m, key.title);
    key.n_key = (uint8_t)dlms_meter_given_octets(setup, METER_EK, key.key, sizeof key.key);
    key.n_auth = (uint8_t)dlms_meter_given_octets(setup, METER_AK, key.auth, sizeof key.auth);
    take(ctx, &key);
}
