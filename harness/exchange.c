#include "harness/exchange.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM_FIRST = 4 };

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
    bool is_one = e->may_be_one && e->seen != (1u << 0 | 1u << 1);

    for (size_t i = e->n; i-- > 0;) {
        const struct exchange_question *q = &e->open[i];

        if (q->codec == codec && (q->direction != direction || is_one) && codec->answers(answer, &q->turn)) {
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

/* For one more than are kept: so many that an old one goes are written before it does. */
static void make_room(struct exchange *e)
{
    e->cap = e->cap ? e->cap * 4 : ROOM_FIRST;
    if (e->cap > EXCHANGE_OPEN_MAX + 1)
        e->cap = EXCHANGE_OPEN_MAX + 1;
    e->open = realloc(e->open, e->cap * sizeof e->open[0]);
    if (!e->open) {
        fputs("wattproof: no memory for the questions of a connection\n", stderr);
        abort();
    }
}

void exchange_free(struct exchange *e)
{
    free(e->open);
}

enum exchange_kind exchange_frame(struct exchange *e, const struct wp_codec *codec, const void *frame,
                                  unsigned direction, const struct moment *when,
                                  struct exchange_question *ret_question)
{
    struct exchange_question *q;
    size_t i;

    e->seen |= 1u << direction;
    if (!codec->turn)
        return EXCHANGE_ALONE;
    if (e->n == e->cap)
        make_room(e);
    q = &e->open[e->n];
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
