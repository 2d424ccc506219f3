/* The octolux north: one session at the broker for all inverters.
 *
 *     AWAY --login--> CONNECTING --open--> READY         READY --close--> AWAY
 *                     CONNECTING --close--> AWAY         AWAY logs in again, at first soon, then ever more slowly
 *     READY --stop--> STOPPED                            without a word: the API has no status and no will
 *
 * READY begins with a subscription for each command of each inverter, whatever the broker remembers, and with what
 * waited. Logins are clean up to the first that succeeds; later ones are not, so from then on what is commanded in an
 * outage is not lost.
 * What clients send and is no command is ignored and counted, see north_octolux_command.c; there is no WP_BAD here. */
#include "sim/gateway/north_octolux_impl.h"

/* Subscriptions under way at once: ten inverters' worth. */
enum { SUBSCRIPTIONS_MAX = 10 * OCTOLUX_N_COMMANDS };

static const struct wp_endpoint endpoints[] = {{.name = "octolux", .transport = WP_BROKER}};

/* ---- the session ---------------------------------------------------------------------------------- */

static void log_in(struct octolux *no)
{
    struct wp_login login = broker_account_login(no->setup, &north_octolux_account);

    login.clean = no->always_clean || !no->had_session;
    broker_session_log_in(&no->session, &login, no->out);
}

/* "octolux/cmd/ac_charge"; its tag is its number from 1. */
static void subscribe(struct octolux *no, uint32_t number)
{
    char text[OCTOLUX_TOPIC_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_slice(&w, octolux_prefix(no, number / no->n_commands));
    wp_put_text(&w, "/cmd/");
    wp_put_text(&w, octolux_command_names[number % no->n_commands]);
    broker_session_subscribe(&no->session, wp_written(&w), 1, number + 1, no->out);
}

static void subscribe_next(struct octolux *no)
{
    for (; no->next_subscription < no->n_subscriptions && no->unanswered < SUBSCRIPTIONS_MAX;
         no->unanswered++)
        subscribe(no, no->next_subscription++);
}

static void on_open(struct octolux *no, const struct wp_event *event)
{
    broker_session_opened(&no->session, event->port);
    no->had_session = true;
    no->next_subscription = no->unanswered = 0;
    subscribe_next(no);
    octolux_send_waiting(no);
}

static void on_close(struct octolux *no, const struct wp_event *event)
{
    if (broker_session_closed(&no->session, event, no->out))
        octolux_unsend(no);
}

static void on_subacked(struct octolux *no, const struct wp_event *event)
{
    broker_session_subacked(event, no->out);
    if (no->unanswered > 0)
        no->unanswered--;
    if (no->session.port)
        subscribe_next(no);
}

/* ---- events --------------------------------------------------------------------------------------- */

static void on_timer(struct octolux *no)
{
    if (no->session.reconnect_at <= no->now)
        log_in(no);
}

static void on_stop(struct octolux *no)
{
    no->stopped = true;
    no->session.reconnect_at = WP_NEVER;
}

static void octolux_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct octolux *no = machine;

    no->out = out;
    no->now = event->now;
    if (no->stopped)
        return;
    switch (event->kind) {
    case WP_EV_START: log_in(no); break;
    case WP_EV_OPEN: on_open(no, event); break;
    case WP_EV_CLOSE: on_close(no, event); break;
    case WP_EV_MESSAGE:
        octolux_take_message(no, event->message.topic, event->message.payload, event->message.retain);
        break;
    case WP_EV_ACKED:
        if (event->acked.ok)
            octolux_acked(no, event->acked.tag);
        break;
    case WP_EV_SUBACKED: on_subacked(no, event); break;
    case WP_EV_TIMER: on_timer(no); break;
    case WP_EV_STOP: on_stop(no); break;
    case WP_EV_READING: octolux_take_reading(no, event->reading); break;
    case WP_EV_ANSWER: octolux_take_answer(no, event->answer); break;
    case WP_EV_SET:
    case WP_EV_PRESENCE:
    case WP_EV_COMMAND:
    case WP_EV_BYTES:
    case WP_EV_HANDED: break;
    }
}

static wp_us octolux_deadline(const void *machine)
{
    return ((const struct octolux *)machine)->session.reconnect_at;
}

const struct wp_class north_octolux_class = {
    .name = "octolux",
    .help = "the octolux MQTT API of LuxPower inverters",
    .options = north_octolux_options,
    .n_options = OCTOLUX_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = north_octolux_check,
    .size = north_octolux_size,
    .init = north_octolux_init,
    .step = octolux_step,
    .deadline = octolux_deadline,
};
