/* The bytes of one direction of a connection cut into frames, the codec found by content.
 *
 *     UNCLAIMED --a codec's whole good frame, here or in the other direction--> CLAIMED by the codec's family
 *     CLAIMED   --4096 bytes without a frame--> UNCLAIMED
 *     UNCLAIMED --16 KiB without a frame, and never one--> FOREIGN: not looked at any more, until the other direction
 *                                                              is claimed
 *
 * - Bytes that are no frame are reported once the next frame, the end, or nothing unfinished follows them; those of an
 *   unclaimed stream are not ours to complain about and only counted.
 * - After each frame any codec of the family may go on.
 * - What is sure to be a codec's (an MQTT CONNECT) claims the stream also with a fault in it.
 * - An unfinished frame waits for its rest. After a pause, a whole good frame further on wins over it: then its
 *   beginning was none. */
#ifndef WP_STREAM_H
#define WP_STREAM_H

#include "harness/frames.h"
#include "harness/moment.h"
#include "sim/core/transcript.h"

enum { STREAM_SHOWN_MAX = 64, STREAM_CODECS_MAX = 32 };

/* A frame, or bytes that are none. */
struct stream_part {
    const struct wp_codec *codec; /* of bad bytes: the one whose frame they are most like */
    const void *frame;            /* for the call; NULL: bad bytes */
    struct wp_slice wire;         /* of bad bytes at least the first STREAM_SHOWN_MAX */
    struct wp_decode bad;         /* why, with `used` bytes in all and `at` counted from the first of them */
    uint64_t offset;              /* of the first byte in the stream, gaps included */
    struct moment when;           /* of its last byte; of bad bytes: when they were given up */
};

struct stream;

/* What all streams of a run or a capture share. */
struct stream_decoder {
    const struct wp_codec *codec[STREAM_CODECS_MAX];
    uint32_t family[STREAM_CODECS_MAX]; /* bit i: codec[i] is of the same family */
    size_t quiet[STREAM_CODECS_MAX];    /* before this offset of the bytes at hand the codec finds no start */
    bool has_quiet;                     /* one of these is not 0 */
    size_t n_codecs;
    void *frame; /* the one at hand */
    /* For a codec that has no state in the connection yet, or an idle one there: made when it is asked first, and handed
     * over to the connection with what must be remembered whole. */
    void *probe_state[STREAM_CODECS_MAX];
    uint32_t blank; /* bit i: probe_state[i] is as a stream begins */
    bool in_place;  /* the codec that was asked last worked in the connection's own state */
    size_t pending, pending_max, pending_stream_max; /* unfinished frames' bytes, in all streams and in one */
    size_t unfinished, unfinished_max;               /* bytes for what codecs have not put together yet */
    uint64_t refused; /* what was unfinished and was given up because it became too large */
    int64_t pause_ns;
    void (*visit)(void *ctx, struct stream *s, const struct stream_part *part);
    void *ctx;
};

/* All codecs of the catalog, or `only` this one. `visit` gets every frame and all bad bytes of every stream. */
void stream_decoder_init(struct stream_decoder *d, const struct wp_codec *only,
                         void (*visit)(void *ctx, struct stream *s, const struct stream_part *part),
                         void *ctx);
void stream_decoder_free(struct stream_decoder *d);

/* What the codecs remember of a connection; both directions share it once both are claimed. */
struct stream_state {
    unsigned users;
    void *of[STREAM_CODECS_MAX]; /* wp_codec_keeps bytes; NULL: it had no frame, or remembers nothing */
};

struct stream {
    struct stream_decoder *decoder;
    struct stream *other; /* the other direction, NULL when there is none to see */
    void *user;
    enum wp_side from; /* who sends */
    bool is_foreign;
    bool is_stale;              /* there was a pause since the unfinished frame began */
    bool is_looking;            /* ahead, behind the unfinished frame */
    bool is_adrift;             /* bytes are missing, or were given up: where a frame begins is not known */
    bool is_ending;             /* nothing more comes */
    bool has_strayed;           /* there was a byte of no frame since the beginning, or since the last hole */
    bool is_inside;             /* bytes of no frame stand right before this place */
    size_t current;             /* claimed: index of the last frame's codec */
    uint32_t claim;             /* bits of the codecs that may go on; 0: unclaimed */
    struct stream_state *state; /* NULL until a codec that remembers something had a frame */
    struct moment last;         /* when bytes came last */
    uint64_t offset;            /* of the first pending byte */
    uint64_t looked;            /* a look ahead finds nothing before this offset */
    struct {
        uint8_t *p;
        size_t n, cap;
    } pending;
    struct { /* bad bytes so far, not yet reported */
        uint64_t n, offset;
        struct wp_decode why;
        const struct wp_codec *codec;
        enum frames_likeness likeness;
        uint8_t shown[STREAM_SHOWN_MAX]; /* the first ones, when they came in an earlier push */
        size_t n_shown;
    } bad;
    uint64_t astray; /* bytes that are no frame since the last one */
    uint64_t frames;
    uint64_t garbage;   /* bytes in reported bad parts */
    uint64_t unclaimed; /* bytes that belong to nobody */
};

void stream_init(struct stream *s, struct stream_decoder *d, enum wp_side from, struct stream *other);
void stream_push(struct stream *s, struct wp_slice bytes, const struct moment *when);
/* `n` bytes are missing here: what was unfinished stays so. */
void stream_gap(struct stream *s, uint64_t n, const struct moment *when);
/* Nothing more comes, or comes later and begins anew (a datagram's end): what is left is decided. */
void stream_end(struct stream *s, const struct moment *when);
void stream_free(struct stream *s);

/* What the codec remembers of the connection now, wp_codec_keeps bytes; NULL: nothing yet, or nothing ever. */
const void *stream_remembers(const struct stream *s, const struct wp_codec *codec);

/* Is it ours, by itself or by the other direction? */
bool stream_is_claimed(const struct stream *s);

/* ---- the frames of a run ---------------------------------------------------------------------------- */

/* A sink that turns what arrives (and what leaves for a peer whose receipts are not recorded) into FRAME records of
 * the same transcript. Frames are decoded from the receiver's bytes, so faults of the line show. Add it only where
 * somebody asks for frames. */
struct stream_sink *stream_sink_new(struct wp_transcript *transcript);
struct wp_sink *stream_sink(struct stream_sink *s);
void stream_sink_free(struct stream_sink *s); /* NULL is fine */

#endif
