/* The virtual world: the calls of world.h, the beginning and the end. */
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdlib.h>

static struct virtual *virtual_of(const struct wp_world *w)
{
    return WP_OWNER((uintptr_t)w, struct virtual, base);
}

static bool virtual_start(struct wp_world *w)
{
    struct virtual *v = virtual_of(w);

    for (size_t i = 0; i < v->n_seats && !v->error[0]; i++)
        virtual_listen(v, virtual_seat_at(v, (wp_machine)i));
    if (v->error[0])
        return false;
    v->started = true;
    virtual_houses_open(v);
    for (size_t i = 0; i < v->n_seats; i++)
        virtual_seat_start(v, virtual_seat_at(v, (wp_machine)i));
    return !v->error[0];
}

static void virtual_hold_dials(struct wp_world *w)
{
    virtual_of(w)->held.holding = true;
}

static size_t virtual_let_go(struct wp_world *w)
{
    return virtual_let_dials_go(virtual_of(w));
}

static enum wp_world_end virtual_run(struct wp_world *w, wp_us until)
{
    struct virtual *v = virtual_of(w);

    v->stopped = false;
    return virtual_run_until(v, until);
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

static void record_restart(struct virtual *v, const char *who, bool orderly, wp_us down)
{
    struct wp_record r = {.kind = WP_REC_FAULT};

    r.note.what = "restart";
    r.note.text = wp_text(orderly ? "orderly" : "killed");
    r.note.count = down;
    virtual_record_of(v, who, &r);
}

static void virtual_restart(struct wp_world *w, wp_machine m, bool orderly, wp_us down)
{
    struct virtual *v = virtual_of(w);
    struct virtual_seat *seat = virtual_seat_at(v, m);

    record_restart(v, seat->setup->name, orderly, down);
    virtual_seat_restart(v, seat, orderly, down);
}

static void virtual_restart_broker(struct wp_world *w, bool orderly, wp_us down)
{
    struct virtual *v = virtual_of(w);

    record_restart(v, "broker", orderly, down);
    virtual_house_restart(v, &v->house, orderly, down);
}

static void virtual_restart_vrm(struct wp_world *w, bool orderly, wp_us down)
{
    struct virtual *v = virtual_of(w);

    assert(v->setup.vrm);
    record_restart(v, "vrm", orderly, down);
    virtual_house_restart(v, &v->vrm, orderly, down);
}

static void virtual_restart_bus(struct wp_world *w, wp_us down)
{
    struct virtual *v = virtual_of(w);

    record_restart(v, "bus", false, down);
    virtual_bus_restart(v, down);
}

static const char *virtual_bus_address(const struct wp_world *w)
{
    (void)w;
    return NULL;
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
        else if (seat->ports->kind == VIRTUAL_UDP)
            virtual_udp_drop(v, seat->ports);
        else if (seat->ports->kind == VIRTUAL_BUS)
            virtual_bus_drop(v, seat->ports);
        else
            virtual_drop_conn(v, seat->ports);
    }
}

static void virtual_finish(struct wp_world *w)
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
    for (wp_us until = v->now + VIRTUAL_SETTLE; virtual_run_until(v, until) == WP_WORLD_STOPPED;)
        v->stopped = false;
    for (size_t i = 0; i < v->n_seats; i++) {
        struct virtual_seat *seat = virtual_seat_at(v, (wp_machine)i);

        drop_ports(v, seat);
        virtual_unlisten(v, seat);
        seat->alive = false;
        seat->life++;
        wp_timers_clear(&v->deadlines, &seat->deadline);
    }
    v->ended = true;
}

static struct wp_addr virtual_real_addr(const struct wp_world *w, enum wp_transport transport,
                                        struct wp_addr scenario)
{
    (void)w;
    (void)transport;
    return scenario;
}

static struct wp_addr virtual_broker_addr(const struct wp_world *w, bool websocket)
{
    (void)w;
    (void)websocket;
    return (struct wp_addr){0};
}

static const char *virtual_no_tls(const struct wp_world *w, struct wp_addr *ret_addr)
{
    (void)w;
    *ret_addr = (struct wp_addr){0};
    return NULL;
}

static bool virtual_tap(struct wp_world *w, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
                        struct wp_writer *why)
{
    (void)w;
    (void)tap;
    (void)ret_listen;
    wp_put_text(why, "nobody from outside can reach the virtual world");
    return false;
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
    size_t sum = sizeof *v + v->blocks.bytes + virtual_ports_memory(v) + map_memory(&v->listeners) +
                 map_memory(&v->datagrams);

    sum += (v->n_seats + VIRTUAL_SEATS_PER_CHUNK - 1) / VIRTUAL_SEATS_PER_CHUNK *
           (VIRTUAL_SEATS_PER_CHUNK * sizeof(struct virtual_seat) + sizeof(struct virtual_seat *));
    for (size_t i = 0; i < v->n_seats; i++) {
        const struct virtual_seat *seat = virtual_seat_at(v, (wp_machine)i);

        sum += seat->memory ? seat->class->size(seat->setup) : 0;
        sum += wp_link_memory(seat->link) + kept_memory(&seat->kept);
    }
    sum += v->bus.rules ? bus_memory(v->bus.rules) : 0;
    sum += v->vrm.broker ? broker_memory(v->vrm.broker) : 0;
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
    virtual_houses_close(v);
    virtual_bus_close(v);
    while ((timer = wp_timers_pop(&v->events, WP_NEVER)))
        virtual_event_free(v, WP_OWNER(timer, struct virtual_event, timer));
    virtual_wires_close(v);
    for (size_t i = 0; i < v->n_seats; i++)
        virtual_seat_free(v, virtual_seat_at(v, (wp_machine)i));
    for (size_t i = 0; i * VIRTUAL_SEATS_PER_CHUNK < v->n_seats; i++)
        free(v->chunk[i]);
    free(v->chunk);
    virtual_tcp_free(v);
    held_dials_free(&v->held);
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
    .broker_tls = virtual_no_tls,
    .vrm_tls = virtual_no_tls,
    .tap = virtual_tap,
    .start = virtual_start,
    .hold_dials = virtual_hold_dials,
    .let_dials_go = virtual_let_go,
    .run = virtual_run,
    .stop = virtual_stop,
    .interrupt = virtual_stop,
    .now = virtual_now,
    .epoch = virtual_epoch,
    .lateness = virtual_lateness,
    .error = virtual_error,
    .event = virtual_event,
    .act = virtual_act_in_name,
    .port = virtual_port,
    .restart = virtual_restart,
    .restart_broker = virtual_restart_broker,
    .restart_vrm = virtual_restart_vrm,
    .restart_bus = virtual_restart_bus,
    .bus_address = virtual_bus_address,
    .fault = virtual_fault,
    .end = virtual_finish,
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
    virtual_wires_open(v);
    return &v->base;
}
