/* The virtual world: the bridge from the own broker to the VRM portal's, as mosquitto's bridges are.
 *
 *     N/PORTAL/#   own -> vrm    at QoS 0, without retain
 *     R/PORTAL/#   vrm -> own    at QoS 0
 *     W/PORTAL/#   vrm -> own    unless forwarding is read-only
 *
 *     AWAY --both brokers are there--> JOINED --either goes--> AWAY, and some seconds after both are back JOINED again
 *
 * It has a session at either broker. The VRM portal's rules are for it as for everybody; its own broker trusts it. What
 * is under way when a broker goes is lost. */
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdio.h>

#define BRIDGE_BACK WP_SEC(6) /* mosquitto 2.0.11 looks after its bridges every 5 s, to the second */

enum { OWN, VRM, TOPIC_BYTES = 256 };

static struct wp_slice put_filter(char *text, char letter, const char *portal)
{
    int n = snprintf(text, TOPIC_BYTES, "%c/%s/#", letter, portal);

    return n > 0 && n < TOPIC_BYTES ? wp_slice(text, (size_t)n) : wp_slice(text, 0);
}

static struct virtual_session *new_session(struct virtual *v, struct virtual_house *at,
                                           struct virtual_house *carries_to)
{
    struct virtual_session *s = blocks_get(&v->blocks, sizeof *s);

    *s = (struct virtual_session){.refs = 1, .house = at, .carries_to = carries_to};
    return s;
}

/* false: the portal does not take it. */
static bool join_vrm(struct virtual *v, struct virtual_session *s)
{
    const struct wp_world_vrm *vrm = v->setup.vrm;
    const struct wp_login login = {.client_id = wp_text(vrm->user),
                                   .user = wp_text(vrm->user),
                                   .password = wp_text(vrm->password),
                                   .clean = true};
    struct broker *b = s->house->broker;
    char text[TOPIC_BYTES];
    bool present;

    if (broker_login(b, &login, s, &s->client, &present) != BROKER_ACCEPTED)
        return false;
    virtual_house_keep(s);
    v->bridge[VRM] = s;
    for (const char *letter = vrm->forward == WP_FORWARD_FULL ? "RW" : "R"; *letter; letter++) {
        struct wp_slice filter = put_filter(text, *letter, vrm->portal);

        if (broker_subscribe(b, s->client, filter, 0) == 0)
            broker_send_retained(b, s->client, filter, 0, v->now);
    }
    return true;
}

static void join_own(struct virtual *v, struct virtual_session *s)
{
    char text[TOPIC_BYTES];
    struct wp_slice filter = put_filter(text, 'N', v->setup.vrm->portal);

    s->client = broker_bridge(s->house->broker, wp_text(v->setup.vrm->user), filter, s);
    virtual_house_keep(s);
    v->bridge[OWN] = s;
    broker_send_retained(s->house->broker, s->client, filter, 0, v->now);
}

void virtual_bridge_join(struct virtual *v)
{
    const struct wp_world_vrm *vrm = v->setup.vrm;
    struct virtual_session *s;

    if (!vrm || vrm->forward == WP_FORWARD_OFF || v->bridge[VRM] || !v->house.broker || !v->vrm.broker)
        return;
    s = new_session(v, &v->vrm, &v->house);
    if (!join_vrm(v, s)) {
        virtual_session_unref(v, s);
        return;
    }
    join_own(v, new_session(v, &v->house, &v->vrm));
    virtual_await_sys(v, &v->house);
    virtual_await_sys(v, &v->vrm);
}

void virtual_bridge_await(struct virtual *v)
{
    if (v->setup.vrm)
        virtual_event_at(v, virtual_event_new(v, VIRTUAL_BRIDGE_JOIN, NULL, 0), v->now + BRIDGE_BACK);
}

void virtual_bridge_break(struct virtual *v, const struct virtual_session *s)
{
    struct virtual_session *other = v->bridge[s == v->bridge[OWN] ? VRM : OWN];

    if (s != v->bridge[OWN] && s != v->bridge[VRM])
        return;
    v->bridge[OWN] = v->bridge[VRM] = NULL;
    if (other)
        virtual_house_end_session(v, other);
    virtual_bridge_await(v);
}

/* ---- what goes over it ------------------------------------------------------------------------------- */

/* Towards the portal nothing is retained; towards the installation a request that was stored is known as such. */
void virtual_bridge_carry(struct virtual *v, const struct virtual_session *s, const struct broker_delivery *d)
{
    const struct wp_publish p = {.topic = broker_topic(d->message),
                                 .payload = broker_payload(d->message),
                                 .retain = s->carries_to == &v->house && d->message->retain};
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_BRIDGED, NULL, 0);

    e->house = s->carries_to;
    e->life = e->house->life;
    e->message = broker_message_new(&v->blocks, &p);
    virtual_event_at(v, e, v->now + VIRTUAL_BROKER_HOP);
}

void virtual_on_bridged(struct virtual *v, const struct virtual_event *e)
{
    const struct virtual_session *vrm = v->bridge[VRM];

    if (!vrm || e->life != e->house->life)
        return; /* the bridge, or its end, has gone meanwhile */
    assert(e->house->broker);
    if (e->house == &v->house || broker_judge(v->vrm.broker, vrm->client, e->message) == BROKER_TAKEN)
        broker_route(e->house->broker, e->message);
}
