/* What the LuxPower south is made from: its options, and its memory cut into sessions, pools, maps and timers. */
#include "sim/gateway/south_lxp_impl.h"

const struct wp_option south_lxp_options[LXP_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/south_lxp_options.def"
#undef OPTION
};

static struct wp_value given(const struct wp_setup *setup, enum lxp_option id)
{
    return wp_setup_value(setup, &south_lxp_options[id]);
}

bool south_lxp_check(const struct wp_setup *setup, struct wp_writer *why)
{
    if (given(setup, LXP_OPT_RECONNECT).num <= given(setup, LXP_OPT_RECONNECT_MAX).num)
        return true;
    wp_put_text(why, "lxp.reconnect is longer than lxp.reconnect_max");
    return false;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Every session may have a small one. Real frames fit into it, so few need a big one. */
static struct session_buffer_plan buffer_plan(size_t sessions)
{
    return (struct session_buffer_plan){.small = LXP_BUFFER_SMALL,
                                        .n_small = sessions,
                                        .big = LXP_BUFFER_BIG,
                                        .n_big = smaller(sessions, 4 + sessions / 64)};
}

/* A few inverters may fill their queues, of many not all at a time. */
static size_t max_requests(const struct wp_setup *setup, size_t sessions)
{
    size_t depth = (size_t)given(setup, LXP_OPT_QUEUE_DEPTH).num + 1 + LXP_READ_BACKS_MAX;

    return smaller(sessions * depth, sessions + (size_t)given(setup, LXP_OPT_MAX_COMMANDS).num);
}

/* Hands out what inverters need; so NULL while counting. */
static void lay_out_sessions(const struct wp_setup *setup, struct wp_carve *memory, struct lxp_south *so,
                             size_t n)
{
    const struct session_buffer_plan buffers = buffer_plan(n);
    size_t n_requests = max_requests(setup, n);
    bool by_change = wp_slice_is(given(setup, LXP_OPT_PUBLISH_HOLD).bytes, "on_change");
    void *timers = wp_carve(memory, sizeof *so->timers);
    struct lxp_session *sessions = wp_carve(memory, n * sizeof *so->session);
    struct lxp_told *told = by_change ? wp_carve(memory, n * sizeof *so->told) : NULL;
    void *by_port = wp_carve(memory, wp_map_size(n)), *by_serial = wp_carve(memory, wp_map_size(n)),
         *by_address = wp_carve(memory, wp_map_size(n)),
         *requests = wp_carve(memory, wp_pool_size(sizeof(struct lxp_request), n_requests));
    struct session_buffers sizing;

    if (so) {
        so->n = n;
        so->timers = timers;
        so->session = sessions;
        so->told = told;
        wp_timers_init(so->timers);
        memset(sessions, 0, n * sizeof *sessions);
        if (told)
            memset(told, 0, n * sizeof *told);
        wp_map_init(&so->by_port, by_port, n);
        wp_map_init(&so->by_serial, by_serial, n);
        wp_map_init(&so->by_address, by_address, n);
        wp_pool_init(&so->requests, requests, sizeof(struct lxp_request), n_requests);
    }
    session_buffers_lay_out(so ? &so->buffers : &sizing, memory, &buffers);
}

static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    struct lxp_south *so = wp_carve(memory, sizeof *so);
    size_t n = lxp_inverters_count(setup);

    if (so)
        *so = (struct lxp_south){.n = 0};
    if (n > 0)
        lay_out_sessions(setup, memory, so, n);
}

size_t south_lxp_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

static void init_session(struct lxp_south *so, struct lxp_session *s, const struct lxp_inverter_site *site)
{
    s->where = (uint64_t)site->addr.ip << 16 | site->addr.port;
    s->wait = so->reconnect;
    memcpy(s->serial, site->serial, sizeof s->serial);
    memcpy(s->datalog, site->datalog, sizeof s->datalog);
    wp_map_add(&so->by_serial, lxp_session_serial(s), s);
    wp_map_add(&so->by_address, wp_slice(&s->where, sizeof s->where), s);
}

/* "1,2,3", "1,2", "1" */
static uint8_t count_strings(struct wp_slice list)
{
    return (uint8_t)((list.n + 1) / 2);
}

static void init_options(const struct wp_setup *setup, struct lxp_south *so)
{
    so->dial_timeout = given(setup, LXP_OPT_DIAL_TIMEOUT).num;
    so->reconnect = given(setup, LXP_OPT_RECONNECT).num;
    so->reconnect_max = given(setup, LXP_OPT_RECONNECT_MAX).num;
    so->silence = given(setup, LXP_OPT_SILENCE).num;
    so->frame_timeout = given(setup, LXP_OPT_FRAME_TIMEOUT).num;
    so->timeout = given(setup, LXP_OPT_TIMEOUT).num;
    so->retry_after = given(setup, LXP_OPT_RETRY_AFTER).num;
    so->command_timeout = given(setup, LXP_OPT_COMMAND_TIMEOUT).num;
    so->queue_depth = (uint16_t)given(setup, LXP_OPT_QUEUE_DEPTH).num;
    so->max_read = (uint16_t)given(setup, LXP_OPT_MAX_READ).num;
    so->echoes = given(setup, LXP_OPT_HEARTBEATS).yes;
    so->accepts_any = given(setup, LXP_OPT_ACCEPT_ANY_SERIAL).yes;
    so->input.current_in_tenths = wp_slice_is(given(setup, LXP_OPT_CURRENT_DIVISOR).bytes, "10");
    so->input.pv_strings = count_strings(given(setup, LXP_OPT_PV_SUM).bytes);
}

void south_lxp_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct lxp_south *so = memory;
    struct lxp_inverter_walk walk = lxp_inverters_walk(setup);
    struct lxp_inverter_site site;
    size_t i = 0;

    lay_out(setup, &room);
    if (so->n == 0)
        return;
    so->endpoint = wp_setup_endpoint(setup, "lxp");
    init_options(setup, so);
    while (lxp_inverters_next(&walk, &site))
        init_session(so, &so->session[i++], &site);
}
