/* The live world: how datagram ports come to be, by a dial or by what a listener gets. */
#include "sim/world/live_udp.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

enum { BINDS_MAX = 16 };

/* ---- dials ------------------------------------------------------------------------------------------ */

static void on_socket_closed(struct live_socket *s)
{
    free(s->owner);
}

static void on_answer(struct live_socket *s, struct wp_addr from, struct wp_slice bytes)
{
    struct live_udp *u = s->owner;

    if (!u->is_leaving && live_udp_is_addr(from, u->real))
        live_udp_take_in(u, live_listener_find(s->world, u->far, true) != NULL, bytes);
}

/* Does a listener of ours remember a peer that had this address? */
static bool is_remembered(const struct live *w, struct wp_addr addr)
{
    const struct live_udp *u = w->udp_by_addr[live_bucket(addr)];

    while (u && !(u->listener && live_udp_is_addr(u->real, addr)))
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
    struct wp_event event = live_udp_close_event(u, WP_CLOSE_REFUSED);
    const struct wp_record r = {.kind = WP_REC_CLOSE, .close = {.reason = WP_CLOSE_REFUSED, .peer = u->far}};

    event.close.peer = u->far;
    live_udp_record(u, NULL, r);
    live_post(u->port.seat, &event);
    free(u);
}

static uint16_t guest_port(const struct wp_world_guest *guest, uint16_t dialled)
{
    if (guest->datagrams > 0)
        return guest->datagrams;
    return dialled == guest->scenario.port ? guest->real.port : dialled;
}

void live_udp_dial(struct live_seat *seat, uint16_t endpoint, struct wp_addr to)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = endpoint};
    const struct wp_world_guest *guest = seat->world->setup.guest;
    const struct live_listener *l = live_listener_find(seat->world, to, true);
    struct live_udp *u = live_udp_new(seat, endpoint);
    int file;

    u->far = to;
    u->real = l ? l->real : to;
    if (l && l->is_up) {
        u->line = live_line_of(seat, l->seat);
    } else if (!l && guest && guest->scenario.ip == to.ip) {
        u->guest = guest->name;
        u->real = (struct wp_addr){guest->real.ip, guest_port(guest, to.port)};
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
    live_udp_enter(u);
    live_port_open(&u->port);
    live_udp_record_open(u, live_udp_peer_of(u));
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
    const struct wp_event event = live_udp_close_event(u, WP_CLOSE_TIMEOUT);

    live_udp_leave(u, WP_CLOSE_TIMEOUT, false);
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
    u = live_udp_new(l->seat, l->endpoint);
    u->listener = l;
    u->own = l->scenario;
    u->far = u->real = from;
    if (dialled)
        u->line = live_line_of(dialled->port.seat, l->seat);
    else if (guest && guest->dials)
        u->guest = guest->name;
    if (u->own.ip == 0) /* it listens on every address */
        u->own.ip = dialled ? dialled->far.ip : live_source_ip(from);
    live_udp_enter(u);
    live_udp_put_newest(u);
    live_port_open(&u->port);
    live_udp_record_open(u, live_udp_sender_of(u));
    event.port = u->port.id;
    event.open.own = u->own;
    event.open.peer = u->far;
    live_step(l->seat, &event);
    port = live_port_find(l->seat, event.port);
    return port ? live_udp_of(port) : NULL;
}

/* While its machine is down datagrams to it vanish. */
static void on_listener(struct live_socket *s, struct wp_addr from, struct wp_slice bytes)
{
    struct live_listener *l = s->owner;
    const struct live_udp *dialled;
    struct live_udp *u;

    if (!l->is_up)
        return;
    dialled = live_udp_find_dialled(s->world, from);
    u = live_udp_find_peer(l, from);
    if (!u)
        u = open_peer(l, from, dialled);
    if (u)
        live_udp_take_in(u, dialled != NULL, bytes);
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

/* ---- all of them ------------------------------------------------------------------------------------- */

void live_udp_choke(struct live_seat *seat, bool choked)
{
    for (struct live_listener *l = seat->listeners; l; l = l->next_of_seat)
        if (l->socket)
            live_socket_read(l->socket, !choked);
    for (struct live_port *port = seat->ports; port; port = port->next)
        if (port->kind == LIVE_UDP && !live_udp_of(port)->listener)
            live_socket_read(&live_udp_of(port)->own_socket, !choked);
}

void live_udp_close(struct live *w)
{
    for (struct live_udp *next, *u = w->udps; u; u = next) {
        next = u->next_of_world;
        live_udp_forget(u);
    }
    for (size_t i = 0; i < w->n_seats; i++)
        for (struct live_listener *l = w->seat[i]->listeners; l; l = l->next_of_seat)
            if (l->socket) {
                live_socket_close(l->socket);
                l->socket = NULL;
            }
}
