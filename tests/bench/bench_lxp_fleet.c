/* 10 000 LuxPower inverters in the virtual world, each with three blocks every two minutes and a heartbeat a minute.
 *
 *     alone       a virtual day; one machine has dialled them all and only takes the octets
 *     gateway     a virtual hour through the reference gateway to the broker and one client; nothing is judged
 *
 * Beside the day a bare binary heap turns as many events in the same run. Each is a process of its own, so that its memory
 * can be told, and the least time of some rounds is printed. The inverters have no room to spare: one client, the shortest
 * requests, no registers set later; what the others cost is told by their class. Memory is that of 10 000 beside one. */
#include "sim/catalog.h"
#include "sim/core/random.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_octolux.h"
#include "sim/gateway/south_lxp.h"
#include "sim/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    INVERTERS = 10000,
    DAYS = 2,
    HOURS = 3,
    GIVEN = 5,
    NAME_BYTES = 16,
    TARGET_S = 60,
    TARGET_BYTES = 1024
};

#define GATEWAY_IP  0x7F000001u
#define CLIENT_IP   0x7F000002u
#define INVERTER_IP 0x7F010001u
#define DONGLE_PORT 8000
#define HOUR        WP_SEC(3600)
#define DAY         (24 * HOUR)
#define PUSH        WP_SEC(120)

struct measured {
    double cpu_s, events;
    double resident, of_world; /* bytes: the process; machines and what the world keeps for them */
    double bytes, messages;    /* that reached who listens */
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_lxp_fleet: %s\n", what);
    exit(1);
}

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long all, pages;

    if (!f || fscanf(f, "%lu %lu", &all, &pages) != 2)
        die("cannot tell how much memory is resident");
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* ---- whoever listens --------------------------------------------------------------------------------- */

static uint64_t n_bytes, n_messages;

static size_t no_size(const struct wp_setup *setup)
{
    (void)setup;
    return 0;
}

static void no_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    (void)memory;
}

static wp_us no_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

/* Takes what comes. */
static void sink_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    (void)machine;
    (void)out;
    if (e->kind == WP_EV_BYTES)
        n_bytes += e->bytes.n;
}

/* Subscribes to everything. */
static void client_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    const struct wp_login login = {.client_id = wp_text("c"), .clean = true};
    const struct wp_effect log_in = {.kind = WP_LOGIN, .login = &login};
    const struct wp_effect subscribe = {
        .kind = WP_SUBSCRIBE, .port = e->port, .subscribe = {.filter = wp_text("#"), .qos = 1}};

    (void)machine;
    if (e->kind == WP_EV_START)
        out->emit(out, &log_in);
    if (e->kind == WP_EV_OPEN)
        out->emit(out, &subscribe);
    if (e->kind == WP_EV_MESSAGE) {
        n_messages++;
        n_bytes += e->message.payload.n;
    }
}

static const struct wp_class sink_class = {
    .name = "sink", .size = no_size, .init = no_init, .step = sink_step, .deadline = no_deadline};
static const struct wp_class client_class = {
    .name = "client", .size = no_size, .init = no_init, .step = client_step, .deadline = no_deadline};

/* ---- who they are ------------------------------------------------------------------------------------ */

static const struct wp_class *const souths[] = {&south_lxp_class}, *const norths[] = {&north_octolux_class};
static const struct wp_parts parts = {souths, 1, norths, 1};
static const struct wp_endpoint dongle[] = {{"dongle", WP_TCP, true, {0, DONGLE_PORT}}};
static const struct wp_endpoint dials[] = {{"inverters", WP_TCP, false, {0, 0}}};
static const struct wp_endpoint broker[] = {{"broker", WP_BROKER, false, {0, 0}}};
static struct wp_endpoint of_gateway[2];
static struct wp_option_value more[1], given[INVERTERS][GIVEN];
static struct wp_setup inverters[INVERTERS];
static char serial[INVERTERS][NAME_BYTES];
static struct wp_setup gateway = {.name = "gateway",
                                  .epoch_us = INT64_C(1705320000000000),
                                  .ip = GATEWAY_IP,
                                  .given = more,
                                  .n_given = 1,
                                  .endpoints = of_gateway,
                                  .n_endpoints = 2,
                                  .parts = &parts};

static struct wp_option_value option(const struct wp_class *class, const char *name, const char *value)
{
    struct wp_option_value v = {.option = wp_option_find(class->options, class->n_options, wp_text(name))};

    if (!v.option || !wp_option_read(v.option, wp_text(value), &v.value, NULL))
        die(name);
    return v;
}

static void furnish(void)
{
    const struct wp_class *class = wp_device_find("lxp-inverter");

    for (unsigned i = 0; i < INVERTERS; i++) {
        snprintf(serial[i], NAME_BYTES, "555555%04u", i);
        given[i][0] = option(class, "serial", serial[i]);
        given[i][1] = option(class, "clients.max", "1");
        given[i][2] = option(class, "request.max", "38");
        given[i][3] = option(class, "spare", "0");
        given[i][4] = option(class, "memory", "0");
        inverters[i] = (struct wp_setup){.name = serial[i],
                                         .seed = wp_random_seed(1, wp_text(serial[i])),
                                         .epoch_us = gateway.epoch_us,
                                         .given = given[i],
                                         .n_given = GIVEN,
                                         .endpoints = dongle,
                                         .n_endpoints = 1,
                                         .ip = INVERTER_IP + i};
    }
    of_gateway[0] = south_lxp_class.endpoints[0];
    of_gateway[1] = north_octolux_class.endpoints[0];
    more[0] = option(&wp_gateway_class, "lxp.more", "house1=5555550000:BA55550000@127.1.0.1:8000*10000");
}

/* ---- a day ------------------------------------------------------------------------------------------- */

static wp_machine add_listeners(struct wp_world *w, bool has_gateway)
{
    static const struct wp_setup sink = {
        .name = "sink", .ip = CLIENT_IP, .endpoints = dials, .n_endpoints = 1};
    static const struct wp_setup client = {
        .name = "c", .ip = CLIENT_IP, .endpoints = broker, .n_endpoints = 1};

    if (!has_gateway)
        return world_add(w, &sink_class, &sink, NULL);
    world_add(w, &client_class, &client, NULL);
    return world_add(w, &wp_gateway_class, &gateway, NULL);
}

/* One after the other within two minutes, so that their blocks and heartbeats lie apart as a real fleet's do. The
 * gateway dials them by itself until they are there. */
static void start(struct wp_world *w, bool has_gateway, unsigned n)
{
    const struct wp_class *class = wp_device_find("lxp-inverter");
    wp_machine listener = add_listeners(w, has_gateway);

    if (!world_start(w))
        die(world_error(w));
    for (unsigned i = 0; i < n; i++) {
        const struct wp_effect dial = {.kind = WP_DIAL, .dial.to = {INVERTER_IP + i, DONGLE_PORT}};

        world_run(w, i * (PUSH / INVERTERS));
        world_add(w, class, &inverters[i], NULL);
        if (!has_gateway)
            world_act(w, listener, &dial);
    }
}

static struct measured turn(bool has_gateway, unsigned n, wp_us until)
{
    const struct wp_world_setup setup = {.seed = 1, .epoch_us = gateway.epoch_us};
    struct wp_world *w = world_virtual_new(&setup);
    struct measured m = {.cpu_s = cpu_s()};

    start(w, has_gateway, n);
    if (world_run(w, until) == WP_WORLD_ERROR)
        die(world_error(w));
    m.cpu_s = cpu_s() - m.cpu_s;
    m.events = (double)world_events(w);
    m.resident = resident();
    m.of_world = (double)world_memory(w);
    m.bytes = (double)n_bytes;
    m.messages = (double)n_messages;
    world_free(w);
    return m;
}

static struct measured turn_apart(bool has_gateway, unsigned n, wp_us until)
{
    struct measured m;
    int ends[2], status;
    pid_t pid;

    fflush(NULL);
    if (pipe(ends) != 0 || (pid = fork()) < 0)
        die("cannot start a process");
    if (pid == 0) {
        m = turn(has_gateway, n, until);
        _exit(write(ends[1], &m, sizeof m) == sizeof m ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &m, sizeof m) != sizeof m)
        die("a turn left no result");
    close(ends[0]);
    waitpid(pid, &status, 0);
    return m;
}

static struct measured least(bool has_gateway, wp_us until, int rounds)
{
    struct measured m, best = turn_apart(has_gateway, INVERTERS, until);

    for (int i = 1; i < rounds; i++) {
        m = turn_apart(has_gateway, INVERTERS, until);
        if (m.cpu_s < best.cpu_s)
            best = m;
    }
    return best;
}

/* ---- the bare heap ------------------------------------------------------------------------------------ */

static int64_t heap[INVERTERS];

static void sift_down(int64_t at)
{
    size_t i = 0;

    for (size_t child = 1; child < INVERTERS; child = 2 * i + 1) {
        child += child + 1 < INVERTERS && heap[child + 1] < heap[child];
        if (heap[child] >= at)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = at;
}

static double heap_s(double events)
{
    double start = cpu_s();
    uint64_t random = 1;

    for (size_t i = 0; i < INVERTERS; i++)
        heap[i] = (int64_t)i;
    for (uint64_t i = 0; i < (uint64_t)events; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        sift_down(heap[0] + (int64_t)(random >> 40));
    }
    return cpu_s() - start;
}

/* ---- memory ------------------------------------------------------------------------------------------- */

static size_t size_with(const char *clients)
{
    const struct wp_class *class = wp_device_find("lxp-inverter");
    struct wp_option_value one = option(class, "clients.max", clients);
    const struct wp_setup setup = {.given = &one, .n_given = 1};

    return class->size(&setup);
}

static void tell_memory(const struct measured *alone)
{
    struct measured one = turn_apart(false, 1, HOUR);
    const double others = INVERTERS - 1;

    printf("lxp_fleet.memory      %6.0f bytes resident for each inverter with its connection (10 000 beside "
           "one; target "
           "%d), %.0f of them by the books of world and machines\n",
           (alone->resident - one.resident) / others, TARGET_BYTES,
           (alone->of_world - one.of_world) / others);
    printf("lxp_fleet.size        %6zu bytes for such an inverter, %zu with all defaults and one client, %zu "
           "with "
           "four\n",
           wp_device_find("lxp-inverter")->size(&inverters[0]), size_with("1"), size_with("4"));
    printf("lxp_fleet.gateway     %6zu bytes reserved for each inverter in the south, %zu in the north\n",
           south_lxp_class.size(&gateway) / INVERTERS, north_octolux_class.size(&gateway) / INVERTERS);
}

int main(void)
{
    struct measured alone, through;
    double bare;

    furnish();
    alone = least(false, DAY, DAYS);
    bare = heap_s(alone.events);
    printf("lxp_fleet.day         %6.1f s for a day of 10 000 inverters (target %d), %.0f million events, "
           "%.2f million a "
           "second; %.1f times as long as the heap\n",
           alone.cpu_s, TARGET_S, alone.events / 1e6, alone.events / 1e6 / alone.cpu_s, alone.cpu_s / bare);
    printf("lxp_fleet.bare_heap   %6.1f s for as many events\n", bare);
    through = least(true, HOUR, HOURS);
    printf("lxp_fleet.through     %6.1f s for an hour through the gateway (%.0f s for a day of such hours), "
           "%.1f million "
           "events, %.2f million a second; %.0f messages, %.0f MB of JSON\n",
           through.cpu_s, 24 * through.cpu_s, through.events / 1e6, through.events / 1e6 / through.cpu_s,
           through.messages, through.bytes / 1e6);
    tell_memory(&alone);
    return 0;
}
