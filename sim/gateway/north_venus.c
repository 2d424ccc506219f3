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
    const struct wp_login login = broker_account_login(no->setup, &north_venus_account);

    broker_session_log_in(&no->session, &login, no->out);
}

/* "R/c0619ab12345/#" */
static void subscribe(struct north_venus *no, char letter, uint32_t tag)
{
    char text[NORTH_VENUS_PORTAL_MAX + 4];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_char(&w, letter);
    wp_put_char(&w, '/');
    wp_put_slice(&w, north_venus_portal(no));
    wp_put_text(&w, "/#");
    broker_session_subscribe(&no->session, wp_written(&w), 0, tag, no->out);
}

static void on_open(struct north_venus *no, const struct wp_event *event)
{
    broker_session_opened(&no->session, event->port);
    subscribe(no, VENUS_READ, 1);
    subscribe(no, VENUS_WRITE, 2);
    north_venus_publish_first(no);
}

/* ---- events --------------------------------------------------------------------------------------- */

static void on_timer(struct north_venus *no)
{
    if (no->session.reconnect_at <= no->now)
        log_in(no);
    if (no->next_heartbeat <= no->now)
        north_venus_beat(no);
}

static void on_stop(struct north_venus *no)
{
    no->stopped = true;
    no->session.reconnect_at = no->next_heartbeat = WP_NEVER;
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
    case WP_EV_CLOSE: (void)broker_session_closed(&no->session, event, out); break;
    case WP_EV_MESSAGE:
        north_venus_take_message(no, event->message.topic, event->message.payload, event->message.retain);
        break;
    case WP_EV_SUBACKED: broker_session_subacked(event, out); break;
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

    return no->session.reconnect_at < no->next_heartbeat ? no->session.reconnect_at : no->next_heartbeat;
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
