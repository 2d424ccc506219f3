/* The virtual world: listeners and connections. A serial line is a connection, too.
 *
 * A dial takes one latency to the listener, which has its port then, and one back to the dialler, which has its own
 * then. Both ports have their numbers from the start, so what the listener sends at once is not lost. FIN and RST
 * travel in order behind the bytes. Who hangs up is told at once, and hears nothing more. */
#include "sim/world/virtual.h"

#include <assert.h>

struct conn_end {
    struct virtual_port port;
    struct wp_addr own;
    wp_us last_at;                 /* arrival of the latest: order is kept */
    struct virtual_event *stalled; /* the receipt that more bytes may join */
};

struct virtual_conn {
    struct conn_end end[2]; /* of the dialler, of the listener */
    struct virtual_seat *line;
};

struct listener {
    uint8_t key[6];
    struct virtual_seat *seat;
    uint16_t endpoint;
};

static struct conn_end *end_of(struct virtual_port *port)
{
    return WP_OWNER(port, struct conn_end, port);
}

static struct virtual_conn *conn_of(struct virtual_port *port)
{
    struct conn_end *end = end_of(port) - (port->kind == VIRTUAL_LISTENER);

    return WP_OWNER(end, struct virtual_conn, end);
}

static struct conn_end *other_end(struct virtual_port *port)
{
    struct virtual_conn *c = conn_of(port);

    return &c->end[port->kind == VIRTUAL_DIALLER];
}

/* ---- listeners ------------------------------------------------------------------------------------- */

static struct wp_slice put_key(uint8_t key[6], struct wp_addr addr)
{
    struct wp_writer w = wp_writer(key, 6);

    wp_put_u32be(&w, addr.ip);
    wp_put_u16be(&w, addr.port);
    return wp_written(&w);
}

static struct listener *find_listener(const struct virtual *v, struct wp_addr addr)
{
    uint8_t key[6];
    struct listener *l;

    if (v->listeners.n == 0)
        return NULL;
    l = wp_map_find(&v->listeners, put_key(key, addr));
    if (!l) /* one that listens on every address */
        l = wp_map_find(&v->listeners, put_key(key, (struct wp_addr){0, addr.port}));
    return l;
}

static struct wp_addr listening_addr(const struct virtual_seat *seat, const struct wp_endpoint *e)
{
    return (struct wp_addr){e->addr.ip ? e->addr.ip : seat->setup->ip, e->addr.port};
}

static bool is_listener(const struct wp_endpoint *e)
{
    return e->listen && (e->transport == WP_TCP || e->transport == WP_SERIAL);
}

bool virtual_listen(struct virtual *v, struct virtual_seat *seat)
{
    for (size_t i = 0; i < seat->setup->n_endpoints; i++) {
        const struct wp_endpoint *e = &seat->setup->endpoints[i];
        struct listener *l, *taken;
        struct wp_slice key;

        if (!is_listener(e))
            continue;
        l = blocks_get(&v->blocks, sizeof *l);
        *l = (struct listener){.seat = seat, .endpoint = (uint16_t)i};
        key = put_key(l->key, listening_addr(seat, e));
        taken = v->listeners.n > 0 ? wp_map_find(&v->listeners, key) : NULL;
        if (taken) {
            blocks_put(&v->blocks, l);
            virtual_fail(v, "%s cannot listen at endpoint \"%s\": %s has the address already",
                         seat->setup->name, e->name, taken->seat->setup->name);
            return false;
        }
        map_make_room(&v->listeners);
        wp_map_add(&v->listeners, key, l);
    }
    return true;
}

void virtual_unlisten(struct virtual *v, const struct virtual_seat *seat)
{
    for (size_t i = 0; i < seat->setup->n_endpoints; i++) {
        const struct wp_endpoint *e = &seat->setup->endpoints[i];
        uint8_t key[6];

        if (is_listener(e) && v->listeners.n > 0)
            blocks_put(&v->blocks, wp_map_remove(&v->listeners, put_key(key, listening_addr(seat, e))));
    }
}

void virtual_tcp_free(struct virtual *v)
{
    map_free(&v->listeners);
}

/* ---- dials ----------------------------------------------------------------------------------------- */

/* The line is the dialler's, unless that one has a broker endpoint and the other has none: then it polls devices. */
static struct virtual_seat *line_of(struct virtual_seat *dialler, struct virtual_seat *listener)
{
    return dialler->has_broker && !listener->has_broker ? listener : dialler;
}

static wp_us latency(const struct virtual_seat *line)
{
    return line->link ? wp_link_latency(line->link) : VIRTUAL_LATENCY;
}

static struct wp_addr dialling_addr(struct virtual_seat *seat)
{
    static const uint32_t loopback = 0x7F000001;
    uint16_t port = seat->next_ephemeral;

    seat->next_ephemeral = port == UINT16_MAX ? VIRTUAL_FIRST_EPHEMERAL : (uint16_t)(port + 1);
    return (struct wp_addr){seat->setup->ip ? seat->setup->ip : loopback, port};
}

void virtual_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to)
{
    const struct wp_endpoint *e = &seat->setup->endpoints[endpoint];
    struct virtual_event *syn = virtual_event_new(v, VIRTUAL_SYN, NULL, 0);
    const struct listener *l;

    assert(endpoint < seat->setup->n_endpoints);
    assert(e->transport == WP_TCP || e->transport == WP_SERIAL);
    if (to.ip == 0 && to.port == 0)
        to = e->addr;
    l = find_listener(v, to);
    syn->seat = seat;
    syn->life = seat->life;
    syn->endpoint = endpoint;
    syn->dial.own = dialling_addr(seat);
    syn->dial.to = to;
    virtual_event_at(v, syn, v->now + latency(l ? line_of(seat, l->seat) : seat));
}

static void refuse_dial(struct virtual *v, const struct virtual_event *syn)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_SYN_ACK, NULL, 0);

    e->seat = syn->seat;
    e->life = syn->life;
    e->endpoint = syn->endpoint;
    virtual_event_at(v, e, v->now + latency(syn->seat));
}

static void open_end(struct virtual *v, struct virtual_conn *c, int side)
{
    struct conn_end *end = &c->end[side], *other = &c->end[!side];
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = end->port.endpoint, .port = end->port.id};
    struct wp_record r = {.kind = WP_REC_OPEN, .port = end->port.id};

    virtual_port_list(&end->port);
    event.open.own = end->own;
    event.open.peer = other->own;
    if (virtual_is_watched(v)) {
        r.peer = other->port.seat->setup->name;
        r.open.own = end->own;
        r.open.peer = other->own;
        r.open.transport = end->port.seat->setup->endpoints[end->port.endpoint].transport;
        virtual_record(v, end->port.seat, &r);
    }
    virtual_step(v, end->port.seat, &event);
}

void virtual_on_syn(struct virtual *v, struct virtual_event *e)
{
    const struct listener *l = find_listener(v, e->dial.to);
    struct virtual_event *answer;
    struct virtual_conn *c;

    if (!l || !l->seat->alive) {
        refuse_dial(v, e);
        return;
    }
    c = blocks_get(&v->blocks, sizeof *c);
    *c = (struct virtual_conn){.line = line_of(e->seat, l->seat)};
    c->end[0].port = (struct virtual_port){.seat = e->seat, .endpoint = e->endpoint, .kind = VIRTUAL_DIALLER};
    c->end[0].own = e->dial.own;
    c->end[1].port =
        (struct virtual_port){.seat = l->seat, .endpoint = l->endpoint, .kind = VIRTUAL_LISTENER};
    c->end[1].own = e->dial.to;
    virtual_port_number(v, &c->end[1].port);
    virtual_port_number(v, &c->end[0].port);
    answer = virtual_event_new(v, VIRTUAL_SYN_ACK, NULL, 0);
    answer->seat = e->seat;
    answer->life = e->life;
    answer->port = c->end[0].port.id;
    virtual_event_at(v, answer, v->now + latency(c->line));
    open_end(v, c, 1);
}

/* ---- bytes and ends -------------------------------------------------------------------------------- */

static void arrive(struct virtual *v, struct conn_end *to, struct virtual_event *e, wp_us at)
{
    if (at < to->last_at)
        at = to->last_at;
    to->last_at = at;
    e->port = to->port.id;
    virtual_event_at(v, e, at);
}

/* More for a receipt that waits for a stalled reader. */
static void join_stalled(struct virtual *v, struct conn_end *to, struct wp_slice bytes)
{
    struct virtual_event *old = to->stalled;
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_BYTES, NULL, old->n + bytes.n);
    uint8_t *p = (uint8_t *)(e + 1);

    memcpy(p, old + 1, old->n);
    memcpy(p + old->n, bytes.p, bytes.n);
    to->stalled = e;
    e->stalled = true;
    e->port = to->port.id;
    virtual_event_at(v, e, old->timer.at);
    wp_timers_clear(&v->events, &old->timer);
    virtual_event_free(v, old);
}

struct way_out {
    struct wp_link_out out;
    struct virtual *v;
    struct virtual_port *from;
    struct conn_end *to;
    bool cut;
};

static void on_piece(struct wp_link_out *out, wp_us at, struct wp_slice bytes, bool joined)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);
    struct virtual_event *e;

    if (way->to->port.id == 0)
        return;
    if (joined && way->to->stalled) {
        join_stalled(way->v, way->to, bytes);
        return;
    }
    e = virtual_event_new(way->v, VIRTUAL_BYTES, bytes.p, bytes.n);
    e->stalled = true;
    way->to->stalled = e;
    arrive(way->v, way->to, e, at);
}

static void send_end(struct virtual *v, struct conn_end *to, enum wp_close_reason reason, wp_us at)
{
    struct virtual_event *e;

    if (to->port.id == 0)
        return;
    e = virtual_event_new(v, VIRTUAL_END, NULL, 0);
    e->code = (uint8_t)reason;
    arrive(v, to, e, at);
}

static void on_cut(struct wp_link_out *out, wp_us at)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    way->cut = true;
    send_end(way->v, way->to, WP_CLOSE_RESET, at);
}

static void on_fault(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    virtual_fault_record(way->v, conn_of(way->from)->line, kind, what, count);
}

static struct way_out way_out(struct virtual *v, struct virtual_port *from)
{
    return (struct way_out){
        .out = {on_piece, on_cut, on_fault}, .v = v, .from = from, .to = other_end(from), .cut = false};
}

static enum wp_link_direction direction(struct virtual_port *from)
{
    return conn_of(from)->line == from->seat ? WP_LINK_FROM : WP_LINK_TO;
}

static void record_close(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    struct wp_record r = {.kind = WP_REC_CLOSE, .port = port->id};

    if (!port->listed || !virtual_is_watched(v))
        return;
    r.peer = other_end(port)->port.seat->setup->name;
    r.close.reason = reason;
    virtual_record(v, port->seat, &r);
}

/* The machine has the port no more; when the other end is closed, too, the connection is let go. */
static void close_end(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    struct virtual_conn *c = conn_of(port);

    record_close(v, port, reason);
    virtual_port_close(v, port);
    if (c->end[0].port.id == 0 && c->end[1].port.id == 0)
        blocks_put(&v->blocks, c);
}

/* From within a step, or by a fault: the machine hears of it afterwards. */
static void leave(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    virtual_tell_closed(v, port->seat, port->endpoint, port->id, reason, 0);
    close_end(v, port, reason);
}

void virtual_send(struct virtual *v, struct virtual_port *port, struct wp_slice bytes)
{
    struct virtual_conn *c = conn_of(port);
    struct conn_end *to = other_end(port);
    struct wp_record r = {.kind = WP_REC_SEND, .port = port->id};
    struct way_out way = way_out(v, port);

    if (virtual_is_watched(v)) {
        r.peer = to->port.seat->setup->name;
        r.bytes = bytes;
        virtual_record(v, port->seat, &r);
    }
    if (c->line->link) {
        wp_link_carry(c->line->link, direction(port), port->id, v->now, bytes, &way.out);
        if (way.cut)
            leave(v, port, WP_CLOSE_RESET);
    } else if (to->port.id != 0) {
        arrive(v, to, virtual_event_new(v, VIRTUAL_BYTES, bytes.p, bytes.n), v->now + VIRTUAL_LATENCY);
    }
}

void virtual_hang_up(struct virtual *v, struct virtual_port *port, bool abort)
{
    struct virtual_conn *c = conn_of(port);
    struct way_out way = way_out(v, port);

    if (c->line->link)
        wp_link_flush(c->line->link, direction(port), port->id, v->now, abort ? NULL : &way.out);
    send_end(v, way.to, abort ? WP_CLOSE_RESET : WP_CLOSE_PEER, v->now + latency(c->line));
    leave(v, port, WP_CLOSE_OWN);
}

void virtual_break_line(struct virtual *v, struct virtual_seat *seat, enum wp_close_reason reason)
{
    for (struct virtual_port *next, *port = seat->ports; port; port = next) {
        next = port->next;
        if (port->kind == VIRTUAL_SESSION || conn_of(port)->line != seat)
            continue;
        send_end(v, other_end(port), reason, v->now + latency(seat));
        leave(v, port, reason);
    }
}

void virtual_drop_conn(struct virtual *v, struct virtual_port *port)
{
    close_end(v, port, WP_CLOSE_OWN);
}

/* A refusal has no port. The dialler may be gone by now: then a RST goes back. */
void virtual_on_syn_ack(struct virtual *v, struct virtual_event *e)
{
    struct virtual_port *port = virtual_port_find(v, e->port);
    bool is_there = e->seat->alive && e->seat->life == e->life;

    if (port && is_there) {
        open_end(v, conn_of(port), 0);
    } else if (port) {
        send_end(v, other_end(port), WP_CLOSE_RESET, v->now + latency(conn_of(port)->line));
        close_end(v, port, WP_CLOSE_RESET);
    } else if (is_there) {
        struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = e->endpoint};
        struct wp_record r = {.kind = WP_REC_CLOSE};

        event.close.reason = r.close.reason = WP_CLOSE_REFUSED;
        virtual_record(v, e->seat, &r);
        virtual_step(v, e->seat, &event);
    }
}

/* A port that a choked machine does not read: the event waits with the session that it is choked by. */
static bool is_held(struct virtual_port *port, struct virtual_event *e)
{
    if (!port->seat->choked)
        return false;
    virtual_hold(port->seat->choked, e);
    return true;
}

bool virtual_on_bytes(struct virtual *v, struct virtual_event *e)
{
    struct virtual_port *port = virtual_port_find(v, e->port);
    struct wp_event event = {.kind = WP_EV_BYTES, .port = e->port};
    struct wp_record r = {.kind = WP_REC_RECEIPT, .port = e->port};

    if (!port || !port->listed)
        return true;
    if (end_of(port)->stalled == e)
        end_of(port)->stalled = NULL;
    if (is_held(port, e))
        return false;
    event.endpoint = port->endpoint;
    event.bytes = virtual_event_bytes(e);
    if (virtual_is_watched(v)) {
        r.peer = other_end(port)->port.seat->setup->name;
        r.bytes = event.bytes;
        virtual_record(v, port->seat, &r);
    }
    virtual_step(v, port->seat, &event);
    return true;
}

bool virtual_on_end(struct virtual *v, struct virtual_event *e)
{
    struct virtual_port *port = virtual_port_find(v, e->port);
    struct wp_event event = {.kind = WP_EV_CLOSE, .port = e->port};
    struct virtual_seat *seat;

    if (!port || !port->listed)
        return true;
    if (is_held(port, e))
        return false;
    seat = port->seat;
    event.endpoint = port->endpoint;
    event.close.reason = (enum wp_close_reason)e->code;
    close_end(v, port, event.close.reason);
    virtual_step(v, seat, &event);
    return true;
}
