/* The virtual world: what the broker tells of itself below $SYS.
 *
 * $SYS as mosquitto 2.0.11 has it: the numbers of clients are published, retained, when the broker starts and then
 * every sys_interval + 1 s, as far as they have changed; as retained messages they expire after a minute. The rest of
 * the tree is not there but for the version. */
#include "sim/world/virtual.h"

#include <stdio.h>

#define SYS_RETAINED_FOR WP_SEC(60)

static void publish_sys(struct virtual *v, struct virtual_house *h, const char *topic, const char *payload,
                        wp_us expires)
{
    const struct wp_publish p = {
        .topic = wp_text(topic), .payload = wp_text(payload), .qos = 2, .retain = true};
    struct broker_message *m = broker_message_new(&v->blocks, &p);

    m->expires = expires;
    broker_route(h->broker, m);
    broker_message_release(&v->blocks, m);
}

static void publish_count(struct virtual *v, struct virtual_house *h, const char *topic, size_t count)
{
    char text[24];

    snprintf(text, sizeof text, "%zu", count);
    publish_sys(v, h, topic, text, v->now + SYS_RETAINED_FOR);
}

static void publish_counts(struct virtual *v, struct virtual_house *h)
{
    size_t connected = broker_connected(h->broker), total = broker_sessions(h->broker);

    if (h->total != total) {
        h->total = total;
        publish_count(v, h, "$SYS/broker/clients/total", total);
        if (total > h->maximum) {
            h->maximum = total;
            publish_count(v, h, "$SYS/broker/clients/maximum", total);
        }
    }
    if (h->disconnected != total - connected) {
        h->disconnected = total - connected;
        publish_count(v, h, "$SYS/broker/clients/inactive", h->disconnected);
        publish_count(v, h, "$SYS/broker/clients/disconnected", h->disconnected);
    }
    if (h->connected != connected) {
        h->connected = connected;
        publish_count(v, h, "$SYS/broker/clients/active", connected);
        publish_count(v, h, "$SYS/broker/clients/connected", connected);
    }
}

/* Someone has come or gone: the next update will say so. */
void virtual_await_sys(struct virtual *v, struct virtual_house *h)
{
    wp_us every = v->setup.sys_interval + WP_SEC(1);
    struct virtual_event *e;

    if (h->sys_awaited ||
        (h->connected == broker_connected(h->broker) && h->total == broker_sessions(h->broker)))
        return;
    h->sys_awaited = true;
    e = virtual_event_new(v, VIRTUAL_SYS, NULL, 0);
    e->house = h;
    e->life = h->life;
    virtual_event_at(v, e, h->since + ((v->now - h->since) / every + 1) * every);
}

void virtual_on_sys(struct virtual *v, const struct virtual_event *e)
{
    struct virtual_house *h = e->house;

    if (e->life != h->life)
        return; /* another broker's */
    h->sys_awaited = false;
    publish_counts(v, h);
}

void virtual_open_sys(struct virtual *v, struct virtual_house *h)
{
    h->connected = h->total = h->disconnected = SIZE_MAX;
    h->maximum = 0;
    publish_sys(v, h, "$SYS/broker/version", "mosquitto version 2.0.11", WP_NEVER);
    publish_counts(v, h);
}
