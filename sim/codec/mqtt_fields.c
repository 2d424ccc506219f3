/* Every field of an MQTT packet: name, value, place. Texts stand without their length's 2 bytes, properties without
 * their identifier. */
#include "sim/codec/mqtt_take.h"

struct visitor {
    const struct mqtt_frame *f;
    wp_visit *visit;
    void *ctx;
};

static void say(const struct visitor *v, const char *path, struct wp_value value, const char *unit,
                size_t first, size_t len, enum wp_role role)
{
    struct wp_field field = {path, value, unit, len ? first : 0, len, role};

    v->visit(v->ctx, &field);
}

static void say_number(const struct visitor *v, const char *path, uint32_t number, size_t first, size_t len,
                       enum wp_role role)
{
    say(v, path, wp_int(number), "", first, len, role);
}

static void say_bool(const struct visitor *v, const char *path, bool yes, size_t first)
{
    say(v, path, wp_bool(yes), "", first, 1, WP_ROLE_FIELD);
}

static void say_derived(const struct visitor *v, const char *path, struct wp_value value)
{
    say(v, path, value, "", 0, 0, WP_ROLE_FIELD);
}

/* A slice of the packet, where it stands. */
static void say_slice(const struct visitor *v, const char *path, struct wp_slice s, bool is_text,
                      enum wp_role role)
{
    size_t first = s.n ? (size_t)(s.p - v->f->wire.p) : 0;

    say(v, path, is_text ? wp_text_value(s) : wp_bytes_value(s), "", first, s.n, role);
}

static void say_text(const struct visitor *v, const char *path, struct wp_slice s, enum wp_role role)
{
    say_slice(v, path, s, true, role);
}

/* Text when it is some that can be printed, else bytes. */
static void say_payload(const struct visitor *v, const char *path, struct wp_slice s)
{
    say_slice(v, path, s, wp_slice_is_utf8(s) && !(s.n && memchr(s.p, 0, s.n)), WP_ROLE_VALUE);
}

/* Of a secret only how long it is, and where. */
static void say_secret(const struct visitor *v, const char *length_path, const char *path, struct wp_slice s)
{
    if (length_path)
        say_derived(v, length_path, wp_int((int64_t)s.n));
    say(v, path, wp_text_value(wp_text("***")), "", s.n ? (size_t)(s.p - v->f->wire.p) : 0, s.n,
        WP_ROLE_SECRET);
}

/* ---- properties ------------------------------------------------------------------------------------- */

struct group {
    const char *length, *prefix;
};

static const struct group own = {"propertiesLength", "properties."},
                          of_will = {"willPropertiesLength", "willProperties."};

enum { PATH_LENGTH = 64 };

static const char *path_of(char path[PATH_LENGTH], const struct group *g, const char *name, const char *end)
{
    struct wp_writer w = wp_writer(path, PATH_LENGTH);

    wp_put_text(&w, g->prefix);
    wp_put_text(&w, name);
    wp_put_text(&w, end);
    return wp_put_end(&w);
}

/* Bytes of the value of a number. */
static size_t number_len(const struct mqtt_property *p)
{
    switch (p->type) {
    case MQTT_BYTE: return 1;
    case MQTT_U16: return 2;
    case MQTT_U32: return 4;
    default: return mqtt_varint_len(p->number);
    }
}

static bool is_id(uint8_t id)
{
    return id == MQTT_PROPERTY_ASSIGNED_CLIENT_ID || id == MQTT_PROPERTY_RESPONSE_TOPIC;
}

/* `after`: the offset behind the property. */
static void say_property(const struct visitor *v, const char *path, const struct mqtt_property *p,
                         size_t after)
{
    const struct mqtt_property_row *row = mqtt_property_row(p->id);
    enum wp_role role = is_id(p->id) ? WP_ROLE_ID : WP_ROLE_FIELD;

    switch (p->type) {
    case MQTT_BYTE:
    case MQTT_U16:
    case MQTT_U32:
    case MQTT_VARINT:
        say(v, path, wp_int(p->number), row->unit, after - number_len(p), number_len(p), role);
        break;
    case MQTT_TEXT: say_text(v, path, p->text, role); break;
    case MQTT_BINARY:
        if (p->id == MQTT_PROPERTY_AUTH_DATA)
            say_secret(v, NULL, path, p->text);
        else
            say_slice(v, path, p->text, false, role);
        break;
    case MQTT_PAIR:
        say_text(v, path, p->text, WP_ROLE_FIELD);
        say_text(v, path, p->value, WP_ROLE_VALUE);
        break;
    }
}

static bool is_list(uint8_t id)
{
    return id == MQTT_PROPERTY_SUBSCRIPTION_ID || id == MQTT_PROPERTY_USER_PROPERTY;
}

/* Those of one identifier, which make an array; 0: all that are no array. */
static void say_properties_of(const struct visitor *v, const struct group *g, struct wp_slice properties,
                              uint8_t id)
{
    struct mqtt_property p;
    char path[PATH_LENGTH];

    while (mqtt_property_next(&properties, &p)) {
        size_t after = (size_t)(properties.p - v->f->wire.p);

        if (id ? p.id == id : !is_list(p.id))
            say_property(v, path_of(path, g, mqtt_property_row(p.id)->path, id ? "[]" : ""), &p, after);
    }
}

/* Those that a short packet leaves out have no length either. */
static void say_properties(const struct visitor *v, const struct group *g, struct wp_slice properties)
{
    size_t n = mqtt_varint_len(properties.n);

    if (v->f->version != MQTT_V5 || !properties.p)
        return;
    say(v, g->length, wp_int((int64_t)properties.n), "", (size_t)(properties.p - v->f->wire.p) - n, n,
        WP_ROLE_LENGTH);
    say_properties_of(v, g, properties, 0);
    say_properties_of(v, g, properties, MQTT_PROPERTY_SUBSCRIPTION_ID);
    say_properties_of(v, g, properties, MQTT_PROPERTY_USER_PROPERTY);
}

/* ---- the types -------------------------------------------------------------------------------------- */

static void say_will(const struct visitor *v, const struct mqtt_will *will, size_t flags_at)
{
    say_number(v, "willQos", will->qos, flags_at, 1, WP_ROLE_FIELD);
    say_bool(v, "willRetain", will->retain, flags_at);
    say_properties(v, &of_will, will->properties);
    say_text(v, "willTopic", will->topic, WP_ROLE_ID);
    say_payload(v, "willPayload", will->payload);
}

static void say_connect(const struct visitor *v)
{
    const struct mqtt_frame *f = v->f;
    const struct mqtt_connect *c = &f->connect;
    size_t name = f->head + 2, n_name = f->version == MQTT_V31 ? 6 : 4, flags = name + n_name + 1;

    say_text(v, "protocolName", wp_slice(f->wire.p + name, n_name), WP_ROLE_KEY);
    say_number(v, "protocolLevel", f->wire.p[flags - 1], flags - 1, 1, WP_ROLE_KEY);
    say_bool(v, f->version == MQTT_V5 ? "cleanStart" : "cleanSession", c->clean, flags);
    say(v, "keepAlive", wp_int(c->keep_alive_s), "s", flags + 1, 2, WP_ROLE_FIELD);
    say_properties(v, &own, f->properties);
    say_text(v, "clientId", c->client_id, WP_ROLE_ID);
    if (c->has_will)
        say_will(v, &c->will, flags);
    if (c->has_user)
        say_text(v, "user", c->user, WP_ROLE_ID);
    if (c->has_password)
        say_secret(v, "passwordLength", "password", c->password);
}

static void say_reason(const struct visitor *v, size_t at)
{
    const struct mqtt_frame *f = v->f;
    const char *text = mqtt_reason_text(f->type, f->version, f->reason);
    bool is_there = at < f->wire.n;

    say(v, "reasonCode", wp_bytes_value(wp_slice(&f->reason, 1)), "", is_there ? at : 0, is_there,
        WP_ROLE_KEY);
    say_derived(v, "reason", wp_text_value(wp_text(text)));
}

static void say_connack(const struct visitor *v)
{
    if (v->f->version != MQTT_V31)
        say_bool(v, "sessionPresent", v->f->session_present, v->f->head);
    say_reason(v, v->f->head + 1);
    say_properties(v, &own, v->f->properties);
}

static void say_packet_id(const struct visitor *v, size_t at)
{
    say_number(v, "packetId", v->f->packet_id, at, 2, WP_ROLE_KEY);
}

static void say_publish(const struct visitor *v)
{
    const struct mqtt_frame *f = v->f;

    say_bool(v, "dup", f->dup, 0);
    say_number(v, "qos", f->qos, 0, 1, WP_ROLE_FIELD);
    say_bool(v, "retain", f->retain, 0);
    say_text(v, "topic", f->topic, WP_ROLE_ID);
    if (f->qos)
        say_packet_id(v, f->head + 2 + f->topic.n);
    say_properties(v, &own, f->properties);
    say_derived(v, "payloadLength", wp_int((int64_t)f->payload.n));
    say_payload(v, "payload", f->payload);
}

/* Version 5 alone has a reason, and leaves it out when it is 0 and nothing follows. */
static void say_reason_of_v5(const struct visitor *v, size_t at)
{
    if (v->f->version != MQTT_V5)
        return;
    say_reason(v, at);
    say_properties(v, &own, v->f->properties);
}

static void say_filters(const struct visitor *v)
{
    enum { QOS, NO_LOCAL, AS_PUBLISHED, HANDLING };
    static const char *const path[] = {"qos[]", "noLocal[]", "retainAsPublished[]", "retainHandling[]"};
    size_t n = v->f->type == MQTT_UNSUBSCRIBE ? 0 : v->f->version == MQTT_V5 ? 4 : 1;
    struct wp_slice list = v->f->list;
    struct mqtt_filter filter;

    while (mqtt_filter_next(v->f->type, &list, &filter))
        say_text(v, "filters[]", filter.filter, WP_ROLE_ID);
    for (size_t i = 0; i < n; i++) {
        list = v->f->list;
        while (mqtt_filter_next(v->f->type, &list, &filter)) {
            size_t at = (size_t)(filter.filter.p + filter.filter.n - v->f->wire.p);

            switch (i) {
            case QOS: say_number(v, path[i], filter.qos, at, 1, WP_ROLE_FIELD); break;
            case NO_LOCAL: say_bool(v, path[i], filter.no_local, at); break;
            case AS_PUBLISHED: say_bool(v, path[i], filter.retain_as_published, at); break;
            default: say_number(v, path[i], filter.retain_handling, at, 1, WP_ROLE_FIELD); break;
            }
        }
    }
}

static void say_codes(const struct visitor *v)
{
    const struct mqtt_frame *f = v->f;

    for (size_t i = 0; i < f->list.n; i++)
        say_slice(v, "reasonCodes[]", wp_slice(f->list.p + i, 1), false, WP_ROLE_KEY);
    for (size_t i = 0; i < f->list.n; i++)
        say_derived(v, "reasons[]",
                    wp_text_value(wp_text(mqtt_reason_text(f->type, f->version, f->list.p[i]))));
}

static void say_subscription(const struct visitor *v)
{
    const struct mqtt_frame *f = v->f;

    say_packet_id(v, f->head);
    say_properties(v, &own, f->properties);
    if (f->type == MQTT_SUBACK || f->type == MQTT_UNSUBACK)
        say_codes(v);
    else
        say_filters(v);
}

static void say_head(const struct visitor *v)
{
    const struct mqtt_frame *f = v->f;

    say(v, "type", wp_text_value(wp_text(mqtt_type_text(f->type))), "", 0, 1, WP_ROLE_KEY);
    say_derived(v, "version", wp_text_value(wp_text(mqtt_version_text(f->version))));
    if (f->is_inferred)
        say_derived(v, "versionInferred", wp_bool(true));
    say_number(v, "remainingLength", (uint32_t)(f->wire.n - f->head), 1, f->head - 1, WP_ROLE_LENGTH);
    if (f->dup && f->type != MQTT_PUBLISH)
        say_bool(v, "dup", true, 0);
}

void mqtt_fields(const void *frame, wp_visit *visit, void *ctx)
{
    struct visitor v = {frame, visit, ctx};

    say_head(&v);
    switch (v.f->type) {
    case MQTT_CONNECT: say_connect(&v); break;
    case MQTT_CONNACK: say_connack(&v); break;
    case MQTT_PUBLISH: say_publish(&v); break;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
        say_packet_id(&v, v.f->head);
        say_reason_of_v5(&v, v.f->head + 2);
        break;
    case MQTT_SUBSCRIBE:
    case MQTT_SUBACK:
    case MQTT_UNSUBSCRIBE:
    case MQTT_UNSUBACK: say_subscription(&v); break;
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: break;
    case MQTT_DISCONNECT:
    case MQTT_AUTH: say_reason_of_v5(&v, v.f->head); break;
    }
}
