/* What the venus north is made from: its options, and its memory cut into tables. */
#include "sim/gateway/north_venus_impl.h"

#include <assert.h>

const struct wp_option north_venus_options[NORTH_VENUS_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/north_venus_options.def"
#undef OPTION
};

const struct broker_account north_venus_account = {
    .client_id = &north_venus_options[NORTH_VENUS_OPT_CLIENT_ID],
    .user = &north_venus_options[NORTH_VENUS_OPT_USER],
    .password = &north_venus_options[NORTH_VENUS_OPT_PASSWORD],
    .keepalive = &north_venus_options[NORTH_VENUS_OPT_KEEPALIVE],
};

static struct wp_value given(const struct wp_setup *setup, enum north_venus_option id)
{
    return wp_setup_value(setup, &north_venus_options[id]);
}

struct wp_value north_venus_given(const struct north_venus *no, enum north_venus_option id)
{
    return given(no->setup, id);
}

bool north_venus_check(const struct wp_setup *setup, struct wp_writer *why)
{
    struct wp_slice portal = given(setup, NORTH_VENUS_OPT_PORTAL).bytes;

    if (!venus_is_portal(portal) || portal.n > NORTH_VENUS_PORTAL_MAX) {
        wp_put_text(why, "venus.portal takes one topic level such as c0619ab12345, at most 64 bytes");
        return false;
    }
    return broker_account_check(setup, &north_venus_account, why);
}

static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    struct north_venus *no = wp_carve(memory, sizeof *no);
    const size_t n = gateway_max_devices(setup), /* no more are in the gateway's roster */
        payload_max = (size_t)given(setup, NORTH_VENUS_OPT_PAYLOAD_MAX).num;
    void *services = wp_carve(memory, n * sizeof(struct north_venus_service));
    void *by_name = wp_carve(memory, wp_map_size(n)), *payload = wp_carve(memory, payload_max);

    if (!no)
        return;
    *no = (struct north_venus){
        .setup = setup,
        .service = services,
        .max_services = (uint32_t)n,
        .payload = payload,
        .payload_max = payload_max,
    };
    wp_map_init(&no->by_name, by_name, n);
}

size_t north_venus_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

static void write_prefix(struct north_venus *no)
{
    struct wp_writer w = wp_writer(no->topic, sizeof no->topic);

    wp_put_char(&w, VENUS_NOTIFY);
    wp_put_char(&w, '/');
    wp_put_slice(&w, north_venus_given(no, NORTH_VENUS_OPT_PORTAL).bytes);
    wp_put_char(&w, '/');
    assert(!w.full);
    no->n_prefix = w.n;
}

void north_venus_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct north_venus *no = memory;

    lay_out(setup, &room);
    write_prefix(no);
    no->session = broker_session(wp_setup_endpoint(setup, "venus"),
                                 north_venus_given(no, NORTH_VENUS_OPT_RECONNECT_MAX).num);
    no->retains_serial = north_venus_given(no, NORTH_VENUS_OPT_RETAIN_SERIAL).yes;
    no->next_heartbeat = WP_NEVER;
    no->alive_until = -1;
    for (unsigned i = 0; i < NORTH_VENUS_FULL_MAX; i++)
        no->full_at[i] = -NORTH_VENUS_FULL_WINDOW;
}
