/* What services say of their items: ItemsChanged and PropertiesChanged, and what GetItems and GetValue return.
 *
 *     ItemsChanged, GetItems    a{sa{sv}}   by path: Value, Min and Max, each of them if it is there
 *     PropertiesChanged         a{sv}       on the item's own path: Value alone counts
 *     GetValue on a node        v of a{sv}  by path below the node, without its slash
 *
 * A signal of a service whose scan is under way waits for its end; norths hear of everything that is mentioned, whether
 * it has changed or not. source: protocols/victron-dbus-and-vrm a.3, a.5, T14, T16 */
#include "sim/gateway/south_venus_impl.h"

/* ---- bodies ------------------------------------------------------------------------------------------- */

/* The attributes of an item, a{sv}. */
static void take_attributes(struct venus_south *so, struct venus_service *s, struct venus_item *item,
                            struct dbus_iter *it)
{
    dbus_enter(it);
    while (dbus_next_type(it)) {
        struct wp_slice key;

        dbus_enter(it);
        key = dbus_get_text(it);
        if (wp_slice_is(key, "Value")) {
            south_venus_take(so, s, &item->value, it);
        } else if (wp_slice_is(key, "Min")) {
            south_venus_take(so, s, &item->min, it);
            item->has_min = true;
        } else if (wp_slice_is(key, "Max")) {
            south_venus_take(so, s, &item->max, it);
            item->has_max = true;
        }
        dbus_leave(it);
    }
    dbus_leave(it);
}

bool south_venus_merge(struct venus_south *so, struct venus_service *s, const struct dbus_message *m,
                       enum wp_reason reason)
{
    struct venus_batch b;
    struct dbus_iter it;

    if (!wp_slice_is(m->signature, "a{sa{sv}}"))
        return false;
    south_venus_batch(&b, s->device, reason);
    dbus_iter(&it, m);
    dbus_enter(&it);
    while (dbus_next_type(&it)) {
        struct venus_item *item;

        dbus_enter(&it);
        item = south_venus_item(so, s, dbus_get_text(&it));
        if (item) {
            take_attributes(so, s, item, &it);
            south_venus_tell(so, &b, item);
        }
        dbus_leave(&it);
    }
    south_venus_tell_end(so, &b);
    return true;
}

bool south_venus_merge_values(struct venus_south *so, struct venus_service *s, struct dbus_iter *it,
                              struct wp_slice node, enum wp_reason reason)
{
    const struct wp_slice type = dbus_next_signature(it);
    uint8_t memory[VENUS_PATH_MAX];
    struct venus_batch b;

    if (type.n < 4 || memcmp(type.p, "a{s", 3) != 0)
        return false;
    south_venus_batch(&b, s->device, reason);
    dbus_enter(it);
    while (dbus_next_type(it)) {
        struct wp_writer path = wp_writer(memory, sizeof memory);
        struct venus_item *item;

        dbus_enter(it);
        wp_put_slice(&path, node);
        if (node.n > 1)
            wp_put_char(&path, '/');
        wp_put_slice(&path, dbus_get_text(it));
        item = path.full ? NULL : south_venus_item(so, s, wp_written(&path));
        if (path.full)
            south_venus_count_of(so, VENUS_N_PATH, s, node);
        if (item) {
            south_venus_take(so, s, &item->value, it);
            south_venus_tell(so, &b, item);
        }
        dbus_leave(it);
    }
    dbus_leave(it);
    south_venus_tell_end(so, &b);
    return true;
}

/* To the value of the first entry with this key. */
static bool enter_entry(struct dbus_iter *it, const char *key)
{
    dbus_enter(it);
    while (dbus_next_type(it)) {
        dbus_enter(it);
        if (wp_slice_is(dbus_get_text(it), key))
            return true;
        dbus_leave(it);
    }
    return false;
}

static void take_property(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    struct venus_item *item;
    struct venus_batch b;
    struct dbus_iter it;

    dbus_iter(&it, m);
    if (!enter_entry(&it, "Value")) {
        south_venus_count_of(so, VENUS_N_NO_VALUE, s, m->path);
        return;
    }
    item = south_venus_item(so, s, m->path);
    if (!item)
        return;
    south_venus_take(so, s, &item->value, &it);
    south_venus_batch(&b, s->device, WP_PUSHED);
    south_venus_tell(so, &b, item);
    south_venus_tell_end(so, &b);
}

/* ---- signals that wait -------------------------------------------------------------------------------- */

static void drop(struct venus_south *so, struct venus_signal *g)
{
    if (g->prev)
        g->prev->next = g->next;
    else
        so->first_signal = g->next;
    if (g->next)
        g->next->prev = g->prev;
    else
        so->last_signal = g->prev;
    text_store_return(&so->text, g->bytes, g->n_bytes);
    wp_pool_return(&so->signals, g);
}

static void append(struct venus_south *so, struct venus_service *s, struct wp_slice message)
{
    struct venus_signal *g = wp_pool_borrow(&so->signals);
    uint8_t *bytes = g ? text_store_borrow(&so->text, message.n) : NULL;

    if (!bytes) {
        wp_pool_return(&so->signals, g);
        south_venus_count(so, VENUS_N_DROPPED, venus_service_name(s));
        return;
    }
    memcpy(bytes, message.p, message.n);
    *g = (struct venus_signal){.prev = so->last_signal,
                               .service = s,
                               .bytes = bytes,
                               .n_bytes = message.n,
                               .due = so->now + so->signals_kept};
    if (so->last_signal)
        so->last_signal->next = g;
    else
        so->first_signal = g;
    so->last_signal = g;
}

static void apply(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    bool is_good = true;

    if (wp_slice_is(m->member, "ItemsChanged"))
        is_good = south_venus_merge(so, s, m, WP_PUSHED);
    else if (wp_slice_is(m->signature, "a{sv}"))
        take_property(so, s, m);
    else
        is_good = false;
    if (!is_good)
        south_venus_count_of(so, VENUS_N_BODY, s, m->member);
}

void south_venus_wake_signals(struct venus_south *so, struct venus_service *s)
{
    struct venus_signal *g = so->first_signal;

    while (g) {
        struct venus_signal *next = g->next;
        struct dbus_message m;

        if (g->service == s) {
            if (dbus_decode(wp_slice(g->bytes, g->n_bytes), &m).status == WP_OK)
                apply(so, s, &m);
            drop(so, g);
        }
        g = next;
    }
}

void south_venus_drop_signals(struct venus_south *so, const struct venus_service *s)
{
    struct venus_signal *g = so->first_signal;

    while (g) {
        struct venus_signal *next = g->next;

        if (g->service == s)
            drop(so, g);
        g = next;
    }
}

void south_venus_late_signals(struct venus_south *so)
{
    while (so->first_signal && so->first_signal->due <= so->now) {
        south_venus_count(so, VENUS_N_DROPPED, venus_service_name(so->first_signal->service));
        drop(so, so->first_signal);
    }
}

void south_venus_signal(struct venus_south *so, const struct dbus_message *m)
{
    struct venus_service *s = m->sender.n > 0 ? wp_map_find(&so->by_owner, m->sender) : NULL;

    if (!s)
        return; /* of nobody's that we mirror */
    if (!wp_slice_is(m->member, "ItemsChanged") && !wp_slice_is(m->member, "PropertiesChanged"))
        return;
    if (s->state != VENUS_MIRRORED) {
        append(so, s, m->whole);
        return;
    }
    south_venus_speak(s);
    apply(so, s, m);
}
