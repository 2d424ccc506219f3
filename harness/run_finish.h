/* When everything has been played: what is said, what is written, and the exit code. */
#ifndef WP_RUN_FINISH_H
#define WP_RUN_FINISH_H

#include "harness/run_plan.h"
#include "harness/terminal.h"

/* A run whose plays have all ended. */
struct run_end {
    const struct run_options *options;
    const struct run_plan *plan;
    const struct run_summary *summary;
    const char *dir;
    int replayed;     /* the captures' exit code */
    size_t different; /* scenarios on which the worlds do not agree */
};

void run_put_totals(struct terminal *t, const struct run_end *end);
/* The virtual world is worth what its likeness to the live one is: how many scenarios differ, each named. */
size_t run_compare_worlds(struct terminal *t, const struct run_plan *plan);
/* run.json and whatever was asked for; false: a sentence went to stderr. */
bool run_write_reports(const struct run_end *end);
/* As cmd.h has them: of several causes the first of 2, 3, 1, 4, 6. */
int run_exit_code(const struct run_end *end);

#endif
