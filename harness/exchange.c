#include "harness/exchange.h"

static struct exchange_question take(struct exchange *e, size_t i)
{
    struct exchange_question q = e->open[i];

    e->n--;
    for (; i < e->n; i++) /* seldom more than one */
        e->open[i] = e->open[i + 1];
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

/* `q` stands behind the open ones. *ret_lost: the one whose place it takes. */
static void add_question(struct exchange *e, const struct exchange_question *q,
                         struct exchange_question *ret_lost)
{
    size_t i = 0;

    ret_lost->codec = NULL;
    while (i < e->n && !is_same(&e->open[i], q))
        i++;
    e->n++;
    if (i < e->n - 1)
        *ret_lost = take(e, i);
    else if (e->n > EXCHANGE_OPEN_MAX)
        *ret_lost = take(e, 0);
}

enum exchange_kind exchange_frame(struct exchange *e, const struct wp_codec *codec, const void *frame,
                                  unsigned direction, const struct moment *when,
                                  struct exchange_question *ret_question)
{
    struct exchange_question *q = &e->open[e->n]; /* there is always room for one more */
    size_t i;

    if (!codec->turn)
        return EXCHANGE_ALONE;
    q->codec = codec;
    q->direction = direction;
    q->when = *when;
    q->turn = codec->turn(frame);
    switch (q->turn.kind) {
    case WP_TURN_ASKS: add_question(e, q, ret_question); return EXCHANGE_QUESTION;
    case WP_TURN_ANSWERS:
        if (!find_question(e, codec, &q->turn, direction, &i))
            return EXCHANGE_UNASKED;
        *ret_question = take(e, i);
        return EXCHANGE_ANSWER;
    default: return EXCHANGE_ALONE;
    }
}
