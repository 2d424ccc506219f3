/* What one poll exchange costs inside the gateway: 10 000 meters, one register each every 60 s, one hour:
 * command, request frame, reply frame, telemetry, publish effect, acknowledgement. No world around it:
 * replies are made here, and their cost is measured apart, by making them once more without a gateway. Then
 * what an idle meter costs in memory. */
#include "sim/catalog.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"
#include "sim/gateway/north_ivy.h"
#include "sim/gateway/south_dlt645.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { METERS = 10000, CYCLES = 60, FIRST_PORT = 2, BROKER_PORT = 1 };

static const struct wp_class *const souths[] = {&south_dlt645_class}, *const norths[] = {&north_ivy_class};
static const struct wp_parts parts = {souths, 1, norths, 1};
static const struct wp_endpoint endpoints[] = {{.name = "meters", .transport = WP_TCP, .listen = true},
                                               {.name = "ivy", .transport = WP_BROKER}};

/* What the gateway did in one step. */
struct bench {
    struct wp_outbox outbox; /* first */
    wp_port asked;           /* the port of the last send */
    uint64_t sends, publishes, bytes;
    bool logs_in;
};

static struct bench b;
static void *machine;
static struct wp_option_value given[6];

/* Of this program's own: what else runs on the machine does not count. */
static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static size_t resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long all = 0, pages = 0;

    assert(f);
    if (fscanf(f, "%lu %lu", &all, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void take(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct bench *to = (struct bench *)(void *)outbox;

    if (e->kind == WP_SEND) {
        to->asked = e->port;
        to->sends++;
    } else if (e->kind == WP_PUBLISH) {
        to->publishes++;
        to->bytes += e->publish.payload.n;
    } else if (e->kind == WP_LOGIN) {
        to->logs_in = true;
    }
}

static void step(struct wp_event e)
{
    uint64_t before = b.publishes;

    wp_gateway_class.step(machine, &e, &b.outbox);
    for (; before < b.publishes; before++) {
        const struct wp_event acked = {.kind = WP_EV_ACKED, .endpoint = 1, .port = BROKER_PORT, .now = e.now};

        wp_gateway_class.step(machine, &acked, &b.outbox);
    }
}

static size_t reply(uint8_t *wire, wp_port port, uint32_t value)
{
    struct wp_writer w = wp_writer(wire, DLT645_FRAME_MAX);
    uint8_t data[4] = {(uint8_t)(value % 10), (uint8_t)(value / 10 % 10), 0x23, 0x01};
    struct dlt645_frame f;

    dlt645_reply_read(&f, port, 0x00010000, wp_slice(data, sizeof data), false);
    dlt645_encode(&w, &f);
    return w.n;
}

/* The meter's address is its port in hexadecimal digits that are decimal too. */
static wp_port port_of(unsigned i)
{
    return (i / 1000 << 12 | i / 100 % 10 << 8 | i / 10 % 10 << 4 | i % 10) + 0x10000;
}

static void connect_all(void)
{
    for (unsigned i = 0; i < METERS; i++) {
        uint8_t wire[64];
        struct wp_writer w = wp_writer(wire, sizeof wire);
        char address[16];
        struct ivy_session s;

        snprintf(address, sizeof address, "%012x", port_of(i));
        s = ivy_session(IVY_LOGIN, IVY_DEVICE_METER, wp_text(address));
        ivy_encode_session(&w, 1, 1, &s);
        step(
            (struct wp_event){.kind = WP_EV_OPEN, .port = port_of(i), .open.peer = {0x7F010000u + i, 40000}});
        step((struct wp_event){.kind = WP_EV_BYTES, .port = port_of(i), .bytes = wp_written(&w)});
    }
}

static double run(void)
{
    double start = seconds();
    uint8_t wire[DLT645_FRAME_MAX];
    uint64_t exchanges = 0;

    while (exchanges < (uint64_t)METERS * CYCLES) {
        wp_us now = wp_gateway_class.deadline(machine);
        uint64_t sends = b.sends;

        step((struct wp_event){.kind = WP_EV_TIMER, .now = now});
        if (b.sends > sends) {
            size_t n = reply(wire, b.asked, (uint32_t)exchanges++);

            step((struct wp_event){
                .kind = WP_EV_BYTES, .port = b.asked, .now = now + WP_MS(1), .bytes = wp_slice(wire, n)});
        }
    }
    return seconds() - start;
}

static double replies_alone(void)
{
    double start = seconds();
    uint8_t wire[DLT645_FRAME_MAX];
    size_t n = 0;

    for (uint32_t i = 0; i < METERS * CYCLES; i++)
        n += reply(wire, port_of(i % METERS), i);
    assert(n > 0); /* so nothing of it can be left out */
    return seconds() - start;
}

static void give(const char *name, const char *value)
{
    const struct wp_class *const classes[] = {&wp_gateway_class, souths[0], norths[0]};
    static size_t n;

    for (int i = 0; i < 3; i++) {
        const struct wp_option *o = wp_option_find(classes[i]->options, classes[i]->n_options, wp_text(name));

        if (!o)
            continue;
        given[n].option = o;
        assert(wp_option_read(o, wp_text(value), &given[n].value, NULL));
        n++;
    }
}

int main(void)
{
    struct wp_setup setup = {.name = "gateway",
                             .epoch_us = INT64_C(1705320000000000),
                             .given = given,
                             .n_given = 4,
                             .endpoints = endpoints,
                             .n_endpoints = 2,
                             .parts = &parts};
    size_t size, empty, full;
    double whole, alone, each;

    b.outbox.emit = take;
    give("meters.max_connections", "10000");
    give("dlt645.idle_timeout", "1h");
    give("polling.ids", "00010000");
    give("polling.stagger", "5ms");
    size = wp_gateway_class.size(&setup);
    machine = malloc(size);
    assert(machine);
    wp_gateway_class.init(&setup, machine);
    step((struct wp_event){.kind = WP_EV_START});
    step((struct wp_event){.kind = WP_EV_OPEN, .endpoint = 1, .port = BROKER_PORT});
    empty = resident();
    connect_all();
    full = resident();
    whole = run();
    alone = replies_alone();
    each = (whole - alone) / (METERS * CYCLES) * 1e6;
    printf("gateway: %.2f us for each of %d exchanges (%.2f us with making the reply), %llu messages of %llu "
           "bytes\n",
           each, METERS * CYCLES, whole / (METERS * CYCLES) * 1e6, (unsigned long long)b.publishes,
           (unsigned long long)(b.bytes / b.publishes));
    printf("gateway: %zu bytes resident per idle meter, %zu per meter reserved\n", (full - empty) / METERS,
           size / METERS);
    free(machine);
    return 0;
}
