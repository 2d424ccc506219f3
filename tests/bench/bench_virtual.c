/* The virtual world beside a bare binary heap of the same events: one poller that 10 000 machines have dialled asks
 * each of them once a minute for one virtual hour, a 16-byte request and a 24-byte reply. Then the broker alone: how
 * long it takes to route a message of one of 10 000 topics to one subscriber of "#". */
#include "sim/core/timers.h"
#include "sim/world/broker.h"
#include "sim/world/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MACHINES = 10000, ROUNDS = 3, REQUEST = 16, REPLY = 24 };

#define EVERY WP_SEC(60)
#define HOUR  WP_SEC(3600)

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* ---- the poller ------------------------------------------------------------------------------------ */

struct session {
    struct wp_timer timer;
    wp_port port;
};

struct poller {
    struct wp_timers timers;
    size_t n;
    uint64_t replies;
    struct session session[MACHINES];
};

static size_t poller_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct poller);
}

static void poller_init(const struct wp_setup *setup, void *memory)
{
    struct poller *p = memory;

    (void)setup;
    wp_timers_init(&p->timers);
}

static void poller_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    static const uint8_t request[REQUEST];
    struct poller *p = machine;
    struct wp_timer *due;

    if (e->kind == WP_EV_OPEN) {
        struct session *s = &p->session[p->n++];

        s->port = e->port;
        wp_timers_set(&p->timers, &s->timer, e->now + (wp_us)p->n * 6000); /* 10 000 in a minute */
    } else if (e->kind == WP_EV_BYTES) {
        p->replies++;
    }
    while ((due = wp_timers_pop(&p->timers, e->now))) {
        wp_send(out, WP_OWNER(due, struct session, timer)->port, wp_slice(request, sizeof request));
        wp_timers_set(&p->timers, due, due->at + EVERY);
    }
}

static wp_us poller_deadline(const void *machine)
{
    const struct poller *p = machine;

    return wp_timers_earliest(&p->timers);
}

static const struct wp_class poller_class = {.name = "poller",
                                             .size = poller_size,
                                             .init = poller_init,
                                             .step = poller_step,
                                             .deadline = poller_deadline};

/* ---- what it polls --------------------------------------------------------------------------------- */

static size_t meter_size(const struct wp_setup *setup)
{
    (void)setup;
    return 8;
}

static void meter_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    (void)memory;
}

static void meter_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    static const uint8_t reply[REPLY];

    (void)machine;
    if (e->kind == WP_EV_START)
        wp_dial(out, 0);
    else if (e->kind == WP_EV_BYTES)
        wp_send(out, e->port, wp_slice(reply, sizeof reply));
}

static wp_us meter_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

static const struct wp_class meter_class = {
    .name = "meter", .size = meter_size, .init = meter_init, .step = meter_step, .deadline = meter_deadline};

/* ---- both ways of turning the hour ------------------------------------------------------------------ */

struct result {
    double events, seconds, bytes;
};

static const struct wp_endpoint listens[] = {{"meters", WP_TCP, true, {0x7F000001, 8899}}};
static const struct wp_endpoint dials[] = {{"gateway", WP_TCP, false, {0x7F000001, 8899}}};
static struct wp_setup setups[MACHINES];

static struct result turn_world(void)
{
    const struct wp_setup poller = {
        .name = "poller", .endpoints = listens, .n_endpoints = 1, .ip = 0x7F000001};
    const struct wp_world_setup setup = {.seed = 1};
    struct wp_world *w = world_virtual_new(&setup);
    struct result r;
    size_t before;
    bool good;

    world_add(w, &poller_class, &poller, NULL);
    before = world_memory(w);
    for (size_t i = 0; i < MACHINES; i++) {
        setups[i] = (struct wp_setup){
            .name = "meter", .endpoints = dials, .n_endpoints = 1, .ip = (uint32_t)(0x7F010000 + i)};
        world_add(w, &meter_class, &setups[i], NULL);
    }
    good = world_start(w);
    assert(good);
    world_run(w, WP_SEC(1));
    r.bytes = (double)(world_memory(w) - before - sizeof(struct poller)) / MACHINES;
    r.seconds = seconds();
    r.events = -(double)world_events(w);
    world_run(w, HOUR);
    r.seconds = seconds() - r.seconds;
    r.events += (double)world_events(w);
    assert(!world_error(w));
    world_free(w);
    return r;
}

struct entry {
    wp_us at;
    uint64_t seq;
    uint32_t machine, stage;
};

static bool is_before(const struct entry *a, const struct entry *b)
{
    return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static void sift_down(struct entry *heap, size_t n, struct entry e)
{
    size_t i = 0;

    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &e))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = e;
}

/* Timer, request, reply of each machine follow each other: the same events, and nothing happens at any. */
static struct result turn_heap(void)
{
    struct entry *heap = malloc(MACHINES * sizeof *heap);
    struct result r = {0};
    uint64_t seq = MACHINES;

    assert(heap);
    for (uint32_t i = 0; i < MACHINES; i++) /* in order, so it is a heap */
        heap[i] = (struct entry){(wp_us)(i + 1) * 6000, i, i, 0};
    r.seconds = seconds();
    for (; heap[0].at <= HOUR; r.events++) {
        struct entry e = heap[0];

        e.at += e.stage < 2 ? WP_MS(1) : EVERY - WP_MS(2);
        e.stage = (e.stage + 1) % 3;
        e.seq = seq++;
        sift_down(heap, MACHINES, e);
    }
    r.seconds = seconds() - r.seconds;
    free(heap);
    return r;
}

/* ---- routing --------------------------------------------------------------------------------------- */

static void count_delivery(void *ctx, void *owner, const struct broker_delivery *d)
{
    (void)owner;
    (void)d;
    ++*(uint64_t *)ctx;
}

static double route_ns(const char *filter, bool retain)
{
    enum { MESSAGES = 1000000 };
    const struct wp_login login = {.client_id = wp_text("c"), .clean = true};
    struct wp_blocks blocks = {0};
    uint64_t delivered = 0;
    const struct broker_calls calls = {.ctx = &delivered, .deliver = count_delivery};
    struct broker *b = broker_new(NULL, &blocks, &calls);
    struct broker_client *c;
    static char topic[MACHINES][64];
    bool present;
    double start;

    for (int i = 0; i < MACHINES; i++)
        snprintf(topic[i], sizeof topic[i], "ivy/v1/meters/%012d/telemetry", i);
    broker_login(b, &login, &delivered, &c, &present);
    broker_subscribe(b, c, wp_text(filter), 0);
    start = seconds();
    for (int i = 0; i < MESSAGES; i++) {
        const struct wp_publish p = {.topic = wp_text(topic[i % MACHINES]),
                                     .payload = wp_text("{\"value\":12345.67}"),
                                     .retain = retain};
        struct broker_message *m = broker_message_new(&blocks, &p);

        if (broker_judge(b, c, m) == BROKER_TAKEN)
            broker_route(b, m);
        broker_message_release(&blocks, m);
    }
    start = (seconds() - start) / MESSAGES * 1e9;
    assert(delivered == MESSAGES);
    broker_free(b);
    blocks_free(&blocks);
    return start;
}

static int by_rate(const void *a, const void *b)
{
    const struct result *x = a, *y = b;
    double dx = x->events / x->seconds, dy = y->events / y->seconds;

    return (dx > dy) - (dx < dy);
}

int main(void)
{
    struct result world[ROUNDS], heap[ROUNDS], *w = &world[ROUNDS / 2], *h = &heap[ROUNDS / 2];

    for (int i = 0; i < ROUNDS; i++) {
        world[i] = turn_world();
        heap[i] = turn_heap();
    }
    qsort(world, ROUNDS, sizeof *world, by_rate);
    qsort(heap, ROUNDS, sizeof *heap, by_rate);
    printf("virtual world: %.0f events in %.2f s, %.2f M/s; bare binary heap: %.0f events, %.2f M/s; ratio "
           "%.2f\n",
           w->events, w->seconds, w->events / w->seconds / 1e6, h->events, h->events / h->seconds / 1e6,
           w->events / w->seconds / (h->events / h->seconds));
    printf("virtual world: %.0f bytes per idle connected machine, of its memory and the world's\n", w->bytes);
    printf("virtual broker: %.0f ns per message to \"#\", %.0f ns to \"ivy/v1/meters/+/telemetry\", %.0f ns "
           "retained\n",
           route_ns("#", false), route_ns("ivy/v1/meters/+/telemetry", false), route_ns("#", true));
    return 0;
}
