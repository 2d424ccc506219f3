/* What a run shows while it goes on: a status line on a terminal, a line for each scenario elsewhere. */
#ifndef WP_TERMINAL_H
#define WP_TERMINAL_H

#include "harness/report.h"

#include <stdio.h>

struct terminal {
    FILE *out;
    bool live, colours; /* live: a terminal, where the status line is rewritten */
    size_t done, total, failed;
    uint64_t seed;
    bool strict;
};

struct terminal terminal_new(FILE *out, size_t total, uint64_t seed, bool strict);
/* A play has ended: failures are shown at once. */
void terminal_finished(struct terminal *t, const struct scenario_result *r);
/* All have: not on a terminal, one line for each, in order. */
void terminal_list(struct terminal *t, const struct scenario_result *results);
void terminal_failure(struct terminal *t, const struct scenario_result *r);
const char *terminal_colour(const struct terminal *t, enum verdict v);
const char *terminal_plain(const struct terminal *t);

#endif
