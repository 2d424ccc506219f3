/* The virtual world: the table of calls, the loop, the end. */
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVENTS_MAX = 1000000000, INSTANT_MAX = 1000000 };

static struct virtual *virtual_of(const struct wp_world *w)
{
    return WP_OWNER((uintptr_t)w, struct virtual, base);
}

/* ---- records and errors ---------------------------------------------------------------------------- */

void virtual_record(struct virtual *v, const struct virtual_seat *seat, struct wp_record *r)
{
    if (!virtual_is_watched(v))
        return;
    r->at = v->now;
    r->machine = seat ? seat->setup->name : "broker";
    wp_transcript_write(v->setup.transcript, r);
}

void virtual_note(struct virtual *v, const struct virtual_seat *seat, const char *what, int64_t count)
{
    struct wp_record r = {.kind = WP_REC_NOTE};

    r.note.what = what;
    r.note.count = count;
    virtual_record(v, seat, &r);
}

void virtual_fault_record(struct virtual *v, const struct virtual_seat *line, enum wp_link_fault_kind kind,
                          const char *what, int64_t count)
{
    struct wp_record r = {.kind = WP_REC_FAULT};

    r.note.what = wp_link_fault_text(kind);
    r.note.text = wp_text(what);
    r.note.count = count;
    virtual_record(v, line, &r);
}

void virtual_fail(struct virtual *v, const char *format, ...)
{
    va_list args;

    if (v->error[0])
        return;
    va_start(args, format);
    vsnprintf(v->error, sizeof v->error, format, args);
    va_end(args);
}

/* The machines that were active last, each once, latest first. */
static const char *blame(const struct virtual *v)
{
    static char text[256];
    struct wp_writer w = wp_writer(text, sizeof text);
    uint32_t n = v->n_recent < VIRTUAL_RECENT ? v->n_recent : VIRTUAL_RECENT;

    for (uint32_t i = 0; i < n; i++) {
        wp_machine m = v->recent[(v->n_recent - 1 - i) % VIRTUAL_RECENT];
        bool is_known = false;

        for (uint32_t k = 0; k < i; k++)
            is_known |= v->recent[(v->n_recent - 1 - k) % VIRTUAL_RECENT] == m;
        if (is_known)
            continue;
        if (i > 0)
            wp_put_text(&w, ", ");
        wp_put_text(&w, virtual_seat_at(v, m)->setup->name);
    }
    return wp_put_end(&w);
}

/* ---- the loop -------------------------------------------------------------------------------------- */

static void on_closed(struct virtual *v, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = e->endpoint, .port = e->port};

    if (!e->seat->alive || e->seat->life != e->life)
        return;
    event.close.reason = (enum wp_close_reason)e->code;
    virtual_step(v, e->seat, &event);
}

static void on_acked(struct virtual *v, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_ACKED, .endpoint = e->endpoint, .port = e->port};

    if (!e->seat->alive || e->seat->life != e->life)
        return;
    event.acked.tag = e->tag;
    event.acked.ok = e->ok;
    virtual_step(v, e->seat, &event);
}

static void on_rise(struct virtual *v, const struct virtual_event *e)
{
    if (e->seat->life == e->life && virtual_listen(v, e->seat))
        virtual_seat_start(v, e->seat);
}

static void handle(struct virtual *v, struct virtual_event *e)
{
    bool is_done = true;

    switch (e->kind) {
    case VIRTUAL_RISE: on_rise(v, e); break;
    case VIRTUAL_SYN: virtual_on_syn(v, e); break;
    case VIRTUAL_SYN_ACK: virtual_on_syn_ack(v, e); break;
    case VIRTUAL_BYTES: is_done = virtual_on_bytes(v, e); break;
    case VIRTUAL_END: is_done = virtual_on_end(v, e); break;
    case VIRTUAL_CLOSED: on_closed(v, e); break;
    case VIRTUAL_ACKED: on_acked(v, e); break;
    default:
        if (e->kind < VIRTUAL_CONNACK)
            virtual_on_broker_event(v, e);
        else
            virtual_on_client_event(v, e);
        break;
    }
    if (is_done)
        virtual_event_free(v, e);
}

static void on_deadline(struct virtual *v, struct virtual_seat *seat)
{
    struct wp_event event = {.kind = WP_EV_TIMER};

    virtual_step(v, seat, &event);
}

/* Counts what is to happen at `at`; false: it is too much. */
static bool count(struct virtual *v, wp_us at)
{
    uint64_t events_max = v->setup.events_max ? v->setup.events_max : EVENTS_MAX;
    uint32_t instant_max = v->setup.instant_max ? v->setup.instant_max : INSTANT_MAX;

    if (at != v->instant) {
        v->instant = at;
        v->at_instant = 0;
    }
    if (++v->at_instant > instant_max) {
        virtual_fail(v, "%u events at %lld.%06lld s and no end: an endless loop; active last: %s",
                     (unsigned)instant_max, (long long)(at / 1000000), (long long)(at % 1000000), blame(v));
        return false;
    }
    if (++v->n_events > events_max) {
        virtual_fail(v, "more than %llu events by %lld.%06lld s; active last: %s",
                     (unsigned long long)events_max, (long long)(at / 1000000), (long long)(at % 1000000),
                     blame(v));
        return false;
    }
    return true;
}

static enum wp_world_end run(struct virtual *v, wp_us until)
{
    while (!v->error[0]) {
        wp_us event = wp_timers_earliest(&v->events), deadline = wp_timers_earliest(&v->deadlines);
        wp_us at = event <= deadline ? event : deadline;

        if (at > until || at == WP_NEVER) {
            if (until != WP_NEVER && until > v->now)
                v->now = until;
            return at == WP_NEVER ? WP_WORLD_IDLE : WP_WORLD_UNTIL;
        }
        if (!count(v, at))
            break;
        assert(at >= v->now);
        v->now = at;
        if (event <= deadline)
            handle(v, WP_OWNER(wp_timers_pop(&v->events, at), struct virtual_event, timer));
        else
            on_deadline(v, WP_OWNER(wp_timers_pop(&v->deadlines, at), struct virtual_seat, deadline));
        if (v->stopped)
            return WP_WORLD_STOPPED;
    }
    return WP_WORLD_ERROR;
}

/* ---- the calls of world.h --------------------------------------------------------------------------- */

static bool virtual_start(struct wp_world *w)
{
    struct virtual *v = virtual_of(w);

    for (size_t i = 0; i < v->n_seats && !v->error[0]; i++)
        virtual_listen(v, virtual_seat_at(v, (wp_machine)i));
    if (v->error[0])
        return false;
    v->started = true;
    virtual_house_open(v);
    for (size_t i = 0; i < v->n_seats; i++)
        virtual_seat_start(v, virtual_seat_at(v, (wp_machine)i));
    return !v->error[0];
}

static enum wp_world_end virtual_run(struct wp_world *w, wp_us until)
{
    struct virtual *v = virtual_of(w);

    v->stopped = false;
    return run(v, until);
}

static void virtual_stop(struct wp_world *w)
{
    virtual_of(w)->stopped = true;
}

static void record_set(struct virtual *v, const struct virtual_seat *seat, const struct wp_event *event)
{
    struct wp_record r = {.kind = WP_REC_SET};

    r.set.name = event->set.option->name;
    r.set.value = event->set.value;
    r.set.times = event->set.times;
    virtual_record(v, seat, &r);
}

static void virtual_event(struct wp_world *w, wp_machine m, const struct wp_event *event)
{
    struct virtual *v = virtual_of(w);
    struct virtual_seat *seat = virtual_seat_at(v, m);
    struct wp_event copy = *event;

    if (event->kind == WP_EV_SET) {
        record_set(v, seat, event);
        kept_note(&seat->kept, event);
    }
    if (seat->alive)
        virtual_step(v, seat, &copy);
}

static void virtual_act_in_name(struct wp_world *w, wp_machine m, const struct wp_effect *effect)
{
    struct virtual *v = virtual_of(w);
    struct virtual_seat *seat = virtual_seat_at(v, m);

    if (seat->alive)
        virtual_act(v, seat, effect);
}

static wp_port virtual_port(const struct wp_world *w, wp_machine m, const char *endpoint)
{
    const struct virtual_seat *seat = virtual_seat_at(virtual_of(w), m);

    for (const struct virtual_port *port = seat->ports; port; port = port->next)
        if (strcmp(seat->setup->endpoints[port->endpoint].name, endpoint) == 0)
            return port->id;
    return 0;
}

static void record_restart(struct virtual *v, const struct virtual_seat *seat, bool orderly, wp_us down)
{
    struct wp_record r = {.kind = WP_REC_FAULT};

    r.note.what = "restart";
    r.note.text = wp_text(orderly ? "orderly" : "killed");
    r.note.count = down;
    virtual_record(v, seat, &r);
}

static void virtual_restart(struct wp_world *w, wp_machine m, bool orderly, wp_us down)
{
    struct virtual *v = virtual_of(w);
    struct virtual_seat *seat = virtual_seat_at(v, m);

    record_restart(v, seat, orderly, down);
    virtual_seat_restart(v, seat, orderly, down);
}

static void virtual_restart_broker(struct wp_world *w, bool orderly, wp_us down)
{
    struct virtual *v = virtual_of(w);

    record_restart(v, NULL, orderly, down);
    virtual_house_restart(v, orderly, down);
}

static void virtual_fault(struct wp_world *w, wp_machine m, const struct wp_link_fault *fault)
{
    struct virtual *v = virtual_of(w);
    struct virtual_seat *seat = virtual_seat_at(v, m);
    enum wp_close_reason reason = fault->kind == WP_LINK_CLOSE ? WP_CLOSE_PEER : WP_CLOSE_RESET;

    virtual_fault_record(v, seat, fault->kind, "begins", 0);
    if (!wp_link_fault_is_immediate(fault))
        wp_link_add_fault(virtual_seat_link(v, seat), fault);
    else if (seat->has_broker)
        virtual_break_sessions(v, seat);
    else
        virtual_break_line(v, seat, reason);
}

static void drop_ports(struct virtual *v, struct virtual_seat *seat)
{
    while (seat->ports) {
        if (seat->ports->kind == VIRTUAL_SESSION)
            virtual_drop_session(v, seat->ports);
        else
            virtual_drop_conn(v, seat->ports);
    }
}

static void virtual_end(struct wp_world *w)
{
    struct virtual *v = virtual_of(w);

    if (!v->started || v->ended)
        return;
    for (size_t i = v->n_seats; i-- > 0;) {
        struct virtual_seat *seat = virtual_seat_at(v, (wp_machine)i);
        struct wp_event stop = {.kind = WP_EV_STOP};

        if (seat->alive)
            virtual_step(v, seat, &stop);
    }
    for (wp_us until = v->now + VIRTUAL_SETTLE; run(v, until) == WP_WORLD_STOPPED;)
        v->stopped = false;
    for (size_t i = 0; i < v->n_seats; i++) {
        struct virtual_seat *seat = virtual_seat_at(v, (wp_machine)i);

        drop_ports(v, seat);
        seat->alive = false;
        seat->life++;
        wp_timers_clear(&v->deadlines, &seat->deadline);
    }
    v->ended = true;
}

static struct wp_addr virtual_real_addr(const struct wp_world *w, struct wp_addr scenario)
{
    (void)w;
    return scenario;
}

static struct wp_addr virtual_broker_addr(const struct wp_world *w, bool websocket)
{
    (void)w;
    (void)websocket;
    return (struct wp_addr){0};
}

static wp_us virtual_now(const struct wp_world *w)
{
    return virtual_of(w)->now;
}

static int64_t virtual_epoch(const struct wp_world *w)
{
    return virtual_of(w)->setup.epoch_us;
}

static wp_us virtual_lateness(struct wp_world *w)
{
    (void)w;
    return 0;
}

static const char *virtual_error(const struct wp_world *w)
{
    const struct virtual *v = virtual_of(w);

    return v->error[0] ? v->error : NULL;
}

static size_t virtual_memory(const struct wp_world *w)
{
    const struct virtual *v = virtual_of(w);
    size_t sum = sizeof *v + v->blocks.bytes + virtual_ports_memory(v) + map_memory(&v->listeners);

    sum += (v->n_seats + VIRTUAL_SEATS_PER_CHUNK - 1) / VIRTUAL_SEATS_PER_CHUNK *
           (VIRTUAL_SEATS_PER_CHUNK * sizeof(struct virtual_seat) + sizeof(struct virtual_seat *));
    for (size_t i = 0; i < v->n_seats; i++) {
        const struct virtual_seat *seat = virtual_seat_at(v, (wp_machine)i);

        sum += seat->memory_bytes + wp_link_memory(seat->link) + kept_memory(&seat->kept);
    }
    return sum + (v->house.broker ? broker_memory(v->house.broker) : 0);
}

static uint64_t virtual_events(const struct wp_world *w)
{
    return virtual_of(w)->n_events;
}

static void virtual_free(struct wp_world *w)
{
    struct virtual *v = virtual_of(w);
    struct wp_timer *timer;

    v->setup.transcript = NULL; /* whoever read along may be gone */
    for (size_t i = 0; i < v->n_seats; i++)
        drop_ports(v, virtual_seat_at(v, (wp_machine)i));
    virtual_house_close(v);
    while ((timer = wp_timers_pop(&v->events, WP_NEVER)))
        virtual_event_free(v, WP_OWNER(timer, struct virtual_event, timer));
    for (size_t i = 0; i < v->n_seats; i++)
        virtual_seat_free(v, virtual_seat_at(v, (wp_machine)i));
    for (size_t i = 0; i * VIRTUAL_SEATS_PER_CHUNK < v->n_seats; i++)
        free(v->chunk[i]);
    free(v->chunk);
    virtual_tcp_free(v);
    virtual_ports_free(v);
    wp_lines_free(&v->lines);
    blocks_free(&v->blocks);
    free(v);
}

static const struct wp_world_ops ops = {
    .free = virtual_free,
    .add = virtual_add,
    .real_addr = virtual_real_addr,
    .broker_addr = virtual_broker_addr,
    .start = virtual_start,
    .run = virtual_run,
    .stop = virtual_stop,
    .now = virtual_now,
    .epoch = virtual_epoch,
    .lateness = virtual_lateness,
    .error = virtual_error,
    .event = virtual_event,
    .act = virtual_act_in_name,
    .port = virtual_port,
    .restart = virtual_restart,
    .restart_broker = virtual_restart_broker,
    .fault = virtual_fault,
    .end = virtual_end,
    .memory = virtual_memory,
    .events = virtual_events,
};

struct wp_world *world_virtual_new(const struct wp_world_setup *setup)
{
    struct virtual *v = calloc(1, sizeof *v);

    assert(v);
    v->base.ops = &ops;
    v->setup = *setup;
    if (v->setup.sys_interval == 0)
        v->setup.sys_interval = WP_SEC(1);
    v->instant = -1;
    wp_timers_init(&v->events);
    wp_timers_init(&v->deadlines);
    return &v->base;
}
