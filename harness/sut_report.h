/* What a run comes to for a system under test: its conformance on one screen, the worst first. */
#ifndef WP_SUT_REPORT_H
#define WP_SUT_REPORT_H

#include "harness/contract.h"
#include "harness/scenario.h"
#include "harness/sut.h"
#include "harness/terminal.h"

/* A run that has ended, and the scenarios that it was made of. */
struct sut_run {
    const struct sut *sut;
    const struct scenario_result *results;
    const struct scenario_list *scenarios;
};

/* How a statement stands after the run. */
enum sut_standing {
    STANDS_FAIL,
    STANDS_STALE, /* a known deviation that did not occur */
    STANDS_KNOWN, /* it failed, as its descriptor expects */
    STANDS_INCONC,
    STANDS_NOT_APPLICABLE,
    STANDS_NOT_DECIDED,
    STANDS_PASS,
    SUT_STANDINGS,
};

/* Of one statement; `ret_because` (may be NULL): a sentence, borrowed from the run or a literal. */
enum sut_standing sut_standing(const struct sut_run *run, const char *statement, const char **ret_because);

/* How many known deviations have not occurred. */
size_t sut_stale(const struct sut_run *run);

void sut_put_conformance(struct terminal *t, const struct sut_run *run, const struct contract_set *contracts);

#endif
