/* What the IVY north is made from: its options, and its memory cut into tables and buffers. */
#include "sim/gateway/north_ivy_impl.h"

enum { TAPE_BYTES_PER_TOKEN = 2, PAYLOAD_SPARE = 16384, METERS_SPARE = 64 };

const struct wp_option north_ivy_options[NORTH_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/north_ivy_options.def"
#undef OPTION
};

const struct broker_account north_ivy_account = {
    .client_id = &north_ivy_options[NORTH_OPT_CLIENT_ID],
    .user = &north_ivy_options[NORTH_OPT_USER],
    .password = &north_ivy_options[NORTH_OPT_PASSWORD],
    .keepalive = &north_ivy_options[NORTH_OPT_KEEPALIVE],
};

struct wp_value north_ivy_given(const struct north *no, enum north_option id)
{
    return wp_setup_value(no->setup, &north_ivy_options[id]);
}

/* Levels of plain text, neither the first nor the last one empty. */
static bool is_prefix(struct wp_slice text)
{
    if (text.n == 0 || text.n > NORTH_PREFIX_MAX || text.p[0] == '/' || text.p[0] == '$' ||
        text.p[text.n - 1] == '/')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '+' || text.p[i] == '#' || text.p[i] < 0x20)
            return false;
    return true;
}

bool north_ivy_check(const struct wp_setup *setup, struct wp_writer *why)
{
    struct wp_value min = wp_setup_value(setup, &north_ivy_options[NORTH_OPT_RECONNECT_MIN]);
    struct wp_value max = wp_setup_value(setup, &north_ivy_options[NORTH_OPT_RECONNECT_MAX]);

    if (!is_prefix(wp_setup_value(setup, &north_ivy_options[NORTH_OPT_PREFIX]).bytes)) {
        wp_put_text(why,
                    "ivy.prefix takes topic levels such as ivy/v1, without + and #, at most 64 characters");
        return false;
    }
    if (min.num > max.num) {
        wp_put_text(why, "ivy.reconnect_min is longer than ivy.reconnect_max");
        return false;
    }
    return true;
}

static size_t max_meters(const struct wp_setup *setup)
{
    struct wp_value v = wp_setup_value(setup, &north_ivy_options[NORTH_OPT_MAX_METERS]);
    size_t connected = gateway_max_meters(setup);

    return v.kind == WP_DECIMAL ? (size_t)v.num : connected + connected / 4 + METERS_SPARE;
}

static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    struct north *no = wp_carve(memory, sizeof *no), sizing;
    size_t request = (size_t)wp_setup_value(setup, &north_ivy_options[NORTH_OPT_REQUEST_MAX]).num;
    size_t n_tokens = request / TAPE_BYTES_PER_TOKEN + 8, n_outbox, n_pending;
    void *tokens = wp_carve(memory, n_tokens * sizeof(struct json_token));
    void *payload = wp_carve(memory, 2 * request + PAYLOAD_SPARE), *outbox;

    n_outbox = (size_t)wp_setup_value(setup, &north_ivy_options[NORTH_OPT_OUTBOX]).num;
    n_pending = (size_t)wp_setup_value(setup, &north_ivy_options[NORTH_OPT_MAX_PENDING]).num;
    outbox = wp_carve(memory, n_outbox);
    if (no) {
        *no = (struct north){.setup = setup};
        no->tape.at = tokens;
        no->tape.cap = (uint32_t)n_tokens;
        no->payload = payload;
        no->payload_cap = 2 * request + PAYLOAD_SPARE;
        no->outbox = wp_writer(outbox, n_outbox);
    } else {
        no = &sizing;
    }
    no->request_max = request;
    north_ivy_meters_lay_out(no, memory, max_meters(setup));
    north_ivy_pending_lay_out(no, memory, n_pending);
}

size_t north_ivy_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

void north_ivy_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct north *no = memory;
    struct wp_slice prefix;

    lay_out(setup, &room);
    no->facts = gateway_facts(setup);
    no->endpoint = wp_setup_endpoint(setup, "ivy");
    prefix = north_ivy_given(no, NORTH_OPT_PREFIX).bytes;
    memcpy(no->topic, prefix.p, prefix.n);
    no->n_prefix = prefix.n;
    no->n_meters = prefix.n + strlen("/meters/");
    no->telemetry_qos = (uint8_t)north_ivy_given(no, NORTH_OPT_TELEMETRY_QOS).num;
    no->reconnect_min = no->reconnect_delay = north_ivy_given(no, NORTH_OPT_RECONNECT_MIN).num;
    no->reconnect_max = north_ivy_given(no, NORTH_OPT_RECONNECT_MAX).num;
    no->status_interval = north_ivy_given(no, NORTH_OPT_STATUS_INTERVAL).num;
    no->stats_interval = north_ivy_given(no, NORTH_OPT_STATS_INTERVAL).num;
    no->clears_stale = north_ivy_given(no, NORTH_OPT_CLEAR_STALE).yes;
    no->next_status = no->next_stats = no->reconnect_at = no->stale_until = WP_NEVER;
    north_ivy_set_limits(no, NULL, wp_null());
}
