/* The virtual world: the loop, its bounds, its records. */
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { EVENTS_MAX = 1000000000, INSTANT_MAX = 1000000 };

/* ---- records and errors ---------------------------------------------------------------------------- */

void virtual_record_of(struct virtual *v, const char *name, struct wp_record *r)
{
    if (!virtual_is_watched(v))
        return;
    if (v->wires)
        virtual_wire_pings(v);
    r->at = v->now;
    r->machine = name;
    wp_transcript_write(v->setup.transcript, r);
}

void virtual_record(struct virtual *v, const struct virtual_seat *seat, struct wp_record *r)
{
    virtual_record_of(v, seat ? seat->setup->name : "broker", r);
}

void virtual_note(struct virtual *v, const struct virtual_seat *seat, const char *what, int64_t count)
{
    struct wp_record r = {.kind = WP_REC_NOTE};

    r.note.what = what;
    r.note.count = count;
    virtual_record(v, seat, &r);
}

void virtual_fault_record(struct virtual *v, const struct virtual_seat *line, enum wp_link_fault_kind kind,
                          const char *what, int64_t count)
{
    struct wp_record r = {.kind = WP_REC_FAULT};

    r.note.what = wp_link_fault_text(kind);
    r.note.text = wp_text(what);
    r.note.count = count;
    virtual_record(v, line, &r);
}

void virtual_fail(struct virtual *v, const char *format, ...)
{
    va_list args;

    if (v->error[0])
        return;
    va_start(args, format);
    vsnprintf(v->error, sizeof v->error, format, args);
    va_end(args);
}

/* The machines that were active last, each once, latest first. */
static const char *blame(const struct virtual *v)
{
    static char text[256];
    struct wp_writer w = wp_writer(text, sizeof text);
    uint32_t n = v->n_recent < VIRTUAL_RECENT ? v->n_recent : VIRTUAL_RECENT;

    for (uint32_t i = 0; i < n; i++) {
        wp_machine m = v->recent[(v->n_recent - 1 - i) % VIRTUAL_RECENT];
        bool is_known = false;

        for (uint32_t k = 0; k < i; k++)
            is_known |= v->recent[(v->n_recent - 1 - k) % VIRTUAL_RECENT] == m;
        if (is_known)
            continue;
        if (i > 0)
            wp_put_text(&w, ", ");
        wp_put_text(&w, virtual_seat_at(v, m)->setup->name);
    }
    return wp_put_end(&w);
}

/* ---- the loop -------------------------------------------------------------------------------------- */

static void on_closed(struct virtual *v, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = e->endpoint, .port = e->port};

    if (!e->seat->alive || e->seat->life != e->life)
        return;
    event.close.reason = (enum wp_close_reason)e->code;
    virtual_step(v, e->seat, &event);
}

static void on_acked(struct virtual *v, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_ACKED, .endpoint = e->endpoint, .port = e->port};

    if (!e->seat->alive || e->seat->life != e->life)
        return;
    event.acked.tag = e->tag;
    event.acked.ok = e->ok;
    virtual_step(v, e->seat, &event);
}

static void on_rise(struct virtual *v, const struct virtual_event *e)
{
    if (e->seat->life == e->life && virtual_listen(v, e->seat))
        virtual_seat_start(v, e->seat);
}

static void handle(struct virtual *v, struct virtual_event *e)
{
    bool is_done = true;

    switch (e->kind) {
    case VIRTUAL_RISE: on_rise(v, e); break;
    case VIRTUAL_SYN: virtual_on_syn(v, e); break;
    case VIRTUAL_SYN_ACK: virtual_on_syn_ack(v, e); break;
    case VIRTUAL_BYTES: is_done = virtual_on_bytes(v, e); break;
    case VIRTUAL_END: is_done = virtual_on_end(v, e); break;
    case VIRTUAL_DATAGRAM: is_done = virtual_on_datagram(v, e); break;
    case VIRTUAL_OPENED: virtual_on_opened(v, e); break;
    case VIRTUAL_BUS_HELLO:
    case VIRTUAL_BUS_SEND:
    case VIRTUAL_BUS_LEAVE:
    case VIRTUAL_BUS_UP:
    case VIRTUAL_BUS_WELCOME:
    case VIRTUAL_BUS_BYTES:
    case VIRTUAL_BUS_GONE: is_done = virtual_on_bus_event(v, e); break;
    case VIRTUAL_CLOSED: on_closed(v, e); break;
    case VIRTUAL_ACKED: on_acked(v, e); break;
    default:
        if (e->kind < VIRTUAL_CONNACK)
            virtual_on_broker_event(v, e);
        else
            virtual_on_client_event(v, e);
        break;
    }
    if (is_done)
        virtual_event_free(v, e);
}

/* For a choked machine time stands still: what it does not read is not late. */
static void on_deadline(struct virtual *v, struct virtual_seat *seat)
{
    struct wp_event event = {.kind = WP_EV_TIMER};

    if (!seat->choked)
        virtual_step(v, seat, &event);
}

/* Counts what is to happen at `at`; false: it is too much. */
static bool count(struct virtual *v, wp_us at)
{
    uint64_t events_max = v->setup.events_max ? v->setup.events_max : EVENTS_MAX;
    uint32_t instant_max = v->setup.instant_max ? v->setup.instant_max : INSTANT_MAX;

    if (at != v->instant) {
        v->instant = at;
        v->at_instant = 0;
    }
    if (++v->at_instant > instant_max) {
        virtual_fail(v, "%u events at %lld.%06lld s and no end: an endless loop; active last: %s",
                     (unsigned)instant_max, (long long)(at / 1000000), (long long)(at % 1000000), blame(v));
        return false;
    }
    if (++v->n_events > events_max) {
        virtual_fail(v, "more than %llu events by %lld.%06lld s; active last: %s",
                     (unsigned long long)events_max, (long long)(at / 1000000), (long long)(at % 1000000),
                     blame(v));
        return false;
    }
    return true;
}

enum wp_world_end virtual_run_until(struct virtual *v, wp_us until)
{
    while (!v->error[0]) {
        wp_us event = wp_timers_earliest(&v->events), deadline = wp_timers_earliest(&v->deadlines);
        wp_us at = event <= deadline ? event : deadline;

        if (at > until || at == WP_NEVER) {
            if (until != WP_NEVER && until > v->now)
                v->now = until;
            return at == WP_NEVER ? WP_WORLD_IDLE : WP_WORLD_UNTIL;
        }
        if (!count(v, at))
            break;
        assert(at >= v->now);
        v->now = at;
        if (event <= deadline)
            handle(v, WP_OWNER(wp_timers_pop(&v->events, at), struct virtual_event, timer));
        else
            on_deadline(v, WP_OWNER(wp_timers_pop(&v->deadlines, at), struct virtual_seat, deadline));
        if (v->stopped)
            return WP_WORLD_STOPPED;
    }
    return WP_WORLD_ERROR;
}
