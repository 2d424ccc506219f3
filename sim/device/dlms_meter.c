/* A DLMS/COSEM meter on its line to the gateway.
 *
 *     OFF --power--> WAITING --timer--> DIALLING --open--> ONLINE --close, hang up--> WAITING (back-off)
 *      ^                ^                  |                  |
 *      |                +-----refused------+                  +--vanish--> GONE --cleared--> WAITING
 *      +---power fault, from anywhere; the connection is left as it is
 *
 *     ONLINE:  push.interval --> an APDU, in as many frames as its transport needs
 *              IDLE --request for us--> BUSY --reply.delay--> executed and answered --> IDLE, next request
 *              IDLE --incomplete request, frame.timeout--> given up, IDLE
 *
 * Nothing that goes out is kept: an APDU is made anew for each of its pieces, from the moment at which it began, so a
 * meter that pushes needs little memory (dlms_meter_inside.h, struct dlms_meter_job).
 *
 * Whose meter it is stands in dlms_meter_profiles.c; values come from _physics.c and _values.c, bodies from _shapes.c,
 * pushes from _push.c, frames from _line.c, the connection from _link.c; what it is asked is in _receive.c and on, the
 * faults in _faults.c. */
#include "sim/device/dlms_meter.h"

#include "sim/device/dlms_meter_inside.h"

/* The port that IVY gateways listen on, and the one of DLMS/COSEM on UDP; the address is the scenario's. */
static const struct wp_endpoint endpoints[] = {
    {.name = "gateway", .transport = WP_TCP, .addr = {.port = 8899}},
    {.name = "gateway.udp", .transport = WP_UDP, .addr = {.port = 4059}},
};

/* A restart must not send under a counter again. What flash memory would know is made up from the age of the run: so
 * many steps for each second are more than it has taken. */
static void skip_counters(struct dlms_meter *m, wp_us now)
{
    enum { A_SECOND = 64 };
    const uint64_t ic = m->ic + (uint64_t)(now / WP_SEC(1)) * A_SECOND;

    m->ic = ic < UINT32_MAX ? (uint32_t)ic : UINT32_MAX;
}

static void start(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    const struct wp_setup *s = m->setup;

    skip_counters(m, now);
    dlms_meter_power_up(m, now);
    for (size_t i = 0; i < s->n_given; i++)
        if (s->given[i].option->use == WP_USE_FAULT)
            dlms_meter_set_fault(m, now, (enum dlms_meter_row)(s->given[i].option - dlms_meter_options),
                                 s->given[i].value, 0, out);
}

static void stop(struct dlms_meter *m, struct wp_outbox *out)
{
    if (m->state == METER_ONLINE)
        wp_hang_up(out, m->port);
    m->state = METER_STOPPED;
    for (int i = 0; i < METER_DUES; i++)
        m->due[i] = WP_NEVER;
}

static void timer(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    if (m->due[METER_DUE_LINK] <= now)
        dlms_meter_link_due(m, now, out);
    if (m->due[METER_DUE_RX] <= now)
        dlms_meter_rx_due(m, now, out);
    if (m->due[METER_DUE_REST] <= now)
        dlms_meter_send_push(m, now, out);
    if (m->due[METER_DUE_PUSH] <= now)
        dlms_meter_push_due(m, now, out);
}

static void meter_init(const struct wp_setup *setup, void *memory)
{
    dlms_meter_begin(memory, setup);
}

static void meter_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct dlms_meter *m = machine;

    switch (event->kind) {
    case WP_EV_START: start(m, event->now, out); break;
    case WP_EV_OPEN: dlms_meter_opened(m, event, out); break;
    case WP_EV_CLOSE: dlms_meter_closed(m, event); break;
    case WP_EV_BYTES:
        if (m->state == METER_ONLINE && event->port == m->port)
            dlms_meter_receive(m, event->now, event->bytes, out);
        break;
    case WP_EV_TIMER: timer(m, event->now, out); break;
    case WP_EV_SET: dlms_meter_set(m, event, out); break;
    case WP_EV_STOP: stop(m, out); break;
    default: break;
    }
}

static wp_us meter_deadline(const void *machine)
{
    const struct dlms_meter *m = machine;
    wp_us first = WP_NEVER;

    for (int i = 0; i < METER_DUES; i++)
        first = m->due[i] < first ? m->due[i] : first;
    return first;
}

const struct wp_class dlms_meter_class = {
    .name = "dlms-meter",
    .help = "a DLMS/COSEM electricity meter: pushes as its maker does, answers its client",
    .options = dlms_meter_options,
    .n_options = METER_ROWS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = dlms_meter_check,
    .size = dlms_meter_size,
    .init = meter_init,
    .step = meter_step,
    .deadline = meter_deadline,
    .keys = dlms_meter_tell_keys,
};
