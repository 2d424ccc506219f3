/* What the octolux north is made from: its options, and its memory cut into tables. */
#include "sim/gateway/north_octolux_impl.h"

#include <assert.h>

const struct wp_option north_octolux_options[OCTOLUX_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/north_octolux_options.def"
#undef OPTION
};

const struct broker_account north_octolux_account = {
    .client_id = &north_octolux_options[OCTOLUX_OPT_CLIENT_ID],
    .user = &north_octolux_options[OCTOLUX_OPT_USER],
    .password = &north_octolux_options[OCTOLUX_OPT_PASSWORD],
    .keepalive = &north_octolux_options[OCTOLUX_OPT_KEEPALIVE],
};

static struct wp_value given(const struct wp_setup *setup, enum octolux_option id)
{
    return wp_setup_value(setup, &north_octolux_options[id]);
}

struct wp_value octolux_given(const struct octolux *no, enum octolux_option id)
{
    return given(no->setup, id);
}

bool north_octolux_check(const struct wp_setup *setup, struct wp_writer *why)
{
    return broker_account_check(setup, &north_octolux_account, why);
}

/* Bytes of all prefixes together. */
static size_t count_prefixes(const struct wp_setup *setup)
{
    struct lxp_inverter_walk walk = lxp_inverters_walk(setup);
    struct lxp_inverter_site site;
    size_t n = 0;

    while (lxp_inverters_next(&walk, &site))
        n += site.n_prefix;
    return n;
}

static void add_inverter(struct octolux *no, const struct lxp_inverter_site *site, uint32_t *prefix_at)
{
    struct octolux_inverter *at = &no->inverter[no->n_inverters];
    bool added;

    memcpy(at->serial, site->serial, sizeof at->serial);
    memcpy(no->prefixes + *prefix_at, site->prefix, site->n_prefix);
    at->prefix = *prefix_at;
    at->n_prefix = site->n_prefix;
    *prefix_at += site->n_prefix;
    added = wp_map_add(&no->by_serial, wp_slice(at->serial, sizeof at->serial), at) &&
            wp_map_add(&no->by_prefix, octolux_prefix(no, no->n_inverters), at);
    assert(added);
    no->n_inverters++;
}

static void add_inverters(struct octolux *no)
{
    struct lxp_inverter_walk walk = lxp_inverters_walk(no->setup);
    struct lxp_inverter_site site;
    uint32_t prefix_at = 0;

    while (lxp_inverters_next(&walk, &site))
        add_inverter(no, &site, &prefix_at);
}

static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    struct octolux *no = wp_carve(memory, sizeof *no);
    size_t n = lxp_inverters_count(setup), cap = (size_t)given(setup, OCTOLUX_OPT_OUTBOX).num;
    void *messages = wp_carve(memory, cap * sizeof(struct octolux_message));
    void *inverters = wp_carve(memory, n * sizeof(struct octolux_inverter));
    void *prefixes = wp_carve(memory, count_prefixes(setup));
    void *by_serial = wp_carve(memory, wp_map_size(n)), *by_prefix = wp_carve(memory, wp_map_size(n));

    if (!no)
        return;
    *no = (struct octolux){
        .setup = setup,
        .inverter = inverters,
        .prefixes = prefixes,
        .message = messages,
        .cap = (uint32_t)cap,
        .first_tag = 1,
    };
    wp_map_init(&no->by_serial, by_serial, n);
    wp_map_init(&no->by_prefix, by_prefix, n);
}

size_t north_octolux_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

void north_octolux_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct octolux *no = memory;

    lay_out(setup, &room);
    add_inverters(no);
    no->session =
        broker_session(wp_setup_endpoint(setup, "octolux"), octolux_given(no, OCTOLUX_OPT_RECONNECT_MAX).num);
    no->always_clean = octolux_given(no, OCTOLUX_OPT_CLEAN).yes;
    no->lenient = octolux_given(no, OCTOLUX_OPT_LENIENT_INTEGERS).yes;
    no->accepts_retained = octolux_given(no, OCTOLUX_OPT_ACCEPT_RETAINED).yes;
    no->n_commands =
        octolux_given(no, OCTOLUX_OPT_CHARGE_PRIORITY).yes ? OCTOLUX_N_COMMANDS : OCTOLUX_N_DOCUMENTED;
    no->n_subscriptions = no->n_inverters * no->n_commands;
}
