/* The virtual world: bytes of connections, and their ends. A serial line is a connection, too.
 *
 * FIN and RST travel in order behind the bytes. Who hangs up is told at once, and hears nothing more. */
#include "sim/world/virtual_conn.h"

#include <assert.h>

static void arrive(struct virtual *v, struct virtual_end *to, struct virtual_event *e, wp_us at)
{
    if (at < to->last_at)
        at = to->last_at;
    to->last_at = at;
    e->port = to->port.id;
    virtual_event_at(v, e, at);
}

/* More for a receipt that waits for a stalled reader. */
static void join_stalled(struct virtual *v, struct virtual_end *to, struct wp_slice bytes)
{
    struct virtual_event *old = to->stalled;
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_BYTES, NULL, old->n + bytes.n);
    uint8_t *p = (uint8_t *)(e + 1);

    memcpy(p, old + 1, old->n);
    memcpy(p + old->n, bytes.p, bytes.n);
    to->stalled = e;
    e->port = to->port.id;
    virtual_event_at(v, e, old->timer.at);
    wp_timers_clear(&v->events, &old->timer);
    virtual_event_free(v, old);
}

struct way_out {
    struct wp_link_out out;
    struct virtual *v;
    struct virtual_port *from;
    struct virtual_end *to;
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
    way->to->stalled = e;
    arrive(way->v, way->to, e, at);
}

void virtual_send_end(struct virtual *v, struct virtual_end *to, enum wp_close_reason reason, wp_us at)
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
    virtual_send_end(way->v, way->to, WP_CLOSE_RESET, at);
}

static void on_fault(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    virtual_fault_record(way->v, virtual_conn_of(way->from)->line, kind, what, count);
}

static struct way_out way_out(struct virtual *v, struct virtual_port *from)
{
    return (struct way_out){.out = {.piece = on_piece, .cut = on_cut, .fault = on_fault},
                            .v = v,
                            .from = from,
                            .to = virtual_other_end(from),
                            .cut = false};
}

static enum wp_link_direction direction(struct virtual_port *from)
{
    return virtual_conn_of(from)->line == from->seat ? WP_LINK_FROM : WP_LINK_TO;
}

static void record_close(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    struct wp_record r = {.kind = WP_REC_CLOSE, .port = port->id};

    if (!port->listed || !virtual_is_watched(v))
        return;
    r.peer = virtual_other_end(port)->port.seat->setup->name;
    r.close.reason = reason;
    virtual_record(v, port->seat, &r);
}

void virtual_close_end(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    struct virtual_conn *c = virtual_conn_of(port);

    record_close(v, port, reason);
    virtual_port_close(v, port);
    if (c->end[0].port.id == 0 && c->end[1].port.id == 0)
        blocks_put(&v->blocks, c);
}

/* From within a step, or by a fault: the machine hears of it afterwards. */
static void leave(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    virtual_tell_closed(v, port->seat, port->endpoint, port->id, reason, 0);
    virtual_close_end(v, port, reason);
}

void virtual_send(struct virtual *v, struct virtual_port *port, struct wp_slice bytes)
{
    struct virtual_conn *c = virtual_conn_of(port);
    struct virtual_end *to = virtual_other_end(port);
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
    struct virtual_conn *c = virtual_conn_of(port);
    struct way_out way = way_out(v, port);

    if (c->line->link)
        wp_link_flush(c->line->link, direction(port), port->id, v->now, abort ? NULL : &way.out);
    virtual_send_end(v, way.to, abort ? WP_CLOSE_RESET : WP_CLOSE_PEER, v->now + virtual_latency(c->line));
    leave(v, port, WP_CLOSE_OWN);
}

void virtual_break_line(struct virtual *v, struct virtual_seat *seat, enum wp_close_reason reason)
{
    for (struct virtual_port *next, *port = seat->ports; port; port = next) {
        next = port->next;
        if (port->kind == VIRTUAL_BUS)
            virtual_bus_hang_up(v, port, reason);
        if (port->kind == VIRTUAL_BUS || port->kind == VIRTUAL_SESSION || port->kind == VIRTUAL_UDP || virtual_conn_of(port)->line != seat)
            continue;
        virtual_send_end(v, virtual_other_end(port), reason, v->now + virtual_latency(seat));
        leave(v, port, reason);
    }
}

void virtual_drop_conn(struct virtual *v, struct virtual_port *port)
{
    virtual_close_end(v, port, WP_CLOSE_OWN);
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
    if (virtual_end_of(port)->stalled == e)
        virtual_end_of(port)->stalled = NULL;
    if (is_held(port, e))
        return false;
    event.endpoint = port->endpoint;
    event.bytes = virtual_event_bytes(e);
    if (virtual_is_watched(v)) {
        r.peer = virtual_other_end(port)->port.seat->setup->name;
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
    virtual_close_end(v, port, event.close.reason);
    virtual_step(v, seat, &event);
    return true;
}
