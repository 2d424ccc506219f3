/* What virtual_wire.c (the connection, how it comes and goes) and virtual_wire_packet.c (what it carries) share. */
#ifndef WP_VIRTUAL_WIRE_H
#define WP_VIRTUAL_WIRE_H

#include "sim/codec/mqtt.h"
#include "sim/world/virtual.h"

enum { WIRE_OVERHEAD = 64 }; /* of a packet, over what it carries */

/* A packet number that waits for its answer. */
struct numbered {
    uint16_t number;
    uint8_t qos;   /* of a PUBLISH; a SUBSCRIBE has 0 */
    uint64_t what; /* a publish's tag, a filter's hash */
};

struct numbers {
    struct numbered *at; /* oldest first */
    size_t n, cap;
};

struct virtual_wire {
    struct virtual_session *session;
    uint32_t id;
    bool has_fin[2], is_over; /* up, down */
    wp_us keepalive;          /* 0: no pings */
    struct wp_timer ping;
    struct numbers to_broker, to_client; /* awaited by the client; QoS 2 that the broker has to release */
    uint16_t last_up, last_down;
};

/* A WIRE record of the connection. */
void wire_record(struct virtual *v, const struct virtual_wire *wire, wp_us at, struct wp_wire what);
/* Bytes pass now; one packet passes now. */
void wire_carry(struct virtual *v, struct virtual_wire *wire, bool down, struct wp_slice bytes);
void wire_say(struct virtual *v, struct virtual_wire *wire, bool down, struct mqtt_frame f);
/* Both sides end it, one after the other; or the client breaks it off. */
void wire_end(struct virtual *v, struct virtual_wire *wire, bool by_broker);
void wire_reset(struct virtual *v, struct virtual_wire *wire);

#endif
