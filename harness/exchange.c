#include "harness/exchange.h"

static struct exchange_question take(struct exchange *e, size_t i)
{
    struct exchange_question q = e->open[i];

    e->n--;
    memmove(&e->open[i], &e->open[i + 1], (e->n - i) * sizeof q);
    return q;
}

/* The latest first: when a question was asked again, the answer is to the second one. */
static bool find_question(const struct exchange *e, const struct wp_codec *codec,
                          const struct wp_turn *answer, unsigned direction, size_t *ret_i)
{
    for (size_t i = e->n; i-- > 0;) {
        const struct exchange_question *q = &e->open[i];

        if (q->codec == codec && q->direction != direction && codec->answers(answer, &q->turn)) {
            *ret_i = i;
            return true;
        }
    }
    return false;
}

static bool is_same(const struct exchange_question *a, const struct exchange_question *b)
{
    return a->codec == b->codec && a->direction == b->direction && a->turn.who == b->turn.who &&
           a->turn.what == b->turn.what;
}

static void add_question(struct exchange *e, const struct exchange_question *q,
                         struct exchange_question *ret_lost)
{
    *ret_lost = (struct exchange_question){0};
    for (size_t i = 0; i < e->n; i++) {
        if (is_same(&e->open[i], q)) {
            *ret_lost = take(e, i);
            break;
        }
    }
    if (e->n == EXCHANGE_OPEN_MAX)
        *ret_lost = take(e, 0);
    e->open[e->n++] = *q;
}

enum exchange_kind exchange_frame(struct exchange *e, const struct wp_codec *codec, const void *frame,
                                  unsigned direction, const struct moment *when,
                                  struct exchange_question *ret_question)
{
    struct exchange_question q = {.codec = codec, .direction = direction, .when = *when};
    size_t i;

    if (!codec->turn)
        return EXCHANGE_ALONE;
    q.turn = codec->turn(frame);
    switch (q.turn.kind) {
    case WP_TURN_ASKS: add_question(e, &q, ret_question); return EXCHANGE_QUESTION;
    case WP_TURN_ANSWERS:
        if (!find_question(e, codec, &q.turn, direction, &i))
            return EXCHANGE_UNASKED;
        *ret_question = take(e, i);
        return EXCHANGE_ANSWER;
    default: return EXCHANGE_ALONE;
    }
}
