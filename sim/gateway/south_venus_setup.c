/* What the Victron south is made from: its options, and its memory cut into pools, maps and the text store. */
#include "sim/gateway/south_venus_impl.h"

const struct wp_option south_venus_options[VENUS_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/south_venus_options.def"
#undef OPTION
};

static struct wp_value given(const struct wp_setup *setup, enum venus_option id)
{
    return wp_setup_value(setup, &south_venus_options[id]);
}

bool south_venus_check(const struct wp_setup *setup, struct wp_writer *why)
{
    if (given(setup, VENUS_OPT_RECONNECT).num <= given(setup, VENUS_OPT_RECONNECT_MAX).num)
        return true;
    wp_put_text(why, "venus.reconnect is longer than venus.reconnect_max");
    return false;
}

static bool has_bus(const struct wp_setup *setup)
{
    for (size_t i = 0; i < setup->n_endpoints; i++)
        if (setup->endpoints[i].transport == WP_BUS)
            return true;
    return false;
}

static void lay_out_pool(struct wp_pool *pool, struct wp_carve *memory, size_t cell, size_t n)
{
    void *p = wp_carve(memory, wp_pool_size(cell, n));

    if (p)
        wp_pool_init(pool, p, cell, n);
}

static void lay_out_map(struct wp_map *map, struct wp_carve *memory, size_t n)
{
    void *p = wp_carve(memory, wp_map_size(n));

    if (p)
        wp_map_init(map, p, n);
}

/* Counts what is needed, or hands it out. */
static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    const size_t services = (size_t)given(setup, VENUS_OPT_MAX_SERVICES).num,
                 items = (size_t)given(setup, VENUS_OPT_MAX_ITEMS).num,
                 calls = (size_t)given(setup, VENUS_OPT_MAX_CALLS).num,
                 signals = (size_t)given(setup, VENUS_OPT_MAX_SIGNALS).num;
    struct venus_south *so = wp_carve(memory, sizeof *so);
    struct venus_south sizing = {0}, *to = so ? so : &sizing;

    *to = (struct venus_south){.is_awake = has_bus(setup)};
    if (!to->is_awake)
        return;
    lay_out_pool(&to->services, memory, sizeof(struct venus_service), services);
    lay_out_pool(&to->devices, memory, sizeof(struct venus_device), services);
    lay_out_pool(&to->items, memory, sizeof(struct venus_item), items);
    lay_out_pool(&to->calls, memory, sizeof(struct venus_call), calls);
    lay_out_pool(&to->signals, memory, sizeof(struct venus_signal), signals);
    lay_out_map(&to->by_name, memory, services);
    lay_out_map(&to->by_owner, memory, services);
    lay_out_map(&to->by_device, memory, services);
    lay_out_map(&to->by_key, memory, items);
    lay_out_map(&to->by_serial, memory, calls);
    text_store_lay_out(&to->text, memory, (size_t)given(setup, VENUS_OPT_TEXT).num);
}

size_t south_venus_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

void south_venus_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct venus_south *so = memory;

    lay_out(setup, &room);
    so->dial_at = WP_NEVER;
    if (!so->is_awake)
        return;
    so->endpoint = wp_setup_endpoint(setup, "bus");
    so->reconnect = given(setup, VENUS_OPT_RECONNECT).num;
    so->reconnect_max = given(setup, VENUS_OPT_RECONNECT_MAX).num;
    so->timeout = given(setup, VENUS_OPT_TIMEOUT).num;
    so->signals_kept = given(setup, VENUS_OPT_SIGNALS_KEPT).num;
    so->wait = so->reconnect;
}
