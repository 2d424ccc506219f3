/* A bench for the venus north alone: it is stepped by hand, the test plays the south and the broker, and what the north
 * does becomes lines of a trace.
 *
 *     login venus-gateway clean keepalive 15
 *     subscribe R/c0619ab12345/# q0
 *     publish N/c0619ab12345/keepalive 1                     q0 and not retained, else "q1 ", "retain " in front
 *     command pvinverter/20 read /Ac/Power                   write /Ac/Power = 1, execute mirror
 *     note request-ignored: it is a retained one 1
 *
 * The portal's part of topics that are published is left out if rig.is_short: "publish heartbeat {"value":0}".
 * The broker accepts a login at once unless rig.refuse is set, and answers subscriptions at once. The south that the
 * test plays has a mirror of its own: rig.mirror is told at each execute, service by service. */
#ifndef VENUS_RIG_H
#define VENUS_RIG_H

#include "sim/gateway/gateway.h"
#include "sim/gateway/north_venus.h"

#ifdef RIG_WITHOUT_CHECK /* in a fuzzer a failed check ends the program */
#include <assert.h>
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

enum { RIG_GIVEN_MAX = 16, RIG_TRACE_MAX = 4 << 20 };

#define RIG_PORTAL "c0619ab12345"
#define RIG_EPOCH  WP_SEC(1702459522)

struct rig;

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
    bool refuse, refuse_subscriptions, asked_login, is_short;
    uint32_t subscribed[8];
    size_t n_subscribed; /* not answered yet */
    size_t n_publishes, n_commands, n_notes, n_items, n_markers, n_beats;
    void (*mirror)(struct rig *r, struct wp_slice device); /* NULL: it has nothing */
    struct wp_writer w;
    char trace[RIG_TRACE_MAX];
};

static inline void rig_raw_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    north_venus_class.step(r->machine, &e, &r->outbox);
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
    rig_must(r->n_subscribed < 8);
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
    static const char prefix[] = "N/" RIG_PORTAL "/";
    const struct wp_publish *p = &e->publish;
    struct wp_slice topic = p->topic, leaf;

    rig_must(r->broker && e->port == r->broker);
    rig_must(topic.n > sizeof prefix - 1 && memcmp(topic.p, prefix, sizeof prefix - 1) == 0);
    leaf = wp_slice_from(topic, sizeof prefix - 1);
    r->n_publishes++;
    r->n_items += memchr(leaf.p, '/', leaf.n) != NULL;
    r->n_beats += wp_slice_is(leaf, "heartbeat");
    r->n_markers += wp_slice_is(leaf, "full_publish_completed");
    wp_put_text(&r->w, "publish ");
    if (p->qos > 0)
        wp_put_text(&r->w, "q1 ");
    if (p->retain)
        wp_put_text(&r->w, "retain ");
    wp_put_slice(&r->w, r->is_short ? leaf : topic);
    wp_put_char(&r->w, ' ');
    wp_put_slice(&r->w, p->payload);
    wp_put_char(&r->w, '\n');
}

static inline void rig_command(struct rig *r, const struct wp_command *c)
{
    static const char *const words[] = {" read ", " write ", " execute "};
    const struct wp_answer a = {.tag = c->tag, .device = c->device, .ok = true, .fault = wp_text("")};

    rig_must(c->n_ids == 1);
    r->n_commands++;
    wp_put_text(&r->w, "command ");
    wp_put_slice(&r->w, c->device);
    wp_put_text(&r->w, words[c->operation]);
    wp_put_slice(&r->w, c->ids[0]);
    if (c->operation == WP_WRITE) {
        wp_put_text(&r->w, " = ");
        wp_put_value(&r->w, c->value);
    }
    wp_put_char(&r->w, '\n');
    if (c->operation == WP_EXECUTE && r->mirror)
        r->mirror(r, c->device);
    rig_raw_step(r, (struct wp_event){.kind = WP_EV_ANSWER, .answer = &a});
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
    default: ck_assert_msg(false, "an effect that the venus north has no use for: %d", e->kind);
    }
}

static inline void rig_clear(struct rig *r)
{
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->n_publishes = r->n_commands = r->n_notes = r->n_items = r->n_markers = r->n_beats = 0;
}

/* The trace since the last look is exactly this. */
static inline void rig_expect(struct rig *r, const char *lines)
{
    ck_assert_msg(!r->w.full, "the trace has room");
    ck_assert_str_eq(wp_put_end(&r->w), lines);
    rig_clear(r);
}

/* ---- what happens to it --------------------------------------------------------------------------- */

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
    for (size_t i = 0; i < r->n_subscribed; i++)
        rig_raw_step(r, (struct wp_event){
                            .kind = WP_EV_SUBACKED,
                            .port = r->broker,
                            .subacked = {r->subscribed[i], r->refuse_subscriptions ? WP_SUBACK_REFUSED : 0},
                        });
    r->n_subscribed = 0;
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = north_venus_class.deadline(r->machine)) <= until) {
        r->now = due;
        rig_step(r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    r->now = until;
}

static inline void rig_lose_broker(struct rig *r)
{
    wp_port port = r->broker;

    r->broker = 0;
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

/* "keepalive", "system/0/Serial": of our portal. */
static inline void rig_ask(struct rig *r, char letter, const char *leaf, const char *payload)
{
    char topic[1024];

    snprintf(topic, sizeof topic, "%c/" RIG_PORTAL "/%s", letter, leaf);
    rig_message_with(r, wp_text(topic), wp_text(payload), false);
}

static inline void rig_keep_alive(struct rig *r)
{
    rig_ask(r, 'R', "keepalive", "");
}

static inline void rig_presence(struct rig *r, const char *device, bool online)
{
    const struct wp_presence p = {
        .device = wp_text(device), .protocol = "venus", .online = online, .at = r->now};

    rig_step(r, (struct wp_event){.kind = WP_EV_PRESENCE, .presence = &p});
}

static inline void rig_reading(struct rig *r, struct wp_slice device, enum wp_reason reason,
                               const char *event, const struct wp_point *points, size_t n)
{
    const struct wp_reading reading = {
        .device = device,
        .protocol = "venus",
        .reason = reason,
        .at = r->now,
        .points = points,
        .n_points = n,
        .event = event,
    };

    rig_raw_step(r, (struct wp_event){.kind = WP_EV_READING, .reading = &reading});
}

static inline void rig_tell(struct rig *r, const char *device, enum wp_reason reason, const char *path,
                            struct wp_value value)
{
    const struct wp_point point = {.id = wp_text(path), .unit = "", .value = value};

    rig_reading(r, wp_text(device), reason, NULL, &point, 1);
}

/* As a service tells that it has left. */
static inline void rig_gone(struct rig *r, const char *device, const char *path)
{
    const struct wp_point point = {.id = wp_text(path), .unit = "", .quality = WP_NO_VALUE};

    rig_reading(r, wp_text(device), WP_PUSHED, WP_EVENT_LEFT, &point, 1);
}

/* ---- making and ending ---------------------------------------------------------------------------- */

static inline void rig_give(struct rig *r, const char *name, const char *text)
{
    struct wp_setup *setup = &r->setup.setup;
    struct wp_option_value *v = &r->given[setup->n_given];
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_must(setup->n_given < RIG_GIVEN_MAX);
    v->option = wp_option_find(north_venus_class.options, north_venus_class.n_options, wp_text(name));
    if (!v->option)
        v->option = wp_option_find(wp_gateway_class.options, wp_gateway_class.n_options, wp_text(name));
    ck_assert_msg(v->option, "there is an option %s", name);
    ck_assert_msg(wp_option_read(v->option, wp_text(text), &v->value, &w), "%s: %s: %s", name, text,
                  wp_put_end(&w));
    setup->n_given++;
}

/* name, value, ..., NULL */
static inline void rig_init_list(struct rig *r, va_list list)
{
    const char *name;

    memset(r, 0, offsetof(struct rig, trace));
    rig_clear(r);
    r->outbox.emit = rig_emit;
    r->north = &north_venus_class;
    r->parts = (struct wp_parts){.norths = &r->north, .n_norths = 1};
    r->endpoint = north_venus_class.endpoints[0];
    r->facts = (struct gateway_facts){.epoch_us = RIG_EPOCH};
    r->setup.facts = &r->facts;
    r->setup.setup = (struct wp_setup){.name = "gateway",
                                       .given = r->given,
                                       .endpoints = &r->endpoint,
                                       .n_endpoints = 1,
                                       .parts = &r->parts};
    while ((name = va_arg(list, const char *)))
        rig_give(r, name, va_arg(list, const char *));
    r->machine = malloc(north_venus_class.size(&r->setup.setup));
    rig_must(r->machine);
    north_venus_class.init(&r->setup.setup, r->machine);
}

/* Made, not started. */
static inline void rig_init(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_init_list(r, list);
    va_end(list);
}

/* Started, logged in at 0, nothing in the trace. */
static inline void rig_start(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_init_list(r, list);
    va_end(list);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
    r->is_short = true;
    rig_clear(r);
}

static inline void rig_end(struct rig *r)
{
    free(r->machine);
    r->machine = NULL;
}

#endif
