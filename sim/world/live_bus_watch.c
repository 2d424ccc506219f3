/* The monitor on the private bus: what reaches somebody who is none of our machines becomes a record.
 *
 *     connect, AUTH, Hello, BecomeMonitor (all of it waits: nobody else is on the bus yet) --> messages --end--> close
 *
 * source: D-Bus Specification, "org.freedesktop.DBus.Monitoring.BecomeMonitor" */
#include "sim/world/bus_audience.h"
#include "sim/world/live_bus.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define DBUS_MONITORING "org.freedesktop.DBus.Monitoring"

enum { WATCH_ROOM_BYTES = 64 << 10, WATCH_SERIAL = 2 };

struct bus_watch {
    struct live_bus *bus;
    int fd;
    uv_poll_t *poll;
    wp_port port;                /* of its records; 0: none so far */
    struct live_timer continues; /* with what has been read, in a world that was stopped */
    struct bus_audience audience;
    char name[AUDIENCE_NAME_BYTES];
    uint8_t *in;
    size_t n, cap;
};

struct bus_label {
    struct bus_label *next;
    char text[];
};

/* ---- names in records -------------------------------------------------------------------------------- */

static const char *keep_label(struct live_bus *bus, struct wp_slice text)
{
    struct bus_label *label = bus->labels;

    while (label && !wp_slice_is(text, label->text))
        label = label->next;
    if (label)
        return label->text;
    label = calloc(1, sizeof *label + text.n + 1);
    assert(label);
    memcpy(label->text, text.p, text.n);
    label->next = bus->labels;
    bus->labels = label;
    return label->text;
}

static const char *label_of(const struct bus_watch *watch, const struct audience_member *of)
{
    const struct wp_world_guest *guest = watch->bus->world->setup.guest;
    struct wp_slice known = audience_well_known(&watch->audience, of);

    if (of->machine)
        return of->machine;
    if (guest && guest->is_on_bus)
        return guest->name;
    return keep_label(watch->bus, known.n > 0 ? known : wp_text(of->name));
}

/* ---- records ------------------------------------------------------------------------------------------ */

static void tell(struct bus_watch *watch, const char *to, const char *from, struct wp_slice bytes)
{
    struct live *w = watch->bus->world;
    struct wp_record r = {.kind = WP_REC_RECEIPT, .machine = to, .peer = from, .bytes = bytes};

    if (watch->port == 0) {
        struct wp_record open = {.kind = WP_REC_OPEN, .machine = "bus", .port = ++w->n_ports};

        open.open.transport = WP_BUS;
        open.open.bus_name = wp_text(watch->name);
        watch->port = open.port;
        live_write(w, &open);
    }
    r.port = watch->port;
    live_write(w, &r);
}

/* A machine of ours says Hello with a number of its own, and the bus answers before we have read its name. */
static void learn_ours(struct bus_watch *watch, const struct dbus_message *m)
{
    struct audience_member *of;

    if (m->type != DBUS_RETURN || m->reply_serial != watch->bus->hello || !wp_slice_is(m->sender, DBUS_BUS))
        return;
    of = audience_at(&watch->audience, m->destination);
    if (of)
        of->is_ours = true;
}

/* from: NULL: the bus's own */
static void tell_addressed(struct bus_watch *watch, const struct dbus_message *m,
                           const struct audience_member *from)
{
    const struct audience_member *to = audience_owner(&watch->audience, m->destination);

    if (to && !to->is_ours)
        tell(watch, label_of(watch, to), from ? label_of(watch, from) : "bus", m->whole);
    else if (!to && from && !from->is_ours)
        tell(watch, "bus", label_of(watch, from), m->whole); /* a call of the bus's, or to nobody */
}

/* Once to each name in records that wants it; what nobody wants stays with the bus. */
static void tell_all(struct bus_watch *watch, const struct dbus_message *m,
                     const struct audience_member *from)
{
    const struct wp_world_guest *guest = watch->bus->world->setup.guest;
    const struct bus_audience *a = &watch->audience;
    bool is_heard = false, is_told = false;

    for (size_t i = 0; i < a->n; i++) {
        if (!a->member[i].is_here || !audience_wants(a, &a->member[i], m))
            continue;
        is_heard = true;
        if (a->member[i].is_ours || (is_told && guest && guest->is_on_bus))
            continue;
        is_told = true;
        tell(watch, label_of(watch, &a->member[i]), from ? label_of(watch, from) : "bus", m->whole);
    }
    if (!is_heard && from && !from->is_ours)
        tell(watch, "bus", label_of(watch, from), m->whole);
}

static void take_message(struct bus_watch *watch, struct wp_slice bytes)
{
    const struct audience_member *from;
    struct dbus_message m;

    if (dbus_decode_seen(bytes, &m).status != WP_OK)
        return;
    learn_ours(watch, &m);
    audience_learn(&watch->audience, &m);
    from = audience_owner(&watch->audience, m.sender);
    if (!from && !wp_slice_is(m.sender, DBUS_BUS))
        return; /* it has no name yet, or none any more */
    if (m.destination.n > 0)
        tell_addressed(watch, &m, from);
    else
        tell_all(watch, &m, from);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static void make_room(struct bus_watch *watch)
{
    if (watch->cap - watch->n >= WATCH_ROOM_BYTES)
        return;
    watch->cap = 2 * watch->cap + WATCH_ROOM_BYTES;
    watch->in = realloc(watch->in, watch->cap);
    assert(watch->in);
}

/* What is whole; in a world that was stopped the rest waits. */
static void take_whole(struct bus_watch *watch)
{
    struct live *w = watch->bus->world;
    size_t at = 0, n = 1;

    while (n > 0 && watch->n - at >= DBUS_FIXED && !w->stopped) {
        n = dbus_length(wp_slice(watch->in + at, watch->n - at));
        if (n == 0 || n > watch->n - at)
            break;
        take_message(watch, wp_slice(watch->in + at, n));
        at += n;
    }
    watch->n -= at;
    memmove(watch->in, watch->in + at, watch->n);
    if (w->stopped && watch->n > 0)
        live_timer_set(w, &watch->continues, live_now(w));
}

/* false: the bus has ended. */
static bool read_more(struct bus_watch *watch)
{
    ssize_t n;

    do {
        make_room(watch);
        n = read(watch->fd, watch->in + watch->n, watch->cap - watch->n);
        watch->n += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 && errno == EAGAIN;
}

void live_bus_hear(struct live *w)
{
    struct bus_watch *watch = w->bus ? w->bus->watch : NULL;

    if (!watch || watch->fd < 0)
        return;
    if (!read_more(watch)) {
        live_unwatch(&watch->poll);
        close(watch->fd);
        watch->fd = -1;
    }
    take_whole(watch);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct live *w = poll->data;

    (void)status;
    (void)events;
    live_tick(w);
    live_bus_hear(w);
}

static void on_continue(struct live *w, struct live_timer *t)
{
    struct bus_watch *watch = WP_OWNER(t, struct bus_watch, continues);

    live_tick(w);
    take_whole(watch);
}

/* ---- its beginning ------------------------------------------------------------------------------------ */

static bool say(const struct bus_watch *watch, const struct wp_writer *w)
{
    return !w->full && send(watch->fd, w->p, w->n, MSG_NOSIGNAL) == (ssize_t)w->n;
}

/* The socket waits as long as bus_place_connect has set. */
static bool wait_for_more(struct bus_watch *watch)
{
    ssize_t n;

    make_room(watch);
    n = recv(watch->fd, watch->in + watch->n, watch->cap - watch->n, 0);
    watch->n += n > 0 ? (size_t)n : 0;
    return n > 0;
}

static void drop(struct bus_watch *watch, size_t n)
{
    watch->n -= n;
    memmove(watch->in, watch->in + n, watch->n);
}

static bool be_let_in(struct bus_watch *watch)
{
    char line[128];
    struct wp_writer w = wp_writer(line, sizeof line);
    const uint8_t *end;

    bus_place_put_auth(&w);
    if (!say(watch, &w))
        return false;
    while (!(end = memchr(watch->in, '\n', watch->n)))
        if (!wait_for_more(watch))
            return false;
    if (memcmp(watch->in, "OK ", 3) != 0)
        return false;
    drop(watch, (size_t)(end + 1 - watch->in));
    return true;
}

/* Waits for the answer to this call; what comes before it goes by. A name in it is ours. */
static bool await_answer(struct bus_watch *watch, uint32_t serial)
{
    for (;;) {
        size_t n = watch->n >= DBUS_FIXED ? dbus_length(wp_slice(watch->in, watch->n)) : 0;
        struct dbus_message m;
        struct dbus_iter it;
        bool is_it;

        if (n == 0 || n > watch->n) {
            if (!wait_for_more(watch))
                return false;
            continue;
        }
        if (dbus_decode(wp_slice(watch->in, n), &m).status != WP_OK)
            return false;
        is_it = m.type == DBUS_RETURN && m.reply_serial == serial;
        if (is_it && wp_slice_is(m.signature, "s")) {
            dbus_iter(&it, &m);
            snprintf(watch->name, sizeof watch->name, "%.*s", WP_FMT(dbus_get_text(&it)));
        }
        if (m.type == DBUS_ERROR)
            return false;
        drop(watch, n);
        if (is_it)
            return true;
    }
}

static bool become_monitor(struct bus_watch *watch)
{
    uint8_t message[512];
    struct wp_writer w = wp_writer(message, sizeof message);
    struct dbus_out out;

    wp_put_text(&w, "BEGIN\r\n");
    dbus_put_hello(&w, 1);
    if (!say(watch, &w) || !await_answer(watch, 1))
        return false;
    w = wp_writer(message, sizeof message);
    dbus_begin_call(&out, &w, WATCH_SERIAL, wp_text(DBUS_BUS), wp_text(DBUS_BUS_PATH),
                    wp_text(DBUS_MONITORING), wp_text("BecomeMonitor"), "asu");
    dbus_open(&out);
    dbus_close(&out);
    dbus_put_uint(&out, 0);
    return dbus_end(&out) && say(watch, &w) && await_answer(watch, WATCH_SERIAL);
}

bool live_bus_watch_begin(struct live_bus *bus, struct wp_writer *why)
{
    struct live *w = bus->world;
    struct bus_watch *watch = bus->watch;

    if (!w->setup.watches_bus)
        return true;
    if (!watch) {
        watch = bus->watch = calloc(1, sizeof *watch);
        assert(watch);
        *watch = (struct bus_watch){.bus = bus, .continues = {.fire = on_continue}};
    }
    watch->fd = bus_place_connect(&bus->place);
    make_room(watch);
    if (watch->fd < 0 || !be_let_in(watch) || !become_monitor(watch) ||
        fcntl(watch->fd, F_SETFL, O_NONBLOCK) < 0) {
        wp_put_text(why, "nobody may look at what it carries: BecomeMonitor was refused, or not answered");
        return false;
    }
    watch->poll = live_watch(w, watch->fd, on_readable);
    return true;
}

/* ---- its end ------------------------------------------------------------------------------------------ */

void live_bus_watch_end(struct live_bus *bus)
{
    struct bus_watch *watch = bus->watch;
    struct wp_record r = {.kind = WP_REC_CLOSE, .machine = "bus", .close = {.reason = WP_CLOSE_RESET}};

    if (!watch)
        return;
    live_bus_hear(bus->world);
    live_unwatch(&watch->poll);
    if (watch->fd >= 0)
        close(watch->fd);
    live_timer_clear(bus->world, &watch->continues);
    audience_clear(&watch->audience);
    watch->fd = -1;
    watch->n = 0;
    r.port = watch->port;
    watch->port = 0;
    if (r.port)
        live_write(bus->world, &r);
}

void live_bus_watch_free(struct live_bus *bus)
{
    while (bus->labels) {
        struct bus_label *gone = bus->labels;

        bus->labels = gone->next;
        free(gone);
    }
    if (!bus->watch)
        return;
    live_unwatch(&bus->watch->poll);
    if (bus->watch->fd >= 0)
        close(bus->watch->fd);
    live_timer_clear(bus->world, &bus->watch->continues);
    audience_clear(&bus->watch->audience);
    free(bus->watch->in);
    free(bus->watch);
    bus->watch = NULL;
}

void live_bus_watch_enter(struct live_bus *bus, struct wp_slice name, const char *machine)
{
    struct audience_member *of = bus->watch ? audience_at(&bus->watch->audience, name) : NULL;

    if (!of)
        return;
    of->is_ours = true;
    of->machine = machine;
}
