#include "harness/stream_impl.h"

#include <stdlib.h>

enum {
    RECLAIM_BYTES = 4096,
    FOREIGN_BYTES = 16384,
    PENDING_KEPT = 512, /* an empty buffer of that size is kept for the next unfinished frame */
};

static bool is_passed_over(const struct stream *s)
{
    return s->is_foreign && !stream_is_claimed(s);
}

/* ---- bad bytes -------------------------------------------------------------------------------------- */

/* Bytes at hand: `in` begins at the stream's offset `at`. */
struct window {
    struct wp_slice in;
    uint64_t at;
    const struct moment *when;
};

/* Keeps what is to be shown of the bad bytes at hand: they go away, or do not stand together. */
static void keep_shown(struct stream *s, const struct window *w)
{
    struct wp_slice bad = {NULL, 0};

    if (s->bad.n_shown == STREAM_SHOWN_MAX)
        return;
    if (s->bad.offset >= w->at)
        bad = wp_slice(w->in.p + (s->bad.offset - w->at), (size_t)s->bad.n);
    else
        bad = wp_slice(w->in.p, (size_t)(s->bad.offset + s->bad.n - w->at));
    if (bad.n > STREAM_SHOWN_MAX - s->bad.n_shown)
        bad.n = STREAM_SHOWN_MAX - s->bad.n_shown;
    if (bad.n)
        memcpy(s->bad.shown + s->bad.n_shown, bad.p, bad.n);
    s->bad.n_shown += bad.n;
}

/* Reports what has gathered, if the stream is ours. */
static void report_gathered(struct stream *s, const struct window *w)
{
    struct stream_part part = {
        .codec = s->bad.codec,
        .bad = s->bad.why,
        .offset = s->bad.offset,
        .when = *w->when,
    };

    part.bad.status = WP_BAD;
    part.bad.used = (size_t)s->bad.n;
    if (s->bad.offset >= w->at) {
        part.wire = wp_slice(w->in.p + (s->bad.offset - w->at), (size_t)s->bad.n);
    } else {
        keep_shown(s, w);
        part.wire = wp_slice(s->bad.shown, s->bad.n_shown);
    }
    if (stream_is_claimed(s)) {
        s->garbage += s->bad.n;
        s->decoder->visit(s->decoder->ctx, s, &part);
    } else {
        s->unclaimed += s->bad.n;
    }
    s->bad.n = s->bad.n_shown = 0;
}

static inline void report_bad(struct stream *s, const struct window *w)
{
    if (s->bad.n)
        report_gathered(s, w);
}

/* `n` bytes from offset `from` on are no frame: this is why. */
static void add_bad(struct stream *s, const struct stream_answer *answer, uint64_t from, size_t n)
{
    enum frames_likeness likeness = frames_likeness(&answer->decode);

    if (s->bad.n == 0) {
        s->bad.offset = from;
        s->bad.n_shown = 0;
    }
    if (s->bad.n == 0 || likeness > s->bad.likeness) {
        s->bad.likeness = likeness;
        s->bad.codec = s->decoder->codec[answer->i];
        s->bad.why = answer->decode;
        s->bad.why.at = (size_t)(from - s->bad.offset);
        if (answer->decode.status == WP_BAD)
            s->bad.why.at += answer->decode.at;
        else
            s->bad.why.fault = WP_FAULT_TRUNCATED;
    }
    s->bad.n += n;
    s->astray += n;
    s->has_strayed = s->is_inside = true;
}

/* Too much that is no frame: any codec may try again, or nobody does. */
static void give_up_claim(struct stream *s, const struct window *w)
{
    if (s->claim && s->astray >= RECLAIM_BYTES) {
        report_bad(s, w);
        stream_unclaim(s);
        s->astray = 0;
    } else if (!stream_is_claimed(s) && s->frames == 0 && s->astray >= FOREIGN_BYTES) {
        report_bad(s, w);
        s->is_foreign = true;
    }
}

/* ---- bytes to frames -------------------------------------------------------------------------------- */

static void report_frame(struct stream *s, const struct stream_answer *answer, const struct window *w,
                         size_t at)
{
    struct stream_part part = {
        .codec = s->decoder->codec[answer->i],
        .frame = s->decoder->frame,
        .wire = wp_slice(w->in.p + at, answer->decode.used),
        .offset = w->at + at,
        .when = s->is_ending ? s->last : *w->when,
    };

    stream_claim(s, answer->i);
    report_bad(s, w); /* what stood before it, now that the stream is known to be ours */
    s->frames++;
    s->astray = 0;
    s->is_adrift = s->is_inside = false;
    s->decoder->visit(s->decoder->ctx, s, &part);
}

/* From `at` on; *ret_wait: the first place where one may begin and is not whole yet. */
static size_t find_frame(struct stream *s, struct wp_slice in, size_t at, size_t *ret_wait)
{
    *ret_wait = in.n;
    while (at < in.n) {
        struct stream_answer answer = stream_decide(s, in, at);

        if (answer.decode.status == WP_OK)
            break;
        if (answer.decode.status == WP_MORE && at < *ret_wait)
            *ret_wait = at;
        at += answer.decode.status == WP_BAD ? answer.decode.used : 1;
    }
    return at;
}

/* Offset of the next whole good frame behind an unfinished one; in.n when there is none. What the codecs remember
 * of the stream stays as it is. Places where no frame begins are looked at once. */
static size_t look_ahead(struct stream *s, const struct window *w, size_t at)
{
    struct stream_state *own;
    size_t found, wait;

    if (s->looked > w->at + at)
        at = (size_t)(s->looked - w->at);
    own = stream_look_begin(s);
    found = find_frame(s, w->in, at, &wait);
    stream_look_end(s, own);
    s->looked = w->at + wait;
    return found;
}

/* The rest of it will not come, or is too much: where it began was certain, so that all `n` bytes at hand are its own,
 * or they are not and the first one is given up. */
static size_t give_up_beginning(struct stream *s, size_t n)
{
    bool is_certain = s->claim && !s->is_adrift && s->decoder->codec[s->current]->carries_anything;

    s->is_adrift = true;
    if (!is_certain)
        return 1;
    s->astray -= n; /* which add_bad counts, and it says nothing of whose stream this is */
    return n;
}

/* An unfinished frame at `at`: how many bytes of it are given up; 0: it waits. */
static size_t give_up_unfinished(struct stream *s, const struct window *w, size_t at, bool is_end)
{
    size_t n = w->in.n - at, ahead;

    if (is_end)
        return give_up_beginning(s, n);
    if (n > s->decoder->pending_stream_max ||
        s->decoder->pending - s->pending.n + n > s->decoder->pending_max) {
        s->decoder->refused++;
        return give_up_beginning(s, n);
    }
    if (!s->is_stale)
        return 0;
    ahead = look_ahead(s, w, at + 1);
    return ahead < w->in.n ? ahead - at : 0;
}

static void take(struct stream *s, struct wp_slice in, const struct moment *when, bool is_end);

/* Before the first frame of a stream is told: what waits in the other direction, because its codec could not say
 * whether it is its own, came earlier. Was there such? Then the frame at hand is gone. */
static bool let_other_go_first(struct stream *s, const struct stream_answer *answer)
{
    struct stream *other = s->other;
    struct moment then;

    if (s->claim || !other || other->claim || other->pending.n == 0)
        return false;
    if (other->last.number > s->last.number) /* both end, and what waits there came later */
        return false;
    then = other->last;
    stream_claim_anew(s, answer->i);
    take(other, wp_slice(other->pending.p, other->pending.n), &then, false);
    stream_decide_anew(s->decoder);
    return true;
}

/* Takes all that can be decided off the front. Returns how many bytes that was. */
static size_t eat(struct stream *s, const struct window *w, bool is_end)
{
    size_t at = 0;

    stream_decide_anew(s->decoder);
    while (at < w->in.n) {
        struct stream_answer answer = stream_decide(s, w->in, at);
        size_t n = answer.decode.used;

        if (answer.decode.status == WP_OK) {
            if (let_other_go_first(s, &answer))
                continue;
            report_frame(s, &answer, w, at);
        } else {
            if (answer.decode.status == WP_MORE)
                n = give_up_unfinished(s, w, at, is_end);
            if (n == 0)
                break;
            add_bad(s, &answer, w->at + at, n);
            give_up_claim(s, w);
        }
        at += n;
        s->is_stale = false;
        if (is_passed_over(s)) {
            s->unclaimed += w->in.n - at;
            return w->in.n;
        }
    }
    return at;
}

/* ---- what is unfinished waits here ------------------------------------------------------------------ */

static void set_pending(struct stream *s, struct wp_slice rest)
{
    struct stream_decoder *d = s->decoder;

    d->pending -= s->pending.n;
    if (rest.n > s->pending.cap) {
        size_t cap = rest.n < PENDING_KEPT ? PENDING_KEPT : rest.n + rest.n / 2;

        s->pending.p = stream_memory(s->pending.p, cap); /* `rest` stands elsewhere: it was not pending */
        s->pending.cap = cap;
    }
    if (rest.n)
        memmove(s->pending.p, rest.p, rest.n);
    if (rest.n == 0 && s->pending.cap > PENDING_KEPT) {
        free(s->pending.p);
        s->pending.p = NULL;
        s->pending.cap = 0;
    }
    s->pending.n = rest.n;
    d->pending += rest.n;
}

static void append_pending(struct stream *s, struct wp_slice bytes)
{
    size_t n = s->pending.n + bytes.n;

    if (n > s->pending.cap) {
        s->pending.cap = n + n / 2;
        s->pending.p = stream_memory(s->pending.p, s->pending.cap);
    }
    memcpy(s->pending.p + s->pending.n, bytes.p, bytes.n);
    s->pending.n = n;
    s->decoder->pending += bytes.n;
}

static void take(struct stream *s, struct wp_slice in, const struct moment *when, bool is_end)
{
    struct window w = {in, s->offset, when};
    size_t eaten;

    s->is_ending = is_end;
    eaten = eat(s, &w, is_end);
    s->is_ending = false;

    if (is_end || (eaten == in.n && stream_is_claimed(s)))
        report_bad(s, &w);
    if (s->bad.n)
        keep_shown(s, &w);
    s->offset += eaten;
    if (eaten < in.n || s->pending.cap)
        set_pending(s, wp_slice_from(in, eaten));
}

void stream_init(struct stream *s, struct stream_decoder *d, enum wp_side from, struct stream *other)
{
    memset(s, 0, sizeof *s);
    s->decoder = d;
    s->from = from;
    s->other = other;
}

void stream_push(struct stream *s, struct wp_slice bytes, const struct moment *when)
{
    if (is_passed_over(s)) {
        s->offset += bytes.n;
        s->unclaimed += bytes.n;
        return;
    }
    if (s->pending.n && when->ns - s->last.ns > s->decoder->pause_ns)
        s->is_stale = true;
    s->last = *when;
    if (s->pending.n == 0) {
        take(s, bytes, when, false);
        return;
    }
    append_pending(s, bytes);
    take(s, wp_slice(s->pending.p, s->pending.n), when, false);
}

void stream_end(struct stream *s, const struct moment *when)
{
    take(s, wp_slice(s->pending.p, s->pending.n), when, true);
    s->is_inside = false;
}

void stream_gap(struct stream *s, uint64_t n, const struct moment *when)
{
    stream_end(s, when);
    s->offset += n;
    s->is_adrift = true;
    s->has_strayed = false;
}

void stream_free(struct stream *s)
{
    s->decoder->pending -= s->pending.n;
    free(s->pending.p);
    stream_unclaim(s);
}
