/* The virtual world: the packets that broker sessions carry in captures. */
#include "sim/world/virtual_wire.h"

#include <assert.h>
#include <stdlib.h>

static void say_short(struct virtual *v, struct virtual_wire *wire, bool down, enum mqtt_type type,
                      uint16_t number)
{
    wire_say(v, wire, down, (struct mqtt_frame){.type = type, .packet_id = number});
}

/* The packet that was carried last is a PUBLISH. */
static void name_publish(struct virtual *v, struct virtual_wire *wire, bool down, struct wp_slice topic)
{
    if (!wire->is_over)
        wire_record(v, wire, v->now, (struct wp_wire){.what = WP_WIRE_BYTES, .down = down, .topic = topic});
}

/* ---- packet numbers -------------------------------------------------------------------------------- */

static uint16_t next_number(uint16_t *last)
{
    if (++*last == 0)
        *last = 1;
    return *last;
}

static void await(struct numbers *all, struct numbered one)
{
    if (all->n == all->cap) {
        all->cap = all->cap * 2 + 8;
        all->at = realloc(all->at, all->cap * sizeof *all->at);
        assert(all->at);
    }
    all->at[all->n++] = one;
}

static struct numbered *find(const struct numbers *all, bool is_publish, uint64_t what)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].what == what && (all->at[i].qos > 0) == is_publish)
            return &all->at[i];
    return NULL;
}

static struct numbered take(struct numbers *all, const struct numbered *one)
{
    size_t i = (size_t)(one - all->at);
    struct numbered taken = *one;

    all->n--;
    memmove(all->at + i, all->at + i + 1, (all->n - i) * sizeof *all->at);
    return taken;
}

/* ---- what reaches the broker ------------------------------------------------------------------------ */

static void subscribe(struct virtual *v, struct virtual_wire *wire, const struct virtual_event *e)
{
    enum mqtt_type type = e->kind == VIRTUAL_SUBSCRIBE ? MQTT_SUBSCRIBE : MQTT_UNSUBSCRIBE;
    const struct mqtt_filter filter = {.filter = virtual_event_bytes(e), .qos = e->qos};
    uint16_t number = next_number(&wire->last_up);
    uint8_t *list = malloc(filter.filter.n + WIRE_OVERHEAD);
    struct wp_writer w = wp_writer(list, filter.filter.n + WIRE_OVERHEAD);

    assert(list);
    mqtt_put_filter(&w, type, &filter);
    wire_say(v, wire, false, (struct mqtt_frame){.type = type, .packet_id = number, .list = wp_written(&w)});
    free(list);
    if (type == MQTT_UNSUBSCRIBE)
        say_short(v, wire, true, MQTT_UNSUBACK, number);
    else
        await(&wire->to_broker, (struct numbered){.number = number, .what = wp_slice_hash(filter.filter)});
}

static void say_publish(struct virtual *v, struct virtual_wire *wire, bool down, struct mqtt_frame f)
{
    f.type = MQTT_PUBLISH;
    wire_say(v, wire, down, f);
    name_publish(v, wire, down, f.topic);
}

static void publish(struct virtual *v, struct virtual_wire *wire, const struct virtual_event *e)
{
    const struct broker_message *m = e->message;
    struct mqtt_frame f = {.qos = m->qos, .retain = m->retain};

    f.topic = broker_topic(m);
    f.payload = broker_payload(m);
    if (m->qos > 0) {
        f.packet_id = next_number(&wire->last_up);
        await(&wire->to_broker, (struct numbered){f.packet_id, m->qos, e->tag});
    }
    say_publish(v, wire, false, f);
}

static void release(struct virtual *v, struct virtual_wire *wire, uint32_t tag)
{
    const struct numbered *publish = find(&wire->to_broker, true, tag);

    if (!publish)
        return;
    say_short(v, wire, true, MQTT_PUBREC, publish->number);
    say_short(v, wire, false, MQTT_PUBREL, publish->number);
}

void virtual_wire_up(struct virtual *v, struct virtual_session *s, const struct virtual_event *e)
{
    struct virtual_wire *wire = s->wire;

    if (!wire)
        return;
    virtual_wire_pings(v);
    switch (e->kind) {
    case VIRTUAL_SUBSCRIBE:
    case VIRTUAL_UNSUBSCRIBE: subscribe(v, wire, e); break;
    case VIRTUAL_PUBLISH: publish(v, wire, e); break;
    case VIRTUAL_PACKETS: wire_carry(v, wire, false, virtual_event_bytes(e)); break;
    case VIRTUAL_RELEASE: release(v, wire, e->tag); break;
    case VIRTUAL_LOGOUT:
        if (e->ok)
            wire_say(v, wire, false, (struct mqtt_frame){.type = MQTT_DISCONNECT});
        if (e->ok)
            wire_end(v, wire, false);
        else
            wire_reset(v, wire);
        break;
    default: break;
    }
}

/* ---- what reaches the client ------------------------------------------------------------------------ */

static void suback(struct virtual *v, struct virtual_wire *wire, const struct virtual_event *e)
{
    const struct numbered *asked = find(&wire->to_broker, false, wp_slice_hash(virtual_event_bytes(e)));

    if (asked) /* else its own library has refused the filter */
        wire_say(v, wire, true,
                 (struct mqtt_frame){.type = MQTT_SUBACK,
                                     .packet_id = take(&wire->to_broker, asked).number,
                                     .list = wp_slice(&e->code, 1)});
}

static void puback(struct virtual *v, struct virtual_wire *wire, uint32_t tag)
{
    const struct numbered *asked = find(&wire->to_broker, true, tag);
    struct numbered publish;

    if (!asked)
        return;
    publish = take(&wire->to_broker, asked);
    say_short(v, wire, true, publish.qos == 1 ? MQTT_PUBACK : MQTT_PUBCOMP, publish.number);
}

/* The client acknowledges what it has got. */
static void acknowledge(struct virtual *v, struct virtual_wire *wire, uint8_t qos, uint16_t number)
{
    if (qos == 0)
        return;
    say_short(v, wire, false, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC, number);
    if (qos == 2)
        await(&wire->to_client, (struct numbered){.number = number, .qos = 2});
}

/* A session that is kept has numbered it already: it may come again. */
static uint16_t number_down(struct virtual_wire *wire, uint32_t ack)
{
    return ack ? (uint16_t)((ack - 1) % UINT16_MAX + 1) : next_number(&wire->last_down);
}

static void deliver(struct virtual *v, struct virtual_wire *wire, const struct virtual_event *e)
{
    struct mqtt_frame f = {.qos = e->qos, .retain = e->retain, .dup = e->dup};

    f.topic = broker_topic(e->message);
    f.payload = broker_payload(e->message);
    if (e->qos > 0)
        f.packet_id = number_down(wire, e->tag);
    say_publish(v, wire, true, f);
    acknowledge(v, wire, e->qos, f.packet_id);
}

static void released(struct virtual *v, struct virtual_wire *wire)
{
    struct numbered publish;

    if (wire->to_client.n == 0)
        return;
    publish = take(&wire->to_client, &wire->to_client.at[0]);
    say_short(v, wire, true, MQTT_PUBREL, publish.number);
    say_short(v, wire, false, MQTT_PUBCOMP, publish.number);
}

void virtual_wire_down(struct virtual *v, struct virtual_session *s, const struct virtual_event *e)
{
    struct virtual_wire *wire = s->wire;

    if (!wire)
        return;
    virtual_wire_pings(v);
    switch (e->kind) {
    case VIRTUAL_SUBACK: suback(v, wire, e); break;
    case VIRTUAL_PUBACK: puback(v, wire, e->tag); break;
    case VIRTUAL_DELIVER: deliver(v, wire, e); break;
    case VIRTUAL_PACKETS_DOWN: wire_carry(v, wire, true, virtual_event_bytes(e)); break;
    case VIRTUAL_RELEASED: released(v, wire); break;
    case VIRTUAL_SILENCE_DOWN: wire_end(v, wire, false); break;
    case VIRTUAL_GONE: wire_end(v, wire, true); break;
    default: break;
    }
}

/* ---- a line with faults ------------------------------------------------------------------------------ */

void virtual_wire_packet(struct virtual *v, struct virtual_session *s, bool up,
                         const struct wp_publish *publish, uint16_t number, uint32_t tag)
{
    struct virtual_wire *wire = s->wire;

    if (!wire)
        return;
    name_publish(v, wire, !up, publish->topic);
    if (!up)
        acknowledge(v, wire, publish->qos, number);
    else if (publish->qos > 0)
        await(&wire->to_broker, (struct numbered){number, publish->qos, tag});
}
