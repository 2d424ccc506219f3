/* What a broker session waits for: who is told when a publish is taken, how much is unsent, when that is too much. */
#include "sim/world/live_mqtt.h"

#include <assert.h>
#include <stdlib.h>

static struct live_pending *entry(const struct live_session *s, size_t i)
{
    return &s->pending[(s->pending_at + i) % s->cap_pending];
}

static void grow(struct live_session *s)
{
    size_t cap = s->cap_pending ? s->cap_pending * 2 : 16;
    struct live_pending *ring = malloc(cap * sizeof *ring);

    assert(ring);
    for (size_t i = 0; i < s->n_pending; i++)
        ring[i] = *entry(s, i);
    free(s->pending);
    s->pending = ring;
    s->pending_at = 0;
    s->cap_pending = cap;
}

struct live_pending *live_pending_add(struct live_session *s)
{
    struct live_pending *p;

    if (s->n_pending == s->cap_pending)
        grow(s);
    p = entry(s, s->n_pending++);
    *p = (struct live_pending){0};
    return p;
}

/* Answers come nearly in order, so the search is short. A QoS 0 publish may be written before the library has told its
 * number: then it is the one without. */
struct live_pending *live_pending_find(struct live_session *s, int mid, bool is_publish)
{
    struct live_pending *unnamed = NULL;

    for (size_t i = 0; i < s->n_pending; i++) {
        struct live_pending *p = entry(s, i);

        if (p->done || p->is_publish != is_publish)
            continue;
        if (p->mid == mid)
            return p;
        if (p->mid == 0)
            unnamed = p;
    }
    return unnamed;
}

void live_unsent_add(struct live_session *s, size_t bytes)
{
    struct live_seat *seat = s->port.seat;

    s->unsent += bytes;
    seat->unsent += bytes;
    if (seat->choked || seat->unsent <= LIVE_CHOKE_BYTES)
        return;
    live_choke(seat, true);
    live_note(seat, "back-pressure", ++seat->chokes);
}

static void take_unsent(struct live_session *s, size_t bytes)
{
    struct live_seat *seat = s->port.seat;

    s->unsent -= bytes;
    seat->unsent -= bytes;
    if (seat->choked && seat->unsent < LIVE_UNCHOKE_BYTES)
        live_choke(seat, false);
}

static void forget_answered(struct live_session *s)
{
    while (s->n_pending > 0 && entry(s, 0)->done) {
        s->pending_at = (s->pending_at + 1) % s->cap_pending;
        s->n_pending--;
    }
}

static void tell_subscription(const struct live_session *s, const struct live_pending *p, uint8_t code)
{
    const struct wp_event event = {.kind = WP_EV_SUBACKED,
                                   .endpoint = s->port.endpoint,
                                   .port = s->port.id,
                                   .subacked = {.tag = p->tag, .code = code}};

    live_record(s->port.seat,
                (struct wp_record){.kind = WP_REC_SUBACK,
                                   .peer = "broker",
                                   .port = s->port.id,
                                   .subscribe = {.filter = wp_slice(p->filter, p->n_filter), .qos = code}});
    live_post(s->port.seat, &event);
}

static void tell_publish(const struct live_session *s, const struct live_pending *p, bool ok)
{
    const struct wp_event event = {.kind = WP_EV_ACKED,
                                   .endpoint = s->port.endpoint,
                                   .port = s->port.id,
                                   .acked = {.tag = p->tag, .ok = ok}};

    if (p->answer)
        live_post(s->port.seat, &event);
}

void live_pending_end(struct live_session *s, struct live_pending *p, bool ok, uint8_t code)
{
    size_t bytes = p->bytes;

    p->done = true;
    if (p->is_publish)
        tell_publish(s, p, ok);
    else if (ok)
        tell_subscription(s, p, code);
    free(p->filter);
    p->filter = NULL;
    forget_answered(s);
    take_unsent(s, bytes);
}

void live_pending_fail(struct live_session *s)
{
    while (s->n_pending > 0)
        live_pending_end(s, entry(s, 0), false, 0);
}
