/* A bench for the simulated DLMS/COSEM meter: it is stepped by hand, and what it does becomes lines of a trace.
 *
 *     [     0.000] dial
 *     [    50.000] > 000100010001...        sent, one line each
 *     [    50.000] hang up                  or: abort
 *     [    50.000] note push-left-out: ... (1)
 *
 * Times are milliseconds. A dial is answered by an open at the same moment unless rig.refuse is set. What was sent last
 * is also kept as octets. */
#ifndef DLMS_METER_RIG_H
#define DLMS_METER_RIG_H

#include "sim/device/dlms_meter.h"
#include "sim/device/dlms_meter_inside.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 48, RIG_TRACE_MAX = 262144, RIG_SENDS_MAX = 64, RIG_SENT_MAX = 32768 };

/* 2024-01-15T12:00:00Z, a Monday */
#define RIG_EPOCH_US INT64_C(1705320000000000)

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoints[2];
    void *machine;
    wp_us now;
    wp_port port, last_port;
    uint16_t dialled_at; /* endpoint */
    bool dialled, refuse;
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
    uint8_t sent[RIG_SENT_MAX]; /* one behind the other since rig_forget */
    struct wp_slice sends[RIG_SENDS_MAX];
    size_t n_sent, n_sends;
};

static inline void rig_line(struct rig *r, const char *what)
{
    char head[32];

    snprintf(head, sizeof head, "[%6lld.%03lld] ", (long long)(r->now / 1000), (long long)(r->now % 1000));
    wp_put_text(&r->w, head);
    wp_put_text(&r->w, what);
}

static inline void rig_keep(struct rig *r, struct wp_slice bytes)
{
    ck_assert(r->n_sends < RIG_SENDS_MAX && r->n_sent + bytes.n <= RIG_SENT_MAX);
    memcpy(r->sent + r->n_sent, bytes.p, bytes.n);
    r->sends[r->n_sends++] = wp_slice(r->sent + r->n_sent, bytes.n);
    r->n_sent += bytes.n;
}

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;

    switch (e->kind) {
    case WP_DIAL:
        rig_line(r, "dial");
        r->dialled = true;
        r->dialled_at = e->endpoint;
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
        rig_keep(r, e->bytes);
        break;
    case WP_NOTE:
        rig_line(r, "note ");
        wp_put_text(&r->w, e->note.what);
        wp_put_text(&r->w, ": ");
        wp_put_slice(&r->w, e->note.text);
        break;
    default: ck_abort_msg("a meter does not do that");
    }
    wp_put_char(&r->w, '\n');
}

static inline void rig_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    dlms_meter_class.step(r->machine, &e, &r->outbox);
    while (r->dialled) {
        struct wp_event answer = {.kind = WP_EV_OPEN, .now = r->now, .port = ++r->last_port};

        r->dialled = false;
        if (r->refuse)
            answer = (struct wp_event){.kind = WP_EV_CLOSE, .now = r->now, .close.reason = WP_CLOSE_REFUSED};
        else
            r->port = answer.port;
        answer.endpoint = r->dialled_at;
        dlms_meter_class.step(r->machine, &answer, &r->outbox);
    }
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = dlms_meter_class.deadline(r->machine)) <= until) {
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
        wp_option_find(dlms_meter_class.options, dlms_meter_class.n_options, wp_text(name));

    ck_assert_msg(o, "there is an option %s", name);
    return o;
}

static inline void rig_give(struct rig *r, const char *name, const char *text)
{
    const struct wp_option *o = rig_option(name);

    r->given[r->setup.n_given++] = (struct wp_option_value){.option = o, .value = rig_value(o, text)};
}

static inline void rig_prepare(struct rig *r)
{
    memset(r, 0, sizeof *r);
    r->outbox.emit = rig_emit;
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->endpoints[0] = (struct wp_endpoint){.name = "gateway", .transport = WP_TCP};
    r->endpoints[1] = (struct wp_endpoint){.name = "gateway.udp", .transport = WP_UDP};
    r->setup = (struct wp_setup){.name = "m1",
                                 .seed = 1,
                                 .epoch_us = RIG_EPOCH_US,
                                 .given = r->given,
                                 .endpoints = r->endpoints,
                                 .n_endpoints = 2};
}

/* What does not fit, as a sentence; NULL: it may live. */
static inline const char *rig_check(struct rig *r)
{
    static char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    return dlms_meter_class.check(&r->setup, &w) ? NULL : wp_put_end(&w);
}

static inline void rig_forget(struct rig *r)
{
    r->w.n = 0;
    r->n_sent = r->n_sends = 0;
}

/* name, value, name, value, ..., NULL. Made, started, and, as all of them dial at once, connected; the trace begins
 * behind that. */
static inline void rig_start(struct rig *r, ...)
{
    const char *name;
    va_list list;

    rig_prepare(r);
    va_start(list, r);
    while ((name = va_arg(list, const char *)))
        rig_give(r, name, va_arg(list, const char *));
    va_end(list);
    ck_assert_ptr_null(rig_check(r));
    r->machine = malloc(dlms_meter_class.size(&r->setup));
    ck_assert_ptr_nonnull(r->machine);
    dlms_meter_class.init(&r->setup, r->machine);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
    rig_run(r, 0);
    rig_forget(r);
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
    uint8_t bytes[4096];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    rig_bytes(r, wp_slice(bytes, n));
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
        rig_forget(r);                                                                                       \
    } while (0)

static inline struct dlms_meter *rig_meter(struct rig *r)
{
    return r->machine;
}

/* A push now; what it sent is in r->sends. */
static inline void rig_push(struct rig *r)
{
    rig_forget(r);
    rig_set(r, "push.now", "true", 0);
}

#endif
