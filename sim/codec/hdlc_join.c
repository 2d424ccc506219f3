/* The segments of one direction of an HDLC line joined to payloads.
 *
 *     CLOSED --segment, more follow--> OPEN --the last one--> payload, CLOSED
 *                                      OPEN --bad frame, another pair, a gap in N(S), no room--> PASSING
 *     PASSING --the last segment, or a frame with an LLC--> CLOSED */
#include "sim/codec/hdlc.h"

void hdlc_join_init(struct hdlc_join *join, void *memory, size_t cap)
{
    *join = (struct hdlc_join){.p = memory, .cap = cap};
}

static void close_chain(struct hdlc_join *join)
{
    join->dropped += join->is_open;
    join->is_open = join->is_passing = false;
    join->n = 0;
}

void hdlc_join_drop(struct hdlc_join *join)
{
    bool was_open = join->is_open;

    close_chain(join);
    join->is_passing = was_open;
}

static bool is_same_chain(const struct hdlc_join *join, const struct hdlc_frame *f)
{
    return join->type == f->type && hdlc_address_eq(&join->destination, &f->destination) &&
           hdlc_address_eq(&join->source, &f->source);
}

static void open_chain(struct hdlc_join *join, const struct hdlc_frame *f)
{
    join->is_open = true;
    join->n = 0;
    join->destination = f->destination;
    join->source = f->source;
    join->type = f->type;
}

static enum wp_status append(struct hdlc_join *join, const struct hdlc_frame *f, struct wp_slice piece,
                             enum wp_fault *ret_fault)
{
    if (piece.n > join->cap - join->n) {
        hdlc_join_drop(join);
        join->is_passing = f->more;
        *ret_fault = WP_FAULT_TOO_LARGE;
        return WP_BAD;
    }
    if (piece.n > 0)
        memcpy(join->p + join->n, piece.p, piece.n);
    join->n += piece.n;
    join->ns = (uint8_t)hdlc_ns(f->control);
    return WP_MORE;
}

/* The next segment of the chain that is open. */
static enum wp_status go_on(struct hdlc_join *join, const struct hdlc_frame *f, struct wp_slice *out,
                            enum wp_fault *ret_fault)
{
    unsigned ns = hdlc_ns(f->control);
    enum wp_status status;

    if (f->type == HDLC_I && ns == join->ns)
        return WP_MORE; /* sent again: its acknowledgement was lost */
    if (f->type == HDLC_I && ns != ((join->ns + 1U) & 7)) {
        hdlc_join_drop(join);
        join->is_passing = f->more;
        *ret_fault = WP_FAULT_TRUNCATED;
        return WP_BAD;
    }
    status = append(join, f, f->info, ret_fault);
    if (status == WP_BAD || f->more)
        return status;
    join->is_open = false;
    *out = wp_slice(join->p, join->n);
    return WP_OK;
}

static enum wp_status begin(struct hdlc_join *join, const struct hdlc_frame *f, struct wp_slice *out,
                            enum wp_fault *ret_fault)
{
    join->llc = f->llc;
    if (!f->more) {
        *out = f->payload;
        return f->payload.n > 0 ? WP_OK : WP_MORE;
    }
    open_chain(join, f);
    return append(join, f, f->payload, ret_fault);
}

enum wp_status hdlc_join_add(struct hdlc_join *join, const struct hdlc_frame *frame, struct wp_slice *out,
                             enum wp_fault *ret_fault)
{
    if (frame->type == HDLC_RR || frame->type == HDLC_RNR || frame->type == HDLC_FRMR)
        return WP_MORE;
    if (!hdlc_is_data(frame)) {
        close_chain(join);
        return WP_MORE;
    }
    if (join->is_passing && is_same_chain(join, frame) && frame->llc == HDLC_LLC_NONE) {
        join->is_passing = frame->more;
        return WP_MORE;
    }
    if (join->is_open && is_same_chain(join, frame))
        return go_on(join, frame, out, ret_fault);
    close_chain(join);
    return begin(join, frame, out, ret_fault);
}
