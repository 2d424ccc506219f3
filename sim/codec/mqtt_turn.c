/* Which packet answers which: by the type that must come back, and by the packet identifier.
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
