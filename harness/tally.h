/* What a run said of each statement, world by world. */
#ifndef WP_TALLY_H
#define WP_TALLY_H

#include "harness/report.h"

struct tally_entry {
    const char *id, *world;
    enum verdict verdict; /* the worst of its checks */
    size_t n_checks;
    const struct scenario_result *result; /* of the first check with that verdict */
    const struct finding *finding;
};

/* By id, virtual before live. Everything is borrowed from the run. */
struct tally {
    struct tally_entry *at;
    size_t n;
};

/* `keep` (NULL: all) says which plays count. */
struct tally tally_new(const struct run_summary *run,
                       bool (*keep)(void *ctx, const struct scenario_result *r), void *ctx);
void tally_free(struct tally *t);
/* NULL: the run did not decide it there. */
const struct tally_entry *tally_find(const struct tally *t, const char *id, const char *world);
/* The worst of all worlds; VERDICT_NONE: not decided. */
enum verdict tally_verdict(const struct tally *t, const char *id);

/* Does the finding say anything about its verdict's statements? Remarks do only in a strict run, and what the SUT's
 * descriptor expects to fail does not. */
bool finding_counts(const struct finding *f, bool strict);

#endif
