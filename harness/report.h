/* What a run leaves for people and machines: terminal, JUnit XML, TAP, JSON. */
#ifndef WP_REPORT_H
#define WP_REPORT_H

#include "harness/verdict.h"

struct run_totals {
    size_t by_verdict[VERDICT_ERROR + 1]; /* of scenarios, per play */
    size_t not_applicable;
    size_t checks;
};

/* Everything that a run comes to, in the order of the scenarios. */
struct run_summary {
    struct scenario_result *results; /* list; owned by who made it */
    bool strict;
    uint64_t seed;
};

enum verdict shown_verdict(const struct scenario_result *r, bool strict);
struct run_totals run_count(const struct run_summary *run);

/* false: the file could not be written whole; a sentence went to stderr. "-" is standard output. */
bool report_junit(const struct run_summary *run, const char *file);
bool report_tap(const struct run_summary *run, const char *file);
bool report_json(const struct run_summary *run, const char *file);

/* The command that plays this one again. */
void put_repeat_command(struct wp_writer *w, const struct scenario_result *r, uint64_t seed);

#endif
