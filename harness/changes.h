/* What is different from an earlier run: by play and by statement. */
#ifndef WP_CHANGES_H
#define WP_CHANGES_H

#include "harness/tally.h"

/* In the order in which they are told. */
#define CHANGES(X)                                                                                           \
    X(FAILING, "newly failing")     /* fail or error; it was neither, or it was not there */                 \
    X(INCONC, "newly inconclusive") /* it was decided before, or it was not there */                         \
    X(FIXED, "fixed")               /* it passes and did not */                                              \
    X(OTHER, "changed")             /* between fail, error and inconclusive */                               \
    X(ADDED, "added")               /* it passes, or nothing decided it, and it was not there */             \
    X(GONE, "gone")                 /* it was there */

enum change_kind {
#define X(name, text) CHANGE_##name,
    CHANGES(X)
#undef X
        N_CHANGES
};

const char *change_text(enum change_kind kind);

struct change {
    enum change_kind kind;
    const char *name, *world; /* of the play, or the statement's id */
    bool is_statement;
    bool was_there, is_there;
    enum verdict before, after;
    const struct scenario_result *result; /* that shows it: of the later run, GONE: of the earlier one */
};

/* Plays first, then statements, each by kind and then in the run's order. Borrowed from the two runs. */
struct changes {
    struct change *at;
    size_t n, n_plays;
    size_t plays[N_CHANGES], statements[N_CHANGES];
    bool
        same_scope; /* both runs were asked for the same, of one system; else only what both played is compared */
};

struct changes changes_find(const struct run_summary *before, const struct run_summary *after);
void changes_free(struct changes *c);

/* "2 newly failing, 1 fixed"; "nothing" when there is none. */
void changes_put_counts(struct wp_writer *w, const size_t counts[N_CHANGES]);

#endif
