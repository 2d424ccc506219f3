/* A stream of bytes to frames: DL/T 645, wrappers, and what is only recognised.
 *
 *     FE.. 68   DL/T 645             wake-up bytes are skipped, they are no garbage
 *     00 01     wrapper              login, heartbeat, last gasp; an APDU in it is not read yet
 *     7E Ax     HDLC                 skipped by its length
 *     C0 C4 ..  DLMS APDU            at the beginning of a segment: noted, its bytes are no garbage
 *     other     garbage
 *
 * While nothing has shown that the meter speaks DL/T 645, and another south has the listener too, a frame of
 * another protocol is not read here but handed on, see south_dlt645_hand_on.c.
 *
 * Which of them it is, is decided anew at every frame: a meter may sign on in a wrapper and then speak DL/T
 * 645. WP_BAD drops one byte and goes on at the next one that could start a frame, so a good frame that
 * stands inside a false one is found. WP_MORE keeps the beginning in a borrowed buffer, into which exactly
 * what is missing is copied when it comes; everything else is decoded where it stands. When nothing comes
 * for frame_timeout, the beginning is given up. */
#include "sim/gateway/south_dlt645_impl.h"

enum { START = 0x68, WRAPPER = 0x00, HDLC_FLAG = 0x7E, HDLC_HEAD = 3, HDLC_MIN = 7 };

static bool could_start(uint8_t b)
{
    return b == START || b == WRAPPER || b == HDLC_FLAG;
}

/* AARQ, RLRQ, ..., ExceptionResponse: what a DLMS meter may send without a wrapper. */
static bool is_apdu_tag(uint8_t b)
{
    return (b >= 0x60 && b <= 0x63) || (b >= 0xC0 && b <= 0xC7) || b == 0xD8 || b == 0xDB || b == 0x0F;
}

/* ---- one frame ------------------------------------------------------------------------------------ */

/* 7E, format type A and 11 bits of length between the flags, ..., 7E. */
static struct wp_decode hdlc_decode(struct wp_slice in)
{
    size_t n;

    if (in.n >= 2 && (in.p[1] & 0xF0) != 0xA0)
        return wp_bad(WP_FAULT_FIELD, 1, 1);
    if (in.n < HDLC_HEAD)
        return wp_more(HDLC_HEAD - in.n);
    n = ((size_t)(in.p[1] & 0x07) << 8 | in.p[2]) + 2;
    if (n < HDLC_MIN + 2)
        return wp_bad(WP_FAULT_LENGTH, 1, 1);
    if (in.n < n)
        return wp_more(n - in.n);
    return in.p[n - 1] == HDLC_FLAG ? wp_ok(n) : wp_bad(WP_FAULT_END, n - 1, 1);
}

static void count_bad(struct south *so, const struct south_session *s, enum wp_fault fault)
{
    if (fault == WP_FAULT_CHECKSUM)
        south_dlt645_count(so, SOUTH_CHECKSUM, s, 1);
    else if (fault == WP_FAULT_END)
        south_dlt645_count(so, SOUTH_END, s, 1);
}

static struct wp_decode take_frame(struct south *so, struct south_session *s, struct wp_slice in)
{
    struct dlt645_frame frame;
    struct wp_decode d = dlt645_decode(in, &frame);

    if (d.status == WP_OK) {
        s->garbage = 0;
        south_dlt645_take_frame(so, s, &frame);
    } else if (d.status == WP_BAD) {
        count_bad(so, s, d.fault);
    }
    return d;
}

static struct wp_decode take_wrapper(struct south *so, struct south_session *s, struct wp_slice in)
{
    struct ivy_frame wrapper;
    struct wp_decode d = ivy_decode(in, &wrapper);

    if (d.status == WP_OK) {
        s->garbage = 0;
        south_dlt645_take_wrapper(so, s, &wrapper);
    }
    return d;
}

static struct wp_decode skip_hdlc(struct south *so, struct south_session *s, struct wp_slice in)
{
    struct wp_decode d = hdlc_decode(in);

    if (d.status == WP_OK) {
        s->garbage = 0;
        s->is_wrapped = true;
        south_dlt645_count(so, SOUTH_NOT_YET, s, 1);
    }
    return d;
}

/* Decodes what stands in front and acts on it; afterwards the session may be gone. */
static struct wp_decode take_one(struct south *so, struct south_session *s, struct wp_slice in)
{
    switch (in.p[0]) {
    case START: return take_frame(so, s, in);
    case WRAPPER: return take_wrapper(so, s, in);
    case HDLC_FLAG: return skip_hdlc(so, s, in);
    default: return wp_bad(WP_FAULT_START, 0, 1); /* it could have been another south's */
    }
}

/* ---- garbage -------------------------------------------------------------------------------------- */

/* Bytes up to the next one that could start a frame; those that are no wake-up bytes are added to *garbage.
 * at_front: no frame is under way, so the first one may also be another south's. */
static size_t skip_noise(struct wp_slice in, bool at_front, size_t *garbage)
{
    size_t n = 0;

    if (at_front && in.n > 0 && south_dlt645_is_foreign_tag(in.p[0]))
        return 0;

    while (n < in.n && !could_start(in.p[n]))
        *garbage += in.p[n++] != DLT645_WAKEUP;
    return n;
}

/* Counts at once, is noted once for all that a segment had. false: it was too much, the session is gone. */
static bool add_garbage(struct south *so, struct south_session *s, size_t n)
{
    if (so->forgives_garbage)
        return true;
    so->count[SOUTH_GARBAGE] += n;
    so->has_garbage |= n > 0;
    n += s->garbage;
    s->garbage = (uint16_t)(n < so->garbage_max ? n : so->garbage_max);
    if (s->garbage < so->garbage_max)
        return true;
    south_dlt645_count(so, SOUTH_FLOOD, s, 1);
    south_dlt645_end(so, s);
    return false;
}

static void note_garbage(struct south *so, const struct south_session *s)
{
    if (so->has_garbage && s->port)
        south_dlt645_count(so, SOUTH_GARBAGE, s, 0);
    so->has_garbage = false;
}

/* ---- to stay or to leave --------------------------------------------------------------------------- */

static void leave(struct south *so, struct south_session *s, struct wp_slice in, struct wp_slice rest)
{
    note_garbage(so, s);
    south_dlt645_hand_on(so, s, in, rest);
}

/* The same, after a look whether it is another south's: handed on with all that is left. */
static struct wp_decode take_or_leave(struct south *so, struct south_session *s, struct wp_slice in,
                                      struct wp_slice rest)
{
    struct wp_decode d;

    if (south_dlt645_may_leave(so, s)) {
        d = south_dlt645_foreign(s, in);
        if (d.status == WP_OK)
            leave(so, s, in, rest);
        if (d.status != WP_BAD)
            return d;
    }
    d = take_one(so, s, in);
    if (s->port && s->leaves)
        leave(so, s, wp_slice_from(in, d.used), rest);
    return d;
}

/* ---- the stream ----------------------------------------------------------------------------------- */

/* Takes n bytes off the buffer: a frame, or one byte of garbage; and what then stands in front and cannot start
 * anything. */
static void drop_buffered(struct south *so, struct south_session *s, size_t n, size_t garbage)
{
    bool at_front = garbage == 0 && south_dlt645_may_leave(so, s);

    session_buffer_drop(s->rx, n);
    session_buffer_drop(s->rx, skip_noise(session_buffered(s->rx), at_front, &garbage));
    if (s->rx->n == 0)
        session_buffer_return(&so->buffers, &s->rx);
    add_garbage(so, s, garbage);
}

/* Puts the beginning of a frame, or more of it, into the buffer; without one it is lost. */
static void keep(struct south *so, struct south_session *s, struct wp_slice in)
{
    size_t lost = in.n;

    if (session_buffer_append(&so->buffers, &s->rx, in))
        return;
    lost += s->rx ? s->rx->n : 0;
    south_dlt645_count(so, SOUTH_NO_CELL, s, 1);
    session_buffer_return(&so->buffers, &s->rx);
    add_garbage(so, s, lost);
}

/* Finishes what stands in the buffer with the first bytes of `in`; what is left of `in` comes back. */
static struct wp_slice finish_buffer(struct south *so, struct south_session *s, struct wp_slice in)
{
    while (s->port && s->rx) {
        struct wp_decode d = take_or_leave(so, s, session_buffered(s->rx), in);
        size_t n = d.need < in.n ? d.need : in.n;

        if (!s->port || (d.status == WP_MORE && n == 0))
            break;
        if (d.status == WP_MORE) {
            keep(so, s, wp_slice(in.p, n));
            in = wp_slice_from(in, n);
        } else if (d.status == WP_OK) {
            drop_buffered(so, s, d.used, 0);
        } else {
            drop_buffered(so, s, 1, 1);
        }
    }
    return in;
}

/* A segment that begins like an APDU without a wrapper: it is no garbage, though a frame in it is still
 * found. */
static void note_apdu(struct south *so, struct south_session *s, struct wp_slice in)
{
    if (south_dlt645_may_leave(so, s) || s->identified || s->rx || !is_apdu_tag(in.p[0]))
        return;
    south_dlt645_count(so, SOUTH_NOT_YET, s, 1);
    s->is_wrapped = true;
    so->forgives_garbage = true;
}

static void take_all(struct south *so, struct south_session *s, struct wp_slice in)
{
    const struct wp_slice nothing = {NULL, 0};
    bool at_front = true;

    while (s->port && in.n > 0) {
        size_t garbage = 0, used = skip_noise(in, at_front && south_dlt645_may_leave(so, s), &garbage);
        struct wp_decode d;

        in = wp_slice_from(in, used);
        if (!add_garbage(so, s, garbage) || in.n == 0)
            return;
        d = take_or_leave(so, s, in, nothing);
        if (!s->port || (d.status == WP_BAD && !add_garbage(so, s, 1)))
            return;
        if (d.status == WP_MORE) {
            keep(so, s, in);
            return;
        }
        at_front = d.status == WP_OK;
        in = wp_slice_from(in, d.status == WP_OK ? d.used : 1);
    }
}

void south_dlt645_take_bytes(struct south *so, struct south_session *s, struct wp_slice in)
{
    if (in.n > 0)
        note_apdu(so, s, in);
    take_all(so, s, finish_buffer(so, s, in));
    note_garbage(so, s);
    so->forgives_garbage = false;
}

void south_dlt645_give_up_frame(struct south *so, struct south_session *s)
{
    const struct wp_slice nothing = {NULL, 0};

    south_dlt645_count(so, SOUTH_UNFINISHED, s, 1);
    while (s->port && s->rx) {
        drop_buffered(so, s, 1, 1);
        finish_buffer(so, s, nothing);
    }
    note_garbage(so, s);
}
