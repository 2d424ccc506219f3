/* The virtual world: ports by number, and the events that are under way to them. */
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdlib.h>

/* Numbers are given once, so they are found through pages; a page is let go when its last port has closed. */
struct virtual_port_page {
    uint32_t n_open;
    struct virtual_port *port[VIRTUAL_PORTS_PER_PAGE];
};

void virtual_port_number(struct virtual *v, struct virtual_port *port)
{
    size_t at;

    assert(v->last_port < UINT32_MAX);
    port->id = ++v->last_port;
    at = port->id / VIRTUAL_PORTS_PER_PAGE;
    if (at >= v->n_pages) {
        size_t n = v->n_pages * 2 + 4;

        v->page = realloc(v->page, n * sizeof(struct virtual_port_page *));
        assert(v->page);
        memset(v->page + v->n_pages, 0, (n - v->n_pages) * sizeof(struct virtual_port_page *));
        v->n_pages = n;
    }
    if (!v->page[at]) {
        v->page[at] = calloc(1, sizeof(struct virtual_port_page));
        assert(v->page[at]);
    }
    v->page[at]->n_open++;
    v->page[at]->port[port->id % VIRTUAL_PORTS_PER_PAGE] = port;
}

void virtual_port_list(struct virtual_port *port)
{
    struct virtual_seat *seat = port->seat;

    port->listed = true;
    port->prev = NULL;
    port->next = seat->ports;
    if (port->next)
        port->next->prev = port;
    seat->ports = port;
}

void virtual_port_close(struct virtual *v, struct virtual_port *port)
{
    struct virtual_port_page **page = &v->page[port->id / VIRTUAL_PORTS_PER_PAGE];

    assert(port->id);
    (*page)->port[port->id % VIRTUAL_PORTS_PER_PAGE] = NULL;
    if (--(*page)->n_open == 0 && port->id / VIRTUAL_PORTS_PER_PAGE < v->last_port / VIRTUAL_PORTS_PER_PAGE) {
        free(*page);
        *page = NULL;
    }
    port->id = 0;
    if (!port->listed)
        return;
    *(port->prev ? &port->prev->next : &port->seat->ports) = port->next;
    if (port->next)
        port->next->prev = port->prev;
    port->listed = false;
}

struct virtual_port *virtual_port_find(const struct virtual *v, wp_port id)
{
    size_t at = id / VIRTUAL_PORTS_PER_PAGE;

    return at < v->n_pages && v->page[at] ? v->page[at]->port[id % VIRTUAL_PORTS_PER_PAGE] : NULL;
}

void virtual_ports_free(struct virtual *v)
{
    for (size_t i = 0; i < v->n_pages; i++)
        free(v->page[i]);
    free(v->page);
}

size_t virtual_ports_memory(const struct virtual *v)
{
    size_t sum = v->n_pages * sizeof(struct virtual_port_page *);

    for (size_t i = 0; i < v->n_pages; i++)
        sum += v->page[i] ? sizeof(struct virtual_port_page) : 0;
    return sum;
}

struct virtual_event *virtual_event_new(struct virtual *v, enum virtual_event_kind kind, const void *bytes,
                                        size_t n)
{
    struct virtual_event *e = blocks_get(&v->blocks, sizeof *e + n);

    memset(e, 0, sizeof *e);
    e->kind = (uint8_t)kind;
    e->n = (uint32_t)n;
    if (bytes && n > 0)
        memcpy(e + 1, bytes, n);
    return e;
}

struct wp_slice virtual_event_bytes(const struct virtual_event *e)
{
    return wp_slice(e + 1, e->n);
}

void virtual_event_at(struct virtual *v, struct virtual_event *e, wp_us at)
{
    wp_timers_set(&v->events, &e->timer, at);
}

static bool has_message(const struct virtual_event *e)
{
    return e->kind == VIRTUAL_PUBLISH || e->kind == VIRTUAL_RELEASE || e->kind == VIRTUAL_DELIVER ||
           e->kind == VIRTUAL_RELEASED || e->kind == VIRTUAL_BRIDGED;
}

static bool has_session(const struct virtual_event *e)
{
    return e->kind > VIRTUAL_LOGIN && e->kind <= VIRTUAL_LOGOUT;
}

void virtual_event_free(struct virtual *v, struct virtual_event *e)
{
    if (has_message(e))
        broker_message_release(&v->blocks, e->message);
    if (has_session(e))
        virtual_session_unref(v, e->session);
    if (e->kind == VIRTUAL_BUS_SEND || e->kind == VIRTUAL_BUS_LEAVE)
        virtual_bus_unref(v, e->member);
    blocks_put(&v->blocks, e);
}

void virtual_tell_closed(struct virtual *v, const struct virtual_seat *seat, uint16_t endpoint, wp_port port,
                         enum wp_close_reason reason, uint8_t code)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_CLOSED, NULL, 0);

    e->seat = virtual_seat_at(v, seat->index);
    e->life = seat->life;
    e->endpoint = endpoint;
    e->port = port;
    e->qos = code;
    e->code = (uint8_t)reason;
    virtual_event_at(v, e, v->now);
}
