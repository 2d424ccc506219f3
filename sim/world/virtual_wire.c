/* The virtual world: what the connections of broker sessions carry, made up packet by packet, for captures alone.
 *
 * Either direction is written down where it is received: what the client says when the broker has it, what the broker
 * says when the client has it. Packets that the events of the world leave out are put where they belong:
 *
 *     QoS 1     PUBLISH -> | <- PUBACK
 *     QoS 2     PUBLISH -> | <- PUBREC, PUBREL -> at the release | <- PUBCOMP
 *     nothing said for a keep-alive: PINGREQ -> | <- PINGRESP; never on a line with a link, which may be deaf
 *
 * Nothing of this is an event, and no number of a machine's depends on it: the run is the same with and without. */
#include "sim/world/virtual_wire.h"
#include "sim/world/mqtt_login.h"

#include <assert.h>
#include <stdlib.h>

enum { BROKER_IP = 0x7F000001, BROKER_PORT = 1883, LINK_NUMBERS = 0x8000 };

struct virtual_wires {
    uint32_t last_id;
    struct wp_timers pings;
    uint8_t *packet;
    size_t cap;
};

void virtual_wires_open(struct virtual *v)
{
    if (!v->setup.wires)
        return;
    v->wires = calloc(1, sizeof *v->wires);
    assert(v->wires);
    wp_timers_init(&v->wires->pings);
}

void virtual_wires_close(struct virtual *v)
{
    if (v->wires)
        free(v->wires->packet);
    free(v->wires);
    v->wires = NULL;
}

/* ---- records --------------------------------------------------------------------------------------- */

void wire_record(struct virtual *v, const struct virtual_wire *wire, wp_us at, struct wp_wire what)
{
    const struct virtual_session *s = wire->session;
    struct wp_record r = {.kind = WP_REC_WIRE, .at = at, .peer = "broker", .port = s->port.id};

    r.machine = s->port.seat->setup->name;
    r.wire = what;
    r.wire.id = wire->id;
    if (v->setup.transcript)
        wp_transcript_write(v->setup.transcript, &r);
}

void wire_carry(struct virtual *v, struct virtual_wire *wire, bool down, struct wp_slice bytes)
{
    if (wire->is_over)
        return;
    wire_record(v, wire, v->now, (struct wp_wire){.what = WP_WIRE_BYTES, .down = down, .bytes = bytes});
    if (!down && wire->keepalive > 0)
        wp_timers_set(&v->wires->pings, &wire->ping, v->now + wire->keepalive);
}

static struct wp_writer packet_writer(struct virtual *v, size_t n)
{
    if (v->wires->cap < n) {
        v->wires->cap = 2 * n;
        v->wires->packet = realloc(v->wires->packet, v->wires->cap);
        assert(v->wires->packet);
    }
    return wp_writer(v->wires->packet, v->wires->cap);
}

static struct wp_slice encode(struct virtual *v, struct mqtt_frame *f)
{
    size_t n = WIRE_OVERHEAD + f->topic.n + f->payload.n + f->list.n + f->connect.client_id.n +
               f->connect.user.n + f->connect.password.n + f->connect.will.topic.n +
               f->connect.will.payload.n;
    struct wp_writer w = packet_writer(v, n);

    f->version = MQTT_V311;
    mqtt_encode(&w, f);
    assert(!w.full);
    return wp_written(&w);
}

void wire_say(struct virtual *v, struct virtual_wire *wire, bool down, struct mqtt_frame f)
{
    wire_carry(v, wire, down, encode(v, &f));
}

static void end_way(struct virtual *v, struct virtual_wire *wire, bool down)
{
    if (wire->is_over || wire->has_fin[down])
        return;
    wire->has_fin[down] = true;
    wire_record(v, wire, v->now, (struct wp_wire){.what = WP_WIRE_FIN, .down = down});
    wire->is_over = wire->has_fin[!down];
}

void wire_end(struct virtual *v, struct virtual_wire *wire, bool by_broker)
{
    end_way(v, wire, by_broker);
    end_way(v, wire, !by_broker);
    wp_timers_clear(&v->wires->pings, &wire->ping);
}

void wire_reset(struct virtual *v, struct virtual_wire *wire)
{
    if (!wire->is_over)
        wire_record(v, wire, v->now, (struct wp_wire){.what = WP_WIRE_RST});
    wire->is_over = true;
    wp_timers_clear(&v->wires->pings, &wire->ping);
}

/* ---- a session comes and goes ----------------------------------------------------------------------- */

static void say_connect(struct virtual *v, struct virtual_wire *wire, const struct wp_login *login)
{
    struct mqtt_frame f = mqtt_login_frame(login, login->keepalive_s);
    char *stars = malloc(login->password.n + 1);

    assert(stars);
    memset(stars, '*', login->password.n); /* a secret stays out of captures */
    f.connect.password.p = (const uint8_t *)stars;
    wire_say(v, wire, false, f);
    free(stars);
}

static void open_wire(struct virtual *v, struct virtual_wire *wire)
{
    const struct virtual_session *s = wire->session;
    struct wp_wire open = {.what = WP_WIRE_OPEN, .broker = {BROKER_IP, BROKER_PORT}};

    open.client.ip = s->port.seat->setup->ip ? s->port.seat->setup->ip : BROKER_IP;
    open.client.port =
        (uint16_t)(VIRTUAL_FIRST_EPHEMERAL + wire->id % (UINT16_MAX - VIRTUAL_FIRST_EPHEMERAL + 1));
    wire_record(v, wire, v->now, open);
    if (s->port.id != 0)
        wire_record(v, wire, v->now, (struct wp_wire){.what = WP_WIRE_NAMED});
}

void virtual_wire_login(struct virtual *v, struct virtual_session *s, const struct wp_login *login,
                        uint8_t code)
{
    struct virtual_wire *wire;

    enum wp_door door = wp_door_of(&s->port.seat->setup->endpoints[s->port.endpoint]);

    if (!v->wires || door == WP_DOOR_SECURE || door == WP_DOOR_VRM) /* of TLS a capture would show nothing */
        return;
    virtual_wire_pings(v);
    wire = calloc(1, sizeof *wire);
    assert(wire);
    s->wire = wire;
    *wire = (struct virtual_wire){.session = s, .id = ++v->wires->last_id};
    if (!s->port.seat->link)
        wire->keepalive = s->keepalive;
    else
        wire->last_up = LINK_NUMBERS; /* the line gives a PUBLISH its number itself, from 1 */
    open_wire(v, wire);
    say_connect(v, wire, login);
    if (code == BROKER_ACCEPTED)
        return;
    if (code != BROKER_VIOLATION)
        wire_say(v, wire, true, (struct mqtt_frame){.type = MQTT_CONNACK, .reason = code});
    wire_end(v, wire, true);
}

void virtual_wire_connack(struct virtual *v, struct virtual_session *s, bool present)
{
    if (s->wire)
        wire_say(v, s->wire, true, (struct mqtt_frame){.type = MQTT_CONNACK, .session_present = present});
}

void virtual_wire_close(struct virtual *v, struct virtual_session *s)
{
    if (s->wire)
        wire_end(v, s->wire, false);
}

void virtual_wire_free(struct virtual *v, struct virtual_session *s)
{
    if (!s->wire)
        return;
    wire_end(v, s->wire, false);
    free(s->wire->to_broker.at);
    free(s->wire->to_client.at);
    free(s->wire);
    s->wire = NULL;
}

/* ---- pings ------------------------------------------------------------------------------------------- */

static void ping(struct virtual *v, struct virtual_wire *wire, wp_us at)
{
    struct mqtt_frame f = {.type = MQTT_PINGREQ};
    wp_us back = at + 2 * virtual_hop(wire->session->port.seat);

    wire_record(v, wire, at, (struct wp_wire){.what = WP_WIRE_BYTES, .bytes = encode(v, &f)});
    f.type = MQTT_PINGRESP;
    wire_record(v, wire, back < v->now ? back : v->now,
                (struct wp_wire){.what = WP_WIRE_BYTES, .down = true, .bytes = encode(v, &f)});
    wp_timers_set(&v->wires->pings, &wire->ping, at + wire->keepalive);
}

/* All that were due before now. */
void virtual_wire_pings(struct virtual *v)
{
    struct wp_timer *timer;

    while (wp_timers_earliest(&v->wires->pings) < v->now && (timer = wp_timers_pop(&v->wires->pings, v->now)))
        ping(v, WP_OWNER(timer, struct virtual_wire, ping), timer->at);
}
