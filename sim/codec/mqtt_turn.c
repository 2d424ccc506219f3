/* What a packet is in its conversation: which one answers it, who sends such a one, what it carries.
 *
 * Which packet answers which: by the type that must come back, and by the packet identifier.
 *
 * A PUBLISH of QoS 2 is two exchanges: PUBLISH and PUBREC, PUBREL and PUBCOMP. Identifiers are given by each side for
 * itself, and so are questions: who answers is the other side. */
#include "sim/codec/mqtt.h"

/* 0: nothing must. */
static unsigned answer_to(const struct mqtt_frame *f)
{
    switch (f->type) {
    case MQTT_CONNECT: return MQTT_CONNACK;
    case MQTT_PUBLISH: return f->qos == 0 ? 0 : f->qos == 1 ? MQTT_PUBACK : MQTT_PUBREC;
    case MQTT_PUBREL: return MQTT_PUBCOMP;
    case MQTT_SUBSCRIBE: return MQTT_SUBACK;
    case MQTT_UNSUBSCRIBE: return MQTT_UNSUBACK;
    case MQTT_PINGREQ: return MQTT_PINGRESP;
    default: return 0;
    }
}

static bool is_answer(enum mqtt_type type)
{
    const unsigned answers = 1u << MQTT_CONNACK | 1u << MQTT_PUBACK | 1u << MQTT_PUBREC | 1u << MQTT_PUBCOMP |
                             1u << MQTT_SUBACK | 1u << MQTT_UNSUBACK | 1u << MQTT_PINGRESP;

    return answers >> type & 1;
}

/* who: the type of the answer; what: the packet identifier. */
struct wp_turn mqtt_turn(const void *frame)
{
    const struct mqtt_frame *f = frame;
    unsigned answer = answer_to(f);

    if (answer)
        return (struct wp_turn){.kind = WP_TURN_ASKS, .who = answer, .what = f->packet_id};
    if (is_answer(f->type))
        return (struct wp_turn){.kind = WP_TURN_ANSWERS, .who = f->type, .what = f->packet_id};
    return (struct wp_turn){.kind = WP_TURN_ALONE};
}

bool mqtt_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    return answer->who == question->who && answer->what == question->what;
}

enum wp_side mqtt_sender(const void *frame)
{
    const struct mqtt_frame *f = frame;

    switch (f->type) {
    case MQTT_CONNECT:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_PINGREQ: return WP_SIDE_CLIENT;
    case MQTT_CONNACK:
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
    case MQTT_PINGRESP: return WP_SIDE_SERVER;
    case MQTT_DISCONNECT: return f->version == MQTT_V5 ? WP_SIDE_UNKNOWN : WP_SIDE_CLIENT;
    default: return WP_SIDE_UNKNOWN;
    }
}

static uint16_t alias_of(struct wp_slice properties)
{
    struct mqtt_property p;

    while (mqtt_property_next(&properties, &p))
        if (p.id == MQTT_PROPERTY_TOPIC_ALIAS)
            return (uint16_t)p.number;
    return 0;
}

bool mqtt_message(const void *frame, struct wp_carried *out)
{
    const struct mqtt_frame *f = frame;

    if (f->type != MQTT_PUBLISH)
        return false;
    *out = (struct wp_carried){
        .topic = f->topic,
        .payload = f->payload,
        .alias = alias_of(f->properties),
        .qos = f->qos,
        .retain = f->retain,
        .dup = f->dup,
    };
    return true;
}
