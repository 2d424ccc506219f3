/* How TCP connections of the live world begin: dialled or accepted. */
#include "sim/world/live_tcp.h"

#include <assert.h>
#include <stdlib.h>

enum { LOOPBACK_NET = 127 };

/* ---- the table of dials that wait to be accepted --------------------------------------------------- */

static void put_dialled(struct live_conn *c)
{
    struct live_conn **bucket = &c->port.seat->world->dialled[live_bucket(c->own)];

    c->next_dialled = *bucket;
    c->at_dialled = bucket;
    if (c->next_dialled)
        c->next_dialled->at_dialled = &c->next_dialled;
    *bucket = c;
}

void live_drop_dialled(struct live_conn *c)
{
    if (!c->at_dialled)
        return;
    *c->at_dialled = c->next_dialled;
    if (c->next_dialled)
        c->next_dialled->at_dialled = c->at_dialled;
    c->at_dialled = NULL;
}

struct live_conn *live_take_dialled(struct live *w, struct wp_addr own)
{
    struct live_conn *c = w->dialled[live_bucket(own)];

    while (c && (c->own.ip != own.ip || c->own.port != own.port))
        c = c->next_dialled;
    if (c)
        live_drop_dialled(c);
    return c;
}

/* ---- the beginning --------------------------------------------------------------------------------- */

static struct live_conn *new_conn(struct live_seat *seat, uint16_t endpoint)
{
    struct live *w = seat->world;
    struct live_conn *c = calloc(1, sizeof *c);
    int rc;

    assert(c);
    c->port = (struct live_port){.kind = LIVE_CONN, .seat = seat, .endpoint = endpoint};
    c->line = seat;
    c->out = (struct live_wire){.world = w, .arrive = live_conn_arrive_out};
    c->in = (struct live_wire){.world = w, .arrive = live_conn_arrive_in};
    c->next = w->conns;
    c->at = &w->conns;
    if (c->next)
        c->next->at = &c->next;
    w->conns = c;
    live_port_attach(&c->port);
    rc = uv_tcp_init(&w->loop, &c->tcp);
    assert(rc == 0);
    c->tcp.data = c;
    return c;
}

/* The line is the dialler's, unless that one has a broker and the other has none: then it polls devices. */
struct live_seat *live_line_of(struct live_seat *dialler, struct live_seat *listener)
{
    return dialler->has_broker && !listener->has_broker ? listener : dialler;
}

static void meet(struct live_conn *c, struct live_seat *peer, struct live_seat *dialler)
{
    struct live_seat *other = dialler == c->port.seat ? peer : c->port.seat;

    c->peer = peer;
    if (peer)
        c->line = live_line_of(dialler, other);
}

static void open_conn(struct live_conn *c)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = c->port.endpoint};
    enum wp_transport transport = c->port.seat->setup.endpoints[c->port.endpoint].transport;

    c->state = LIVE_OPEN;
    uv_tcp_nodelay(&c->tcp, 1);
    live_port_open(&c->port);
    event.port = c->port.id;
    event.open.own = c->own;
    event.open.peer = c->far;
    live_conn_record(c, (struct wp_record){.kind = WP_REC_OPEN, .open = {c->own, c->far, transport}});
    c->guest_port = c->guest ? ++c->port.seat->world->n_ports : 0;
    live_conn_record_guest(c, (struct wp_record){.kind = WP_REC_OPEN, .open = {c->far, c->own, transport}});
    live_conn_read(c);
    live_step(c->port.seat, &event);
}

static struct wp_addr address(const uv_tcp_t *tcp, int (*ask)(const uv_tcp_t *, struct sockaddr *, int *))
{
    struct sockaddr_in a = {0};
    int n = sizeof a;

    if (ask(tcp, (struct sockaddr *)&a, &n) < 0)
        return (struct wp_addr){0};
    return (struct wp_addr){ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
}

void live_accept(struct live_listener *l, uv_stream_t *server)
{
    struct live *w = l->seat->world;
    struct live_conn *c = new_conn(l->seat, l->endpoint), *dialled;

    live_tick(w);
    if (uv_accept(server, (uv_stream_t *)&c->tcp) < 0) {
        live_conn_close(c, true);
        return;
    }
    c->own = l->scenario;
    c->far = address(&c->tcp, uv_tcp_getpeername);
    dialled = live_take_dialled(w, c->far);
    if (dialled)
        meet(c, dialled->port.seat, dialled->port.seat);
    else if (w->setup.guest && w->setup.guest->dials)
        c->guest = w->setup.guest->name;
    if (c->own.ip == 0) /* it listens on every address */
        c->own.ip = dialled ? dialled->far.ip : address(&c->tcp, uv_tcp_getsockname).ip;
    open_conn(c);
}

static void fail_dial(struct live_conn *c, enum wp_close_reason reason, bool in_step)
{
    struct wp_event event = live_conn_close_event(c, reason);

    event.close.peer = c->far;
    c->peer = NULL; /* it has not been met */
    c->guest = NULL;
    live_conn_record(c,
                     (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason, .peer = c->far}});
    if (in_step)
        live_post(c->port.seat, &event);
    live_conn_close(c, true);
    if (!in_step)
        live_step(c->port.seat, &event);
}

static void on_too_late(struct live *w, struct live_timer *t)
{
    live_tick(w);
    fail_dial(WP_OWNER(t, struct live_conn, linger), WP_CLOSE_TIMEOUT, false);
}

static void take_answer(struct live_conn *c)
{
    live_timer_clear(c->port.seat->world, &c->linger);
    if (c->status == 0)
        open_conn(c);
    else
        fail_dial(c, c->status == UV_ETIMEDOUT ? WP_CLOSE_TIMEOUT : WP_CLOSE_REFUSED, false);
}

static void on_answer(struct live *w, struct live_timer *t)
{
    live_tick(w);
    take_answer(WP_OWNER(t, struct live_conn, travel));
}

/* One way over the line. */
static wp_us latency(const struct live_conn *c)
{
    return c->line->link ? wp_link_latency(c->line->link) : 0;
}

static void travel(struct live_conn *c, void (*arrive)(struct live *w, struct live_timer *t))
{
    struct live *w = c->port.seat->world;

    c->travel.fire = arrive;
    live_timer_set(w, &c->travel, w->now + latency(c));
}

static void on_connected(uv_connect_t *req, int status)
{
    struct live_conn *c = WP_OWNER(req, struct live_conn, req.connect);

    if (status == UV_ECANCELED || c->state == LIVE_CLOSING)
        return;
    live_tick(c->port.seat->world);
    c->status = status;
    if (latency(c) > 0)
        travel(c, on_answer);
    else
        take_answer(c);
}

/* Farther away than this machine nobody answers a 127.0.2.1. */
bool live_is_near(const struct live_seat *seat, struct wp_addr real)
{
    return real.ip >> 24 == LOOPBACK_NET || seat->setup.ip >> 24 != LOOPBACK_NET;
}

static int connect_to(struct live_conn *c)
{
    bool is_near = live_is_near(c->port.seat, c->real);
    struct sockaddr_in from = live_sockaddr((struct wp_addr){c->port.seat->setup.ip, 0});
    struct sockaddr_in to = live_sockaddr(c->real);
    int rc = 0;

    if (from.sin_addr.s_addr && is_near)
        rc = uv_tcp_bind(&c->tcp, (struct sockaddr *)&from, 0);
    if (rc == 0)
        rc = uv_tcp_connect(&c->req.connect, &c->tcp, (struct sockaddr *)&to, on_connected);
    return rc;
}

static void set_out(struct live_conn *c, bool in_step)
{
    if (connect_to(c) < 0) {
        fail_dial(c, WP_CLOSE_REFUSED, in_step);
        return;
    }
    c->own = address(&c->tcp, uv_tcp_getsockname);
    put_dialled(c);
}

static void on_there(struct live *w, struct live_timer *t)
{
    live_tick(w);
    set_out(WP_OWNER(t, struct live_conn, travel), false);
}

/* Where `far` is, and who is there. */
static void look_up(struct live_conn *c)
{
    const struct live *w = c->port.seat->world;
    const struct live_listener *l = live_listener_find(w, c->far, false);
    const struct wp_world_guest *guest = w->setup.guest;

    c->real = l ? l->real : c->far;
    if (l) {
        meet(c, l->seat, c->port.seat);
    } else if (guest && guest->scenario.ip == c->far.ip && guest->scenario.port == c->far.port) {
        c->guest = guest->name;
        c->real = guest->real;
    }
}

/* Nobody accepts what is given up before the answer can be there. */
static void begin_dial(struct live_seat *seat, uint16_t endpoint, struct wp_addr to, wp_us within)
{
    struct live *w = seat->world;
    struct live_conn *c = new_conn(seat, endpoint);

    c->far = to;
    look_up(c);
    c->linger.fire = on_too_late;
    if (within > 0)
        live_timer_set(w, &c->linger, w->now + within);
    if (within > 0 && 2 * latency(c) > within)
        return;
    if (latency(c) > 0)
        travel(c, on_there);
    else
        set_out(c, true);
}

void live_dial(struct live_seat *seat, uint16_t endpoint, struct wp_addr to, wp_us within)
{
    const struct held_dial dial = {seat->index, seat->life, endpoint, to, within};

    if (!held_dials_take(&seat->world->held, &dial))
        begin_dial(seat, endpoint, to, within);
}

size_t live_let_dials_go(struct live *w)
{
    struct held_dials held = w->held;
    size_t n = 0;

    w->held = (struct held_dials){0};
    live_tick(w);
    for (size_t i = 0; i < held.n; i++) {
        const struct held_dial *d = &held.at[i];
        struct live_seat *seat = w->seat[d->machine];

        if (!seat->alive || seat->life != d->life)
            continue;
        begin_dial(seat, d->endpoint, d->to, d->within);
        n++;
    }
    held_dials_free(&held);
    live_drain(w);
    return n;
}

void live_tcp_close(struct live *w)
{
    for (struct live_conn *c = w->conns; c; c = c->next)
        live_conn_close(c, false);
}
