/*     OPEN --limits, or no cell--> refused                     note: rate-limited, too-many-connections
 *     OPEN --> guest of the first south --handed on--> guest of the next one
 *     guest --CLOSE, or a south's HANG_UP--> counted no longer
 *
 * Limits and bound hold for all souths together: who has a connection makes no difference. */
#include "sim/gateway/door.h"

#include "sim/gateway/gateway.h"

#include <assert.h>

enum { ADDRESSES_SPARE = 1024 }; /* IP addresses without connections that the limits remember */

void door_lay_out(struct door *d, struct wp_carve *memory, const struct wp_setup *setup)
{
    size_t n = (size_t)gateway_given(setup, GATEWAY_METERS_MAX_CONNECTIONS).num;
    bool is_limited = gateway_given(setup, GATEWAY_METERS_RATE_LIMIT).yes;
    const struct limits_rules rules = {
        .connections = (uint32_t)gateway_given(setup, GATEWAY_METERS_RATE_CONNECTIONS).num,
        .attempts = (uint32_t)gateway_given(setup, GATEWAY_METERS_RATE_ATTEMPTS).num,
        .window = gateway_given(setup, GATEWAY_METERS_RATE_WINDOW).num,
        .block = gateway_given(setup, GATEWAY_METERS_RATE_BLOCK).num,
    };
    void *by_port = wp_carve(memory, wp_map_size(n));
    void *guests = wp_carve(memory, wp_pool_size(sizeof(struct door_guest), n));

    if (memory->p) {
        *d = (struct door){.is_limited = is_limited};
        wp_map_init(&d->by_port, by_port, n);
        wp_pool_init(&d->guests, guests, sizeof(struct door_guest), n);
    }
    if (is_limited)
        limits_lay_out(&d->limits, memory, &rules, n + ADDRESSES_SPARE);
}

static struct wp_slice port_key(const wp_port *port)
{
    return wp_slice(port, sizeof *port);
}

static void refuse(struct door *d, enum door_count what, uint32_t ip, const char *why, struct wp_outbox *out)
{
    static const char *const words[] = {"too-many-connections", "rate-limited"};
    char text[80];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_ip(&w, ip);
    wp_put_text(&w, ": ");
    wp_put_text(&w, why);
    wp_note(out, words[what], wp_written(&w), (int64_t)++d->count[what]);
}

struct door_guest *door_enter(struct door *d, const struct wp_event *open, struct wp_outbox *out)
{
    uint32_t ip = open->open.peer.ip;
    enum limits_verdict v = d->is_limited ? limits_enter(&d->limits, ip, open->now) : LIMITS_WELCOME;
    struct door_guest *g;

    if (v != LIMITS_WELCOME) {
        refuse(d, DOOR_LIMITED, ip, limits_verdict_text(v), out);
        return NULL;
    }
    g = wp_pool_borrow(&d->guests);
    if (!g) {
        refuse(d, DOOR_TOO_MANY, ip, "no connection is left", out);
        if (d->is_limited)
            limits_leave(&d->limits, ip);
        return NULL;
    }
    g->port = open->port;
    g->peer = open->open.peer;
    g->own = open->open.own;
    g->endpoint = open->endpoint;
    wp_map_add(&d->by_port, port_key(&g->port), g);
    return g;
}

struct door_guest *door_find(const struct door *d, wp_port port)
{
    return wp_map_find(&d->by_port, port_key(&port));
}

void door_leave(struct door *d, wp_port port)
{
    struct door_guest *g = wp_map_remove(&d->by_port, port_key(&port));

    if (!g)
        return;
    if (d->is_limited)
        limits_leave(&d->limits, g->peer.ip);
    wp_pool_return(&d->guests, g);
}
