/* The live world: datagrams, and the ports that stand for who exchanges them.
 *
 *     OPEN --hang up--> LEAVING: what waits on the line still goes, what comes is for others --> freed
 *
 * A dialled port has a socket of its own, which stays bound for a while after the hang-up: so the system gives its
 * address to nobody while datagrams from there may still be unread, and their sender has a name. A listener's ports
 * share its socket. */
#include "sim/world/live_udp.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define LINGER WP_MS(200)
enum { BINDS_MAX = 16 };

struct live_udp {
    struct live_port port;
    bool is_leaving;
    struct live_listener *listener; /* NULL: dialled */
    struct live_socket own_socket;  /* dialled */
    struct wp_addr own, far;        /* as the scenario knows them */
    struct wp_addr real;            /* where `far` is */
    struct live_seat *line;
    const char *guest;        /* the world's, at the other end; NULL: it is not */
    wp_port guest_port;       /* of its end, in its records; 0: none */
    struct live_wire out, in; /* in: only what comes from somebody else's machine */
    struct live_timer linger;
    struct live_udp *older, *newer; /* of the listener's, by when they were heard last */
    struct live_udp *next_of_world, **at_world;
    struct live_udp *next_in_bucket, **at_bucket; /* dialled: by own; else by real; at NULL: in none */
};

static struct live_udp *udp_of(struct live_port *port)
{
    assert(port->kind == LIVE_UDP);
    return WP_OWNER(port, struct live_udp, port);
}

static struct live *world_of(const struct live_udp *u)
{
    return u->port.seat->world;
}

static bool is_addr(struct wp_addr a, struct wp_addr b)
{
    return a.ip == b.ip && a.port == b.port;
}

/* ---- who hears whom -------------------------------------------------------------------------------- */

static void enter(struct live_udp *u)
{
    struct live *w = world_of(u);
    struct live_udp **bucket = &w->udp_by_addr[live_bucket(u->listener ? u->real : u->own)];

    u->next_in_bucket = *bucket;
    u->at_bucket = bucket;
    if (u->next_in_bucket)
        u->next_in_bucket->at_bucket = &u->next_in_bucket;
    *bucket = u;
    u->next_of_world = w->udps;
    u->at_world = &w->udps;
    if (u->next_of_world)
        u->next_of_world->at_world = &u->next_of_world;
    w->udps = u;
}

static void leave_bucket(struct live_udp *u)
{
    if (!u->at_bucket)
        return;
    *u->at_bucket = u->next_in_bucket;
    if (u->next_in_bucket)
        u->next_in_bucket->at_bucket = u->at_bucket;
    u->at_bucket = NULL;
}

static struct live_udp *find_peer(const struct live_listener *l, struct wp_addr from)
{
    struct live_udp *u = l->seat->world->udp_by_addr[live_bucket(from)];

    while (u && !(u->listener == l && is_addr(u->real, from)))
        u = u->next_in_bucket;
    return u;
}

/* Whose socket is there, also when it has hung up a moment ago; NULL: somebody else's. */
static const struct live_udp *find_dialled(const struct live *w, struct wp_addr own)
{
    const struct live_udp *u = w->udp_by_addr[live_bucket(own)];

    while (u && !(!u->listener && is_addr(u->own, own)))
        u = u->next_in_bucket;
    return u;
}

/* Who would get a datagram now; NULL: nobody that is known. */
static const char *peer_of(const struct live_udp *u)
{
    const struct live *w = world_of(u);
    const struct live_listener *l = u->listener ? NULL : live_listener_find(w, u->far, true);
    const struct live_udp *dialled = u->listener ? find_dialled(w, u->far) : NULL;

    if (l && l->is_up)
        return l->seat->setup.name;
    if (dialled && !dialled->is_leaving && is_addr(dialled->far, u->own))
        return dialled->port.seat->setup.name;
    return u->guest;
}

/* Of a datagram that has just come from there. */
static const char *sender_of(const struct live_udp *u)
{
    const struct live *w = world_of(u);
    const struct live_listener *l = u->listener ? NULL : live_listener_find(w, u->far, true);
    const struct live_udp *dialled = u->listener ? find_dialled(w, u->far) : NULL;

    if (l)
        return l->seat->setup.name;
    return dialled ? dialled->port.seat->setup.name : u->guest;
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void record(const struct live_udp *u, const char *peer, struct wp_record r)
{
    r.peer = peer;
    r.port = u->port.id;
    live_record(u->port.seat, r);
}

static void record_guest(const struct live_udp *u, struct wp_record r)
{
    if (u->guest_port == 0)
        return;
    r.machine = u->guest;
    r.peer = u->port.seat->setup.name;
    r.port = u->guest_port;
    live_write(world_of(u), &r);
}

static void record_open(struct live_udp *u, const char *peer)
{
    record(u, peer, (struct wp_record){.kind = WP_REC_OPEN, .open = {u->own, u->far, WP_UDP}});
    u->guest_port = u->guest ? ++world_of(u)->n_ports : 0;
    record_guest(u, (struct wp_record){.kind = WP_REC_OPEN, .open = {u->far, u->own, WP_UDP}});
}

/* ---- a listener's peers ----------------------------------------------------------------------------- */

static void put_newest(struct live_udp *u)
{
    struct live_listener *l = u->listener;

    u->newer = NULL;
    u->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = u;
    l->newest = u;
    l->n_peers++;
}

static void take_out(struct live_udp *u)
{
    struct live_listener *l = u->listener;

    *(u->newer ? &u->newer->older : &l->newest) = u->older;
    *(u->older ? &u->older->newer : &l->oldest) = u->newer;
    l->n_peers--;
}

/* ---- the end ---------------------------------------------------------------------------------------- */

static void on_socket_closed(struct live_socket *s)
{
    free(s->owner);
}

static void forget(struct live_udp *u)
{
    leave_bucket(u);
    *u->at_world = u->next_of_world;
    if (u->next_of_world)
        u->next_of_world->at_world = u->at_world;
    live_port_close(&u->port);
    live_wire_clear(&u->out);
    live_wire_clear(&u->in);
    live_timer_clear(world_of(u), &u->linger);
    if (u->listener)
        free(u);
    else
        live_socket_close(&u->own_socket);
}

static void on_linger_over(struct live *w, struct live_timer *t)
{
    (void)w;
    forget(WP_OWNER(t, struct live_udp, linger));
}

static enum wp_link_direction direction_out(const struct live_udp *u)
{
    return u->line == u->port.seat ? WP_LINK_FROM : WP_LINK_TO;
}

/* Its machine has it no more. abort: what the line holds back is lost. */
static void leave(struct live_udp *u, enum wp_close_reason reason, bool abort)
{
    record(u, peer_of(u), (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason}});
    record_guest(u, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = WP_CLOSE_PEER}});
    live_port_close(&u->port);
    live_wire_clear(&u->in);
    u->is_leaving = true;
    if (u->listener) {
        take_out(u);
        leave_bucket(u);
    }
    if (abort && u->line->link)
        wp_link_flush(u->line->link, direction_out(u), u->port.id, world_of(u)->now, NULL);
    live_wire_finish(&u->out, u->line, direction_out(u), u->port.id);
}

static struct wp_event close_event(const struct live_udp *u, enum wp_close_reason reason)
{
    return (struct wp_event){
        .kind = WP_EV_CLOSE, .endpoint = u->port.endpoint, .port = u->port.id, .close = {.reason = reason}};
}

void live_udp_hang_up(struct live_port *port, bool abort)
{
    struct live_udp *u = udp_of(port);
    const struct wp_event event = close_event(u, WP_CLOSE_OWN);

    leave(u, WP_CLOSE_OWN, abort);
    live_post(port->seat, &event);
}

void live_udp_close(struct live *w)
{
    for (struct live_udp *next, *u = w->udps; u; u = next) {
        next = u->next_of_world;
        forget(u);
    }
    for (size_t i = 0; i < w->n_seats; i++)
        for (struct live_listener *l = w->seat[i]->listeners; l; l = l->next_of_seat)
            if (l->socket) {
                live_socket_close(l->socket);
                l->socket = NULL;
            }
}

/* ---- sending ---------------------------------------------------------------------------------------- */

static struct live_socket *socket_of(struct live_udp *u)
{
    return u->listener ? u->listener->socket : &u->own_socket;
}

/* What the system does not take is lost, but not silently. */
static void put_out(struct live_udp *u, struct wp_slice bytes)
{
    int rc = live_socket_send(socket_of(u), u->real, bytes);

    record_guest(u, (struct wp_record){.kind = WP_REC_RECEIPT, .bytes = bytes});
    if (rc < 0)
        record(u, NULL,
               (struct wp_record){.kind = WP_REC_NOTE,
                                  .note = {"datagram-not-sent", wp_text(uv_strerror(rc)), (int64_t)bytes.n}});
}

static void arrive_out(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    struct live_udp *u = WP_OWNER(wire, struct live_udp, out);
    struct live *w = world_of(u);

    if (kind == LIVE_BYTES)
        put_out(u, bytes);
    else
        live_timer_set(w, &u->linger, live_now(w) + (u->listener ? 0 : LINGER));
}

void live_udp_send(struct live_port *port, struct wp_slice bytes)
{
    struct live_udp *u = udp_of(port);

    if (bytes.n > WP_DATAGRAM_MAX) {
        live_note(port->seat, "datagram-too-long", (int64_t)bytes.n);
        return;
    }
    record(u, peer_of(u), (struct wp_record){.kind = WP_REC_SEND, .bytes = bytes});
    live_wire_send(&u->out, u->line, direction_out(u), port->id, bytes);
}

/* ---- receiving -------------------------------------------------------------------------------------- */

static void receive(struct live_udp *u, struct wp_slice bytes)
{
    const struct wp_event event = {
        .kind = WP_EV_BYTES, .endpoint = u->port.endpoint, .port = u->port.id, .bytes = bytes};

    if (u->listener) {
        take_out(u);
        put_newest(u);
    }
    record(u, sender_of(u), (struct wp_record){.kind = WP_REC_RECEIPT, .bytes = bytes});
    live_step(u->port.seat, &event);
}

/* What somebody else's machine sent has passed our link. */
static void arrive_in(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    assert(kind == LIVE_BYTES);
    receive(WP_OWNER(wire, struct live_udp, in), bytes);
}

/* What one of ours sent has passed the link already. */
static void take_in(struct live_udp *u, bool is_ours, struct wp_slice bytes)
{
    if (is_ours || !u->line->link)
        receive(u, bytes);
    else
        live_wire_send(&u->in, u->line, WP_LINK_TO, u->port.id, bytes);
}

/* ---- dials ------------------------------------------------------------------------------------------ */

static struct live_udp *new_udp(struct live_seat *seat, uint16_t endpoint)
{
    struct live *w = seat->world;
    struct live_udp *u = calloc(1, sizeof *u);

    assert(u);
    u->port = (struct live_port){.kind = LIVE_UDP, .seat = seat, .endpoint = endpoint};
    u->line = seat;
    u->out = (struct live_wire){.world = w, .datagrams = true, .arrive = arrive_out};
    u->in = (struct live_wire){.world = w, .datagrams = true, .arrive = arrive_in};
    u->linger.fire = on_linger_over;
    return u;
}

static void on_answer(struct live_socket *s, struct wp_addr from, struct wp_slice bytes)
{
    struct live_udp *u = s->owner;

    if (!u->is_leaving && is_addr(from, u->real))
        take_in(u, live_listener_find(world_of(u), u->far, true) != NULL, bytes);
}

/* Does a listener of ours remember a peer that had this address? */
static bool is_remembered(const struct live *w, struct wp_addr addr)
{
    const struct live_udp *u = w->udp_by_addr[live_bucket(addr)];

    while (u && !(u->listener && is_addr(u->real, addr)))
        u = u->next_in_bucket;
    return u != NULL;
}

/* From its own address, unless it goes farther than this machine; and so that nobody takes it for another. */
static int bind_own(struct live_udp *u)
{
    const struct live_seat *seat = u->port.seat;
    bool is_near = live_is_near(seat, u->real);
    struct wp_addr at = {seat->setup.ip && is_near ? seat->setup.ip : live_source_ip(u->real), 0};
    int file = live_socket_bind(at, &u->own);

    for (int i = 0; i < BINDS_MAX && file >= 0 && is_remembered(seat->world, u->own); i++) {
        close(file);
        file = live_socket_bind(at, &u->own);
    }
    return file;
}

static void fail_dial(struct live_udp *u)
{
    const struct wp_event event = close_event(u, WP_CLOSE_REFUSED);

    record(u, NULL, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = WP_CLOSE_REFUSED}});
    live_post(u->port.seat, &event);
    free(u);
}

void live_udp_dial(struct live_seat *seat, uint16_t endpoint, struct wp_addr to)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = endpoint};
    const struct wp_world_guest *guest = seat->world->setup.guest;
    const struct live_listener *l = live_listener_find(seat->world, to, true);
    struct live_udp *u = new_udp(seat, endpoint);
    int file;

    u->far = to;
    u->real = l ? l->real : to;
    if (l && l->is_up) {
        u->line = live_line_of(seat, l->seat);
    } else if (!l && guest && is_addr(guest->scenario, to)) {
        u->guest = guest->name;
        u->real = guest->real;
    }
    file = bind_own(u);
    if (file < 0) {
        fail_dial(u);
        return;
    }
    u->own_socket = (struct live_socket){
        .world = seat->world, .owner = u, .receive = on_answer, .closed = on_socket_closed};
    live_socket_open(&u->own_socket, file);
    live_socket_read(&u->own_socket, !seat->choked);
    enter(u);
    live_port_open(&u->port);
    record_open(u, peer_of(u));
    event.port = u->port.id;
    event.open.own = u->own;
    event.open.peer = u->far;
    live_post(seat, &event);
}

/* ---- listeners --------------------------------------------------------------------------------------- */

/* The one that was silent for longest makes room. */
static void forget_oldest(struct live_listener *l)
{
    struct live_udp *u = l->oldest;
    const struct wp_event event = close_event(u, WP_CLOSE_TIMEOUT);

    leave(u, WP_CLOSE_TIMEOUT, false);
    live_step(l->seat, &event);
}

/* A peer that the listener does not know. NULL: its machine wants none of it. */
static struct live_udp *open_peer(struct live_listener *l, struct wp_addr from,
                                  const struct live_udp *dialled)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = l->endpoint};
    const struct wp_world_guest *guest = l->seat->world->setup.guest;
    struct live_port *port;
    struct live_udp *u;

    if (l->n_peers == WP_DATAGRAM_PEERS_MAX)
        forget_oldest(l);
    u = new_udp(l->seat, l->endpoint);
    u->listener = l;
    u->own = l->scenario;
    u->far = u->real = from;
    if (dialled)
        u->line = live_line_of(dialled->port.seat, l->seat);
    else if (guest && guest->dials)
        u->guest = guest->name;
    if (u->own.ip == 0) /* it listens on every address */
        u->own.ip = dialled ? dialled->far.ip : live_source_ip(from);
    enter(u);
    put_newest(u);
    live_port_open(&u->port);
    record_open(u, sender_of(u));
    event.port = u->port.id;
    event.open.own = u->own;
    event.open.peer = u->far;
    live_step(l->seat, &event);
    port = live_port_find(l->seat, event.port);
    return port ? udp_of(port) : NULL;
}

/* While its machine is down datagrams to it vanish. */
static void on_listener(struct live_socket *s, struct wp_addr from, struct wp_slice bytes)
{
    struct live_listener *l = s->owner;
    const struct live_udp *dialled;
    struct live_udp *u;

    if (!l->is_up)
        return;
    dialled = find_dialled(s->world, from);
    u = find_peer(l, from);
    if (!u)
        u = open_peer(l, from, dialled);
    if (u)
        take_in(u, dialled != NULL, bytes);
}

static void on_lost(struct live_socket *s, uint32_t n)
{
    const struct live_listener *l = s->owner;

    live_note(l->seat, "datagrams-lost-by-system", n);
}

static void on_listener_closed(struct live_socket *s)
{
    free(s);
}

int live_udp_hold(struct live_listener *l, struct wp_addr at, struct wp_addr *ret_at)
{
    struct live_socket *s;
    int file = live_socket_bind(at, ret_at);

    if (file < 0)
        return file;
    s = calloc(1, sizeof *s);
    assert(s);
    *s = (struct live_socket){.world = l->seat->world,
                              .owner = l,
                              .receive = on_listener,
                              .lose = on_lost,
                              .closed = on_listener_closed};
    live_socket_open(s, file);
    live_socket_read(s, true);
    l->socket = s;
    return 0;
}

void live_udp_choke(struct live_seat *seat, bool choked)
{
    for (struct live_listener *l = seat->listeners; l; l = l->next_of_seat)
        if (l->socket)
            live_socket_read(l->socket, !choked);
    for (struct live_port *port = seat->ports; port; port = port->next)
        if (port->kind == LIVE_UDP && !udp_of(port)->listener)
            live_socket_read(&udp_of(port)->own_socket, !choked);
}
