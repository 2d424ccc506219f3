/* A bench for the simulated Victron service: it is stepped by hand, and what it does becomes lines of a trace.
 *
 *     dial                                        and: hang up
 *     RequestName ["com.victronenergy...",0]      a call of its own
 *     = [936.0]                                   a reply; ! UnknownObject an error's last word
 *     /Ac/Power PropertiesChanged [{"Text":"936.0W","Value":936.0}]
 *     note value-refused
 *
 * Bodies are the arguments as JSON. Every message is read by libdbus, too. */
#ifndef VENUS_SERVICE_RIG_H
#define VENUS_SERVICE_RIG_H

#include "sim/codec/venus_text.h"
#include "sim/device/venus_service.h"
#include "sim/device/venus_service_inside.h"

#include <check.h>
#include <dbus/dbus.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 32, RIG_TRACE_MAX = 1 << 20, RIG_MESSAGE_MAX = 1 << 20, RIG_PORT = 7 };

#define RIG_ITEM     "com.victronenergy.BusItem"
#define RIG_SETTINGS "com.victronenergy.Settings"

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    struct venus_service *m;
    wp_us now;
    wp_port port; /* of the open connection; 0: none */
    uint32_t serial;
    uint32_t last_own; /* serial of its last call */
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
    uint8_t tree[RIG_MESSAGE_MAX], out[RIG_MESSAGE_MAX];
};

static inline void rig_put_body(struct rig *r, const struct dbus_message *m)
{
    struct wp_writer tree = wp_writer(r->tree, sizeof r->tree);
    struct dbus_iter it;
    struct wp_value v;

    dbus_iter(&it, m);
    wp_put_char(&r->w, '[');
    for (bool first = true; dbus_next_type(&it); first = false) {
        if (!first)
            wp_put_char(&r->w, ',');
        tree.n = 0;
        ck_assert(dbus_get_tree(&it, &tree, &v));
        venus_put_json(&r->w, v);
    }
    wp_put_char(&r->w, ']');
}

static inline void rig_sent(struct rig *r, struct wp_slice bytes)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusMessage *theirs = dbus_message_demarshal((const char *)bytes.p, (int)bytes.n, &error);
    struct dbus_message m;

    ck_assert_msg(theirs != NULL, "libdbus cannot read it: %s", error.message);
    dbus_message_unref(theirs);
    ck_assert_int_eq(dbus_decode(bytes, &m).status, WP_OK);
    ck_assert_uint_eq(m.whole.n, bytes.n);
    switch (m.type) {
    case DBUS_CALL:
        r->last_own = m.serial;
        wp_put_slice(&r->w, m.member);
        wp_put_char(&r->w, ' ');
        break;
    case DBUS_SIGNAL:
        wp_put_slice(&r->w, m.path);
        wp_put_char(&r->w, ' ');
        wp_put_slice(&r->w, m.member);
        wp_put_char(&r->w, ' ');
        break;
    case DBUS_RETURN: wp_put_text(&r->w, "= "); break;
    default:
        wp_put_text(&r->w, "! ");
        wp_put_slice(&r->w, wp_slice_from(m.error_name, strlen("org.freedesktop.DBus.Error.")));
        return;
    }
    rig_put_body(r, &m);
}

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;

    switch (e->kind) {
    case WP_DIAL: wp_put_text(&r->w, "dial"); break;
    case WP_HANG_UP:
        ck_assert_uint_eq(e->port, r->port);
        r->port = 0;
        wp_put_text(&r->w, "hang up");
        break;
    case WP_SEND:
        ck_assert_uint_eq(e->port, r->port);
        rig_sent(r, e->bytes);
        break;
    case WP_NOTE:
        wp_put_text(&r->w, "note ");
        wp_put_text(&r->w, e->note.what);
        break;
    default: ck_abort_msg("a service does not do that");
    }
    wp_put_char(&r->w, '\n');
}

/* What was done since the last time. */
static inline void rig_expect(struct rig *r, const char *lines)
{
    ck_assert(!r->w.full);
    ck_assert_str_eq(wp_put_end(&r->w), lines);
    r->w.n = 0;
}

static inline void rig_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    venus_service_class.step(r->m, &e, &r->outbox);
}

/* Timers up to `until`; then it is `until`. */
static inline void rig_run(struct rig *r, wp_us until)
{
    wp_us due;

    while ((due = venus_service_class.deadline(r->m)) <= until) {
        ck_assert_int_ge(due, r->now);
        r->now = due;
        rig_step(r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    r->now = until;
}

static inline void rig_give(struct rig *r, const char *name, const char *text)
{
    const struct wp_option *option = wp_option_find(venus_service_options, SERVICE_ROWS, wp_text(name));
    char why[200];
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert_msg(option != NULL, "no option %s", name);
    ck_assert_msg(wp_option_read(option, wp_text(text), &r->given[r->setup.n_given].value, &w), "%s: %s",
                  name, text);
    r->given[r->setup.n_given++].option = option;
}

/* Names and texts by turns, NULL at the end. */
static inline void rig_init(struct rig *r, ...)
{
    va_list list;

    memset(r, 0, sizeof *r);
    r->outbox.emit = rig_emit;
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->endpoint = venus_service_class.endpoints[0];
    r->setup =
        (struct wp_setup){.name = "pv", .given = r->given, .endpoints = &r->endpoint, .n_endpoints = 1};
    va_start(list, r);
    for (const char *name = va_arg(list, const char *); name; name = va_arg(list, const char *))
        rig_give(r, name, va_arg(list, const char *));
    va_end(list);
}

static inline void rig_open(struct rig *r)
{
    r->port = RIG_PORT;
    rig_step(r,
             (struct wp_event){.kind = WP_EV_OPEN, .port = RIG_PORT, .open = {.bus_name = wp_text(":1.1")}});
}

/* A message of somebody's. */
static inline void rig_message(struct rig *r, struct wp_slice bytes)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .port = r->port, .bytes = bytes});
}

/* The bus answers the device's last call with a number, or with a name. */
static inline void rig_answer(struct rig *r, uint32_t code, const char *name)
{
    const struct dbus_head head = {
        .type = DBUS_RETURN, .serial = 1, .reply_serial = r->last_own, .sender = wp_text(DBUS_BUS)};
    struct wp_writer w = wp_writer(r->out, sizeof r->out);
    struct dbus_out out;

    dbus_begin(&out, &w, &head, name ? "s" : "u");
    if (name)
        dbus_put_text(&out, wp_text(name));
    else
        dbus_put_uint(&out, code);
    ck_assert(dbus_end(&out));
    rig_message(r, wp_written(&w));
}

static inline void rig_start_machine(struct rig *r)
{
    char why[400] = "";
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert_msg(venus_service_class.check(&r->setup, &w), "%s", wp_put_end(&w));
    r->m = malloc(venus_service_class.size(&r->setup));
    venus_service_class.init(&r->setup, r->m);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
}

/* On the bus, with its name; the trace is empty. */
static inline void rig_begin(struct rig *r)
{
    rig_start_machine(r);
    rig_open(r);
    rig_answer(r, DBUS_NAME_PRIMARY_OWNER, NULL);
    r->w.n = 0;
}

#define RIG_BEGIN(r, ...) (rig_init((r), __VA_ARGS__, (char *)NULL), rig_begin(r))

static inline void rig_end(struct rig *r)
{
    free(r->m);
    free(r);
}

static inline void rig_set_times(struct rig *r, const char *name, const char *text, uint32_t times)
{
    const struct wp_option *option = wp_option_find(venus_service_options, SERVICE_ROWS, wp_text(name));
    struct wp_value v;

    ck_assert_msg(option != NULL, "no option %s", name);
    ck_assert(wp_option_read(option, wp_text(text), &v, NULL));
    rig_step(r, (struct wp_event){.kind = WP_EV_SET, .set = {.option = option, .value = v, .times = times}});
}

static inline void rig_set(struct rig *r, const char *name, const char *text)
{
    rig_set_times(r, name, text, 0);
}

/* A call from :1.9; begun here, ended by rig_send. */
static inline struct wp_writer rig_call_with(struct rig *r, struct dbus_out *out, const char *path,
                                             const char *interface, const char *member, const char *signature,
                                             uint8_t flags)
{
    struct wp_writer w = wp_writer(r->out, sizeof r->out);
    const struct dbus_head head = {.type = DBUS_CALL,
                                   .flags = flags,
                                   .serial = ++r->serial,
                                   .path = wp_text(path),
                                   .interface = wp_text(interface),
                                   .member = wp_text(member),
                                   .destination = wp_text(":1.1"),
                                   .sender = wp_text(":1.9")};

    dbus_begin(out, &w, &head, signature);
    return w;
}

static inline void rig_send(struct rig *r, struct dbus_out *out)
{
    ck_assert(dbus_end(out));
    rig_message(r, wp_slice(out->w->p, out->w->n));
}

static inline void rig_ask(struct rig *r, const char *path, const char *interface, const char *member)
{
    struct dbus_out out;
    struct wp_writer w = rig_call_with(r, &out, path, interface, member, "", 0);

    out.w = &w;
    rig_send(r, &out);
}

static inline void rig_write_as(struct rig *r, const char *path, const char *type, struct wp_value v)
{
    struct dbus_out out;
    struct wp_writer w = rig_call_with(r, &out, path, RIG_ITEM, "SetValue", "v", 0);

    out.w = &w;
    dbus_put_variant_as(&out, type, v);
    rig_send(r, &out);
}

#endif
