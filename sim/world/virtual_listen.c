/* The virtual world: listeners, and dials until both sides have their port.
 *
 * A dial takes one latency to the listener, which has its port then, and one back to the dialler, which has its own
 * then. Both ports have their numbers from the start, so what the listener sends at once is not lost. */
#include "sim/world/virtual_conn.h"

#include <assert.h>

/* ---- listeners ------------------------------------------------------------------------------------- */

static struct wp_slice put_key(uint8_t key[7], struct wp_addr addr, bool datagrams)
{
    struct wp_writer w = wp_writer(key, 7);

    wp_put_u32be(&w, addr.ip);
    wp_put_u16be(&w, addr.port);
    wp_put_u8(&w, datagrams);
    return wp_written(&w);
}

struct virtual_listener *virtual_listener_find(const struct virtual *v, struct wp_addr addr, bool datagrams)
{
    uint8_t key[7];
    struct virtual_listener *l;

    if (v->listeners.n == 0)
        return NULL;
    l = wp_map_find(&v->listeners, put_key(key, addr, datagrams));
    if (!l) /* one that listens on every address */
        l = wp_map_find(&v->listeners, put_key(key, (struct wp_addr){0, addr.port}, datagrams));
    return l;
}

static struct wp_addr listening_addr(const struct virtual_seat *seat, const struct wp_endpoint *e)
{
    return (struct wp_addr){e->addr.ip ? e->addr.ip : seat->setup->ip, e->addr.port};
}

static bool is_listener(const struct wp_endpoint *e)
{
    return e->listen && (e->transport == WP_TCP || e->transport == WP_SERIAL || e->transport == WP_UDP);
}

static struct wp_slice put_key_of(uint8_t key[7], const struct virtual_seat *seat,
                                  const struct wp_endpoint *e)
{
    return put_key(key, listening_addr(seat, e), e->transport == WP_UDP);
}

bool virtual_listen(struct virtual *v, struct virtual_seat *seat)
{
    for (size_t i = 0; i < seat->setup->n_endpoints; i++) {
        const struct wp_endpoint *e = &seat->setup->endpoints[i];
        struct virtual_listener *l, *taken;
        struct wp_slice key;

        if (!is_listener(e))
            continue;
        l = blocks_get(&v->blocks, sizeof *l);
        *l = (struct virtual_listener){.seat = seat, .endpoint = (uint16_t)i};
        key = put_key_of(l->key, seat, e);
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
        uint8_t key[7];

        if (is_listener(e) && v->listeners.n > 0)
            blocks_put(&v->blocks, wp_map_remove(&v->listeners, put_key_of(key, seat, e)));
    }
}

void virtual_tcp_free(struct virtual *v)
{
    map_free(&v->listeners);
    map_free(&v->datagrams);
}

/* ---- dials ----------------------------------------------------------------------------------------- */

/* The line is the dialler's, unless that one has a broker endpoint and the other has none: then it polls devices. */
struct virtual_seat *virtual_line_of(struct virtual_seat *dialler, struct virtual_seat *listener)
{
    return dialler->has_broker && !listener->has_broker ? listener : dialler;
}

struct wp_addr virtual_dialling_addr(struct virtual *v, const struct virtual_seat *seat)
{
    static const uint32_t loopback = 0x7F000001;
    uint32_t ip = seat->setup->ip ? seat->setup->ip : loopback;
    uint16_t *next = &v->next_ephemeral[ip % VIRTUAL_HOSTS];
    uint16_t port = *next ? *next : VIRTUAL_FIRST_EPHEMERAL;

    *next = port == UINT16_MAX ? VIRTUAL_FIRST_EPHEMERAL : (uint16_t)(port + 1);
    return (struct wp_addr){ip, port};
}

void virtual_fail_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to,
                       enum wp_close_reason reason, wp_us at)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_SYN_ACK, NULL, 0);

    e->seat = seat;
    e->life = seat->life;
    e->endpoint = endpoint;
    e->dial.to = to;
    e->code = (uint8_t)reason;
    virtual_event_at(v, e, at);
}

/* Nobody accepts what is given up before the answer can be there. */
static void set_out(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to,
                    wp_us within)
{
    const struct virtual_listener *l = virtual_listener_find(v, to, false);
    wp_us one_way = virtual_latency(l ? virtual_line_of(seat, l->seat) : seat);
    struct virtual_event *syn;

    if (within > 0 && 2 * one_way > within) {
        virtual_fail_dial(v, seat, endpoint, to, WP_CLOSE_TIMEOUT, v->now + within);
        return;
    }
    syn = virtual_event_new(v, VIRTUAL_SYN, NULL, 0);
    syn->seat = seat;
    syn->life = seat->life;
    syn->endpoint = endpoint;
    syn->dial.own = virtual_dialling_addr(v, seat);
    syn->dial.to = to;
    virtual_event_at(v, syn, v->now + one_way);
}

size_t virtual_let_dials_go(struct virtual *v)
{
    size_t n = 0;

    for (size_t i = 0; i < v->held.n; i++) {
        const struct held_dial *d = &v->held.at[i];
        struct virtual_seat *seat = virtual_seat_at(v, d->machine);

        if (!seat->alive || seat->life != d->life)
            continue;
        set_out(v, seat, d->endpoint, d->to, d->within);
        n++;
    }
    held_dials_free(&v->held);
    return n;
}

void virtual_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to,
                  wp_us within)
{
    const struct wp_endpoint *e = &seat->setup->endpoints[endpoint];
    struct held_dial dial;

    assert(endpoint < seat->setup->n_endpoints);
    if (e->transport == WP_BUS) {
        virtual_bus_dial(v, seat, endpoint);
        return;
    }
    assert(e->transport == WP_TCP || e->transport == WP_SERIAL || e->transport == WP_UDP);
    if (to.ip == 0 && to.port == 0)
        to = e->addr;
    dial = (struct held_dial){seat->index, seat->life, endpoint, to, within};
    if (e->transport == WP_UDP)
        virtual_udp_dial(v, seat, endpoint, to);
    else if (!held_dials_take(&v->held, &dial))
        set_out(v, seat, endpoint, to, within);
}

static void open_end(struct virtual *v, struct virtual_conn *c, int side)
{
    struct virtual_end *end = &c->end[side], *other = &c->end[!side];
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
    const struct virtual_listener *l = virtual_listener_find(v, e->dial.to, false);
    struct virtual_event *answer;
    struct virtual_conn *c;

    if (!l || !l->seat->alive) {
        if (e->seat->life == e->life)
            virtual_fail_dial(v, e->seat, e->endpoint, e->dial.to, WP_CLOSE_REFUSED,
                              v->now + virtual_latency(e->seat));
        return;
    }
    c = blocks_get(&v->blocks, sizeof *c);
    *c = (struct virtual_conn){.line = virtual_line_of(e->seat, l->seat)};
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
    virtual_event_at(v, answer, v->now + virtual_latency(c->line));
    open_end(v, c, 1);
}

/* A failure has no port. The dialler may be gone by now: then a RST goes back. */
void virtual_on_syn_ack(struct virtual *v, struct virtual_event *e)
{
    struct virtual_port *port = virtual_port_find(v, e->port);
    bool is_there = e->seat->alive && e->seat->life == e->life;

    if (port && is_there) {
        open_end(v, virtual_conn_of(port), 0);
    } else if (port) {
        virtual_send_end(v, virtual_other_end(port), WP_CLOSE_RESET,
                         v->now + virtual_latency(virtual_conn_of(port)->line));
        virtual_close_end(v, port, WP_CLOSE_RESET);
    } else if (is_there) {
        struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = e->endpoint};
        struct wp_record r = {.kind = WP_REC_CLOSE};

        event.close.reason = r.close.reason = (enum wp_close_reason)e->code;
        event.close.peer = r.close.peer = e->dial.to;
        virtual_record(v, e->seat, &r);
        virtual_step(v, e->seat, &event);
    }
}
