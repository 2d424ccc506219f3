/* What a simulated meter costs: its memory, a request with its reply, a keep-alive, a year of counting; beside the bare
 * codec work of one exchange (decode the request, encode the reply). Medians of turns taken in one run are printed. */
#include "sim/codec/dlt645.h"
#include "sim/device/dlt645_meter.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 15, EXCHANGES = 20000 };

static struct wp_option_value given[8];
static struct wp_endpoint endpoint = {.name = "gateway", .transport = WP_TCP};
static struct wp_setup setup = {.name = "m",
                                .seed = 1,
                                .epoch_us = INT64_C(1705320000000000),
                                .given = given,
                                .endpoints = &endpoint,
                                .n_endpoints = 1};
static uint8_t request[64], reply[64];
static size_t n_request, n_sent;
static void *meter;
static wp_us now;

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    (void)outbox;
    n_sent += e->kind == WP_SEND;
}

static struct wp_outbox outbox = {emit};

static void give(const char *name, const char *text)
{
    const struct wp_option *o =
        wp_option_find(dlt645_meter_class.options, dlt645_meter_class.n_options, wp_text(name));
    bool good = wp_option_read(o, wp_text(text), &given[setup.n_given].value, NULL);

    assert(good);
    given[setup.n_given++].option = o;
}

static void step(struct wp_event e)
{
    e.now = now;
    e.port = 1;
    dlt645_meter_class.step(meter, &e, &outbox);
}

static void make(void)
{
    free(meter);
    meter = malloc(dlt645_meter_class.size(&setup));
    assert(meter);
    now = 0;
    dlt645_meter_class.init(&setup, meter);
    step((struct wp_event){.kind = WP_EV_START});
    step((struct wp_event){.kind = WP_EV_TIMER});
    step((struct wp_event){.kind = WP_EV_OPEN});
}

/* ---- the contestants ------------------------------------------------------------------------------------- */

static void bare_codec(void)
{
    static const uint8_t value[4] = {0x67, 0x45, 0x23, 0x01};
    struct dlt645_frame in, out;

    for (int i = 0; i < EXCHANGES; i++) {
        struct wp_writer w = wp_writer(reply, sizeof reply);

        (void)dlt645_decode(wp_slice(request, n_request), &in);
        dlt645_reply_read(&out, in.address, 0x00010000, wp_slice(value, sizeof value), false);
        dlt645_encode(&w, &out);
        n_sent += w.n > 0;
    }
}

/* Ten exchanges a second: energies are counted up between them. */
static void exchanges(void)
{
    for (int i = 0; i < EXCHANGES; i++) {
        step((struct wp_event){.kind = WP_EV_BYTES, .bytes = wp_slice(request, n_request)});
        now += WP_MS(50);
        step((struct wp_event){.kind = WP_EV_TIMER});
        now += WP_MS(50);
    }
}

static void keep_alives(void)
{
    for (int i = 0; i < EXCHANGES; i++) {
        now = dlt645_meter_class.deadline(meter);
        step((struct wp_event){.kind = WP_EV_TIMER});
    }
}

static void a_year(void)
{
    now += WP_SEC(86400) * 365;
    step((struct wp_event){.kind = WP_EV_BYTES, .bytes = wp_slice(request, n_request)});
    now += WP_MS(50);
    step((struct wp_event){.kind = WP_EV_TIMER});
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(void (*run)(void))
{
    double took[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        double start = seconds();

        make();
        run();
        took[i] = seconds() - start;
    }
    qsort(took, ROUNDS, sizeof took[0], by_size);
    return took[ROUNDS / 2];
}

static void ask(uint32_t di)
{
    struct dlt645_frame f;
    struct wp_writer w = wp_writer(request, sizeof request);

    dlt645_ask_read(&f, 1, di);
    dlt645_encode(&w, &f);
    n_request = w.n;
}

static void tell(const char *what, double took, double bare)
{
    printf("  %-34s %8.1f ns   %6.2f x codec\n", what, 1e9 * took / EXCHANGES, took / bare);
}

int main(void)
{
    double bare;

    printf("DL/T 645 meter: %zu bytes as it comes", dlt645_meter_class.size(&setup));
    ask(0x00010000);
    bare = median(bare_codec);
    give("memory", "0");
    give("settlements", "0");
    give("freezes", "0");
    give("tariffs", "1");
    printf(", %zu bytes bare\n", dlt645_meter_class.size(&setup));
    setup.n_given = 0;
    tell("bare codec", bare, bare);
    tell("read of an energy", median(exchanges), bare);
    ask(0x02010100);
    tell("read of a voltage", median(exchanges), bare);
    ask(0x0203FF00);
    tell("read of a block of powers", median(exchanges), bare);
    tell("keep-alive", median(keep_alives), bare);
    printf("  %-34s %8.1f us\n", "a year, hourly freezes kept", 1e6 * median(a_year));
    give("settlements", "0");
    give("freezes", "0");
    printf("  %-34s %8.1f us\n", "a year without freezes", 1e6 * median(a_year));
    free(meter);
    return 0;
}
