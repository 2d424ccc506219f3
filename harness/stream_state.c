/* What the codecs remember of connections. */
#include "harness/keys.h"
#include "harness/stream_impl.h"

#include <stdlib.h>

/* What both directions share: a direction that has been claimed comes to it when it first needs it. */
static void join_state(struct stream *s)
{
    if (!s->state && s->claim && s->other && s->other->state) {
        s->state = s->other->state;
        s->state->users++;
    }
}

void *stream_state_blank(struct stream_decoder *d, size_t i)
{
    if (!d->probe_state[i])
        d->probe_state[i] = stream_memory(NULL, d->codec[i]->state_size);
    if (!(d->blank & stream_bit(i)))
        keys_begin_state(d->codec[i], d->probe_state[i]);
    d->blank |= stream_bit(i);
    return d->probe_state[i];
}

/* ---- codecs that may be idle ------------------------------------------------------------------------ */

/* Connections keep what counts of their states. An idle one is put into the decoder's place for work, and back; one with
 * something unfinished has a place of its own, which goes from the decoder to the connection, and comes back when that
 * is finished: the frame at hand may borrow from it. */

static size_t beyond_idle(const struct wp_codec *codec, const void *kept)
{
    return kept && codec->is_idle ? wp_codec_keeps(codec, kept) - codec->idle_size : 0;
}

static void *unpack(struct stream_decoder *d, size_t i, const void *kept)
{
    if (!d->probe_state[i])
        d->probe_state[i] = stream_memory(NULL, d->codec[i]->state_size);
    memcpy(d->probe_state[i], kept, wp_codec_keeps(d->codec[i], kept));
    d->blank &= ~stream_bit(i);
    return d->probe_state[i];
}

/* A copy of what counts. */
static void *pack(struct stream_decoder *d, size_t i, const void *state)
{
    size_t n = wp_codec_keeps(d->codec[i], state);
    void *kept = stream_memory(NULL, n);

    memcpy(kept, state, n);
    d->unfinished += beyond_idle(d->codec[i], kept);
    return kept;
}

static void forget(struct stream_decoder *d, size_t i, void *kept)
{
    d->unfinished -= beyond_idle(d->codec[i], kept);
    free(kept);
}

/* The codec was at work in the connection's own place: it is the decoder's again when it is idle. */
static void finish(struct stream_decoder *d, size_t i, void **kept)
{
    const struct wp_codec *codec = d->codec[i];

    if (!codec->is_idle(*kept))
        return;
    free(d->probe_state[i]);
    d->probe_state[i] = *kept;
    d->blank &= ~stream_bit(i);
    d->unfinished -= codec->state_size - codec->idle_size;
    *kept = pack(d, i, *kept);
}

/* The codec was at work in the decoder's place. */
static void put_back(struct stream_decoder *d, size_t i, void **kept)
{
    const struct wp_codec *codec = d->codec[i];
    void *now = d->probe_state[i];

    if (d->unfinished + beyond_idle(codec, now) > d->unfinished_max) {
        codec->give_up(now);
        d->refused++;
    }
    if (codec->is_idle(now) && *kept && codec->is_idle(*kept)) {
        memcpy(*kept, now, codec->idle_size);
        return;
    }
    forget(d, i, *kept);
    if (codec->is_idle(now)) {
        *kept = pack(d, i, now);
        return;
    }
    *kept = now;
    d->probe_state[i] = NULL;
    d->blank &= ~stream_bit(i);
    d->unfinished += beyond_idle(codec, now);
}

/* ---- of a connection -------------------------------------------------------------------------------- */

/* What the connection keeps for this codec, now that it goes on with this direction; NULL: nothing. */
static void *own_state(const struct stream *s, size_t i)
{
    return s->state && s->claim & stream_bit(i) ? s->state->of[i] : NULL;
}

void *stream_state_of(struct stream *s, size_t i)
{
    struct stream_decoder *d = s->decoder;
    void *own;

    if (d->codec[i]->state_size == 0)
        return stream_state_blank(d, i);
    join_state(s);
    own = own_state(s, i);
    d->in_place = own && !(d->codec[i]->is_idle && d->codec[i]->is_idle(own));
    if (own)
        return d->in_place ? own : unpack(d, i, own);
    own = s->other ? own_state(s->other, i) : NULL;
    return own ? unpack(d, i, own) : stream_state_blank(d, i);
}

/* An unfinished frame, and bytes that begin none, leave the state as it is (core/decode.h). */
static bool leaves_state(const struct wp_decode *d)
{
    return d->status == WP_MORE || (d->status == WP_BAD && d->fault == WP_FAULT_START);
}

void stream_state_used(struct stream *s, size_t i, const struct wp_decode *answer)
{
    struct stream_decoder *d = s->decoder;

    if (leaves_state(answer))
        return;
    if (!d->codec[i]->is_idle || !own_state(s, i))
        d->blank &= ~stream_bit(i);
    else if (d->in_place)
        finish(d, i, &s->state->of[i]);
    else
        put_back(d, i, &s->state->of[i]);
}

void stream_state_keep(struct stream *s, size_t i)
{
    struct stream_decoder *d = s->decoder;
    void *old;

    join_state(s);
    if (!s->state) {
        s->state = stream_memory(NULL, sizeof *s->state);
        *s->state = (struct stream_state){.users = 1};
    }
    if (d->codec[i]->is_idle) {
        put_back(d, i, &s->state->of[i]);
        return;
    }
    old = s->state->of[i];
    s->state->of[i] = d->probe_state[i];
    d->probe_state[i] = old;
    d->blank &= ~stream_bit(i);
}

static void free_state(struct stream_decoder *d, struct stream_state *state)
{
    for (size_t i = 0; state && i < d->n_codecs; i++)
        forget(d, i, state->of[i]);
    free(state);
}

void stream_state_leave(struct stream *s)
{
    if (s->state && --s->state->users == 0)
        free_state(s->decoder, s->state);
    s->state = NULL;
}

const void *stream_remembers(const struct stream *s, const struct wp_codec *codec)
{
    const struct stream_state *state = s->state ? s->state : s->other ? s->other->state : NULL;

    for (size_t i = 0; state && i < s->decoder->n_codecs; i++)
        if (s->decoder->codec[i] == codec)
            return state->of[i];
    return NULL;
}

struct stream_state *stream_look_begin(struct stream *s)
{
    struct stream_decoder *d = s->decoder;
    struct stream_state *own, *copy;

    join_state(s);
    own = s->state;
    s->is_looking = true;
    if (!own)
        return NULL;
    copy = stream_memory(NULL, sizeof *copy);
    *copy = (struct stream_state){.users = 1};
    for (size_t i = 0; i < d->n_codecs; i++)
        if (own->of[i])
            copy->of[i] = pack(d, i, own->of[i]);
    s->state = copy;
    return own;
}

void stream_look_end(struct stream *s, struct stream_state *own)
{
    if (own)
        free_state(s->decoder, s->state);
    s->state = own;
    s->is_looking = false;
}
