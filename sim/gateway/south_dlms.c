/* Sessions of meters that dial in, and of peers that push datagrams.
 *
 *     TCP accept, or handed on by another south --> OPEN
 *     first datagram of a peer --> OPEN                                      at most dlms.max_devices
 *     OPEN --login, heartbeat, push that says whose it is--> with a METER    presence: online
 *     METER --the same meter elsewhere--> moves there; TCP: closed           from another address: offline, online
 *     METER --another south has it--> closed, no presence
 *     UDP METER --udp_timeout without a push--> gone                         presence: offline
 *     any --closed by the peer, idle_timeout, garbage_max bytes, last gasp--> closed    its meters: offline
 *
 * A TCP session has one meter for good. A UDP peer may be a concentrator: each push says whose it is.
 *
 * WP_BAD drops one byte and looks again at the next one that could start a frame; what was dropped is counted, see
 * south_dlms_stream.c. What cannot be deciphered or read is counted and published nowhere.
 *
 * An idle session is one cell of about 150 bytes, its meter one of 80. All else is borrowed: a buffer while a frame is
 * incomplete, a link by those that speak HDLC or M-Bus, a unit by those that cipher or send blocks. An empty pool refuses,
 * with a note. */
#include "sim/gateway/south_dlms_impl.h"

#include <assert.h>

enum { PORT_PUSHES = 4059, PORT_METERS = 8899 };

/* How long a peer may stay that has sent nothing of a known meter. */
#define STRANGER_TIMEOUT WP_SEC(30)

static const struct wp_endpoint endpoints[] = {
    {.name = "meters", .transport = WP_TCP, .listen = true, .addr = {.port = PORT_METERS}},
    {.name = "pushes", .transport = WP_UDP, .listen = true, .addr = {.port = PORT_PUSHES}},
};

/* ---- notes ------------------------------------------------------------------------------------------ */

static const char *const count_words[] = {
#define X(name, text) text,
    DLMS_COUNTS(X)
#undef X
};

/* Is it the first of its kind within a minute? */
static bool is_news(struct dlms_south *so, struct dlms_session *s, uint64_t *noted, uint64_t bit)
{
    if (so->now - s->noted_from >= WP_SEC(60)) {
        s->noted_from = so->now;
        s->noted = s->noted_faults = 0;
    }
    if (*noted & bit)
        return false;
    *noted |= bit;
    return true;
}

static void note(struct dlms_south *so, const struct dlms_session *s, const char *what, uint64_t count)
{
    char ip[16];
    struct wp_writer w = wp_writer(ip, sizeof ip);

    wp_put_ip(&w, s->ip);
    wp_note(so->out, what, s->meters ? dlms_name(s->meters) : wp_written(&w), (int64_t)count);
}

void south_dlms_count(struct dlms_south *so, enum dlms_count what, struct dlms_session *s, uint64_t n)
{
    so->count[what] += n;
    if (n > 0 && is_news(so, s, &s->noted, UINT64_C(1) << what))
        note(so, s, count_words[what], so->count[what]);
}

void south_dlms_count_fault(struct dlms_south *so, enum wp_fault fault, struct dlms_session *s)
{
    so->faults[fault]++;
    if (is_news(so, s, &s->noted_faults, UINT64_C(1) << fault % 64))
        note(so, s, wp_fault_text(fault), so->faults[fault]);
}

/* ---- one session ------------------------------------------------------------------------------------ */

static struct wp_slice port_key(const wp_port *port)
{
    return wp_slice(port, sizeof *port);
}

static wp_us idle_deadline(const struct dlms_south *so, const struct dlms_session *s)
{
    if (!s->is_udp)
        return s->heard + so->idle_timeout;
    if (!s->meters && so->udp_timeout > STRANGER_TIMEOUT)
        return s->heard + STRANGER_TIMEOUT;
    return s->heard + so->udp_timeout;
}

static void earlier(wp_us *at, wp_us other)
{
    if (other < *at)
        *at = other;
}

/* The idle deadline moves with every byte, the timer stays: when it rings too early, it is set anew. */
void south_dlms_arm(struct dlms_south *so, struct dlms_session *s)
{
    wp_us at = idle_deadline(so, s);

    if (s->rx)
        earlier(&at, s->heard + so->frame_timeout);
    if (south_dlms_link_is_open(s))
        earlier(&at, s->link->at + so->segment_timeout);
    if (s->unit && cosem_unit_is_waiting(s->unit))
        earlier(&at, s->block_at + so->block_timeout);
    earlier(&at, south_dlms_talk_deadline(s));
    if (!wp_timer_is_set(&s->timer) || s->timer.at > at)
        wp_timers_set(&so->timers, &s->timer, at);
}

void south_dlms_release(struct dlms_south *so, struct dlms_session *s)
{
    assert(!s->meters);
    assert(!s->first);
    assert(!s->poll);
    wp_map_remove(&so->by_port, port_key(&s->port));
    wp_timers_clear(&so->timers, &s->timer);
    session_buffer_return(&so->buffers, &s->rx);
    south_dlms_link_return(so, s);
    south_dlms_unit_return(so, s);
    south_dlms_talk_drop(so, s);
    so->n_udp -= s->is_udp;
    s->port = 0;
    wp_pool_return(&so->sessions, s);
}

/* Its connection is no more. */
static void gone(struct dlms_south *so, struct dlms_session *s)
{
    south_dlms_fail_all(so, s);
    while (s->meters) {
        south_dlms_tell_presence(so, s->meters, false);
        south_dlms_forget_meter(so, s->meters);
    }
    south_dlms_release(so, s);
}

void south_dlms_end(struct dlms_south *so, struct dlms_session *s)
{
    wp_hang_up(so->out, s->port);
    gone(so, s);
}

static void session_timer(struct dlms_south *so, struct dlms_session *s)
{
    if (s->rx && s->heard + so->frame_timeout <= so->now)
        south_dlms_give_up_frame(so, s);
    if (s->port && south_dlms_link_is_open(s) && s->link->at + so->segment_timeout <= so->now) {
        south_dlms_count(so, DLMS_UNFINISHED_CHAIN, s, 1);
        south_dlms_link_drop(so, s);
    }
    if (s->port && s->unit && cosem_unit_is_waiting(s->unit) && s->block_at + so->block_timeout <= so->now) {
        south_dlms_count(so, DLMS_UNFINISHED_CHAIN, s, 1);
        south_dlms_give_up_blocks(so, s);
    }
    if (s->port)
        south_dlms_talk_timer(so, s);
    if (s->port && idle_deadline(so, s) <= so->now) {
        if (!s->is_udp)
            south_dlms_count(so, DLMS_IDLE, s, 1);
        south_dlms_end(so, s);
    }
    if (s->port)
        south_dlms_arm(so, s);
}

/* ---- events ----------------------------------------------------------------------------------------- */

/* NULL: no room, and the connection is hung up. */
static struct dlms_session *open_session(struct dlms_south *so, wp_port port, struct wp_addr peer,
                                         bool is_udp)
{
    struct dlms_session *s = is_udp && so->n_udp == so->max_udp ? NULL : wp_pool_borrow(&so->sessions);
    struct dlms_session stranger = {.ip = peer.ip, .noted_from = so->now};

    if (!s) {
        so->count[DLMS_NO_CELL]++;
        note(so, &stranger, count_words[DLMS_NO_CELL], so->count[DLMS_NO_CELL]);
        wp_hang_up(so->out, port);
        return NULL;
    }
    s->port = port;
    s->ip = peer.ip;
    s->heard = s->noted_from = so->now;
    s->is_udp = is_udp;
    so->n_udp += is_udp;
    wp_map_add(&so->by_port, port_key(&s->port), s);
    south_dlms_arm(so, s);
    return s;
}

static void on_open(struct dlms_south *so, const struct wp_event *event)
{
    open_session(so, event->port, event->open.peer, event->endpoint == so->pushes_endpoint);
}

static void take(struct dlms_south *so, struct dlms_session *s, struct wp_slice bytes)
{
    s->heard = so->now;
    if (s->is_udp)
        south_dlms_take_datagram(so, s, bytes);
    else
        south_dlms_take_bytes(so, s, bytes);
    if (s->port)
        south_dlms_arm(so, s);
}

static void on_bytes(struct dlms_south *so, const struct wp_event *event)
{
    struct dlms_session *s = wp_map_find(&so->by_port, port_key(&event->port));

    if (s) /* else it was given up already */
        take(so, s, event->bytes);
}

/* A device that signed on is ours from now on, or offline. */
static void on_handed(struct dlms_south *so, const struct wp_event *event)
{
    const struct wp_handover *h = event->handover;
    struct dlms_session *s = open_session(so, event->port, h->peer, false);

    if (s && h->device.n > 0) {
        s->was_wrapped = true;
        south_dlms_adopt(so, s, h->device);
    } else if (!s && h->device.n > 0) {
        const struct wp_presence gone_with_it = {
            .device = h->device, .protocol = south_dlms_class.name, .ip = h->peer.ip, .at = so->now};
        const struct wp_effect e = {.kind = WP_PRESENCE, .presence = &gone_with_it};

        so->out->emit(so->out, &e);
    }
    if (s && s->port && h->bytes.n > 0)
        take(so, s, h->bytes);
}

static void on_close(struct dlms_south *so, const struct wp_event *event)
{
    struct dlms_session *s = wp_map_find(&so->by_port, port_key(&event->port));

    if (s)
        gone(so, s);
}

static void meter_timer(struct dlms_south *so, struct dlms_meter *m)
{
    if (m->heard + so->udp_timeout > so->now) {
        wp_timers_set(&so->silence, &m->timer, m->heard + so->udp_timeout);
        return;
    }
    south_dlms_tell_presence(so, m, false);
    south_dlms_forget_meter(so, m);
}

static void on_timer(struct dlms_south *so)
{
    struct wp_timer *t;

    while ((t = wp_timers_pop(&so->silence, so->now)))
        meter_timer(so, WP_OWNER(t, struct dlms_meter, timer));
    while ((t = wp_timers_pop(&so->timers, so->now)))
        session_timer(so, WP_OWNER(t, struct dlms_session, timer));
}

static void on_stop(struct dlms_south *so)
{
    while (so->by_port.n > 0)
        south_dlms_end(so, so->by_port.entry[so->by_port.n - 1].value);
}

static void south_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct dlms_south *so = machine;

    so->out = out;
    so->now = event->now;
    switch (event->kind) {
    case WP_EV_OPEN: on_open(so, event); break;
    case WP_EV_HANDED: on_handed(so, event); break;
    case WP_EV_BYTES: on_bytes(so, event); break;
    case WP_EV_CLOSE: on_close(so, event); break;
    case WP_EV_TIMER: on_timer(so); break;
    case WP_EV_COMMAND: south_dlms_take_command(so, event->command); break;
    case WP_EV_PRESENCE: south_dlms_take_presence(so, event->presence); break;
    case WP_EV_STOP: on_stop(so); break;
    default: break;
    }
}

static wp_us south_deadline(const void *machine)
{
    const struct dlms_south *so = machine;
    wp_us meters = wp_timers_earliest(&so->silence), at = wp_timers_earliest(&so->timers);

    return meters < at ? meters : at;
}

const struct wp_class south_dlms_class = {
    .name = "dlms",
    .help = "DLMS/COSEM meters that dial in over TCP or push over UDP",
    .options = south_dlms_options,
    .n_options = DLMS_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = south_dlms_check,
    .size = south_dlms_size,
    .init = south_dlms_init,
    .step = south_step,
    .deadline = south_deadline,
    .keys = south_dlms_tell_keys,
};
