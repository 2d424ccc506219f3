/* The virtual world: logins, until the machine has its session or is turned down. */
#include "sim/world/virtual.h"

#include <assert.h>

/* As its client sees it: who comes from inside finds the plain listener. */
static struct wp_addr broker_addr(const struct wp_endpoint *endpoint)
{
    enum wp_door door = wp_door_of(endpoint);

    return wp_door_addr(door == WP_DOOR_INSIDE ? WP_DOOR_PLAIN : door);
}

static const char *peer_of(const struct virtual_seat *seat, uint16_t endpoint)
{
    return wp_door_peer(wp_door_of(&seat->setup->endpoints[endpoint]));
}

static struct wp_slice put_copy(uint8_t **at, struct wp_slice s)
{
    struct wp_slice copy = {NULL, 0};

    if (!s.p)
        return copy;
    copy = wp_slice(*at, s.n);
    memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

/* A login with all that it borrows, within the event's bytes. */
static struct virtual_event *pack_login(struct virtual *v, const struct wp_login *l)
{
    size_t n = l->client_id.n + l->user.n + l->password.n + l->will.topic.n + l->will.payload.n;
    struct virtual_event *e = virtual_event_new(v, VIRTUAL_LOGIN, NULL, sizeof *l + n);
    struct wp_login *copy = (struct wp_login *)(void *)(e + 1);
    uint8_t *at = (uint8_t *)(copy + 1);

    *copy = *l;
    copy->client_id = put_copy(&at, l->client_id);
    copy->user = put_copy(&at, l->user);
    copy->password = put_copy(&at, l->password);
    copy->will.topic = put_copy(&at, l->will.topic);
    copy->will.payload = put_copy(&at, l->will.payload);
    return e;
}

void virtual_login(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint,
                   const struct wp_login *login)
{
    struct virtual_event *e = pack_login(v, login);
    struct wp_record r = {.kind = WP_REC_LOGIN, .peer = peer_of(seat, endpoint)};
    struct wp_login shown = *login;

    assert(endpoint < seat->setup->n_endpoints);
    assert(seat->setup->endpoints[endpoint].transport == WP_BROKER);
    if (shown.password.p) /* a secret stays out of the transcript */
        shown.password = wp_text("***");
    r.login = &shown;
    virtual_record(v, seat, &r);
    e->seat = seat;
    e->life = seat->life;
    e->endpoint = endpoint;
    virtual_event_at(v, e, v->now + virtual_hop(seat));
}

static void on_refused(struct virtual *v, const struct virtual_event *e)
{
    struct wp_event event = {.kind = WP_EV_CLOSE, .endpoint = e->endpoint};
    struct wp_record r = {.kind = WP_REC_CONNACK, .peer = peer_of(e->seat, e->endpoint)};

    if (!e->seat->alive || e->seat->life != e->life)
        return;
    if (e->code != 0) {
        r.connack.code = e->code;
        virtual_record(v, e->seat, &r);
    }
    r.kind = WP_REC_CLOSE;
    r.close.reason = event.close.reason = WP_CLOSE_REFUSED;
    r.close.code = event.close.code = e->code;
    virtual_record(v, e->seat, &r);
    virtual_step(v, e->seat, &event);
}

static void on_accepted(struct virtual *v, const struct virtual_event *e)
{
    struct virtual_port *port = virtual_port_find(v, e->port);
    struct virtual_session *s;
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = e->endpoint, .port = e->port};
    struct wp_record r = {.kind = WP_REC_CONNACK};

    if (!port)
        return;
    s = virtual_session_of(port);
    if (!port->seat->alive || port->seat->life != s->life) { /* it has been restarted meanwhile */
        virtual_log_out(v, port, true);
        return;
    }
    virtual_port_list(port);
    virtual_wire_connack(v, s, e->ok);
    r.connack.session_present = event.open.session_present = e->ok;
    virtual_session_record(v, s, &r);
    event.open.peer = broker_addr(&port->seat->setup->endpoints[e->endpoint]);
    event.open.own.ip = port->seat->setup->ip;
    virtual_step(v, port->seat, &event);
}

void virtual_on_connack(struct virtual *v, const struct virtual_event *e)
{
    if (e->port == 0)
        on_refused(v, e);
    else
        on_accepted(v, e);
}
