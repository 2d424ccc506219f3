/* The venus north: one session at the broker, in which services of the D-Bus are told, asked and written.
 *
 *     AWAY --login--> CONNECTING --open--> READY         READY --close--> AWAY
 *                     CONNECTING --close--> AWAY         AWAY logs in again, at first soon, then ever more slowly
 *     READY --stop--> STOPPED                            without a word: the API has no status and no will
 *
 *     ASLEEP --keep-alive--> ALIVE --60 s after the last one--> ASLEEP       in every state above
 *
 * READY begins with the subscriptions to R/<portal>/# and W/<portal>/#, the serial if it is known, and the notice of
 * keep-alive. All sessions are clean and QoS is 0 everywhere, as in the original; what is told while the broker is away
 * is lost and counted, since a keep-alive brings everything anew. ALIVE and its timers go on without a session.
 * What clients send and is no request is ignored and counted, see north_venus_request.c; there is no WP_BAD here.
 * source: api/venus.md; protocols/victron-dbus-and-vrm b, g.4 */
#include "sim/gateway/north_venus_impl.h"

static const struct wp_endpoint endpoints[] = {{.name = "venus", .transport = WP_BROKER}};

/* ---- the session ---------------------------------------------------------------------------------- */

static void log_in(struct north_venus *no)
{
    const struct wp_login login = {
        .client_id = north_venus_given_text(no, NORTH_VENUS_OPT_CLIENT_ID),
        .user = north_venus_given_text(no, NORTH_VENUS_OPT_USER),
        .password = north_venus_given_text(no, NORTH_VENUS_OPT_PASSWORD),
        .clean = true,
        .keepalive_s = (uint16_t)(north_venus_given(no, NORTH_VENUS_OPT_KEEPALIVE).num / WP_SEC(1)),
    };
    const struct wp_effect e = {.kind = WP_LOGIN, .endpoint = no->endpoint, .login = &login};

    no->reconnect_at = WP_NEVER;
    no->out->emit(no->out, &e);
}

/* How long to wait after so many failures in a row. */
static wp_us reconnect_wait(const struct north_venus *no)
{
    static const wp_us waits[] = {WP_MS(100), WP_MS(500), WP_SEC(1),  WP_SEC(1),  WP_SEC(5), WP_SEC(5),
                                  WP_SEC(5),  WP_SEC(10), WP_SEC(15), WP_SEC(20), WP_SEC(30)};
    const unsigned n = sizeof waits / sizeof waits[0];
    wp_us wait = waits[no->tries < n ? no->tries : n - 1];

    return wait < no->reconnect_max ? wait : no->reconnect_max;
}

/* "R/c0619ab12345/#" */
static void subscribe(struct north_venus *no, char letter, uint32_t tag)
{
    char text[NORTH_VENUS_PORTAL_MAX + 4];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct wp_effect e = {.kind = WP_SUBSCRIBE, .endpoint = no->endpoint, .port = no->port};

    wp_put_char(&w, letter);
    wp_put_char(&w, '/');
    wp_put_slice(&w, north_venus_portal(no));
    wp_put_text(&w, "/#");
    e.subscribe.filter = wp_written(&w);
    e.subscribe.tag = tag;
    no->out->emit(no->out, &e);
}

static void on_open(struct north_venus *no, const struct wp_event *event)
{
    no->port = event->port;
    no->tries = 0;
    subscribe(no, VENUS_READ, 1);
    subscribe(no, VENUS_WRITE, 2);
    north_venus_publish_first(no);
}

static void on_close(struct north_venus *no, const struct wp_event *event)
{
    if (no->port && event->port != no->port)
        return;
    wp_note(no->out, no->port ? "broker-lost" : "broker-refused", wp_text(""), event->close.code);
    no->port = 0;
    no->reconnect_at = no->now + reconnect_wait(no);
    no->tries++;
}

static void on_subacked(struct north_venus *no, const struct wp_event *event)
{
    if (event->subacked.code == WP_SUBACK_REFUSED)
        wp_note(no->out, "subscription-refused", wp_text(""), event->subacked.tag);
}

/* ---- events --------------------------------------------------------------------------------------- */

static void on_timer(struct north_venus *no)
{
    if (no->reconnect_at <= no->now)
        log_in(no);
    if (no->next_heartbeat <= no->now)
        north_venus_beat(no);
}

static void on_stop(struct north_venus *no)
{
    no->stopped = true;
    no->reconnect_at = no->next_heartbeat = WP_NEVER;
}

/* Answers need no ear: who asked hears readings, or nothing. */
static void venus_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct north_venus *no = machine;

    no->out = out;
    no->now = event->now;
    if (no->stopped)
        return;
    switch (event->kind) {
    case WP_EV_START: log_in(no); break;
    case WP_EV_OPEN: on_open(no, event); break;
    case WP_EV_CLOSE: on_close(no, event); break;
    case WP_EV_MESSAGE:
        north_venus_take_message(no, event->message.topic, event->message.payload, event->message.retain);
        break;
    case WP_EV_SUBACKED: on_subacked(no, event); break;
    case WP_EV_TIMER: on_timer(no); break;
    case WP_EV_STOP: on_stop(no); break;
    case WP_EV_READING: north_venus_take_reading(no, event->reading); break;
    case WP_EV_PRESENCE: north_venus_take_presence(no, event->presence); break;
    case WP_EV_ANSWER:
    case WP_EV_ACKED:
    case WP_EV_SET:
    case WP_EV_COMMAND:
    case WP_EV_BYTES:
    case WP_EV_HANDED: break;
    }
}

static wp_us venus_deadline(const void *machine)
{
    const struct north_venus *no = machine;

    return no->reconnect_at < no->next_heartbeat ? no->reconnect_at : no->next_heartbeat;
}

const struct wp_class north_venus_class = {
    .name = "venus",
    .help = "the N/R/W MQTT API of Victron's Venus OS",
    .options = north_venus_options,
    .n_options = NORTH_VENUS_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = north_venus_check,
    .size = north_venus_size,
    .init = north_venus_init,
    .step = venus_step,
    .deadline = venus_deadline,
};
