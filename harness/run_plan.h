/* Which plays a run holds, in which order their results stand, and where each one writes. */
#ifndef WP_RUN_PLAN_H
#define WP_RUN_PLAN_H

#include "harness/jobs.h"
#include "harness/run_options.h"

struct run_plan {
    struct job *jobs; /* virtual ones in the order of the scenarios, then live ones */
    size_t n;
    size_t long_left_out; /* live, without --long */
};

/* `dir` is where the run's results go. */
struct run_plan run_plan_make(const struct run_options *o, const struct scenario_list *list, const char *dir);
void run_plan_free(struct run_plan *plan);

/* Every play's result as one list, in the plan's order. */
struct scenario_result *run_plan_results(struct run_plan *plan);

size_t count_devices(const struct scenario *s);

#endif
