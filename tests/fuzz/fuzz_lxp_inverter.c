/* Any stream of several clients, any request, any setting and any fault, in any order and time: the inverter keeps within
 * its memory, its timers end, and what it sends goes to its open ports.
 *
 * The input is a list of steps: a kind, then what the kind needs (see step()). */
#include "sim/device/lxp_inverter.h"
#include "sim/device/lxp_inverter_inside.h"

#include <stdlib.h>

enum { GIVEN_MAX = 8, TIMERS_MAX = 100, AT_ONCE_MAX = 50, PORTS = 256 };

struct bench {
    struct wp_outbox outbox; /* first: the outbox is the bench */
    struct wp_setup setup;
    struct wp_option_value given[GIVEN_MAX];
    struct wp_endpoint endpoint;
    struct lxp_inverter *m;
    wp_us now;
    wp_port last;
    bool is_open[PORTS];
};

static void emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct bench *b = (struct bench *)outbox;

    switch (e->kind) {
    case WP_SEND:
        assert(b->is_open[e->port]);
        assert(e->bytes.n > 0);
        break;
    case WP_HANG_UP:
        assert(b->is_open[e->port]);
        b->is_open[e->port] = false;
        break;
    default: assert(e->kind == WP_NOTE);
    }
}

static void give(struct bench *b, struct wp_event e)
{
    e.now = b->now;
    lxp_inverter_class.step(b->m, &e, &b->outbox);
    assert(b->m->n_cells <= b->m->cell_cap);
    assert(b->m->n_store <= b->m->store_cap);
    for (unsigned i = 0; i < b->m->n_clients; i++) {
        assert(b->m->client[i].n_rx <= b->m->rx_cap);
        assert(b->m->client[i].n_request <= b->m->client[i].n_rx);
        assert(b->m->client[i].port == 0 || b->is_open[b->m->client[i].port]);
    }
}

/* Time goes on to `until`, or as far as so many timers lead. At one instant there are only a few. */
static void pass(struct bench *b, wp_us until)
{
    wp_us due;
    int at_once = 0;

    for (int i = 0; i < TIMERS_MAX && (due = lxp_inverter_class.deadline(b->m)) <= until; i++) {
        at_once = due > b->now ? 0 : at_once + 1;
        assert(at_once < AT_ONCE_MAX);
        b->now = due > b->now ? due : b->now;
        give(b, (struct wp_event){.kind = WP_EV_TIMER});
    }
    if (lxp_inverter_class.deadline(b->m) > until)
        b->now = until;
}

static wp_port some_port(const struct bench *b, uint8_t pick)
{
    for (unsigned i = 0; i < PORTS; i++)
        if (b->is_open[(pick + i) % PORTS])
            return (pick + i) % PORTS;
    return 0;
}

static void from_client(struct bench *b, uint8_t pick, struct wp_slice octets)
{
    const wp_port port = some_port(b, pick);

    if (port != 0)
        give(b, (struct wp_event){.kind = WP_EV_BYTES, .port = port, .bytes = octets});
}

/* A request with a good checksum, so that it is executed. */
static void request(struct bench *b, struct wp_reader *r)
{
    static const struct lxp_head head = {1, 0, "BA55555555", "5555555555"};
    uint8_t octets[512];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    const uint8_t kind = wp_get_u8(r), pick = wp_get_u8(r);
    const uint16_t first = wp_get_u16le(r), value = wp_get_u16le(r);
    const struct wp_slice values = wp_get_slice(r, 2 + value % 64 * 2u);

    switch (kind % 6) {
    case 0: lxp_put_read(&w, &head, LXP_READ_HOLD, first % 300, value % 130); break;
    case 1: lxp_put_read(&w, &head, LXP_READ_INPUT, first % 400, value % 130); break;
    case 2: lxp_put_write(&w, &head, first % 300, value); break;
    case 3:
        if (values.n > 0)
            lxp_put_write_multi(&w, &head, first % 300, values);
        break;
    case 4: lxp_put_param_read(&w, &head, first % 12); break;
    default: lxp_put_param_write(&w, &head, first % 12, wp_slice(&value, sizeof value)); break;
    }
    if (w.n > 0)
        from_client(b, pick, wp_written(&w));
}

/* A row, and text for its value; what the row does not take is not set. */
static void set(struct bench *b, struct wp_reader *r)
{
    const struct wp_option *o = &lxp_inverter_options[wp_get_u8(r) % INVERTER_ROWS];
    const uint32_t times = wp_get_u8(r) % 4;
    const struct wp_slice text = wp_get_slice(r, wp_get_u8(r) % 40);
    struct wp_value v = wp_null();

    if (o->use == WP_USE_SETUP || o->use == WP_USE_SECRET ||
        (text.n > 0 && !wp_option_read(o, text, &v, NULL)))
        return;
    give(b, (struct wp_event){.kind = WP_EV_SET, .set = {.option = o, .value = v, .times = times}});
}

static void connect(struct bench *b)
{
    if (b->last == PORTS - 1)
        return;
    b->is_open[++b->last] = true;
    give(b, (struct wp_event){.kind = WP_EV_OPEN, .port = b->last});
}

static void disconnect(struct bench *b, uint8_t pick)
{
    const wp_port port = some_port(b, pick);

    if (port == 0)
        return;
    give(b, (struct wp_event){.kind = WP_EV_CLOSE, .port = port});
    b->is_open[port] = false;
}

static void step(struct bench *b, struct wp_reader *r)
{
    switch (wp_get_u8(r) % 8) {
    case 0:
    case 1: request(b, r); break;
    case 2: {
        const uint8_t pick = wp_get_u8(r);

        from_client(b, pick, wp_get_slice(r, wp_get_u8(r)));
        break;
    }
    case 3: set(b, r); break;
    case 4: pass(b, b->now + WP_MS(wp_get_u16le(r))); break;
    case 5: pass(b, b->now + WP_SEC(wp_get_u16le(r)) * 30); break;
    case 6: connect(b); break;
    default: disconnect(b, wp_get_u8(r)); break;
    }
}

/* The first bytes choose some options of the setup. */
static bool make(struct bench *b, struct wp_reader *r)
{
    *b =
        (struct bench){.outbox = {emit}, .endpoint = {.name = "dongle", .transport = WP_TCP, .listen = true}};
    b->setup = (struct wp_setup){.name = "i",
                                 .seed = 1,
                                 .epoch_us = INT64_C(1705320000000000),
                                 .given = b->given,
                                 .endpoints = &b->endpoint,
                                 .n_endpoints = 1};
    for (unsigned n = wp_get_u8(r) % GIVEN_MAX; n > 0; n--) {
        const struct wp_option *o = &lxp_inverter_options[wp_get_u8(r) % INVERTER_ROWS];
        struct wp_option_value *given = &b->given[b->setup.n_given];
        const struct wp_slice text = wp_get_slice(r, wp_get_u8(r) % 40);

        *given = (struct wp_option_value){.option = o};
        if (text.n > 0 && wp_option_read(o, text, &given->value, NULL))
            b->setup.n_given++;
    }
    return lxp_inverter_class.check(&b->setup, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wp_reader r = wp_reader(wp_slice(data, n));
    struct bench b;

    if (!make(&b, &r))
        return 0;
    b.m = malloc(lxp_inverter_class.size(&b.setup));
    assert(b.m);
    lxp_inverter_class.init(&b.setup, b.m);
    give(&b, (struct wp_event){.kind = WP_EV_START});
    connect(&b);
    while (wp_left(&r) > 0 && !r.ran_out)
        step(&b, &r);
    pass(&b, b.now + WP_SEC(600));
    give(&b, (struct wp_event){.kind = WP_EV_STOP});
    free(b.m);
    return 0;
}
