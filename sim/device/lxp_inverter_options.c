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

bool lxp_inverter_check(const struct wp_setup *s, struct wp_writer *why)
{
    const struct wp_value datalog = lxp_inverter_given(s, INVERTER_DATALOG);

    if (!is_name(lxp_inverter_given(s, INVERTER_SERIAL).bytes, INVERTER_SERIAL_CHARS))
        return say(why, "serial has 10 printable characters");
    if (datalog.kind == WP_TEXT && !is_name(datalog.bytes, INVERTER_SERIAL_CHARS))
        return say(why, "datalog has 10 printable characters");
    if (!is_name(lxp_inverter_given(s, INVERTER_FIRMWARE).bytes, INVERTER_FIRMWARE_CHARS))
        return say(why, "firmware has 4 printable characters");
    return true;
}

/* ---- memory -------------------------------------------------------------------------------------------------- */

size_t lxp_inverter_n_clients(const struct wp_setup *setup)
{
    const struct wp_value given = lxp_inverter_given(setup, INVERTER_CLIENTS_MAX);

    return given.kind == WP_DECIMAL ? (size_t)given.num : lxp_inverter_profile(setup)->clients_max;
}

size_t lxp_inverter_size(const struct wp_setup *setup)
{
    return sizeof(struct lxp_inverter) + lxp_inverter_n_clients(setup) * sizeof(struct lxp_inverter_client);
}

/* ---- at the start ------------------------------------------------------------------------------------------------ */

void lxp_inverter_begin(struct lxp_inverter *m, const struct wp_setup *setup)
{
    memset(m, 0, lxp_inverter_size(setup));
    m->setup = setup;
    m->n_clients = (uint8_t)lxp_inverter_n_clients(setup);
    m->endpoint = (uint8_t)wp_setup_endpoint(setup, "dongle");
    for (int i = 0; i < INVERTER_DUES; i++)
        m->due[i] = WP_NEVER;
}
