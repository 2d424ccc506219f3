/* The connection of one service: how it comes to the bus and goes, and its signals. */
#include "sim/device/venus_items_impl.h"

#include "sim/codec/venus_topic.h"

/* ---- messages -------------------------------------------------------------------------------------------- */

uint32_t venus_items_serial(struct venus_items *t)
{
    if (++t->serial == 0)
        t->serial = 1;
    return t->serial;
}

struct wp_writer venus_items_message(const struct venus_items *t)
{
    return wp_writer(t->scratch.p, t->scratch.n_message);
}

struct wp_writer venus_items_text_room(const struct venus_items *t)
{
    return wp_writer(t->scratch.p + t->scratch.n_message, t->scratch.n - t->scratch.n_message);
}

void venus_items_say(struct venus_items *t, const struct wp_writer *message, struct wp_outbox *out)
{
    if (t->port != 0)
        wp_send(out, t->port, wp_written(message));
}

/* ---- coming and going -------------------------------------------------------------------------------------- */

static void dial(struct venus_items *t, struct wp_outbox *out)
{
    t->state = VENUS_DIALLING;
    t->redial = WP_NEVER;
    if (t->is_dialling)
        return;
    t->is_dialling = true;
    wp_dial(out, t->plan->endpoint);
}

static void forget_connection(struct venus_items *t)
{
    t->port = 0;
    t->n_queue = 0;
    t->n_platform = 0;
    t->owner_serial = 0;
    t->queue_due = WP_NEVER;
}

static void enter_lost(struct venus_items *t, wp_us now)
{
    forget_connection(t);
    t->state = VENUS_LOST;
    t->redial = now + WP_SEC(VENUS_REDIAL_S);
}

void venus_items_present(struct venus_items *t, bool present, wp_us now, struct wp_outbox *out)
{
    const wp_port port = t->port;

    (void)now;
    if (present && t->state == VENUS_AWAY)
        dial(t, out);
    if (present || t->state == VENUS_AWAY)
        return;
    forget_connection(t);
    t->state = VENUS_AWAY;
    t->redial = WP_NEVER;
    if (port != 0)
        wp_hang_up(out, port);
}

bool venus_items_is_present(const struct venus_items *t)
{
    return t->state == VENUS_PRESENT;
}

/* All is exported: what is asked from now on gets its answer. */
static void opened(struct venus_items *t, const struct wp_event *event, struct wp_outbox *out)
{
    struct wp_writer w = venus_items_message(t);
    uint32_t flags = 0;

    t->is_dialling = false;
    if (t->state != VENUS_DIALLING) {
        wp_hang_up(out, event->port);
        return;
    }
    t->port = event->port;
    t->serial = 0;
    t->state = VENUS_NAMING;
    t->name_serial = venus_items_serial(t);
    flags |= t->conduct.replaces ? DBUS_NAME_REPLACE_EXISTING : 0;
    flags |= t->conduct.allows_replacing ? DBUS_NAME_ALLOW_REPLACEMENT : 0;
    if (dbus_put_request_name(&w, t->name_serial, t->plan->name, flags))
        venus_items_say(t, &w, out);
}

static void closed(struct venus_items *t, const struct wp_event *event)
{
    if (event->port == 0)
        t->is_dialling = false;
    if (t->state == VENUS_AWAY || (event->port != 0 && event->port != t->port))
        return;
    enter_lost(t, event->now);
}

bool venus_items_is_mine(const struct venus_items *t, const struct wp_event *event)
{
    switch (event->kind) {
    case WP_EV_OPEN: return event->endpoint == t->plan->endpoint;
    case WP_EV_CLOSE: return event->port == 0 ? event->endpoint == t->plan->endpoint : event->port == t->port;
    case WP_EV_BYTES: return event->port == t->port && t->port != 0;
    default: return false;
    }
}

/* ---- its name ------------------------------------------------------------------------------------------------ */

#define PLATFORM VENUS_SERVICE_PREFIX "platform"

/* Who is the platform's service, now and later: it alone may write the security profile. */
static void watch_platform(struct venus_items *t, struct wp_outbox *out)
{
    struct wp_writer w = venus_items_message(t);

    if (dbus_put_add_match(&w, venus_items_serial(t),
                           wp_text("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                                   "arg0='" PLATFORM "'")))
        venus_items_say(t, &w, out);
    w.n = 0;
    t->owner_serial = venus_items_serial(t);
    if (dbus_put_get_name_owner(&w, t->owner_serial, wp_text(PLATFORM)))
        venus_items_say(t, &w, out);
}

static void take_platform(struct venus_items *t, struct wp_slice unique)
{
    t->n_platform = 0;
    if (unique.n == 0 || unique.n > sizeof t->platform)
        return;
    memcpy(t->platform, unique.p, unique.n);
    t->n_platform = (uint8_t)unique.n;
}

static void take_name_answer(struct venus_items *t, const struct dbus_message *m, struct wp_outbox *out)
{
    struct dbus_iter it;
    uint32_t code;

    dbus_iter(&it, m);
    code = m->type == DBUS_RETURN ? dbus_get_u32(&it) : 0;
    if (code == DBUS_NAME_PRIMARY_OWNER || code == DBUS_NAME_ALREADY_OWNER) {
        t->state = VENUS_PRESENT;
        if (t->plan->is_settings)
            watch_platform(t, out);
        return;
    }
    t->state = VENUS_QUEUED;
    wp_note(out, "name-taken", t->plan->name, 1);
}

/* Another service of the same name came or went. */
static void take_bus_signal(struct venus_items *t, const struct dbus_message *m)
{
    struct dbus_owner_change change;
    struct dbus_iter it;

    if (!wp_slice_is(m->sender, DBUS_BUS))
        return;
    if (dbus_read_owner_change(m, &change) && wp_slice_is(change.name, PLATFORM))
        take_platform(t, change.after);
    if (!wp_slice_is(m->signature, "s"))
        return;
    dbus_iter(&it, m);
    if (!wp_slice_eq(dbus_get_text(&it), t->plan->name))
        return;
    if (wp_slice_is(m->member, "NameAcquired"))
        t->state = VENUS_PRESENT;
    else if (wp_slice_is(m->member, "NameLost"))
        t->state = VENUS_QUEUED;
}

/* ---- calls that wait -------------------------------------------------------------------------------------------- */

static uint32_t padded(uint64_t n)
{
    return (uint32_t)((n + 7) / 8 * 8);
}

static void see_due(struct venus_items *t)
{
    struct venus_waiting w;

    t->queue_due = WP_NEVER;
    for (uint32_t at = 0; at < t->n_queue; at += (uint32_t)sizeof w + padded(w.n)) {
        memcpy(&w, t->queue + at, sizeof w);
        t->queue_due = w.due < t->queue_due ? w.due : t->queue_due;
    }
}

static void wait(const struct venus_call *call, wp_us due)
{
    struct venus_items *t = call->t;
    const struct wp_slice bytes = call->m->whole;
    const struct venus_waiting w = {due, bytes.n};

    if (bytes.n > t->queue_cap || t->queue_cap - t->n_queue < sizeof w + padded(bytes.n)) {
        wp_note(call->out, "queue-full", wp_text("no room for another call whose reply is late"),
                ++t->n_refused);
        venus_reply_error(call, DBUS_FAULT("LimitsExceeded"), "too many calls wait for their replies");
        return;
    }
    memcpy(t->queue + t->n_queue, &w, sizeof w);
    memcpy(t->queue + t->n_queue + sizeof w, bytes.p, bytes.n);
    t->n_queue += (uint32_t)sizeof w + padded(bytes.n);
    t->queue_due = due < t->queue_due ? due : t->queue_due;
}

/* What is due first, and of those the one that came first. */
static bool find_due(const struct venus_items *t, uint32_t *ret_at, struct venus_waiting *ret)
{
    struct venus_waiting w;

    for (uint32_t at = 0; at < t->n_queue; at += (uint32_t)sizeof w + padded(w.n)) {
        memcpy(&w, t->queue + at, sizeof w);
        if (w.due == t->queue_due) {
            *ret_at = at;
            *ret = w;
            return true;
        }
    }
    return false;
}

static void serve_due(struct venus_items *t, wp_us now, struct wp_outbox *out)
{
    struct venus_waiting w;
    uint32_t at, size;
    struct dbus_message m;

    if (!find_due(t, &at, &w))
        return;
    if (dbus_decode(wp_slice(t->queue + at + sizeof w, w.n), &m).status == WP_OK)
        venus_items_serve(&(struct venus_call){t, &m, now, out});
    size = (uint32_t)sizeof w + padded(w.n);
    if (t->n_queue < at + size)
        return; /* the service left over it */
    memmove(t->queue + at, t->queue + at + size, t->n_queue - at - size);
    t->n_queue -= size;
    see_due(t);
}

wp_us venus_items_due(const struct venus_items *t)
{
    return t->queue_due < t->redial ? t->queue_due : t->redial;
}

void venus_items_timer(struct venus_items *t, wp_us now, struct wp_outbox *out)
{
    if (t->redial <= now)
        dial(t, out);
    while (t->queue_due <= now)
        serve_due(t, now, out);
}

/* ---- what comes ---------------------------------------------------------------------------------------------------- */

static wp_us delay_of(const struct venus_items *t, const struct dbus_message *m)
{
    const struct venus_conduct *c = &t->conduct;

    return c->reply_delay + (venus_items_is_slow(m) ? c->items_delay : 0);
}

/* What is slow may be so a number of times only. */
static void count_slow(struct venus_items *t, const struct dbus_message *m)
{
    struct venus_conduct *c = &t->conduct;

    if (c->items_times > 0 && venus_items_is_slow(m) && --c->items_times == 0)
        c->items_delay = 0;
}

static void take_call(const struct venus_call *call)
{
    const wp_us delay = delay_of(call->t, call->m);

    if (call->t->conduct.is_deaf)
        return;
    count_slow(call->t, call->m);
    if (delay > 0)
        wait(call, call->now + delay);
    else
        venus_items_serve(call);
}

static void take_reply(struct venus_items *t, const struct dbus_message *m, struct wp_outbox *out)
{
    struct dbus_iter it;

    if (!wp_slice_is(m->sender, DBUS_BUS))
        return;
    if (t->state == VENUS_NAMING && m->reply_serial == t->name_serial)
        take_name_answer(t, m, out);
    if (t->owner_serial == 0 || m->reply_serial != t->owner_serial)
        return;
    t->owner_serial = 0;
    dbus_iter(&it, m);
    take_platform(t, m->type == DBUS_RETURN ? dbus_get_text(&it) : wp_text(""));
}

static void take_message(struct venus_items *t, const struct wp_event *event, struct wp_outbox *out)
{
    struct dbus_message m;

    if (dbus_decode(event->bytes, &m).status != WP_OK)
        return;
    if (m.type == DBUS_CALL)
        take_call(&(struct venus_call){t, &m, event->now, out});
    else if (m.type == DBUS_SIGNAL)
        take_bus_signal(t, &m);
    else if (m.type == DBUS_RETURN || m.type == DBUS_ERROR)
        take_reply(t, &m, out);
}

void venus_items_event(struct venus_items *t, const struct wp_event *event, struct wp_outbox *out)
{
    switch (event->kind) {
    case WP_EV_OPEN: opened(t, event, out); break;
    case WP_EV_CLOSE: closed(t, event); break;
    case WP_EV_BYTES: take_message(t, event, out); break;
    default: break;
    }
}

/* ---- signals --------------------------------------------------------------------------------------------------------- */

#define BUS_ITEM "com.victronenergy.BusItem"

static void signal_one(struct venus_items *t, const struct venus_item *item, struct wp_outbox *out)
{
    struct wp_writer w = venus_items_message(t);
    struct dbus_out signal;

    dbus_begin_signal(&signal, &w, venus_items_serial(t), item->path, wp_text(BUS_ITEM),
                      wp_text("PropertiesChanged"), "a{sv}");
    venus_put_properties(t, &signal, item, item->tells_limits);
    if (dbus_end(&signal))
        venus_items_say(t, &w, out);
}

static void signal_all(struct venus_items *t, struct wp_outbox *out)
{
    struct wp_writer w = venus_items_message(t);
    struct dbus_out signal;

    dbus_begin_signal(&signal, &w, venus_items_serial(t), wp_text("/"), wp_text(BUS_ITEM),
                      wp_text("ItemsChanged"), "a{sa{sv}}");
    dbus_open(&signal);
    for (uint32_t i = 0; i < t->n_changed; i++)
        venus_put_entry(t, &signal, &t->item[t->changed[i]], t->item[t->changed[i]].tells_limits);
    dbus_close(&signal);
    if (dbus_end(&signal))
        venus_items_say(t, &w, out);
}

void venus_items_signal(struct venus_items *t, struct wp_outbox *out)
{
    const enum venus_signals how = t->conduct.signals;

    if (t->n_changed > 0 && t->port != 0 && !t->conduct.is_frozen) {
        if (how == VENUS_SIGNALS_ITEMS || (how == VENUS_SIGNALS_USUAL && t->n_changed > 1))
            signal_all(t, out);
        else
            for (uint32_t i = 0; i < t->n_changed; i++)
                signal_one(t, &t->item[t->changed[i]], out);
    }
    venus_items_quiet(t);
}

void venus_items_repeat(struct venus_items *t, struct venus_item *item, struct wp_outbox *out)
{
    venus_items_signal(t, out);
    item->is_changed = true;
    t->changed[t->n_changed++] = (uint32_t)(item - t->item);
    venus_items_signal(t, out);
}

void venus_items_tell_text(struct venus_items *t, struct venus_item *item, struct wp_outbox *out)
{
    const bool is_batch = t->conduct.signals == VENUS_SIGNALS_ITEMS;
    struct wp_writer w = venus_items_message(t);
    struct dbus_out signal;

    dbus_begin_signal(&signal, &w, venus_items_serial(t), is_batch ? wp_text("/") : item->path,
                      wp_text(BUS_ITEM), wp_text(is_batch ? "ItemsChanged" : "PropertiesChanged"),
                      is_batch ? "a{sa{sv}}" : "a{sv}");
    if (is_batch) {
        dbus_open(&signal);
        dbus_open(&signal);
        dbus_put_text(&signal, item->path);
    }
    venus_put_text_alone(t, &signal, item);
    if (is_batch) {
        dbus_close(&signal);
        dbus_close(&signal);
    }
    if (dbus_end(&signal) && !t->conduct.is_frozen)
        venus_items_say(t, &w, out);
}
