/* Whose bytes stand at the front of a stream? Asks the codecs, and keeps which of them has claimed it. */
#include "harness/stream_impl.h"
#include "sim/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PENDING_STREAM_MAX = 16 << 20, PENDING_MAX = 64 << 20, UNFINISHED_MAX = 64 << 20 };

#define PAUSE_NS INT64_C(2000000000)

void *stream_memory(void *old, size_t n)
{
    void *p = realloc(old, n ? n : 1);

    if (!p) {
        fputs("wattproof: no memory for the frames of a stream\n", stderr);
        abort();
    }
    return p;
}

/* ---- the decoder ------------------------------------------------------------------------------------ */

static bool is_family(const struct wp_codec *a, const struct wp_codec *b)
{
    return a == b || (a->family && b->family && strcmp(a->family, b->family) == 0);
}

static void find_families(struct stream_decoder *d)
{
    for (size_t i = 0; i < d->n_codecs; i++)
        for (size_t j = 0; j < d->n_codecs; j++)
            if (is_family(d->codec[i], d->codec[j]))
                d->family[i] |= stream_bit(j);
}

void stream_decoder_init(struct stream_decoder *d, const struct wp_codec *only,
                         void (*visit)(void *ctx, struct stream *s, const struct stream_part *part),
                         void *ctx)
{
    size_t frame_size = 1;

    assert(wp_n_codecs <= STREAM_CODECS_MAX);
    *d = (struct stream_decoder){
        .pending_max = PENDING_MAX,
        .pending_stream_max = PENDING_STREAM_MAX,
        .unfinished_max = UNFINISHED_MAX,
        .pause_ns = PAUSE_NS,
        .visit = visit,
        .ctx = ctx,
    };
    for (size_t i = 0; i < wp_n_codecs; i++) {
        const struct wp_codec *codec = wp_codecs[i];

        if (only ? codec != only : !wp_codec_is_found(codec))
            continue;
        d->codec[d->n_codecs++] = codec;
        frame_size = codec->frame_size > frame_size ? codec->frame_size : frame_size;
    }
    find_families(d);
    d->frame = stream_memory(NULL, frame_size);
}

void stream_decoder_free(struct stream_decoder *d)
{
    free(d->frame);
    for (size_t i = 0; i < d->n_codecs; i++)
        free(d->probe_state[i]);
}

/* ---- whose bytes are these? ------------------------------------------------------------------------- */

static uint32_t claim_of(const struct stream *s)
{
    if (s->claim)
        return s->claim;
    return s->other ? s->other->claim : 0;
}

bool stream_is_claimed(const struct stream *s)
{
    return claim_of(s) != 0;
}

/* Has the other direction been claimed by this very codec? */
static bool is_others(const struct stream *s, size_t i)
{
    return s->other && s->other->claim && s->other->current == i;
}

/* ---- who may have the front ----------------------------------------------------------------------------- */

static struct wp_decode try_codec(struct stream *s, size_t i, struct wp_slice in)
{
    struct stream_decoder *d = s->decoder;
    struct wp_decode answer = d->codec[i]->decode(stream_state_of(s, i), s->from, in, d->frame);

    stream_state_used(s, i, &answer);
    return answer;
}

/* Of several refusals that of the codec whose frame it is most like. */
static void keep_telling(struct stream_answer *refusal, size_t i, struct wp_decode d)
{
    if (refusal->decode.used == 0 || frames_likeness(&d) > frames_likeness(&refusal->decode))
        *refusal = (struct stream_answer){i, d};
}

/* What is too little to be sure of: a frame for the codec of the other direction and, behind a hole, for the one that
 * goes on; where a stream begins and nothing more comes; else it waits for more there. Elsewhere it is none, or waits
 * where more may tell. */
static struct wp_decode decide_maybe(const struct stream *s, size_t i, struct wp_decode d,
                                     enum wp_probe probe)
{
    const struct wp_decode none = wp_bad(WP_FAULT_START, 0, 1);

    if (s->is_looking)
        return none;
    if (s->claim && s->decoder->codec[i]->is_bare)
        return d;
    if (s->claim ? !s->has_strayed : is_others(s, i))
        return d;
    if (s->claim || (s->has_strayed && (s->is_ending || probe == WP_PROBE_MAYBE)))
        return none;
    return d.status == WP_OK && !s->is_ending ? wp_more(1) : d;
}

/* Is the codec that goes on with the stream to be trusted only where its probe is sure? */
static bool is_lost(const struct stream *s, size_t i)
{
    return (s->is_adrift || s->is_looking) && s->claim && s->decoder->codec[i]->carries_anything;
}

/* Is another codec of the family sure of what this one is not? */
static bool yields_to_another(const struct stream_decoder *d, size_t i, struct wp_slice in)
{
    if (!d->codec[i]->yields || d->codec[i]->probe(in) == WP_PROBE_YES)
        return false;
    for (size_t k = 0; k < d->n_codecs; k++)
        if (k != i && d->family[i] & stream_bit(k) && d->codec[k]->probe(in) == WP_PROBE_YES)
            return true;
    return false;
}

/* A codec that takes a stream over must know its frame, not merely be able to read one. A fault in what is for sure
 * its own is told to it. */
static struct wp_decode ask_newcomer(struct stream *s, size_t i, struct wp_slice in)
{
    const struct wp_codec *codec = s->decoder->codec[i];
    struct wp_decode d;
    enum wp_probe probe;

    if ((codec->is_bare && (s->is_inside || s->is_looking)) || yields_to_another(s->decoder, i, in))
        return wp_bad(WP_FAULT_START, 0, 1);
    d = try_codec(s, i, in);
    if (frames_likeness(&d) != FRAMES_BAD)
        return d;
    probe = codec->probe(in);
    if (d.status == WP_BAD && probe == WP_PROBE_YES && !s->is_looking)
        stream_claim(s, i);
    if (d.status == WP_BAD)
        return is_lost(s, i) ? wp_bad(WP_FAULT_START, 0, 1)
                             : d; /* what it would pass over may hold a frame */
    if (probe == WP_PROBE_NO)
        return wp_bad(WP_FAULT_START, 0, 1);
    if (probe == WP_PROBE_MAYBE || probe == WP_PROBE_MAYBE_MORE)
        return decide_maybe(s, i, d, probe);
    if (d.status == WP_OK && probe == WP_PROBE_MORE && !is_others(s, i))
        return wp_more(1);
    return d;
}

void stream_decide_anew(struct stream_decoder *d)
{
    if (d->has_quiet)
        memset(d->quiet, 0, d->n_codecs * sizeof d->quiet[0]);
    d->has_quiet = false;
}

/* Is it the codec of the last frame, here or else in the other direction? */
static bool goes_on(const struct stream *s, size_t i)
{
    return s->claim ? s->current == i : is_others(s, i);
}

/* What the codecs that may say of what stands at `at`; `first` has been said by the one of the last frame, when that
 * was asked. An unfinished frame is that of the codec that goes on, else of the one that misses least. */
static struct stream_answer ask_everybody(struct stream *s, struct wp_slice in, size_t at,
                                          const struct wp_decode *first)
{
    struct stream_decoder *d = s->decoder;
    uint32_t claim = claim_of(s);
    struct stream_answer refusal = {0, wp_bad(WP_FAULT_START, 0, 0)}, wait = {0};
    size_t next = in.n;

    for (size_t turn = 0; turn < d->n_codecs; turn++) {
        size_t i = turn == 0 ? s->current : turn <= s->current ? turn - 1 : turn;
        struct wp_decode answer;

        if (claim && !(claim & stream_bit(i)))
            continue;
        if (d->quiet[i] <= at) {
            answer = turn == 0 && first ? *first : ask_newcomer(s, i, wp_slice_from(in, at));
            if (answer.status == WP_OK)
                return (struct stream_answer){i, wp_ok(answer.used)};
            if (answer.status == WP_MORE) {
                if (wait.decode.need == 0 || (!goes_on(s, wait.i) && answer.need < wait.decode.need))
                    wait = (struct stream_answer){i, answer};
                continue;
            }
            d->quiet[i] = at + answer.used;
            d->has_quiet = true;
            if (!claim && s->claim && s->current == i) /* it was sure that these bytes are its own */
                refusal.decode.used = 0;
            keep_telling(&refusal, i, answer);
        }
        next = d->quiet[i] < next ? d->quiet[i] : next;
    }
    refusal.decode.used = next - at;
    return wait.decode.need ? wait : refusal;
}

/* Nearly always the codec of the last frame has the next one, too. */
struct stream_answer stream_decide(struct stream *s, struct wp_slice in, size_t at)
{
    struct wp_decode first;

    if (!s->claim || s->decoder->quiet[s->current] > at || is_lost(s, s->current) ||
        yields_to_another(s->decoder, s->current, wp_slice_from(in, at)))
        return ask_everybody(s, in, at, NULL);
    first = try_codec(s, s->current, wp_slice_from(in, at));
    if (first.status == WP_OK)
        return (struct stream_answer){s->current, wp_ok(first.used)};
    return ask_everybody(s, in, at, &first);
}

/* ---- the claim ------------------------------------------------------------------------------------------ */

void stream_claim(struct stream *s, size_t i)
{
    const struct stream_decoder *d = s->decoder;
    bool goes_on = s->claim & stream_bit(i);

    s->current = i;
    if (!goes_on) {
        s->claim = d->family[i];
        s->is_foreign = false;
    }
    if (d->codec[i]->state_size && (!goes_on || !s->state || !s->state->of[i]))
        stream_state_keep(s, i);
}

void stream_claim_anew(struct stream *s, size_t i)
{
    stream_state_blank(s->decoder, i);
    stream_claim(s, i);
}

void stream_unclaim(struct stream *s)
{
    stream_state_leave(s);
    s->claim = 0;
    s->current = 0;
}
