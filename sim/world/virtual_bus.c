/* The virtual world: connections with the message bus.
 *
 *     dial --a hop, Hello--> the bus --a hop--> OPEN --hang up, a fault, a message that is none--> told at once,
 *                                                      the bus hears of it a hop later, behind what was sent
 *
 * The port is the machine's, the client is the bus's; a member is both, as long as one of them or something under way
 * knows of it. */
#include "sim/world/virtual.h"

#include <assert.h>

struct virtual_member {
    struct virtual_port port;
    struct bus_client *client;          /* NULL: the bus does not know it any more */
    struct virtual_member *next, *prev; /* those that the bus knows */
    uint32_t refs, life;                /* refs: the machine, the bus, events on their way to the bus */
};

static struct virtual_member *member_of(struct virtual_port *port)
{
    assert(port->kind == VIRTUAL_BUS);
    return WP_OWNER(port, struct virtual_member, port);
}

void virtual_bus_unref(struct virtual *v, struct virtual_member *m)
{
    assert(m->refs > 0);
    if (--m->refs == 0)
        blocks_put(&v->blocks, m);
}

static void record(struct virtual *v, const struct virtual_member *m, struct wp_record *r)
{
    r->port = m->port.id;
    if (!r->peer)
        r->peer = "bus";
    virtual_record(v, m->port.seat, r);
}

/* ---- on the way ------------------------------------------------------------------------------------- */

static void to_bus(struct virtual *v, struct virtual_member *m, struct virtual_event *e)
{
    e->member = m;
    m->refs++;
    virtual_event_at(v, e, v->now + VIRTUAL_BROKER_HOP);
}

static void to_client(struct virtual *v, struct virtual_member *m, struct virtual_event *e)
{
    e->port = m->port.id;
    virtual_event_at(v, e, v->now + VIRTUAL_BROKER_HOP);
}

static void on_welcome(void *ctx, void *owner, struct wp_slice name)
{
    struct virtual *v = ctx;

    to_client(v, owner, virtual_event_new(v, VIRTUAL_BUS_WELCOME, name.p, name.n));
}

static void on_deliver(void *ctx, void *owner, void *from, struct wp_slice message)
{
    struct virtual *v = ctx;
    struct virtual_member *m = owner, *sender = from;
    struct virtual_event *e;

    if (m->port.id == 0)
        return;
    e = virtual_event_new(v, VIRTUAL_BUS_BYTES, message.p, message.n);
    e->seat = sender ? sender->port.seat : NULL;
    to_client(v, m, e);
}

/* ---- dials ------------------------------------------------------------------------------------------- */

void virtual_bus_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_BUS_HELLO, NULL, 0);

    e->seat = seat;
    e->life = seat->life;
    e->endpoint = endpoint;
    virtual_event_at(v, e, v->now + VIRTUAL_BROKER_HOP);
}

static void open_bus(struct virtual *v)
{
    const struct bus_calls calls = {v, on_welcome, on_deliver};

    if (!v->bus.rules)
        v->bus.rules = bus_new(&v->blocks, &calls);
}

static void refuse(struct virtual *v, const struct virtual_event *hello)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_SYN_ACK, NULL, 0);

    e->seat = hello->seat;
    e->life = hello->life;
    e->endpoint = hello->endpoint;
    e->code = WP_CLOSE_REFUSED;
    virtual_event_at(v, e, v->now + VIRTUAL_BROKER_HOP);
}

static void on_hello(struct virtual *v, const struct virtual_event *e)
{
    struct virtual_member *m;

    if (v->bus.is_down) {
        refuse(v, e);
        return;
    }
    open_bus(v);
    m = blocks_get(&v->blocks, sizeof *m);
    *m = (struct virtual_member){
        .port = {.kind = VIRTUAL_BUS, .seat = e->seat, .endpoint = e->endpoint}, .refs = 2, .life = e->life};
    m->next = v->bus.members;
    if (m->next)
        m->next->prev = m;
    v->bus.members = m;
    virtual_port_number(v, &m->port);
    m->client = bus_join(v->bus.rules, m);
}

/* ---- the end of a connection -------------------------------------------------------------------------- */

/* The machine has it no more. */
static void close_port(struct virtual *v, struct virtual_member *m, enum wp_close_reason reason)
{
    struct wp_record r = {.kind = WP_REC_CLOSE};

    r.close.reason = reason;
    if (m->port.listed)
        record(v, m, &r);
    virtual_port_close(v, &m->port);
    virtual_bus_unref(v, m);
}

void virtual_bus_hang_up(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason)
{
    struct virtual_member *m = member_of(port);

    to_bus(v, m, virtual_event_new(v, VIRTUAL_BUS_LEAVE, NULL, 0));
    if (port->listed)
        virtual_tell_closed(v, port->seat, port->endpoint, port->id, reason, 0);
    close_port(v, m, reason);
}

void virtual_bus_drop(struct virtual *v, struct virtual_port *port)
{
    close_port(v, member_of(port), WP_CLOSE_OWN);
}

/* The bus knows it no more. */
static void forget(struct virtual *v, struct virtual_member *m)
{
    *(m->prev ? &m->prev->next : &v->bus.members) = m->next;
    if (m->next)
        m->next->prev = m->prev;
    m->client = NULL;
    virtual_bus_unref(v, m);
}

static void on_leave(struct virtual *v, struct virtual_member *m)
{
    if (!m->client)
        return;
    bus_leave(v->bus.rules, m->client);
    forget(v, m);
}

/* ---- the machine's side ------------------------------------------------------------------------------- */

void virtual_bus_send(struct virtual *v, struct virtual_port *port, struct wp_slice message)
{
    struct virtual_member *m = member_of(port);
    struct wp_record r = {.kind = WP_REC_NOTE};
    struct dbus_message decoded;
    const char *why = bus_why_not(message, &decoded);

    if (why) {
        r.note.what = "bus-message-refused";
        r.note.text = wp_text(why);
        record(v, m, &r);
        virtual_bus_hang_up(v, port, WP_CLOSE_RESET);
        return;
    }
    r.kind = WP_REC_SEND;
    r.bytes = message;
    record(v, m, &r);
    to_bus(v, m, virtual_event_new(v, VIRTUAL_BUS_SEND, message.p, message.n));
}

/* It has been looked at when it was sent. */
static void on_send(struct virtual *v, const struct virtual_event *e)
{
    struct dbus_message m;
    struct wp_decode d;

    if (!e->member->client)
        return;
    d = dbus_decode(virtual_event_bytes(e), &m);
    assert(d.status == WP_OK);
    bus_take(v->bus.rules, e->member->client, &m);
}

static void on_open(struct virtual *v, struct virtual_port *port, const struct virtual_event *e)
{
    struct virtual_member *m = member_of(port);
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = port->endpoint, .port = port->id};
    struct wp_record r = {.kind = WP_REC_OPEN};

    if (!port->seat->alive || port->seat->life != m->life) { /* it has been restarted meanwhile */
        virtual_bus_hang_up(v, port, WP_CLOSE_OWN);
        return;
    }
    virtual_port_list(port);
    r.open.transport = WP_BUS;
    r.open.bus_name = event.open.bus_name = virtual_event_bytes(e);
    record(v, m, &r);
    virtual_step(v, port->seat, &event);
}

static void on_bytes(struct virtual *v, struct virtual_port *port, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_BYTES, .endpoint = port->endpoint, .port = port->id};
    struct wp_record r = {.kind = WP_REC_RECEIPT};

    event.bytes = r.bytes = virtual_event_bytes(e);
    r.peer = e->seat ? e->seat->setup->name : "bus";
    record(v, member_of(port), &r);
    virtual_step(v, port->seat, &event);
}

static void on_gone(struct virtual *v, struct virtual_port *port)
{
    struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = port->endpoint, .port = port->id};
    struct virtual_seat *seat = port->seat;

    event.close.reason = WP_CLOSE_RESET;
    close_port(v, member_of(port), WP_CLOSE_RESET);
    virtual_step(v, seat, &event);
}

/* false: the machine does not read now, so it waits. */
static bool on_machine_event(struct virtual *v, struct virtual_event *e)
{
    struct virtual_port *port = virtual_port_find(v, e->port);

    if (!port)
        return true;
    if (e->kind == VIRTUAL_BUS_WELCOME) {
        on_open(v, port, e);
        return true;
    }
    if (!port->listed)
        return true;
    if (port->seat->choked) {
        virtual_hold(port->seat->choked, e);
        return false;
    }
    if (e->kind == VIRTUAL_BUS_BYTES)
        on_bytes(v, port, e);
    else
        on_gone(v, port);
    return true;
}

/* ---- the bus's life ------------------------------------------------------------------------------------ */

void virtual_bus_close(struct virtual *v)
{
    while (v->bus.members)
        forget(v, v->bus.members);
    bus_free(v->bus.rules);
    v->bus.rules = NULL;
}

void virtual_bus_restart(struct virtual *v, wp_us down)
{
    struct virtual_event *up = virtual_event_new(v, VIRTUAL_BUS_UP, NULL, 0);

    for (struct virtual_member *m = v->bus.members; m; m = m->next)
        if (m->port.id != 0)
            to_client(v, m, virtual_event_new(v, VIRTUAL_BUS_GONE, NULL, 0));
    virtual_bus_close(v);
    v->bus.is_down = true;
    up->life = ++v->bus.life;
    virtual_event_at(v, up, v->now + down);
}

bool virtual_on_bus_event(struct virtual *v, struct virtual_event *e)
{
    switch (e->kind) {
    case VIRTUAL_BUS_HELLO: on_hello(v, e); break;
    case VIRTUAL_BUS_SEND: on_send(v, e); break;
    case VIRTUAL_BUS_LEAVE: on_leave(v, e->member); break;
    case VIRTUAL_BUS_UP:
        if (e->life == v->bus.life) /* no later restart */
            v->bus.is_down = false;
        break;
    default: return on_machine_event(v, e);
    }
    return true;
}
