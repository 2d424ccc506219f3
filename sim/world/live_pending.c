/* What a broker session waits for: who is told when a publish is taken, how much is unsent, when that is too much. */
#include "sim/world/live_mqtt.h"

#include <assert.h>
#include <stdlib.h>

static struct live_pending *entry(const struct live_ring *r, size_t i)
{
    return &r->at[(r->first + i) % r->cap];
}

static void grow(struct live_ring *r)
{
    size_t cap = r->cap ? r->cap * 2 : 16;
    struct live_pending *at = malloc(cap * sizeof *at);

    assert(at);
    for (size_t i = 0; i < r->n; i++)
        at[i] = *entry(r, i);
    free(r->at);
    *r = (struct live_ring){.at = at, .n = r->n, .cap = cap};
}

struct live_pending *live_pending_add(struct live_ring *r)
{
    if (r->n == r->cap)
        grow(r);
    *entry(r, r->n) = (struct live_pending){0};
    return entry(r, r->n++);
}

struct live_pending *live_pending_newest(const struct live_ring *r)
{
    struct live_pending *p = r->n > 0 ? entry(r, r->n - 1) : NULL;

    return p && !p->done ? p : NULL;
}

/* What is written is written in its order. It may be so before the library has told the number of a publish: then it is
 * the one without. */
static struct live_pending *find_written(const struct live_session *s, int mid)
{
    struct live_pending *p = s->to_write.n > 0 ? entry(&s->to_write, 0) : NULL;

    return p && (p->mid == mid || p->mid == 0) ? p : NULL;
}

/* The broker answers nearly in order, so the search is short. */
struct live_pending *live_pending_find(const struct live_session *s, int mid, bool is_publish)
{
    struct live_pending *written = is_publish ? find_written(s, mid) : NULL;

    for (size_t i = 0; i < s->to_answer.n && !written; i++) {
        struct live_pending *p = entry(&s->to_answer, i);

        if (!p->done && p->is_publish == is_publish && p->mid == mid)
            return p;
    }
    return written;
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

static void forget_done(struct live_ring *r)
{
    while (r->n > 0 && entry(r, 0)->done) {
        r->first = (r->first + 1) % r->cap;
        r->n--;
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
                                   .peer = wp_door_peer(live_session_door(s)),
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
    forget_done(&s->to_write);
    forget_done(&s->to_answer);
    take_unsent(s, bytes);
}

void live_pending_fail(struct live_session *s)
{
    while (s->to_answer.n > 0)
        live_pending_end(s, entry(&s->to_answer, 0), false, 0);
    while (s->to_write.n > 0)
        live_pending_end(s, entry(&s->to_write, 0), false, 0);
}
