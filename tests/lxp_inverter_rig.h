/* A bench for the simulated LuxPower inverter: it is stepped by hand, and what it does becomes lines of a trace.
 *
 *     [     0.050] 1> A11A02...      sent to client 1
 *     [     0.050] 1 closed          or: 1 reset; the dongle ends it
 *     [     0.050] note value-refused: hold 1
 *
 * Times are seconds. Clients are numbered in the order in which they connect. */
#ifndef LXP_INVERTER_RIG_H
#define LXP_INVERTER_RIG_H

#include "sim/device/lxp_inverter.h"
#include "sim/device/lxp_inverter_inside.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 32, RIG_TRACE_MAX = 65536, RIG_CLIENTS_MAX = 128 };

/* 2024-01-15T12:00:00Z, a Monday */
#define RIG_EPOCH_US INT64_C(1705320000000000)

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    void *machine;
    wp_us now;
    wp_port last;
    bool is_open[RIG_CLIENTS_MAX]; /* by port */
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
};

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;
    char head[64];

    snprintf(head, sizeof head, "[%6lld.%03lld] ", (long long)(r->now / 1000000),
             (long long)(r->now / 1000 % 1000));
    wp_put_text(&r->w, head);
    switch (e->kind) {
    case WP_HANG_UP:
        ck_assert_msg(r->is_open[e->port], "closes an open client");
        r->is_open[e->port] = false;
        wp_put_uint(&r->w, e->port);
        wp_put_text(&r->w, e->abort ? " reset" : " closed");
        break;
    case WP_SEND:
        ck_assert_msg(r->is_open[e->port], "sends to an open client");
        ck_assert_uint_gt(e->bytes.n, 0);
        wp_put_uint(&r->w, e->port);
        wp_put_text(&r->w, "> ");
        wp_put_hex(&r->w, e->bytes);
        break;
    case WP_NOTE:
        wp_put_text(&r->w, "note ");
        wp_put_text(&r->w, e->note.what);
        wp_put_text(&r->w, ": ");
        wp_put_slice(&r->w, e->note.text);
        wp_put_char(&r->w, ' ');
        wp_put_int(&r->w, e->note.count);
        break;
    default: ck_abort_msg("an inverter does not do that");
    }
    wp_put_char(&r->w, '\n');
}

static inline void rig_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    lxp_inverter_class.step(r->machine, &e, &r->outbox);
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = lxp_inverter_class.deadline(r->machine)) <= until) {
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
        wp_option_find(lxp_inverter_class.options, lxp_inverter_class.n_options, wp_text(name));

    ck_assert_msg(o, "there is an option %s", name);
    return o;
}

/* name, value, name, value, ..., NULL. Checked by rig_check, not made yet. */
static inline void rig_give_list(struct rig *r, va_list list)
{
    const char *name;

    memset(r, 0, sizeof *r);
    r->outbox.emit = rig_emit;
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->endpoint = (struct wp_endpoint){.name = "dongle", .transport = WP_TCP, .listen = true};
    r->setup = (struct wp_setup){.name = "i1",
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
}

/* What check says of such a setup; "" when it may live. */
static inline const char *rig_check(struct rig *r, ...)
{
    static char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);
    va_list list;

    va_start(list, r);
    rig_give_list(r, list);
    va_end(list);
    ck_assert(lxp_inverter_class.check(&r->setup, &w) == (w.n == 0));
    return wp_put_end(&w);
}

/* Made and started, without a client. */
static inline void rig_start(struct rig *r, ...)
{
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);
    va_list list;

    va_start(list, r);
    rig_give_list(r, list);
    va_end(list);
    ck_assert_msg(lxp_inverter_class.check(&r->setup, &w), "may live: %s", wp_put_end(&w));
    r->machine = malloc(lxp_inverter_class.size(&r->setup));
    ck_assert_ptr_nonnull(r->machine);
    lxp_inverter_class.init(&r->setup, r->machine);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
}

static inline void rig_free(struct rig *r)
{
    free(r->machine);
    r->machine = NULL;
}

/* One more client; its number. */
static inline wp_port rig_connect(struct rig *r)
{
    r->is_open[++r->last] = true;
    rig_step(r, (struct wp_event){.kind = WP_EV_OPEN, .port = r->last});
    return r->last;
}

static inline void rig_disconnect(struct rig *r, wp_port client)
{
    r->is_open[client] = false;
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .port = client, .close.reason = WP_CLOSE_PEER});
}

static inline void rig_bytes(struct rig *r, wp_port client, struct wp_slice bytes)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .port = client, .bytes = bytes});
}

static inline void rig_hex(struct rig *r, wp_port client, const char *hex)
{
    uint8_t bytes[4096];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    rig_bytes(r, client, wp_slice(bytes, n));
}

static inline void rig_set(struct rig *r, const char *name, const char *text, uint32_t times)
{
    const struct wp_option *o = rig_option(name);

    rig_step(r, (struct wp_event){.kind = WP_EV_SET,
                                  .set = {.option = o, .value = rig_value(o, text), .times = times}});
}

/* Sends octets as client 1 and gives back what came within a second, the first line of it: hex digits, or "silence". */
static inline const char *rig_ask(struct rig *r, const char *hex)
{
    static char text[2048];
    const char *sent;

    r->w.n = 0;
    rig_hex(r, 1, hex);
    rig_run(r, r->now + WP_SEC(1));
    sent = strstr(wp_put_end(&r->w), " 1> ");
    snprintf(text, sizeof text, "%.*s", sent ? (int)strcspn(sent + 4, "\n") : 7, sent ? sent + 4 : "silence");
    r->w.n = 0;
    return text;
}

/* Frames that clients send, in the serials that the inverter has by default. */
static const struct lxp_head rig_head = {1, 0, "BA55555555", "5555555555"};

static inline const char *rig_print(const struct wp_writer *frame)
{
    static char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_hex(&w, wp_written(frame));
    return wp_put_end(&w);
}

/* A reply in short: "hold 21: 62292", "input 0: 32 1", "write 65: 50", "multi 64: 2", "exception 83 300: 2". */
static inline const char *rig_short(const char *hex)
{
    static const char *const names[] = {[LXP_READ_HOLD] = "hold",
                                        [LXP_READ_INPUT] = "input",
                                        [LXP_WRITE_SINGLE] = "write",
                                        [LXP_WRITE_MULTI] = "multi"};
    static char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);
    uint8_t octets[1024];
    struct lxp_frame f;
    size_t n;

    if (strcmp(hex, "silence") == 0)
        return "silence";
    ck_assert(wp_hex_read(wp_text(hex), octets, sizeof octets, &n));
    ck_assert_msg(lxp_decode(NULL, WP_SIDE_SERVER, wp_slice(octets, n), &f).status == WP_OK, "%s", hex);
    ck_assert(f.function == LXP_DATA);
    if (f.shape == LXP_IS_EXCEPTION) {
        snprintf(text, sizeof text, "exception %02X %u: %u", f.device_function, f.first, f.error_code);
        return text;
    }
    wp_put_text(&w, names[f.device_function]);
    wp_put_char(&w, ' ');
    wp_put_uint(&w, f.first);
    wp_put_char(&w, ':');
    for (size_t i = 0; i < f.values.n / 2; i++) {
        wp_put_char(&w, ' ');
        wp_put_uint(&w, lxp_u16(f.values, i));
    }
    if (f.shape == LXP_IS_WRITE_MULTI_REPLY) {
        wp_put_char(&w, ' ');
        wp_put_uint(&w, f.count);
    }
    return wp_put_end(&w);
}

static inline const char *rig_read(struct rig *r, uint8_t function, uint16_t first, uint16_t count)
{
    uint8_t octets[64];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    lxp_put_read(&w, &rig_head, function, first, count);
    return rig_short(rig_ask(r, rig_print(&w)));
}

static inline const char *rig_write(struct rig *r, uint16_t reg, uint16_t value)
{
    uint8_t octets[64];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    lxp_put_write(&w, &rig_head, reg, value);
    return rig_short(rig_ask(r, rig_print(&w)));
}

static inline const char *rig_write_multi(struct rig *r, uint16_t first, const uint16_t *values, unsigned n)
{
    uint8_t octets[1024], value[512];
    struct wp_writer w = wp_writer(octets, sizeof octets), v = wp_writer(value, sizeof value);

    for (unsigned i = 0; i < n; i++)
        wp_put_u16le(&v, values[i]);
    lxp_put_write_multi(&w, &rig_head, first, wp_written(&v));
    return rig_short(rig_ask(r, rig_print(&w)));
}

/* The one value that hold register `reg` has, as any client sees it. */
static inline unsigned rig_hold(struct rig *r, uint16_t reg)
{
    uint16_t value;

    lxp_inverter_holds(r->machine, r->now, reg, 1, &value);
    return value;
}

static inline unsigned rig_input(struct rig *r, uint16_t reg)
{
    uint16_t value;

    lxp_inverter_inputs(r->machine, r->now, reg, 1, &value);
    return value;
}

/* The trace so far is exactly this; it begins anew. */
#define rig_expect(r, text)                                                                                  \
    do {                                                                                                     \
        ck_assert_str_eq(wp_put_end(&(r)->w), text);                                                         \
        (r)->w.n = 0;                                                                                        \
    } while (0)

#endif
