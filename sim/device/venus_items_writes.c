/* Writes: SetValue of an item, and back to its default.
 *
 *     not writable, or no such value         1       (a setting -1)
 *     outside of its limits, or refused      2       (a setting -1)
 *     stored, or the same as before          0, then the change signal if it is another value */
#include "sim/device/venus_items_impl.h"

bool venus_take_argument(const struct venus_call *call, struct wp_value *out, struct wp_slice *ret_type)
{
    struct wp_writer text = venus_items_text_room(call->t);
    struct dbus_iter it, inside;

    if (!venus_has_arguments(call, "v"))
        return false;
    dbus_iter(&it, call->m);
    inside = it;
    dbus_enter(&inside);
    while (dbus_next_type(&inside) == 'v')
        dbus_enter(&inside);
    *ret_type = dbus_next_signature(&inside);
    if (dbus_get_tree(&it, &text, out))
        return true;
    venus_reply_error(call, DBUS_FAULT("LimitsExceeded"), "the value is longer than there is room for");
    return false;
}

/* Of a basic type, or of a container's. */
static bool store_as_it_is(struct venus_items *t, struct venus_item *item, struct wp_slice type,
                           struct wp_value value)
{
    if (value.kind == WP_NULL)
        return venus_items_put(t, item, value);
    return venus_items_put_as(t, item, type, value);
}

static int32_t decide(const struct venus_call *call, struct venus_item *item, struct wp_value in,
                      struct wp_slice type, struct wp_value *out)
{
    const struct venus_items_plan *plan = call->t->plan;
    int32_t code = VENUS_SET_DONE;

    if (plan->is_settings) {
        struct wp_writer text = wp_writer(venus_items_message(call->t).p, call->t->scratch.n_message);

        code = venus_setting_value(call, item, in, &text, out);
    } else if (!item->is_writable) {
        code = VENUS_SET_NOT;
    } else if (call->t->conduct.is_sloppy) {
        *out = in;
        code = type.n > VENUS_TYPE_MAX ? VENUS_SET_NOT : VENUS_SET_DONE;
    } else if (!venus_item_coerce(item, in, out)) {
        code = VENUS_SET_NOT;
    } else if (!venus_item_allows(item, *out)) {
        code = VENUS_SET_REFUSED;
    }
    if (code == VENUS_SET_DONE && plan->write)
        code = plan->write(plan->ctx, call->t, item, *out, call->now);
    return code;
}

static bool store(const struct venus_call *call, struct venus_item *item, struct wp_slice type,
                  struct wp_value value)
{
    const bool is_sloppy = call->t->conduct.is_sloppy && !call->t->plan->is_settings;
    const bool is_stored =
        is_sloppy ? store_as_it_is(call->t, item, type, value) : venus_items_put(call->t, item, value);

    if (!is_stored)
        wp_note(call->out, "no-memory", item->path, ++call->t->n_refused);
    return is_stored;
}

/* Set-points of a vebus change without a signal: who wants to know reads them.
 * source: protocols/victron-dbus-and-vrm f.3 (venus#644) */
static bool is_quiet(const struct venus_items *t, const struct venus_item *item)
{
    static const char node[] = "/Hub4/", leaf[] = "/AcPowerSetpoint";
    const struct wp_slice path = item->path;

    return t->plan->profile && strcmp(t->plan->profile->type, "vebus") == 0 &&
           path.n > sizeof node + sizeof leaf - 2 && memcmp(path.p, node, sizeof node - 1) == 0 &&
           memcmp(path.p + path.n - (sizeof leaf - 1), leaf, sizeof leaf - 1) == 0;
}

/* The reply, then the signal, then what follows from it. */
static void answer(const struct venus_call *call, struct venus_item *item, int32_t code)
{
    const struct venus_items_plan *plan = call->t->plan;

    if (code == VENUS_SET_ERROR) {
        venus_reply_error(call, DBUS_FAULT("Failed"), "the service cannot do that");
        return;
    }
    venus_reply_i32(call, code);
    if (code != VENUS_SET_DONE)
        return;
    if (is_quiet(call->t, item))
        venus_items_quiet(call->t);
    venus_items_signal(call->t, call->out);
    if (plan->written) {
        plan->written(plan->ctx, call->t, item, call->now);
        venus_items_signal(call->t, call->out);
    }
}

static void write(const struct venus_call *call, struct venus_item *item, struct wp_value in,
                  struct wp_slice type)
{
    struct wp_value value = in;
    int32_t code = decide(call, item, in, type, &value);

    if (code == VENUS_SET_DONE && !store(call, item, type, value))
        code = call->t->plan->is_settings ? VENUS_SET_NO_SETTING : VENUS_SET_REFUSED;
    answer(call, item, code);
}

void venus_serve_write(const struct venus_call *call, struct venus_item *item)
{
    struct wp_slice type;
    struct wp_value in;

    if (venus_take_argument(call, &in, &type))
        write(call, item, in, type);
}

/* Of all items below a node: those that have one. */
void venus_serve_default(const struct venus_call *call, struct venus_item *item)
{
    struct venus_items *t = call->t;
    bool is_stored = true;

    if (!venus_has_arguments(call, ""))
        return;
    if (item && item->def.kind == WP_NULL) {
        venus_reply_i32(call, VENUS_SET_NO_SETTING);
        return;
    }
    for (size_t i = venus_items_place(t, call->m->path); i < t->n; i++) {
        struct venus_item *it = venus_items_at(t, i);

        if (it != item && !venus_is_below(it->path, call->m->path))
            break;
        if (it->is_writable && it->def.kind != WP_NULL)
            is_stored = venus_items_put(t, it, it->def) && is_stored;
    }
    venus_reply_i32(call, is_stored ? VENUS_SET_DONE : VENUS_SET_NO_SETTING);
    venus_items_signal(t, call->out);
}
