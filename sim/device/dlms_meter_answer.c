/* Answers on their way out: as often as a piece of one is wanted it is made anew.
 *
 *     request -> APDU, or its datablock at hand -> protected -> framed as the request was; of HDLC one segment */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_name.h"

#include "sim/codec/wrapper.h"

/* ---- what is answered ------------------------------------------------------------------------------------------ */

void dlms_meter_hold(struct dlms_meter *m, struct wp_slice bytes)
{
    assert(bytes.n <= dlms_meter_held_cap(m));
    if (bytes.n > 0)
        memcpy(dlms_meter_held(m), bytes.p, bytes.n);
    m->n_held = (uint16_t)bytes.n;
}

/* An answer that stands in `held`; without a counter nothing is said any more. */
void dlms_meter_reply(struct dlms_meter *m, wp_us now, enum dlms_meter_job_kind kind,
                      const struct cosem_apdu *apdu, struct wp_outbox *out)
{
    uint8_t bytes[METER_HELD_MAX];
    struct wp_writer w = wp_writer(bytes, dlms_meter_held_cap(m));

    cosem_apdu_encode(&w, apdu);
    assert(!w.full);
    dlms_meter_hold(m, wp_written(&w));
    if (dlms_meter_begin_job(m, now, kind, &m->answer))
        dlms_meter_send_answer(m, out);
}

void dlms_meter_exception(struct dlms_meter *m, wp_us now, uint8_t state, uint8_t service,
                          struct wp_outbox *out)
{
    const struct cosem_apdu apdu = {
        .form = COSEM_EXCEPTION,
        .tag = 0xD8,
        .exception = {.state = state,
                      .service = service,
                      .has_counter = service == COSEM_SERVICE_INVOCATION_COUNTER,
                      .counter = m->ic_client + 1},
    };

    dlms_meter_reply(m, now, METER_JOB_PLAIN, &apdu, out);
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

static void send_wrapped(struct dlms_meter *m, struct wp_slice apdu, struct wp_outbox *out)
{
    uint8_t frame[METER_FRAME_MAX];
    struct wp_writer w = wp_writer(frame, sizeof frame);
    const struct wrapper_frame f = {
        .source = (uint16_t)dlms_meter_given(m->setup, METER_WPORT_OWN).num,
        .destination = m->client_port,
        .payload = apdu,
    };

    wrapper_encode(&w, &f);
    dlms_meter_send_frame(m, frame, w.n, out);
}

static void send_bare(struct dlms_meter *m, struct wp_slice apdu, struct wp_outbox *out)
{
    uint8_t frame[METER_APDU_MAX];

    memcpy(frame, apdu.p, apdu.n);
    dlms_meter_send_frame(m, frame, apdu.n, out);
}

/* With another invoke id: it answers something else. */
static void bend_invoke(const struct dlms_meter *m, struct wp_writer *plain)
{
    const bool has_one = plain->n > 2 && plain->p[0] >= 0xC4 && plain->p[0] <= 0xC7;

    if (has_one)
        plain->p[2] = (uint8_t)((plain->p[2] & 0xF0) | ((plain->p[2] + m->answer.bend.invoke) & 0x0F));
}

void dlms_meter_send_answer(struct dlms_meter *m, struct wp_outbox *out)
{
    uint8_t plain[METER_APDU_MAX], sealed[METER_APDU_MAX];
    struct wp_writer p = wp_writer(plain, sizeof plain), w = wp_writer(sealed, sizeof sealed);

    if (m->answer.kind == METER_JOB_NONE)
        return;
    if (m->answer.kind == METER_JOB_REQUEST)
        dlms_meter_put_response(&p, m);
    else
        wp_put_slice(&p, wp_slice(dlms_meter_held(m), m->n_held));
    bend_invoke(m, &p);
    dlms_meter_protect(&w, m, &m->answer, wp_slice(plain, m->answer.bend.half ? p.n / 2 : p.n));
    assert(!p.full);
    assert(!w.full);
    if (w.n == 0)
        return;
    if (m->transport == METER_HDLC)
        dlms_meter_hdlc_answer(m, wp_written(&w), out);
    else if (m->came_bare || m->answers_bare)
        send_bare(m, wp_written(&w), out);
    else
        send_wrapped(m, wp_written(&w), out);
}
