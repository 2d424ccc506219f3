/* A bench for the simulated DL/T 645 meter: it is stepped by hand, and what it does becomes lines of a trace.
 *
 *     [     0.000] dial
 *     [    50.000] > 68340000...16          sent          | send of two, one line each
 *     [    50.000] hang up                  or: abort
 *     [    50.000] note rx-full: ... (3)
 *
 * Times are milliseconds. A dial is answered by an open at the same moment unless rig.refuse is set. */
#ifndef DLT645_METER_RIG_H
#define DLT645_METER_RIG_H

#include "sim/codec/dlt645.h"
#include "sim/codec/dlt645_di.h"
#include "sim/device/dlt645_meter.h"
#include "sim/device/dlt645_meter_inside.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 48, RIG_TRACE_MAX = 65536, RIG_ADDRESS = 0x1234 };

/* 2024-01-15T12:00:00Z, a Monday */
#define RIG_EPOCH_US INT64_C(1705320000000000)

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    void *machine;
    wp_us now;
    wp_port port, last_port;
    bool dialled, refuse;
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
};

static inline void rig_line(struct rig *r, const char *what)
{
    char head[32];

    snprintf(head, sizeof head, "[%6lld.%03lld] ", (long long)(r->now / 1000), (long long)(r->now % 1000));
    wp_put_text(&r->w, head);
    wp_put_text(&r->w, what);
}

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;

    switch (e->kind) {
    case WP_DIAL:
        rig_line(r, "dial");
        r->dialled = true;
        break;
    case WP_HANG_UP:
        rig_line(r, e->abort ? "abort" : "hang up");
        ck_assert_uint_eq(e->port, r->port);
        r->port = 0;
        break;
    case WP_SEND:
        ck_assert_msg(e->port == r->port && r->port != 0, "sends on an open port");
        ck_assert_uint_gt(e->bytes.n, 0);
        rig_line(r, "> ");
        wp_put_hex(&r->w, e->bytes);
        break;
    case WP_NOTE:
        rig_line(r, "note ");
        wp_put_text(&r->w, e->note.what);
        wp_put_text(&r->w, ": ");
        wp_put_slice(&r->w, e->note.text);
        wp_put_char(&r->w, ' ');
        wp_put_int(&r->w, e->note.count);
        break;
    default: ck_abort_msg("a meter does not do that");
    }
    wp_put_char(&r->w, '\n');
}

static inline void rig_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    dlt645_meter_class.step(r->machine, &e, &r->outbox);
    while (r->dialled) {
        struct wp_event answer = {.kind = WP_EV_OPEN, .now = r->now, .port = ++r->last_port};

        r->dialled = false;
        if (r->refuse)
            answer = (struct wp_event){.kind = WP_EV_CLOSE, .now = r->now, .close.reason = WP_CLOSE_REFUSED};
        else
            r->port = answer.port;
        dlt645_meter_class.step(r->machine, &answer, &r->outbox);
    }
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = dlt645_meter_class.deadline(r->machine)) <= until) {
        ck_assert_int_ge(due, r->now);
        r->now = due;
        rig_step(r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    r->now = until;
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

static inline const struct wp_option *rig_option(const char *name)
{
    const struct wp_option *o =
        wp_option_find(dlt645_meter_class.options, dlt645_meter_class.n_options, wp_text(name));

    ck_assert_msg(o, "there is an option %s", name);
    return o;
}

/* name, value, name, value, ..., NULL. Not started yet. */
static inline void rig_init_list(struct rig *r, va_list list)
{
    const char *name;
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    memset(r, 0, sizeof *r);
    r->outbox.emit = rig_emit;
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->endpoint = (struct wp_endpoint){.name = "gateway", .transport = WP_TCP};
    r->setup = (struct wp_setup){.name = "m1",
                                 .seed = 1,
                                 .epoch_us = RIG_EPOCH_US,
                                 .given = r->given,
                                 .endpoints = &r->endpoint,
                                 .n_endpoints = 1};
    while ((name = va_arg(list, const char *))) {
        const struct wp_option *o = rig_option(name);

        r->given[r->setup.n_given++] =
            (struct wp_option_value){.option = o, .value = rig_value(o, va_arg(list, const char *))};
    }
    ck_assert_msg(dlt645_meter_class.check(&r->setup, &w), "may live: %s", wp_put_end(&w));
    r->machine = malloc(dlt645_meter_class.size(&r->setup));
    ck_assert_ptr_nonnull(r->machine);
    dlt645_meter_class.init(&r->setup, r->machine);
}

static inline void rig_init(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_init_list(r, list);
    va_end(list);
}

/* Made, started, and, as all of them dial at once, connected; the trace begins behind that. */
static inline void rig_start(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_init_list(r, list);
    va_end(list);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
    rig_run(r, 0);
    r->w.n = 0;
}

static inline void rig_free(struct rig *r)
{
    free(r->machine);
    r->machine = NULL;
}

static inline void rig_bytes(struct rig *r, struct wp_slice bytes)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .port = r->port, .bytes = bytes});
}

static inline void rig_hex(struct rig *r, const char *hex)
{
    uint8_t bytes[2048];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    rig_bytes(r, wp_slice(bytes, n));
}

static inline void rig_frame(struct rig *r, const struct dlt645_frame *f)
{
    uint8_t bytes[DLT645_FRAME_MAX + 16];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    dlt645_encode(&w, f);
    rig_bytes(r, wp_written(&w));
}

static inline void rig_set(struct rig *r, const char *name, const char *text, uint32_t times)
{
    const struct wp_option *o = rig_option(name);

    rig_step(r, (struct wp_event){
                    .kind = WP_EV_SET,
                    .set = {.option = o, .value = rig_value(o, text), .times = times},
                });
}

/* The trace so far is exactly this; it begins anew. */
#define rig_expect(r, text)                                                                                  \
    do {                                                                                                     \
        ck_assert_str_eq(wp_put_end(&(r)->w), text);                                                         \
        (r)->w.n = 0;                                                                                        \
    } while (0)

static inline struct dlt645_meter *rig_meter(struct rig *r)
{
    return r->machine;
}

/* Sends a request and gives back what came within a minute as "control data", such as "D1 02"; "silence". */
static inline const char *rig_ask(struct rig *r, const struct dlt645_frame *request)
{
    static char text[2 * DLT645_FRAME_MAX + 8];
    struct wp_writer t = wp_writer(text, sizeof text);
    uint8_t bytes[DLT645_FRAME_MAX + 16];
    struct dlt645_frame reply;
    const char *sent;
    size_t n = 0;

    r->w.n = 0;
    rig_frame(r, request);
    rig_run(r, r->now + WP_SEC(60));
    sent = strstr(wp_put_end(&r->w), "> ");
    if (!sent)
        return "silence";
    (void)wp_hex_read(wp_slice(sent + 2, strcspn(sent + 2, "\n")), bytes, sizeof bytes, &n);
    ck_assert_msg(dlt645_decode(wp_slice(bytes, n), &reply).status == WP_OK, "%s", sent);
    ck_assert_uint_eq(reply.address, rig_meter(r)->address);
    wp_put_hex(&t, wp_slice(&reply.control, 1));
    if (reply.n_data > 0)
        wp_put_char(&t, ' ');
    wp_put_hex(&t, wp_slice(reply.data, reply.n_data));
    r->w.n = 0;
    return wp_put_end(&t);
}

/* The same for any control byte and data. */
static inline const char *rig_raw(struct rig *r, uint8_t control, const char *hex)
{
    struct dlt645_frame q = {.address = RIG_ADDRESS, .control = control};
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), q.data, sizeof q.data, &n));
    q.n_data = (uint8_t)n;
    return rig_ask(r, &q);
}

static inline const char *rig_ask_di(struct rig *r, uint32_t di)
{
    struct dlt645_frame q;

    dlt645_ask_read(&q, RIG_ADDRESS, di);
    return rig_ask(r, &q);
}

/* What a register shows now, as text: "12345.67", "FF fill", "none". */
static inline const char *rig_read(struct rig *r, uint32_t di)
{
    static char text[256];
    uint8_t bytes[256], memory[DLT645_TEXT_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes), t = wp_writer(text, sizeof text),
                     scratch = wp_writer(memory, sizeof memory);
    const struct dlt645_register *row = dlt645_di_find(di);
    struct wp_value v;

    dlt645_meter_settle(r->machine, r->now);
    if (!dlt645_meter_read(r->machine, di, &w))
        return "none";
    if (!row || row->family == DLT645_LAST_TARIFFS || row->form == DLT645_DEMAND) {
        wp_put_hex(&t, wp_written(&w));
        return wp_put_end(&t);
    }
    switch (dlt645_value_decode(row, wp_written(&w), &scratch, &v)) {
    case DLT645_FILL: return "FF fill";
    case DLT645_GOOD: wp_put_value(&t, v); return wp_put_end(&t);
    default: return "bad";
    }
}

/* The same in the register's smallest unit. */
static inline int64_t rig_number(struct rig *r, uint32_t di)
{
    const struct dlt645_register *row = dlt645_di_find(di);
    struct wp_value v;
    int64_t num;
    const char *text = rig_read(r, di);

    ck_assert_msg(wp_number_read(wp_text(text), &v) && wp_decimal_at(v, row->decimals, &num), "%08X: %s", di,
                  text);
    return num;
}

#endif
