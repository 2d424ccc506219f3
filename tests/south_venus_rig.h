/* A bench for the Victron south: it is stepped by hand, what it does becomes lines of a trace, and the test is the bus.
 *
 *     [  0.000] dial
 *     [  0.000] #3 bus ListNames                              a call, with its serial
 *     [  0.000] #4 bus GetNameOwner com.victronenergy.grid.a
 *     [  0.000] #5 grid.a / GetItems                          names of Victron's services without what all begin with
 *     [  0.000] #6 grid.a /Mode SetValue i 3                  type and value
 *     [  0.000] online grid/30                                or: offline
 *     [  0.000] polled grid/30 /Ac/Power=936.0 [0..10]        a reading, or: pushed, asked, left; limits, if any
 *     [  0.000] answer 7 ok                                   tag; or why not
 *     [  0.000] note scan-failed: grid.a: org.freedesktop.DBus.Error.UnknownObject 1
 *     [  0.000] hang up
 *
 * Values of messages that the test sends are texts:
 *
 *     items     "/Ac/Power Value 936.0 Min 0 Max 10; /Name Value 'Grid'"       a{sa{sv}}
 *     values    "Ac/Power 936.0; Name 'Grid'; Empty null"                      a{sv}
 */
#ifndef SOUTH_VENUS_RIG_H
#define SOUTH_VENUS_RIG_H

#include "sim/codec/dbus_bus.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/south_venus.h"

#ifdef RIG_WITHOUT_CHECK /* in a fuzzer a failed check ends the program */
#include <assert.h>
#define ck_assert(a)             assert(a)
#define ck_assert_msg(a, ...)    assert(a)
#define ck_assert_ptr_nonnull(a) assert(a)
#define ck_assert_int_ge(a, b)   assert((a) >= (b))
#define ck_assert_uint_lt(a, b)  assert((a) < (b))
#define ck_assert_str_eq(a, b)   assert(strcmp(a, b) == 0)
#define ck_abort_msg(text)       assert(false && text)
#else
#include <check.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 16, RIG_TRACE_MAX = 1 << 20, RIG_MESSAGE_MAX = 1 << 18 };

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    void *machine;
    wp_us now;
    wp_port port;
    bool is_open, is_dialling, is_silent; /* silent: counts, and writes no trace */
    uint32_t serial;                      /* of the latest call of the south's */
    size_t n_sent, n_points, n_left, n_answers, n_notes;
    uint32_t asks_on_answer; /* reads /Again of that answer's device with this tag; 0: never */
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
    uint8_t message[RIG_MESSAGE_MAX];
};

#define RIG_SOUTH south_venus_class
#include "tests/south_rig.h"

/* ---- the trace ---------------------------------------------------------------------------------------- */

/* Without "com.victronenergy.". */
static inline void rig_put_name(struct wp_writer *w, struct wp_slice name)
{
    static const char prefix[] = "com.victronenergy.";

    if (wp_slice_is(name, DBUS_BUS))
        wp_put_text(w, "bus");
    else if (name.n > sizeof prefix && memcmp(name.p, prefix, sizeof prefix - 1) == 0)
        wp_put_slice(w, wp_slice_from(name, sizeof prefix - 1));
    else
        wp_put_slice(w, name);
}

static inline void rig_put_sent(struct rig *r, const struct wp_effect *e)
{
    struct dbus_message m;
    struct dbus_iter it;
    struct wp_value v;

    ck_assert_msg(dbus_decode(e->bytes, &m).status == WP_OK, "sends messages");
    ck_assert(r->is_open && e->port == r->port);
    ck_assert(m.whole.n == e->bytes.n && m.sender.n == 0 && !m.is_big_endian);
    r->n_sent++;
    wp_put_char(&r->w, '#');
    wp_put_uint(&r->w, m.serial);
    if (m.type == DBUS_ERROR) {
        wp_put_text(&r->w, " error ");
        wp_put_slice(&r->w, m.error_name);
        return;
    }
    ck_assert(m.type == DBUS_CALL);
    r->serial = m.serial;
    wp_put_char(&r->w, ' ');
    rig_put_name(&r->w, m.destination);
    if (!wp_slice_is(m.destination, DBUS_BUS)) {
        wp_put_char(&r->w, ' ');
        wp_put_slice(&r->w, m.path);
    }
    wp_put_char(&r->w, ' ');
    wp_put_slice(&r->w, m.member);
    dbus_iter(&it, &m);
    if (dbus_next_type(&it) == 'v' && dbus_enter(&it)) {
        wp_put_char(&r->w, ' ');
        wp_put_slice(&r->w, dbus_next_signature(&it));
    }
    if (dbus_next_type(&it) && dbus_get_value(&it, &v)) {
        wp_put_char(&r->w, ' ');
        wp_put_value(&r->w, v);
    }
}

static inline void rig_put_point(struct wp_writer *w, const struct wp_point *p)
{
    wp_put_char(w, ' ');
    wp_put_slice(w, p->id);
    wp_put_char(w, '=');
    if (p->value.kind == WP_TREE)
        wp_put_hex(w, p->value.bytes);
    else
        wp_put_value(w, p->value);
    if (p->value.kind == WP_REAL && p->value.real >= -1e9 && p->value.real <= 1e9 &&
        p->value.real == (double)(int64_t)p->value.real)
        wp_put_text(w, "(d)");
    if (!p->min && !p->max)
        return;
    wp_put_text(w, "[");
    if (p->min)
        wp_put_value(w, *p->min);
    wp_put_text(w, "..");
    if (p->max)
        wp_put_value(w, *p->max);
    wp_put_text(w, "]");
}

static inline void rig_put_reading(struct rig *r, const struct wp_reading *reading)
{
    static const char *const reasons[] = {
        [WP_POLLED] = "polled ", [WP_ASKED] = "asked ", [WP_PUSHED] = "pushed "};
    const bool is_left = reading->event != NULL;

    ck_assert(reading->n_points > 0 && reading->n_points <= 64);
    ck_assert(strcmp(reading->protocol, "venus") == 0);
    ck_assert(!is_left || strcmp(reading->event, WP_EVENT_LEFT) == 0);
    wp_put_text(&r->w, is_left ? "left " : reasons[reading->reason]);
    wp_put_slice(&r->w, reading->device);
    for (size_t i = 0; i < reading->n_points; i++) {
        r->n_points++;
        r->n_left += is_left;
        if (is_left) {
            ck_assert(reading->points[i].value.kind == WP_NULL);
            wp_put_char(&r->w, ' ');
            wp_put_slice(&r->w, reading->points[i].id);
        } else {
            rig_put_point(&r->w, &reading->points[i]);
        }
    }
}

static inline void rig_put_note(struct rig *r, const struct wp_effect *e)
{
    r->n_notes++;
    wp_put_text(&r->w, "note ");
    wp_put_text(&r->w, e->note.what);
    wp_put_text(&r->w, ": ");
    rig_put_name(&r->w, e->note.text);
    wp_put_char(&r->w, ' ');
    wp_put_int(&r->w, e->note.count);
}

static inline void rig_put_answer(struct rig *r, const struct wp_answer *a)
{
    r->n_answers++;
    ck_assert(a->ok == (a->fault.n == 0));
    wp_put_text(&r->w, "answer ");
    wp_put_uint(&r->w, a->tag);
    wp_put_text(&r->w, a->ok ? " ok" : ": ");
    wp_put_slice(&r->w, a->fault);
}

static inline void rig_command(struct rig *r, uint32_t tag, enum wp_operation operation, const char *device,
                               const char *id, struct wp_value value);

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;
    uint32_t tag = r->asks_on_answer;

    if (r->is_silent)
        r->w = wp_writer(r->trace, sizeof r->trace);
    rig_head(r);
    switch (e->kind) {
    case WP_SEND: rig_put_sent(r, e); break;
    case WP_READING: rig_put_reading(r, e->reading); break;
    case WP_NOTE: rig_put_note(r, e); break;
    case WP_ANSWER: rig_put_answer(r, e->answer); break;
    case WP_DIAL:
        ck_assert(!r->is_dialling && !r->is_open);
        r->is_dialling = true;
        wp_put_text(&r->w, "dial");
        break;
    case WP_HANG_UP:
        r->is_open = false;
        wp_put_text(&r->w, "hang up");
        break;
    case WP_PRESENCE:
        ck_assert(strcmp(e->presence->protocol, "venus") == 0);
        wp_put_text(&r->w, e->presence->online ? "online " : "offline ");
        wp_put_slice(&r->w, e->presence->device);
        break;
    default: ck_abort_msg("a south does not do that");
    }
    wp_put_char(&r->w, '\n');
    if (r->is_silent)
        r->w = wp_writer(r->trace, sizeof r->trace);
    if (e->kind == WP_ANSWER && tag) {
        r->asks_on_answer = 0;
        rig_command(r, tag, WP_READ, "grid/30", "/Again", wp_null());
    }
}

static inline void rig_clear(struct rig *r)
{
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->n_sent = r->n_points = r->n_left = r->n_answers = r->n_notes = 0;
}

/* ---- making and stepping ------------------------------------------------------------------------------ */

static inline void rig_make_list(struct rig *r, va_list list)
{
    rig_make_south(r, list);
}

static inline void rig_open(struct rig *r)
{
    ck_assert(r->is_dialling);
    r->is_dialling = false;
    r->is_open = true;
    rig_step(r, (struct wp_event){.kind = WP_EV_OPEN, .port = ++r->port, .open.bus_name = wp_text(":1.0")});
}

static inline void rig_close(struct rig *r)
{
    r->is_open = false;
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .port = r->port, .close.reason = WP_CLOSE_RESET});
}

static inline void rig_fail_dial(struct rig *r)
{
    r->is_dialling = false;
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .close.reason = WP_CLOSE_REFUSED});
}

/* ---- the bus's side ----------------------------------------------------------------------------------- */

static inline void rig_bytes(struct rig *r, struct wp_slice bytes)
{
    if (r->is_open)
        rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .port = r->port, .bytes = bytes});
}

/* Up to the next c, which is taken too, without blanks around it. */
static inline struct wp_slice rig_cut(struct wp_slice *in, char c)
{
    const uint8_t *at;
    struct wp_slice out;

    while (in->n > 0 && in->p[0] == ' ')
        *in = wp_slice_from(*in, 1);
    at = in->n ? memchr(in->p, c, in->n) : NULL;
    out = wp_slice(in->p, at ? (size_t)(at - in->p) : in->n);
    *in = wp_slice_from(*in, out.n + 1);
    while (out.n > 0 && out.p[out.n - 1] == ' ')
        out.n--;
    return out;
}

static inline struct wp_value rig_value(struct wp_slice text)
{
    struct wp_value v;

    if (text.n >= 2 && text.p[0] == '\'')
        return wp_text_value(wp_slice(text.p + 1, text.n - 2));
    if (wp_slice_is(text, "null"))
        return wp_null();
    if (wp_slice_is(text, "true"))
        return wp_bool(true);
    ck_assert_msg(wp_number_read(text, &v), "%.*s is a value", WP_FMT(text));
    return memchr(text.p, '.', text.n) ? wp_real(wp_real_of(v)) : v;
}

static inline void rig_put_entry(struct dbus_out *out, struct wp_slice key, struct wp_slice value)
{
    dbus_open(out);
    dbus_put_text(out, key);
    dbus_put_variant(out, rig_value(value));
    dbus_close(out);
}

/* a{sa{sv}} */
static inline void rig_put_items(struct dbus_out *out, const char *text)
{
    struct wp_slice in = wp_text(text);

    dbus_open(out);
    while (in.n > 0) {
        struct wp_slice item = rig_cut(&in, ';');

        dbus_open(out);
        dbus_put_text(out, rig_cut(&item, ' '));
        dbus_open(out);
        while (item.n > 0) {
            struct wp_slice key = rig_cut(&item, ' ');

            rig_put_entry(out, key, rig_cut(&item, ' '));
        }
        dbus_close(out);
        dbus_close(out);
    }
    dbus_close(out);
}

/* a{sv} */
static inline void rig_put_values(struct dbus_out *out, const char *text)
{
    struct wp_slice in = wp_text(text);

    dbus_open(out);
    while (in.n > 0) {
        struct wp_slice item = rig_cut(&in, ';'), key = rig_cut(&item, ' ');

        rig_put_entry(out, key, item);
    }
    dbus_close(out);
}

static inline void rig_deliver(struct rig *r, struct dbus_out *out)
{
    ck_assert(dbus_end(out));
    rig_bytes(r, wp_written(out->w));
}

static inline void rig_begin_reply(struct rig *r, struct dbus_out *out, struct wp_writer *w,
                                   const char *sender, uint32_t serial, const char *signature)
{
    const struct dbus_head head = {.type = DBUS_RETURN,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = 1000 + serial,
                                   .reply_serial = serial,
                                   .destination = wp_text(":1.0"),
                                   .sender = wp_text(sender)};

    *w = wp_writer(r->message, sizeof r->message);
    dbus_begin(out, w, &head, signature);
}

static inline void rig_reply_items(struct rig *r, const char *sender, uint32_t serial, const char *items)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, sender, serial, "a{sa{sv}}");
    rig_put_items(&out, items);
    rig_deliver(r, &out);
}

/* Of GetValue on a node. */
static inline void rig_reply_values(struct rig *r, const char *sender, uint32_t serial, const char *values)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, sender, serial, "v");
    dbus_open_variant(&out, "a{sv}");
    rig_put_values(&out, values);
    dbus_close(&out);
    rig_deliver(r, &out);
}

/* Of GetValue on a leaf. */
static inline void rig_reply_value(struct rig *r, const char *sender, uint32_t serial, const char *value)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, sender, serial, "v");
    dbus_put_variant(&out, rig_value(wp_text(value)));
    rig_deliver(r, &out);
}

/* Of SetValue. */
static inline void rig_reply_code(struct rig *r, const char *sender, uint32_t serial, int code)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, sender, serial, "i");
    dbus_put_int(&out, code);
    rig_deliver(r, &out);
}

/* Of GetNameOwner. */
static inline void rig_reply_text(struct rig *r, uint32_t serial, const char *text)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, DBUS_BUS, serial, "s");
    dbus_put_text(&out, wp_text(text));
    rig_deliver(r, &out);
}

static inline void rig_reply_nothing(struct rig *r, uint32_t serial)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, DBUS_BUS, serial, "");
    rig_deliver(r, &out);
}

/* Of ListNames: "org.freedesktop.DBus :1.0 com.victronenergy.grid.a" */
static inline void rig_reply_names(struct rig *r, uint32_t serial, const char *names)
{
    struct wp_slice in = wp_text(names);
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_reply(r, &out, &w, DBUS_BUS, serial, "as");
    dbus_open(&out);
    while (in.n > 0)
        dbus_put_text(&out, rig_cut(&in, ' '));
    dbus_close(&out);
    rig_deliver(r, &out);
}

static inline void rig_reply_error(struct rig *r, const char *sender, uint32_t serial, const char *name)
{
    const struct dbus_head head = {.type = DBUS_ERROR,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = 1000 + serial,
                                   .reply_serial = serial,
                                   .error_name = wp_text(name),
                                   .destination = wp_text(":1.0"),
                                   .sender = wp_text(sender)};
    struct wp_writer w = wp_writer(r->message, sizeof r->message);
    struct dbus_out out;

    dbus_begin(&out, &w, &head, "");
    rig_deliver(r, &out);
}

static inline void rig_begin_signal(struct rig *r, struct dbus_out *out, struct wp_writer *w,
                                    const char *sender, const char *path, const char *member,
                                    const char *signature)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = 7,
                                   .path = wp_text(path),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text(member),
                                   .sender = wp_text(sender)};

    *w = wp_writer(r->message, sizeof r->message);
    dbus_begin(out, w, &head, signature);
}

static inline void rig_items_changed(struct rig *r, const char *sender, const char *items)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_signal(r, &out, &w, sender, "/", "ItemsChanged", "a{sa{sv}}");
    rig_put_items(&out, items);
    rig_deliver(r, &out);
}

static inline void rig_properties_changed(struct rig *r, const char *sender, const char *path,
                                          const char *values)
{
    struct dbus_out out;
    struct wp_writer w;

    rig_begin_signal(r, &out, &w, sender, path, "PropertiesChanged", "a{sv}");
    rig_put_values(&out, values);
    rig_deliver(r, &out);
}

static inline void rig_owner_change(struct rig *r, const char *name, const char *before, const char *after)
{
    const struct dbus_owner_change change = {wp_text(name), wp_text(before), wp_text(after)};
    struct wp_writer w = wp_writer(r->message, sizeof r->message);

    ck_assert(dbus_put_owner_change(&w, 9, &change));
    rig_bytes(r, wp_written(&w));
}

/* Connected, its match rules are taken, ListNames answered with these; calls #4 and on are GetNameOwner. */
static inline void rig_connect(struct rig *r, const char *names)
{
    rig_open(r);
    rig_reply_nothing(r, 1);
    rig_reply_nothing(r, 2);
    rig_reply_names(r, 3, names);
}

/* A service comes by its name, and is scanned. */
static inline void rig_come(struct rig *r, const char *name, const char *owner, const char *items)
{
    rig_owner_change(r, name, "", owner);
    rig_reply_items(r, owner, r->serial, items);
}

/* Connected to an empty bus, nothing in the trace; the next call is #4. */
static inline void rig_start_open(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_make_list(r, list);
    va_end(list);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
    rig_connect(r, DBUS_BUS " :1.0");
    rig_clear(r);
}

/* ---- the north's side --------------------------------------------------------------------------------- */

static inline void rig_command(struct rig *r, uint32_t tag, enum wp_operation operation, const char *device,
                               const char *id, struct wp_value value)
{
    const struct wp_slice ids[] = {wp_text(id)};
    const struct wp_command command = {.tag = tag,
                                       .from = 1,
                                       .device = wp_text(device),
                                       .operation = operation,
                                       .ids = ids,
                                       .n_ids = 1,
                                       .value = value};

    rig_step(r, (struct wp_event){.kind = WP_EV_COMMAND, .command = &command});
}

static inline void rig_read(struct rig *r, uint32_t tag, const char *device, const char *path)
{
    rig_command(r, tag, WP_READ, device, path, wp_null());
}

static inline void rig_write(struct rig *r, uint32_t tag, const char *device, const char *path,
                             const char *value)
{
    rig_command(r, tag, WP_WRITE, device, path, rig_value(wp_text(value)));
}

static inline void rig_mirror(struct rig *r, uint32_t tag, const char *device)
{
    rig_command(r, tag, WP_EXECUTE, device, WP_MIRROR, wp_null());
}

#endif
