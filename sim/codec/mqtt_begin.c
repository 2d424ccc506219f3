/* Where an MQTT packet may begin and where it ends. Among bytes of others most places are ruled out here, by what stands
 * behind the length in every version, so that no more of them has to be read. */
#include "sim/codec/mqtt_take.h"

/* Bit f of row t: a packet of type t may have the flags f in some version. */
static const uint16_t flags_of[16] = {
    [MQTT_CONNECT] = 0x0001,  [MQTT_CONNACK] = 0x0001,
    [MQTT_PUBLISH] = 0x3F3F, /* a quality of service of 3 does not exist */
    [MQTT_PUBACK] = 0x0001,   [MQTT_PUBREC] = 0x0001,
    [MQTT_PUBREL] = 0x0404, /* in 3.1 also sent again */
    [MQTT_PUBCOMP] = 0x0001,  [MQTT_SUBSCRIBE] = 0x0404,
    [MQTT_SUBACK] = 0x0001,   [MQTT_UNSUBSCRIBE] = 0x0404,
    [MQTT_UNSUBACK] = 0x0001, [MQTT_PINGREQ] = 0x0001,
    [MQTT_PINGRESP] = 0x0001, [MQTT_DISCONNECT] = 0x0001,
    [MQTT_AUTH] = 0x0001,
};

static inline bool is_first(uint8_t byte)
{
    return flags_of[byte >> 4] >> (byte & 15) & 1;
}

bool mqtt_may_begin_with(uint8_t first)
{
    return is_first(first);
}

struct wp_decode mqtt_measure(struct wp_slice in, size_t *ret_head)
{
    size_t remaining = 0;

    for (size_t i = 1; i < MQTT_HEAD_MAX; i++) {
        if (i >= in.n)
            return wp_more(i + 1 - in.n);
        remaining |= (size_t)(in.p[i] & 0x7F) << 7 * (i - 1);
        if (in.p[i] & 0x80)
            continue;
        *ret_head = i + 1;
        return wp_ok(i + 1 + remaining);
    }
    return wp_bad(WP_FAULT_LENGTH, MQTT_HEAD_MAX - 1, 1);
}

/* ---- behind the fixed header ------------------------------------------------------------------------ */

enum { TELLING = 32 }; /* so many bytes of a text are looked at */

/* What follows it: `n` bytes, of which some may not be there yet. */
struct rest {
    enum mqtt_type type;
    struct wp_slice there;
    size_t n;
};

/* Is this the beginning of a text? Its last character may be cut. */
static bool is_text_begun(struct wp_slice text)
{
    bool has_zero = text.n && memchr(text.p, 0, text.n);

    for (int i = 0; i < 3 && text.n && (text.p[text.n - 1] & 0xC0) == 0x80; i++)
        text.n--;
    if (text.n && text.p[text.n - 1] >= 0xC0)
        text.n--;
    return !has_zero && wp_slice_is_utf8(text);
}

/* Could there be a text of `least` bytes at `at`, and `more` bytes behind it? */
static bool is_text(const struct rest *r, size_t at, size_t least, size_t more)
{
    struct wp_slice text = wp_slice_from(r->there, at + 2 < r->there.n ? at + 2 : r->there.n);
    size_t len = least;

    if (at + 2 <= r->there.n)
        len = (size_t)r->there.p[at] << 8 | r->there.p[at + 1];
    if (len < least || at + 2 + len + more > r->n)
        return false;
    text.n = text.n < len ? text.n : len;
    text.n = text.n < TELLING ? text.n : TELLING;
    return is_text_begun(text);
}

/* Properties, the first of which this type may have, and `more` bytes behind them? */
static bool is_properties(const struct rest *r, size_t at, size_t more)
{
    const struct mqtt_property_row *first;
    size_t len = 0, i = 0;
    uint8_t byte;

    do {
        if (at >= r->there.n)
            return at + 1 + more <= r->n;
        byte = r->there.p[at++];
        len |= (size_t)(byte & 0x7F) << 7 * i++;
    } while (byte & 0x80 && i < 4);
    if (byte & 0x80 || at + len + more > r->n)
        return false;
    if (len == 0 || at >= r->there.n)
        return true;
    first = mqtt_property_row(r->there.p[at]);
    return first && first->in >> r->type & 1;
}

static bool is_reason(const struct rest *r, size_t at, enum mqtt_version version)
{
    return at >= r->there.n || mqtt_reason_text(r->type, version, r->there.p[at]);
}

static bool is_numbered(const struct rest *r)
{
    return r->n >= 2 && (r->there.n < 2 || r->there.p[0] != 0 || r->there.p[1] != 0);
}

static bool is_connect(const struct rest *r)
{
    static const char *const names[] = {"\0\4MQTT", "\0\6MQIsdp"};
    size_t n = r->there.n;

    return memcmp(r->there.p, names[0], n < 6 ? n : 6) == 0 ||
           memcmp(r->there.p, names[1], n < 8 ? n : 8) == 0;
}

static bool is_connack(const struct rest *r)
{
    if (r->n == 2)
        return is_reason(r, 1, MQTT_V311) || is_reason(r, 1, MQTT_V5);
    return r->n > 2 && is_properties(r, 2, 0) && is_reason(r, 1, MQTT_V5);
}

/* Version 5 alone has a reason, and properties behind it. */
static bool is_reason_and_properties(const struct rest *r, size_t at)
{
    return r->n <= at || ((r->n == at + 1 || is_properties(r, at + 1, 0)) && is_reason(r, at, MQTT_V5));
}

/* In the older versions the filters follow the identifier at once. */
static bool is_subscription(const struct rest *r)
{
    size_t options = r->type == MQTT_SUBSCRIBE;

    return is_numbered(r) && (is_text(r, 2, 1, options) || is_properties(r, 2, 3 + options));
}

static bool is_suback(const struct rest *r)
{
    return is_numbered(r) && r->n > 2 && (is_reason(r, 2, MQTT_V311) || is_properties(r, 2, 1));
}

static bool is_unsuback(const struct rest *r)
{
    return is_numbered(r) && (r->n == 2 || is_properties(r, 2, 1));
}

static bool may_begin(struct wp_slice in)
{
    struct rest r = {.type = (enum mqtt_type)(in.p[0] >> 4)};
    size_t head;
    struct wp_decode whole = mqtt_measure(in, &head);

    if (whole.status != WP_OK)
        return whole.status == WP_MORE;
    r.n = whole.used - head;
    r.there = wp_slice(in.p + head, in.n - head < r.n ? in.n - head : r.n);
    switch (r.type) {
    case MQTT_CONNECT: return is_connect(&r);
    case MQTT_CONNACK: return is_connack(&r);
    case MQTT_PUBLISH: return is_text(&r, 0, 0, in.p[0] & 6 ? 2 : 0);
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP: return is_numbered(&r) && is_reason_and_properties(&r, 2);
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: return is_subscription(&r);
    case MQTT_SUBACK: return is_suback(&r);
    case MQTT_UNSUBACK: return is_unsuback(&r);
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: return r.n == 0;
    case MQTT_DISCONNECT:
    case MQTT_AUTH: return is_reason_and_properties(&r, 0);
    }
    return false;
}

bool mqtt_may_begin(struct wp_slice in)
{
    return is_first(in.p[0]) && may_begin(in);
}

size_t mqtt_next_start(struct wp_slice in)
{
    size_t at = 1;

    while (at < in.n && !(is_first(in.p[at]) && may_begin(wp_slice_from(in, at))))
        at++;
    return at;
}
