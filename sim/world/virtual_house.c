/* The virtual world: broker sessions as the broker sees them, and the broker's own life. */
#include "sim/world/virtual.h"

#include <assert.h>

/* ---- what the broker calls ------------------------------------------------------------------------- */

static void on_deliver(void *ctx, void *owner, const struct broker_delivery *d)
{
    struct virtual_session *s = owner;
    struct virtual *v = ctx;
    struct virtual_event *e;

    if (s->carries_to) {
        virtual_bridge_carry(v, s, d);
        return;
    }
    if (s->port.id == 0)
        return; /* its machine has left it */
    if (s->port.seat->link && s->port.seat->has_broker) {
        virtual_packet_down(v, s, d);
        return;
    }
    e = virtual_event_new(v, VIRTUAL_DELIVER, NULL, 0);
    e->message = d->message;
    e->message->refs++;
    e->qos = d->qos;
    e->retain = d->retain;
    e->dup = d->dup;
    e->tag = d->ack;
    virtual_to_client(v, s, e);
}

static void on_will(void *ctx, void *owner, struct broker_message *m)
{
    const struct virtual_session *s = owner;
    struct wp_record r = {.kind = WP_REC_PUBLISH, .peer = s->house->name};
    struct virtual *v = ctx;

    r.message.topic = broker_topic(m);
    r.message.payload = broker_payload(m);
    r.message.qos = m->qos;
    r.message.retain = m->retain;
    r.message.will = true;
    virtual_record(v, s->port.seat, &r);
}

/* The broker knows the session no more; `tell` its client, whose machine may have left it already. */
static void forget(struct virtual *v, struct virtual_session *s, bool tell)
{
    s->client = NULL;
    *(s->prev ? &s->prev->next : &s->house->sessions) = s->next;
    if (s->next)
        s->next->prev = s->prev;
    if (tell && s->port.id != 0)
        virtual_to_client(v, s, virtual_event_new(v, VIRTUAL_GONE, NULL, 0));
    virtual_bridge_break(v, s);
    virtual_session_unref(v, s);
}

static void on_closed(void *ctx, void *owner)
{
    forget(ctx, owner, true);
}

void virtual_house_end_session(struct virtual *v, struct virtual_session *s)
{
    struct virtual_house *h = s->house;

    broker_logout(h->broker, s->client, false);
    forget(v, s, true);
    virtual_await_sys(v, h);
}

/* ---- sessions -------------------------------------------------------------------------------------- */

static void answer_login(struct virtual *v, const struct virtual_event *login, uint8_t code)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_CONNACK, NULL, 0);

    e->seat = login->seat;
    e->life = login->life;
    e->endpoint = login->endpoint;
    e->code = code;
    virtual_event_at(v, e, v->now + virtual_hop(login->seat));
}

void virtual_house_keep(struct virtual_session *s)
{
    s->next = s->house->sessions;
    if (s->next)
        s->next->prev = s;
    s->house->sessions = s;
}

/* NULL: there is nobody who would answer. */
static struct virtual_house *house_behind(struct virtual *v, enum wp_door door)
{
    struct virtual_house *h = door == WP_DOOR_VRM ? &v->vrm : &v->house;

    return h->broker && !(v->setup.shut & WP_DOOR_BIT(door)) ? h : NULL;
}

static void on_login(struct virtual *v, const struct virtual_event *e)
{
    const struct wp_login *login = (const struct wp_login *)(const void *)(e + 1);
    struct virtual_house *h = house_behind(v, wp_door_of(&e->seat->setup->endpoints[e->endpoint]));
    struct virtual_session *s;
    struct virtual_event *connack;
    uint8_t code;
    bool present;

    if (!h) {
        answer_login(v, e, 0);
        return;
    }
    s = blocks_get(&v->blocks, sizeof *s);
    *s = (struct virtual_session){
        .refs = 1, .house = h, .life = e->life, .keepalive = WP_SEC(login->keepalive_s)};
    s->port = (struct virtual_port){.seat = e->seat, .endpoint = e->endpoint, .kind = VIRTUAL_SESSION};
    code = broker_login(h->broker, login, s, &s->client, &present);
    if (code != BROKER_ACCEPTED) {
        virtual_wire_login(v, s, login, code);
        answer_login(v, e, code == BROKER_VIOLATION ? 0 : code);
        virtual_session_unref(v, s);
        return;
    }
    s->refs++; /* the machine's and the broker's */
    virtual_house_keep(s);
    virtual_port_number(v, &s->port);
    virtual_wire_login(v, s, login, code);
    connack = virtual_event_new(v, VIRTUAL_CONNACK, NULL, 0);
    connack->endpoint = e->endpoint;
    connack->ok = present;
    virtual_to_client(v, s, connack);
    broker_resume(h->broker, s->client);
    virtual_await_sys(v, h);
}

static void on_logout(struct virtual *v, struct virtual_session *s, bool orderly)
{
    broker_logout(s->house->broker, s->client, orderly);
    forget(v, s, false);
    virtual_await_sys(v, s->house);
}

static void on_subscribe(struct virtual *v, struct virtual_session *s, const struct virtual_event *e)
{
    struct wp_slice filter = virtual_event_bytes(e);
    struct broker *b = s->house->broker;
    uint8_t code = broker_subscribe(b, s->client, filter, e->qos);
    struct virtual_event *suback;

    if (code == BROKER_VIOLATION) {
        virtual_house_end_session(v, s);
        return;
    }
    suback = virtual_event_new(v, VIRTUAL_SUBACK, filter.p, filter.n);
    suback->tag = e->tag;
    suback->code = code;
    virtual_to_client(v, s, suback);
    if (code != WP_SUBACK_REFUSED)
        broker_send_retained(b, s->client, filter, e->qos, v->now);
}

/* ---- publishes ------------------------------------------------------------------------------------- */

static void answer_publish(struct virtual *v, struct virtual_session *s, uint32_t tag)
{
    struct virtual_event *e;

    if (s->port.id == 0)
        return;
    e = virtual_event_new(v, VIRTUAL_PUBACK, NULL, 0);
    e->tag = tag;
    virtual_to_client(v, s, e);
}

/* QoS 2: it is taken in now and routed when the client releases it, a round trip later. */
static void await_release(struct virtual *v, struct virtual_session *s, struct broker_message *m,
                          uint32_t tag, bool denied)
{
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_RELEASE, NULL, 0);

    e->message = m;
    m->refs++;
    e->tag = tag;
    e->ok = !denied;
    e->session = s;
    s->refs++;
    virtual_event_at(v, e, v->now + 2 * virtual_hop(s->port.seat));
}

void virtual_house_publish(struct virtual *v, struct virtual_session *s, struct broker_message *m,
                           uint32_t tag)
{
    enum broker_verdict verdict = broker_judge(s->house->broker, s->client, m);

    if (verdict == BROKER_HANG_UP) {
        virtual_house_end_session(v, s);
        return;
    }
    if (m->qos == 2) {
        await_release(v, s, m, tag, verdict == BROKER_DENIED);
        return;
    }
    if (verdict == BROKER_TAKEN)
        broker_route(s->house->broker, m);
    if (m->qos == 1)
        answer_publish(v, s, tag);
}

static void on_release(struct virtual *v, const struct virtual_event *e)
{
    if (e->ok)
        broker_route(e->session->house->broker, e->message);
    answer_publish(v, e->session, e->tag);
}

/* ---- the broker's life ----------------------------------------------------------------------------- */

static void open_house(struct virtual *v, struct virtual_house *h)
{
    h->calls = (struct broker_calls){v, on_deliver, on_closed, on_will};
    h->broker = broker_new(h->access, &v->blocks, &h->calls);
    h->since = v->now;
    virtual_open_sys(v, h);
}

static void close_house(struct virtual *v, struct virtual_house *h)
{
    while (h->sessions)
        forget(v, h->sessions, true);
    broker_free(h->broker);
    h->broker = NULL;
}

void virtual_houses_open(struct virtual *v)
{
    v->house.name = wp_door_peer(WP_DOOR_INSIDE);
    v->house.access = v->setup.access;
    open_house(v, &v->house);
    if (!v->setup.vrm)
        return;
    v->vrm.name = wp_door_peer(WP_DOOR_VRM);
    v->vrm.access = v->setup.vrm->access;
    open_house(v, &v->vrm);
    virtual_bridge_join(v);
}

void virtual_houses_close(struct virtual *v)
{
    close_house(v, &v->vrm);
    close_house(v, &v->house);
}

void virtual_house_restart(struct virtual *v, struct virtual_house *h, bool orderly, wp_us down)
{
    struct virtual_event *up = virtual_event_new(v, VIRTUAL_BROKER_UP, NULL, 0);

    if (h->broker && orderly)
        broker_publish_wills(h->broker);
    close_house(v, h);
    h->sys_awaited = false;
    up->house = h;
    up->life = ++h->life;
    virtual_event_at(v, up, v->now + down);
}

static void on_broker_up(struct virtual *v, const struct virtual_event *e)
{
    if (e->life != e->house->life)
        return; /* there was a later restart */
    open_house(v, e->house);
    virtual_bridge_await(v);
}

void virtual_on_broker_event(struct virtual *v, struct virtual_event *e)
{
    struct virtual_session *s = e->session;

    switch (e->kind) {
    case VIRTUAL_LOGIN: on_login(v, e); return;
    case VIRTUAL_SYS: virtual_on_sys(v, e); return;
    case VIRTUAL_BROKER_UP: on_broker_up(v, e); return;
    case VIRTUAL_BRIDGE_JOIN: virtual_bridge_join(v); return;
    case VIRTUAL_BRIDGED: virtual_on_bridged(v, e); return;
    case VIRTUAL_PUBLISH: virtual_unsent_less(v, s, e->message->topic_n + e->message->payload_n); break;
    case VIRTUAL_PACKETS: virtual_unsent_less(v, s, e->n); break;
    default: break;
    }
    if (!s->client)
        return; /* the broker has ended the session, or was restarted */
    virtual_wire_up(v, s, e);
    switch (e->kind) {
    case VIRTUAL_SUBSCRIBE: on_subscribe(v, s, e); break;
    case VIRTUAL_UNSUBSCRIBE:
        if (!broker_unsubscribe(s->house->broker, s->client, virtual_event_bytes(e)))
            virtual_house_end_session(v, s);
        break;
    case VIRTUAL_PUBLISH: virtual_house_publish(v, s, e->message, e->tag); break;
    case VIRTUAL_RELEASE: on_release(v, e); break;
    case VIRTUAL_CLIENT_ACK: broker_acked(s->house->broker, s->client, e->tag); break;
    case VIRTUAL_PACKETS: virtual_on_packets(v, e); break;
    case VIRTUAL_SILENCE: virtual_house_end_session(v, s); break;
    case VIRTUAL_LOGOUT: on_logout(v, s, e->ok); break;
    default: assert(false); /* no other goes to the broker */
    }
}
