/* The properties of version 5: taken out, checked against the table, put in. */
#include "sim/codec/mqtt_take.h"

/* Packets of the table: a bit for each type, and one for the will. */
#define BIT(type) (UINT32_C(1) << (type))

enum { WILL = 16, IDS = 64 };

enum {
    C = BIT(MQTT_CONNECT),
    CA = BIT(MQTT_CONNACK),
    P = BIT(MQTT_PUBLISH),
    ACKS = BIT(MQTT_PUBACK) | BIT(MQTT_PUBREC) | BIT(MQTT_PUBREL) | BIT(MQTT_PUBCOMP),
    S = BIT(MQTT_SUBSCRIBE),
    SA = BIT(MQTT_SUBACK),
    U = BIT(MQTT_UNSUBSCRIBE),
    UA = BIT(MQTT_UNSUBACK),
    D = BIT(MQTT_DISCONNECT),
    A = BIT(MQTT_AUTH),
    W = BIT(WILL),
    ALL = C | CA | P | ACKS | S | SA | U | UA | D | A | W,
};

enum {
    ONCE = 0,
    MANY = 1,
    MANY_IN_PUBLISH = 2, /* a message may meet several subscriptions */
    FLAG = 4,
    NOT_0 = 8,
    NO_WILDCARD = 16,
};

static const struct mqtt_property_row rows[IDS] = {
#define X(name, id, kind, packets, rule, field, its_unit)                                                    \
    [id] = {.path = (field), .unit = (its_unit), .in = (packets), .type = MQTT_##kind, .rules = (rule)},
#include "sim/codec/mqtt_property.def"
#undef X
};

const struct mqtt_property_row *mqtt_property_row(uint8_t id)
{
    return id < IDS && rows[id].path ? &rows[id] : NULL;
}

/* ---- taking them out -------------------------------------------------------------------------------- */

static void take_value(struct mqtt_take *t, struct mqtt_property *p)
{
    switch (p->type) {
    case MQTT_BYTE: p->number = mqtt_take_u8(t); break;
    case MQTT_U16: p->number = mqtt_take_u16(t); break;
    case MQTT_U32: p->number = mqtt_take_u32(t); break;
    case MQTT_VARINT: p->number = mqtt_take_varint(t); break;
    case MQTT_TEXT: p->text = mqtt_take_text(t); break;
    case MQTT_BINARY: p->text = mqtt_take_binary(t); break;
    case MQTT_PAIR:
        p->text = mqtt_take_text(t);
        p->value = mqtt_take_text(t);
        break;
    }
}

bool mqtt_property_next(struct wp_slice *properties, struct mqtt_property *out)
{
    struct mqtt_take t = {.r = wp_reader(*properties), .version = MQTT_V5};
    struct mqtt_property p = {.id = mqtt_take_u8(&t)};
    const struct mqtt_property_row *row = mqtt_property_row(p.id);

    if (!row)
        return false;
    p.type = (enum mqtt_property_type)row->type;
    take_value(&t, &p);
    if (t.fault != WP_FAULT_NONE)
        return false;
    *properties = wp_slice(properties->p + t.r.at, wp_left(&t.r)); /* its place is known to the last */
    *out = p;
    return true;
}

/* ---- checking --------------------------------------------------------------------------------------- */

static bool may_repeat(const struct mqtt_property_row *row, enum mqtt_type type)
{
    return row->rules & MANY || (row->rules & MANY_IN_PUBLISH && type == MQTT_PUBLISH);
}

/* What only one side may say: the session's expiry at the end is the client's, the identifiers of the subscriptions
 * that a message met are the server's (3.14.2.2.2, 3.3.2.3.8). */
static bool is_wrong_side(const struct mqtt_take *t, enum mqtt_type type, uint8_t id)
{
    if (type == MQTT_DISCONNECT)
        return id == MQTT_PROPERTY_SESSION_EXPIRY && t->from == WP_SIDE_SERVER;
    return type == MQTT_PUBLISH && id == MQTT_PROPERTY_SUBSCRIPTION_ID && t->from == WP_SIDE_CLIENT;
}

static void look_value(struct mqtt_take *t, const struct mqtt_property_row *row,
                       const struct mqtt_property *p, size_t at)
{
    if (row->rules & FLAG && p->number > 1)
        mqtt_fail(t, WP_FAULT_PROPERTY, at);
    if (row->rules & NOT_0 && p->number == 0)
        mqtt_fail(t, WP_FAULT_PROPERTY, at);
    if (row->rules & NO_WILDCARD)
        mqtt_look_topic(t, p->text, at + 3);
}

static void take_one(struct mqtt_take *t, enum mqtt_type type, bool will, uint64_t *seen)
{
    size_t at = t->r.at;
    struct mqtt_property p = {.id = mqtt_take_u8(t)};
    const struct mqtt_property_row *row = mqtt_property_row(p.id);

    if (!row || !(row->in & BIT(will ? WILL : (unsigned)type))) {
        mqtt_fail(t, WP_FAULT_PROPERTY, at);
        return;
    }
    if (*seen & UINT64_C(1) << p.id && !may_repeat(row, type))
        mqtt_fail(t, WP_FAULT_PROPERTY, at);
    *seen |= UINT64_C(1) << p.id;
    if (is_wrong_side(t, type, p.id))
        mqtt_fail(t, WP_FAULT_DIRECTION, at);
    p.type = (enum mqtt_property_type)row->type;
    take_value(t, &p);
    look_value(t, row, &p, at);
}

/* Authentication data without a method is data for nobody (3.1.2.11.10); an AUTH is one step of a method (3.15.2.2). */
static bool lacks_method(enum mqtt_type type, uint64_t seen)
{
    uint64_t data = seen & UINT64_C(1) << MQTT_PROPERTY_AUTH_DATA;
    uint64_t method = seen & UINT64_C(1) << MQTT_PROPERTY_AUTH_METHOD;

    return !method && (data || type == MQTT_AUTH);
}

struct wp_slice mqtt_take_properties(struct mqtt_take *t, enum mqtt_type type, bool will)
{
    size_t at = t->r.at, n, start;
    struct wp_reader whole = t->r;
    uint64_t seen = 0;

    if (t->version != MQTT_V5)
        return (struct wp_slice){NULL, 0};
    n = mqtt_take_varint(t);
    start = t->r.at;
    if (n > wp_left(&t->r)) {
        mqtt_fail(t, WP_FAULT_LENGTH, at);
        return (struct wp_slice){NULL, 0};
    }
    t->r.in.n = start + n;
    while (t->fault == WP_FAULT_NONE && wp_left(&t->r) > 0)
        take_one(t, type, will, &seen);
    t->r.in = whole.in;
    if (lacks_method(type, seen))
        mqtt_fail(t, WP_FAULT_PROPERTY, at);
    return wp_slice(whole.in.p + start, n);
}

/* ---- putting them in -------------------------------------------------------------------------------- */

void mqtt_put_binary(struct wp_writer *w, struct wp_slice s)
{
    if (s.n > UINT16_MAX) {
        w->full = true;
        return;
    }
    wp_put_u16be(w, (uint16_t)s.n);
    wp_put_slice(w, s);
}

void mqtt_put_varint(struct wp_writer *w, size_t v)
{
    if (v > MQTT_REMAINING_MAX)
        w->full = true;
    for (; v > 0x7F; v >>= 7)
        wp_put_u8(w, (uint8_t)(v | 0x80));
    wp_put_u8(w, (uint8_t)v);
}

void mqtt_put_property(struct wp_writer *w, const struct mqtt_property *p)
{
    const struct mqtt_property_row *row = mqtt_property_row(p->id);

    if (!row) {
        w->full = true;
        return;
    }
    wp_put_u8(w, p->id);
    switch ((enum mqtt_property_type)row->type) {
    case MQTT_BYTE: wp_put_u8(w, (uint8_t)p->number); break;
    case MQTT_U16: wp_put_u16be(w, (uint16_t)p->number); break;
    case MQTT_U32: wp_put_u32be(w, p->number); break;
    case MQTT_VARINT: mqtt_put_varint(w, p->number); break;
    case MQTT_TEXT:
    case MQTT_BINARY: mqtt_put_binary(w, p->text); break;
    case MQTT_PAIR:
        mqtt_put_binary(w, p->text);
        mqtt_put_binary(w, p->value);
        break;
    }
}
