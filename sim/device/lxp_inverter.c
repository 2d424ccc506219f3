/* A LuxPower inverter and the dongle that speaks for it, on TCP.
 *
 *     LISTENING --client--> a place of its own, as long as one is free; else closed at once
 *
 *     each client: IDLE --whole request for us--> WAITING --its turn, reply.delay--> executed --> IDLE, next request
 *                  IDLE --incomplete request, frame.timeout--> loses its first octet, IDLE
 *
 *     POWERED: every push.interval a burst of frames push.gap apart; every heartbeat.interval a heartbeat
 *
 * Requests of all clients are executed one after the other, in the order in which they became whole. Whatever the dongle
 * sends goes to all clients: replies, acknowledgements, bursts, heartbeats, and the replies to what the portal asks.
 * What is not a request for this dongle and this inverter gets no answer; octets that begin no frame are skipped
 * (WP_BAD). A frame longer than request.max is passed over by its length.
 *
 * A restart of the machine keeps what was set; what gateways and the portal wrote is lost with it, while fault.power,
 * which the dongle alone suffers, keeps all, as flash memory does.
 *
 * Whose firmware it has stands in lxp_inverter_profiles.c; clients are in _link.c, requests in _receive.c and _serve.c,
 * hold registers in _hold.c and _defaults.c, input registers in _image.c, above the physics; what is sent unasked in
 * _push.c and _portal.c, the faults in _faults.c, _bend.c and _send.c. */
#include "sim/device/lxp_inverter.h"

#include "sim/device/lxp_inverter_inside.h"

/* The port of the dongle's own server; the address is the scenario's. */
static const struct wp_endpoint endpoints[] = {
    {.name = "dongle", .transport = WP_TCP, .listen = true, .addr = {.port = 8000}}};

static void start(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    const struct wp_setup *s = m->setup;

    lxp_inverter_power_up(m, now);
    for (size_t i = 0; i < s->n_given; i++)
        if (s->given[i].option->use == WP_USE_FAULT)
            lxp_inverter_set_fault(m, now, (enum lxp_inverter_row)(s->given[i].option - lxp_inverter_options),
                                   s->given[i].value, 0, out);
}

/* While half a frame is out, everything else waits for its rest. */
static void timer(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    if (m->due[INVERTER_DUE_POWER] <= now)
        lxp_inverter_power_returns(m, now, out);
    if (m->due[INVERTER_DUE_REST] <= now)
        lxp_inverter_rest_due(m, out);
    for (int i = INVERTER_DUE_REST + 1; i < INVERTER_DUES; i++)
        if (m->due[i] <= now && m->due[INVERTER_DUE_REST] != WP_NEVER)
            m->due[i] = m->due[INVERTER_DUE_REST];
    if (m->due[INVERTER_DUE_HALF] <= now)
        lxp_inverter_half_due(m, now);
    if (m->due[INVERTER_DUE_REPLY] <= now)
        lxp_inverter_reply_due(m, now, out);
    if (m->due[INVERTER_DUE_BEAT] <= now)
        lxp_inverter_beat_due(m, now, out);
    if (m->due[INVERTER_DUE_PUSH] <= now)
        lxp_inverter_push_due(m, now, out);
}

static void inverter_init(const struct wp_setup *setup, void *memory)
{
    lxp_inverter_begin(memory, setup);
}

static void inverter_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct lxp_inverter *m = machine;

    switch (event->kind) {
    case WP_EV_START: start(m, event->now, out); break;
    case WP_EV_OPEN: lxp_inverter_opened(m, event, out); break;
    case WP_EV_CLOSE: lxp_inverter_closed(m, event); break;
    case WP_EV_BYTES: lxp_inverter_bytes(m, event, out); break;
    case WP_EV_TIMER: timer(m, event->now, out); break;
    case WP_EV_SET: lxp_inverter_set(m, event, out); break;
    case WP_EV_STOP: lxp_inverter_stop(m, out); break;
    default: break;
    }
}

static wp_us inverter_deadline(const void *machine)
{
    const struct lxp_inverter *m = machine;
    wp_us first = WP_NEVER;

    for (int i = 0; i < INVERTER_DUES; i++)
        first = m->due[i] < first ? m->due[i] : first;
    return first;
}

const struct wp_class lxp_inverter_class = {
    .name = "lxp-inverter",
    .help = "a LuxPower inverter behind its dongle, which listens for gateways",
    .options = lxp_inverter_options,
    .n_options = INVERTER_ROWS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = lxp_inverter_check,
    .size = lxp_inverter_size,
    .init = inverter_init,
    .step = inverter_step,
    .deadline = inverter_deadline,
};
