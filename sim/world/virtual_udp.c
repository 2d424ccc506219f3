/* The virtual world: datagrams, and the ports that stand for who exchanges them.
 *
 * A datagram under way knows addresses only. Where it arrives it finds the port that hears this peer; else a listener,
 * which gets a port for it; else nobody. A port is found by (own, far), and no two are alike. */
#include "sim/world/virtual_conn.h"

#include <assert.h>

struct virtual_udp {
    struct virtual_port port;
    uint8_t key[12]; /* own, far */
    struct wp_addr own, far;
    struct virtual_seat *line;
    struct virtual_listener *listener; /* NULL: dialled */
    struct virtual_udp *older, *newer; /* of the listener's, by when they were heard last */
};

static struct virtual_udp *udp_of(struct virtual_port *port)
{
    assert(port->kind == VIRTUAL_UDP);
    return WP_OWNER(port, struct virtual_udp, port);
}

/* ---- who hears whom -------------------------------------------------------------------------------- */

static struct wp_slice put_key(uint8_t key[12], struct wp_addr own, struct wp_addr far)
{
    struct wp_writer w = wp_writer(key, 12);

    wp_put_u32be(&w, own.ip);
    wp_put_u16be(&w, own.port);
    wp_put_u32be(&w, far.ip);
    wp_put_u16be(&w, far.port);
    return wp_written(&w);
}

static struct virtual_udp *find(const struct virtual *v, struct wp_addr own, struct wp_addr far)
{
    uint8_t key[12];

    return v->datagrams.n > 0 ? wp_map_find(&v->datagrams, put_key(key, own, far)) : NULL;
}

/* Who would get a datagram now; NULL: nobody. */
static const char *peer_of(const struct virtual *v, const struct virtual_udp *u)
{
    const struct virtual_udp *other = find(v, u->far, u->own);
    const struct virtual_listener *l = other ? NULL : virtual_listener_find(v, u->far, true);

    if (other)
        return other->port.seat->setup->name;
    return l ? l->seat->setup->name : NULL;
}

static struct virtual_udp *add(struct virtual *v, struct virtual_udp u)
{
    struct virtual_udp *new = blocks_get(&v->blocks, sizeof *new);

    *new = u;
    new->port.kind = VIRTUAL_UDP;
    virtual_port_number(v, &new->port);
    virtual_port_list(&new->port);
    map_make_room(&v->datagrams);
    wp_map_add(&v->datagrams, put_key(new->key, u.own, u.far), new);
    return new;
}

/* ---- a listener's peers ----------------------------------------------------------------------------- */

static void put_newest(struct virtual_udp *u)
{
    struct virtual_listener *l = u->listener;

    u->newer = NULL;
    u->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = u;
    l->newest = u;
    l->n_peers++;
}

static void take_out(struct virtual_udp *u)
{
    struct virtual_listener *l = u->listener;

    *(u->newer ? &u->newer->older : &l->newest) = u->older;
    *(u->older ? &u->older->newer : &l->oldest) = u->newer;
    l->n_peers--;
}

/* ---- the end of a port ------------------------------------------------------------------------------ */

static void close_port(struct virtual *v, struct virtual_udp *u, enum wp_close_reason reason)
{
    struct wp_record r = {.kind = WP_REC_CLOSE, .port = u->port.id};

    if (virtual_is_watched(v)) {
        r.peer = peer_of(v, u);
        r.close.reason = reason;
        virtual_record(v, u->port.seat, &r);
    }
    if (u->listener)
        take_out(u);
    wp_map_remove(&v->datagrams, wp_slice(u->key, sizeof u->key));
    virtual_port_close(v, &u->port);
    blocks_put(&v->blocks, u);
}

void virtual_udp_drop(struct virtual *v, struct virtual_port *port)
{
    close_port(v, udp_of(port), WP_CLOSE_OWN);
}

/* ---- on the way ------------------------------------------------------------------------------------- */

struct way_out {
    struct wp_link_out out;
    struct virtual *v;
    const struct virtual_udp *from;
};

static void launch(struct virtual *v, const struct virtual_udp *from, struct wp_slice bytes, wp_us at)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_DATAGRAM, bytes.p, bytes.n);

    e->seat = from->port.seat;
    e->dial.own = from->own;
    e->dial.to = from->far;
    virtual_event_at(v, e, at);
}

static void on_piece(struct wp_link_out *out, wp_us at, struct wp_slice bytes, bool joined)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    assert(!joined);
    launch(way->v, way->from, bytes, at);
}

static void on_fault(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    virtual_fault_record(way->v, way->from->line, kind, what, count);
}

static struct way_out way_out(struct virtual *v, const struct virtual_udp *from)
{
    return (struct way_out){
        .out = {.datagrams = true, .piece = on_piece, .fault = on_fault}, .v = v, .from = from};
}

static enum wp_link_direction direction(const struct virtual_udp *from)
{
    return from->line == from->port.seat ? WP_LINK_FROM : WP_LINK_TO;
}

void virtual_udp_send(struct virtual *v, struct virtual_port *port, struct wp_slice bytes)
{
    struct virtual_udp *u = udp_of(port);
    struct way_out way = way_out(v, u);
    struct wp_record r = {.kind = WP_REC_SEND, .port = port->id};

    if (bytes.n > WP_DATAGRAM_MAX) {
        virtual_note(v, port->seat, "datagram-too-long", (int64_t)bytes.n);
        return;
    }
    if (virtual_is_watched(v)) {
        r.peer = peer_of(v, u);
        r.bytes = bytes;
        virtual_record(v, port->seat, &r);
    }
    if (u->line->link)
        wp_link_carry(u->line->link, direction(u), port->id, v->now, bytes, &way.out);
    else
        launch(v, u, bytes, v->now + VIRTUAL_LATENCY);
}

void virtual_udp_hang_up(struct virtual *v, struct virtual_port *port, bool abort)
{
    struct virtual_udp *u = udp_of(port);
    struct way_out way = way_out(v, u);

    if (u->line->link)
        wp_link_flush(u->line->link, direction(u), port->id, v->now, abort ? NULL : &way.out);
    virtual_tell_closed(v, port->seat, port->endpoint, port->id, WP_CLOSE_OWN, 0);
    close_port(v, u, WP_CLOSE_OWN);
}

/* ---- dials ------------------------------------------------------------------------------------------ */

static void record_open(struct virtual *v, const struct virtual_udp *u, const char *peer)
{
    struct wp_record r = {.kind = WP_REC_OPEN, .port = u->port.id};

    if (!virtual_is_watched(v))
        return;
    r.peer = peer;
    r.open.own = u->own;
    r.open.peer = u->far;
    r.open.transport = WP_UDP;
    virtual_record(v, u->port.seat, &r);
}

/* A source port that nobody has for that peer, and that the peer does not remember. */
static bool take_own_addr(struct virtual *v, const struct virtual_seat *seat, struct wp_addr to,
                          struct wp_addr *out)
{
    for (int i = VIRTUAL_FIRST_EPHEMERAL; i <= UINT16_MAX; i++) {
        *out = virtual_dialling_addr(v, seat);
        if (!find(v, *out, to) && !find(v, to, *out))
            return true;
    }
    return false;
}

void virtual_udp_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to)
{
    const struct virtual_listener *l = virtual_listener_find(v, to, true);
    struct virtual_udp *u;
    struct virtual_event *e;
    struct wp_addr own;

    if (!take_own_addr(v, seat, to, &own)) {
        virtual_fail_dial(v, seat, endpoint, to, WP_CLOSE_REFUSED, v->now);
        return;
    }
    u = add(v, (struct virtual_udp){.port = {.seat = seat, .endpoint = endpoint},
                                    .own = own,
                                    .far = to,
                                    .line = l ? virtual_line_of(seat, l->seat) : seat});
    record_open(v, u, l ? l->seat->setup->name : NULL);
    e = virtual_event_new(v, VIRTUAL_OPENED, NULL, 0);
    e->seat = seat;
    e->life = seat->life;
    e->endpoint = endpoint;
    e->port = u->port.id;
    e->dial.own = own;
    e->dial.to = to;
    virtual_event_at(v, e, v->now);
}

/* After the step that dialled. It may have been closed since: that comes next. */
void virtual_on_opened(struct virtual *v, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = e->endpoint, .port = e->port};

    if (!e->seat->alive || e->seat->life != e->life)
        return;
    event.open.own = e->dial.own;
    event.open.peer = e->dial.to;
    virtual_step(v, e->seat, &event);
}

/* ---- arrival ---------------------------------------------------------------------------------------- */

/* The one that was silent for longest makes room. */
static void forget_oldest(struct virtual *v, struct virtual_listener *l)
{
    struct virtual_udp *u = l->oldest;
    struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = l->endpoint, .port = u->port.id};

    event.close.reason = WP_CLOSE_TIMEOUT;
    close_port(v, u, WP_CLOSE_TIMEOUT);
    virtual_step(v, l->seat, &event);
}

/* A peer that the listener does not know. NULL: its machine wants none of it. */
static struct virtual_udp *open_peer(struct virtual *v, struct virtual_listener *l,
                                     const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = l->endpoint};
    struct virtual_port *port;
    struct virtual_udp *u;

    if (l->n_peers == WP_DATAGRAM_PEERS_MAX)
        forget_oldest(v, l);
    u = add(v, (struct virtual_udp){.port = {.seat = l->seat, .endpoint = l->endpoint},
                                    .own = e->dial.to,
                                    .far = e->dial.own,
                                    .line = virtual_line_of(e->seat, l->seat),
                                    .listener = l});
    put_newest(u);
    record_open(v, u, e->seat->setup->name);
    event.port = u->port.id;
    event.open.own = u->own;
    event.open.peer = u->far;
    virtual_step(v, l->seat, &event);
    port = virtual_port_find(v, event.port);
    return port ? udp_of(port) : NULL;
}

static void deliver(struct virtual *v, struct virtual_udp *u, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_BYTES, .endpoint = u->port.endpoint, .port = u->port.id};
    struct wp_record r = {.kind = WP_REC_RECEIPT, .port = u->port.id};

    event.bytes = r.bytes = virtual_event_bytes(e);
    if (u->listener) {
        take_out(u);
        put_newest(u);
    }
    if (virtual_is_watched(v)) {
        r.peer = e->seat->setup->name;
        virtual_record(v, u->port.seat, &r);
    }
    virtual_step(v, u->port.seat, &event);
}

/* false: its machine does not read now, so it waits. */
bool virtual_on_datagram(struct virtual *v, struct virtual_event *e)
{
    struct virtual_udp *u = find(v, e->dial.to, e->dial.own);
    struct virtual_listener *l = u ? u->listener : virtual_listener_find(v, e->dial.to, true);
    struct virtual_seat *seat = u ? u->port.seat : l ? l->seat : NULL;

    if (!seat || !seat->alive)
        return true;
    if (seat->choked) {
        virtual_hold(seat->choked, e);
        return false;
    }
    if (!u)
        u = open_peer(v, l, e);
    if (u)
        deliver(v, u, e);
    return true;
}
