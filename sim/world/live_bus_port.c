/* Connections of machines with the message bus.
 *
 *     dial --connected--> AUTH --"OK"--> HELLO --our name--> OPEN --hang up--> LEAVING --all sent, their end--> CLOSING
 *                         AUTH, HELLO: refused --> CLOSING     OPEN --the bus's end, abort, fault--> CLOSING --> freed
 *
 * The bus is on this machine, so connecting is one call, and waits for nobody but a dbus-daemon that has too many others
 * to accept. source: D-Bus Specification, "Authentication Protocol" */
#include "sim/world/bus.h"
#include "sim/world/live_bus.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LINGER_MS = 1000,
    ROOM_BYTES = 16 << 10,
    LINE_MAX_BYTES = 1 << 10 /* of what the bus says before it is one */
};

struct live_bus_port {
    struct live_port port;
    uv_pipe_t pipe;
    uv_shutdown_t shutdown;
    enum { BUS_AUTH, BUS_HELLO, BUS_OPEN, BUS_LEAVING, BUS_CLOSING } state;
    bool has_ended;              /* the bus says nothing more */
    struct live_timer continues; /* OPEN: with what has been read; LEAVING: no longer */
    uint8_t *in;
    size_t n, cap;
    struct live_bus_port *next, **at; /* of the bus */
};

static struct live_bus_port *bus_port(struct live_port *port)
{
    assert(port->kind == LIVE_BUS);
    return WP_OWNER(port, struct live_bus_port, port);
}

static struct live *world_of(const struct live_bus_port *p)
{
    return p->port.seat->world;
}

static void record(const struct live_bus_port *p, struct wp_record r)
{
    r.port = p->port.id;
    if (!r.peer && r.kind != WP_REC_RECEIPT)
        r.peer = "bus";
    live_record(p->port.seat, r);
}

/* ---- the end of a connection ---------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct live_bus_port *p = handle->data;

    free(p->in);
    free(p);
}

static void let_go(struct live_bus_port *p)
{
    if (p->state == BUS_CLOSING)
        return;
    p->state = BUS_CLOSING;
    *p->at = p->next;
    if (p->next)
        p->next->at = p->at;
    live_port_close(&p->port);
    if (!world_of(p)->bus->ports)
        world_of(p)->bus->n_members = 0; /* one that died gives its names again */
    live_timer_clear(world_of(p), &p->continues);
    uv_close((uv_handle_t *)&p->pipe, on_closed);
}

void live_bus_drop_ports(struct live_bus *bus)
{
    while (bus->ports)
        let_go(bus->ports);
}

static struct wp_event close_event(const struct live_bus_port *p, enum wp_close_reason reason)
{
    return (struct wp_event){
        .kind = WP_EV_CLOSE, .endpoint = p->port.endpoint, .port = p->port.id, .close = {.reason = reason}};
}

/* From the loop: the bus has ended it, or never let it begin. */
static void lose(struct live_bus_port *p)
{
    enum wp_close_reason reason = p->state == BUS_OPEN ? WP_CLOSE_RESET : WP_CLOSE_REFUSED;
    const struct wp_event event = close_event(p, reason);
    struct live_seat *seat = p->port.seat;
    bool is_heard = p->state < BUS_LEAVING;

    if (is_heard)
        live_record(seat, (struct wp_record){.kind = WP_REC_CLOSE,
                                             .peer = p->port.id ? "bus" : NULL,
                                             .port = p->port.id,
                                             .close = {.reason = reason}});
    let_go(p);
    if (is_heard)
        live_step(seat, &event);
}

/* From within a step, or by a fault: the machine hears of it after the step. */
static void leave(struct live_bus_port *p, enum wp_close_reason reason)
{
    const struct wp_event event = close_event(p, reason);

    if (p->state != BUS_OPEN)
        return;
    record(p, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason}});
    live_post(p->port.seat, &event);
    live_port_close(&p->port);
}

static void on_continue(struct live *w, struct live_timer *t);

static void on_shut_down(uv_shutdown_t *req, int status)
{
    struct live_bus_port *p = WP_OWNER(req, struct live_bus_port, shutdown);

    if (status < 0)
        let_go(p);
}

/* What was sent gets there: so it closes when the bus does. */
static void finish(struct live_bus_port *p)
{
    struct live *w = world_of(p);

    p->state = BUS_LEAVING;
    live_timer_set(w, &p->continues, live_now(w) + WP_MS(LINGER_MS));
    if (uv_shutdown(&p->shutdown, (uv_stream_t *)&p->pipe, on_shut_down) < 0)
        let_go(p);
    else
        live_bus_choke(&p->port, false);
}

void live_bus_hang_up(struct live_port *port, bool abort)
{
    struct live_bus_port *p = bus_port(port);
    bool was_open = p->state == BUS_OPEN;

    leave(p, WP_CLOSE_OWN);
    if (abort || !was_open)
        let_go(p);
    else
        finish(p);
}

void live_bus_break(struct live_port *port, enum wp_close_reason reason)
{
    struct live_bus_port *p = bus_port(port);

    if (p->state != BUS_OPEN)
        return;
    leave(p, reason);
    finish(p);
}

/* ---- what the bus says ------------------------------------------------------------------------------------- */

static void say(struct live_bus_port *p, struct wp_slice bytes)
{
    live_write_stream((uv_stream_t *)&p->pipe, bytes);
}

static void say_hello(struct live_bus_port *p)
{
    uint8_t message[256];
    struct wp_writer w = wp_writer(message, sizeof message);

    wp_put_text(&w, "BEGIN\r\n");
    dbus_put_hello(&w, world_of(p)->bus->hello);
    assert(!w.full);
    say(p, wp_written(&w));
    p->state = BUS_HELLO;
}

/* A line of the beginning: how much of it was taken; 0: it is not whole yet, or was not understood. */
static size_t take_line(struct live_bus_port *p, struct wp_slice in)
{
    const uint8_t *end = memchr(in.p, '\n', in.n);

    if (!end && in.n < LINE_MAX_BYTES)
        return 0;
    if (!end || in.n < 3 || memcmp(in.p, "OK ", 3) != 0) {
        lose(p);
        return 0;
    }
    say_hello(p);
    return (size_t)(end + 1 - in.p);
}

/* The answer to Hello: it is open now. */
static void take_name(struct live_bus_port *p, const struct dbus_message *m)
{
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = p->port.endpoint};
    struct dbus_iter it;

    if (m->type != DBUS_RETURN || m->reply_serial != world_of(p)->bus->hello ||
        !wp_slice_is(m->signature, "s")) {
        lose(p);
        return;
    }
    dbus_iter(&it, m);
    event.open.bus_name = dbus_get_text(&it);
    live_bus_enter(world_of(p)->bus, event.open.bus_name, p->port.seat);
    p->state = BUS_OPEN;
    live_port_open(&p->port);
    event.port = p->port.id;
    record(p, (struct wp_record){.kind = WP_REC_OPEN,
                                 .open = {.transport = WP_BUS, .bus_name = event.open.bus_name}});
    live_step(p->port.seat, &event);
}

static void take_message(struct live_bus_port *p, struct wp_slice bytes)
{
    const struct wp_event event = {
        .kind = WP_EV_BYTES, .endpoint = p->port.endpoint, .port = p->port.id, .bytes = bytes};
    struct dbus_message m;

    if (dbus_decode(bytes, &m).status != WP_OK) { /* by a daemon that is broken itself */
        live_note(p->port.seat, "bus-message-broken", p->port.id);
        lose(p);
    } else if (p->state == BUS_HELLO) {
        take_name(p, &m);
    } else {
        record(p, (struct wp_record){.kind = WP_REC_RECEIPT,
                                     .peer = live_bus_whose(world_of(p)->bus, m.sender),
                                     .bytes = bytes});
        live_step(p->port.seat, &event);
    }
}

/* The first whole thing in what has been read; its length, 0: nothing is whole. */
static size_t take_one(struct live_bus_port *p, struct wp_slice in)
{
    size_t n;

    if (p->state == BUS_AUTH)
        return take_line(p, in);
    if (in.n < DBUS_FIXED)
        return 0;
    n = dbus_length(in);
    if (n == 0) {
        live_note(p->port.seat, "bus-message-broken", p->port.id);
        lose(p);
        return 0;
    }
    if (n > in.n)
        return 0;
    take_message(p, wp_slice(in.p, n));
    return n;
}

/* Nobody reads for a machine that is choked, or in a world that is stopped. */
static bool may_go_on(const struct live_bus_port *p)
{
    return p->state < BUS_LEAVING && !p->port.seat->choked && !world_of(p)->stopped;
}

static void go_on(struct live_bus_port *p)
{
    size_t at = 0, n = 1;

    while (may_go_on(p) && n > 0) {
        n = take_one(p, wp_slice(p->in + at, p->n - at));
        at += n;
    }
    if (p->state >= BUS_LEAVING) {
        p->n = 0;
        return;
    }
    p->n -= at;
    memmove(p->in, p->in + at, p->n);
    if (n > 0 && !p->port.seat->choked)
        live_timer_set(world_of(p), &p->continues, live_now(world_of(p)));
    else if (n == 0 && p->has_ended)
        lose(p);
}

static void on_continue(struct live *w, struct live_timer *t)
{
    struct live_bus_port *p = WP_OWNER(t, struct live_bus_port, continues);

    live_tick(w);
    if (p->state == BUS_LEAVING)
        let_go(p);
    else
        go_on(p);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static void offer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct live_bus_port *p = handle->data;

    (void)wanted;
    if (p->state == BUS_LEAVING)
        p->n = 0;
    if (p->cap - p->n < ROOM_BYTES) {
        p->cap = 2 * p->cap + ROOM_BYTES;
        p->in = realloc(p->in, p->cap);
        assert(p->in);
    }
    *out = uv_buf_init((char *)p->in + p->n, (unsigned)(p->cap - p->n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct live_bus_port *p = stream->data;

    (void)buf;
    if (n == 0 || p->state == BUS_CLOSING)
        return;
    live_tick(world_of(p));
    live_bus_hear(world_of(p));
    if (n > 0)
        p->n += (size_t)n;
    else
        p->has_ended = true;
    if (p->state == BUS_LEAVING && n < 0)
        let_go(p);
    else if (p->state != BUS_LEAVING)
        go_on(p);
}

void live_bus_choke(struct live_port *port, bool choked)
{
    struct live_bus_port *p = bus_port(port);

    if (choked) {
        uv_read_stop((uv_stream_t *)&p->pipe);
        return;
    }
    if (!p->has_ended)
        uv_read_start((uv_stream_t *)&p->pipe, offer_room, on_read);
    if (p->state < BUS_LEAVING)
        live_timer_set(world_of(p), &p->continues, live_now(world_of(p)));
}

/* ---- dials ------------------------------------------------------------------------------------------------- */

static void say_who(struct live_bus_port *p)
{
    char line[128];
    struct wp_writer w = wp_writer(line, sizeof line);

    bus_place_put_auth(&w);
    say(p, wp_written(&w));
}

static void begin(struct live_seat *seat, uint16_t endpoint, int fd)
{
    struct live_bus *bus = seat->world->bus;
    struct live_bus_port *p = calloc(1, sizeof *p);
    int rc;

    assert(p);
    *p = (struct live_bus_port){.port = {.kind = LIVE_BUS, .seat = seat, .endpoint = endpoint},
                                .continues = {.fire = on_continue}};
    p->next = bus->ports;
    p->at = &bus->ports;
    if (p->next)
        p->next->at = &p->next;
    bus->ports = p;
    live_port_attach(&p->port);
    rc = uv_pipe_init(&seat->world->loop, &p->pipe, 0);
    assert(rc == 0);
    p->pipe.data = p;
    rc = uv_pipe_open(&p->pipe, fd);
    assert(rc == 0);
    say_who(p);
    if (!seat->choked)
        uv_read_start((uv_stream_t *)&p->pipe, offer_room, on_read);
}

void live_bus_dial(struct live_seat *seat, uint16_t endpoint)
{
    const struct wp_event refused = {
        .kind = WP_EV_CLOSE, .endpoint = endpoint, .close = {.reason = WP_CLOSE_REFUSED}};
    int fd = bus_place_connect(&seat->world->bus->place);

    if (fd >= 0) {
        begin(seat, endpoint, fd);
        return;
    }
    live_record(seat, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = WP_CLOSE_REFUSED}});
    live_post(seat, &refused);
}

/* ---- sending ---------------------------------------------------------------------------------------------- */

static size_t unsent(const struct live_bus_port *p)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&p->pipe);
}

void live_bus_send(struct live_port *port, struct wp_slice message)
{
    struct live_bus_port *p = bus_port(port);
    struct dbus_message m;
    const char *why = bus_why_not(message, &m);

    if (why) {
        record(p, (struct wp_record){.kind = WP_REC_NOTE, .note = {"bus-message-refused", wp_text(why), 0}});
        live_bus_break(port, WP_CLOSE_RESET);
        return;
    }
    record(p, (struct wp_record){.kind = WP_REC_SEND, .bytes = message});
    if (message.n + unsent(p) <= LIVE_UNSENT_MAX) {
        say(p, message);
        return;
    }
    live_note(port->seat, "send-queue-full", (int64_t)unsent(p));
    leave(p, WP_CLOSE_RESET);
    let_go(p);
}
