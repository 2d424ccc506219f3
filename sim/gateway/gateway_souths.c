/* Which south has which device and which connection.
 *
 *     OPEN --door--> the first south of the listener --hand on--> the next one --> ... --nobody--> hung up
 *     device online at a south --online at another one--> that one's; the first drops it without a word
 *
 * A device that signed on goes with its connection, so it is never told offline in between. */
#include "sim/gateway/gateway_impl.h"

#include <assert.h>

/* ---- presence: who has which device --------------------------------------------------------------- */

static void tell_presence(struct gateway *g, const struct wp_presence *presence)
{
    const struct wp_effect effect = {.kind = WP_PRESENCE, .presence = presence};

    g->out->emit(g->out, &effect);
}

static void come(struct gateway *g, uint16_t south, const struct wp_presence *presence)
{
    struct roster_device *d = roster_add(&g->roster, presence->device, presence->protocol, south);

    if (d)
        d->ip = presence->ip;
    else
        wp_note(g->out, "roster-full", presence->device, (int64_t)g->roster.cells.refused);
}

/* It was another south's and is at another address now: the norths, which tell addresses, hear both. */
static void leave_old_address(struct gateway *g, const struct roster_device *d, wp_us at)
{
    const struct wp_presence gone = {
        .device = roster_name(d), .protocol = d->protocol, .ip = d->ip, .at = at};
    const struct wp_event e = {.kind = WP_EV_PRESENCE, .now = g->now, .presence = &gone};

    tell_presence(g, &gone);
    gateway_step_norths(g, &e);
}

/* The other souths hear of it while the device is this south's already: what they still have of it they
 * drop, and an offline of theirs counts no more. */
void gateway_give_presence(struct gateway *g, uint16_t south, const struct wp_presence *presence)
{
    const struct wp_event e = {.kind = WP_EV_PRESENCE, .now = g->now, .presence = presence};
    struct roster_device *d = roster_find(&g->roster, presence->device);
    bool is_anothers = d && d->south != south;

    if (is_anothers && !presence->online)
        return;
    if (is_anothers && d->ip != presence->ip)
        leave_old_address(g, d, presence->at);
    tell_presence(g, presence);
    if (presence->online) {
        come(g, south, presence);
    } else if (d) {
        polling_forget(&g->polling, d);
        roster_remove(&g->roster, d);
    }
    for (size_t i = 0; i < g->n_souths; i++)
        if (i != south)
            gateway_step_part(&g->part[i], &e);
    gateway_step_norths(g, &e);
}

/* ---- connections that go from south to south ------------------------------------------------------ */

void gateway_hang_up(struct gateway *g, const struct wp_effect *effect)
{
    g->out->emit(g->out, effect);
    door_leave(&g->door, effect->port);
}

/* No south is left that could go on with it. */
static void turn_away(struct gateway *g, uint16_t from, const struct door_guest *guest,
                      struct wp_slice device)
{
    const struct roster_device *d = roster_find(&g->roster, device);
    wp_port port = guest->port;
    char text[24];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_addr(&w, guest->peer);
    wp_note(g->out, "no-south", wp_written(&w), (int64_t)++g->n_turned_away);
    wp_hang_up(g->out, port);
    door_leave(&g->door, port);
    if (d && d->south == from) {
        const struct wp_presence gone = {
            .device = device, .protocol = d->protocol, .ip = d->ip, .at = g->now};

        gateway_give_presence(g, from, &gone);
    }
}

static void move_device(struct gateway *g, struct wp_slice device, uint16_t from, uint16_t to)
{
    struct roster_device *d = roster_find(&g->roster, device);

    if (!d || d->south != from)
        return;
    d->south = to;
    d->protocol = g->part[to].class->name;
}

static void give_rest(struct gateway *g, wp_port port, struct wp_slice rest)
{
    const struct door_guest *guest = door_find(&g->door, port);

    if (guest && rest.n > 0) {
        const struct wp_event e = {
            .kind = WP_EV_BYTES, .endpoint = guest->endpoint, .port = port, .now = g->now, .bytes = rest};

        gateway_step_part(&g->part[guest->south], &e);
    }
}

void gateway_hand_on(struct gateway *g, uint16_t from, const struct wp_effect *given)
{
    struct door_guest *guest = door_find(&g->door, given->port);
    struct wp_handover h = *given->handover;
    struct wp_effect effect = *given;
    struct wp_event e = {.kind = WP_EV_HANDED, .port = given->port, .now = g->now, .handover = &h};
    const struct wp_parts *parts = g->setup.setup.parts;
    uint8_t to;

    assert(guest);
    assert(guest->south == from);
    h.peer = guest->peer;
    h.own = guest->own;
    e.endpoint = effect.endpoint = guest->endpoint;
    effect.handover = &h;
    g->out->emit(g->out, &effect);
    to = gateway_endpoint_part(parts, from + 1u, g->setup.setup.endpoints[e.endpoint].name);
    if (to >= g->n_souths) {
        turn_away(g, from, guest, h.device);
        return;
    }
    guest->south = to;
    move_device(g, h.device, from, to);
    gateway_step_part(&g->part[to], &e);
    give_rest(g, given->port, h.rest);
}

/* ---- events of connections ------------------------------------------------------------------------ */

/* The part that has the connection, or is to have it; NULL: nobody has. */
static struct gateway_part *part_of(struct gateway *g, const struct wp_event *event)
{
    struct gateway_part *owner = &g->part[g->owner[event->endpoint]];
    struct door_guest *guest;

    if (!g->has_door[event->endpoint])
        return owner;
    if (event->kind != WP_EV_OPEN) {
        guest = door_find(&g->door, event->port);
        return guest ? &g->part[guest->south] : NULL;
    }
    guest = door_enter(&g->door, event, g->out);
    if (!guest) {
        wp_hang_up(g->out, event->port);
        return NULL;
    }
    guest->south = owner->number;
    return owner;
}

void gateway_connection(struct gateway *g, const struct wp_event *event)
{
    struct gateway_part *p = part_of(g, event);

    if (event->kind == WP_EV_CLOSE)
        door_leave(&g->door, event->port);
    if (p)
        gateway_step_part(p, event);
}
