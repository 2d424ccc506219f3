/* The virtual world: machines, their steps and effects, their restarts.
 *
 *     down --rise--> alive --restart--> down (for a while) --rise--> alive */
#include "sim/world/virtual.h"
#include "sim/core/random.h"

#include <assert.h>
#include <stdlib.h>

static const struct wp_link_setup clean_line = {.latency = VIRTUAL_LATENCY};
static const struct wp_link_setup clean_hop = {.latency = VIRTUAL_BROKER_HOP};

struct virtual_seat *virtual_seat_at(const struct virtual *v, wp_machine m)
{
    assert(m >= 0);
    assert((size_t)m < v->n_seats);
    return &v->chunk[m / VIRTUAL_SEATS_PER_CHUNK][m % VIRTUAL_SEATS_PER_CHUNK];
}

/* ---- steps and effects ----------------------------------------------------------------------------- */

struct outbox {
    struct wp_outbox out;
    struct virtual *v;
    struct virtual_seat *seat;
};

static void emit(struct wp_outbox *out, const struct wp_effect *effect)
{
    struct outbox *box = WP_OWNER(out, struct outbox, out);

    virtual_act(box->v, box->seat, effect);
}

void virtual_set_deadline(struct virtual *v, struct virtual_seat *seat)
{
    wp_us at = seat->class->deadline(seat->memory);

    if (at < v->now)
        at = v->now;
    if (!wp_timer_is_set(&seat->deadline) ? at != WP_NEVER : at != seat->deadline.at)
        wp_timers_set(&v->deadlines, &seat->deadline, at);
}

void virtual_step(struct virtual *v, struct virtual_seat *seat, struct wp_event *event)
{
    struct outbox box = {.out = {emit}, .v = v, .seat = seat};

    assert(seat->alive);
    v->recent[v->n_recent++ % VIRTUAL_RECENT] = seat->index;
    event->now = v->now;
    seat->class->step(seat->memory, event, &box.out);
    virtual_set_deadline(v, seat);
}

/* The port, if it is the machine's own and open; else the machine is told off. */
static struct virtual_port *own_port(struct virtual *v, struct virtual_seat *seat, wp_port id)
{
    struct virtual_port *port = virtual_port_find(v, id);

    if (port && port->seat == seat && port->listed)
        return port;
    virtual_note(v, seat, "port-not-open", id);
    return NULL;
}

static void record_inner(struct virtual *v, const struct virtual_seat *seat, const struct wp_effect *e)
{
    struct wp_record r = {0};

    if (!virtual_is_watched(v))
        return;
    switch (e->kind) {
    case WP_READING:
        r.kind = WP_REC_READING;
        r.reading = e->reading;
        break;
    case WP_COMMAND:
        r.kind = WP_REC_COMMAND;
        r.command = e->command;
        break;
    case WP_ANSWER:
        r.kind = WP_REC_ANSWER;
        r.answer = e->answer;
        break;
    case WP_PRESENCE:
        r.kind = WP_REC_PRESENCE;
        r.presence = e->presence;
        break;
    default:
        r.kind = WP_REC_NOTE;
        r.note.what = e->note.what;
        r.note.text = e->note.text;
        r.note.count = e->note.count;
        break;
    }
    virtual_record(v, seat, &r);
}

static void hang_up(struct virtual *v, struct virtual_port *port, bool abort)
{
    if (port->kind == VIRTUAL_SESSION)
        virtual_log_out(v, port, abort);
    else if (port->kind == VIRTUAL_UDP)
        virtual_udp_hang_up(v, port, abort);
    else if (port->kind == VIRTUAL_BUS)
        virtual_bus_hang_up(v, port, WP_CLOSE_OWN);
    else
        virtual_hang_up(v, port, abort);
}

void virtual_act(struct virtual *v, struct virtual_seat *seat, const struct wp_effect *e)
{
    struct virtual_port *port;

    switch (e->kind) {
    case WP_DIAL: virtual_dial(v, seat, e->endpoint, e->dial.to, e->dial.within); break;
    case WP_LOGIN: virtual_login(v, seat, e->endpoint, e->login); break;
    case WP_HANG_UP:
        port = virtual_port_find(v, e->port);
        if (port && port->seat == seat && port->listed) /* else it has been closed already: nothing to do */
            hang_up(v, port, e->abort);
        break;
    case WP_SEND:
        port = own_port(v, seat, e->port);
        if (port && port->kind == VIRTUAL_UDP)
            virtual_udp_send(v, port, e->bytes);
        else if (port && port->kind == VIRTUAL_BUS)
            virtual_bus_send(v, port, e->bytes);
        else if (port)
            virtual_send(v, port, e->bytes);
        break;
    case WP_SUBSCRIBE:
    case WP_UNSUBSCRIBE:
        port = own_port(v, seat, e->port);
        if (port)
            virtual_subscribe(v, port, e);
        break;
    case WP_PUBLISH: virtual_publish(v, seat, virtual_port_find(v, e->port), e); break;
    case WP_HAND_ON: break; /* from part to part of a gateway */
    case WP_READING:
    case WP_COMMAND:
    case WP_ANSWER:
    case WP_PRESENCE:
    case WP_NOTE: record_inner(v, seat, e); break;
    }
}

/* ---- from the beginning to the end ------------------------------------------------------------------ */

/* false: an endpoint that no world carries. */
static bool check_endpoints(struct virtual *v, struct virtual_seat *seat)
{
    for (size_t i = 0; i < seat->setup->n_endpoints; i++) {
        const struct wp_endpoint *e = &seat->setup->endpoints[i];

        seat->has_broker |= e->transport == WP_BROKER;
        if (e->transport != WP_BUS || !e->listen)
            continue;
        virtual_fail(v, "%s: endpoint \"%s\": nobody listens at the message bus, it is dialled",
                     seat->setup->name, e->name);
        return false;
    }
    return true;
}

static struct virtual_seat *new_seat(struct virtual *v)
{
    size_t in_chunk = v->n_seats % VIRTUAL_SEATS_PER_CHUNK, chunk = v->n_seats / VIRTUAL_SEATS_PER_CHUNK;

    if (in_chunk == 0) {
        v->chunk = realloc(v->chunk, (chunk + 1) * sizeof(struct virtual_seat *));
        assert(v->chunk);
        v->chunk[chunk] = calloc(VIRTUAL_SEATS_PER_CHUNK, sizeof(struct virtual_seat));
        assert(v->chunk[chunk]);
    }
    v->n_seats++;
    return &v->chunk[chunk][in_chunk];
}

static struct wp_link *new_link(struct virtual *v, const struct virtual_seat *seat,
                                const struct wp_link_setup *setup)
{
    return wp_link_new(&v->lines, setup, wp_random_seed(v->setup.seed, wp_text(seat->setup->name)));
}

wp_machine virtual_add(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                       const struct wp_link_setup *link)
{
    struct virtual *v = WP_OWNER(w, struct virtual, base);
    struct virtual_seat *seat = new_seat(v);

    *seat = (struct virtual_seat){.class = class, .setup = setup, .index = (wp_machine)(v->n_seats - 1)};
    if (!check_endpoints(v, seat))
        return seat->index;
    if (link)
        seat->link = new_link(v, seat, link);
    if (v->started && !v->ended && virtual_listen(v, seat))
        virtual_seat_start(v, seat);
    return seat->index;
}

struct wp_link *virtual_seat_link(struct virtual *v, struct virtual_seat *seat)
{
    if (!seat->link)
        seat->link = new_link(v, seat, seat->has_broker ? &clean_hop : &clean_line);
    return seat->link;
}

void virtual_seat_free(struct virtual *v, struct virtual_seat *seat)
{
    wp_timers_clear(&v->deadlines, &seat->deadline);
    kept_free(&seat->kept);
    wp_link_free(seat->link);
    free(seat->memory);
}

struct restorer {
    struct virtual *v;
    struct virtual_seat *seat;
};

static void restore(void *ctx, const struct wp_event *kept)
{
    const struct restorer *r = ctx;
    struct wp_event event = *kept;

    virtual_step(r->v, r->seat, &event);
}

/* Zeroed memory for a life: what of it the machine never touches is not there, so pools may be as big as they like. */
static void give_memory(struct virtual_seat *seat)
{
    size_t n = seat->class->size(seat->setup);

    seat->memory = calloc(1, n ? n : 1);
    assert(seat->memory);
}

void virtual_seat_start(struct virtual *v, struct virtual_seat *seat)
{
    struct wp_event start = {.kind = WP_EV_START};
    struct restorer r = {v, seat};

    free(seat->memory);
    give_memory(seat);
    seat->class->init(seat->setup, seat->memory);
    seat->alive = true;
    kept_each(&seat->kept, restore, &r);
    virtual_step(v, seat, &start);
}

void virtual_seat_restart(struct virtual *v, struct virtual_seat *seat, bool orderly, wp_us down)
{
    struct wp_event stop = {.kind = WP_EV_STOP};
    struct virtual_event *rise;

    if (orderly && seat->alive)
        virtual_step(v, seat, &stop);
    while (seat->ports)
        hang_up(v, seat->ports, !orderly);
    wp_timers_clear(&v->deadlines, &seat->deadline);
    virtual_unlisten(v, seat);
    seat->alive = false;
    seat->life++;
    rise = virtual_event_new(v, VIRTUAL_RISE, NULL, 0);
    rise->seat = seat;
    rise->life = seat->life;
    virtual_event_at(v, rise, v->now + down);
}
