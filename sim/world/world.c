/* The one interface of both worlds: every call goes to the world at hand. */
#include "sim/world/bus_place.h"
#include "sim/world/world_impl.h"

void world_free(struct wp_world *w)
{
    if (w)
        w->ops->free(w);
}

wp_machine world_add(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                     const struct wp_link_setup *link)
{
    return w->ops->add(w, class, setup, link);
}

struct wp_addr world_real_addr(const struct wp_world *w, struct wp_addr scenario)
{
    return w->ops->real_addr(w, WP_TCP, scenario);
}

struct wp_addr world_real_endpoint(const struct wp_world *w, const struct wp_endpoint *endpoint)
{
    return w->ops->real_addr(w, endpoint->transport, endpoint->addr);
}

struct wp_addr world_broker_addr(const struct wp_world *w, bool websocket)
{
    return w->ops->broker_addr(w, websocket);
}

const char *world_broker_tls(const struct wp_world *w, struct wp_addr *ret_addr)
{
    return w->ops->broker_tls(w, ret_addr);
}

const char *world_vrm_tls(const struct wp_world *w, struct wp_addr *ret_addr)
{
    return w->ops->vrm_tls(w, ret_addr);
}

bool world_tap(struct wp_world *w, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
               struct wp_writer *why)
{
    return w->ops->tap(w, tap, ret_listen, why);
}

bool world_start(struct wp_world *w)
{
    return w->ops->start(w);
}

void world_hold_dials(struct wp_world *w)
{
    w->ops->hold_dials(w);
}

size_t world_let_dials_go(struct wp_world *w)
{
    return w->ops->let_dials_go(w);
}

enum wp_world_end world_run(struct wp_world *w, wp_us until)
{
    return w->ops->run(w, until);
}

void world_stop(struct wp_world *w)
{
    w->ops->stop(w);
}

void world_interrupt(struct wp_world *w)
{
    w->ops->interrupt(w);
}

wp_us world_now(const struct wp_world *w)
{
    return w->ops->now(w);
}

int64_t world_epoch(const struct wp_world *w)
{
    return w->ops->epoch(w);
}

wp_us world_lateness(struct wp_world *w)
{
    return w->ops->lateness(w);
}

const char *world_error(const struct wp_world *w)
{
    return w->ops->error(w);
}

void world_event(struct wp_world *w, wp_machine m, const struct wp_event *event)
{
    w->ops->event(w, m, event);
}

void world_act(struct wp_world *w, wp_machine m, const struct wp_effect *effect)
{
    w->ops->act(w, m, effect);
}

wp_port world_port(const struct wp_world *w, wp_machine m, const char *endpoint)
{
    return w->ops->port(w, m, endpoint);
}

void world_restart(struct wp_world *w, wp_machine m, bool orderly, wp_us down)
{
    w->ops->restart(w, m, orderly, down);
}

void world_restart_broker(struct wp_world *w, bool orderly, wp_us down)
{
    w->ops->restart_broker(w, orderly, down);
}

void world_restart_vrm(struct wp_world *w, bool orderly, wp_us down)
{
    w->ops->restart_vrm(w, orderly, down);
}

void world_restart_bus(struct wp_world *w, wp_us down)
{
    w->ops->restart_bus(w, down);
}

bool world_is_bus(const char *bus, struct wp_writer *why)
{
    struct bus_place unused;

    return bus_place_read(bus, &unused, why);
}

bool world_try_bus(const char *bus, struct wp_writer *why)
{
    return bus_place_try(bus, why);
}

const char *world_bus_address(const struct wp_world *w)
{
    return w->ops->bus_address(w);
}

void world_fault(struct wp_world *w, wp_machine m, const struct wp_link_fault *fault)
{
    w->ops->fault(w, m, fault);
}

void world_end(struct wp_world *w)
{
    w->ops->end(w);
}

size_t world_memory(const struct wp_world *w)
{
    return w->ops->memory(w);
}

uint64_t world_events(const struct wp_world *w)
{
    return w->ops->events(w);
}
