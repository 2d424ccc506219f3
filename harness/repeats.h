/* A play that was held several times with the same seed: is it the same each time? */
#ifndef WP_REPEATS_H
#define WP_REPEATS_H

#include "harness/jobs.h"

/* The n plays of one scenario in one world as one result: the first one's where all agree. Where a verdict differs, or
 * in the virtual world the transcript, it is an error of ours that says "flaky", with the findings of the worst one.
 * Those that were not played do not count. The result belongs to one of the jobs. */
struct scenario_result *repeats_fold(struct job *jobs, size_t n);

#endif
