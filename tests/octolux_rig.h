/* A bench for the octolux north alone: it is stepped by hand, the test plays the south and the broker, and what the
 * north does becomes lines of a trace.
 *
 *     login octolux-gateway clean keepalive 15
 *     subscribe octolux/cmd/ac_charge q1
 *     publish octolux/hold/65 q1 50
 *     command 5555555555 write hold 65 = 50
 *     note command-ignored: it is a retained one 1
 *
 * The broker accepts a login at once unless rig.refuse is set, answers subscriptions at once unless rig.silent is set,
 * and acknowledges publishes at once unless rig.holds_acks is set. A command is answered by the test, or at once as
 * the gateway does for a device that is not there, with rig.offline. Values of registers are made into points by the
 * codec, which its own tests hold down. */
#ifndef OCTOLUX_RIG_H
#define OCTOLUX_RIG_H

#include "sim/codec/lxp_input.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/lxp_inverters.h"
#include "sim/gateway/north_octolux.h"

#ifdef RIG_WITHOUT_CHECK /* in a fuzzer a failed check ends the program */
#include <assert.h>
#define ck_assert(a)           assert(a)
#define ck_assert_msg(a, ...)  assert(a)
#define ck_assert_str_eq(a, b) assert(strcmp(a, b) == 0)
#else
#include <check.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Check writes down every assertion that holds; there are too many of these. */
#define rig_must(a) ((a) ? (void)0 : rig_stop(#a))

static inline void rig_stop(const char *what)
{
    fprintf(stderr, "the rig stops: %s\n", what);
    abort();
}

enum { RIG_GIVEN_MAX = 16, RIG_TRACE_MAX = 1 << 20, RIG_TAGS_MAX = 4096 };

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_parts parts;
    const struct wp_class *north;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    void *machine;
    wp_us now;
    wp_port last_port, broker; /* 0: not connected */
    bool refuse, silent, holds_acks, offline, asked_login;
    uint32_t subscribed[RIG_TAGS_MAX], published[RIG_TAGS_MAX];
    size_t n_subscribed, n_published; /* not answered yet */
    size_t n_logins, n_publishes, n_commands, n_notes;
    uint32_t last_tag; /* of the latest command */
    struct wp_writer w;
    char trace[RIG_TRACE_MAX];
};

static inline void rig_raw_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    north_octolux_class.step(r->machine, &e, &r->outbox);
}

/* ---- what it does --------------------------------------------------------------------------------- */

static inline void rig_login(struct rig *r, const struct wp_login *login)
{
    r->asked_login = true;
    r->n_logins++;
    wp_put_text(&r->w, "login ");
    wp_put_slice(&r->w, login->client_id);
    wp_put_text(&r->w, login->clean ? " clean keepalive " : " keepalive ");
    wp_put_uint(&r->w, login->keepalive_s);
    if (login->user.p) {
        wp_put_text(&r->w, " user ");
        wp_put_slice(&r->w, login->user);
    }
    if (login->password.p) {
        wp_put_text(&r->w, " password ");
        wp_put_slice(&r->w, login->password);
    }
    wp_put_text(&r->w, login->has_will ? " will\n" : "\n");
}

static inline void rig_subscribe(struct rig *r, const struct wp_effect *e)
{
    rig_must(r->n_subscribed < RIG_TAGS_MAX);
    rig_must(r->broker && e->port == r->broker);
    r->subscribed[r->n_subscribed++] = e->subscribe.tag;
    wp_put_text(&r->w, "subscribe ");
    wp_put_slice(&r->w, e->subscribe.filter);
    wp_put_text(&r->w, " q");
    wp_put_uint(&r->w, e->subscribe.qos);
    wp_put_char(&r->w, '\n');
}

static inline void rig_publish(struct rig *r, const struct wp_effect *e)
{
    const struct wp_publish *p = &e->publish;

    rig_must(r->broker && e->port == r->broker);
    if (r->holds_acks)
        rig_must(r->n_published < RIG_TAGS_MAX);
    if (r->n_published < RIG_TAGS_MAX)
        r->published[r->n_published++] = p->tag;
    r->n_publishes++;
    wp_put_text(&r->w, "publish ");
    wp_put_slice(&r->w, p->topic);
    wp_put_text(&r->w, " q");
    wp_put_uint(&r->w, p->qos);
    wp_put_text(&r->w, p->retain ? "r " : " ");
    wp_put_slice(&r->w, p->payload);
    wp_put_char(&r->w, '\n');
}

static inline void rig_answer_tag(struct rig *r, uint32_t tag, bool ok)
{
    const struct wp_answer a = {.tag = tag, .ok = ok, .fault = wp_text(ok ? "" : "no reply")};

    rig_raw_step(r, (struct wp_event){.kind = WP_EV_ANSWER, .answer = &a});
}

static inline void rig_command(struct rig *r, const struct wp_command *c)
{
    rig_must(c->n_ids == 1);
    r->n_commands++;
    r->last_tag = c->tag;
    wp_put_text(&r->w, "command ");
    wp_put_slice(&r->w, c->device);
    wp_put_text(&r->w, c->operation == WP_READ ? " read " : " write ");
    wp_put_slice(&r->w, c->ids[0]);
    if (c->operation == WP_WRITE) {
        wp_put_text(&r->w, " = ");
        wp_put_value(&r->w, c->value);
    }
    wp_put_char(&r->w, '\n');
    if (r->offline)
        rig_answer_tag(r, c->tag, false);
}

static inline void rig_note(struct rig *r, const struct wp_effect *e)
{
    r->n_notes++;
    wp_put_text(&r->w, "note ");
    wp_put_text(&r->w, e->note.what);
    wp_put_text(&r->w, ": ");
    wp_put_slice(&r->w, e->note.text);
    wp_put_char(&r->w, ' ');
    wp_put_int(&r->w, e->note.count);
    wp_put_char(&r->w, '\n');
}

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;

    rig_must(e->kind == WP_COMMAND || e->kind == WP_NOTE || e->endpoint == 0);
    switch (e->kind) {
    case WP_LOGIN: rig_login(r, e->login); break;
    case WP_SUBSCRIBE: rig_subscribe(r, e); break;
    case WP_PUBLISH: rig_publish(r, e); break;
    case WP_COMMAND: rig_command(r, e->command); break;
    case WP_NOTE: rig_note(r, e); break;
    default: ck_assert_msg(false, "an effect that the octolux north has no use for: %d", e->kind);
    }
}

static inline void rig_clear(struct rig *r)
{
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->n_publishes = r->n_commands = r->n_notes = r->n_logins = 0;
}

/* The trace since the last look is exactly this. */
static inline void rig_expect(struct rig *r, const char *lines)
{
    ck_assert_msg(!r->w.full, "the trace has room");
    ck_assert_str_eq(wp_put_end(&r->w), lines);
    rig_clear(r);
}

/* ---- what happens to it --------------------------------------------------------------------------- */

static inline void rig_ack(struct rig *r)
{
    size_t n = r->n_published;

    r->n_published = 0;
    for (size_t i = 0; i < n; i++)
        rig_raw_step(
            r, (struct wp_event){.kind = WP_EV_ACKED, .port = r->broker, .acked = {r->published[i], true}});
}

static inline void rig_answer_subscriptions(struct rig *r)
{
    size_t n = r->n_subscribed;
    uint32_t tags[RIG_TAGS_MAX];

    memcpy(tags, r->subscribed, n * sizeof tags[0]);
    r->n_subscribed = 0;
    for (size_t i = 0; i < n; i++)
        rig_raw_step(r,
                     (struct wp_event){.kind = WP_EV_SUBACKED, .port = r->broker, .subacked = {tags[i], 1}});
}

static inline void rig_step(struct rig *r, struct wp_event e)
{
    rig_raw_step(r, e);
    if (r->asked_login) {
        r->asked_login = false;
        if (!r->refuse)
            r->broker = ++r->last_port;
        rig_raw_step(r, r->refuse
                            ? (struct wp_event){.kind = WP_EV_CLOSE, .close = {WP_CLOSE_REFUSED, 5, {0, 0}}}
                            : (struct wp_event){.kind = WP_EV_OPEN, .port = r->broker});
    }
    while (!r->silent && r->n_subscribed > 0)
        rig_answer_subscriptions(r);
    if (!r->holds_acks)
        rig_ack(r);
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = north_octolux_class.deadline(r->machine)) <= until) {
        r->now = due;
        rig_step(r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    r->now = until;
}

static inline void rig_lose_broker(struct rig *r)
{
    wp_port port = r->broker;

    r->broker = 0;
    r->n_published = r->n_subscribed = 0;
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .port = port, .close.reason = WP_CLOSE_RESET});
}

static inline void rig_message_with(struct rig *r, const char *topic, struct wp_slice payload, bool retain)
{
    rig_step(r, (struct wp_event){
                    .kind = WP_EV_MESSAGE,
                    .port = r->broker,
                    .message = {.topic = wp_text(topic), .payload = payload, .qos = 1, .retain = retain},
                });
}

static inline void rig_message(struct rig *r, const char *topic, const char *payload)
{
    rig_message_with(r, topic, wp_text(payload), false);
}

/* The south answers the latest command. */
static inline void rig_answer(struct rig *r, bool ok)
{
    rig_answer_tag(r, r->last_tag, ok);
    if (!r->holds_acks)
        rig_ack(r);
}

static inline void rig_reading(struct rig *r, const char *serial, enum wp_reason reason,
                               const struct wp_point *points, size_t n)
{
    const struct wp_reading reading = {
        .device = wp_text(serial),
        .protocol = "lxp",
        .reason = reason,
        .at = r->now,
        .points = points,
        .n_points = n,
    };

    rig_step(r, (struct wp_event){.kind = WP_EV_READING, .reading = &reading});
}

/* A read-input reply: values as on the wire, in hex. */
static inline void rig_inputs(struct rig *r, const char *serial, uint16_t first, const char *hex)
{
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    uint8_t bytes[2 * LXP_REPLY_REGISTERS];
    size_t n;

    rig_must(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    n = lxp_input_points(first, wp_slice(bytes, n), (struct lxp_input_options){0}, points);
    rig_reading(r, serial, WP_PUSHED, points, n);
}

/* Hold registers from `first` on, as in a read-hold or write-single reply. */
static inline void rig_holds(struct rig *r, const char *serial, enum wp_reason reason, uint16_t first,
                             const uint16_t *values, size_t n)
{
    struct wp_point points[LXP_REPLY_REGISTERS];
    uint8_t bytes[2 * LXP_REPLY_REGISTERS], ids[LXP_HOLD_IDS_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes), names = wp_writer(ids, sizeof ids);

    for (size_t i = 0; i < n; i++)
        wp_put_u16le(&w, values[i]);
    n = lxp_hold_points(first, wp_written(&w), &names, points);
    rig_reading(r, serial, reason, points, n);
}

static inline void rig_hold(struct rig *r, const char *serial, enum wp_reason reason, uint16_t number,
                            uint16_t value)
{
    rig_holds(r, serial, reason, number, &value, 1);
}

/* ---- making and ending ---------------------------------------------------------------------------- */

static inline void rig_give(struct rig *r, const char *name, const char *text)
{
    struct wp_option_value *v = &r->given[r->setup.n_given];
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_must(r->setup.n_given < RIG_GIVEN_MAX);
    v->option = wp_option_find(wp_gateway_class.options, wp_gateway_class.n_options, wp_text(name));
    if (!v->option)
        v->option = wp_option_find(north_octolux_class.options, north_octolux_class.n_options, wp_text(name));
    ck_assert_msg(v->option, "there is an option %s", name);
    ck_assert_msg(wp_option_read(v->option, wp_text(text), &v->value, &w), "%s: %s: %s", name, text,
                  wp_put_end(&w));
    r->setup.n_given++;
}

/* name, value, ..., NULL: besides an inverter 5555555555 at 127.0.2.1 whose topics begin with octolux. */
static inline void rig_init_list(struct rig *r, va_list list)
{
    const char *name;

    memset(r, 0, offsetof(struct rig, trace));
    rig_clear(r);
    r->outbox.emit = rig_emit;
    r->north = &north_octolux_class;
    r->parts = (struct wp_parts){.norths = &r->north, .n_norths = 1};
    r->endpoint = north_octolux_class.endpoints[0];
    r->setup = (struct wp_setup){.name = "gateway",
                                 .given = r->given,
                                 .endpoints = &r->endpoint,
                                 .n_endpoints = 1,
                                 .parts = &r->parts};
    rig_give(r, "lxp.host", "127.0.2.1");
    rig_give(r, "lxp.serial", "5555555555");
    rig_give(r, "lxp.datalog", "BA55555555");
    while ((name = va_arg(list, const char *)))
        rig_give(r, name, va_arg(list, const char *));
}

static inline void rig_make(struct rig *r)
{
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert_msg(lxp_inverters_check(&r->setup, &w) && north_octolux_class.check(&r->setup, &w), "%s",
                  wp_put_end(&w));
    r->machine = malloc(north_octolux_class.size(&r->setup));
    rig_must(r->machine);
    north_octolux_class.init(&r->setup, r->machine);
}

/* Made, not started. */
static inline void rig_init(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_init_list(r, list);
    va_end(list);
    rig_make(r);
}

/* Started, logged in at 0, nothing in the trace. */
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

static inline void rig_end(struct rig *r)
{
    free(r->machine);
    r->machine = NULL;
}

#endif
