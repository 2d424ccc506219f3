/* Any stream, any request, any setting and any fault, in any order and time: the meter keeps within its memory, its
 * timers end, and what it sends goes to its open port.
 *
 * The input is a list of steps: a kind, then what the kind needs (see step()). */
#include "sim/codec/dlt645.h"
#include "sim/device/dlt645_meter.h"
#include "sim/device/dlt645_meter_inside.h"

#include <stdlib.h>

enum { GIVEN_MAX = 8, TIMERS_MAX = 100, AT_ONCE_MAX = 50 };

struct bench {
    struct wp_outbox outbox; /* first: the outbox is the bench */
    struct wp_setup setup;
    struct wp_option_value given[GIVEN_MAX];
    struct wp_endpoint endpoint;
    struct dlt645_meter *m;
    wp_us now;
    wp_port port, last_port;
    bool dialled;
};

static void emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct bench *b = (struct bench *)outbox;

    if (e->kind == WP_DIAL)
        b->dialled = true;
    else if (e->kind == WP_SEND)
        assert(e->port == b->port && e->port != 0 && e->bytes.n > 0);
    else if (e->kind == WP_HANG_UP)
        b->port = 0;
    else
        assert(e->kind == WP_NOTE);
}

static void give(struct bench *b, struct wp_event e)
{
    e.now = b->now;
    dlt645_meter_class.step(b->m, &e, &b->outbox);
    if (b->dialled) {
        b->dialled = false;
        b->port = ++b->last_port;
        e = (struct wp_event){.kind = WP_EV_OPEN, .now = b->now, .port = b->port};
        dlt645_meter_class.step(b->m, &e, &b->outbox);
    }
    assert(b->m->n_rx <= b->m->rx_cap && b->m->n_busy <= b->m->n_rx);
    assert(b->m->n_store <= b->m->store_cap && b->m->n_long <= b->m->long_cap);
}

/* Time goes on to `until`, or as far as so many timers lead. At one instant there are only a few. */
static void pass(struct bench *b, wp_us until)
{
    wp_us due;
    int at_once = 0;

    for (int i = 0; i < TIMERS_MAX && (due = dlt645_meter_class.deadline(b->m)) <= until; i++) {
        at_once = due > b->now ? 0 : at_once + 1;
        assert(at_once < AT_ONCE_MAX);
        b->now = due > b->now ? due : b->now;
        give(b, (struct wp_event){.kind = WP_EV_TIMER});
    }
    if (dlt645_meter_class.deadline(b->m) > until)
        b->now = until;
}

/* A request with a good checksum, so that it is executed. */
static void request(struct bench *b, struct wp_reader *r)
{
    struct dlt645_frame f = {.address = DLT645_ADDRESS_ANY, .control = wp_get_u8(r)};
    struct wp_slice data = wp_get_slice(r, wp_get_u8(r) % 60);
    uint8_t bytes[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    f.n_data = (uint8_t)data.n;
    if (data.n > 0)
        memcpy(f.data, data.p, data.n);
    dlt645_encode(&w, &f);
    give(b, (struct wp_event){.kind = WP_EV_BYTES, .port = b->port, .bytes = wp_written(&w)});
}

/* A row, and text for its value; what the row does not take is not set. */
static void set(struct bench *b, struct wp_reader *r)
{
    const struct wp_option *o = &dlt645_meter_options[wp_get_u8(r) % METER_ROWS];
    uint32_t times = wp_get_u8(r) % 4;
    struct wp_slice text = wp_get_slice(r, wp_get_u8(r) % 40);
    struct wp_value v = wp_null();

    if (o->use == WP_USE_SETUP || o->use == WP_USE_SECRET || (text.n > 0 && !wp_option_read(o, text, &v, NULL)))
        return;
    give(b, (struct wp_event){.kind = WP_EV_SET, .set = {.option = o, .value = v, .times = times}});
}

static void step(struct bench *b, struct wp_reader *r)
{
    switch (wp_get_u8(r) % 8) {
    case 0:
    case 1: request(b, r); break;
    case 2:
        give(b, (struct wp_event){
                    .kind = WP_EV_BYTES, .port = b->port, .bytes = wp_get_slice(r, wp_get_u8(r) % 100)});
        break;
    case 3: set(b, r); break;
    case 4: pass(b, b->now + WP_MS(wp_get_u16le(r))); break;
    case 5: pass(b, b->now + WP_SEC(wp_get_u16le(r)) * 30); break;
    case 6: {
        struct wp_event e = {.kind = WP_EV_CLOSE, .port = wp_get_u8(r) % 2 ? b->port : 0};

        if (e.port == b->port)
            b->port = 0;
        give(b, e);
        break;
    }
    default: {
        uint8_t cells[512];
        struct wp_writer w = wp_writer(cells, sizeof cells);

        dlt645_meter_settle(b->m, b->now);
        (void)dlt645_meter_read(b->m, wp_get_u32le(r), &w);
        break;
    }
    }
}

/* The first bytes choose some options of the setup. */
static bool make(struct bench *b, struct wp_reader *r)
{
    *b = (struct bench){.outbox = {emit}, .endpoint = {.name = "gateway", .transport = WP_TCP}};
    b->setup = (struct wp_setup){.name = "m",
                                 .seed = 1,
                                 .epoch_us = INT64_C(1705320000000000),
                                 .given = b->given,
                                 .endpoints = &b->endpoint,
                                 .n_endpoints = 1};
    for (unsigned n = wp_get_u8(r) % GIVEN_MAX; n > 0; n--) {
        const struct wp_option *o = &dlt645_meter_options[wp_get_u8(r) % METER_ROWS];
        struct wp_option_value *given = &b->given[b->setup.n_given];
        struct wp_slice text = wp_get_slice(r, wp_get_u8(r) % 40);

        *given = (struct wp_option_value){.option = o};
        if (text.n > 0 && wp_option_read(o, text, &given->value, NULL))
            b->setup.n_given++;
    }
    return dlt645_meter_class.check(&b->setup, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wp_reader r = wp_reader(wp_slice(data, n));
    struct bench b;

    if (!make(&b, &r))
        return 0;
    b.m = malloc(dlt645_meter_class.size(&b.setup));
    assert(b.m);
    dlt645_meter_class.init(&b.setup, b.m);
    give(&b, (struct wp_event){.kind = WP_EV_START});
    while (wp_left(&r) > 0 && !r.ran_out)
        step(&b, &r);
    pass(&b, b.now + WP_SEC(600));
    give(&b, (struct wp_event){.kind = WP_EV_STOP});
    free(b.m);
    return 0;
}
