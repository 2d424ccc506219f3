/* LuxPower inverters, each behind a datalog that the gateway dials. One session each, for ever:
 *
 *     WAITING --timer--> DIALLING --open--> CONNECTED (online) --close, silence--> WAITING (offline)
 *                        DIALLING --failed--> WAITING
 *
 * While it is connected
 *
 *     bytes --stream--> frames --a heartbeat--> the same bytes back
 *                              --the reply to the request that is out--> reading and answer, the next request
 *                              --any other reply--> reading
 *                              --somebody's write of many--> those registers are read --> reading
 *                              --params, firmware, exceptions of others--> counted
 *     command --> queue --one request at a time--> the datalog
 *
 * A wait lasts lxp.reconnect, and twice as long each time up to lxp.reconnect_max; the first byte that is heard
 * sets it back. WP_BAD skips to the next byte that could begin a frame, see south_lxp_stream.c.
 *
 * A session is one cell of about 150 bytes for the machine's life; a buffer is borrowed while a frame is
 * incomplete, a cell for each command that waits or runs. Without inverters there is nothing but the options. */
#include "sim/gateway/south_lxp_impl.h"

#include <assert.h>

static const struct wp_endpoint endpoints[] = {{.name = "lxp", .transport = WP_TCP}};

/* ---- notes ---------------------------------------------------------------------------------------- */

static const char *const count_words[] = {
#define X(name, text) text,
    LXP_COUNTS(X)
#undef X
};

void south_lxp_count_text(struct lxp_south *so, enum lxp_count what, struct wp_slice text, uint64_t n)
{
    so->count[what] += n;
    wp_note(so->out, count_words[what], text, (int64_t)so->count[what]);
}

void south_lxp_count(struct lxp_south *so, enum lxp_count what, const struct lxp_session *s, uint64_t n)
{
    south_lxp_count_text(so, what, lxp_session_serial(s), n);
}

static struct wp_addr address_of(const struct lxp_session *s)
{
    return (struct wp_addr){.ip = (uint32_t)(s->where >> 16), .port = (uint16_t)s->where};
}

/* "5555555555 at 192.0.2.10:8000: refused". */
static void count_failed_dial(struct lxp_south *so, const struct lxp_session *s, enum wp_close_reason reason)
{
    char text[80];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_slice(&w, lxp_session_serial(s));
    wp_put_text(&w, " at ");
    wp_put_addr(&w, address_of(s));
    wp_put_text(&w, reason == WP_CLOSE_TIMEOUT ? ": no answer" : ": refused");
    south_lxp_count_text(so, LXP_N_DIAL, wp_slice(text, w.n), 1);
}

/* ---- one session ---------------------------------------------------------------------------------- */

static struct wp_slice port_key(const wp_port *port)
{
    return wp_slice(port, sizeof *port);
}

static struct lxp_session *find_address(const struct lxp_south *so, struct wp_addr addr)
{
    uint64_t where = (uint64_t)addr.ip << 16 | addr.port;

    return wp_map_find(&so->by_address, wp_slice(&where, sizeof where));
}

static struct lxp_session *find_port(const struct lxp_south *so, wp_port port)
{
    return so->n ? wp_map_find(&so->by_port, port_key(&port)) : NULL;
}

static void earlier(wp_us *at, wp_us other)
{
    if (other < *at)
        *at = other;
}

static wp_us session_deadline(const struct lxp_south *so, const struct lxp_session *s)
{
    wp_us at;

    if (s->is_dialling || so->stopped)
        return WP_NEVER;
    if (!s->port)
        return s->at;
    at = s->at + so->silence;
    earlier(&at, south_lxp_stream_deadline(so, s));
    earlier(&at, south_lxp_queue_deadline(so, s));
    return at;
}

static void arm(struct lxp_south *so, struct lxp_session *s)
{
    wp_us at = session_deadline(so, s);

    if (wp_timer_is_set(&s->timer) ? s->timer.at != at : at != WP_NEVER)
        wp_timers_set(so->timers, &s->timer, at);
}

static void dial(struct lxp_south *so, struct lxp_session *s)
{
    const struct wp_effect effect = {
        .kind = WP_DIAL, .endpoint = so->endpoint, .dial = {address_of(s), so->dial_timeout}};

    s->is_dialling = true;
    arm(so, s);
    so->out->emit(so->out, &effect);
}

static void wait_for_dial(struct lxp_south *so, struct lxp_session *s)
{
    s->at = so->now + s->wait;
    s->wait = s->wait > so->reconnect_max / 2 ? so->reconnect_max : 2 * s->wait;
    arm(so, s);
}

static void tell_presence(struct lxp_south *so, const struct lxp_session *s, bool online)
{
    const struct wp_presence presence = {.device = lxp_session_serial(s),
                                         .protocol = south_lxp_class.name,
                                         .online = online,
                                         .ip = address_of(s).ip,
                                         .at = so->now};
    const struct wp_effect effect = {.kind = WP_PRESENCE, .presence = &presence};

    so->out->emit(so->out, &effect);
}

/* Its connection is no more. */
static void gone(struct lxp_south *so, struct lxp_session *s)
{
    wp_map_remove(&so->by_port, port_key(&s->port));
    s->port = 0;
    session_buffer_return(&so->buffers, &s->rx);
    s->is_late = s->is_lost = false;
    s->double_until = 0;
    if (so->told)
        memset(so->told[s - so->session].is_known, 0, sizeof so->told->is_known);
    south_lxp_fail_all(so, s, "Connection to the inverter was lost");
    tell_presence(so, s, false);
    wait_for_dial(so, s);
}

static void hang_up(struct lxp_south *so, struct lxp_session *s)
{
    wp_hang_up(so->out, s->port);
    gone(so, s);
}

static void session_timer(struct lxp_south *so, struct lxp_session *s)
{
    if (!s->port) {
        dial(so, s);
        return;
    }
    if (s->at + so->silence <= so->now) {
        south_lxp_count(so, LXP_N_SILENT, s, 1);
        hang_up(so, s);
        return;
    }
    south_lxp_stream_timer(so, s);
    south_lxp_queue_timer(so, s);
    arm(so, s);
}

/* ---- events --------------------------------------------------------------------------------------- */

static void on_start(struct lxp_south *so)
{
    for (size_t i = 0; i < so->n; i++)
        dial(so, &so->session[i]);
}

static void on_open(struct lxp_south *so, const struct wp_event *event)
{
    struct lxp_session *s = so->n ? find_address(so, event->open.peer) : NULL;

    if (!s || !s->is_dialling || so->stopped) {
        wp_hang_up(so->out, event->port);
        return;
    }
    s->is_dialling = false;
    s->port = event->port;
    s->at = so->now;
    wp_map_add(&so->by_port, port_key(&s->port), s);
    arm(so, s);
    tell_presence(so, s, true);
}

static void on_close(struct lxp_south *so, const struct wp_event *event)
{
    struct lxp_session *s = event->port ? find_port(so, event->port) : NULL;

    if (s) {
        gone(so, s);
        return;
    }
    s = event->port == 0 && so->n ? find_address(so, event->close.peer) : NULL;
    if (s && s->is_dialling) {
        s->is_dialling = false;
        count_failed_dial(so, s, event->close.reason);
        wait_for_dial(so, s);
    }
}

static void on_bytes(struct lxp_south *so, const struct wp_event *event)
{
    struct lxp_session *s = find_port(so, event->port);

    if (!s)
        return; /* hung up before */
    s->at = so->now;
    s->wait = so->reconnect;
    south_lxp_take_bytes(so, s, event->bytes);
    south_lxp_go_on(so, s);
    arm(so, s);
}

static void on_timer(struct lxp_south *so)
{
    struct wp_timer *t;

    while (so->n && (t = wp_timers_pop(so->timers, so->now)))
        session_timer(so, WP_OWNER(t, struct lxp_session, timer));
}

static void on_command(struct lxp_south *so, const struct wp_command *command)
{
    struct lxp_session *s;

    south_lxp_take_command(so, command);
    s = so->n ? wp_map_find(&so->by_serial, command->device) : NULL;
    if (s)
        arm(so, s);
}

static void on_set(struct lxp_south *so, const struct wp_event *event)
{
    if (event->set.option == &south_lxp_options[LXP_OPT_HEARTBEATS])
        so->echoes = gateway_set_value(event).yes;
    else if (event->set.option == &south_lxp_options[LXP_OPT_ACCEPT_ANY_SERIAL])
        so->accepts_any = gateway_set_value(event).yes;
}

static void on_stop(struct lxp_south *so)
{
    so->stopped = true;
    for (size_t i = 0; i < so->n; i++) {
        if (so->session[i].port)
            hang_up(so, &so->session[i]);
        arm(so, &so->session[i]);
    }
}

static void south_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct lxp_south *so = machine;

    so->out = out;
    so->now = event->now;
    switch (event->kind) {
    case WP_EV_START: on_start(so); break;
    case WP_EV_OPEN: on_open(so, event); break;
    case WP_EV_CLOSE: on_close(so, event); break;
    case WP_EV_BYTES: on_bytes(so, event); break;
    case WP_EV_TIMER: on_timer(so); break;
    case WP_EV_COMMAND: on_command(so, event->command); break;
    case WP_EV_SET: on_set(so, event); break;
    case WP_EV_STOP: on_stop(so); break;
    default: break;
    }
}

static wp_us south_deadline(const void *machine)
{
    const struct lxp_south *so = machine;

    return so->n ? wp_timers_earliest(so->timers) : WP_NEVER;
}

const struct wp_class south_lxp_class = {
    .name = "lxp",
    .help = "LuxPower inverters, dialled at their datalogs over TCP",
    .options = south_lxp_options,
    .n_options = LXP_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = south_lxp_check,
    .size = south_lxp_size,
    .init = south_lxp_init,
    .step = south_step,
    .deadline = south_deadline,
};
