/* The HDLC link of who polls: numbered frames, one at a time in each direction.
 *
 *     CLOSED --SNRM: UA--> LINKED --DISC: UA--> CLOSED          CLOSED --DISC, I, RR: DM--> CLOSED
 *     LINKED --I, the last of its APDU--> served, the first segment of the answer
 *            --I with S--> kept, RR          --RR--> the next segment          --the same I again--> the same segment */
#include "sim/device/dlms_meter_inside.h"

enum { FRAME_OVERHEAD = 20, INFO_LEAST = 32 };

bool dlms_meter_hdlc_is_ours(const struct dlms_meter *m, const struct hdlc_frame *frame)
{
    const uint16_t own = m->profile->source.upper;

    return frame->type != HDLC_UI && (frame->destination.upper == own || frame->destination.upper == 1);
}

/* ---- frames of its own ------------------------------------------------------------------------------------------- */

static void send(struct dlms_meter *m, const struct hdlc_frame *request, enum hdlc_type type,
                 struct wp_slice info, struct wp_outbox *out)
{
    const struct hdlc_frame f = {
        .destination = request->source,
        .source = request->destination,
        .type = type,
        .control = hdlc_control(type, 0, m->nr, true),
        .payload = info,
    };
    uint8_t frame[128];
    struct wp_writer w = wp_writer(frame, sizeof frame);

    hdlc_encode(&w, &f);
    dlms_meter_send_frame(m, frame, w.n, out);
}

static uint16_t least(size_t a, size_t b)
{
    const size_t n = a < b ? a : b;

    return (uint16_t)(n < INFO_LEAST ? INFO_LEAST : n);
}

/* Each side gets at most what it takes, and no more than the other has. */
static void link(struct dlms_meter *m, const struct hdlc_frame *snrm, struct wp_outbox *out)
{
    struct hdlc_parameters asked, p = {.window_transmit = 1, .window_receive = 1};
    uint8_t info[64];
    struct wp_writer w = wp_writer(info, sizeof info);

    if (!hdlc_parameters_read(snrm->info, &asked))
        return;
    dlms_meter_forget_association(m);
    p.info_transmit = least(asked.info_receive, m->hdlc_segment);
    p.info_receive = least(asked.info_transmit, m->rx_cap - FRAME_OVERHEAD);
    m->is_linked = true;
    m->ns = m->nr = 0;
    m->hdlc_answer = p.info_transmit;
    hdlc_put_parameters(&w, &p);
    send(m, snrm, HDLC_UA, wp_written(&w), out);
}

static void unlink_from(struct dlms_meter *m, const struct hdlc_frame *disc, struct wp_outbox *out)
{
    const enum hdlc_type answer = m->is_linked ? HDLC_UA : HDLC_DM;

    dlms_meter_forget_association(m);
    m->is_linked = false;
    send(m, disc, answer, wp_slice(NULL, 0), out);
}

/* ---- numbered frames ---------------------------------------------------------------------------------------------- */

/* One segment of the answer: the one that job.piece counts. */
void dlms_meter_hdlc_answer(struct dlms_meter *m, struct wp_slice apdu, struct wp_outbox *out)
{
    struct hdlc_split split = {
        .frame = {.destination = m->client,
                  .source = m->served,
                  .type = HDLC_I,
                  .control = hdlc_control(HDLC_I, m->ns, m->nr, true),
                  .llc = HDLC_LLC_RESPONSE,
                  .payload = apdu},
        .info_max = m->hdlc_answer,
    };
    uint8_t frame[HDLC_FRAME_MAX];
    struct wp_writer w = wp_writer(frame, sizeof frame);
    unsigned piece = 0;

    while (hdlc_split_next(&split, &w)) {
        if (piece == m->answer.piece)
            break;
        w = wp_writer(frame, sizeof frame);
        piece++;
    }
    m->is_last_piece = split.is_done;
    if (w.n > 0)
        dlms_meter_send_frame(m, frame, w.n, out);
}

/* Where the client is: it has all, or wants the piece before once more. */
static void go_on(struct dlms_meter *m, const struct hdlc_frame *rr, struct wp_outbox *out)
{
    const unsigned wanted = hdlc_nr(rr->control), had = (m->ns + m->answer.piece + 1u) & 7;

    if (m->answer.kind == METER_JOB_NONE || (wanted == had && m->is_last_piece)) {
        send(m, rr, HDLC_RR, wp_slice(NULL, 0), out);
        return;
    }
    if (wanted == had)
        m->answer.piece++;
    if (wanted == had && m->answer.bend.block > 0 && m->answer.piece + 1u == m->answer.bend.block)
        m->answer.piece++;
    dlms_meter_send_answer(m, out);
}

/* Segments of a request are joined where the request will be held. */
static void join(struct dlms_meter *m, struct wp_slice payload)
{
    if (!m->is_joining)
        m->n_held = 0;
    m->is_joining = true;
    if (payload.n > (size_t)(dlms_meter_held_cap(m) - m->n_held))
        return;
    if (payload.n > 0)
        memcpy(dlms_meter_held(m) + m->n_held, payload.p, payload.n);
    m->n_held = (uint16_t)(m->n_held + payload.n);
}

static void serve(struct dlms_meter *m, wp_us now, const struct hdlc_frame *frame, struct wp_outbox *out)
{
    uint8_t joined[METER_HELD_MAX];
    struct wp_slice apdu = frame->payload;

    m->ns = (uint8_t)hdlc_nr(frame->control);
    m->client = frame->source;
    m->served = frame->destination;
    if (m->is_joining) {
        join(m, frame->payload);
        memcpy(joined, dlms_meter_held(m), m->n_held);
        apdu = wp_slice(joined, m->n_held);
        m->is_joining = false;
    }
    m->answer.kind = m->answer.block > 0 ? m->answer.kind : METER_JOB_NONE;
    dlms_meter_serve(m, now, apdu, out);
}

static void numbered(struct dlms_meter *m, wp_us now, const struct hdlc_frame *frame, struct wp_outbox *out)
{
    const unsigned ns = hdlc_ns(frame->control);

    if (ns != m->nr) { /* the answer was lost: here it is again */
        if (((ns + 1) & 7) == m->nr)
            dlms_meter_send_answer(m, out);
        return;
    }
    m->nr = (uint8_t)((m->nr + 1) & 7);
    if (frame->more) {
        join(m, frame->payload);
        send(m, frame, HDLC_RR, wp_slice(NULL, 0), out);
        return;
    }
    serve(m, now, frame, out);
}

void dlms_meter_hdlc_frame(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out)
{
    struct hdlc_frame frame;

    if (hdlc_decode(NULL, in, &frame).status != WP_OK)
        return;
    if ((frame.type == HDLC_SNRM || frame.type == HDLC_DISC) && dlms_meter_is_silent(m, "link"))
        return;
    switch (frame.type) {
    case HDLC_SNRM: link(m, &frame, out); return;
    case HDLC_DISC: unlink_from(m, &frame, out); return;
    case HDLC_I:
        if (m->is_linked)
            numbered(m, now, &frame, out);
        break;
    case HDLC_RR:
        if (m->is_linked)
            go_on(m, &frame, out);
        break;
    default: break;
    }
    if (!m->is_linked && (frame.type == HDLC_I || frame.type == HDLC_RR))
        send(m, &frame, HDLC_DM, wp_slice(NULL, 0), out);
}
