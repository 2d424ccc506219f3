/* A finished input cut into frames and what lies between them. */
#ifndef WP_FRAMES_H
#define WP_FRAMES_H

#include "sim/core/decode.h"

enum frames_kind {
    FRAMES_FRAME,
    FRAMES_GAP, /* bytes of no frame: garbage, a bad frame, an unfinished one */
};

/* How much a gap looks like a frame. */
enum frames_likeness {
    FRAMES_GARBAGE, /* no start in it */
    FRAMES_START,   /* a start, and soon no frame */
    FRAMES_BAD,     /* a whole frame but for one fault; or one that does not end */
};

struct frames_part {
    enum frames_kind kind;
    size_t at, n;      /* where it stands in the input */
    const void *frame; /* FRAMES_FRAME: for the call */
    /* FRAMES_GAP: the most telling refusal in it. WP_BAD with `at` counted from the input's first byte, or WP_MORE:
     * the input ended there, `need` bytes were missing. */
    enum frames_likeness likeness;
    struct wp_decode why;
};

typedef void frames_visit(void *ctx, const struct frames_part *part);

/* Visit all parts of `in` in order: together they are the input, byte for byte. Behind a start whose end never
 * comes one byte is dropped and the search goes on, as a stream does after its time limit; but bare frames have no
 * start that could be searched for: an unfinished one takes what is left. false: the last frame belongs to a chain
 * (segments, blocks) that the input does not finish. */
bool frames_walk(const struct wp_codec *codec, enum wp_side from, struct wp_slice in, frames_visit *visit,
                 void *ctx);

/* How much bytes that gave this refusal look like a frame. */
enum frames_likeness frames_likeness(const struct wp_decode *refusal);

/* What was wrong, as the vectors call it: "checksum", "no-start", "truncated". */
const char *frames_gap_text(const struct frames_part *gap);

/* Does this refusal of a frame's content say that something is wrong? Not when a key is missing, or the content is of a
 * kind that is not read. */
bool frames_is_wrong(enum wp_fault fault);

#endif
