/* MQTT 3.1, 3.1.1 and 5: one control packet.
 *
 *     type and flags | remaining length | packet identifier | properties | what the type has          1  1..4  2  n  n
 *
 * - remaining length: 7 bits a byte, low ones first, 0x80 says that another one follows; at most 268 435 455. It alone
 *   says where a packet ends, so a packet with a fault in it is passed over whole.
 * - packet identifier: where an answer needs one; never 0.
 * - properties: version 5 alone; length, then identifier and value by the table of mqtt_property.def.
 * - texts and binary data: length of 2 bytes, high one first, then the bytes; texts are UTF-8 without U+0000.
 *
 * A CONNECT names the version. A connection that was joined later is read as every version that could still be: each
 * packet rules out those that cannot mean it. Which one was assumed is told with the frame.
 * source: MQTT V3.1 Protocol Specification (IBM, Eurotech 2010); OASIS MQTT 3.1.1 (2014); OASIS MQTT 5.0 (2019) */
#ifndef WP_MQTT_H
#define WP_MQTT_H

#include "sim/core/decode.h"

enum { MQTT_REMAINING_MAX = 268435455, MQTT_HEAD_MAX = 5 };

/* The bit of the version in a set of versions is 1 << version. */
enum mqtt_version {
    MQTT_V31 = 3,
    MQTT_V311 = 4,
    MQTT_V5 = 5,
};

#define MQTT_TYPES(X)                                                                                        \
    X(CONNECT, 1)                                                                                            \
    X(CONNACK, 2)                                                                                            \
    X(PUBLISH, 3)                                                                                            \
    X(PUBACK, 4)                                                                                             \
    X(PUBREC, 5)                                                                                             \
    X(PUBREL, 6)                                                                                             \
    X(PUBCOMP, 7)                                                                                            \
    X(SUBSCRIBE, 8)                                                                                          \
    X(SUBACK, 9)                                                                                             \
    X(UNSUBSCRIBE, 10)                                                                                       \
    X(UNSUBACK, 11)                                                                                          \
    X(PINGREQ, 12)                                                                                           \
    X(PINGRESP, 13)                                                                                          \
    X(DISCONNECT, 14)                                                                                        \
    X(AUTH, 15)

enum mqtt_type {
#define X(name, number) MQTT_##name = number,
    MQTT_TYPES(X)
#undef X
};

/* Zeroed: nothing is known yet. Both directions of a connection share it. */
struct mqtt_state {
    uint8_t possible;   /* set of versions; 0: all of them */
    uint8_t leaning;    /* the version that an ambiguous packet spoke for; 0: none */
    bool is_introduced; /* a CONNECT was seen: `possible` has one version, and for sure */
    uint8_t lost; /* bit of each enum wp_side whose last length was none: where its next packet begins is not
                           known */
};

/* The will of a CONNECT; all empty when there is none. */
struct mqtt_will {
    struct wp_slice topic, payload, properties;
    uint8_t qos;
    bool retain;
};

struct mqtt_connect {
    bool clean; /* clean session, clean start */
    bool
        is_bridge; /* seen: bit 7 of the level, by which mosquitto's bridges tell themselves apart (3.1, 3.1.1) */
    uint16_t keep_alive_s;
    struct wp_slice client_id;
    bool has_will, has_user, has_password;
    struct mqtt_will will;
    struct wp_slice user, password;
};

/* Slices borrow from the bytes that were decoded; those of a frame to be encoded from wherever. */
struct mqtt_frame {
    enum mqtt_type type;
    enum mqtt_version version;
    bool is_inferred;     /* no CONNECT was seen: the version is what the packets allow */
    struct wp_slice wire; /* the whole packet; nothing when encoding */
    size_t head;          /* bytes up to the variable header; nothing when encoding */
    uint8_t qos;          /* PUBLISH */
    bool dup, retain;     /* PUBLISH; dup in 3.1 also PUBREL, SUBSCRIBE, UNSUBSCRIBE */
    bool session_present; /* CONNACK */
    uint8_t reason;       /* CONNACK and, in version 5, the acknowledgements, DISCONNECT, AUTH; 0: success */
    uint16_t packet_id;   /* 0: the packet has none */
    struct wp_slice properties;     /* without their length; mqtt_property_next takes them out */
    struct wp_slice topic, payload; /* PUBLISH */
    struct wp_slice
        list; /* SUBSCRIBE, UNSUBSCRIBE: filters; SUBACK, UNSUBACK: a code each; see mqtt_filter_next */
    struct mqtt_connect connect;
};

/* Decode one packet from the front of `in`.
 * state  what the connection has told so far; a good packet may add to it, and so may a CONNECT with a fault
 * from   who sends; WP_SIDE_UNKNOWN: either
 * out    written only on WP_OK; its slices point into `in`, a payload of any size is not copied
 * WP_MORE  need = bytes still missing: to know the length, then all of them
 * WP_BAD   LENGTH (remaining length malformed: used leads to the next place that could begin a packet; a field longer
 *          than its packet), VERSION, TYPE, FLAGS, QOS, PACKET_ID, UTF8, TOPIC, PROPERTY, REASON, DIRECTION, FIELD,
 *          EXTRA: the packet is passed over whole. Before the first packet, and of the same side behind a malformed
 *          remaining length, where one begins is not known: START, and used leads to the next place that could begin
 *          one
 * source: OASIS MQTT 5.0 2 and 3, 3.1.1 2 and 3 */
struct wp_decode mqtt_decode(struct mqtt_state *state, enum wp_side from, struct wp_slice in,
                             struct mqtt_frame *out);

/* The packet that the frame describes. What the version does not have is left out. The writer is full afterwards when
 * it did not fit, also when a field is longer than its length can say. */
void mqtt_encode(struct wp_writer *w, const struct mqtt_frame *f);

/* A PUBLISH up to its payload, for who sends the payload from where it is. */
void mqtt_encode_publish_head(struct wp_writer *w, const struct mqtt_frame *f);

/* "PUBLISH"; NULL for 0 and above 15. */
const char *mqtt_type_text(unsigned type);
/* "3.1", "3.1.1", "5" */
const char *mqtt_version_text(enum mqtt_version v);
/* What a reason code or return code means in this packet; NULL: it is not defined there. */
const char *mqtt_reason_text(enum mqtt_type type, enum mqtt_version version, uint8_t reason);

/* ---- filters of SUBSCRIBE and UNSUBSCRIBE ----------------------------------------------------------- */

struct mqtt_filter {
    struct wp_slice filter;
    uint8_t qos;
    bool no_local, retain_as_published; /* version 5 */
    uint8_t retain_handling;            /* version 5: 0..2 */
};

/* Takes the next filter off `list`. false: there is none. */
bool mqtt_filter_next(enum mqtt_type type, struct wp_slice *list, struct mqtt_filter *out);
/* Adds one to a list that is to be encoded. */
void mqtt_put_filter(struct wp_writer *w, enum mqtt_type type, const struct mqtt_filter *f);

/* ---- properties ------------------------------------------------------------------------------------- */

enum mqtt_property_type {
    MQTT_BYTE,
    MQTT_U16,
    MQTT_U32,
    MQTT_VARINT,
    MQTT_TEXT,
    MQTT_BINARY,
    MQTT_PAIR, /* two texts */
};

enum mqtt_property_id {
#define X(name, id, type, in, rules, path, unit) MQTT_PROPERTY_##name = id,
#include "sim/codec/mqtt_property.def"
#undef X
};

struct mqtt_property {
    uint8_t id; /* enum mqtt_property_id */
    enum mqtt_property_type type;
    uint32_t number;             /* MQTT_BYTE .. MQTT_VARINT */
    struct wp_slice text, value; /* text, binary data, a pair's name; a pair's value */
};

/* Takes the next property off `properties`. false: there is none, or what stands there is none. */
bool mqtt_property_next(struct wp_slice *properties, struct mqtt_property *out);
/* Adds one to properties that are to be encoded; `type` follows from the id. */
void mqtt_put_property(struct wp_writer *w, const struct mqtt_property *p);

/* ---- the catalog row -------------------------------------------------------------------------------- */

struct wp_turn mqtt_turn(const void *frame);
bool mqtt_answers(const struct wp_turn *answer, const struct wp_turn *question);
enum wp_side mqtt_sender(const void *frame);
/* What a PUBLISH carries. */
bool mqtt_message(const void *frame, struct wp_carried *out);
void mqtt_fields(const void *frame, wp_visit *visit, void *ctx);
enum wp_probe mqtt_probe(struct wp_slice in);

extern const struct wp_codec mqtt_codec;

#endif
