/* A datalog's stream to frames.
 *
 *     A1 1A ...  a frame, by its length: decoded where it stands
 *     other      skipped up to the next A1
 *
 * WP_BAD skips to the next byte that could begin a frame, so a good frame that stands inside a false one, behind a
 * header that was cut, is found. WP_MORE keeps the beginning in a borrowed buffer, into which exactly what is missing
 * is copied when it comes. What has waited there for frame_timeout is skipped in the same way: time is counted from
 * when the beginning came, whatever else comes, so that a false length holds up the good frames behind it no longer
 * than that. */
#include "sim/gateway/south_lxp_impl.h"

static void count_bad(struct lxp_south *so, const struct lxp_session *s, enum wp_fault fault)
{
    switch (fault) {
    case WP_FAULT_CHECKSUM: south_lxp_count(so, LXP_N_CRC, s, 1); break;
    case WP_FAULT_LENGTH:
    case WP_FAULT_DATA_LENGTH:
    case WP_FAULT_VALUE_LENGTH: south_lxp_count(so, LXP_N_LENGTH, s, 1); break;
    case WP_FAULT_TCP_FUNCTION:
    case WP_FAULT_DEVICE_FUNCTION: south_lxp_count(so, LXP_N_FUNCTION, s, 1); break;
    default: break; /* bytes that are no frame: they are counted as such */
    }
}

/* Counts at once, is noted once for all that an event brought. */
static void skip(struct lxp_south *so, struct lxp_session *s, size_t n)
{
    so->count[LXP_N_SKIPPED] += n;
    so->n_skipped += n;
    s->is_lost = true;
}

static void note_skipped(struct lxp_south *so, const struct lxp_session *s)
{
    if (so->n_skipped > 0)
        south_lxp_count(so, LXP_N_SKIPPED, s, 0);
    so->n_skipped = 0;
}

static void find_again(struct lxp_south *so, struct lxp_session *s)
{
    if (s->is_lost)
        south_lxp_count(so, LXP_N_RESYNC, s, 1);
    s->is_lost = false;
}

/* Decodes what stands in front and acts on it. */
static struct wp_decode take_one(struct lxp_south *so, struct lxp_session *s, struct wp_slice in)
{
    struct lxp_frame frame;
    struct wp_decode d = lxp_decode(NULL, WP_SIDE_SERVER, in, &frame);

    if (d.status == WP_OK) {
        find_again(so, s);
        south_lxp_take_frame(so, s, &frame);
    } else if (d.status == WP_BAD) {
        count_bad(so, s, d.fault);
        if (d.fault == WP_FAULT_DEVICE_FUNCTION) /* its checksum vouches for its length */
            find_again(so, s);
        else
            skip(so, s, d.used);
    }
    return d;
}

/* ---- the buffer ----------------------------------------------------------------------------------- */

static void drop_buffered(struct lxp_south *so, struct lxp_session *s, size_t n)
{
    session_buffer_drop(s->rx, n);
    s->since = s->at; /* what stands in front now came with the latest bytes at the latest */
    if (s->rx->n == 0)
        session_buffer_return(&so->buffers, &s->rx);
}

/* Puts the beginning of a frame, or more of it, into the buffer; without one it is lost. */
static void keep(struct lxp_south *so, struct lxp_session *s, struct wp_slice in)
{
    if (!s->rx)
        s->since = s->at;
    if (session_buffer_append(&so->buffers, &s->rx, in))
        return;
    south_lxp_count(so, LXP_N_NO_CELL, s, 1);
    skip(so, s, in.n + (s->rx ? s->rx->n : 0));
    session_buffer_return(&so->buffers, &s->rx);
}

/* Finishes what stands in the buffer with the first bytes of `in`; what is left of `in` comes back. */
static struct wp_slice finish_buffer(struct lxp_south *so, struct lxp_session *s, struct wp_slice in)
{
    while (s->rx) {
        struct wp_decode d = take_one(so, s, session_buffered(s->rx));
        size_t n = d.need < in.n ? d.need : in.n;

        if (d.status != WP_MORE) {
            drop_buffered(so, s, d.used);
        } else if (n == 0) {
            break;
        } else {
            keep(so, s, wp_slice(in.p, n));
            in = wp_slice_from(in, n);
        }
    }
    return in;
}

static void take_all(struct lxp_south *so, struct lxp_session *s, struct wp_slice in)
{
    while (in.n > 0) {
        struct wp_decode d = take_one(so, s, in);

        if (d.status == WP_MORE) {
            keep(so, s, in);
            return;
        }
        in = wp_slice_from(in, d.used);
    }
}

void south_lxp_take_bytes(struct lxp_south *so, struct lxp_session *s, struct wp_slice in)
{
    take_all(so, s, finish_buffer(so, s, in));
    note_skipped(so, s);
}

/* ---- beginnings that wait ------------------------------------------------------------------------- */

wp_us south_lxp_stream_deadline(const struct lxp_south *so, const struct lxp_session *s)
{
    return s->rx ? s->since + so->frame_timeout : WP_NEVER;
}

void south_lxp_stream_timer(struct lxp_south *so, struct lxp_session *s)
{
    while (south_lxp_stream_deadline(so, s) <= so->now) {
        size_t n = lxp_skip(session_buffered(s->rx));

        south_lxp_count(so, LXP_N_PARTIAL, s, 1);
        skip(so, s, n);
        drop_buffered(so, s, n);
        finish_buffer(so, s, wp_slice(NULL, 0));
    }
    note_skipped(so, s);
}
