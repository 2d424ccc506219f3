/* Questions and their answers on one connection. */
#ifndef WP_EXCHANGE_H
#define WP_EXCHANGE_H

#include "harness/moment.h"
#include "sim/core/decode.h"

/* Questions open at a time, on one connection: a sender of MQTT need not wait for its acknowledgements. */
enum { EXCHANGE_OPEN_MAX = 1024 };

struct exchange_question {
    const struct wp_codec *codec;
    struct wp_turn turn;
    unsigned direction; /* who asked */
    struct moment when;
};

/* Zeroed: nobody has asked. A connection that never has takes no more than this. */
struct exchange {
    struct exchange_question *open; /* oldest first; the next one is written behind them */
    uint32_t n, cap;
    unsigned seen;   /* bit d: a frame came in direction d */
    bool may_be_one; /* both sides may have been recorded as one direction: datagrams, and messages of a bus */
};

enum exchange_kind {
    EXCHANGE_ALONE,
    EXCHANGE_QUESTION,
    EXCHANGE_ANSWER,  /* to the question that is told */
    EXCHANGE_UNASKED, /* an answer to nothing that was asked here */
};

/* What the frame is in the conversation. EXCHANGE_ANSWER: *ret_question is what it answers, taken out.
 * EXCHANGE_QUESTION: *ret_question is an earlier one that nobody will answer any more (the same asked again, or one
 * of too many); codec NULL when there is none. */
enum exchange_kind exchange_frame(struct exchange *e, const struct wp_codec *codec, const void *frame,
                                  unsigned direction, const struct moment *when,
                                  struct exchange_question *ret_question);

void exchange_free(struct exchange *e);

#endif
