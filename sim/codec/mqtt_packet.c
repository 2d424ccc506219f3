/* The fields of each type of MQTT packet, read and checked.                     source: OASIS MQTT 5.0 and 3.1.1, 3 */
#include "sim/codec/mqtt_take.h"

/* ---- parts that several types have ------------------------------------------------------------------ */

static void take_packet_id(struct mqtt_take *t, struct mqtt_frame *f)
{
    size_t at = t->r.at;

    f->packet_id = mqtt_take_u16(t);
    if (f->packet_id == 0)
        mqtt_fail(t, WP_FAULT_PACKET_ID, at);
}

static void take_reason(struct mqtt_take *t, struct mqtt_frame *f)
{
    size_t at = t->r.at;

    f->reason = mqtt_take_u8(t);
    if (!mqtt_reason_text(f->type, t->version, f->reason))
        mqtt_fail(t, WP_FAULT_REASON, at);
}

/* Is `filter` one that can be subscribed to? # is the last level, # and + stand alone in theirs. */
static bool is_filter(struct wp_slice filter)
{
    for (size_t i = 0; i < filter.n; i++) {
        bool begins = i == 0 || filter.p[i - 1] == '/';
        bool is_last = i + 1 == filter.n;

        if (filter.p[i] == '#' && !(begins && is_last))
            return false;
        if (filter.p[i] == '+' && !(begins && (is_last || filter.p[i + 1] == '/')))
            return false;
    }
    return filter.n > 0;
}

static bool is_shared(struct wp_slice filter)
{
    return filter.n >= 7 && memcmp(filter.p, "$share/", 7) == 0;
}

/* $share/NAME/FILTER: a name without wildcards, and a filter behind it (5.0, 4.8.2). */
static bool is_shared_filter(struct wp_slice filter)
{
    struct wp_slice rest = wp_slice_from(filter, 7);
    const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    size_t n = slash ? (size_t)(slash - rest.p) : 0;

    return n > 0 && !memchr(rest.p, '+', n) && !memchr(rest.p, '#', n) && rest.n > n + 1;
}

static struct wp_slice take_filter(struct mqtt_take *t)
{
    struct wp_slice filter = mqtt_take_text(t);
    size_t at = t->r.at - filter.n;

    if (!is_filter(filter))
        mqtt_fail(t, WP_FAULT_TOPIC, at);
    if (t->version == MQTT_V5 && is_shared(filter) && !is_shared_filter(filter))
        mqtt_fail(t, WP_FAULT_TOPIC, at);
    return filter;
}

static void take_options(struct mqtt_take *t, struct wp_slice filter)
{
    size_t at = t->r.at;
    uint8_t options = mqtt_take_u8(t);
    bool is_v5 = t->version == MQTT_V5;

    if ((options & 3) == 3)
        mqtt_fail(t, WP_FAULT_QOS, at);
    /* 3.1 says of the upper bits only that they are not used. */
    if (t->version != MQTT_V31 && options & (is_v5 ? 0xC0 : 0xFC))
        mqtt_fail(t, WP_FAULT_FLAGS, at);
    if (is_v5 && (options >> 4 & 3) == 3)
        mqtt_fail(t, WP_FAULT_FIELD, at);
    if (is_v5 && options & 4 && is_shared(filter)) /* no local with a shared subscription: 3.8.3.1 */
        mqtt_fail(t, WP_FAULT_FLAGS, at);
}

/* Everything that is left is the list, which has one element at least. */
static void take_list(struct mqtt_take *t, struct mqtt_frame *f)
{
    size_t at = t->r.at;

    f->list = wp_slice(t->r.in.p + at, wp_left(&t->r));
    if (f->list.n == 0)
        mqtt_fail(t, WP_FAULT_LENGTH, at);
    while (t->fault == WP_FAULT_NONE && wp_left(&t->r) > 0) {
        if (f->type == MQTT_SUBACK || f->type == MQTT_UNSUBACK) {
            take_reason(t, f);
        } else {
            struct wp_slice filter = take_filter(t);

            if (f->type == MQTT_SUBSCRIBE && t->fault == WP_FAULT_NONE)
                take_options(t, filter);
        }
    }
    f->reason = 0;
}

/* ---- CONNECT ---------------------------------------------------------------------------------------- */

enum {
    CONNECT_RESERVED = 0x01,
    CONNECT_CLEAN = 0x02,
    CONNECT_WILL = 0x04,
    CONNECT_WILL_QOS = 0x18,
    CONNECT_WILL_RETAIN = 0x20,
    CONNECT_PASSWORD = 0x40,
    CONNECT_USER = 0x80,
    LEVEL_BRIDGE = 0x80,
};

static void look_connect_flags(struct mqtt_take *t, uint8_t flags, size_t at)
{
    if (flags & CONNECT_RESERVED && t->version != MQTT_V31)
        mqtt_fail(t, WP_FAULT_FLAGS, at);
    if ((flags & CONNECT_WILL_QOS) == CONNECT_WILL_QOS)
        mqtt_fail(t, WP_FAULT_QOS, at);
    if (!(flags & CONNECT_WILL) && flags & (CONNECT_WILL_QOS | CONNECT_WILL_RETAIN) && t->version != MQTT_V31)
        mqtt_fail(t, WP_FAULT_FLAGS, at);
    if (flags & CONNECT_PASSWORD && !(flags & CONNECT_USER) && t->version != MQTT_V5)
        mqtt_fail(t, WP_FAULT_FLAGS, at);
}

static void take_will(struct mqtt_take *t, uint8_t flags, struct mqtt_will *will)
{
    size_t at;

    will->properties = mqtt_take_properties(t, MQTT_CONNECT, true);
    at = t->r.at + 2;
    will->topic = mqtt_take_text(t);
    if (will->topic.n == 0)
        mqtt_fail(t, WP_FAULT_TOPIC, at);
    mqtt_look_topic(t, will->topic, at);
    will->payload = mqtt_take_binary(t);
    will->qos = (uint8_t)(flags >> 3 & 3);
    will->retain = flags & CONNECT_WILL_RETAIN;
}

/* 3.1 lets the remaining length win over the flags: user name and password may be missing. */
static bool may_take(const struct mqtt_take *t, bool flag)
{
    return flag && (t->version != MQTT_V31 || wp_left(&t->r) > 0);
}

static void take_credentials(struct mqtt_take *t, uint8_t flags, struct mqtt_connect *c)
{
    c->has_user = may_take(t, flags & CONNECT_USER);
    if (c->has_user)
        c->user = mqtt_take_text(t);
    c->has_password = may_take(t, flags & CONNECT_PASSWORD);
    if (c->has_password)
        c->password = mqtt_take_binary(t);
}

/* An empty client id or one of more than 23 characters is no fault: it has an answer, CONNACK 2. */
static void take_connect(struct mqtt_take *t, struct mqtt_frame *f)
{
    struct mqtt_connect *c = &f->connect;
    uint8_t flags;

    wp_get_slice(&t->r, wp_get_u16be(&t->r)); /* the name was looked at to learn the version */
    c->is_bridge = wp_get_u8(&t->r) & LEVEL_BRIDGE;
    flags = mqtt_take_u8(t);
    look_connect_flags(t, flags, t->r.at - 1);
    c->clean = flags & CONNECT_CLEAN;
    c->keep_alive_s = mqtt_take_u16(t);
    f->properties = mqtt_take_properties(t, MQTT_CONNECT, false);
    c->client_id = mqtt_take_text(t);
    c->has_will = flags & CONNECT_WILL;
    if (c->has_will)
        take_will(t, flags, &c->will);
    take_credentials(t, flags, c);
}

static void take_connack(struct mqtt_take *t, struct mqtt_frame *f)
{
    size_t at = t->r.at;
    uint8_t flags = mqtt_take_u8(t);

    if (t->version != MQTT_V31) { /* where this byte is reserved and not used */
        if (flags & 0xFE)
            mqtt_fail(t, WP_FAULT_FLAGS, at);
        f->session_present = flags & 1;
    }
    take_reason(t, f);
    if (f->session_present && f->reason) /* 3.1.1 3.2.2.2, 5.0 3.2.2.1.1 */
        mqtt_fail(t, WP_FAULT_FLAGS, at);
    f->properties = mqtt_take_properties(t, MQTT_CONNACK, false);
}

/* ---- PUBLISH ---------------------------------------------------------------------------------------- */

static bool has_alias(struct wp_slice properties)
{
    struct mqtt_property p;

    while (mqtt_property_next(&properties, &p))
        if (p.id == MQTT_PROPERTY_TOPIC_ALIAS)
            return true;
    return false;
}

static void take_publish(struct mqtt_take *t, struct mqtt_frame *f)
{
    uint8_t first = t->r.in.p[0];
    size_t at = t->r.at + 2;

    f->dup = first & 8;
    f->qos = (uint8_t)(first >> 1 & 3);
    f->retain = first & 1;
    if (f->qos == 3)
        mqtt_fail(t, WP_FAULT_QOS, 0);
    if (f->dup && f->qos == 0 && t->version != MQTT_V31)
        mqtt_fail(t, WP_FAULT_FLAGS, 0);
    f->topic = mqtt_take_text(t);
    mqtt_look_topic(t, f->topic, at);
    if (f->qos > 0 && t->fault == WP_FAULT_NONE)
        take_packet_id(t, f);
    f->properties = mqtt_take_properties(t, MQTT_PUBLISH, false);
    if (f->topic.n == 0 && !has_alias(f->properties))
        mqtt_fail(t, WP_FAULT_TOPIC, at);
    f->payload = wp_get_slice(&t->r, wp_left(&t->r));
}

/* ---- the others ------------------------------------------------------------------------------------- */

/* Version 5 leaves out a reason of 0 and what would stand behind it. */
static void take_reason_and_properties(struct mqtt_take *t, struct mqtt_frame *f)
{
    if (t->version != MQTT_V5 || wp_left(&t->r) == 0)
        return;
    take_reason(t, f);
    if (wp_left(&t->r) > 0)
        f->properties = mqtt_take_properties(t, f->type, false);
    else if (f->type == MQTT_AUTH && f->reason) /* a step without its method: 3.15.2.2 */
        mqtt_fail(t, WP_FAULT_LENGTH, t->r.at);
}

static void take_ack(struct mqtt_take *t, struct mqtt_frame *f)
{
    take_packet_id(t, f);
    take_reason_and_properties(t, f);
}

static void take_subscription(struct mqtt_take *t, struct mqtt_frame *f)
{
    take_packet_id(t, f);
    f->properties = mqtt_take_properties(t, f->type, false);
    if (f->type != MQTT_UNSUBACK || t->version == MQTT_V5)
        take_list(t, f);
}

/* ---- flags and sides -------------------------------------------------------------------------------- */

static uint8_t expected_flags(enum mqtt_type type)
{
    return type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE ? 2 : 0;
}

/* In 3.1 what is sent again has DUP set, whatever of these it is. */
static void look_flags(struct mqtt_take *t, struct mqtt_frame *f)
{
    uint8_t flags = t->r.in.p[0] & 15, expected = expected_flags(f->type);

    if (t->version == MQTT_V31 && expected == 2) {
        f->dup = flags & 8;
        flags &= 7;
    }
    if (flags != expected)
        mqtt_fail(t, WP_FAULT_FLAGS, 0);
}

static bool is_wrong_side(const struct mqtt_take *t, const struct mqtt_frame *f)
{
    enum wp_side sender = mqtt_sender(f);

    return (t->from == WP_SIDE_CLIENT && sender == WP_SIDE_SERVER) ||
           (t->from == WP_SIDE_SERVER && sender == WP_SIDE_CLIENT);
}

static bool is_type(unsigned type, enum mqtt_version version)
{
    return type >= MQTT_CONNECT && (type < MQTT_AUTH || (type == MQTT_AUTH && version == MQTT_V5));
}

void mqtt_take_packet(struct mqtt_take *t, struct mqtt_frame *f)
{
    if (!is_type(f->type, t->version)) {
        mqtt_fail(t, WP_FAULT_TYPE, 0);
        return;
    }
    if (is_wrong_side(t, f))
        mqtt_fail(t, WP_FAULT_DIRECTION, 0);
    if (f->type != MQTT_PUBLISH)
        look_flags(t, f);
    switch (f->type) {
    case MQTT_CONNECT: take_connect(t, f); break;
    case MQTT_CONNACK: take_connack(t, f); break;
    case MQTT_PUBLISH: take_publish(t, f); break;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP: take_ack(t, f); break;
    case MQTT_SUBSCRIBE:
    case MQTT_SUBACK:
    case MQTT_UNSUBSCRIBE:
    case MQTT_UNSUBACK: take_subscription(t, f); break;
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: break;
    case MQTT_DISCONNECT:
    case MQTT_AUTH: take_reason_and_properties(t, f); break;
    }
    if (wp_left(&t->r) > 0)
        mqtt_fail(t, WP_FAULT_EXTRA, t->r.at);
}
