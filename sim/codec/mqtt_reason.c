/* What reason codes and return codes mean. */
#include "sim/codec/mqtt.h"

#define BIT(type) (1u << (type))

enum {
    CA = BIT(MQTT_CONNACK),
    PA = BIT(MQTT_PUBACK),
    PR = BIT(MQTT_PUBREC),
    PL = BIT(MQTT_PUBREL),
    PC = BIT(MQTT_PUBCOMP),
    SA = BIT(MQTT_SUBACK),
    UA = BIT(MQTT_UNSUBACK),
    D = BIT(MQTT_DISCONNECT),
    A = BIT(MQTT_AUTH),
};

static const char *text_of_v5(enum mqtt_type type, uint8_t reason)
{
    static const struct {
        uint8_t code;
        const char *text;
        unsigned in;
    } rows[] = {
#define X(number, words, packets) {number, words, packets},
#include "sim/codec/mqtt_reason.def"
#undef X
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == reason && rows[i].in & BIT(type))
            return rows[i].text;
    return NULL;
}

/* 3.1.1: 3.2.2.3 and 3.9.3. The SUBACK of 3.1 knows no failure, but brokers of today send it there too. */
static const char *text_of_v3(enum mqtt_type type, uint8_t reason)
{
    static const char *const connack[] = {
        "connection accepted", "unacceptable protocol version", "identifier rejected",
        "server unavailable",  "bad user name or password",     "not authorized",
    };
    static const char *const suback[] = {"granted QoS 0", "granted QoS 1", "granted QoS 2"};

    if (type == MQTT_CONNACK && reason < sizeof connack / sizeof connack[0])
        return connack[reason];
    if (type == MQTT_SUBACK && reason < sizeof suback / sizeof suback[0])
        return suback[reason];
    return type == MQTT_SUBACK && reason == 0x80 ? "failure" : NULL;
}

const char *mqtt_reason_text(enum mqtt_type type, enum mqtt_version version, uint8_t reason)
{
    return version == MQTT_V5 ? text_of_v5(type, reason) : text_of_v3(type, reason);
}
