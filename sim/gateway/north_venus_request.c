/* What clients send, to commands.
 *
 *     R/<portal>/keepalive                      ->   see north_venus_alive.c
 *     R/<portal>/system/0/Serial                ->   the same, and then read "/Serial"
 *     R/<portal>/solarcharger/279/Dc            ->   read "/Dc"
 *     R/<portal>/solarcharger/279/              ->   read "/"
 *     W/<portal>/vebus/257/Mode {"value":3}     ->   write "/Mode" 3
 *
 * Everything else is ignored and counted: other portal ids, services that are not there, payloads that are no value, and
 * what the broker has retained, since it comes again with every session. No note has a payload: it may be a password.
 * source: protocols/victron-dbus-and-vrm b.8 to b.10, T3 */
#include "sim/gateway/north_venus_impl.h"

static void ignore(struct north_venus *no, const char *why)
{
    wp_note(no->out, "request-ignored", wp_text(why), (int64_t)++no->n_ignored);
}

void north_venus_command(struct north_venus *no, const struct north_venus_service *to,
                         enum wp_operation operation, struct wp_slice id, struct wp_value value)
{
    const struct wp_command c = {
        .tag = ++no->last_tag,
        .device = north_venus_name(to),
        .operation = operation,
        .ids = &id,
        .n_ids = 1,
        .value = value,
    };
    const struct wp_effect e = {.kind = WP_COMMAND, .command = &c};

    no->out->emit(no->out, &e);
}

/* NULL, and counted: nobody has such a topic. "pvinverter/20" stands in the topic as it is called. */
static const struct north_venus_service *find(struct north_venus *no, const struct venus_topic *topic)
{
    struct wp_slice name = wp_slice(topic->type.p, topic->type.n + 1 + topic->instance.n);
    const struct north_venus_service *s = north_venus_find(no, name);

    if (!s)
        ignore(no, "no such service is there");
    return s;
}

static void take_read(struct north_venus *no, const struct venus_topic *topic)
{
    const struct north_venus_service *s = find(no, topic);

    if (s)
        north_venus_command(no, s, WP_READ, topic->path, wp_null());
}

static void take_write(struct north_venus *no, const struct venus_topic *topic, struct wp_slice payload)
{
    const struct north_venus_service *s = find(no, topic);
    struct wp_value value;
    enum venus_write_fault fault;

    if (!s)
        return;
    fault = venus_write_read(payload, &no->room, &value);
    if (fault == VENUS_WRITE_NONE)
        north_venus_command(no, s, WP_WRITE, topic->path, value);
    else
        ignore(no, venus_write_fault_text(fault));
}

static bool is_legacy_keepalive(const struct venus_topic *topic)
{
    return wp_slice_is(topic->type, "system") && wp_slice_is(topic->instance, "0") &&
           wp_slice_is(topic->path, "/Serial");
}

static void take_request(struct north_venus *no, const struct venus_topic *topic, struct wp_slice payload)
{
    if (topic->letter == VENUS_WRITE) {
        take_write(no, topic, payload);
        return;
    }
    if (topic->about == VENUS_KEEPALIVE || is_legacy_keepalive(topic))
        north_venus_keep_alive(no, payload);
    if (topic->about == VENUS_ITEM)
        take_read(no, topic);
}

void north_venus_take_message(struct north_venus *no, struct wp_slice topic, struct wp_slice payload,
                              bool retained)
{
    struct venus_topic t;

    if (!venus_topic_read(topic, &t) || t.letter == VENUS_NOTIFY)
        ignore(no, "no request has this topic");
    else if (!wp_slice_eq(t.portal, north_venus_portal(no)))
        ignore(no, "it is for another portal id");
    else if (retained)
        ignore(no, "it is a retained one");
    else
        take_request(no, &t, payload);
}
