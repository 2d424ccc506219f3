/* Private to the files of stream. */
#ifndef WP_STREAM_IMPL_H
#define WP_STREAM_IMPL_H

#include "harness/stream.h"

struct stream_answer {
    size_t i; /* which codec of the decoder */
    struct wp_decode decode;
};

/* What stands at offset `at` of `in`? The codec of the last frame is asked first. WP_OK: the frame is the one at hand
 * in the decoder. WP_BAD: `used` leads to the next place where a codec's frame could begin; until then it is not asked
 * again, as long as `in` is the same. */
struct stream_answer stream_decide(struct stream *s, struct wp_slice in, size_t at);
/* Another `in` comes. */
void stream_decide_anew(struct stream_decoder *d);

/* The frame at hand was this codec's. */
void stream_claim(struct stream *s, size_t i);
/* The stream is this codec's, but no frame of it was decoded yet. */
void stream_claim_anew(struct stream *s, size_t i);
/* Any codec may try again. */
void stream_unclaim(struct stream *s);

static inline uint32_t stream_bit(size_t i)
{
    return UINT32_C(1) << i;
}

/* Where codec `i` decodes: its own state once it goes on with this stream; before that, for each try, what the other
 * direction knows, or nothing. Valid until the next call. */
void *stream_state_of(struct stream *s, size_t i);
/* It did so, and answered this. */
void stream_state_used(struct stream *s, size_t i, const struct wp_decode *answer);
/* The connection takes over what the codec remembers of the frame at hand. */
void stream_state_keep(struct stream *s, size_t i);
/* The codec remembers nothing of what it will be asked next. */
void *stream_state_blank(struct stream_decoder *d, size_t i);
/* This direction needs it no longer. */
void stream_state_leave(struct stream *s);

/* From here to the end of a look ahead the codecs remember what they do in a copy. */
struct stream_state *stream_look_begin(struct stream *s);
void stream_look_end(struct stream *s, struct stream_state *own);

/* realloc that never fails: without memory the program ends with a sentence. */
void *stream_memory(void *old, size_t n);

#endif
