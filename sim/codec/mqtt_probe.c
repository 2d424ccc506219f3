/* Is a stream that begins so MQTT?
 *
 * A CONNECT is, by the name in it. Of a connection that was joined later the first packets must be whole, good in some
 * version, and one must hold text (a topic, a filter). A few bytes that happen to be a ping or an acknowledgement, and
 * nothing behind them that is none, may be; two bytes of a ping are also how a Modbus transaction may begin. */
#include "sim/codec/mqtt_take.h"

enum { PACKETS_MAX = 8, LENGTH_BYTES_MAX = 4, TELLING_TOPIC = 4 };

/* 10, length, 00 04 "MQTT" or 00 06 "MQIsdp" */
static enum wp_probe probe_connect(struct wp_slice in)
{
    static const char *const names[] = {"\0\4MQTT", "\0\6MQIsdp"};
    size_t head;
    struct wp_decode whole = mqtt_measure(in, &head);

    if (whole.status != WP_OK)
        return whole.status == WP_MORE ? WP_PROBE_MORE : WP_PROBE_NO;
    in = wp_slice_from(in, head);
    for (size_t i = 0; i < 2; i++) {
        size_t n = i == 0 ? 6 : 8;

        if (whole.used - head < n)
            return WP_PROBE_NO;
        if (in.n < n ? in.n == 0 || memcmp(in.p, names[i], in.n) == 0 : memcmp(in.p, names[i], n) == 0)
            return in.n < n ? WP_PROBE_MORE : WP_PROBE_YES;
    }
    return WP_PROBE_NO;
}

/* Of a packet whose rest is missing: is what is there of its topic text? */
static bool is_topic_begun(struct wp_slice in)
{
    size_t at = 1, n;

    while (at < in.n && at <= LENGTH_BYTES_MAX && in.p[at] & 0x80)
        at++;
    if (at > LENGTH_BYTES_MAX)
        return false;
    in = wp_slice_from(in, at + 1);
    if (in.n < 2)
        return true;
    n = (size_t)in.p[0] << 8 | in.p[1];
    in = wp_slice_from(in, 2);
    if (in.n > n)
        in.n = n;
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] < ' ' || in.p[i] == 0x7F || in.p[i] == '#' || in.p[i] == '+')
            return false;
    return true;
}

static bool is_plain(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7F)
            return false;
    return text.n > 0;
}

/* Does the packet hold what no other protocol is likely to have there? */
static bool is_telling(const struct mqtt_frame *f)
{
    switch (f->type) {
    case MQTT_PUBLISH: return f->topic.n >= TELLING_TOPIC;
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: return f->list.n >= TELLING_TOPIC + 3;
    default: return false;
    }
}

static bool is_plain_enough(const struct mqtt_frame *f)
{
    return f->type != MQTT_PUBLISH || f->topic.n == 0 || is_plain(f->topic);
}

enum wp_probe mqtt_probe(struct wp_slice in)
{
    struct mqtt_state state = {0};
    struct mqtt_frame f;

    if (in.n == 0)
        return WP_PROBE_MORE;
    if (in.p[0] == MQTT_CONNECT << 4)
        return probe_connect(in);
    for (size_t i = 0; i < PACKETS_MAX && in.n > 0; i++) {
        struct wp_decode d = mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f);

        if (d.status == WP_MORE)
            return mqtt_may_begin(in) && (in.p[0] >> 4 != MQTT_PUBLISH || is_topic_begun(in)) ? WP_PROBE_MORE
                                                                                              : WP_PROBE_NO;
        if (d.status == WP_BAD || !is_plain_enough(&f))
            return WP_PROBE_NO;
        if (is_telling(&f))
            return WP_PROBE_YES;
        in = wp_slice_from(in, d.used);
    }
    return in.n > 0 ? WP_PROBE_MAYBE : WP_PROBE_MAYBE_MORE;
}
