/* When everything has been played: what is said of it, and the exit code. */
#ifndef WP_RUN_FINISH_H
#define WP_RUN_FINISH_H

#include "harness/terminal.h"

void run_put_totals(struct terminal *t, const struct run_summary *run);
/* What became of the captures, as their replay ended; nothing when nobody asked for them. */
void run_put_captures(struct terminal *t, const struct run_summary *run);
/* The virtual world is worth what its likeness to the live one is: how many scenarios differ, each named. */
size_t run_compare_worlds(struct terminal *t, const struct run_summary *run);
/* "since the last run: ..." when there was one, from DIR/previous.json. */
void run_put_changes(struct terminal *t, const struct run_summary *run, const char *dir);
/* DIR/report.html from what the run left in DIR; on a terminal a line says where it is. false: a sentence went to stderr. */
bool run_write_page(const struct terminal *t, const char *dir);
/* As cmd.h has them: of several causes the first of 130, 2, 3, 1, 5, 4, 6. */
int run_exit_code(const struct run_summary *run);

#endif
