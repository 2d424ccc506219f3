#include "sim/world/live_tap.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct wp_world_ops ops;

static struct live *live_of(struct wp_world *w)
{
    return WP_OWNER(w, struct live, base);
}

static const struct live *live_in(const struct wp_world *w)
{
    return (const struct live *)(const void *)w; /* its first member */
}

void live_fail(struct live *w, const char *what, const char *detail)
{
    struct wp_writer text = wp_writer(w->error, sizeof w->error);

    w->stopped = true;
    if (w->error[0])
        return;
    wp_put_text(&text, what);
    wp_put_text(&text, ": ");
    wp_put_text(&text, detail);
    wp_put_end(&text);
}

/* ---- the loop -------------------------------------------------------------------------------------- */

static bool may_wait(const struct live *w)
{
    return w->n_posted == 0 && w->n_catching == 0 && !w->stopped;
}

void live_turn(struct live *w, wp_us until)
{
    w->turns++;
    live_tick(w);
    live_house_rest(w);
    live_clock_arm(w, until);
    uv_run(&w->loop, may_wait(w) ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    live_house_rise(w);
    live_drain(w);
    live_catch_up(w);
    live_clock_fire(w, until);
}

static enum wp_world_end run(struct wp_world *world, wp_us until)
{
    struct live *w = live_of(world);

    bool interrupted;

    w->stopped = false;
    while (!w->stopped && !w->interrupted && !w->error[0] && live_now(w) < until)
        live_turn(w, until);
    interrupted = w->interrupted;
    w->interrupted = 0;
    if (w->error[0])
        return WP_WORLD_ERROR;
    return w->stopped || interrupted ? WP_WORLD_STOPPED : WP_WORLD_UNTIL;
}

static void stop(struct wp_world *world)
{
    live_of(world)->stopped = true;
}

/* Async-signal-safe: a flag and a write. */
static void interrupt(struct wp_world *world)
{
    struct live *w = live_of(world);
    const uint64_t one = 1;

    w->interrupted = 1;
    if (write(w->wake, &one, sizeof one) < 0)
        return; /* it is awake already */
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    const struct live *w = poll->data;
    uint64_t count;

    (void)status;
    (void)events;
    if (read(w->wake, &count, sizeof count) < 0)
        return;
}

static wp_us now(const struct wp_world *world)
{
    return live_now(live_in(world));
}

static int64_t epoch(const struct wp_world *world)
{
    return live_in(world)->clock.epoch_us;
}

static wp_us lateness(struct wp_world *world)
{
    struct live *w = live_of(world);
    wp_us late = w->clock.late;

    w->clock.late = 0;
    return late;
}

static const char *error(const struct wp_world *world)
{
    const struct live *w = live_in(world);

    return w->error[0] ? w->error : NULL;
}

/* ---- machines -------------------------------------------------------------------------------------- */

static wp_machine add(struct wp_world *world, const struct wp_class *class, const struct wp_setup *setup,
                      const struct wp_link_setup *link)
{
    struct live *w = live_of(world);
    struct live_seat *seat = live_seat_new(w, class, setup, link);

    assert(w->n_seats < LIVE_MACHINES_MAX);
    if (w->n_seats == w->cap_seats) {
        w->cap_seats = w->cap_seats ? w->cap_seats * 2 : 16;
        w->seat = realloc(w->seat, w->cap_seats * sizeof(struct live_seat *));
        assert(w->seat);
    }
    w->seat[w->n_seats++] = seat;
    if (w->started && !w->ended && live_bus_need(seat) && live_listen(seat))
        live_seat_start(seat);
    return seat->index;
}

static bool start(struct wp_world *world)
{
    struct live *w = live_of(world);

    if (!live_vrm_start(w) || !live_house_start(w) || !live_vrm_await_bridge(w))
        return false;
    for (size_t i = 0; i < w->n_seats; i++)
        if (!live_bus_need(w->seat[i]) || !live_listen(w->seat[i]))
            return false;
    w->started = true;
    live_clock_zero(w);
    for (size_t i = 0; i < w->n_seats; i++)
        live_seat_start(w->seat[i]);
    return w->error[0] == 0;
}

static void event(struct wp_world *world, wp_machine m, const struct wp_event *event)
{
    struct live_seat *seat = live_of(world)->seat[m];

    live_tick(live_of(world));
    if (event->kind == WP_EV_SET) {
        live_record(seat, (struct wp_record){.kind = WP_REC_SET,
                                             .set = {.name = event->set.option->name,
                                                     .value = event->set.value,
                                                     .times = event->set.times}});
        kept_note(&seat->kept, event);
    }
    live_step(seat, event);
}

static void act(struct wp_world *world, wp_machine m, const struct wp_effect *effect)
{
    struct live *w = live_of(world);

    live_tick(w);
    if (w->seat[m]->alive)
        live_act(w->seat[m], effect);
    live_drain(w);
}

static void hold_dials(struct wp_world *world)
{
    live_of(world)->held.holding = true;
}

static size_t let_dials_go(struct wp_world *world)
{
    return live_let_dials_go(live_of(world));
}

static wp_port port(const struct wp_world *world, wp_machine m, const char *endpoint)
{
    const struct live_seat *seat = live_in(world)->seat[m];
    uint16_t e = wp_setup_endpoint(&seat->setup, endpoint);

    for (const struct live_port *p = seat->ports; p; p = p->next)
        if (p->id != 0 && p->endpoint == e)
            return p->id;
    return 0;
}

static void record_restart(struct live *w, const char *machine, bool orderly, wp_us down)
{
    struct wp_record r = {.kind = WP_REC_FAULT, .machine = machine};

    r.note.what = "restart";
    r.note.text = wp_text(orderly ? "orderly" : "killed");
    r.note.count = down;
    live_tick(w);
    live_write(w, &r);
}

static void restart(struct wp_world *world, wp_machine m, bool orderly, wp_us down)
{
    struct live *w = live_of(world);

    record_restart(w, w->seat[m]->setup.name, orderly, down);
    live_seat_restart(w->seat[m], orderly, down);
}

static void restart_broker(struct wp_world *world, bool orderly, wp_us down)
{
    record_restart(live_of(world), "broker", orderly, down);
    live_house_restart(live_of(world), orderly, down);
}

static void restart_vrm(struct wp_world *world, bool orderly, wp_us down)
{
    record_restart(live_of(world), "vrm", orderly, down);
    live_vrm_restart(live_of(world), orderly, down);
}

static void restart_bus(struct wp_world *world, wp_us down)
{
    record_restart(live_of(world), "bus", false, down);
    live_bus_restart(live_of(world), down);
}

static const char *bus_address(const struct wp_world *world)
{
    return live_bus_address(live_in(world));
}

static void fault(struct wp_world *world, wp_machine m, const struct wp_link_fault *fault)
{
    struct live *w = live_of(world);

    live_tick(w);
    live_fault(w->seat[m], fault);
    live_drain(w);
}

/* ---- addresses and figures ------------------------------------------------------------------------- */

static struct wp_addr real_addr(const struct wp_world *world, enum wp_transport transport,
                                struct wp_addr scenario)
{
    return live_real_addr(live_in(world), transport == WP_UDP, scenario);
}

static struct wp_addr broker_addr(const struct wp_world *world, bool websocket)
{
    const struct live *w = live_in(world);

    if (!websocket && w->setup.shut & WP_DOOR_BIT(WP_DOOR_PLAIN))
        return w->house.daemon.addr[DAEMON_NOBODY];
    if (!websocket && w->relay.port != 0)
        return w->relay;
    return w->house.daemon.addr[websocket ? DAEMON_WEBSOCKET : DAEMON_MQTT];
}

static const char *broker_tls(const struct wp_world *world, struct wp_addr *ret_addr)
{
    const struct live_daemon *b = &live_in(world)->house.daemon;

    *ret_addr = b->addr[DAEMON_TLS];
    return b->setup.tls ? b->setup.dir : NULL;
}

static const char *vrm_tls(const struct wp_world *world, struct wp_addr *ret_addr)
{
    const struct live_vrm *vrm = &live_in(world)->vrm;

    *ret_addr = vrm->daemon.addr[DAEMON_TLS];
    return vrm->open ? vrm->dir : NULL;
}

static bool tap(struct wp_world *world, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
                struct wp_writer *why)
{
    return live_relay_open(live_of(world), tap, ret_listen, why);
}

static size_t memory(const struct wp_world *world)
{
    const struct live *w = live_in(world);
    size_t sum = sizeof *w;

    for (size_t i = 0; i < w->n_seats; i++)
        sum += sizeof(struct live_seat) + w->seat[i]->memory_bytes + kept_memory(&w->seat[i]->kept) +
               wp_link_memory(w->seat[i]->link);
    return sum;
}

static uint64_t events(const struct wp_world *world)
{
    return live_in(world)->events;
}

/* ---- the end --------------------------------------------------------------------------------------- */

static void close_all(struct live *w)
{
    w->setup.transcript = NULL; /* whoever read along may be gone */
    live_mqtt_close(w);
    live_tcp_close(w);
    live_udp_close(w);
    live_bus_close(w);
    for (size_t i = 0; i < w->n_seats; i++)
        live_unlisten(w->seat[i]);
    live_house_close(w);
    live_vrm_close(w);
    uv_close((uv_handle_t *)&w->clock.poll, NULL);
    uv_close((uv_handle_t *)&w->wake_poll, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    live_clock_close(w);
    close(w->wake);
}

static void free_world(struct wp_world *world)
{
    struct live *w = live_of(world);
    int rc;

    close_all(w);
    rc = uv_loop_close(&w->loop);
    assert(rc == 0);
    for (size_t i = 0; i < w->n_seats; i++) {
        live_forget_listeners(w->seat[i]);
        live_seat_free(w->seat[i]);
    }
    live_names_free(w);
    live_dir_remove(&w->dir);
    wp_lines_free(&w->lines);
    held_dials_free(&w->held);
    free(w->seat);
    free(w->posted);
    free(w);
    mosquitto_lib_cleanup();
}

/* ---- the beginning --------------------------------------------------------------------------------- */

/* A world of many devices needs many sockets, and so does its broker, which inherits the limit. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void open_wake(struct live *w)
{
    int rc;

    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(w->wake >= 0);
    rc = uv_poll_init(&w->loop, &w->wake_poll, w->wake);
    assert(rc == 0);
    w->wake_poll.data = w;
    uv_poll_start(&w->wake_poll, UV_READABLE, on_wake);
}

static const char *temporary(void)
{
    const char *dir = getenv("TMPDIR");

    return dir && *dir ? dir : "/tmp";
}

void world_live_sweep(void)
{
    live_sweep(temporary());
}

static bool find_dir(struct live *w, struct wp_writer *why)
{
    if (w->setup.run_dir)
        return true;
    world_live_sweep();
    if (!live_dir_make(&w->dir, temporary(), why))
        return false;
    w->setup.run_dir = w->dir.path;
    return true;
}

/* Clients that are not ours take it for the broker. */
static bool open_relay(struct live *w, struct wp_writer *why)
{
    return live_relay_open(w, &(struct wp_world_tap){0}, &w->relay, why);
}

/* Whoever else needs it may do so before our machines start. */
static bool open_bus(struct live *w, struct wp_writer *why)
{
    if (!w->setup.has_bus || live_bus_open(w))
        return true;
    wp_put_text(why, w->error);
    return false;
}

struct wp_world *world_live_new(const struct wp_world_setup *setup, struct wp_writer *why)
{
    struct live *w = calloc(1, sizeof *w);
    int rc;

    assert(w);
    raise_file_limit();
    signal(SIGPIPE, SIG_IGN); /* libmosquitto writes without MSG_NOSIGNAL */
    mosquitto_lib_init();
    w->base.ops = &ops;
    w->setup = *setup;
    rc = uv_loop_init(&w->loop);
    assert(rc == 0);
    live_clock_open(w);
    open_wake(w);
    if (find_dir(w, why) && live_vrm_open(w, why) && live_house_open(w, why) &&
        (w->setup.service || open_relay(w, why)) && open_bus(w, why))
        return &w->base;
    free_world(&w->base);
    return NULL;
}

static const struct wp_world_ops ops = {
    .free = free_world,
    .add = add,
    .real_addr = real_addr,
    .broker_addr = broker_addr,
    .broker_tls = broker_tls,
    .vrm_tls = vrm_tls,
    .tap = tap,
    .start = start,
    .hold_dials = hold_dials,
    .let_dials_go = let_dials_go,
    .run = run,
    .stop = stop,
    .interrupt = interrupt,
    .now = now,
    .epoch = epoch,
    .lateness = lateness,
    .error = error,
    .event = event,
    .act = act,
    .port = port,
    .restart = restart,
    .restart_broker = restart_broker,
    .restart_vrm = restart_vrm,
    .restart_bus = restart_bus,
    .bus_address = bus_address,
    .fault = fault,
    .end = live_end,
    .memory = memory,
    .events = events,
};
