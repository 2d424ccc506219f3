/* What the benches of norths have in common: the north is stepped by hand, the bench plays the broker, and what the north
 * does becomes lines of a trace.
 *
 *     login octolux-gateway clean keepalive 15
 *     subscribe octolux/cmd/ac_charge q1
 *     note command-ignored: it is a retained one 1
 *
 * The broker accepts a login at once unless rig.refuse is set; it answers subscriptions at once unless rig.silent is set,
 * with a refusal if rig.refuse_subscriptions is; and it acknowledges publishes at once unless rig.holds_acks is set.
 *
 * A rig defines, in front of this file, RIG_NORTH (the class), RIG_PROTOCOL (of readings), RIG_TRACE_MAX, struct rig_own and
 * rig_always[] (what is always given: name, value, ..., NULL); and behind it rig_publish, rig_command and rig_clear_own. */
#ifndef NORTH_RIG_H
#define NORTH_RIG_H

#include "sim/gateway/gateway.h"

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

#define RIG_EPOCH WP_SEC(1702459522)

enum { RIG_GIVEN_MAX = 16, RIG_TAGS_MAX = 4096 };

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct gateway_part_setup setup;
    struct gateway_facts facts;
    struct wp_parts parts;
    const struct wp_class *north;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    void *machine;
    wp_us now;
    wp_port last_port, broker; /* 0: not connected */
    bool refuse, refuse_subscriptions, silent, holds_acks, asked_login;
    uint32_t subscribed[RIG_TAGS_MAX], published[RIG_TAGS_MAX];
    size_t n_subscribed, n_published; /* not answered yet */
    size_t n_publishes, n_commands, n_notes;
    struct rig_own own;
    struct wp_writer w;
    char trace[RIG_TRACE_MAX];
};

/* The rig's own: lines of what is published and commanded, and its counts back to 0. */
static inline void rig_publish(struct rig *r, const struct wp_effect *e);
static inline void rig_command(struct rig *r, const struct wp_command *c);
static inline void rig_clear_own(struct rig *r);

static inline void rig_raw_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    RIG_NORTH.step(r->machine, &e, &r->outbox);
}

/* ---- what it does --------------------------------------------------------------------------------- */

static inline void rig_login(struct rig *r, const struct wp_login *login)
{
    r->asked_login = true;
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

/* What a publish is, whatever its line looks like. */
static inline void rig_count_publish(struct rig *r, const struct wp_effect *e)
{
    rig_must(r->broker && e->port == r->broker);
    r->n_publishes++;
    if (e->publish.qos == 0)
        return;
    if (r->holds_acks)
        rig_must(r->n_published < RIG_TAGS_MAX);
    if (r->n_published < RIG_TAGS_MAX)
        r->published[r->n_published++] = e->publish.tag;
}

/* What others sent, without what would look like another line. */
static inline void rig_put_plain(struct rig *r, struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        wp_put_u8(&r->w, text.p[i] == '\n' ? '?' : text.p[i]);
}

static inline void rig_note(struct rig *r, const struct wp_effect *e)
{
    r->n_notes++;
    wp_put_text(&r->w, "note ");
    wp_put_text(&r->w, e->note.what);
    wp_put_text(&r->w, ": ");
    rig_put_plain(r, e->note.text);
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
    default: ck_assert_msg(false, "an effect that the north has no use for: %d", e->kind);
    }
}

static inline void rig_clear(struct rig *r)
{
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->n_publishes = r->n_commands = r->n_notes = 0;
    rig_clear_own(r);
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
        rig_raw_step(r, (struct wp_event){
                            .kind = WP_EV_SUBACKED,
                            .port = r->broker,
                            .subacked = {tags[i], r->refuse_subscriptions ? WP_SUBACK_REFUSED : 1},
                        });
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

    while ((due = RIG_NORTH.deadline(r->machine)) <= until) {
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

static inline void rig_message_with(struct rig *r, struct wp_slice topic, struct wp_slice payload,
                                    bool retain)
{
    rig_step(r, (struct wp_event){
                    .kind = WP_EV_MESSAGE,
                    .port = r->broker,
                    .message = {.topic = topic, .payload = payload, .retain = retain},
                });
}

static inline void rig_reading(struct rig *r, struct wp_slice device, enum wp_reason reason,
                               const char *event, const struct wp_point *points, size_t n)
{
    const struct wp_reading reading = {
        .device = device,
        .protocol = RIG_PROTOCOL,
        .reason = reason,
        .at = r->now,
        .points = points,
        .n_points = n,
        .event = event,
    };

    rig_step(r, (struct wp_event){.kind = WP_EV_READING, .reading = &reading});
}

/* ---- making and ending ---------------------------------------------------------------------------- */

static inline void rig_give(struct rig *r, const char *name, const char *text)
{
    struct wp_setup *setup = &r->setup.setup;
    struct wp_option_value *v = &r->given[setup->n_given];
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_must(setup->n_given < RIG_GIVEN_MAX);
    v->option = wp_option_find(RIG_NORTH.options, RIG_NORTH.n_options, wp_text(name));
    if (!v->option)
        v->option = wp_option_find(wp_gateway_class.options, wp_gateway_class.n_options, wp_text(name));
    ck_assert_msg(v->option, "there is an option %s", name);
    ck_assert_msg(wp_option_read(v->option, wp_text(text), &v->value, &w), "%s: %s: %s", name, text,
                  wp_put_end(&w));
    setup->n_given++;
}

/* name, value, ..., NULL: behind what is always given. */
static inline void rig_init_list(struct rig *r, va_list list)
{
    const char *name;

    memset(r, 0, offsetof(struct rig, trace));
    rig_clear(r);
    r->outbox.emit = rig_emit;
    r->north = &RIG_NORTH;
    r->parts = (struct wp_parts){.norths = &r->north, .n_norths = 1};
    r->endpoint = RIG_NORTH.endpoints[0];
    r->facts = (struct gateway_facts){.epoch_us = RIG_EPOCH};
    r->setup.facts = &r->facts;
    r->setup.setup = (struct wp_setup){.name = "gateway",
                                       .given = r->given,
                                       .endpoints = &r->endpoint,
                                       .n_endpoints = 1,
                                       .parts = &r->parts};
    for (size_t i = 0; rig_always[i]; i += 2)
        rig_give(r, rig_always[i], rig_always[i + 1]);
    while ((name = va_arg(list, const char *)))
        rig_give(r, name, va_arg(list, const char *));
}

static inline void rig_make(struct rig *r)
{
    r->machine = malloc(RIG_NORTH.size(&r->setup.setup));
    rig_must(r->machine);
    RIG_NORTH.init(&r->setup.setup, r->machine);
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
