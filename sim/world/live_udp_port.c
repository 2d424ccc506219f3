/* The live world: a datagram port, who it exchanges datagrams with, what it sends and receives, and its end.
 *
 *     OPEN --hang up--> LEAVING: what waits on the line still goes, what comes is for others --> freed */
#include "sim/world/live_udp.h"

#include <assert.h>
#include <stdlib.h>

#define LINGER WP_MS(200)

static struct live *world_of(const struct live_udp *u)
{
    return u->port.seat->world;
}

/* ---- who hears whom -------------------------------------------------------------------------------- */

void live_udp_enter(struct live_udp *u)
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

struct live_udp *live_udp_find_peer(const struct live_listener *l, struct wp_addr from)
{
    struct live_udp *u = l->seat->world->udp_by_addr[live_bucket(from)];

    while (u && !(u->listener == l && live_udp_is_addr(u->real, from)))
        u = u->next_in_bucket;
    return u;
}

const struct live_udp *live_udp_find_dialled(const struct live *w, struct wp_addr own)
{
    const struct live_udp *u = w->udp_by_addr[live_bucket(own)];

    while (u && !(!u->listener && live_udp_is_addr(u->own, own)))
        u = u->next_in_bucket;
    return u;
}

const char *live_udp_peer_of(const struct live_udp *u)
{
    const struct live *w = world_of(u);
    const struct live_listener *l = u->listener ? NULL : live_listener_find(w, u->far, true);
    const struct live_udp *dialled = u->listener ? live_udp_find_dialled(w, u->far) : NULL;

    if (l && l->is_up)
        return l->seat->setup.name;
    if (dialled && !dialled->is_leaving && live_udp_is_addr(dialled->far, u->own))
        return dialled->port.seat->setup.name;
    return u->guest;
}

const char *live_udp_sender_of(const struct live_udp *u)
{
    const struct live *w = world_of(u);
    const struct live_listener *l = u->listener ? NULL : live_listener_find(w, u->far, true);
    const struct live_udp *dialled = u->listener ? live_udp_find_dialled(w, u->far) : NULL;

    if (l)
        return l->seat->setup.name;
    return dialled ? dialled->port.seat->setup.name : u->guest;
}

/* ---- records ---------------------------------------------------------------------------------------- */

void live_udp_record(const struct live_udp *u, const char *peer, struct wp_record r)
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

void live_udp_record_open(struct live_udp *u, const char *peer)
{
    live_udp_record(u, peer, (struct wp_record){.kind = WP_REC_OPEN, .open = {u->own, u->far, WP_UDP}});
    u->guest_port = u->guest ? ++world_of(u)->n_ports : 0;
    record_guest(u, (struct wp_record){.kind = WP_REC_OPEN, .open = {u->far, u->own, WP_UDP}});
}

/* ---- a listener's peers ----------------------------------------------------------------------------- */

void live_udp_put_newest(struct live_udp *u)
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

void live_udp_forget(struct live_udp *u)
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
    live_udp_forget(WP_OWNER(t, struct live_udp, linger));
}

static enum wp_link_direction direction_out(const struct live_udp *u)
{
    return u->line == u->port.seat ? WP_LINK_FROM : WP_LINK_TO;
}

void live_udp_leave(struct live_udp *u, enum wp_close_reason reason, bool abort)
{
    live_udp_record(u, live_udp_peer_of(u),
                    (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason}});
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

struct wp_event live_udp_close_event(const struct live_udp *u, enum wp_close_reason reason)
{
    return (struct wp_event){
        .kind = WP_EV_CLOSE, .endpoint = u->port.endpoint, .port = u->port.id, .close = {.reason = reason}};
}

void live_udp_hang_up(struct live_port *port, bool abort)
{
    struct live_udp *u = live_udp_of(port);
    const struct wp_event event = live_udp_close_event(u, WP_CLOSE_OWN);

    live_udp_leave(u, WP_CLOSE_OWN, abort);
    live_post(port->seat, &event);
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
        live_udp_record(
            u, NULL,
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
    struct live_udp *u = live_udp_of(port);

    if (bytes.n > WP_DATAGRAM_MAX) {
        live_note(port->seat, "datagram-too-long", (int64_t)bytes.n);
        return;
    }
    live_udp_record(u, live_udp_peer_of(u), (struct wp_record){.kind = WP_REC_SEND, .bytes = bytes});
    live_wire_send(&u->out, u->line, direction_out(u), port->id, bytes);
}

/* ---- receiving -------------------------------------------------------------------------------------- */

static void receive(struct live_udp *u, struct wp_slice bytes)
{
    const struct wp_event event = {
        .kind = WP_EV_BYTES, .endpoint = u->port.endpoint, .port = u->port.id, .bytes = bytes};

    if (u->listener) {
        take_out(u);
        live_udp_put_newest(u);
    }
    live_udp_record(u, live_udp_sender_of(u), (struct wp_record){.kind = WP_REC_RECEIPT, .bytes = bytes});
    live_step(u->port.seat, &event);
}

/* What somebody else's machine sent has passed our link. */
static void arrive_in(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    assert(kind == LIVE_BYTES);
    receive(WP_OWNER(wire, struct live_udp, in), bytes);
}

void live_udp_take_in(struct live_udp *u, bool is_ours, struct wp_slice bytes)
{
    if (is_ours || !u->line->link)
        receive(u, bytes);
    else
        live_wire_send(&u->in, u->line, WP_LINK_TO, u->port.id, bytes);
}

/* ---- the beginning ----------------------------------------------------------------------------------- */

struct live_udp *live_udp_new(struct live_seat *seat, uint16_t endpoint)
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
