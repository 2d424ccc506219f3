/* What comes in: frames off the stream, kept until their answer is due.
 *
 *     HDLC      7E ...                   every frame of the link, one by one
 *     wrapper   00 01 ...                a request for its own wPort, or an IVY session message; also a bare APDU
 *     bare      C0 01 ...                requests follow each other without anything between
 *
 * A request stays in front of rx until it is answered; what arrives meanwhile waits behind it. What does not fit is
 * dropped with a note. M-Bus is one-way: whatever comes there is passed over. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/ivy.h"
#include "sim/codec/wrapper.h"

void dlms_meter_forget_session(struct dlms_meter *m)
{
    m->n_rx = m->n_busy = m->n_held = 0;
    m->answer.kind = METER_JOB_NONE;
    m->association = METER_CLOSED;
    m->is_linked = m->is_ciphered = m->is_joining = false;
    m->ic_client = 0;
}

static void drop(struct dlms_meter *m, size_t n)
{
    uint8_t *rx = dlms_meter_rx(m);

    n = n < m->n_rx ? n : m->n_rx;
    memmove(rx, rx + n, m->n_rx - n);
    m->n_rx = (uint16_t)(m->n_rx - n);
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* The frame in front is `n` octets long and wants an answer. */
static void keep_busy(struct dlms_meter *m, wp_us now, size_t n)
{
    int64_t later = 0;

    dlms_meter_understood(m);
    (void)dlms_meter_fault(m, METER_FAULT_LATE, &later);
    m->n_busy = (uint16_t)n;
    m->due[METER_DUE_RX] = now + m->reply_us + later;
}

static struct wp_decode take_hdlc(struct dlms_meter *m, wp_us now, struct wp_slice in)
{
    struct hdlc_frame frame;
    struct wp_decode d = hdlc_decode(NULL, in, &frame);

    if (d.status == WP_OK && dlms_meter_hdlc_is_ours(m, &frame))
        keep_busy(m, now, d.used);
    return d;
}

static struct wp_decode take_bare(struct dlms_meter *m, wp_us now, struct wp_slice in)
{
    struct cosem_apdu apdu;
    struct wp_decode d = cosem_apdu_decode(in, COSEM_TOLERANT, &apdu);

    if (d.status == WP_OK)
        keep_busy(m, now, d.used);
    return d;
}

static bool is_session(struct wp_slice payload)
{
    return payload.n > 0 && (payload.p[0] == IVY_LOGIN_ANSWER || payload.p[0] == IVY_HEARTBEAT_ANSWER);
}

static struct wp_decode take_wrapped(struct dlms_meter *m, wp_us now, struct wp_slice in)
{
    struct wrapper_frame frame;
    struct wp_decode d;

    if (in.p[0] != 0)
        return take_bare(m, now, in);
    d = wrapper_decode(in, &frame);
    if (d.status != WP_OK || frame.payload.n == 0)
        return d;
    if (is_session(frame.payload))
        dlms_meter_understood(m);
    else if (frame.destination == dlms_meter_given(m->setup, METER_WPORT_OWN).num)
        keep_busy(m, now, d.used);
    return d;
}

static struct wp_decode take_front(struct dlms_meter *m, wp_us now)
{
    const struct wp_slice in = wp_slice(dlms_meter_rx(m), m->n_rx);

    switch ((enum dlms_meter_transport)m->transport) {
    case METER_HDLC: return take_hdlc(m, now, in);
    case METER_WRAPPER:
    case METER_UDP: return take_wrapped(m, now, in);
    case METER_BARE: return take_bare(m, now, in);
    default: return wp_bad(WP_FAULT_START, 0, m->n_rx);
    }
}

/* Frames for others are passed over; a frame longer than rx is no request to this meter. */
static void work(struct dlms_meter *m, wp_us now)
{
    while (m->n_busy == 0 && m->n_rx > 0) {
        const struct wp_decode d = take_front(m, now);

        if (d.status == WP_MORE && d.need > (size_t)(m->rx_cap - m->n_rx))
            drop(m, 1);
        else if (d.status == WP_MORE)
            break;
        else if (m->n_busy == 0)
            drop(m, d.used);
    }
    if (m->n_busy == 0)
        m->due[METER_DUE_RX] =
            m->n_rx > 0 ? now + dlms_meter_given(m->setup, METER_FRAME_TIMEOUT).num : WP_NEVER;
}

void dlms_meter_receive(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out)
{
    while (in.n > 0 && m->n_rx < m->rx_cap) {
        const size_t space = (size_t)(m->rx_cap - m->n_rx), n = in.n < space ? in.n : space;

        memcpy(dlms_meter_rx(m) + m->n_rx, in.p, n);
        m->n_rx = (uint16_t)(m->n_rx + n);
        in = wp_slice_from(in, n);
        work(m, now);
    }
    if (in.n > 0)
        wp_note(out, "rx-full", wp_text("octets dropped behind a request that waits for its answer"),
                (int64_t)in.n);
}

/* ---- when the answer is due ---------------------------------------------------------------------------------------- */

static void answer_frame(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    const struct wp_slice in = wp_slice(dlms_meter_rx(m), m->n_busy);
    struct wrapper_frame frame;

    m->came_bare = m->transport == METER_BARE || (m->transport != METER_HDLC && in.p[0] != 0);
    if (m->transport == METER_HDLC) {
        dlms_meter_hdlc_frame(m, now, in, out);
    } else if (m->came_bare) {
        dlms_meter_serve(m, now, in, out);
    } else if (wrapper_decode(in, &frame).status == WP_OK) {
        m->client_port = frame.source;
        dlms_meter_serve(m, now, frame.payload, out);
    }
}

void dlms_meter_rx_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    const wp_port port = m->port;

    m->due[METER_DUE_RX] = WP_NEVER;
    if (m->n_busy == 0) {
        drop(m, 1); /* it does not go on: not a request after all */
    } else {
        answer_frame(m, now, out);
        if (m->port != port)
            return;
        drop(m, m->n_busy);
        m->n_busy = 0;
    }
    work(m, now);
}
