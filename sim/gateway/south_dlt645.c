/* Sessions of meters that dial in.
 *
 *     accept --> UNKNOWN --good frame of a meter, login, heartbeat--> KNOWN      presence: online
 *                UNKNOWN --identify_delay without data, 3 times--> UNKNOWN       asks for the address (13)
 *     KNOWN --the same meter on a newer connection--> closed                     the newer one goes on
 *     KNOWN --last gasp--> closed                                                presence: offline
 *     UNKNOWN, KNOWN by its login alone --another south's protocol--> that south's, no presence
 *     KNOWN --another south has the meter--> closed, no presence
 *     any --closed by the peer, idle_timeout, garbage_max bytes--> closed        KNOWN: presence: offline
 *
 * In KNOWN requests run one at a time, see south_dlt645_queue.c. WP_BAD drops one byte and looks again at
 * the next one that could start a frame; what was dropped is counted, see south_dlt645_stream.c.
 *
 * An idle session is one cell of about 130 bytes; a buffer is borrowed while a frame is incomplete, a cell
 * for each command that waits or runs. An empty pool refuses, with a note. How many may connect is the
 * door's affair, see door.c. */
#include "sim/gateway/south_dlt645_impl.h"

#include <assert.h>

static const struct wp_endpoint endpoints[] = {
    {.name = "meters", .transport = WP_TCP, .listen = true, .addr = {.port = 8899}}};

/* ---- notes ---------------------------------------------------------------------------------------- */

static const char *const count_words[] = {
#define X(name, text) text,
    SOUTH_COUNTS(X)
#undef X
};

static void note(struct south *so, enum south_count what, struct wp_slice text)
{
    wp_note(so->out, count_words[what], text, (int64_t)so->count[what]);
}

void south_dlt645_count(struct south *so, enum south_count what, const struct south_session *s, uint64_t n)
{
    char ip[16];
    struct wp_writer w = wp_writer(ip, sizeof ip);

    so->count[what] += n;
    if (s->identified) {
        note(so, what, wp_slice(s->device, SOUTH_ADDRESS_DIGITS));
        return;
    }
    wp_put_ip(&w, s->ip);
    note(so, what, wp_written(&w));
}

/* ---- one session ---------------------------------------------------------------------------------- */

static struct wp_slice port_key(const wp_port *port)
{
    return wp_slice(port, sizeof *port);
}

static void earlier(wp_us *at, wp_us other)
{
    if (other < *at)
        *at = other;
}

static bool may_ask(const struct south *so, const struct south_session *s)
{
    return !s->identified && !s->is_wrapped && s->n_asked < so->identify_tries;
}

void south_dlt645_arm(struct south *so, struct south_session *s)
{
    wp_us at = s->rx ? s->heard + so->frame_timeout : WP_NEVER;

    if (may_ask(so, s))
        earlier(&at, s->until);
    earlier(&at, south_dlt645_queue_deadline(s));
    if (wp_timer_is_set(&s->timer) ? s->timer.at != at : at != WP_NEVER)
        wp_timers_set(&so->timers, &s->timer, at);
}

/* All have the same idle timeout, so the list in order of hearing is the list in order of idle deadlines. */
static void append_heard(struct south *so, struct south_session *s)
{
    s->older = so->newest;
    s->newer = NULL;
    if (so->newest)
        so->newest->newer = s;
    else
        so->oldest = s;
    so->newest = s;
}

static void unlink_heard(struct south *so, struct south_session *s)
{
    if (s->older)
        s->older->newer = s->newer;
    else
        so->oldest = s->newer;
    if (s->newer)
        s->newer->older = s->older;
    else
        so->newest = s->older;
}

static void hear(struct south *so, struct south_session *s)
{
    s->heard = so->now;
    if (so->newest == s)
        return;
    unlink_heard(so, s);
    append_heard(so, s);
}

static wp_us idle_deadline(const struct south *so)
{
    return so->oldest ? so->oldest->heard + so->idle_timeout : WP_NEVER;
}

void south_dlt645_release(struct south *so, struct south_session *s)
{
    assert(!s->first);
    assert(!s->poll);
    if (s->identified && wp_map_find(&so->by_device, wp_slice(s->device, SOUTH_ADDRESS_DIGITS)) == s)
        wp_map_remove(&so->by_device, wp_slice(s->device, SOUTH_ADDRESS_DIGITS));
    wp_map_remove(&so->by_port, port_key(&s->port));
    wp_timers_clear(&so->timers, &s->timer);
    unlink_heard(so, s);
    session_buffer_return(&so->buffers, &s->rx);
    s->port = 0;
    wp_pool_return(&so->sessions, s);
}

/* Its connection is no more. */
static void gone(struct south *so, struct south_session *s)
{
    south_dlt645_fail_all(so, s);
    if (s->identified)
        south_dlt645_tell_presence(so, s, false);
    south_dlt645_release(so, s);
}

void south_dlt645_end(struct south *so, struct south_session *s)
{
    wp_hang_up(so->out, s->port);
    gone(so, s);
}

static void session_timer(struct south *so, struct south_session *s)
{
    if (s->rx && s->heard + so->frame_timeout <= so->now)
        south_dlt645_give_up_frame(so, s);
    if (s->port && may_ask(so, s) && s->until <= so->now)
        south_dlt645_ask_address(so, s);
    if (s->port) {
        south_dlt645_queue_timer(so, s);
        south_dlt645_arm(so, s);
    }
}

/* ---- events --------------------------------------------------------------------------------------- */

static void on_open(struct south *so, const struct wp_event *event)
{
    struct south_session *s = wp_pool_borrow(&so->sessions);

    assert(s); /* the door lets in no more than there are cells */
    s->port = event->port;
    s->ip = event->open.peer.ip;
    s->heard = so->now;
    s->until = so->now + so->identify_delay;
    append_heard(so, s);
    wp_map_add(&so->by_port, port_key(&s->port), s);
    south_dlt645_arm(so, s);
}

static void on_bytes(struct south *so, const struct wp_event *event)
{
    struct south_session *s = wp_map_find(&so->by_port, port_key(&event->port));

    if (!s)
        return; /* already given up */
    hear(so, s);
    if (may_ask(so, s))
        s->until = so->now + so->identify_delay;
    south_dlt645_take_bytes(so, s, event->bytes);
    if (s->port) {
        south_dlt645_go_on(so, s);
        south_dlt645_arm(so, s);
    }
}

static void on_close(struct south *so, const struct wp_event *event)
{
    struct south_session *s = wp_map_find(&so->by_port, port_key(&event->port));

    if (s)
        gone(so, s);
}

static void on_timer(struct south *so)
{
    struct wp_timer *t;

    while (idle_deadline(so) <= so->now) {
        south_dlt645_count(so, SOUTH_IDLE, so->oldest, 1);
        south_dlt645_end(so, so->oldest);
    }
    while ((t = wp_timers_pop(&so->timers, so->now)))
        session_timer(so, WP_OWNER(t, struct south_session, timer));
}

static void on_stop(struct south *so)
{
    while (so->by_port.n > 0)
        south_dlt645_end(so, so->by_port.entry[so->by_port.n - 1].value);
}

static void south_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct south *so = machine;

    so->out = out;
    so->now = event->now;
    switch (event->kind) {
    case WP_EV_OPEN: on_open(so, event); break;
    case WP_EV_BYTES: on_bytes(so, event); break;
    case WP_EV_CLOSE: on_close(so, event); break;
    case WP_EV_TIMER: on_timer(so); break;
    case WP_EV_COMMAND: south_dlt645_take_command(so, event->command); break;
    case WP_EV_PRESENCE: south_dlt645_take_presence(so, event->presence); break;
    case WP_EV_STOP: on_stop(so); break;
    default: break;
    }
}

static wp_us south_deadline(const void *machine)
{
    const struct south *so = machine;
    wp_us idle = idle_deadline(so), at = wp_timers_earliest(&so->timers);

    return idle < at ? idle : at;
}

const struct wp_class south_dlt645_class = {
    .name = "dlt645",
    .help = "DL/T 645-2007 meters that dial in over TCP",
    .options = south_dlt645_options,
    .n_options = SOUTH_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .size = south_dlt645_size,
    .init = south_dlt645_init,
    .step = south_step,
    .deadline = south_deadline,
};
