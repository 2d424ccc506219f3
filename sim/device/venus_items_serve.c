/* Calls of others: what is called, and what answers when it is nothing of ours.
 *
 *     there is nothing at the path              UnknownObject
 *     something, but no such method there       UnknownMethod
 *
 * A reader takes UnknownMethod of GetItems alone as a sign of an old service. source: protocols/victron-dbus-and-vrm a.5, T5 */
#include "sim/device/venus_items_impl.h"

#define BUS_ITEM   "com.victronenergy.BusItem"
#define INTROSPECT "org.freedesktop.DBus.Introspectable"
#define MACHINE_ID "00000000000000000000000000000000"

/* ---- replies --------------------------------------------------------------------------------------------- */

bool venus_is_wanted(const struct venus_call *call)
{
    return !(call->m->flags & DBUS_NO_REPLY);
}

void venus_begin_reply(const struct venus_call *call, struct wp_writer *message, struct dbus_out *reply,
                       const char *signature)
{
    *message = venus_items_message(call->t);
    dbus_begin_reply(reply, message, venus_items_serial(call->t), call->m, signature);
}

void venus_end_reply(const struct venus_call *call, struct wp_writer *message, struct dbus_out *reply)
{
    if (!dbus_end(reply)) {
        wp_note(call->out, "no-memory", wp_text("a reply is longer than there is room for"),
                ++call->t->n_refused);
        venus_reply_error(call, DBUS_FAULT("NoMemory"), "the reply is longer than there is room for");
    } else if (venus_is_wanted(call)) {
        venus_items_say(call->t, message, call->out);
    }
}

void venus_reply_error(const struct venus_call *call, const char *name, const char *sentence)
{
    struct wp_writer w = venus_items_message(call->t);

    if (venus_is_wanted(call) &&
        dbus_put_error(&w, venus_items_serial(call->t), call->m, name, wp_text(sentence)))
        venus_items_say(call->t, &w, call->out);
}

void venus_reply_i32(const struct venus_call *call, int32_t code)
{
    struct wp_writer w;
    struct dbus_out reply;

    venus_begin_reply(call, &w, &reply, "i");
    dbus_put_int(&reply, code);
    venus_end_reply(call, &w, &reply);
}

void venus_reply_text(const struct venus_call *call, struct wp_slice text)
{
    struct wp_writer w;
    struct dbus_out reply;

    venus_begin_reply(call, &w, &reply, "s");
    dbus_put_text(&reply, text);
    venus_end_reply(call, &w, &reply);
}

static void reply_empty(const struct venus_call *call)
{
    struct wp_writer w;
    struct dbus_out reply;

    venus_begin_reply(call, &w, &reply, "");
    venus_end_reply(call, &w, &reply);
}

bool venus_has_arguments(const struct venus_call *call, const char *signature)
{
    if (wp_slice_is(call->m->signature, signature))
        return true;
    venus_reply_error(call, DBUS_FAULT("InvalidArgs"), "the call has other arguments than the method");
    return false;
}

/* ---- what is where ------------------------------------------------------------------------------------------ */

/* A node that is exported; "/" is always. */
static bool is_node(const struct venus_items *t, struct wp_slice path)
{
    if (t->plan->is_settings && wp_slice_is(path, "/Settings"))
        return true; /* even before the first setting */
    if (t->conduct.has_no_nodes)
        return wp_slice_is(path, "/");
    return venus_items_is_node(t, path);
}

void venus_reply_unknown(const struct venus_call *call)
{
    const struct venus_items *t = call->t;

    if (venus_items_find_slice(t, call->m->path) || is_node(t, call->m->path))
        venus_reply_error(call, DBUS_FAULT("UnknownMethod"), "the object has no such method");
    else
        venus_reply_error(call, DBUS_FAULT("UnknownObject"), "there is no object at the path");
}

/* Both names as one text: "GetItems" of the interface, or of none. */
static bool calls(const struct venus_call *call, const char *interface, const char *member)
{
    return dbus_is(call->m, DBUS_CALL, interface, member);
}

bool venus_items_is_slow(const struct dbus_message *m)
{
    if (!wp_slice_is(m->path, "/"))
        return false;
    return dbus_is(m, DBUS_CALL, BUS_ITEM, "GetItems") || dbus_is(m, DBUS_CALL, BUS_ITEM, "GetValue") ||
           dbus_is(m, DBUS_CALL, BUS_ITEM, "GetText");
}

/* ---- limits and what else is asked of an item --------------------------------------------------------------- */

/* An item that announces none says 0, and -1 for its default. */
static void serve_limit(const struct venus_call *call, const struct venus_item *item, struct wp_value limit,
                        int32_t none)
{
    struct wp_writer w;
    struct dbus_out reply;

    if (!venus_has_arguments(call, ""))
        return;
    venus_begin_reply(call, &w, &reply, "v");
    if (limit.kind == WP_NULL)
        dbus_put_variant(&reply, wp_int(none));
    else
        venus_put_item_value(&reply, item, limit);
    venus_end_reply(call, &w, &reply);
}

static bool serve_extras(const struct venus_call *call, struct venus_item *item)
{
    if (calls(call, BUS_ITEM, "GetMin"))
        serve_limit(call, item, item->min, 0);
    else if (calls(call, BUS_ITEM, "GetMax"))
        serve_limit(call, item, item->max, 0);
    else if (calls(call, BUS_ITEM, "GetDefault"))
        serve_limit(call, item, item->def, -1);
    else if (calls(call, BUS_ITEM, "GetDescription"))
        venus_reply_text(call, wp_text("No description given"));
    else
        return false;
    return true;
}

/* ---- com.victronenergy.BusItem ------------------------------------------------------------------------------- */

static void serve_get_items(const struct venus_call *call)
{
    if (call->t->conduct.items_error)
        venus_reply_error(call, call->t->conduct.items_error, "as it was told to");
    else if (venus_has_arguments(call, ""))
        venus_serve_items(call);
}

/* item NULL: a node. */
static bool serve_bus_item(const struct venus_call *call, struct venus_item *item)
{
    const bool is_root = wp_slice_is(call->m->path, "/");

    if (calls(call, BUS_ITEM, "GetValue"))
        venus_serve_value(call, item);
    else if (calls(call, BUS_ITEM, "GetText"))
        venus_serve_text(call, item);
    else if (item && calls(call, BUS_ITEM, "SetValue"))
        venus_serve_write(call, item);
    else if (is_root && !call->t->conduct.is_legacy && calls(call, BUS_ITEM, "GetItems"))
        serve_get_items(call);
    else if (calls(call, BUS_ITEM, "SetDefault"))
        venus_serve_default(call, item);
    else
        return item && serve_extras(call, item);
    return true;
}

/* ---- what every object has ------------------------------------------------------------------------------------- */

static bool serve_peer(const struct venus_call *call)
{
    if (calls(call, DBUS_PEER, "Ping"))
        reply_empty(call);
    else if (calls(call, DBUS_PEER, "GetMachineId"))
        venus_reply_text(call, wp_text(MACHINE_ID));
    else
        return false;
    return true;
}

void venus_items_serve(const struct venus_call *call)
{
    struct venus_items *t = call->t;
    struct venus_item *item = venus_items_find_slice(t, call->m->path);

    if (serve_peer(call))
        return;
    if (!item && !is_node(t, call->m->path))
        venus_reply_unknown(call);
    else if (calls(call, INTROSPECT, "Introspect"))
        venus_serve_introspection(call);
    else if (!serve_bus_item(call, item) && !(t->plan->is_settings && venus_serve_settings(call)))
        venus_reply_unknown(call);
}
