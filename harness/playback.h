/* A device that says what a capture heard it say: the model `playback`.
 *
 *     devices:
 *       m1: {model: playback, set: {frames: field.frames}}
 *
 * It dials the gateway when the captured device did, sends what was sent unasked at its times, and answers the gateway's
 * questions with the recorded answers: matched by what was asked, never by the order, for another gateway polls in another
 * one; with its own invoke-id and the like, which the answer gets where the codec can give it. Of several answers to a question it gives the latest that was asked for by that time, before that the first. A
 * question that was recorded without an answer gets none; one that was never recorded is counted and named by a note.
 *
 * The frames file is text, one section for each device; times count in seconds from the start of the devices:
 *
 *     # wattproof playback 1
 *     device m1
 *     codec dlt645                     of the questions; frames of its family are understood
 *     datagrams                        it pushes over UDP: each `send` is a datagram, and `open` its first moment
 *     listens                          the gateway dials it, on TCP 8000: what was sent before waits for that
 *     open 0.012000
 *     send 0.024000 00 01 00 01 ...    unasked
 *     ask 0.500000 68 31 12 ...        the recorded question
 *     answer 0.012167 68 31 12 ...     that long after it; `silence` when none came
 *     close 12.500000                  or `reset`; without either the connection stays */
#ifndef WP_PLAYBACK_H
#define WP_PLAYBACK_H

#include "harness/arena.h"
#include "sim/core/decode.h"
#include "sim/core/machine.h"

enum { PLAYBACK_VERSION = 1, PLAYBACK_CODECS_MAX = 8 };

struct playback_send {
    wp_us at;
    struct wp_slice bytes;
};

/* A recorded question and what came of it. */
struct playback_answer {
    size_t codec, answer_codec;      /* indices of the plan's */
    struct wp_turn question, answer; /* question: its key */
    wp_us at, delay;
    struct wp_slice bytes; /* empty: nothing came */
};

struct playback_plan {
    const struct wp_codec *codec[PLAYBACK_CODECS_MAX]; /* of one family */
    size_t n_codecs;
    wp_us open, close; /* close: WP_NEVER when it stays */
    bool reset, datagrams, listens;
    const struct playback_send *sends; /* by time */
    size_t n_sends;
    const struct playback_answer *answers; /* by question, then time */
    size_t n_answers;
};

/* Reads the device's section. false: `why` has "FILE:LINE: sentence". Everything lives in the arena. */
bool playback_read(struct arena *a, const char *file, const char *device, struct playback_plan *out,
                   struct wp_writer *why);
/* The same of a text. */
bool playback_read_text(struct arena *a, const char *file, struct wp_slice text, const char *device,
                        struct playback_plan *out, struct wp_writer *why);

/* What questions are compared by: all of it, but for `who` where an answer may be made another one's (codec's adopt). */
struct wp_turn playback_key(const struct wp_codec *codec, const struct wp_turn *question);

/* Which side of the connection the gateway is. */
enum wp_side playback_asker(const struct playback_plan *plan);

/* What is known of this question at time `at`; NULL: the capture has it not. */
const struct playback_answer *playback_find(const struct playback_plan *plan, size_t codec,
                                            const struct wp_turn *question, wp_us at);

/* The setup's `plan` is a struct playback_plan; the second is of those that listen. */
extern const struct wp_class playback_class, playback_listener_class;

/* The notes that it makes. */
#define PLAYBACK_UNKNOWN "unknown-question"
#define PLAYBACK_SILENT  "unanswered-question"
#define PLAYBACK_EARLY   "connection-ended-early"

#endif
