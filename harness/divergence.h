/* Where two transcripts of one scenario part: the first event that is not the same in both.
 *
 * Records are aligned by what they are events of (kind, machine, peer, topic), the first of one with the first of the
 * other and so on, so that the order of unrelated records does not count; gist.h says what else does not. */
#ifndef WP_DIVERGENCE_H
#define WP_DIVERGENCE_H

#include "harness/arena.h"

enum { DIVERGENCE_CONTEXT = 3 };

enum divergence_end { DIVERGENCE_NONE, DIVERGENCE_FOUND, DIVERGENCE_UNREADABLE };

/* Lines for people; all in the arena. */
struct divergence {
    const char *a, *b; /* the event; NULL: that run does not have it */
    uint64_t a_line, b_line;
    const char *where; /* "payload.data.value: 230.1 and 230.2"; NULL when one has no event */
    const char *context[DIVERGENCE_CONTEXT]; /* what came before it, of the run that has it first */
    size_t n_context;
};

/* Two transcript.jsonl. `from_outside`: one of them is of somebody else's system, so what only one of them could see
 * (its inside, its own end of a connection), and how the play was ended, is not compared. DIVERGENCE_UNREADABLE: `why` has "file:line: sentence". */
enum divergence_end divergence_find(struct arena *arena, const char *file_a, const char *file_b,
                                    bool from_outside, struct divergence *out, struct wp_writer *why);

#endif
