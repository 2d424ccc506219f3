/* Reading one MQTT packet: a cursor whose first fault stays; and the parts of writing one. Included by the mqtt*.c files only. */
#ifndef WP_MQTT_TAKE_H
#define WP_MQTT_TAKE_H

#include "sim/codec/mqtt.h"

struct mqtt_take {
    struct wp_reader r; /* the whole packet */
    enum mqtt_version version;
    enum wp_side from;
    enum wp_fault fault; /* the first one; none so far */
    size_t at;           /* where that was */
};

static inline void mqtt_fail(struct mqtt_take *t, enum wp_fault fault, size_t at)
{
    if (t->fault != WP_FAULT_NONE)
        return;
    t->fault = fault;
    t->at = at;
}

/* A field that is longer than what is left of the packet. */
static inline void mqtt_look_ran_out(struct mqtt_take *t, size_t at)
{
    if (t->r.ran_out)
        mqtt_fail(t, WP_FAULT_LENGTH, at);
}

static inline uint8_t mqtt_take_u8(struct mqtt_take *t)
{
    size_t at = t->r.at;
    uint8_t v = wp_get_u8(&t->r);

    mqtt_look_ran_out(t, at);
    return v;
}

static inline uint16_t mqtt_take_u16(struct mqtt_take *t)
{
    size_t at = t->r.at;
    uint16_t v = wp_get_u16be(&t->r);

    mqtt_look_ran_out(t, at);
    return v;
}

static inline uint32_t mqtt_take_u32(struct mqtt_take *t)
{
    size_t at = t->r.at;
    uint32_t v = wp_get_u32be(&t->r);

    mqtt_look_ran_out(t, at);
    return v;
}

/* Length of 2 bytes, then as many. */
static inline struct wp_slice mqtt_take_binary(struct mqtt_take *t)
{
    size_t at = t->r.at;
    struct wp_slice s = wp_get_slice(&t->r, wp_get_u16be(&t->r));

    mqtt_look_ran_out(t, at);
    return s;
}

/* Nothing but 01 .. 7F, as most texts are: 8 bytes at a time. */
static inline bool mqtt_is_ascii(struct wp_slice s)
{
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    uint64_t odd = 0, word;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        odd |= word | ((word - ones) & ~word); /* the second finds a 00 byte */
    }
    for (; i < s.n; i++)
        odd |= (uint64_t)(s.p[i] == 0 || s.p[i] > 0x7F) << 7;
    return (odd & high) == 0;
}

static inline struct wp_slice mqtt_take_text(struct mqtt_take *t)
{
    struct wp_slice s = mqtt_take_binary(t);

    if (!mqtt_is_ascii(s) && (memchr(s.p, 0, s.n) || !wp_slice_is_utf8(s)))
        mqtt_fail(t, WP_FAULT_UTF8, t->r.at - s.n);
    return s;
}

/* 1 to 4 bytes, 7 bits each, in the fewest that hold it. */
static inline uint32_t mqtt_take_varint(struct mqtt_take *t)
{
    size_t at = t->r.at;
    uint32_t v = 0;

    for (unsigned i = 0; i < 4; i++) {
        uint8_t b = wp_get_u8(&t->r);

        v |= (uint32_t)(b & 0x7F) << 7 * i;
        if (b & 0x80)
            continue;
        if (b == 0 && i > 0)
            mqtt_fail(t, WP_FAULT_LENGTH, at);
        mqtt_look_ran_out(t, at);
        return v;
    }
    mqtt_fail(t, WP_FAULT_LENGTH, at);
    return 0;
}

/* A topic that can be published to: no wildcards; may be empty. */
static inline void mqtt_look_topic(struct mqtt_take *t, struct wp_slice topic, size_t at)
{
    if (topic.n && (memchr(topic.p, '+', topic.n) || memchr(topic.p, '#', topic.n)))
        mqtt_fail(t, WP_FAULT_TOPIC, at);
}

/* The properties of this kind of packet, checked; nothing in a version without them. `will`: those of a will. */
struct wp_slice mqtt_take_properties(struct mqtt_take *t, enum mqtt_type type, bool will);

/* Everything behind the fixed header. */
void mqtt_take_packet(struct mqtt_take *t, struct mqtt_frame *f);

/* Could a packet of any version begin with this byte? */
bool mqtt_may_begin_with(uint8_t first);
/* And with these bytes, at least one, which may be all of it or less? false: none does, whatever follows. */
bool mqtt_may_begin(struct wp_slice in);
/* Offset of the next place behind the first byte where one may begin; in.n when there is none. */
size_t mqtt_next_start(struct wp_slice in);
/* WP_OK: `used` is the whole packet's length, which may lead beyond `in`, and *ret_head that of its fixed header. */
struct wp_decode mqtt_measure(struct wp_slice in, size_t *ret_head);

/* What the table of properties says of an identifier; NULL: there is no such property. */
struct mqtt_property_row {
    const char *path, *unit;
    uint32_t in;
    uint8_t type, rules;
};
const struct mqtt_property_row *mqtt_property_row(uint8_t id);

/* Bytes of a number written 7 bits each. */
static inline size_t mqtt_varint_len(size_t v)
{
    return v < 1u << 7 ? 1 : v < 1u << 14 ? 2 : v < 1u << 21 ? 3 : 4;
}

/* As mqtt_take_binary and mqtt_take_varint read them; what is too long makes the writer full. */
void mqtt_put_binary(struct wp_writer *w, struct wp_slice s);
void mqtt_put_varint(struct wp_writer *w, size_t v);

#endif
