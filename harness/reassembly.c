#include "harness/reassembly.h"

#include <stdlib.h>

/* The largest window that TCP can announce (RFC 7323): farther off, a segment is not of this connection. */
enum { WINDOW_MAX = 1 << 30 };

struct reassembly_segment {
    struct reassembly_segment *next;
    int64_t at;
    size_t n;
    uint8_t bytes[];
};

static int64_t end_of(const struct reassembly_segment *s)
{
    return s->at + (int64_t)s->n;
}

static bool position(const struct reassembly *r, uint32_t seq, int64_t *ret_at)
{
    int32_t distance = (int32_t)(seq - r->next_seq);

    *ret_at = r->offset + distance;
    return distance <= WINDOW_MAX && distance >= -WINDOW_MAX;
}

static void start(struct reassembly *r, uint32_t seq)
{
    r->started = true;
    r->next_seq = seq;
}

void reassembly_syn(struct reassembly *r, uint32_t seq)
{
    if (!r->started)
        start(r, seq + 1);
}

/* ---- what goes out ---------------------------------------------------------------------------------- */

static void move_on(struct reassembly *r, int64_t to)
{
    r->next_seq += (uint32_t)(to - r->offset);
    r->offset = to;
}

static void deliver(struct reassembly *r, struct reassembly_budget *budget, struct wp_slice bytes,
                    struct reassembly_out *out)
{
    if (budget->sent)
        reassembly_sent_put(budget->sent, &r->last_sent, r->offset, bytes);
    move_on(r, r->offset + (int64_t)bytes.n);
    r->counts.bytes += bytes.n;
    out->bytes(out, bytes);
}

static void skip_to(struct reassembly *r, int64_t to, struct reassembly_out *out)
{
    uint64_t n = (uint64_t)(to - r->offset);

    if (to <= r->offset)
        return;
    move_on(r, to);
    r->counts.gaps++;
    r->counts.gap_bytes += n;
    out->gap(out, n);
}

static struct reassembly_segment *take_first(struct reassembly *r, struct reassembly_budget *budget)
{
    struct reassembly_segment *s = r->waiting;

    r->waiting = s->next;
    r->waiting_bytes -= s->n;
    budget->used -= s->n;
    return s;
}

/* Waiting segments that the delivered bytes have reached. */
static void drain(struct reassembly *r, struct reassembly_budget *budget, struct reassembly_out *out)
{
    while (r->waiting && r->waiting->at <= r->offset) {
        struct reassembly_segment *s = take_first(r, budget);
        size_t old = (size_t)(r->offset - s->at);

        if (old < s->n)
            deliver(r, budget, wp_slice(s->bytes + old, s->n - old), out);
        free(s);
    }
}

/* The capture lacks what stands before the first waiting segment. */
static void give_up_hole(struct reassembly *r, struct reassembly_budget *budget, struct reassembly_out *out)
{
    skip_to(r, r->waiting->at, out);
    drain(r, budget, out);
}

/* ---- what must wait --------------------------------------------------------------------------------- */

static void compare_overlap(struct reassembly *r, const struct reassembly_segment *s, int64_t at,
                            struct wp_slice bytes)
{
    int64_t from = at > s->at ? at : s->at;
    int64_t to = at + (int64_t)bytes.n < end_of(s) ? at + (int64_t)bytes.n : end_of(s);

    for (int64_t i = from; i < to; i++)
        r->counts.conflicts += bytes.p[i - at] != s->bytes[i - s->at];
}

/* What is sent twice must be the same; the copy that came first is delivered. */
static void compare_waiting(struct reassembly *r, int64_t at, struct wp_slice bytes)
{
    for (const struct reassembly_segment *s = r->waiting; s && s->at < at + (int64_t)bytes.n; s = s->next)
        if (end_of(s) > at)
            compare_overlap(r, s, at, bytes);
}

/* The same for what was delivered. A keep-alive repeats the last byte, and may have any in its place (RFC 1122,
 * 4.2.3.6). */
static void compare_sent(struct reassembly *r, const struct reassembly_budget *budget, int64_t at,
                         struct wp_slice bytes)
{
    bool is_keep_alive = bytes.n == 1 && at + 1 == r->offset;

    if (budget->sent && !is_keep_alive)
        r->counts.conflicts += reassembly_sent_compare(budget->sent, r->last_sent, at, bytes);
}

/* NULL: no memory, which is treated as a spent budget. */
static struct reassembly_segment *new_segment(int64_t at, struct wp_slice bytes)
{
    struct reassembly_segment *s = malloc(sizeof *s + bytes.n);

    if (!s)
        return NULL;
    s->at = at;
    s->n = bytes.n;
    memcpy(s->bytes, bytes.p, bytes.n);
    return s;
}

/* Puts the parts of the segment that are not there yet into the list. false: no memory.
 * *ret_new: bytes that were put. */
static bool insert(struct reassembly *r, struct reassembly_budget *budget, int64_t at, struct wp_slice bytes,
                   size_t *ret_new)
{
    struct reassembly_segment **link = &r->waiting;

    *ret_new = 0;
    while (bytes.n > 0) {
        struct reassembly_segment *s;
        size_t part = bytes.n, skip;

        while (*link && end_of(*link) <= at)
            link = &(*link)->next;
        if (*link && (*link)->at <= at) { /* this one has the first bytes already */
            skip = (size_t)(end_of(*link) - at);
            bytes = wp_slice_from(bytes, skip);
            at += (int64_t)skip;
            continue;
        }
        if (*link && (*link)->at < at + (int64_t)part)
            part = (size_t)((*link)->at - at);
        s = new_segment(at, wp_slice(bytes.p, part));
        if (!s)
            return false;
        s->next = *link;
        *link = s;
        r->waiting_bytes += part;
        budget->used += part;
        *ret_new += part;
        bytes = wp_slice_from(bytes, part);
        at += (int64_t)part;
    }
    return true;
}

static bool is_spent(const struct reassembly *r, const struct reassembly_budget *budget, size_t more)
{
    return r->waiting_bytes + more > budget->per_stream || budget->used + more > budget->total;
}

static void deliver_behind_gap(struct reassembly *r, struct reassembly_budget *budget, int64_t at,
                               struct wp_slice bytes, struct reassembly_out *out)
{
    size_t old;

    skip_to(r, at, out);
    old = (size_t)(r->offset - at);
    if (old < bytes.n)
        deliver(r, budget, wp_slice_from(bytes, old), out);
    drain(r, budget, out);
}

static void wait_for_hole(struct reassembly *r, struct reassembly_budget *budget, int64_t at,
                          struct wp_slice bytes, struct reassembly_out *out)
{
    size_t n_new;

    while (r->waiting && r->waiting->at < at && is_spent(r, budget, bytes.n)) {
        r->counts.given_up++;
        give_up_hole(r, budget, out);
    }
    if (r->offset >= at) {
        deliver_behind_gap(r, budget, at, bytes, out);
        return;
    }
    if (is_spent(r, budget, bytes.n) || !insert(r, budget, at, bytes, &n_new)) {
        r->counts.given_up++;
        deliver_behind_gap(r, budget, at, bytes, out);
        return;
    }
    if (n_new == 0)
        r->counts.retransmitted++;
    else
        r->counts.reordered++;
    r->counts.overlaps += n_new > 0 && n_new < bytes.n;
}

bool reassembly_place(const struct reassembly *r, uint32_t seq, int64_t *ret_at)
{
    *ret_at = 0;
    return !r->started || position(r, seq, ret_at);
}

/* ---- the calls -------------------------------------------------------------------------------------- */

void reassembly_data(struct reassembly *r, struct reassembly_budget *budget, uint32_t seq,
                     struct wp_slice bytes, struct reassembly_out *out)
{
    int64_t at;

    if (bytes.n == 0)
        return;
    if (!r->started)
        start(r, seq);
    if (!position(r, seq, &at)) {
        r->counts.strays++;
        return;
    }
    if (at < r->offset)
        compare_sent(r, budget, at, bytes);
    if (at + (int64_t)bytes.n <= r->offset) {
        r->counts.retransmitted++;
        return;
    }
    if (at < r->offset) {
        r->counts.overlaps++;
        bytes = wp_slice_from(bytes, (size_t)(r->offset - at));
        at = r->offset;
    }
    if (r->waiting)
        compare_waiting(r, at, bytes);
    if (r->acked >= at) /* the other side has had what is missing before it */
        skip_to(r, at, out);
    if (at > r->offset) {
        wait_for_hole(r, budget, at, bytes, out);
        return;
    }
    deliver(r, budget, bytes, out);
    drain(r, budget, out);
}

void reassembly_cut(struct reassembly *r, uint32_t seq, size_t n, struct reassembly_out *out)
{
    int64_t at;

    if (!r->started)
        start(r, seq);
    if (position(r, seq, &at) && at <= r->offset && (!r->waiting || r->waiting->at >= at + (int64_t)n))
        skip_to(r, at + (int64_t)n, out);
}

void reassembly_fin(struct reassembly *r, uint32_t seq)
{
    int64_t at;

    if (!r->started)
        start(r, seq);
    if (r->has_fin || !position(r, seq, &at))
        return;
    r->has_fin = true;
    r->fin_offset = at;
}

void reassembly_ack(struct reassembly *r, struct reassembly_budget *budget, uint32_t ack,
                    struct reassembly_out *out)
{
    int64_t at;

    if (!r->started || !position(r, ack, &at) || at <= r->acked)
        return;
    r->acked = at;
    while (r->waiting && r->waiting->at <= r->acked)
        give_up_hole(r, budget, out);
}

void reassembly_give_up(struct reassembly *r, struct reassembly_budget *budget, struct reassembly_out *out)
{
    r->counts.given_up++;
    give_up_hole(r, budget, out);
}

void reassembly_finish(struct reassembly *r, struct reassembly_budget *budget, struct reassembly_out *out)
{
    int64_t end = r->has_fin ? r->fin_offset : r->acked;

    while (r->waiting)
        give_up_hole(r, budget, out);
    if (!r->has_fin && end == r->offset + 1) /* the one that a FIN counts for, which was not captured */
        return;
    skip_to(r, end, out);
}

bool reassembly_is_complete(const struct reassembly *r)
{
    return r->has_fin && r->offset >= r->fin_offset;
}

void reassembly_drop(struct reassembly *r, struct reassembly_budget *budget)
{
    while (r->waiting)
        free(take_first(r, budget));
}
