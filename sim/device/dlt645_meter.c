/* A DL/T 645-2007 meter on the line of its gateway.
 *
 *     OFF --power--> WAITING --timer--> DIALLING --open--> ONLINE --close, hang up--> WAITING (back-off)
 *      ^                ^                  |                  |
 *      |                +-----refused------+                  +--vanish--> GONE --cleared--> WAITING
 *      +---power fault, from anywhere; the connection is left as it is
 *
 *     ONLINE:  IDLE --request for us--> BUSY --reply.delay--> executed and answered --> IDLE, next request
 *              IDLE --incomplete request, frame.timeout--> its first byte is dropped, IDLE
 *
 * It is half duplex: a request is executed when its reply is due, and what arrives meanwhile waits in rx. Bytes that
 * cannot begin a frame are skipped one by one (WP_BAD), so a good request behind a false start is found. Requests for
 * others, replies and frames of the 1997 edition are not answered. What does not fit into rx is dropped with a note.
 *
 * Power, clock and energy are in dlt645_meter_physics.c and _clock.c, what requests do in _control.c, the line in
 * _link.c, the faults in _faults.c. A restart of the machine keeps what was set; what masters wrote and what was
 * counted is lost with it, while the power faults keep all, as flash memory does. */
#include "sim/device/dlt645_meter.h"

#include "sim/codec/ivy.h"
#include "sim/device/dlt645_meter_inside.h"

/* The port that gateways of this family listen on; the address is the scenario's. */
static const struct wp_endpoint endpoints[] = {
    {.name = "gateway", .transport = WP_TCP, .addr = {.port = 8899}}};

/* ---- receiving ----------------------------------------------------------------------------------------------- */

static void drop(struct dlt645_meter *m, size_t n)
{
    uint8_t *rx = dlt645_meter_rx(m);

    memmove(rx, rx + n, m->n_rx - n);
    m->n_rx = (uint16_t)(m->n_rx - n);
}

/* The request in front, `n` bytes long. Its data are not executed before the reply is due. */
static void take_request(struct dlt645_meter *m, wp_us now, const struct dlt645_frame *request, size_t n)
{
    struct dlt645_meter_fault late, fault;
    struct dlt645_frame unused;

    switch (dlt645_meter_called(m, request)) {
    case METER_NOT_OURS: drop(m, n); break;
    case METER_UNANSWERED:
        dlt645_meter_understood(m);
        drop(m, n);
        (void)dlt645_meter_execute(m, now, request, &unused);
        break;
    case METER_ANSWERED:
        dlt645_meter_understood(m);
        if (dlt645_meter_fault(m, METER_FAULT_SILENCE, &fault)) {
            drop(m, n);
            break;
        }
        m->n_busy = (uint16_t)n;
        m->due[METER_DUE_RX] = now + m->reply_us;
        if (dlt645_meter_fault(m, METER_FAULT_LATE, &late))
            m->due[METER_DUE_RX] += late.number;
        break;
    }
}

/* Announces more data than requests to this meter have, or more than rx holds: a false start. */
static bool is_too_long(const struct dlt645_meter *m, const uint8_t *rx)
{
    if (rx[0] == 0x68)
        return m->n_rx >= 10 && rx[7] == 0x68 && rx[9] > m->rx_cap - DLT645_OVERHEAD;
    return m->n_rx >= IVY_HEADER && IVY_HEADER + (rx[6] << 8 | rx[7]) > m->rx_cap;
}

/* Something off the front of rx. false: more bytes are needed. */
static bool take(struct dlt645_meter *m, wp_us now)
{
    const uint8_t *rx = dlt645_meter_rx(m);
    struct wp_slice in = wp_slice(rx, m->n_rx);
    struct dlt645_frame request;
    struct ivy_frame session;
    struct wp_decode d;

    if (m->n_rx == 0)
        return false;
    if ((rx[0] != 0x68 && rx[0] != 0x00) || is_too_long(m, rx)) {
        drop(m, 1);
        return true;
    }
    d = rx[0] == 0x68 ? dlt645_decode(in, &request) : ivy_decode(in, &session);
    if (d.status == WP_MORE)
        return false;
    if (d.status == WP_BAD) {
        drop(m, 1); /* neither codec knows where the other's frame may begin */
    } else if (rx[0] == 0x68) {
        take_request(m, now, &request, d.used);
    } else {
        dlt645_meter_session(m, now, &session);
        drop(m, d.used);
    }
    return true;
}

static void work(struct dlt645_meter *m, wp_us now)
{
    while (m->n_busy == 0 && take(m, now))
        ;
    if (m->n_busy == 0)
        m->due[METER_DUE_RX] =
            m->n_rx > 0 ? now + dlt645_meter_given(m->setup, METER_FRAME_TIMEOUT).num : WP_NEVER;
}

static void receive(struct dlt645_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out)
{
    while (in.n > 0 && m->n_rx < m->rx_cap) {
        size_t room = (size_t)(m->rx_cap - m->n_rx), n = in.n < room ? in.n : room;

        memcpy(dlt645_meter_rx(m) + m->n_rx, in.p, n);
        m->n_rx = (uint16_t)(m->n_rx + n);
        in = wp_slice_from(in, n);
        work(m, now);
    }
    if (in.n > 0)
        wp_note(out, "rx-full", wp_text("bytes dropped behind a request that waits for its reply"),
                (int64_t)in.n);
}

/* ---- answering ----------------------------------------------------------------------------------------------- */

/* With fault.endless there is always another piece: the register again. */
static bool endless(struct dlt645_meter *m, wp_us now, const struct dlt645_frame *request,
                    struct dlt645_frame *out)
{
    uint8_t data[DLT645_READ_MAX - 5];
    struct wp_writer w = wp_writer(data, sizeof data);
    struct dlt645_body body;

    if (!dlt645_meter_has_fault(m, METER_FAULT_ENDLESS) || dlt645_function(request) != DLT645_READ_FOLLOW ||
        !dlt645_body(request, &body))
        return false;
    dlt645_meter_settle(m, now);
    if (!dlt645_meter_read(m, body.di, &w))
        return false;
    dlt645_reply_follow(out, m->address, body.di, wp_written(&w), body.seq, true);
    return true;
}

static void answer(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    struct dlt645_meter_fault fault;
    struct dlt645_frame request, reply;
    struct wp_decode d = dlt645_decode(wp_slice(dlt645_meter_rx(m), m->n_busy), &request);

    assert(d.status == WP_OK);
    if (dlt645_meter_fault(m, METER_FAULT_ERROR, &fault))
        dlt645_reply_error(&reply, m->address, (enum dlt645_function)dlt645_function(&request),
                           fault.bytes[0]);
    else if (!endless(m, now, &request, &reply) && !dlt645_meter_execute(m, now, &request, &reply))
        return;
    dlt645_meter_send(m, now, &reply, true, out);
}

static void send_rest(struct dlt645_meter *m, struct wp_outbox *out)
{
    wp_send(out, m->port, dlt645_meter_recall(m, METER_KEY_REST));
    dlt645_meter_forget(m, METER_KEY_REST);
    m->resting = false;
}

static void rx_due(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    if (m->n_busy == 0) {
        drop(m, 1); /* it does not go on: not a request after all */
    } else {
        if (m->resting)
            send_rest(m, out);
        else
            answer(m, now, out);
        if (m->resting)
            return;
        drop(m, m->n_busy);
        m->n_busy = 0;
    }
    work(m, now);
}

/* ---- the machine ---------------------------------------------------------------------------------------------- */

static void start(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    const struct wp_setup *s = m->setup;

    dlt645_meter_power_up(m, now);
    for (size_t i = 0; i < s->n_given; i++)
        if (s->given[i].option->use == WP_USE_FAULT)
            dlt645_meter_set_fault(m, now, (enum dlt645_meter_row)(s->given[i].option - dlt645_meter_options),
                                   s->given[i].value, 0, out);
}

static void stop(struct dlt645_meter *m, struct wp_outbox *out)
{
    if (m->state == METER_ONLINE)
        wp_hang_up(out, m->port);
    m->state = METER_STOPPED;
    for (int i = 0; i < METER_DUES; i++)
        m->due[i] = WP_NEVER;
}

static void timer(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    if (m->due[METER_DUE_RELAY] <= now)
        dlt645_meter_switch(m, m->due[METER_DUE_RELAY], true);
    if (m->due[METER_DUE_LINK] <= now)
        dlt645_meter_link_due(m, now, out);
    if (m->due[METER_DUE_RX] <= now)
        rx_due(m, now, out);
    if (m->due[METER_DUE_PUSH] <= now)
        dlt645_meter_push_due(m, now, out);
}

static void meter_init(const struct wp_setup *setup, void *memory)
{
    dlt645_meter_begin(memory, setup);
}

static void meter_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct dlt645_meter *m = machine;

    switch (event->kind) {
    case WP_EV_START: start(m, event->now, out); break;
    case WP_EV_OPEN: dlt645_meter_opened(m, event, out); break;
    case WP_EV_CLOSE: dlt645_meter_closed(m, event); break;
    case WP_EV_BYTES:
        if (m->state == METER_ONLINE && event->port == m->port)
            receive(m, event->now, event->bytes, out);
        break;
    case WP_EV_TIMER: timer(m, event->now, out); break;
    case WP_EV_SET: dlt645_meter_set(m, event, out); break;
    case WP_EV_STOP: stop(m, out); break;
    default: break;
    }
}

static wp_us meter_deadline(const void *machine)
{
    const struct dlt645_meter *m = machine;
    wp_us first = WP_NEVER;

    for (int i = 0; i < METER_DUES; i++)
        first = m->due[i] < first ? m->due[i] : first;
    return first;
}

const struct wp_class dlt645_meter_class = {
    .name = "dlt645-meter",
    .help = "a DL/T 645-2007 electricity meter whose modem dials the gateway",
    .options = dlt645_meter_options,
    .n_options = METER_ROWS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = dlt645_meter_check,
    .size = dlt645_meter_size,
    .init = meter_init,
    .step = meter_step,
    .deadline = meter_deadline,
};
