/* The message bus of a live world: started when the first machine needs it, restarted by a fault. */
#include "sim/world/live_bus.h"
#include "sim/world/bus_audience.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

enum { FIRST_HELLO = 1 << 30 };

static void on_said(uv_poll_t *poll, int status, int events);

static void watch(struct live_bus *bus)
{
    bus->log = live_watch(bus->world, bus->daemon.log, on_said);
}

static void on_said(uv_poll_t *poll, int status, int events)
{
    struct live *w = poll->data;
    struct live_bus *bus = w->bus;
    char text[LIVE_ERROR_BYTES];
    struct wp_writer t = wp_writer(text, sizeof text);

    (void)status;
    (void)events;
    live_tick(w);
    if (bus_daemon_read(&bus->daemon))
        return;
    live_unwatch(&bus->log);
    live_bus_watch_end(bus);
    if (bus->down_until != WP_NEVER) {
        live_timer_set(w, &bus->back, bus->down_until);
        return;
    }
    bus_daemon_tell(&bus->daemon, &t);
    live_fail(w, "the message bus has ended by itself", wp_put_end(&t));
}

static void on_back(struct live *w, struct live_timer *t)
{
    struct live_bus *bus = WP_OWNER(t, struct live_bus, back);
    char text[LIVE_ERROR_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    bus->down_until = WP_NEVER;
    bus->n_members = 0; /* names begin anew */
    if (bus_daemon_spawn(&bus->daemon, &why) && bus_daemon_wait(&bus->daemon, &why) &&
        live_bus_watch_begin(bus, &why))
        watch(bus);
    else
        live_fail(w, "the message bus cannot come back", wp_put_end(&why));
}

static bool has_endpoint(const struct live_seat *seat)
{
    for (size_t i = 0; i < seat->setup.n_endpoints; i++)
        if (seat->setup.endpoints[i].transport == WP_BUS)
            return true;
    return false;
}

/* One of somebody else's: when it is not there, dials are refused. */
static bool find_bus(struct live_bus *bus, struct wp_writer *why)
{
    bus->address = bus_place_address(bus->world->setup.bus);
    return bus_place_read(bus->world->setup.bus, &bus->place, why);
}

static bool start_bus(struct live_bus *bus, struct wp_writer *why)
{
    struct bus_daemon *d = &bus->daemon;

    if (!bus_daemon_open(d, bus->world->setup.run_dir, why) || !bus_daemon_spawn(d, why) ||
        !bus_daemon_wait(d, why))
        return false;
    bus->address = d->address;
    watch(bus);
    return bus_place_read(d->address, &bus->place, why) && live_bus_watch_begin(bus, why);
}

bool live_bus_open(struct live *w)
{
    char text[LIVE_ERROR_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (w->bus)
        return true;
    w->bus = calloc(1, sizeof *w->bus);
    assert(w->bus);
    *w->bus = (struct live_bus){
        .world = w, .daemon = {.log = -1}, .back = {.fire = on_back}, .down_until = WP_NEVER};
    w->bus->hello = FIRST_HELLO | (uint32_t)uv_hrtime() % FIRST_HELLO;
    if (w->setup.bus ? find_bus(w->bus, &why) : start_bus(w->bus, &why))
        return true;
    live_fail(w, "no message bus", wp_put_end(&why));
    return false;
}

bool live_bus_need(struct live_seat *seat)
{
    return !has_endpoint(seat) || live_bus_open(seat->world);
}

void live_bus_restart(struct live *w, wp_us down)
{
    struct live_bus *bus = w->bus;

    if (!bus || w->setup.bus)
        return;
    bus->down_until = live_now(w) + down;
    if (bus->daemon.pid > 0)
        bus_daemon_signal(&bus->daemon, SIGKILL);
    else
        live_timer_set(w, &bus->back, bus->down_until);
}

const char *live_bus_address(const struct live *w)
{
    return w->bus ? w->bus->address : NULL;
}

/* The connections are closed by the loop later, and do not look at the bus any more. */
void live_bus_close(struct live *w)
{
    struct live_bus *bus = w->bus;

    if (!bus)
        return;
    live_timer_clear(w, &bus->back);
    live_bus_drop_ports(bus);
    live_bus_watch_free(bus);
    live_unwatch(&bus->log);
    if (!w->setup.bus)
        bus_daemon_close(&bus->daemon);
    free(bus->member);
    free(bus);
    w->bus = NULL;
}

/* ---- unique names ------------------------------------------------------------------------------------------ */

void live_bus_enter(struct live_bus *bus, struct wp_slice name, struct live_seat *seat)
{
    size_t n;

    if (!audience_number(name, &n))
        return;
    if (n >= bus->n_members) {
        bus->member = realloc(bus->member, (2 * n + 16) * sizeof *bus->member);
        assert(bus->member);
        memset(bus->member + bus->n_members, 0, (2 * n + 16 - bus->n_members) * sizeof *bus->member);
        bus->n_members = 2 * n + 16;
    }
    bus->member[n] = seat;
    live_bus_watch_enter(bus, name, seat->setup.name);
}

const char *live_bus_whose(const struct live_bus *bus, struct wp_slice name)
{
    const struct wp_world_guest *guest = bus->world->setup.guest;
    size_t n;

    if (wp_slice_is(name, DBUS_BUS))
        return "bus";
    if (audience_number(name, &n) && n < bus->n_members && bus->member[n])
        return bus->member[n]->setup.name;
    return guest && guest->is_on_bus ? guest->name : NULL;
}
