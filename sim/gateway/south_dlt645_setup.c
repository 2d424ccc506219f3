/* What the DL/T 645 south is made from: its options, and its memory cut into pools, maps and timers. */
#include "sim/gateway/south_dlt645_impl.h"

const struct wp_option south_dlt645_options[SOUTH_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/south_dlt645_options.def"
#undef OPTION
};

static struct wp_value given(const struct wp_setup *setup, enum south_option id)
{
    return wp_setup_value(setup, &south_dlt645_options[id]);
}

static size_t request_size(size_t ids)
{
    return sizeof(struct south_request) + ids * sizeof(uint32_t);
}

/* Every session may have two small buffers, one for receiving and one for the answer at hand; few need a big one at the
 * same time. */
static struct session_buffer_plan buffer_plan(size_t sessions)
{
    return (struct session_buffer_plan){.small = SOUTH_BUFFER_SMALL,
                                        .n_small = 2 * sessions,
                                        .big = SOUTH_BUFFER_BIG,
                                        .n_big = 16 + sessions / 16};
}

/* Counts the memory, or hands it out; so NULL while counting. */
static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    size_t n = (size_t)gateway_given(setup, GATEWAY_METERS_MAX_CONNECTIONS).num,
           n_commands = (size_t)given(setup, SOUTH_OPT_MAX_COMMANDS).num;
    size_t command = request_size(SOUTH_COMMAND_IDS_MAX), poll = request_size(SOUTH_POLL_IDS_MAX);
    const struct session_buffer_plan buffers = buffer_plan(n);
    struct south *so = wp_carve(memory, sizeof *so), sizing;
    void *sessions = wp_carve(memory, wp_pool_size(sizeof(struct south_session), n));
    void *commands = wp_carve(memory, wp_pool_size(command, n_commands));
    void *polls = wp_carve(memory, wp_pool_size(poll, n));
    void *by_port = wp_carve(memory, wp_map_size(n)), *by_device = wp_carve(memory, wp_map_size(n));

    if (so) {
        *so = (struct south){.now = 0};
        wp_pool_init(&so->sessions, sessions, sizeof(struct south_session), n);
        wp_pool_init(&so->commands, commands, command, n_commands);
        wp_pool_init(&so->polls, polls, poll, n);
        wp_map_init(&so->by_port, by_port, n);
        wp_map_init(&so->by_device, by_device, n);
        wp_timers_init(&so->timers);
    }
    session_buffers_lay_out(so ? &so->buffers : &sizing.buffers, memory, &buffers);
}

size_t south_dlt645_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

void south_dlt645_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct south *so = memory;

    lay_out(setup, &room);
    so->idle_timeout = given(setup, SOUTH_OPT_IDLE_TIMEOUT).num;
    so->identify_delay = given(setup, SOUTH_OPT_IDENTIFY_DELAY).num;
    so->identify_tries = (uint8_t)given(setup, SOUTH_OPT_IDENTIFY_TRIES).num;
    so->sign_on = sign_on_policy(setup);
    so->hands_on = gateway_can_hand_on(setup, &south_dlt645_class, "meters");
    if (gateway_given(setup, GATEWAY_DLMS_METERS).kind == WP_TEXT)
        so->dlms_meters = gateway_given(setup, GATEWAY_DLMS_METERS).bytes;
    so->timeout = given(setup, SOUTH_OPT_TIMEOUT).num;
    so->queue_depth = (uint8_t)given(setup, SOUTH_OPT_QUEUE_DEPTH).num;
    so->frame_timeout = given(setup, SOUTH_OPT_FRAME_TIMEOUT).num;
    so->garbage_max = (uint16_t)given(setup, SOUTH_OPT_GARBAGE_MAX).num;
    so->wakeup = (uint8_t)given(setup, SOUTH_OPT_WAKEUP).num;
    so->reads_blocks = given(setup, SOUTH_OPT_BLOCK_READS).yes;
    so->poll_timeout = gateway_given(setup, GATEWAY_POLLING_TIMEOUT).num;
    so->poll_tries = (uint32_t)gateway_given(setup, GATEWAY_POLLING_RETRIES).num + 1;
    so->poll_pause = gateway_given(setup, GATEWAY_POLLING_PAUSE).num;
}
