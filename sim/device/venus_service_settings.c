/* What changes while the service runs: values, how it speaks, and its faults. */
#include "sim/device/venus_service_inside.h"

#include "sim/codec/dbus_out.h"

#include <math.h>

static void refuse(struct venus_service *m, const char *why, struct wp_outbox *out)
{
    if (out)
        wp_note(out, "value-refused", wp_text(why), ++m->n_refused);
}

/* ---- values ----------------------------------------------------------------------------------------------- */

static void set_instance(struct venus_service *m, struct wp_value v)
{
    const struct wp_slice path = wp_text("/DeviceInstance");
    struct venus_item *item = venus_items_find_slice(m->items, path);

    if (v.kind == WP_NULL)
        return;
    if (!item)
        item = venus_items_add(m->items, path, wp_text("i"));
    if (item)
        (void)venus_items_put(m->items, item, v);
}

static void assign(struct venus_service *m, struct wp_slice text, bool is_quiet, struct wp_outbox *out)
{
    const char *why;

    if (!venus_items_assign(m->items, text, &why))
        refuse(m, why, out);
    if (is_quiet)
        venus_items_quiet(m->items);
    else
        venus_items_signal(m->items, out);
}

static void do_with_item(struct venus_service *m, enum venus_service_row row, struct wp_slice path,
                         struct wp_outbox *out)
{
    struct venus_item *item = venus_items_find_slice(m->items, path);

    if (!item)
        refuse(m, "there is no item at the path", out);
    else if (row == SERVICE_REMOVE)
        venus_items_remove(m->items, item, out);
    else if (row == SERVICE_TEXT)
        venus_items_tell_text(m->items, item, out);
    else
        venus_items_repeat(m->items, item, out);
}

/* ---- faults ------------------------------------------------------------------------------------------------- */

static bool is_on(struct wp_value v)
{
    return v.kind != WP_NULL && !(v.kind == WP_BOOL && !v.yes);
}

static struct wp_value other_type(const struct venus_item *item, struct wp_slice *ret_type)
{
    const bool is_real = item->value.kind == WP_REAL;

    *ret_type = wp_text(is_real ? "i" : "d");
    if (!wp_is_number(item->value))
        return item->value;
    return is_real ? wp_real(round(item->value.real)) : wp_real(wp_real_of(item->value));
}

/* n whole numbers from 0 on, in the tree's own form: written at once, as nobody would in a scenario. */
static void make_huge(struct venus_service *m, struct wp_slice text, struct wp_outbox *out)
{
    const uint8_t *blank = text.n > 0 ? memchr(text.p, ' ', text.n) : NULL;
    const struct wp_slice path = wp_slice(text.p, blank ? (size_t)(blank - text.p) : text.n);
    struct wp_value n = wp_null();

    if (!blank || !wp_number_read(wp_slice_from(text, path.n + 1), &n) || n.kind != WP_DECIMAL ||
        n.exp10 != 0 || n.num < 1)
        refuse(m, "huge takes a path and how many, such as /Big 10000", out);
    else if (!venus_items_count_up(m->items, path, (uint64_t)n.num))
        refuse(m, "there is no room for so many: see `memory`", out);
    venus_items_signal(m->items, out);
}

static void strike(struct venus_service *m, enum venus_service_row row, struct wp_slice text,
                   struct wp_outbox *out)
{
    struct venus_item *item = venus_items_find_slice(m->items, text);
    struct wp_slice type = wp_text("d");
    struct wp_value v = wp_real((double)NAN);

    if (row == SERVICE_FAULT_HUGE) {
        make_huge(m, text, out);
        return;
    }
    if (!item) {
        refuse(m, "there is no item at the path", out);
        return;
    }
    if (row == SERVICE_FAULT_RETYPE)
        v = other_type(item, &type);
    if (!venus_items_put_as(m->items, item, type, v))
        refuse(m, "the item cannot have that value", out);
    venus_items_signal(m->items, out);
}

static int32_t refusal(struct wp_value v)
{
    if (v.kind != WP_TEXT)
        return VENUS_SET_DONE;
    if (wp_slice_is(v.bytes, "error"))
        return VENUS_SET_ERROR;
    return wp_slice_is(v.bytes, "1") ? VENUS_SET_NOT : VENUS_SET_REFUSED;
}

static void set_fault(struct venus_service *m, enum venus_service_row row, struct wp_value v, uint32_t times,
                      struct wp_outbox *out)
{
    struct venus_conduct *conduct = venus_items_conduct(m->items);

    m->times[row - SERVICE_FIRST_FAULT] = times;
    switch (row) {
    case SERVICE_FAULT_ITEMS_SLOW:
        conduct->items_delay = is_on(v) ? v.num : 0;
        conduct->items_times = times;
        break;
    case SERVICE_FAULT_FREEZE:
        conduct->is_frozen = is_on(v);
        conduct->is_deaf = is_on(v);
        break;
    case SERVICE_FAULT_REFUSE: m->refusal = refusal(v); break;
    default:
        if (v.kind == WP_TEXT)
            strike(m, row, v.bytes, out);
        break;
    }
}

int32_t venus_service_write(void *ctx, struct venus_items *items, struct venus_item *item,
                            struct wp_value value, wp_us now)
{
    struct venus_service *m = ctx;
    uint32_t *times = &m->times[SERVICE_FAULT_REFUSE - SERVICE_FIRST_FAULT];
    const int32_t code = m->refusal;

    (void)items, (void)item, (void)value, (void)now;
    if (code != VENUS_SET_DONE && *times > 0 && --*times == 0)
        m->refusal = VENUS_SET_DONE;
    return code;
}

/* ---- how it speaks ------------------------------------------------------------------------------------------- */

static void set_conduct(struct venus_service *m, enum venus_service_row row, struct wp_value v)
{
    struct venus_conduct *c = venus_items_conduct(m->items);

    switch (row) {
    case SERVICE_SIGNALS:
        c->signals = wp_slice_is(v.bytes, "items")        ? VENUS_SIGNALS_ITEMS
                     : wp_slice_is(v.bytes, "properties") ? VENUS_SIGNALS_PROPERTIES
                                                          : VENUS_SIGNALS_USUAL;
        break;
    case SERVICE_GET_ITEMS:
        c->is_legacy = wp_slice_is(v.bytes, "false");
        c->items_error = wp_slice_is(v.bytes, "error") ? DBUS_FAULT("UnknownObject") : NULL;
        break;
    case SERVICE_NODES: c->has_no_nodes = !v.yes; break;
    case SERVICE_SLOPPY: c->is_sloppy = v.yes; break;
    case SERVICE_REPLY_DELAY: c->reply_delay = v.num; break;
    case SERVICE_TAKES_NAME: c->replaces = v.yes; break;
    case SERVICE_GIVES_NAME: c->allows_replacing = v.yes; break;
    default: break; /* given before the start only */
    }
}

void venus_service_begin_settings(struct venus_service *m)
{
    static const enum venus_service_row plain[] = {SERVICE_SIGNALS,   SERVICE_GET_ITEMS,   SERVICE_NODES,
                                                   SERVICE_SLOPPY,    SERVICE_REPLY_DELAY, SERVICE_TAKES_NAME,
                                                   SERVICE_GIVES_NAME};
    const struct wp_setup *s = m->setup;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        set_conduct(m, plain[i], venus_service_given(s, plain[i]));
    set_instance(m, venus_service_given(s, SERVICE_INSTANCE));
    for (size_t i = 0; i < s->n_given; i++)
        if (s->given[i].option->use == WP_USE_FAULT)
            set_fault(m, (enum venus_service_row)(s->given[i].option - venus_service_options),
                      s->given[i].value, 0, NULL);
    for (size_t i = 0; i < s->n_given; i++)
        if (s->given[i].option == &venus_service_options[SERVICE_VALUE] && s->given[i].value.kind == WP_TEXT)
            assign(m, s->given[i].value.bytes, true, NULL);
}

/* ---- while it runs ------------------------------------------------------------------------------------------- */

void venus_service_set(struct venus_service *m, const struct wp_event *event, struct wp_outbox *out)
{
    const enum venus_service_row row = (enum venus_service_row)(event->set.option - venus_service_options);
    struct wp_value v = event->set.value;

    if (row >= SERVICE_FIRST_FAULT) {
        set_fault(m, row, v, event->set.times, out);
        return;
    }
    if (v.kind == WP_NULL)
        v = venus_service_given(m->setup, row);
    switch (row) {
    case SERVICE_VALUE:
    case SERVICE_QUIET:
        if (v.kind == WP_TEXT)
            assign(m, v.bytes, row == SERVICE_QUIET, out);
        break;
    case SERVICE_REPEAT:
    case SERVICE_TEXT:
    case SERVICE_REMOVE:
        if (v.kind == WP_TEXT)
            do_with_item(m, row, v.bytes, out);
        break;
    case SERVICE_INSTANCE:
        set_instance(m, v);
        venus_items_signal(m->items, out);
        break;
    case SERVICE_PRESENT: venus_items_present(m->items, v.yes, event->now, out); break;
    default: set_conduct(m, row, v); break;
    }
}
