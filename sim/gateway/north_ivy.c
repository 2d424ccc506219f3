/* The gateway's own session at the broker, and what it says by itself.
 *
 *     AWAY --login--> CONNECTING --open--> READY         READY --close--> AWAY
 *                     CONNECTING --close--> AWAY         AWAY logs in again, ever more slowly
 *     READY --stop--> STOPPED                            says offline as its last word; the world logs out
 *
 * Every login has the will (gateway/status offline, retained); READY begins with gateway/status online,
 * then every meter's status, then what was kept. What clients send and cannot be read is ignored and
 * counted, see north_ivy_command.c; there is no WP_BAD here. */
#include "sim/gateway/north_ivy_impl.h"

enum { STALE_WINDOW_S = 5 };

static const struct wp_endpoint endpoints[] = {{.name = "ivy", .transport = WP_BROKER}};

static const char clients_topic[] = "$SYS/broker/clients/connected";

/* ---- what it says by itself ----------------------------------------------------------------------- */

static void put_status(struct north *no, const char *status)
{
    struct json_out *j = north_ivy_begin(no);

    json_text_member(j, "status", wp_text(status));
    north_ivy_put_timestamp(no, j);
    json_int_member(j, "uptime", (no->now - no->facts->started) / 1000);
    json_text_member(j, "version", no->facts->version);
    json_text_member(j, "name", no->facts->name);
}

static void tell_status(struct north *no, const char *status)
{
    put_status(no, status);
    north_ivy_end(no, NORTH_GATEWAY_STATUS, NULL, 0);
    no->next_status = no->now + no->status_interval;
}

static void tell_stats(struct north *no)
{
    const struct gateway_facts *facts = no->facts;
    struct json_out *j = north_ivy_begin(no);

    north_ivy_put_timestamp(no, j);
    json_key(j, "meters");
    json_open_object(j);
    json_int_member(j, "connected", (int64_t)no->n_online);
    json_int_member(j, "total", (int64_t)no->n_seen);
    json_close_object(j);
    json_key(j, "mqtt");
    json_open_object(j);
    json_int_member(j, "clients", no->clients > 0 ? no->clients - 1 : 0);
    json_int_member(j, "messagesPublished", (int64_t)no->published);
    json_close_object(j);
    json_key(j, "polling");
    json_open_object(j);
    json_bool_member(j, "enabled", facts->polling.enabled);
    json_int_member(j, "interval", facts->polling.interval / 1000);
    json_key(j, "lastRun");
    if (facts->polling.last_run < 0)
        json_put_null(j);
    else
        json_put_int(j, gateway_unix_ms(facts, facts->polling.last_run));
    json_close_object(j);
    north_ivy_end(no, NORTH_GATEWAY_STATS, NULL, 0);
    no->next_stats = no->now + no->stats_interval;
}

/* ---- the session ---------------------------------------------------------------------------------- */

static void log_in(struct north *no)
{
    struct wp_login login = broker_account_login(no->setup, &north_ivy_account);
    const struct wp_effect e = {.kind = WP_LOGIN, .endpoint = no->endpoint, .login = &login};

    put_status(no, "offline");
    json_close_object(&no->json);
    login.has_will = true;
    login.will.topic = north_ivy_topic(no, NORTH_GATEWAY_STATUS, NULL);
    login.will.payload = wp_written(&no->w);
    login.will.qos = 1;
    login.will.retain = true;
    no->reconnect_at = WP_NEVER;
    no->out->emit(no->out, &e);
}

static void subscribe(struct north *no, struct wp_slice filter, uint8_t qos, uint32_t tag)
{
    const struct wp_effect e = {
        .kind = WP_SUBSCRIBE,
        .endpoint = no->endpoint,
        .port = no->port,
        .subscribe = {.filter = filter, .qos = qos, .tag = tag},
    };

    no->out->emit(no->out, &e);
}

/* "ivy/v1/meters/+/status" */
static struct wp_slice any_meter(const struct north *no, const char *leaf, char *text, size_t cap)
{
    struct wp_writer w = wp_writer(text, cap);

    wp_put_slice(&w, wp_slice(no->topic, no->n_prefix));
    wp_put_text(&w, "/meters/+");
    wp_put_text(&w, leaf);
    return wp_written(&w);
}

static void subscribe_all(struct north *no)
{
    char text[NORTH_TOPIC_MAX];

    subscribe(no, any_meter(no, "/command/request", text, sizeof text), 1, 1);
    subscribe(no, wp_text(clients_topic), 0, 2);
    no->stale_until = WP_NEVER;
    if (!no->clears_stale)
        return;
    subscribe(no, any_meter(no, "/status", text, sizeof text), 1, 3);
    no->stale_until = no->now + WP_SEC(STALE_WINDOW_S);
}

static void end_stale_window(struct north *no)
{
    char text[NORTH_TOPIC_MAX];
    struct wp_effect e = {.kind = WP_UNSUBSCRIBE, .endpoint = no->endpoint, .port = no->port};

    e.subscribe.filter = any_meter(no, "/status", text, sizeof text);
    no->stale_until = WP_NEVER;
    no->out->emit(no->out, &e);
}

static void on_open(struct north *no, const struct wp_event *event)
{
    no->port = event->port;
    no->login++;
    no->reconnect_delay = no->reconnect_min;
    no->in_flight = 0;
    no->to_tell = no->by_id.n;
    subscribe_all(no);
    tell_status(no, "online");
    north_ivy_tell_states(no);
}

static void on_close(struct north *no, const struct wp_event *event)
{
    if (no->port && event->port != no->port)
        return;
    if (!no->stopped)
        wp_note(no->out, no->port ? "broker-lost" : "broker-refused", wp_text(""), event->close.code);
    no->port = 0;
    no->clients = 0;
    no->next_status = no->stale_until = WP_NEVER;
    no->reconnect_at = no->now + no->reconnect_delay;
    no->reconnect_delay *= 2;
    if (no->reconnect_delay > no->reconnect_max)
        no->reconnect_delay = no->reconnect_max;
}

static void on_stop(struct north *no)
{
    no->stopped = true;
    no->reconnect_at = WP_NEVER;
    if (no->port) /* the world logs out, once the broker has taken this over */
        tell_status(no, "offline");
    no->next_status = no->next_stats = no->stale_until = WP_NEVER;
}

/* ---- events --------------------------------------------------------------------------------------- */

static uint32_t read_count(struct wp_slice text)
{
    uint32_t n = 0;

    for (size_t i = 0; i < text.n && i < 9 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        n = n * 10 + (uint32_t)(text.p[i] - '0');
    return n;
}

/* "ivy/v1/meters/000000000001/status": the id, and what stands behind it. false: it is none of ours. */
static bool split_topic(const struct north *no, struct wp_slice topic, struct wp_slice *ret_id,
                        struct wp_slice *ret_leaf)
{
    const uint8_t *slash;

    if (topic.n <= no->n_meters || memcmp(topic.p, no->topic, no->n_prefix) != 0 ||
        memcmp(topic.p + no->n_prefix, "/meters/", no->n_meters - no->n_prefix) != 0)
        return false;
    topic = wp_slice_from(topic, no->n_meters);
    slash = memchr(topic.p, '/', topic.n);
    if (!slash)
        return false;
    *ret_id = wp_slice(topic.p, (size_t)(slash - topic.p));
    *ret_leaf = wp_slice_from(topic, ret_id->n);
    return true;
}

static void on_message(struct north *no, const struct wp_event *event)
{
    struct wp_slice id, leaf, payload = event->message.payload;

    if (wp_slice_is(event->message.topic, clients_topic)) {
        no->clients = read_count(payload);
        return;
    }
    if (!split_topic(no, event->message.topic, &id, &leaf))
        return;
    if (wp_slice_is(leaf, "/status")) {
        if (event->message.retain && north_ivy_is_id(id))
            north_ivy_take_stale(no, id, payload);
    } else if (wp_slice_is(leaf, "/command/request")) {
        if (event->message.retain)
            north_ivy_ignore(no, "retained");
        else if (!north_ivy_is_id(id))
            north_ivy_ignore(no, "the topic names no meter");
        else
            north_ivy_take_request(no, id, payload);
    }
}

static void on_timer(struct north *no)
{
    if (no->reconnect_at <= no->now)
        log_in(no);
    if (no->stale_until <= no->now)
        end_stale_window(no);
    if (no->next_status <= no->now)
        tell_status(no, "online");
    if (no->next_stats <= no->now)
        tell_stats(no);
}

static void on_set(struct north *no, const struct wp_event *event)
{
    const struct wp_option *option = event->set.option;
    struct wp_value value = gateway_set_value(event);

    if (option == &north_ivy_options[NORTH_OPT_STATUS_INTERVAL]) {
        no->status_interval = value.num;
        no->next_status = no->port ? no->now + value.num : WP_NEVER;
    } else if (option == &north_ivy_options[NORTH_OPT_STATS_INTERVAL]) {
        no->stats_interval = value.num;
        no->next_stats = no->now + value.num;
    } else {
        north_ivy_set_limits(no, option, value);
    }
}

static void on_start(struct north *no)
{
    no->next_stats = no->now + no->stats_interval;
    log_in(no);
}

static void north_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct north *no = machine;

    no->out = out;
    no->now = event->now;
    if (no->stopped) /* after goodbye nothing more is said */
        return;
    switch (event->kind) {
    case WP_EV_START: on_start(no); break;
    case WP_EV_OPEN: on_open(no, event); break;
    case WP_EV_CLOSE: on_close(no, event); break;
    case WP_EV_MESSAGE: on_message(no, event); break;
    case WP_EV_ACKED:
        if (event->acked.tag != 0)
            north_ivy_state_acked(no);
        break;
    case WP_EV_SUBACKED: broker_session_subacked(event, out); break;
    case WP_EV_TIMER: on_timer(no); break;
    case WP_EV_SET: on_set(no, event); break;
    case WP_EV_STOP: on_stop(no); break;
    case WP_EV_READING: north_ivy_take_reading(no, event->reading); break;
    case WP_EV_PRESENCE: north_ivy_take_presence(no, event->presence); break;
    case WP_EV_ANSWER: north_ivy_take_answer(no, event->answer); break;
    case WP_EV_BYTES:
    case WP_EV_HANDED:
    case WP_EV_COMMAND: break;
    }
}

static wp_us north_deadline(const void *machine)
{
    const struct north *no = machine;
    wp_us a = no->next_status < no->next_stats ? no->next_status : no->next_stats;
    wp_us b = no->reconnect_at < no->stale_until ? no->reconnect_at : no->stale_until;

    return a < b ? a : b;
}

const struct wp_class north_ivy_class = {
    .name = "ivy",
    .help = "the MQTT API of the IVY 4G gateway",
    .options = north_ivy_options,
    .n_options = NORTH_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = north_ivy_check,
    .size = north_ivy_size,
    .init = north_ivy_init,
    .step = north_step,
    .deadline = north_deadline,
};
