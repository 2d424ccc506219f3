/* Carrying out what machines want done in the live world. */
#include "sim/world/live.h"

static void record(const struct live_seat *seat, struct wp_record r)
{
    live_record(seat, r);
}

/* The port is not there, or no longer: a publish is refused, not queued for another. */
static void refuse(struct live_seat *seat, const struct wp_effect *effect)
{
    const struct wp_event event = {.kind = WP_EV_ACKED,
                                   .endpoint = effect->endpoint,
                                   .port = effect->port,
                                   .acked = {.tag = effect->publish.tag, .ok = false}};

    if (effect->kind != WP_PUBLISH && effect->kind != WP_HANG_UP)
        live_note(seat, "port-not-open", effect->port);
    else if (effect->kind == WP_PUBLISH && (effect->publish.qos > 0 || effect->publish.tag != 0))
        live_post(seat, &event);
}

static void dial(struct live_seat *seat, const struct wp_effect *effect)
{
    struct wp_addr to = effect->dial.to;

    if (to.ip == 0 && to.port == 0)
        to = seat->setup.endpoints[effect->endpoint].addr;
    if (seat->setup.endpoints[effect->endpoint].transport == WP_BUS)
        live_bus_dial(seat, effect->endpoint);
    else if (seat->setup.endpoints[effect->endpoint].transport == WP_UDP)
        live_udp_dial(seat, effect->endpoint, to);
    else
        live_dial(seat, effect->endpoint, to, effect->dial.within);
}

static void act_on_session(struct live_port *port, const struct wp_effect *effect)
{
    switch (effect->kind) {
    case WP_HANG_UP: live_log_out(port, effect->abort); break;
    case WP_SUBSCRIBE: live_subscribe(port, effect); break;
    case WP_UNSUBSCRIBE: live_unsubscribe(port, effect->subscribe.filter); break;
    case WP_PUBLISH: live_publish(port, &effect->publish); break;
    default: break;
    }
}

static void act_on_conn(struct live_port *port, const struct wp_effect *effect)
{
    if (effect->kind == WP_SEND)
        live_send(port, effect->bytes);
    else if (effect->kind == WP_HANG_UP)
        live_hang_up(port, effect->abort);
}

static void act_on_datagrams(struct live_port *port, const struct wp_effect *effect)
{
    if (effect->kind == WP_SEND)
        live_udp_send(port, effect->bytes);
    else if (effect->kind == WP_HANG_UP)
        live_udp_hang_up(port, effect->abort);
}

static void act_on_bus(struct live_port *port, const struct wp_effect *effect)
{
    if (effect->kind == WP_SEND)
        live_bus_send(port, effect->bytes);
    else if (effect->kind == WP_HANG_UP)
        live_bus_hang_up(port, effect->abort);
}

static void act_on_port(struct live_seat *seat, const struct wp_effect *effect)
{
    struct live_port *port = live_port_find(seat, effect->port);

    if (!port)
        refuse(seat, effect);
    else if (port->kind == LIVE_SESSION)
        act_on_session(port, effect);
    else if (port->kind == LIVE_UDP)
        act_on_datagrams(port, effect);
    else if (port->kind == LIVE_BUS)
        act_on_bus(port, effect);
    else
        act_on_conn(port, effect);
}

void live_act(struct live_seat *seat, const struct wp_effect *effect)
{
    switch (effect->kind) {
    case WP_DIAL: dial(seat, effect); break;
    case WP_LOGIN: live_login(seat, effect->endpoint, effect->login); break;
    case WP_HANG_UP:
    case WP_SEND:
    case WP_SUBSCRIBE:
    case WP_UNSUBSCRIBE:
    case WP_PUBLISH: act_on_port(seat, effect); break;
    case WP_READING:
        record(seat, (struct wp_record){.kind = WP_REC_READING, .reading = effect->reading});
        break;
    case WP_COMMAND:
        record(seat, (struct wp_record){.kind = WP_REC_COMMAND, .command = effect->command});
        break;
    case WP_ANSWER: record(seat, (struct wp_record){.kind = WP_REC_ANSWER, .answer = effect->answer}); break;
    case WP_HAND_ON: break; /* from part to part */
    case WP_PRESENCE:
        record(seat, (struct wp_record){.kind = WP_REC_PRESENCE, .presence = effect->presence});
        break;
    case WP_NOTE:
        record(seat, (struct wp_record){.kind = WP_REC_NOTE,
                                        .note = {effect->note.what, effect->note.text, effect->note.count}});
        break;
    }
}
