/* A bench for a whole simulated Victron site: it is stepped by hand, the test plays the bus and a client.
 *
 *     rig_begin(&f, "services", "vebus, grid", NULL);     names and values as in a file; all services come
 *     rig_run(&f, WP_SEC(2));
 *     rig_number(&f, "grid/30", "/Ac/Power");
 *     rig_write(&f, "vebus/257", "/Mode", wp_int(4));     what SetValue answers
 *     f.signals, rig_told(&f, "vebus/257", "/State")      what was signalled since rig_forget(&f) */
#ifndef WP_VENUS_SYSTEM_RIG_H
#define WP_VENUS_SYSTEM_RIG_H

#include "sim/device/venus_system_inside.h"

#ifdef RIG_WITHOUT_CHECK /* in a fuzzer a failed check ends the program */
#define ck_assert_msg(a, ...) assert(a)
#else
#include <check.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIG_GIVEN_MAX = 48, RIG_TOLD_MAX = 65536, RIG_TODO_MAX = 256 };

/* 2024-01-15, 12:00. */
#define RIG_EPOCH INT64_C(1705320000000000)

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct venus_system *m;
    wp_us now;
    wp_port port[VENUS_SERVICES_MAX]; /* of each endpoint; 0: not connected */
    wp_port last_port;
    struct {
        enum { RIG_OPEN, RIG_OWNER, RIG_CLOSE } what;
        uint16_t endpoint;
        wp_port port;
        uint32_t serial;
    } todo[RIG_TODO_MAX];
    size_t n_todo, signals, items_changed, calls, left, notes, n_told;
    int32_t answer;          /* of the last reply with an int32 */
    char told[RIG_TOLD_MAX]; /* "1 /Ac/Power\n": endpoint and path of what was signalled */
};

static inline uint16_t rig_endpoint(const struct rig *f, wp_port port)
{
    for (uint16_t i = 0; i < VENUS_SERVICES_MAX; i++)
        if (f->port[i] == port)
            return i;
    ck_assert_msg(false, "port %u is nobody's", port);
    return 0;
}

static inline void rig_tell(struct rig *f, uint16_t endpoint, struct wp_slice path)
{
    const int n =
        snprintf(f->told + f->n_told, RIG_TOLD_MAX - f->n_told, "%u %.*s\n", endpoint, (int)path.n, path.p);

    if (n > 0 && (size_t)n < RIG_TOLD_MAX - f->n_told)
        f->n_told += (size_t)n;
}

static inline void rig_hear_items(struct rig *f, uint16_t endpoint, const struct dbus_message *m)
{
    struct dbus_iter it;

    dbus_iter(&it, m);
    for (dbus_enter(&it); dbus_next_type(&it); dbus_leave(&it)) {
        dbus_enter(&it);
        rig_tell(f, endpoint, dbus_get_text(&it));
        dbus_skip(&it);
    }
}

static inline void rig_hear(struct rig *f, const struct wp_effect *e)
{
    const uint16_t endpoint = rig_endpoint(f, e->port);
    struct dbus_message m;
    struct dbus_iter it;

    ck_assert_msg(dbus_decode(e->bytes, &m).status == WP_OK, "what is sent is a message");
    if (wp_slice_is(m.member, "RequestName")) {
        ck_assert_msg(f->n_todo < RIG_TODO_MAX, "not so much at once");
        f->todo[f->n_todo].what = RIG_OWNER;
        f->todo[f->n_todo].endpoint = endpoint;
        f->todo[f->n_todo].port = e->port;
        f->todo[f->n_todo++].serial = m.serial;
    } else if (wp_slice_is(m.member, "PropertiesChanged")) {
        f->signals++;
        rig_tell(f, endpoint, m.path);
    } else if (wp_slice_is(m.member, "ItemsChanged")) {
        f->signals++;
        f->items_changed++;
        rig_hear_items(f, endpoint, &m);
    } else if (m.type == DBUS_RETURN) {
        dbus_iter(&it, &m);
        if (dbus_next_type(&it) == 'i')
            f->answer = dbus_get_i32(&it);
        f->calls++;
    }
}

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *f = (struct rig *)(void *)outbox;

    switch (e->kind) {
    case WP_DIAL:
        ck_assert_msg(f->n_todo < RIG_TODO_MAX, "not so much at once");
        f->todo[f->n_todo].what = RIG_OPEN;
        f->todo[f->n_todo++].endpoint = e->endpoint;
        break;
    case WP_HANG_UP:
        ck_assert_msg(f->n_todo < RIG_TODO_MAX, "not so much at once");
        f->left++;
        f->todo[f->n_todo].what = RIG_CLOSE;
        f->todo[f->n_todo].endpoint = rig_endpoint(f, e->port);
        f->todo[f->n_todo++].port = e->port;
        break;
    case WP_SEND: rig_hear(f, e); break;
    case WP_NOTE: f->notes++; break;
    default: ck_assert_msg(false, "an effect of kind %d is not a service's", e->kind);
    }
}

static inline void rig_step(struct rig *f, struct wp_event e)
{
    e.now = f->now;
    venus_system_class.step(f->m, &e, &f->outbox);
}

static inline void rig_own(struct rig *f, uint16_t endpoint, uint32_t serial)
{
    uint8_t bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dbus_out out;

    dbus_begin(&out, &w,
               &(struct dbus_head){.type = DBUS_RETURN,
                                   .serial = 1,
                                   .reply_serial = serial,
                                   .sender = wp_text(DBUS_BUS),
                                   .destination = wp_text(":1.1")},
               "u");
    dbus_put_uint(&out, DBUS_NAME_PRIMARY_OWNER);
    ck_assert_msg(dbus_end(&out), "the reply is whole");
    rig_step(f, (struct wp_event){.kind = WP_EV_BYTES,
                                  .endpoint = endpoint,
                                  .port = f->port[endpoint],
                                  .bytes = wp_written(&w)});
}

/* What the bus has to say to what was sent. */
static inline void rig_settle(struct rig *f)
{
    for (size_t i = 0; i < f->n_todo; i++) {
        const uint16_t endpoint = f->todo[i].endpoint;

        if (f->todo[i].what == RIG_OPEN) {
            f->port[endpoint] = ++f->last_port;
            rig_step(f, (struct wp_event){.kind = WP_EV_OPEN,
                                          .endpoint = endpoint,
                                          .port = f->port[endpoint],
                                          .open.bus_name = wp_text(":1.1")});
        } else if (f->todo[i].what == RIG_CLOSE) {
            rig_step(f, (struct wp_event){.kind = WP_EV_CLOSE,
                                          .endpoint = endpoint,
                                          .port = f->todo[i].port,
                                          .close.reason = WP_CLOSE_OWN});
            f->port[endpoint] = 0;
        } else if (f->port[endpoint] == f->todo[i].port) {
            rig_own(f, endpoint, f->todo[i].serial);
        }
    }
    f->n_todo = 0;
}

static inline void rig_run(struct rig *f, wp_us duration)
{
    const wp_us end = f->now + duration;

    for (rig_settle(f); venus_system_class.deadline(f->m) <= end; rig_settle(f)) {
        const wp_us due = venus_system_class.deadline(f->m);

        f->now = due > f->now ? due : f->now;
        rig_step(f, (struct wp_event){.kind = WP_EV_TIMER});
    }
    f->now = end;
}

static inline struct wp_option_value rig_value(const char *name, const char *text)
{
    struct wp_option_value v = {.option = wp_option_find(venus_system_options, SYSTEM_ROWS, wp_text(name))};

    ck_assert_msg(v.option != NULL, "%s is no option", name);
    if (text)
        ck_assert_msg(wp_option_read(v.option, wp_text(text), &v.value, NULL), "%s: %s", name, text);
    return v;
}

static inline void rig_set(struct rig *f, const char *name, const char *text, uint32_t times)
{
    const struct wp_option_value v = rig_value(name, text);

    rig_step(f, (struct wp_event){.kind = WP_EV_SET,
                                  .set = {.option = v.option, .value = v.value, .times = times}});
    rig_settle(f);
}

static inline bool rig_give(struct rig *f, va_list args, struct wp_writer *why)
{
    const char *name;

    memset(f, 0, sizeof *f);
    f->outbox.emit = rig_emit;
    f->setup = (struct wp_setup){.name = "site",
                                 .seed = 1,
                                 .epoch_us = RIG_EPOCH,
                                 .given = f->given,
                                 .endpoints = venus_system_endpoints,
                                 .n_endpoints = VENUS_SERVICES_MAX};
    while ((name = va_arg(args, const char *)) != NULL) {
        ck_assert_msg(f->setup.n_given < RIG_GIVEN_MAX, "not so many");
        f->given[f->setup.n_given++] = rig_value(name, va_arg(args, const char *));
    }
    return venus_system_class.check(&f->setup, why);
}

static inline void rig_begin(struct rig *f, ...)
{
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);
    va_list args;

    va_start(args, f);
    ck_assert_msg(rig_give(f, args, &w), "%s", wp_put_end(&w));
    va_end(args);
    f->m = calloc(1, venus_system_class.size(&f->setup));
    ck_assert_msg(f->m != NULL, "there is memory");
    venus_system_class.init(&f->setup, f->m);
    rig_step(f, (struct wp_event){.kind = WP_EV_START});
    rig_run(f, 0);
}

static inline void rig_end(struct rig *f)
{
    free(f->m);
}

static inline void rig_forget(struct rig *f)
{
    f->signals = f->items_changed = f->n_told = f->left = 0;
    f->told[0] = '\0';
}

static inline struct venus_system_service *rig_service(struct rig *f, const char *name)
{
    struct venus_system_service *s = venus_system_find(f->m, wp_text(name));

    ck_assert_msg(s != NULL, "%s is no service", name);
    return s;
}

static inline bool rig_is_present(struct rig *f, const char *name)
{
    return venus_items_is_present(rig_service(f, name)->items);
}

static inline struct wp_value rig_get(struct rig *f, const char *name, const char *path)
{
    const struct venus_item *item = venus_items_find(rig_service(f, name)->items, path);

    ck_assert_msg(item != NULL, "%s has no %s", name, path);
    return item->value;
}

static inline double rig_number(struct rig *f, const char *name, const char *path)
{
    const struct wp_value v = rig_get(f, name, path);

    ck_assert_msg(wp_is_number(v), "%s %s is no number", name, path);
    return wp_real_of(v);
}

/* What its SetValue answers. */
static inline int32_t rig_write(struct rig *f, const char *name, const char *path, struct wp_value v)
{
    const uint16_t endpoint = rig_service(f, name)->plan.endpoint;
    uint8_t bytes[1024];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dbus_out out;
    const size_t calls = f->calls;

    dbus_begin(&out, &w,
               &(struct dbus_head){.type = DBUS_CALL,
                                   .serial = 7,
                                   .sender = wp_text(":1.99"),
                                   .destination = wp_text(":1.1"),
                                   .path = wp_text(path),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("SetValue")},
               "v");
    dbus_put_variant(&out, v);
    ck_assert_msg(dbus_end(&out), "the call is whole");
    rig_step(f, (struct wp_event){.kind = WP_EV_BYTES,
                                  .endpoint = endpoint,
                                  .port = f->port[endpoint],
                                  .bytes = wp_written(&w)});
    ck_assert_msg(f->calls == calls + 1, "a call has its reply");
    return f->answer;
}

/* How often it was signalled. */
static inline size_t rig_told(struct rig *f, const char *name, const char *path)
{
    char line[300];
    size_t n = 0;

    snprintf(line, sizeof line, "%u %s\n", rig_service(f, name)->plan.endpoint, path);
    for (const char *at = f->told; (at = strstr(at, line)) != NULL; at++)
        n += at == f->told || at[-1] == '\n';
    return n;
}

#endif
