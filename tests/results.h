/* Runs made by hand, for tests of what is told about them. */
#ifndef WP_TEST_RESULTS_H
#define WP_TEST_RESULTS_H

#include "harness/report.h"

#include <stdlib.h>

/* Appends a play; with `statement` also one check of it with that verdict, on line 7. */
static inline struct scenario_result *add_play(struct run_summary *run, const char *name, const char *world,
                                               enum verdict verdict, const char *statement)
{
    struct scenario_result *r = calloc(1, sizeof *r), **tail = &run->results;

    if (!r)
        abort();
    result_init(r, name, "scenarios/ivy/file.yaml", world);
    r->api = "ivy";
    r->purpose = "";
    if (statement)
        finding_statement(r, result_add(r, verdict, "expect", 7, 1500, "what was seen"), statement);
    else
        r->verdict = verdict;
    r->n_checks = statement != NULL;
    while (*tail)
        tail = &(*tail)->next;
    *tail = r;
    return r;
}

static inline void free_plays(struct run_summary *run)
{
    while (run->results) {
        struct scenario_result *next = run->results->next;

        result_free(run->results);
        free(run->results);
        run->results = next;
    }
}

#endif
