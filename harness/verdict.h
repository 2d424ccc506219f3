/* Verdicts in the field's words, and what a scenario's play comes to. */
#ifndef WP_VERDICT_H
#define WP_VERDICT_H

#include "harness/arena.h"
#include "sim/core/machine.h"

/* The worst wins; an error is ours, never the SUT's. NONE: nothing was decided. */
#define VERDICTS(X)                                                                                          \
    X(NONE, "none")                                                                                          \
    X(PASS, "pass")                                                                                          \
    X(INCONC, "inconc")                                                                                      \
    X(FAIL, "fail")                                                                                          \
    X(ERROR, "error")

enum verdict {
#define X(name, text) VERDICT_##name,
    VERDICTS(X)
#undef X
};

const char *verdict_text(enum verdict v);
/* VERDICT_ERROR for an unknown word. */
enum verdict verdict_read(const char *text);
static inline enum verdict verdict_worst(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

/* One decided expectation, monitor or contract rule. */
struct finding {
    enum verdict verdict;
    int line;         /* in the scenario file; 0: a rule of the contract */
    wp_us at;         /* when it was decided */
    const char *kind; /* "expect", "none", "always", "schema" ... */
    const char *text; /* one sentence; for a pass what was seen */
    const char **statements;
    size_t n_statements;
    const char *expected; /* of an expectation that was not met: its pattern, as JSON; else NULL */
    const char *got; /* the record that came instead, or nearest, as JSON; NULL: none, or a very large one */
    uint64_t record; /* number of the record that decided it or came nearest; 0: none */
    const char *known; /* a fail that the SUT's descriptor expects: its reason; else NULL */
    bool undocumented; /* a message or member that the document does not know: a remark unless strict */
    struct finding *next;
};

struct scenario_result {
    struct arena arena; /* owns everything below */
    const char *name, *file, *world, *purpose, *api;
    const char *again; /* the command that repeats it; NULL: `run` with the name */
    const char *sut; /* file of the descriptor; NULL: the reference gateway */
    enum verdict verdict;
    const char *because; /* not applicable, or error: the sentence */
    bool applicable;
    bool not_played; /* the run ended before it: `because` says why */
    size_t place;    /* among all plays of the run, of which a shard holds a part */
    struct finding *findings, **tail;
    size_t n_findings, n_checks;
    uint64_t n_records, n_publishes, n_frames;
    wp_us ended;     /* virtual or real time that the play took */
    int64_t wall_us; /* the machine's own; kept apart from what must be the same every time */
    struct scenario_result *next;
};

void result_init(struct scenario_result *r, const char *name, const char *file, const char *world);
struct finding *result_add(struct scenario_result *r, enum verdict verdict, const char *kind, int line,
                           wp_us at, const char *text);
void finding_statement(struct scenario_result *r, struct finding *f, const char *id);
/* The worst of all findings; undocumented ones count only when strict, known deviations are as expected. */
enum verdict result_verdict(const struct scenario_result *r, bool strict);
void result_free(struct scenario_result *r);

#endif
