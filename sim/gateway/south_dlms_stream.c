/* A stream of bytes, or a datagram, to frames.
 *
 *     FRONT --good frame--> FRONT
 *     FRONT --WP_BAD--> LOST: one byte is dropped, on to the next that could start a frame
 *     LOST --good frame, or a new segment--> FRONT
 *
 * An APDU by itself begins only at the FRONT: half of all bytes could be its tag. WP_MORE keeps the beginning in a borrowed
 * buffer, into which exactly what is missing is copied when it comes; everything else is decoded where it stands. When
 * nothing comes for frame_timeout, the beginning is given up, and what stands behind it is looked at again. So it is at once
 * when the beginning of an APDU by itself is followed by a segment that is a wrapper beyond doubt. A datagram holds whole
 * frames. */
#include "sim/gateway/south_dlms_impl.h"

/* ---- garbage ---------------------------------------------------------------------------------------- */

/* Bytes up to the next one that could start a frame. */
static size_t skip_noise(const struct dlms_session *s, struct wp_slice in, bool is_front)
{
    size_t n = 0;

    while (n < in.n && !south_dlms_could_start(s, in.p[n], is_front && n == 0))
        n++;
    return n;
}

/* false: it was too much, the session is gone. */
static bool add_garbage(struct dlms_south *so, struct dlms_session *s, size_t n)
{
    if (n == 0)
        return true;
    s->is_lost = true;
    south_dlms_count(so, DLMS_GARBAGE, s, n);
    n += s->garbage;
    s->garbage = (uint16_t)(n < so->garbage_max ? n : so->garbage_max);
    if (s->garbage < so->garbage_max || s->is_udp)
        return true;
    south_dlms_count(so, DLMS_FLOOD, s, 1);
    south_dlms_end(so, s);
    return false;
}

/* ---- what is kept ----------------------------------------------------------------------------------- */

/* Takes n bytes off the buffer: a frame, or one byte of garbage; and what then stands in front and starts nothing. */
static void drop_buffered(struct dlms_south *so, struct dlms_session *s, size_t n, size_t garbage)
{
    size_t noise;

    session_buffer_drop(s->rx, n);
    noise = skip_noise(s, session_buffered(s->rx), garbage == 0);
    session_buffer_drop(s->rx, noise);
    if (s->rx->n == 0)
        session_buffer_return(&so->buffers, &s->rx);
    add_garbage(so, s, garbage + noise);
}

/* Puts the beginning of a frame, or more of it, into the buffer; without one it is lost. */
static void keep(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    size_t lost = in.n;

    if (session_buffer_append(&so->buffers, &s->rx, in))
        return;
    lost += s->rx ? s->rx->n : 0;
    south_dlms_count(so, DLMS_NO_CELL, s, 1);
    session_buffer_return(&so->buffers, &s->rx);
    add_garbage(so, s, lost);
}

/* Finishes what stands in the buffer with the first bytes of `in`; what is left of `in` comes back. */
static struct wp_slice finish_buffer(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    while (s->port && s->rx) {
        struct wp_decode d = south_dlms_take_frame(so, s, session_buffered(s->rx), !s->is_lost);
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

/* What begins so has a length or an end of its own. */
static bool is_framed(uint8_t b)
{
    return b == 0x00 || b == HDLC_FLAG || b == 0x68;
}

/* An APDU by itself that was cut short would swallow what comes next. */
static void look_for_cut(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    if (!s->rx || is_framed(session_buffered(s->rx).p[0]) ||
        (s->transport != DLMS_WRAPPED && s->transport != DLMS_UNDECIDED) || !south_dlms_is_wrapper(in))
        return;
    south_dlms_count(so, DLMS_UNFINISHED, s, 1);
    add_garbage(so, s, s->rx->n);
    if (s->port)
        session_buffer_return(&so->buffers, &s->rx);
}

/* ---- segments and datagrams ------------------------------------------------------------------------- */

/* The rest is the beginning of a frame. */
static struct wp_slice take_all(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    bool is_front = true;

    while (s->port && in.n > 0) {
        size_t noise = skip_noise(s, in, is_front);
        struct wp_decode d;

        in = wp_slice_from(in, noise);
        if (!add_garbage(so, s, noise) || in.n == 0)
            break;
        d = south_dlms_take_frame(so, s, in, is_front && noise == 0);
        if (!s->port || d.status == WP_MORE || (d.status == WP_BAD && !add_garbage(so, s, 1)))
            break;
        is_front = d.status == WP_OK;
        in = wp_slice_from(in, d.status == WP_OK ? d.used : 1);
    }
    return in;
}

void south_dlms_take_bytes(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    look_for_cut(so, s, in);
    if (s->port)
        in = take_all(so, s, finish_buffer(so, s, in));
    if (s->port && in.n > 0)
        keep(so, s, in);
}

void south_dlms_take_datagram(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    if (s->transport == DLMS_WRAPPED) /* no link is kept that another transport could take for its own */
        s->transport = DLMS_UNDECIDED;
    s->is_lost = false;
    s->garbage = 0;
    in = take_all(so, s, in);
    if (s->port && in.n > 0)
        south_dlms_count_fault(so, WP_FAULT_TRUNCATED, s);
}

void south_dlms_give_up_frame(struct dlms_south *so, struct dlms_session *s)
{
    const struct wp_slice nothing = {NULL, 0};

    south_dlms_count(so, DLMS_UNFINISHED, s, 1);
    while (s->port && s->rx) {
        drop_buffered(so, s, 1, 1);
        finish_buffer(so, s, nothing);
    }
}
