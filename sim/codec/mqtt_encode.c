/* MQTT packets written. Each is put behind a fixed header of 2 bytes and moved when the length needs more. */
#include "sim/codec/mqtt_take.h"

enum { SHORT_HEAD = 2 };

static void put_properties(struct wp_writer *w, const struct mqtt_frame *f, struct wp_slice properties)
{
    if (f->version != MQTT_V5)
        return;
    mqtt_put_varint(w, properties.n);
    wp_put_slice(w, properties);
}

/* ---- the types -------------------------------------------------------------------------------------- */

static uint8_t connect_flags(const struct mqtt_connect *c)
{
    unsigned flags = (unsigned)c->clean << 1 | (unsigned)c->has_will << 2 | (unsigned)c->has_password << 6 |
                     (unsigned)c->has_user << 7;

    if (c->has_will)
        flags |= (unsigned)c->will.qos << 3 | (unsigned)c->will.retain << 5;
    return (uint8_t)flags;
}

static void put_connect(struct wp_writer *w, const struct mqtt_frame *f)
{
    const struct mqtt_connect *c = &f->connect;

    mqtt_put_binary(w, wp_text(f->version == MQTT_V31 ? "MQIsdp" : "MQTT"));
    wp_put_u8(w, (uint8_t)(f->version | (c->is_bridge && f->version != MQTT_V5 ? 0x80 : 0)));
    wp_put_u8(w, connect_flags(c));
    wp_put_u16be(w, c->keep_alive_s);
    put_properties(w, f, f->properties);
    mqtt_put_binary(w, c->client_id);
    if (c->has_will) {
        put_properties(w, f, c->will.properties);
        mqtt_put_binary(w, c->will.topic);
        mqtt_put_binary(w, c->will.payload);
    }
    if (c->has_user)
        mqtt_put_binary(w, c->user);
    if (c->has_password)
        mqtt_put_binary(w, c->password);
}

static void put_connack(struct wp_writer *w, const struct mqtt_frame *f)
{
    wp_put_u8(w, f->session_present);
    wp_put_u8(w, f->reason);
    put_properties(w, f, f->properties);
}

static void put_publish(struct wp_writer *w, const struct mqtt_frame *f)
{
    mqtt_put_binary(w, f->topic);
    if (f->qos)
        wp_put_u16be(w, f->packet_id);
    put_properties(w, f, f->properties);
}

/* What version 5 may leave out is left out: properties, and a reason of 0 before none. */
static void put_reason(struct wp_writer *w, const struct mqtt_frame *f)
{
    if (f->version != MQTT_V5 || (f->reason == 0 && f->properties.n == 0))
        return;
    wp_put_u8(w, f->reason);
    if (f->properties.n)
        put_properties(w, f, f->properties);
}

static void put_body(struct wp_writer *w, const struct mqtt_frame *f)
{
    switch (f->type) {
    case MQTT_CONNECT: put_connect(w, f); break;
    case MQTT_CONNACK: put_connack(w, f); break;
    case MQTT_PUBLISH: put_publish(w, f); break;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
        wp_put_u16be(w, f->packet_id);
        put_reason(w, f);
        break;
    case MQTT_SUBSCRIBE:
    case MQTT_SUBACK:
    case MQTT_UNSUBSCRIBE:
    case MQTT_UNSUBACK:
        wp_put_u16be(w, f->packet_id);
        put_properties(w, f, f->properties);
        if (f->type != MQTT_UNSUBACK || f->version == MQTT_V5)
            wp_put_slice(w, f->list);
        break;
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: break;
    case MQTT_DISCONNECT:
    case MQTT_AUTH: put_reason(w, f); break;
    }
}

static uint8_t first_byte(const struct mqtt_frame *f)
{
    unsigned flags = 0;

    switch (f->type) {
    case MQTT_PUBLISH: flags = (unsigned)f->dup << 3 | (unsigned)f->qos << 1 | f->retain; break;
    case MQTT_PUBREL:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: flags = f->version == MQTT_V31 && f->dup ? 10 : 2; break;
    default: break;
    }
    return (uint8_t)((unsigned)f->type << 4 | flags);
}

/* ---- the fixed header ------------------------------------------------------------------------------- */

/* The body was written behind a short header at `start`: makes room for the length, and writes it. `more` bytes will
 * follow the body. */
static void put_head(struct wp_writer *w, size_t start, uint8_t first, size_t more)
{
    size_t body = start + SHORT_HEAD, remaining = w->n - body + more, extra = mqtt_varint_len(remaining) - 1;
    struct wp_writer head;

    if (more > MQTT_REMAINING_MAX || remaining > MQTT_REMAINING_MAX || w->cap - w->n < extra) {
        w->full = true;
        w->n = start;
        return;
    }
    if (extra)
        memmove(w->p + body + extra, w->p + body, w->n - body);
    head = wp_writer(w->p + start, SHORT_HEAD + extra);
    wp_put_u8(&head, first);
    mqtt_put_varint(&head, remaining);
    w->n += extra;
}

/* `payload_follows`: it is counted and not written. */
static void put_packet(struct wp_writer *w, const struct mqtt_frame *f, bool payload_follows)
{
    static const uint8_t room[SHORT_HEAD];
    struct wp_slice payload = f->type == MQTT_PUBLISH ? f->payload : (struct wp_slice){NULL, 0};
    size_t start = w->n;

    wp_put_slice(w, wp_slice(room, sizeof room));
    put_body(w, f);
    if (!w->full)
        put_head(w, start, first_byte(f), payload.n);
    else
        w->n = start;
    if (!payload_follows)
        wp_put_slice(w, payload);
}

void mqtt_encode(struct wp_writer *w, const struct mqtt_frame *f)
{
    put_packet(w, f, false);
}

void mqtt_encode_publish_head(struct wp_writer *w, const struct mqtt_frame *f)
{
    put_packet(w, f, true);
}

/* ---- lists ------------------------------------------------------------------------------------------ */

bool mqtt_filter_next(enum mqtt_type type, struct wp_slice *list, struct mqtt_filter *out)
{
    struct wp_reader r = wp_reader(*list);
    struct mqtt_filter f = {.filter = wp_get_slice(&r, wp_get_u16be(&r))};
    uint8_t options = type == MQTT_SUBSCRIBE ? wp_get_u8(&r) : 0;

    if (r.ran_out)
        return false;
    f.qos = options & 3;
    f.no_local = options & 4;
    f.retain_as_published = options & 8;
    f.retain_handling = options >> 4 & 3;
    *list = wp_slice_from(*list, r.at);
    *out = f;
    return true;
}

void mqtt_put_filter(struct wp_writer *w, enum mqtt_type type, const struct mqtt_filter *f)
{
    mqtt_put_binary(w, f->filter);
    if (type == MQTT_SUBSCRIBE)
        wp_put_u8(w, (uint8_t)(f->qos | (unsigned)f->no_local << 2 | (unsigned)f->retain_as_published << 3 |
                               (unsigned)f->retain_handling << 4));
}
