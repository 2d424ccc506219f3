/* Which plays a run holds, in which order their results stand, and where each one writes. */
#ifndef WP_RUN_PLAN_H
#define WP_RUN_PLAN_H

#include "harness/jobs.h"
#include "harness/report.h"
#include "harness/run_options.h"

struct run_plan {
    struct job *jobs; /* virtual ones in the order of the scenarios, then live ones; repeats side by side */
    size_t n;
    size_t repeat;
    size_t long_left_out; /* live, without --long */
    struct run_shard shard;
};

/* `dir` is where the run's results go; `last` (may be NULL) is the run of which only what was not as expected is
 * played. */
struct run_plan run_plan_make(const struct run_options *o, const struct scenario_list *list, const char *dir,
                              const struct run_summary *last);
void run_plan_free(struct run_plan *plan);

/* After the run: every play's result as one list, in the plan's order. Repeats become one; what was not played
 * says so, with `because`. */
struct scenario_result *run_plan_results(struct run_plan *plan, const char *because);

size_t count_devices(const struct scenario *s);

#endif
