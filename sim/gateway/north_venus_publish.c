/* Readings to messages: N/<portal>/<type>/<instance>/<path> {"value":...}.
 *
 *     told by the south          alive        not alive
 *     changed, scanned           payload      nothing
 *     asked for                  payload      payload
 *     left                       zero bytes   zero bytes        never on system/0/Serial
 *     system/0/Serial, new       payload      payload
 *
 * Nothing is compared but the serial while nobody is alive: what a service signals again is published again.
 * source: protocols/victron-dbus-and-vrm b.2, b.3, b.11, d.3 */
#include "sim/codec/dbus.h"
#include "sim/codec/venus_text.h"
#include "sim/gateway/north_venus_impl.h"

/* ---- messages --------------------------------------------------------------------------------------- */

/* A message has come too late for its session. */
static void lose(struct north_venus *no)
{
    if (no->n_lost++ == 0)
        wp_note(no->out, "publish-dropped", wp_text("the broker is away, and nothing waits for it"), 1);
}

/* Writes behind N/<portal>/, which stands there always. */
static struct wp_writer begin_topic(struct north_venus *no)
{
    struct wp_writer w = wp_writer(no->topic, sizeof no->topic);

    w.n = no->n_prefix;
    return w;
}

static struct wp_writer begin_payload(struct north_venus *no)
{
    return wp_writer(no->payload, no->payload_max);
}

static void publish(struct north_venus *no, const struct wp_writer *topic, struct wp_slice payload,
                    bool retain)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .endpoint = no->session.endpoint,
        .port = no->session.port,
        .publish = {.topic = wp_written(topic), .payload = payload, .retain = retain},
    };

    no->out->emit(no->out, &e);
}

/* N/<portal>/heartbeat */
static void publish_notice(struct north_venus *no, const char *leaf, const struct wp_writer *payload)
{
    struct wp_writer topic = begin_topic(no);

    wp_put_text(&topic, leaf);
    if (!no->session.port)
        lose(no);
    else if (payload->full)
        wp_note(no->out, "payload-too-long", wp_text(leaf), (int64_t)++no->n_too_long);
    else
        publish(no, &topic, wp_written(payload), false);
}

void north_venus_publish_heartbeat(struct north_venus *no)
{
    struct wp_writer payload = begin_payload(no);

    venus_put_seconds(&payload, gateway_unix_ms(gateway_facts(no->setup), no->now) / 1000);
    publish_notice(no, "heartbeat", &payload);
}

void north_venus_publish_completed(struct north_venus *no, const struct wp_slice *echo)
{
    struct wp_writer payload = begin_payload(no);

    venus_put_completed(&payload, echo, gateway_unix_ms(gateway_facts(no->setup), no->now) / 1000);
    publish_notice(no, "full_publish_completed", &payload);
}

/* ---- items ------------------------------------------------------------------------------------------ */

static bool is_serial(const struct north_venus_service *s, struct wp_slice path)
{
    return wp_slice_is(north_venus_name(s), "system/0") && wp_slice_is(path, "/Serial");
}

/* false: there is no such topic. */
static bool write_topic(struct north_venus *no, const struct north_venus_service *s, struct wp_slice path,
                        struct wp_writer *topic)
{
    *topic = begin_topic(no);
    wp_put_slice(topic, north_venus_name(s));
    wp_put_slice(topic, path);
    if (!topic->full && path.n > 1 && dbus_is_path(path))
        return true;
    wp_note(no->out, "no-topic", path, (int64_t)++no->n_no_topic);
    return false;
}

static void publish_item(struct north_venus *no, const struct north_venus_service *s, struct wp_slice path,
                         struct wp_slice payload, bool retain)
{
    struct wp_writer topic;

    if (!no->session.port)
        lose(no);
    else if (write_topic(no, s, path, &topic))
        publish(no, &topic, payload, retain);
}

/* Into no->payload; false: it is too long. */
static bool write_payload(struct north_venus *no, const struct north_venus_service *s,
                          const struct wp_point *point, struct wp_slice *ret_payload)
{
    struct wp_writer w = begin_payload(no);
    struct wp_value value = point->quality == WP_GOOD ? point->value : wp_null();

    venus_put_payload(&w, venus_shown(north_venus_type(s), point->id, value), point->min, point->max);
    *ret_payload = wp_written(&w);
    if (w.full)
        wp_note(no->out, "payload-too-long", point->id, (int64_t)++no->n_too_long);
    return !w.full;
}

/* ---- the serial: told when it is new, and at the beginning of each session -------------------------- */

/* Is it another one than before? */
static bool remember_serial(struct north_venus *no, struct wp_slice payload)
{
    if (wp_slice_eq(payload, wp_slice(no->serial, no->n_serial)))
        return false;
    no->n_serial = payload.n <= sizeof no->serial ? payload.n : 0;
    memcpy(no->serial, payload.p, no->n_serial);
    return true;
}

static void tell_serial(struct north_venus *no, const struct north_venus_service *s,
                        const struct wp_point *point, bool is_wanted)
{
    struct wp_slice payload;
    bool is_told; /* otherwise the next session begins with it */

    if (!write_payload(no, s, point, &payload))
        return;
    is_told = remember_serial(no, payload) || is_wanted;
    if (is_told && no->session.port)
        publish_item(no, s, point->id, payload, no->retains_serial);
}

void north_venus_forget(struct north_venus *no, const struct north_venus_service *s)
{
    if (is_serial(s, wp_text("/Serial")))
        no->n_serial = 0;
}

/* ---- sessions --------------------------------------------------------------------------------------- */

void north_venus_publish_first(struct north_venus *no)
{
    const struct north_venus_service *system = north_venus_find(no, wp_text("system/0"));
    struct wp_writer payload = begin_payload(no);

    if (no->n_lost > 0)
        wp_note(no->out, "publish-dropped", wp_text("while the broker was away"), (int64_t)no->n_lost);
    no->n_lost = 0;
    if (system && no->n_serial > 0)
        publish_item(no, system, wp_text("/Serial"), wp_slice(no->serial, no->n_serial), no->retains_serial);
    wp_put_char(&payload, '1');
    publish_notice(no, "keepalive", &payload);
}

/* ---- what the south tells --------------------------------------------------------------------------- */

static void tell_item(struct north_venus *no, const struct north_venus_service *s,
                      const struct wp_point *point, bool is_wanted)
{
    struct wp_slice payload;

    if (point->quality == WP_REFUSED || venus_is_blocked(north_venus_type(s), point->id))
        return;
    if (is_serial(s, point->id))
        tell_serial(no, s, point, is_wanted);
    else if (is_wanted && !no->session.port)
        lose(no);
    else if (is_wanted && write_payload(no, s, point, &payload))
        publish_item(no, s, point->id, payload, false);
}

static void tell_gone(struct north_venus *no, const struct north_venus_service *s,
                      const struct wp_point *point)
{
    if (!venus_is_blocked(north_venus_type(s), point->id) && !is_serial(s, point->id))
        publish_item(no, s, point->id, wp_slice(NULL, 0), false);
}

void north_venus_take_reading(struct north_venus *no, const struct wp_reading *reading)
{
    const bool is_wanted = reading->reason == WP_ASKED || north_venus_is_alive(no);
    const bool has_left = reading->event && strcmp(reading->event, WP_EVENT_LEFT) == 0;
    const struct north_venus_service *s;

    if (strcmp(reading->protocol, "venus") != 0 || (reading->event && !has_left))
        return;
    s = north_venus_find(no, reading->device);
    for (size_t i = 0; s && i < reading->n_points; i++) {
        if (has_left)
            tell_gone(no, s, &reading->points[i]);
        else
            tell_item(no, s, &reading->points[i], is_wanted);
    }
}
