/* A bench for the gateway: it is stepped by hand, and what it does becomes lines of a trace.
 *
 *     [ 60000.000] 1> 68010000...16                                   sent on port 1
 *     [ 60000.000] hang up 1
 *     [     0.000] publish ivy/v1/gateway/status q1r {"status":...}   QoS 1, retained
 *     [     0.000] reading 000000000001 polled 00010000=12345.67 ...  only when asked for with rig.show
 *     [     0.000] note echo: 000000000001 3
 *
 * Times are milliseconds. The broker accepts the login at once unless rig.refuse is set; publishes with a
 * tag, and every QoS 1 publish, are acknowledged when rig_ack is called, or at once with rig.acks. Meters
 * are ports that a test opens. Frames come from the published vectors, named where they are used, or from
 * the codec that those hold down. */
#ifndef GATEWAY_RIG_H
#define GATEWAY_RIG_H

#include "sim/catalog.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_ivy.h"
#include "sim/gateway/south_dlt645.h"

#ifdef RIG_WITHOUT_CHECK /* in a fuzzer a failed check ends the program */
#include <assert.h>
#define ck_assert(a)             assert(a)
#define ck_assert_msg(a, ...)    assert(a)
#define ck_assert_ptr_nonnull(a) assert(a)
#define ck_assert_int_ge(a, b)   assert((a) >= (b))
#define ck_assert_uint_gt(a, b)  assert((a) > (b))
#define ck_assert_uint_le(a, b)  assert((a) <= (b))
#define ck_assert_uint_lt(a, b)  assert((a) < (b))
#define ck_assert_str_eq(a, b)   assert(strcmp(a, b) == 0)
#define ck_abort_msg(text)       assert(false && text)
#else
#include <check.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 32, RIG_TRACE_MAX = 1 << 20, RIG_ACKS_MAX = 4096 };

/* 2024-01-15T12:00:00Z, the documents' example */
#define RIG_EPOCH_US INT64_C(1705320000000000)

/* What the trace shows. */
enum {
    RIG_SENDS = 1,
    RIG_PUBLISHES = 2,
    RIG_SESSION = 4, /* login, subscriptions */
    RIG_NOTES = 8,
    RIG_PARTS = 16, /* readings, commands, answers, presence */
    RIG_TELEMETRY = 32,
    RIG_ALL = 63,
};

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_parts parts;
    const struct wp_class *south[2], *north;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoints[3]; /* meters, ivy, and pushes, when a south has them */
    void *machine;
    wp_us now;
    wp_port last_port, broker; /* 0: not connected */
    bool refuse, acks, asked_login;
    uint32_t to_ack[RIG_ACKS_MAX];
    size_t n_to_ack;
    unsigned show;
    size_t n_published, n_sent;
    char last_payload[1 << 17], last_topic[256];
    uint8_t last_sent[512];
    size_t n_last_sent;
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
    /* For every gateway made from now on: a south behind the DL/T 645 one, or in its place. */
    const struct wp_class *next_south, *only_south;
};

/* ---- the trace ------------------------------------------------------------------------------------ */

static inline void rig_head(struct rig *r, const char *what)
{
    char head[32];

    snprintf(head, sizeof head, "[%6lld.%03lld] ", (long long)(r->now / 1000), (long long)(r->now % 1000));
    wp_put_text(&r->w, head);
    wp_put_text(&r->w, what);
}

static inline void rig_put_points(struct wp_writer *w, const struct wp_reading *reading)
{
    for (size_t i = 0; i < reading->n_points; i++) {
        const struct wp_point *p = &reading->points[i];

        wp_put_char(w, ' ');
        wp_put_slice(w, p->id);
        wp_put_char(w, '=');
        if (p->quality == WP_REFUSED)
            wp_put_slice(w, p->fault);
        else if (p->quality != WP_GOOD)
            wp_put_text(w, p->quality == WP_NO_VALUE ? "no value" : "invalid");
        else
            wp_put_value(w, p->value);
        wp_put_text(w, p->unit);
    }
}

static inline void rig_publish(struct rig *r, const struct wp_effect *e)
{
    const struct wp_publish *p = &e->publish;
    bool telemetry = strstr((const char *)p->topic.p, "/telemetry") != NULL;

    ck_assert_msg(r->broker && e->port == r->broker, "publishes on an open session");
    ck_assert_msg(p->payload.n < sizeof r->last_payload, "the payload fits the rig");
    ck_assert_msg(wp_slice_is_utf8(p->payload), "payloads are UTF-8");
    r->n_published++;
    snprintf(r->last_topic, sizeof r->last_topic, "%.*s", WP_FMT(p->topic));
    memcpy(r->last_payload, p->payload.p, p->payload.n);
    r->last_payload[p->payload.n] = 0;
    if (p->qos > 0 || p->tag) {
        ck_assert_uint_lt(r->n_to_ack, RIG_ACKS_MAX);
        r->to_ack[r->n_to_ack++] = p->tag;
    }
    if (!(r->show & (telemetry ? RIG_TELEMETRY : RIG_PUBLISHES)))
        return;
    rig_head(r, "publish ");
    wp_put_slice(&r->w, p->topic);
    wp_put_text(&r->w, p->qos == 0 ? " q0" : " q1");
    wp_put_text(&r->w, p->retain ? "r " : " ");
    wp_put_slice(&r->w, p->payload);
    wp_put_char(&r->w, '\n');
}

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    static const char *const reasons[] = {"polled", "asked", "pushed"};
    struct rig *r = (struct rig *)outbox;
    struct wp_writer *w = &r->w;

    switch (e->kind) {
    case WP_SEND:
        ck_assert_uint_gt(e->bytes.n, 0);
        ck_assert_uint_le(e->bytes.n, sizeof r->last_sent);
        r->n_sent++;
        r->n_last_sent = e->bytes.n;
        memcpy(r->last_sent, e->bytes.p, e->bytes.n);
        if (!(r->show & RIG_SENDS))
            return;
        rig_head(r, "");
        wp_put_uint(w, e->port);
        wp_put_text(w, "> ");
        wp_put_hex(w, e->bytes);
        break;
    case WP_HANG_UP:
        if (e->port == r->broker)
            r->broker = 0;
        if (!(r->show & RIG_SENDS))
            return;
        rig_head(r, e->abort ? "abort " : "hang up ");
        wp_put_uint(w, e->port);
        break;
    case WP_LOGIN:
        r->asked_login = true;
        if (!(r->show & RIG_SESSION))
            return;
        rig_head(r, "login ");
        wp_put_slice(w, e->login->client_id);
        wp_put_text(w, e->login->clean ? " clean" : "");
        wp_put_text(w, " keepalive ");
        wp_put_uint(w, e->login->keepalive_s);
        wp_put_text(w, " will ");
        wp_put_slice(w, e->login->will.topic);
        wp_put_text(w, " q");
        wp_put_uint(w, e->login->will.qos);
        wp_put_text(w, e->login->will.retain ? "r " : " ");
        wp_put_slice(w, e->login->will.payload);
        break;
    case WP_SUBSCRIBE:
    case WP_UNSUBSCRIBE:
        if (!(r->show & RIG_SESSION))
            return;
        rig_head(r, e->kind == WP_SUBSCRIBE ? "subscribe " : "unsubscribe ");
        wp_put_slice(w, e->subscribe.filter);
        break;
    case WP_PUBLISH: rig_publish(r, e); return;
    case WP_READING:
        if (!(r->show & RIG_PARTS))
            return;
        rig_head(r, "reading ");
        wp_put_slice(w, e->reading->device);
        wp_put_char(w, ' ');
        wp_put_text(w, reasons[e->reading->reason]);
        rig_put_points(w, e->reading);
        break;
    case WP_COMMAND:
        if (!(r->show & RIG_PARTS))
            return;
        rig_head(r, e->command->poll ? "poll " : "command ");
        wp_put_slice(w, e->command->device);
        for (size_t i = 0; i < e->command->n_ids; i++) {
            wp_put_char(w, ' ');
            wp_put_slice(w, e->command->ids[i]);
        }
        break;
    case WP_ANSWER:
        if (!(r->show & RIG_PARTS))
            return;
        rig_head(r, "answer ");
        wp_put_slice(w, e->answer->device);
        wp_put_text(w, e->answer->ok ? " ok" : " ");
        wp_put_slice(w, e->answer->fault);
        if (e->answer->reading)
            rig_put_points(w, e->answer->reading);
        break;
    case WP_HAND_ON:
        if (!(r->show & RIG_PARTS))
            return;
        rig_head(r, "hand on ");
        wp_put_uint(w, e->port);
        break;
    case WP_PRESENCE:
        if (!(r->show & RIG_PARTS))
            return;
        rig_head(r, "presence ");
        wp_put_slice(w, e->presence->device);
        wp_put_text(w, e->presence->online ? " online" : " offline");
        break;
    case WP_NOTE:
        if (!(r->show & RIG_NOTES))
            return;
        rig_head(r, "note ");
        wp_put_text(w, e->note.what);
        wp_put_text(w, ": ");
        wp_put_slice(w, e->note.text);
        wp_put_char(w, ' ');
        wp_put_int(w, e->note.count);
        break;
    case WP_DIAL: ck_abort_msg("a gateway does not dial");
    }
    wp_put_char(w, '\n');
}

static inline const char *rig_trace(struct rig *r)
{
    ck_assert_msg(!r->w.full, "the trace has room");
    return wp_put_end(&r->w);
}

static inline void rig_clear(struct rig *r)
{
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->n_published = r->n_sent = 0;
}

/* The trace since the last look is exactly this. */
static inline void rig_expect(struct rig *r, const char *lines)
{
    ck_assert_str_eq(rig_trace(r), lines);
    rig_clear(r);
}

/* ---- stepping ------------------------------------------------------------------------------------- */

static inline void rig_raw_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    wp_gateway_class.step(r->machine, &e, &r->outbox);
}

/* What the broker has not acknowledged yet. */
static inline void rig_ack(struct rig *r)
{
    for (size_t i = 0; i < r->n_to_ack; i++)
        rig_raw_step(
            r, (struct wp_event){
                   .kind = WP_EV_ACKED, .endpoint = 1, .port = r->broker, .acked = {r->to_ack[i], true}});
    r->n_to_ack = 0;
}

static inline void rig_step(struct rig *r, struct wp_event e)
{
    rig_raw_step(r, e);
    while (r->asked_login) {
        r->asked_login = false;
        e = (struct wp_event){.kind = WP_EV_OPEN, .endpoint = 1, .port = ++r->last_port};
        if (r->refuse)
            e = (struct wp_event){.kind = WP_EV_CLOSE, .endpoint = 1, .close = {WP_CLOSE_REFUSED, 5}};
        else
            r->broker = e.port;
        rig_raw_step(r, e);
    }
    if (r->acks)
        rig_ack(r);
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = wp_gateway_class.deadline(r->machine)) <= until) {
        ck_assert_int_ge(due, r->now);
        r->now = due;
        rig_step(r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    r->now = until;
}

/* ---- making and ending ---------------------------------------------------------------------------- */

static inline const struct wp_option *rig_option(const struct rig *r, const char *name)
{
    const struct wp_class *const classes[] = {&wp_gateway_class, r->south[0], r->north, r->south[1]};
    const struct wp_option *o = NULL;

    for (size_t i = 0; i < 4 && classes[i] && !o; i++)
        o = wp_option_find(classes[i]->options, classes[i]->n_options, wp_text(name));
    ck_assert_msg(o, "there is an option %s", name);
    return o;
}

static inline struct wp_value rig_value(const struct wp_option *o, const char *text)
{
    struct wp_value v = wp_null();
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    if (text)
        ck_assert_msg(wp_option_read(o, wp_text(text), &v, &w), "%s: %s is not %s", o->name, text,
                      wp_put_end(&w));
    return v;
}

static inline void rig_add_pushes(struct rig *r)
{
    for (size_t i = 0; i < r->parts.n_souths; i++)
        for (size_t k = 0; k < r->south[i]->n_endpoints; k++)
            if (r->south[i]->endpoints[k].transport == WP_UDP)
                r->endpoints[r->setup.n_endpoints++] = r->south[i]->endpoints[k];
}

static inline void rig_init_list(struct rig *r, va_list list)
{
    const char *name;

    memset(r, 0, offsetof(struct rig, trace));
    rig_clear(r);
    r->outbox.emit = rig_emit;
    r->south[0] = r->only_south ? r->only_south : &south_dlt645_class;
    r->south[1] = r->next_south;
    r->north = &north_ivy_class;
    r->parts = (struct wp_parts){r->south, r->next_south ? 2 : 1, &r->north, 1};
    r->endpoints[0] = r->south[0]->endpoints[0];
    r->endpoints[1] = r->north->endpoints[0];
    r->show = RIG_SENDS | RIG_PUBLISHES | RIG_TELEMETRY;
    r->acks = true;
    r->setup = (struct wp_setup){
        .name = "gateway",
        .epoch_us = RIG_EPOCH_US,
        .given = r->given,
        .endpoints = r->endpoints,
        .n_endpoints = 2,
        .parts = &r->parts,
    };
    rig_add_pushes(r);
    while ((name = va_arg(list, const char *))) {
        struct wp_option_value *v = &r->given[r->setup.n_given++];

        ck_assert_uint_le(r->setup.n_given, RIG_GIVEN_MAX);
        v->option = rig_option(r, name);
        v->value = rig_value(v->option, va_arg(list, const char *));
    }
}

static inline void rig_make(struct rig *r)
{
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert_msg(wp_gateway_class.check(&r->setup, &w), "%s", wp_put_end(&w));
    r->machine = malloc(wp_gateway_class.size(&r->setup));
    ck_assert_ptr_nonnull(r->machine);
    wp_gateway_class.init(&r->setup, r->machine);
}

static inline void rig_end(struct rig *r)
{
    free(r->machine);
    r->machine = NULL;
}

/* name, value, ..., NULL. Started, logged in at 0, nothing in the trace. */
static inline void rig_start(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_init_list(r, list);
    va_end(list);
    rig_make(r);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
    rig_clear(r);
}

/* false and the sentence in `why`, or true. */
static inline bool rig_check(struct rig *r, char *why, size_t cap, ...)
{
    struct wp_writer w = wp_writer(why, cap);
    va_list list;
    bool good;

    va_start(list, cap);
    rig_init_list(r, list);
    va_end(list);
    good = wp_gateway_class.check(&r->setup, &w);
    wp_put_end(&w);
    return good;
}

/* ---- what happens to it --------------------------------------------------------------------------- */

/* A meter's connection from 127.0.2.`last`; its port. */
static inline wp_port rig_connect(struct rig *r, uint8_t last)
{
    wp_port port = ++r->last_port;

    rig_step(r,
             (struct wp_event){
                 .kind = WP_EV_OPEN,
                 .port = port,
                 .open = {.peer = {0x7F000200u + last, (uint16_t)(40000 + port)}, .own = {0x7F000001u, 8899}},
             });
    return port;
}

/* A peer's first datagram from 127.0.2.`last`; its port. */
static inline wp_port rig_peer(struct rig *r, uint8_t last)
{
    wp_port port = ++r->last_port;

    rig_step(r,
             (struct wp_event){
                 .kind = WP_EV_OPEN,
                 .endpoint = 2,
                 .port = port,
                 .open = {.peer = {0x7F000200u + last, (uint16_t)(40000 + port)}, .own = {0x7F000001u, 4059}},
             });
    return port;
}

static inline void rig_close(struct rig *r, wp_port port)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .port = port, .close = {.reason = WP_CLOSE_PEER}});
}

static inline void rig_bytes(struct rig *r, wp_port port, struct wp_slice bytes)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .port = port, .bytes = bytes});
}

static inline void rig_datagram(struct rig *r, wp_port port, struct wp_slice bytes)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .endpoint = 2, .port = port, .bytes = bytes});
}

static inline void rig_hex(struct rig *r, wp_port port, const char *digits)
{
    uint8_t bytes[8192];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n), "%s", digits);
    rig_bytes(r, port, wp_slice(bytes, n));
}

/* A reply to a read, its data as hex digits in the order of the wire (33h off). */
static inline struct wp_slice rig_reply(uint8_t *out, uint64_t address, uint32_t di, const char *data,
                                        bool more)
{
    struct wp_writer w = wp_writer(out, DLT645_FRAME_MAX);
    struct dlt645_frame f;
    uint8_t bytes[256];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(data), bytes, sizeof bytes, &n), "%s", data);
    dlt645_reply_read(&f, address, di, wp_slice(bytes, n), more);
    dlt645_encode(&w, &f);
    return wp_written(&w);
}

static inline void rig_read_reply(struct rig *r, wp_port port, uint64_t address, uint32_t di,
                                  const char *data)
{
    uint8_t wire[DLT645_FRAME_MAX];

    rig_bytes(r, port, rig_reply(wire, address, di, data, false));
}

static inline void rig_error_reply(struct rig *r, wp_port port, uint64_t address,
                                   enum dlt645_function function, uint8_t errors)
{
    uint8_t wire[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;

    dlt645_reply_error(&f, address, function, errors);
    dlt645_encode(&w, &f);
    rig_bytes(r, port, wp_written(&w));
}

/* A login, heartbeat or last gasp with a good CRC. */
static inline void rig_session(struct rig *r, wp_port port, enum ivy_control control, const char *address)
{
    uint8_t wire[512];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct ivy_session s = ivy_session(control, IVY_DEVICE_METER, wp_text(address));

    ivy_encode_session(&w, 1, 1, &s);
    rig_bytes(r, port, wp_written(&w));
}

/* A meter that has logged in; nothing in the trace. */
static inline wp_port rig_meter(struct rig *r, uint8_t last, const char *address)
{
    wp_port port = rig_connect(r, last);

    rig_session(r, port, IVY_LOGIN, address);
    rig_clear(r);
    return port;
}

static inline void rig_message_with(struct rig *r, const char *topic, struct wp_slice payload, bool retain)
{
    rig_step(r, (struct wp_event){
                    .kind = WP_EV_MESSAGE,
                    .endpoint = 1,
                    .port = r->broker,
                    .message = {.topic = wp_text(topic), .payload = payload, .qos = 1, .retain = retain},
                });
}

static inline void rig_message(struct rig *r, const char *topic, const char *payload)
{
    rig_message_with(r, topic, wp_text(payload), false);
}

/* A request for meter 000000000001. */
static inline void rig_request(struct rig *r, const char *payload)
{
    rig_message(r, "ivy/v1/meters/000000000001/command/request", payload);
}

static inline void rig_set(struct rig *r, const char *name, const char *value)
{
    const struct wp_option *o = rig_option(r, name);

    rig_step(r, (struct wp_event){.kind = WP_EV_SET, .set = {.option = o, .value = rig_value(o, value)}});
}

#endif
