/* Machines of the live world: their memory, their steps, what they post, their restarts. */
#include "sim/world/live.h"
#include "sim/core/random.h"

#include <assert.h>
#include <stdlib.h>

void live_write(struct live *w, struct wp_record *record)
{
    record->at = w->now;
    w->n_records++;
    if (w->setup.transcript)
        wp_transcript_write(w->setup.transcript, record);
}

void live_record(const struct live_seat *seat, struct wp_record record)
{
    struct live *w = seat->world;

    record.machine = seat->setup.name;
    live_write(w, &record);
}

void live_note(const struct live_seat *seat, const char *what, int64_t count)
{
    live_record(seat, (struct wp_record){.kind = WP_REC_NOTE, .note = {.what = what, .count = count}});
}

/* ---- steps ----------------------------------------------------------------------------------------- */

struct outbox {
    struct wp_outbox out;
    struct live_seat *seat;
};

static void emit(struct wp_outbox *out, const struct wp_effect *effect)
{
    live_act(WP_OWNER(out, struct outbox, out)->seat, effect);
}

static void step(struct live_seat *seat, const struct wp_event *event)
{
    struct outbox box = {.out = {emit}, .seat = seat};
    struct wp_event e = *event;
    struct live *w = seat->world;

    e.now = live_tick(w);
    w->events++;
    seat->class->step(seat->memory, &e, &box.out);
    live_sessions_let_go(w);
    live_timer_set(w, &seat->deadline, seat->class->deadline(seat->memory));
}

void live_step(struct live_seat *seat, const struct wp_event *event)
{
    live_drain(seat->world);
    if (seat->alive)
        step(seat, event);
    live_drain(seat->world);
}

static void on_deadline(struct live *w, struct live_timer *t)
{
    const struct wp_event event = {.kind = WP_EV_TIMER};
    struct live_seat *seat = WP_OWNER(t, struct live_seat, deadline);

    (void)w;
    if (!seat->choked && !seat->catching_up)
        live_step(seat, &event);
}

/* A frame half read, a reply that waits in its socket: neither is late because we do not read. */
static void set_catching_up(struct live_seat *seat, bool catching_up)
{
    if (catching_up && !seat->catching_up)
        seat->world->n_catching++;
    if (!catching_up && seat->catching_up)
        seat->world->n_catching--;
    seat->catching_up = catching_up;
    seat->unchoked = seat->world->turns;
}

void live_choke(struct live_seat *seat, bool choked)
{
    seat->choked = choked;
    set_catching_up(seat, !choked);
    for (struct live_port *port = seat->ports; port; port = port->next)
        if (port->kind == LIVE_CONN)
            live_conn_choke(port, choked);
        else if (port->kind == LIVE_BUS)
            live_bus_choke(port, choked);
    live_udp_choke(seat, choked);
}

void live_catch_up(struct live *w)
{
    for (size_t i = 0; i < w->n_seats && w->n_catching > 0; i++) {
        struct live_seat *seat = w->seat[i];

        if (!seat->catching_up || seat->unchoked == w->turns)
            continue;
        set_catching_up(seat, false);
        if (seat->alive)
            live_timer_set(w, &seat->deadline, seat->class->deadline(seat->memory));
    }
}

static void grow_posted(struct live *w)
{
    size_t cap = w->cap_posted ? w->cap_posted * 2 : 64;
    struct live_posted *ring = malloc(cap * sizeof *ring);

    assert(ring);
    for (size_t i = 0; i < w->n_posted; i++)
        ring[i] = w->posted[(w->posted_at + i) % w->cap_posted];
    free(w->posted);
    w->posted = ring;
    w->posted_at = 0;
    w->cap_posted = cap;
}

void live_post(struct live_seat *seat, const struct wp_event *event)
{
    struct live *w = seat->world;

    if (w->n_posted == w->cap_posted)
        grow_posted(w);
    w->posted[(w->posted_at + w->n_posted++) % w->cap_posted] =
        (struct live_posted){.seat = seat, .life = seat->life, .event = *event};
}

void live_drain(struct live *w)
{
    for (size_t n = w->n_posted; n > 0 && w->n_posted > 0; n--) {
        struct live_posted p = w->posted[w->posted_at];

        w->posted_at = (w->posted_at + 1) % w->cap_posted;
        w->n_posted--;
        if (p.seat->alive && p.seat->life == p.life)
            step(p.seat, &p.event);
    }
}

/* ---- life and death -------------------------------------------------------------------------------- */

static void on_revival(struct live *w, struct live_timer *t)
{
    struct live_seat *seat = WP_OWNER(t, struct live_seat, revival);

    live_tick(w);
    if (live_listen(seat))
        live_seat_start(seat);
}

/* An endpoint that no world carries is an error. */
static void check_endpoints(struct live *w, const struct wp_setup *setup)
{
    for (size_t i = 0; i < setup->n_endpoints; i++) {
        const struct wp_endpoint *e = &setup->endpoints[i];

        if (e->transport == WP_BUS && e->listen)
            live_fail(w, setup->name, "nobody listens at the message bus, it is dialled");
    }
}

struct live_seat *live_seat_new(struct live *w, const struct wp_class *class, const struct wp_setup *setup,
                                const struct wp_link_setup *link)
{
    struct live_seat *seat = calloc(1, sizeof *seat);

    assert(seat);
    check_endpoints(w, setup);
    seat->world = w;
    seat->index = (wp_machine)w->n_seats;
    seat->class = class;
    seat->setup = *setup;
    for (size_t i = 0; i < setup->n_endpoints; i++)
        seat->has_broker |= setup->endpoints[i].transport == WP_BROKER;
    if (link)
        live_seat_link(seat, link);
    seat->deadline.fire = on_deadline;
    seat->revival.fire = on_revival;
    return seat;
}

struct wp_link *live_seat_link(struct live_seat *seat, const struct wp_link_setup *setup)
{
    struct live *w = seat->world;

    if (!seat->link)
        seat->link = wp_link_new(&w->lines, setup, wp_random_seed(w->setup.seed, wp_text(seat->setup.name)));
    return seat->link;
}

void live_seat_free(struct live_seat *seat)
{
    kept_free(&seat->kept);
    wp_link_free(seat->link);
    free(seat->memory);
    free(seat);
}

static void restore(void *seat, const struct wp_event *event)
{
    live_step(seat, event);
}

void live_seat_start(struct live_seat *seat)
{
    const struct wp_event start = {.kind = WP_EV_START};

    seat->setup.epoch_us = seat->world->clock.epoch_us;
    free(seat->memory);
    seat->memory_bytes = seat->class->size(&seat->setup);
    seat->memory = calloc(1, seat->memory_bytes ? seat->memory_bytes : 1);
    assert(seat->memory);
    seat->class->init(&seat->setup, seat->memory);
    seat->alive = true;
    kept_each(&seat->kept, restore, seat);
    live_step(seat, &start);
}

void live_seat_end(struct live_seat *seat, bool orderly)
{
    struct live *w = seat->world;

    seat->alive = false;
    live_timer_clear(w, &seat->deadline);
    live_timer_clear(w, &seat->revival);
    while (seat->ports) {
        struct live_port *port = seat->ports;

        if (port->kind == LIVE_SESSION)
            live_log_out(port, !orderly);
        else if (port->kind == LIVE_UDP)
            live_udp_hang_up(port, !orderly);
        else if (port->kind == LIVE_BUS)
            live_bus_hang_up(port, !orderly);
        else
            live_hang_up(port, !orderly);
    }
    live_unlisten(seat);
    seat->life++; /* what was posted so far was for the life before */
}

void live_seat_restart(struct live_seat *seat, bool orderly, wp_us down)
{
    struct live *w = seat->world;

    if (orderly && seat->alive)
        live_step(seat, &(const struct wp_event){.kind = WP_EV_STOP});
    live_seat_end(seat, orderly);
    live_timer_set(w, &seat->revival, live_now(w) + down);
}

/* ---- ports ----------------------------------------------------------------------------------------- */

static void detach(struct live_port *port)
{
    if (!port->at)
        return;
    *port->at = port->next;
    if (port->next)
        port->next->at = port->at;
    port->at = NULL;
}

void live_port_attach(struct live_port *port)
{
    port->next = port->seat->ports;
    port->at = &port->seat->ports;
    if (port->next)
        port->next->at = &port->next;
    port->seat->ports = port;
}

void live_port_open(struct live_port *port)
{
    struct live *w = port->seat->world;
    struct live_port **bucket;

    port->id = ++w->n_ports;
    bucket = &w->port[port->id % LIVE_PORT_BUCKETS];
    port->next_by_id = *bucket;
    port->at_by_id = bucket;
    if (port->next_by_id)
        port->next_by_id->at_by_id = &port->next_by_id;
    *bucket = port;
    detach(port);
    live_port_attach(port);
}

void live_port_close(struct live_port *port)
{
    detach(port);
    if (!port->at_by_id)
        return;
    *port->at_by_id = port->next_by_id;
    if (port->next_by_id)
        port->next_by_id->at_by_id = port->at_by_id;
    port->at_by_id = NULL;
}

struct live_port *live_port_find(const struct live_seat *seat, wp_port id)
{
    struct live_port *port = seat->world->port[id % LIVE_PORT_BUCKETS];

    while (port && port->id != id)
        port = port->next_by_id;
    return port && port->seat == seat ? port : NULL;
}
