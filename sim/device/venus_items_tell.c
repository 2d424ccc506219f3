/* What an object is, told to those who look around: busctl tree, d-feet, dbus-send.
 * source: D-Bus Specification, "Introspection Data Format" */
#include "sim/device/venus_items_impl.h"

#define INTERFACE_PEER                                                                                       \
    " <interface name=\"org.freedesktop.DBus.Peer\">\n"                                                      \
    "  <method name=\"Ping\"/>\n"                                                                            \
    "  <method name=\"GetMachineId\"><arg name=\"machine_uuid\" type=\"s\" direction=\"out\"/></method>\n"   \
    " </interface>\n"                                                                                        \
    " <interface name=\"org.freedesktop.DBus.Introspectable\">\n"                                            \
    "  <method name=\"Introspect\"><arg name=\"data\" type=\"s\" direction=\"out\"/></method>\n"             \
    " </interface>\n"

#define ITEM_BEGIN " <interface name=\"com.victronenergy.BusItem\">\n"
#define ITEM_LEAF                                                                                            \
    "  <method name=\"GetValue\"><arg type=\"v\" direction=\"out\"/></method>\n"                             \
    "  <method name=\"GetText\"><arg type=\"s\" direction=\"out\"/></method>\n"                              \
    "  <method name=\"SetValue\"><arg type=\"v\" direction=\"in\"/><arg type=\"i\" "                         \
    "direction=\"out\"/></method>\n"                                                                         \
    "  <method name=\"GetMin\"><arg type=\"v\" direction=\"out\"/></method>\n"                               \
    "  <method name=\"GetMax\"><arg type=\"v\" direction=\"out\"/></method>\n"                               \
    "  <method name=\"GetDefault\"><arg type=\"v\" direction=\"out\"/></method>\n"                           \
    "  <method name=\"SetDefault\"><arg type=\"i\" direction=\"out\"/></method>\n"                           \
    "  <method name=\"GetDescription\"><arg type=\"s\" direction=\"in\"/><arg type=\"i\" direction=\"in\"/>" \
    "<arg type=\"s\" direction=\"out\"/></method>\n"                                                         \
    "  <signal name=\"PropertiesChanged\"><arg type=\"a{sv}\"/></signal>\n"
#define ITEM_NODE                                                                                            \
    "  <method name=\"GetValue\"><arg type=\"v\" direction=\"out\"/></method>\n"                             \
    "  <method name=\"GetText\"><arg type=\"v\" direction=\"out\"/></method>\n"
#define ITEM_ROOT                                                                                            \
    "  <method name=\"GetItems\"><arg type=\"a{sa{sv}}\" direction=\"out\"/></method>\n"                     \
    "  <signal name=\"ItemsChanged\"><arg type=\"a{sa{sv}}\"/></signal>\n"
#define ITEM_END " </interface>\n"

static void put_interfaces(struct wp_writer *w, const struct venus_call *call, bool is_leaf)
{
    wp_put_text(w, INTERFACE_PEER ITEM_BEGIN);
    wp_put_text(w, is_leaf ? ITEM_LEAF : ITEM_NODE);
    if (wp_slice_is(call->m->path, "/") && !call->t->conduct.is_legacy)
        wp_put_text(w, ITEM_ROOT);
    wp_put_text(w, ITEM_END);
}

/* The part of a path below the node, up to its next slash. */
static struct wp_slice child_of(struct wp_slice path, struct wp_slice node)
{
    const struct wp_slice rest = wp_slice_from(path, node.n == 1 ? 1 : node.n + 1);
    const uint8_t *slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;

    return slash ? wp_slice(rest.p, (size_t)(slash - rest.p)) : rest;
}

/* Those of one name stand together. Without nodes it is the leaves that are named, from "/". */
static void put_children(struct wp_writer *w, const struct venus_call *call)
{
    const struct venus_items *t = call->t;
    struct wp_slice last = {0};

    for (size_t i = venus_items_place(t, call->m->path); i < t->n; i++) {
        const struct venus_item *item = venus_items_at(t, i);
        const struct wp_slice path = item->path;
        struct wp_slice name;

        if (!venus_is_below(path, call->m->path))
            return;
        name = t->conduct.has_no_nodes ? wp_slice_from(path, 1) : child_of(path, call->m->path);
        if (item->is_unlisted || wp_slice_eq(name, last))
            continue;
        wp_put_text(w, " <node name=\"");
        wp_put_slice(w, name);
        wp_put_text(w, "\"/>\n");
        last = name;
    }
}

void venus_serve_introspection(const struct venus_call *call)
{
    const bool is_leaf = venus_items_find_slice(call->t, call->m->path) != NULL;
    struct wp_writer w = venus_items_text_room(call->t);

    if (!venus_has_arguments(call, ""))
        return;
    wp_put_text(&w, "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
                    "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n<node>\n");
    put_interfaces(&w, call, is_leaf);
    if (!is_leaf)
        put_children(&w, call);
    wp_put_text(&w, "</node>\n");
    if (w.full)
        venus_reply_error(call, DBUS_FAULT("NoMemory"), "the description is longer than there is room for");
    else
        venus_reply_text(call, wp_written(&w));
}
