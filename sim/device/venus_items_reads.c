/* What items say: values, texts, and all of it at once. */
#include "sim/device/venus_items_impl.h"

/* ---- one item ---------------------------------------------------------------------------------------------- */

/* Its type may have changed since the limits were given. */
void venus_put_item_value(struct dbus_out *out, const struct venus_item *item, struct wp_value value)
{
    struct wp_value coerced;

    if (value.kind != WP_NULL && venus_item_coerce(item, value, &coerced))
        dbus_put_variant_as(out, item->type, coerced);
    else
        dbus_put_variant(out, value);
}

static struct wp_slice text_of(const struct venus_items *t, const struct venus_item *item)
{
    struct wp_writer w = venus_items_text_room(t);

    venus_item_put_text(&w, item);
    return w.full ? wp_text("...") : wp_written(&w);
}

static void put_property(struct dbus_out *out, const char *name, const struct venus_item *item,
                         struct wp_value value)
{
    dbus_open(out);
    dbus_put_text(out, wp_text(name));
    venus_put_item_value(out, item, value);
    dbus_close(out);
}

static void put_text(struct venus_items *t, struct dbus_out *out, const struct venus_item *item)
{
    dbus_open(out);
    dbus_put_text(out, wp_text("Text"));
    dbus_put_variant(out, wp_text_value(text_of(t, item)));
    dbus_close(out);
}

void venus_put_text_alone(struct venus_items *t, struct dbus_out *out, const struct venus_item *item)
{
    dbus_open(out);
    put_text(t, out, item);
    dbus_close(out);
}

void venus_put_properties(struct venus_items *t, struct dbus_out *out, const struct venus_item *item,
                          bool with_limits)
{
    dbus_open(out);
    put_property(out, "Value", item, item->value);
    put_text(t, out, item);
    if (with_limits && item->min.kind != WP_NULL)
        put_property(out, "Min", item, item->min);
    if (with_limits && item->max.kind != WP_NULL)
        put_property(out, "Max", item, item->max);
    if (with_limits && item->def.kind != WP_NULL)
        put_property(out, "Default", item, item->def);
    dbus_close(out);
}

void venus_put_entry(struct venus_items *t, struct dbus_out *out, const struct venus_item *item,
                     bool with_limits)
{
    dbus_open(out);
    dbus_put_text(out, item->path);
    venus_put_properties(t, out, item, with_limits);
    dbus_close(out);
}

/* ---- all items ----------------------------------------------------------------------------------------------- */

void venus_serve_items(const struct venus_call *call)
{
    struct wp_writer w;
    struct dbus_out reply;

    venus_begin_reply(call, &w, &reply, "a{sa{sv}}");
    dbus_open(&reply);
    for (size_t i = 0; i < call->t->n; i++)
        if (!venus_items_at(call->t, i)->is_unlisted)
            venus_put_entry(call->t, &reply, venus_items_at(call->t, i), true);
    dbus_close(&reply);
    venus_end_reply(call, &w, &reply);
}

/* ---- a node: all below it, by paths without the leading slash ------------------------------------------------- */

static void put_node(const struct venus_call *call, struct dbus_out *reply, const char *type, bool as_text)
{
    const struct venus_items *t = call->t;
    const struct wp_slice node = call->m->path;
    const size_t skip = node.n == 1 ? 1 : node.n + 1;

    dbus_open_variant(reply, type);
    dbus_open(reply);
    for (size_t i = venus_items_place(t, node); i < t->n; i++) {
        const struct venus_item *item = venus_items_at(t, i);

        if (!venus_is_below(item->path, node))
            break;
        if (item->is_unlisted)
            continue;
        dbus_open(reply);
        dbus_put_text(reply, wp_slice_from(item->path, skip));
        if (as_text)
            dbus_put_text(reply, text_of(t, item));
        else
            venus_put_item_value(reply, item, item->value);
        dbus_close(reply);
    }
    dbus_close(reply);
    dbus_close(reply);
}

void venus_serve_value(const struct venus_call *call, struct venus_item *item)
{
    struct wp_writer w;
    struct dbus_out reply;

    if (!venus_has_arguments(call, ""))
        return;
    venus_begin_reply(call, &w, &reply, "v");
    if (item)
        venus_put_item_value(&reply, item, item->value);
    else
        put_node(call, &reply, "a{sv}", false);
    venus_end_reply(call, &w, &reply);
}

void venus_serve_text(const struct venus_call *call, struct venus_item *item)
{
    struct wp_writer w;
    struct dbus_out reply;

    if (!venus_has_arguments(call, ""))
        return;
    if (item) {
        venus_reply_text(call, text_of(call->t, item));
        return;
    }
    venus_begin_reply(call, &w, &reply, "v");
    put_node(call, &reply, "a{ss}", true);
    venus_end_reply(call, &w, &reply);
}
