/* Frames of a session's meter: readings for the norths, outcomes for the request that is out.
 *
 *     READ out      --91 same DI--> done     --B1 same DI--> FOLLOW 1     --D1--> failed
 *     FOLLOW n out  --92 same DI, SEQ n--> done     --B2 same--> FOLLOW n+1     --D2, other SEQ--> failed
 *     anything else --91--> a reading of the meter's own accord     --other--> counted, no more
 *
 * So only the frame that matches by address, function and identifier answers; an abnormal reply, which
 * names no identifier, belongs to the one request that is out. Frames from a master are echoes, whatever
 * they hold. */
#include "sim/gateway/south_dlt645_impl.h"

enum { DI_BYTES = 4, SEQ_BYTES = 1 };

static uint32_t di_of(const struct dlt645_frame *f)
{
    return f->data[0] | (uint32_t)f->data[1] << 8 | (uint32_t)f->data[2] << 16 | (uint32_t)f->data[3] << 24;
}

/* What the transmission that is out asks for: a block, or the identifier at hand. */
static uint32_t asked_di(const struct south_request *r)
{
    uint32_t block;

    return r->n_asked > 1 && south_dlt645_block_of(&r->id[r->at], r->n_asked, &block) > 1 ? block
                                                                                          : r->id[r->at];
}

static enum wp_reason reason_of(const struct south_request *r)
{
    return r->poll ? WP_POLLED : WP_ASKED;
}

/* ---- data of a request ---------------------------------------------------------------------------- */

/* The members of a block, each as if it had been read alone. */
static void take_block(struct south *so, struct south_session *s, struct south_request *r, uint32_t block,
                       struct wp_slice data)
{
    for (size_t i = 0; i < r->n_asked; i++) {
        uint32_t di = r->id[r->at + i];
        struct wp_slice part = south_dlt645_block_part(block, di, data);

        south_dlt645_outcome_add(so, r, SOUTH_GOT_DATA, 0, part);
        if (part.n > 0)
            south_dlt645_tell_reading(so, s, reason_of(r), di, part);
    }
}

/* The whole data of what was asked for are there. */
static void take_data(struct south *so, struct south_session *s, struct south_request *r,
                      struct wp_slice data, bool is_kept)
{
    uint32_t di = asked_di(r);

    if (r->n_asked > 1) {
        take_block(so, s, r, di, data);
    } else {
        if (!is_kept)
            south_dlt645_outcome_add(so, r, SOUTH_GOT_DATA, 0, data);
        south_dlt645_tell_reading(so, s, reason_of(r), di, data);
    }
    south_dlt645_item_done(so, s);
}

/* The last piece has come: the joined data stand in the request's own buffer. */
static void take_joined(struct south *so, struct south_session *s, struct south_request *r)
{
    uint8_t data[SOUTH_JOIN_MAX];
    struct wp_slice joined = south_dlt645_outcome_data(r);

    if (r->n_asked == 1 && !r->poll) {
        r->any_good = true;
        take_data(so, s, r, joined, true);
        return;
    }
    memcpy(data, joined.p, joined.n);
    south_dlt645_outcome_forget(so, r);
    take_data(so, s, r, wp_slice(data, joined.n), false);
}

static void take_piece(struct south *so, struct south_session *s, struct wp_slice piece, bool more)
{
    struct south_request *r = s->running;
    bool kept;

    if (r->seq == 0 && !more) {
        take_data(so, s, r, piece, false);
        return;
    }
    kept = r->seq == 0 ? south_dlt645_outcome_begin(so, r, piece) : south_dlt645_outcome_grow(so, r, piece);
    if (!kept || (more && r->seq == UINT8_MAX))
        south_dlt645_item_failed(so, s, SOUTH_GOT_TOO_MUCH, 0);
    else if (more)
        south_dlt645_ask_more(so, s);
    else
        take_joined(so, s, r);
}

/* ---- by function ---------------------------------------------------------------------------------- */

static void take_read(struct south *so, struct south_session *s, const struct dlt645_frame *f)
{
    const struct south_request *r = s->running;
    struct wp_slice data;

    if (f->n_data < DI_BYTES) {
        south_dlt645_count(so, SOUTH_MALFORMED, s, 1);
        return;
    }
    data = wp_slice(f->data + DI_BYTES, (size_t)(f->n_data - DI_BYTES));
    if (r && r->seq == 0 && asked_di(r) == di_of(f))
        take_piece(so, s, data, dlt645_has_more(f));
    else if (dlt645_has_more(f))
        south_dlt645_count(so, SOUTH_UNEXPECTED, s, 1); /* a part of something */
    else
        south_dlt645_tell_reading(so, s, WP_PUSHED, di_of(f), data);
}

static void take_follow(struct south *so, struct south_session *s, const struct dlt645_frame *f)
{
    const struct south_request *r = s->running;
    uint8_t seq;

    if (f->n_data < DI_BYTES + SEQ_BYTES) {
        south_dlt645_count(so, SOUTH_MALFORMED, s, 1);
        return;
    }
    seq = f->data[f->n_data - SEQ_BYTES];
    if (!r || r->seq == 0 || asked_di(r) != di_of(f))
        south_dlt645_count(so, SOUTH_UNEXPECTED, s, 1);
    else if (seq != r->seq)
        south_dlt645_item_failed(so, s, SOUTH_GOT_SEQUENCE, seq);
    else
        take_piece(so, s, wp_slice(f->data + DI_BYTES, (size_t)(f->n_data - DI_BYTES - SEQ_BYTES)),
                   dlt645_has_more(f));
}

static void take_abnormal(struct south *so, struct south_session *s, const struct dlt645_frame *f)
{
    const struct south_request *r = s->running;
    uint8_t awaited = r && r->seq > 0 ? DLT645_READ_FOLLOW : DLT645_READ;

    if (!r || dlt645_function(f) != awaited)
        south_dlt645_count(so, SOUTH_UNEXPECTED, s, 1);
    else
        south_dlt645_item_failed(so, s, SOUTH_GOT_ERROR, f->n_data > 0 ? f->data[0] : 0);
}

/* The address that the frame speaks for: a reply to 13 has it in its data too. */
static uint64_t speaker(const struct dlt645_frame *f)
{
    struct dlt645_body body;

    if (dlt645_function(f) == DLT645_READ_ADDRESS && !dlt645_address_is_own(f->address) &&
        dlt645_body(f, &body) && body.has & DLT645_HAS_ADDRESS)
        return body.address;
    return f->address;
}

void south_dlt645_take_frame(struct south *so, struct south_session *s, const struct dlt645_frame *f)
{
    if (!dlt645_is_from_meter(f)) {
        south_dlt645_count(so, SOUTH_ECHO, s, 1);
        return;
    }
    s->is_dlt645 = true;
    if (!south_dlt645_identify(so, s, speaker(f)))
        return;
    if (dlt645_is_1997(f))
        south_dlt645_count(so, SOUTH_EDITION, s, 1);
    else if (dlt645_is_abnormal(f))
        take_abnormal(so, s, f);
    else if (dlt645_function(f) == DLT645_READ)
        take_read(so, s, f);
    else if (dlt645_function(f) == DLT645_READ_FOLLOW)
        take_follow(so, s, f);
    else if (dlt645_function(f) != DLT645_READ_ADDRESS)
        south_dlt645_count(so, SOUTH_UNEXPECTED, s, 1);
}
