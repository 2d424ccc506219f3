/* The table of what can be given, what was given, whether an inverter can live with it, and how it begins. */
#include "sim/device/lxp_inverter_inside.h"

const struct wp_option lxp_inverter_options[INVERTER_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#define FAULT(id, name, type, min, max, choices, help)                                                       \
    {name, WP_OPT_##type, WP_USE_FAULT, "", NULL, min, max, choices, help, false},
#include "sim/device/lxp_inverter.def"
#undef OPTION
#undef FAULT
};

/* ---- what was given ---------------------------------------------------------------------------------------- */

struct wp_value lxp_inverter_given(const struct wp_setup *setup, enum lxp_inverter_row row)
{
    const struct wp_option *option = &lxp_inverter_options[row];
    struct wp_value v = wp_setup_value(setup, option);

    if (v.kind == WP_NULL && option->fallback)
        (void)wp_option_read(option, wp_text(option->fallback), &v, NULL);
    return v;
}

const struct lxp_inverter_profile *lxp_inverter_profile(const struct wp_setup *setup)
{
    const struct lxp_inverter_profile *profile =
        lxp_inverter_profile_find(lxp_inverter_given(setup, INVERTER_PROFILE).bytes);

    assert(profile);
    return profile;
}

/* ---- memory -------------------------------------------------------------------------------------------------- */

static size_t n_clients(const struct wp_setup *setup)
{
    const struct wp_value given = lxp_inverter_given(setup, INVERTER_CLIENTS_MAX);

    return given.kind == WP_DECIMAL ? (size_t)given.num : lxp_inverter_profile(setup)->clients_max;
}

static size_t n_registers(const struct wp_option_value *given)
{
    const enum lxp_inverter_row row = (enum lxp_inverter_row)(given->option - lxp_inverter_options);
    size_t n = 1;

    if ((row != INVERTER_HOLD && row != INVERTER_INPUT) || given->value.kind != WP_TEXT)
        return 0;
    for (size_t i = 0; i < given->value.bytes.n; i++)
        n += given->value.bytes.p[i] == ',';
    return n;
}

static uint16_t at_most_16_bits(size_t n)
{
    return (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
}

/* What is given at the start has room besides what is set later. */
static void begin_memory(struct lxp_inverter *m)
{
    const struct wp_setup *s = m->setup;
    size_t cells = (size_t)lxp_inverter_given(s, INVERTER_SPARE).num;
    size_t store = (size_t)lxp_inverter_given(s, INVERTER_MEMORY).num;

    for (size_t i = 0; i < s->n_given; i++) {
        cells += n_registers(&s->given[i]);
        store += s->given[i].option->use == WP_USE_FAULT ? lxp_inverter_fault_cost() : 0;
    }
    m->n_clients = (uint8_t)n_clients(s);
    m->rx_cap = (uint16_t)lxp_inverter_given(s, INVERTER_REQUEST_MAX).num;
    m->cell_cap = at_most_16_bits(cells);
    m->store_cap = at_most_16_bits(store);
}

size_t lxp_inverter_size(const struct wp_setup *setup)
{
    struct lxp_inverter m = {.setup = setup};

    begin_memory(&m);
    return sizeof m + m.n_clients * (sizeof m.client[0] + m.rx_cap) +
           m.cell_cap * sizeof(struct lxp_inverter_cell) + m.store_cap;
}

/* ---- may it live ------------------------------------------------------------------------------------------------ */

static bool say(struct wp_writer *why, const char *sentence)
{
    if (why)
        wp_put_text(why, sentence);
    return false;
}

static bool is_name(struct wp_slice text, size_t n)
{
    return text.n == n && wp_slice_is_printable(text);
}

static bool are_registers(const struct wp_setup *setup, enum lxp_inverter_row row, unsigned max)
{
    for (size_t i = 0; i < setup->n_given; i++)
        if (setup->given[i].option == &lxp_inverter_options[row] && setup->given[i].value.kind == WP_TEXT &&
            !lxp_inverter_are_registers(setup->given[i].value.bytes, max))
            return false;
    return true;
}

static bool are_faults(const struct wp_setup *setup, struct wp_writer *why)
{
    for (size_t i = 0; i < setup->n_given; i++) {
        const struct wp_option_value *given = &setup->given[i];

        if (given->option->use != WP_USE_FAULT ||
            lxp_inverter_fault_is_good((enum lxp_inverter_row)(given->option - lxp_inverter_options),
                                       given->value))
            continue;
        say(why, given->option->name);
        return say(why, " has no such value");
    }
    return true;
}

bool lxp_inverter_check(const struct wp_setup *s, struct wp_writer *why)
{
    const struct wp_value datalog = lxp_inverter_given(s, INVERTER_DATALOG);
    struct lxp_inverter_range range[INVERTER_RANGES];
    uint8_t n;

    if (!is_name(lxp_inverter_given(s, INVERTER_SERIAL).bytes, INVERTER_SERIAL_CHARS))
        return say(why, "serial takes exactly 10 printable characters");
    if (datalog.kind == WP_TEXT && !is_name(datalog.bytes, INVERTER_SERIAL_CHARS))
        return say(why, "datalog takes exactly 10 printable characters");
    if (!is_name(lxp_inverter_given(s, INVERTER_FIRMWARE).bytes, INVERTER_FIRMWARE_CHARS))
        return say(why, "firmware takes exactly 4 printable characters");
    if (!are_registers(s, INVERTER_HOLD, INVERTER_HOLDS - 1))
        return say(why, "hold has registers 0 to 261 with values, such as 21=62292, 65=100");
    if (!are_registers(s, INVERTER_INPUT, INVERTER_INPUTS - 1))
        return say(why, "input has registers 0 to 380 with values, such as 0=32, 4=494");
    if (!lxp_inverter_ranges(lxp_inverter_given(s, INVERTER_READ_ONLY).bytes, range, &n))
        return say(why, "read.only has at most 8 registers or ranges of them, such as 64-67, 21");
    return are_faults(s, why);
}

/* ---- at the start ------------------------------------------------------------------------------------------------ */

static void begin_names(struct lxp_inverter *m)
{
    const struct wp_slice serial = lxp_inverter_given(m->setup, INVERTER_SERIAL).bytes;
    const struct wp_value datalog = lxp_inverter_given(m->setup, INVERTER_DATALOG);

    memcpy(m->serial, serial.p, sizeof m->serial);
    memcpy(m->firmware, lxp_inverter_given(m->setup, INVERTER_FIRMWARE).bytes.p, sizeof m->firmware);
    memcpy(m->datalog, m->serial, sizeof m->datalog);
    memcpy(m->datalog, "BA", 2);
    if (datalog.kind == WP_TEXT)
        memcpy(m->datalog, datalog.bytes.p, sizeof m->datalog);
}

void lxp_inverter_begin(struct lxp_inverter *m, const struct wp_setup *setup)
{
    memset(m, 0, lxp_inverter_size(setup));
    m->setup = setup;
    begin_memory(m);
    begin_names(m);
    for (int i = 0; i < INVERTER_DUES; i++)
        m->due[i] = WP_NEVER;
    m->clock = lxp_inverter_given(setup, INVERTER_CLOCK).num;
    m->hold_last = (uint16_t)lxp_inverter_given(setup, INVERTER_HOLD_LAST).num;
    lxp_inverter_begin_physics(m);
    lxp_inverter_begin_settings(m);
}
