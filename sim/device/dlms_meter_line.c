/* From an APDU to frames on the wire.
 *
 *     APDU -> protected -> [blocks of general block transfer] -> frames of the transport, each one send
 *
 * Frames are counted as pieces: a push that pauses is made anew when it goes on, and begins where it was. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_gbt.h"
#include "sim/codec/mbus.h"
#include "sim/codec/wrapper.h"

enum { FCS_AT = 3, CHECKSUM_AT = 2 }; /* from the end */

/* ---- one frame ------------------------------------------------------------------------------------------------ */

static void bend_frame(struct dlms_meter *m, uint8_t *frame, size_t n)
{
    int64_t bit;

    if ((m->transport == METER_HDLC || m->transport == METER_MBUS) && n > (size_t)FCS_AT &&
        dlms_meter_fault(m, METER_FAULT_FCS, NULL))
        frame[n - (m->transport == METER_HDLC ? FCS_AT : CHECKSUM_AT)] ^= 1;
    if (dlms_meter_fault(m, METER_FAULT_FLIP, &bit) && (size_t)bit / 8 < n)
        frame[bit / 8] = (uint8_t)(frame[bit / 8] ^ 1 << bit % 8);
}

void dlms_meter_send_frame(struct dlms_meter *m, uint8_t *frame, size_t n, struct wp_outbox *out)
{
    int64_t number, copies = 1;
    struct wp_slice before;

    bend_frame(m, frame, n);
    if (dlms_meter_fault(m, METER_FAULT_DROP, NULL))
        return;
    if (dlms_meter_fault_octets(m, METER_FAULT_BEFORE, &before))
        wp_send(out, m->port, before);
    if (dlms_meter_fault(m, METER_FAULT_CUT, &number)) {
        if (number > 0)
            wp_send(out, m->port, wp_slice(frame, (size_t)number < n ? (size_t)number : n));
        return;
    }
    if (dlms_meter_fault(m, METER_FAULT_DUPLICATE, &number))
        copies += number;
    for (; copies > 0; copies--)
        wp_send(out, m->port, wp_slice(frame, n));
}

/* ---- pieces ----------------------------------------------------------------------------------------------------- */

/* A push on its way. Without `out` its pieces are only counted. */
struct sending {
    struct dlms_meter *m;
    struct wp_outbox *out;
    size_t last;   /* no piece behind this one is sent */
    size_t pieces; /* so far */
    bool is_first; /* the payload at hand begins with an LLC */
    size_t n_later;
    uint8_t later[METER_FRAME_MAX]; /* a piece that comes behind the next one */
};

static void send_later(struct sending *s)
{
    const size_t n = s->n_later;

    s->n_later = 0;
    if (n > 0)
        dlms_meter_send_frame(s->m, s->later, n, s->out);
}

static void piece(struct sending *s, uint8_t *frame, size_t n)
{
    const struct dlms_meter_bend *bend = &s->m->push.bend;
    const size_t index = s->pieces++;

    if (!s->out || index >= s->last || index < s->m->push.piece ||
        (bend->block > 0 && index + 1 == bend->block))
        return;
    if (bend->swap > 0 && index + 1 == bend->swap) {
        memcpy(s->later, frame, n);
        s->n_later = n;
        return;
    }
    dlms_meter_send_frame(s->m, frame, n, s->out);
    send_later(s);
}

static void send_hdlc(struct sending *s, struct wp_slice payload)
{
    const struct dlms_meter_profile *p = s->m->profile;
    struct hdlc_split split = {
        .frame = {.destination = p->destination,
                  .source = p->source,
                  .type = (enum hdlc_type)p->hdlc_type,
                  .control = hdlc_control((enum hdlc_type)p->hdlc_type, 0, 0, true),
                  .llc = s->is_first ? HDLC_LLC_RESPONSE : HDLC_LLC_NONE,
                  .payload = payload},
        .info_max = s->m->hdlc_segment,
    };
    uint8_t frame[HDLC_FRAME_MAX];

    for (struct wp_writer w = wp_writer(frame, sizeof frame); hdlc_split_next(&split, &w);
         w = wp_writer(frame, sizeof frame))
        piece(s, frame, w.n);
}

static void send_mbus(struct sending *s, struct wp_slice payload)
{
    struct mbus_split split = {
        .frame = {.kind = MBUS_IS_LONG,
                  .c = MBUS_SND_UD,
                  .a = MBUS_BROADCAST,
                  .stsap = 1,
                  .dtsap = 0x67,
                  .payload = payload},
        .data_max = s->m->profile->mbus_data,
    };
    uint8_t frame[MBUS_FRAME_MAX];

    for (struct wp_writer w = wp_writer(frame, sizeof frame); mbus_split_next(&split, &w);
         w = wp_writer(frame, sizeof frame))
        piece(s, frame, w.n);
}

static uint16_t client_of(const struct dlms_meter *m)
{
    struct wp_value given = dlms_meter_given(m->setup, METER_WPORT_CLIENT);

    return given.kind == WP_NULL ? m->profile->client : (uint16_t)given.num;
}

static void send_wrapped(struct sending *s, struct wp_slice payload)
{
    uint8_t frame[METER_FRAME_MAX];
    struct wp_writer w = wp_writer(frame, sizeof frame);
    const struct wrapper_frame f = {
        .source = (uint16_t)dlms_meter_given(s->m->setup, METER_WPORT_OWN).num,
        .destination = client_of(s->m),
        .payload = payload,
    };

    wrapper_encode(&w, &f);
    piece(s, frame, w.n);
}

static void send_payload(struct sending *s, struct wp_slice payload)
{
    uint8_t frame[METER_FRAME_MAX];

    switch ((enum dlms_meter_transport)s->m->transport) {
    case METER_HDLC: send_hdlc(s, payload); break;
    case METER_MBUS: send_mbus(s, payload); break;
    case METER_WRAPPER:
    case METER_UDP: send_wrapped(s, payload); break;
    case METER_BARE:
        memcpy(frame, payload.p, payload.n);
        piece(s, frame, payload.n);
        break;
    }
    s->is_first = false;
}

static void send_block(struct sending *s, struct wp_slice apdu, uint16_t number)
{
    uint8_t block[METER_FRAME_MAX];
    struct wp_writer w = wp_writer(block, sizeof block);
    struct cosem_apdu e0 = {.form = COSEM_BLOCK_TRANSFER, .tag = 0xE0};

    e0.transfer = cosem_gbt_cut(apdu, s->m->gbt_block, number);
    e0.transfer.is_streaming = true;
    cosem_apdu_encode(&w, &e0);
    send_payload(s, wp_written(&w));
}

/* The pieces up to `last`; returns how many there are. */
static size_t send_all(struct dlms_meter *m, struct wp_slice apdu, size_t last, struct wp_outbox *out)
{
    struct sending s;

    s.m = m;
    s.out = out;
    s.last = last;
    s.pieces = s.n_later = 0;
    s.is_first = true;
    if (m->gbt_block == 0)
        send_payload(&s, apdu);
    else
        for (size_t i = 1; i <= cosem_gbt_blocks(apdu.n, m->gbt_block); i++)
            send_block(&s, apdu, (uint16_t)i);
    send_later(&s);
    return s.pieces;
}

/* ---- pushes --------------------------------------------------------------------------------------------------------- */

/* With fault.stall only the first of several pieces goes out, and how many do. */
static size_t last_piece(struct dlms_meter *m, wp_us now, struct wp_slice apdu)
{
    int64_t pause;

    if (m->push.piece > 0 || !dlms_meter_has_fault(m, METER_FAULT_STALL, NULL) ||
        send_all(m, apdu, 0, NULL) < 2)
        return SIZE_MAX;
    (void)dlms_meter_fault(m, METER_FAULT_STALL, &pause);
    m->due[METER_DUE_REST] = now + pause;
    return 1;
}

void dlms_meter_send_push(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    uint8_t plain[METER_APDU_MAX], sealed[METER_APDU_MAX];
    struct wp_writer p = wp_writer(plain, sizeof plain), w = wp_writer(sealed, sizeof sealed);
    size_t last;

    m->due[METER_DUE_REST] = WP_NEVER;
    dlms_meter_put_push(&p, m, &m->push);
    dlms_meter_protect(&w, m, &m->push, wp_slice(plain, m->push.bend.half ? p.n / 2 : p.n));
    assert(!p.full);
    assert(!w.full);
    last = last_piece(m, now, wp_written(&w));
    if (send_all(m, wp_written(&w), last, out) > last)
        m->push.piece = (uint16_t)last;
    else
        m->push.kind = METER_JOB_NONE;
}
