/* Any stream, any request, any setting and any fault, in any order and time: the meter keeps within its memory, its
 * timers end, and what it sends goes to its open port.
 *
 * The input is a list of steps: a kind, then what the kind needs (see step()). */
#include "sim/codec/wrapper.h"
#include "sim/device/dlms_meter.h"
#include "sim/device/dlms_meter_inside.h"

#include <stdlib.h>

enum { GIVEN_MAX = 8, TIMERS_MAX = 200, AT_ONCE_MAX = 50, TEXT_MAX = 40 };

struct bench {
    struct wp_outbox outbox; /* first: the outbox is the bench */
    struct wp_setup setup;
    struct wp_option_value given[GIVEN_MAX];
    struct wp_endpoint endpoints[2];
    struct dlms_meter *m;
    wp_us now;
    wp_port port, last_port;
    uint8_t ns, nr; /* of the client on an HDLC link */
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
    dlms_meter_class.step(b->m, &e, &b->outbox);
    if (b->dialled) {
        b->dialled = false;
        b->port = ++b->last_port;
        e = (struct wp_event){.kind = WP_EV_OPEN, .now = b->now, .port = b->port};
        dlms_meter_class.step(b->m, &e, &b->outbox);
    }
    assert(b->m->n_rx <= b->m->rx_cap && b->m->n_busy <= b->m->n_rx);
    assert(b->m->n_held <= dlms_meter_held_cap(b->m));
}

/* Time goes on to `until`, or as far as so many timers lead. At one instant there are only a few. */
static void pass(struct bench *b, wp_us until)
{
    wp_us due;
    int at_once = 0;

    for (int i = 0; i < TIMERS_MAX && (due = dlms_meter_class.deadline(b->m)) <= until; i++) {
        at_once = due > b->now ? 0 : at_once + 1;
        assert(at_once < AT_ONCE_MAX);
        b->now = due > b->now ? due : b->now;
        give(b, (struct wp_event){.kind = WP_EV_TIMER});
    }
    if (dlms_meter_class.deadline(b->m) > until)
        b->now = until;
}

static void receive(struct bench *b, struct wp_slice bytes)
{
    if (b->port != 0)
        give(b, (struct wp_event){.kind = WP_EV_BYTES, .port = b->port, .bytes = bytes});
}

static void put_hdlc(struct bench *b, struct wp_writer *w, struct wp_slice apdu, uint8_t how)
{
    static const enum hdlc_type types[] = {HDLC_I,    HDLC_I,    HDLC_I,  HDLC_RR,
                                           HDLC_SNRM, HDLC_DISC, HDLC_UI, HDLC_UA};
    struct hdlc_frame f = {
        .destination = b->m->profile->source, .source = {16, 0, 1}, .type = types[how % 8]};

    f.llc = f.type == HDLC_I ? HDLC_LLC_COMMAND : HDLC_LLC_NONE;
    f.more = how & 0x40;
    f.control = hdlc_control(f.type, b->ns, b->nr, true);
    f.payload = f.type == HDLC_I ? apdu : wp_slice(NULL, 0);
    b->ns = (uint8_t)(f.type == HDLC_SNRM ? 0 : f.type == HDLC_I ? (b->ns + 1) & 7 : b->ns);
    b->nr = (uint8_t)(f.type == HDLC_SNRM ? 0 : (b->nr + (how >> 7)) & 7);
    hdlc_encode(w, &f);
}

/* An APDU in a good frame, so that it is looked at; the most usual ones come from a list. */
static void request(struct bench *b, struct wp_reader *r)
{
    static const char password[] = "6036A1090607608574050801018A0207808B0760857405080201AC0A8008"
                                   "3132333435363738BE10040E01000000065F1F0400001E1DFFFF";
    static const char *const usual[] = {"601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFF",
                                        password,
                                        "C001C1000F0000280000FF0200",
                                        "C001C100070100630100FF0200",
                                        "C001C1000301000C0700FF0200",
                                        "C002C100000001",
                                        "C301C10046000060030AFF01010F00",
                                        "6203800100"};
    const uint8_t how = wp_get_u8(r), which = wp_get_u8(r);
    struct wp_slice apdu;
    uint8_t octets[256], bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct wrapper_frame f = {.source = 1, .destination = 1};
    size_t n = 0;

    if (which < 200)
        (void)wp_hex_read(wp_text(usual[which % 8]), octets, sizeof octets, &n);
    apdu = which < 200 ? wp_slice(octets, n) : wp_get_slice(r, wp_get_u8(r) % 120);
    if (which % 16 == 15 && n > 3)
        octets[how % n] = (uint8_t)(octets[how % n] + which); /* one octet of it another one */
    if (b->m->transport == METER_HDLC) {
        put_hdlc(b, &w, apdu, how);
    } else if (b->m->transport == METER_BARE) {
        wp_put_slice(&w, apdu);
    } else {
        f.payload = apdu;
        wrapper_encode(&w, &f);
    }
    receive(b, wp_written(&w));
}

/* A row, and text for its value; what the row does not take is not set. */
static void set(struct bench *b, struct wp_reader *r)
{
    const struct wp_option *o = &dlms_meter_options[wp_get_u8(r) % METER_ROWS];
    uint32_t times = wp_get_u8(r) % 4;
    struct wp_slice text = wp_get_slice(r, wp_get_u8(r) % TEXT_MAX);
    struct wp_value v = wp_null();

    if (o->use == WP_USE_SETUP || (text.n > 0 && !wp_option_read(o, text, &v, NULL)))
        return;
    give(b, (struct wp_event){.kind = WP_EV_SET, .set = {.option = o, .value = v, .times = times}});
}

static void step(struct bench *b, struct wp_reader *r)
{
    switch (wp_get_u8(r) % 8) {
    case 0:
    case 1:
    case 2: request(b, r); break;
    case 3: receive(b, wp_get_slice(r, wp_get_u8(r) % 100)); break;
    case 4: set(b, r); break;
    case 5: pass(b, b->now + WP_MS(wp_get_u16le(r) % 4096)); break;
    case 6: pass(b, b->now + WP_SEC(wp_get_u16le(r)) * 30); break;
    default: {
        struct wp_event e = {.kind = WP_EV_CLOSE, .port = wp_get_u8(r) % 2 ? b->port : 0};

        if (e.port == b->port)
            b->port = 0;
        give(b, e);
        break;
    }
    }
}

/* The first octets choose profile, transport and some options of the setup. */
static bool make(struct bench *b, struct wp_reader *r)
{
    static const char *const transports[] = {"hdlc", "wrapper", "mbus", "bare", "udp"};

    *b = (struct bench){.outbox = {emit},
                        .endpoints = {{.name = "gateway", .transport = WP_TCP},
                                      {.name = "gateway.udp", .transport = WP_UDP}}};
    b->setup = (struct wp_setup){.name = "m",
                                 .seed = 1,
                                 .epoch_us = INT64_C(1705320000000000),
                                 .given = b->given,
                                 .endpoints = b->endpoints,
                                 .n_endpoints = 2};
    b->given[b->setup.n_given++] = (struct wp_option_value){
        &dlms_meter_options[METER_PROFILE],
        wp_text_value(wp_text(dlms_meter_profiles[wp_get_u8(r) % dlms_meter_n_profiles].name))};
    b->given[b->setup.n_given++] = (struct wp_option_value){
        &dlms_meter_options[METER_TRANSPORT], wp_text_value(wp_text(transports[wp_get_u8(r) % 5]))};
    for (unsigned n = wp_get_u8(r) % (GIVEN_MAX - 2); n > 0; n--) {
        const struct wp_option *o = &dlms_meter_options[wp_get_u8(r) % METER_ROWS];
        struct wp_option_value *given = &b->given[b->setup.n_given];
        struct wp_slice text = wp_get_slice(r, wp_get_u8(r) % TEXT_MAX);

        *given = (struct wp_option_value){.option = o};
        if (text.n > 0 && wp_option_read(o, text, &given->value, NULL))
            b->setup.n_given++;
    }
    return dlms_meter_class.check(&b->setup, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wp_reader r = wp_reader(wp_slice(data, n));
    struct bench b;

    if (!make(&b, &r))
        return 0;
    b.m = malloc(dlms_meter_class.size(&b.setup));
    assert(b.m);
    dlms_meter_class.init(&b.setup, b.m);
    give(&b, (struct wp_event){.kind = WP_EV_START});
    while (wp_left(&r) > 0 && !r.ran_out)
        step(&b, &r);
    pass(&b, b.now + WP_SEC(600));
    give(&b, (struct wp_event){.kind = WP_EV_STOP});
    free(b.m);
    return 0;
}
