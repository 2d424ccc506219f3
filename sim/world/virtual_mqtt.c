/* The virtual world: broker sessions as their client sees them. Every packet takes one hop; QoS 2 takes four. */
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdlib.h>

struct virtual_session *virtual_session_of(struct virtual_port *port)
{
    assert(port->kind == VIRTUAL_SESSION);
    return WP_OWNER(port, struct virtual_session, port);
}

void virtual_session_unref(struct virtual *v, struct virtual_session *s)
{
    assert(s->refs > 0);
    if (--s->refs > 0)
        return;
    virtual_wire_free(v, s);
    free(s->awaited);
    virtual_stream_free(&s->up);
    virtual_stream_free(&s->down);
    blocks_put(&v->blocks, s);
}

wp_us virtual_hop(const struct virtual_seat *seat)
{
    return seat->link && seat->has_broker ? wp_link_latency(seat->link) : VIRTUAL_BROKER_HOP;
}

void virtual_to_broker(struct virtual *v, struct virtual_session *s, struct virtual_event *e)
{
    wp_us at = v->now + virtual_hop(s->port.seat);

    if (at < s->to_broker)
        at = s->to_broker;
    s->to_broker = at;
    e->session = s;
    s->refs++;
    virtual_event_at(v, e, at);
}

void virtual_to_client(struct virtual *v, struct virtual_session *s, struct virtual_event *e)
{
    wp_us at = v->now + virtual_hop(s->port.seat);

    if (at < s->to_client)
        at = s->to_client;
    s->to_client = at;
    e->port = s->port.id;
    virtual_event_at(v, e, at);
}

void virtual_session_record(struct virtual *v, struct virtual_session *s, struct wp_record *r)
{
    r->port = s->port.id;
    r->peer = s->house->name;
    virtual_record(v, s->port.seat, r);
}

/* ---- publishes that wait for their answer ------------------------------------------------------------ */

/* An answer that needs no round trip comes after the step. */
static void ack_now(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, wp_port port,
                    uint32_t tag, bool ok)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_ACKED, NULL, 0);

    e->seat = seat;
    e->life = seat->life;
    e->endpoint = endpoint;
    e->port = port;
    e->tag = tag;
    e->ok = ok;
    virtual_event_at(v, e, v->now);
}

static void await_answer(struct virtual_session *s, uint32_t tag)
{
    if (s->n_awaited == s->cap_awaited) {
        s->cap_awaited = s->cap_awaited * 2 + 8;
        s->awaited = realloc(s->awaited, s->cap_awaited * sizeof *s->awaited);
        assert(s->awaited);
    }
    s->awaited[s->n_awaited++] = tag;
}

/* Answers come nearly in order, so the search is short. */
static bool take_awaited(struct virtual_session *s, uint32_t tag)
{
    for (size_t i = 0; i < s->n_awaited; i++) {
        if (s->awaited[i] != tag)
            continue;
        s->n_awaited--;
        memmove(s->awaited + i, s->awaited + i + 1, (s->n_awaited - i) * sizeof *s->awaited);
        return true;
    }
    return false;
}

/* ---- the end of a session ---------------------------------------------------------------------------- */

/* What was held back comes now, and then the machine's timer. */
static void unchoke(struct virtual *v, struct virtual_session *s)
{
    struct virtual_seat *seat = s->port.seat;

    if (seat->choked == s) {
        seat->choked = NULL;
        if (seat->alive)
            virtual_set_deadline(v, seat);
    }
    for (struct virtual_event *next, *e = s->held; e; e = next) {
        next = e->next_held;
        virtual_event_at(v, e, v->now);
    }
    s->held = s->last_held = NULL;
}

/* The machine has it no more. */
static void close_session(struct virtual *v, struct virtual_session *s, enum wp_close_reason reason)
{
    struct wp_record r = {.kind = WP_REC_CLOSE};

    r.close.reason = reason;
    if (s->port.listed)
        virtual_session_record(v, s, &r);
    s->n_awaited = 0;
    unchoke(v, s);
    virtual_port_close(v, &s->port);
    virtual_session_unref(v, s);
}

/* By the machine, or by a fault: the broker sees the end of the connection, after a DISCONNECT or without. */
static void leave(struct virtual *v, struct virtual_session *s, enum wp_close_reason reason, bool orderly)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_LOGOUT, NULL, 0);

    e->ok = orderly;
    virtual_to_broker(v, s, e);
    for (size_t i = 0; i < s->n_awaited; i++)
        ack_now(v, s->port.seat, s->port.endpoint, s->port.id, s->awaited[i], false);
    if (s->port.listed)
        virtual_tell_closed(v, s->port.seat, s->port.endpoint, s->port.id, reason, 0);
    close_session(v, s, reason);
}

void virtual_log_out(struct virtual *v, struct virtual_port *port, bool abort)
{
    leave(v, virtual_session_of(port), WP_CLOSE_OWN, !abort);
}

void virtual_session_cut(struct virtual *v, struct virtual_session *s)
{
    if (s->port.id != 0)
        leave(v, s, WP_CLOSE_RESET, false);
}

void virtual_break_sessions(struct virtual *v, struct virtual_seat *seat)
{
    for (struct virtual_port *next, *port = seat->ports; port; port = next) {
        next = port->next;
        if (port->kind != VIRTUAL_SESSION)
            continue;
        leave(v, virtual_session_of(port), WP_CLOSE_RESET, false);
    }
}

void virtual_drop_session(struct virtual *v, struct virtual_port *port)
{
    virtual_wire_close(v, virtual_session_of(port));
    close_session(v, virtual_session_of(port), WP_CLOSE_OWN);
}

static void on_gone(struct virtual *v, struct virtual_port *port)
{
    struct virtual_session *s = virtual_session_of(port);

    for (size_t i = 0; i < s->n_awaited; i++)
        ack_now(v, port->seat, port->endpoint, port->id, s->awaited[i], false);
    virtual_tell_closed(v, port->seat, port->endpoint, port->id, WP_CLOSE_RESET, 0);
    close_session(v, s, WP_CLOSE_RESET);
}

/* ---- subscriptions --------------------------------------------------------------------------------- */

/* Its own library refuses what is no filter: then nothing is sent, and it is told so after its step. */
static void refuse_filter(struct virtual *v, struct virtual_port *port, const struct wp_effect *effect)
{
    struct wp_slice filter = effect->subscribe.filter;
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_SUBACK, filter.p, filter.n);

    e->port = port->id;
    e->tag = effect->subscribe.tag;
    e->code = WP_SUBACK_REFUSED;
    virtual_event_at(v, e, v->now);
}

void virtual_subscribe(struct virtual *v, struct virtual_port *port, const struct wp_effect *effect)
{
    bool subscribes = effect->kind == WP_SUBSCRIBE;
    struct wp_slice filter = effect->subscribe.filter;
    struct wp_record r = {.kind = subscribes ? WP_REC_SUBSCRIBE : WP_REC_UNSUBSCRIBE};
    struct virtual_event *e;

    r.subscribe.filter = filter;
    r.subscribe.qos = subscribes ? effect->subscribe.qos : 0;
    virtual_session_record(v, virtual_session_of(port), &r);
    if (!wp_topic_is_filter(filter) || !broker_is_text(filter)) {
        if (subscribes)
            refuse_filter(v, port, effect);
        return;
    }
    e = virtual_event_new(v, subscribes ? VIRTUAL_SUBSCRIBE : VIRTUAL_UNSUBSCRIBE, filter.p, filter.n);
    e->qos = r.subscribe.qos;
    e->tag = effect->subscribe.tag;
    virtual_to_broker(v, virtual_session_of(port), e);
}

static void on_suback(struct virtual *v, struct virtual_port *port, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_SUBACKED, .endpoint = port->endpoint, .port = port->id};
    struct wp_record r = {.kind = WP_REC_SUBACK};

    r.subscribe.filter = virtual_event_bytes(e);
    r.subscribe.qos = e->code;
    virtual_session_record(v, virtual_session_of(port), &r);
    event.subacked.tag = e->tag;
    event.subacked.code = e->code;
    virtual_step(v, port->seat, &event);
}

/* ---- publishes ------------------------------------------------------------------------------------- */

static void choke(struct virtual *v, struct virtual_session *s)
{
    struct virtual_seat *seat = s->port.seat;

    if (s->unsent <= VIRTUAL_CHOKE_BYTES || seat->choked)
        return;
    seat->choked = s;
    virtual_note(v, seat, "back-pressure", ++s->chokes);
}

void virtual_unsent_less(struct virtual *v, struct virtual_session *s, size_t n)
{
    s->unsent -= n;
    if (s->port.id != 0 && s->port.seat->choked == s && s->unsent < VIRTUAL_UNCHOKE_BYTES)
        unchoke(v, s);
}

void virtual_hold(struct virtual_session *s, struct virtual_event *e)
{
    e->next_held = NULL;
    *(s->held ? &s->last_held->next_held : &s->held) = e;
    s->last_held = e;
}

static void send_publish(struct virtual *v, struct virtual_session *s, const struct wp_publish *p)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_PUBLISH, NULL, 0);

    e->message = broker_message_new(&v->blocks, p);
    e->tag = p->tag;
    s->unsent += p->topic.n + p->payload.n;
    virtual_to_broker(v, s, e);
}

void virtual_publish(struct virtual *v, struct virtual_seat *seat, struct virtual_port *port,
                     const struct wp_effect *effect)
{
    const struct wp_publish *p = &effect->publish;
    struct wp_record r = {.kind = WP_REC_PUBLISH};
    struct virtual_session *s;

    if (!port || port->seat != seat || !port->listed || port->kind != VIRTUAL_SESSION) {
        if (p->qos > 0 || p->tag != 0)
            ack_now(v, seat, effect->endpoint, effect->port, p->tag, false);
        return;
    }
    s = virtual_session_of(port);
    if (virtual_is_watched(v)) {
        r.message.topic = p->topic;
        r.message.payload = p->payload;
        r.message.qos = p->qos;
        r.message.retain = p->retain;
        virtual_session_record(v, s, &r);
    }
    if (!wp_topic_is_name(p->topic) || !broker_is_text(p->topic)) { /* its own library refuses it */
        if (p->qos > 0 || p->tag != 0)
            ack_now(v, seat, port->endpoint, port->id, p->tag, false);
        return;
    }
    if (p->qos == 0 && p->tag != 0)
        ack_now(v, seat, port->endpoint, port->id, p->tag, true);
    if (p->qos > 0)
        await_answer(s, p->tag);
    if (seat->link && seat->has_broker)
        virtual_packet_up(v, s, p);
    else
        send_publish(v, s, p);
    if (s->port.id != 0) /* a fault may have cut it */
        choke(v, s);
}

static void on_puback(struct virtual *v, struct virtual_port *port, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_ACKED, .endpoint = port->endpoint, .port = port->id};

    if (!take_awaited(virtual_session_of(port), e->tag))
        return;
    event.acked.tag = e->tag;
    event.acked.ok = true;
    virtual_step(v, port->seat, &event);
}

/* ---- deliveries ------------------------------------------------------------------------------------ */

/* The client has the message now. */
static void take_message(struct virtual *v, struct virtual_port *port, const struct broker_delivery *d)
{
    struct wp_event event = {.kind = WP_EV_MESSAGE, .endpoint = port->endpoint, .port = port->id};
    struct wp_record r = {.kind = WP_REC_DELIVER};

    event.message.topic = broker_topic(d->message);
    event.message.payload = broker_payload(d->message);
    event.message.qos = d->qos;
    event.message.retain = d->retain;
    event.message.dup = d->dup;
    if (virtual_is_watched(v)) {
        r.message.topic = event.message.topic;
        r.message.payload = event.message.payload;
        r.message.qos = d->qos;
        r.message.retain = d->retain;
        r.message.dup = d->dup;
        virtual_session_record(v, virtual_session_of(port), &r);
    }
    virtual_step(v, port->seat, &event);
}

/* QoS 2: the message is the client's when the broker has released it, a round trip later. */
static void await_release(struct virtual *v, struct virtual_port *port, const struct broker_delivery *d)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_RELEASED, NULL, 0);

    e->message = d->message;
    e->message->refs++;
    e->port = port->id;
    e->qos = d->qos;
    e->retain = d->retain;
    e->dup = d->dup;
    virtual_event_at(v, e, v->now + 2 * virtual_hop(port->seat));
}

void virtual_client_message(struct virtual *v, struct virtual_session *s, const struct broker_delivery *d)
{
    if (d->ack != 0) {
        struct virtual_event *e = virtual_event_new(v, VIRTUAL_CLIENT_ACK, NULL, 0);

        e->tag = d->ack;
        virtual_to_broker(v, s, e);
    }
    if (d->qos == 2)
        await_release(v, &s->port, d);
    else
        take_message(v, &s->port, d);
}

void virtual_on_client_event(struct virtual *v, struct virtual_event *e)
{
    const struct broker_delivery d = {
        .message = e->message, .qos = e->qos, .retain = e->retain, .dup = e->dup, .ack = e->tag};
    struct virtual_port *port;

    if (e->kind == VIRTUAL_CONNACK) {
        virtual_on_connack(v, e);
        return;
    }
    port = virtual_port_find(v, e->port);
    if (!port || !port->listed)
        return;
    virtual_wire_down(v, virtual_session_of(port), e);
    switch (e->kind) {
    case VIRTUAL_SUBACK: on_suback(v, port, e); break;
    case VIRTUAL_PUBACK: on_puback(v, port, e); break;
    case VIRTUAL_DELIVER: virtual_client_message(v, virtual_session_of(port), &d); break;
    case VIRTUAL_RELEASED: take_message(v, port, &d); break;
    case VIRTUAL_PACKETS_DOWN: virtual_on_packets(v, e); break;
    case VIRTUAL_SILENCE_DOWN: leave(v, virtual_session_of(port), WP_CLOSE_TIMEOUT, false); break;
    case VIRTUAL_GONE: on_gone(v, port); break;
    default: assert(false); /* no other goes to a client */
    }
}
