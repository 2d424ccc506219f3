/* What a run can be written as, now or again from its folder: one row for each kind of file. */
#ifndef WP_RUN_OUTPUTS_H
#define WP_RUN_OUTPUTS_H

#include "harness/args.h"
#include "harness/report.h"

/* NULL: not asked for, "-": standard output. */
struct run_outputs {
    const char *junit, *tap, *json, *markdown, *badge;
    bool github;
};

/* The rows of a command whose options are a `type` with a struct run_outputs called `member`. */
#define RUN_OUTPUT_ROWS(type, member)                                                                        \
    ARG_OF(type, 0, "junit", "FILE", "results as JUnit XML; - is standard output", arg_text, member.junit),  \
        ARG_OF(type, 0, "tap", "FILE", "results as TAP", arg_text, member.tap),                              \
        ARG_OF(type, 0, "json", "FILE", "results as JSON: the run.json of DIR", arg_text, member.json),      \
        ARG_OF(type, 0, "markdown", "FILE", "a short summary for a CI job's page", arg_text,                 \
               member.markdown),                                                                             \
        ARG_OF(type, 0, "badge", "FILE", "a badge: FILE.svg, or FILE.json for shields.io", arg_text,         \
               member.badge),                                                                                \
        ARG_OF(type, 0, "github", NULL,                                                                      \
               "annotations on standard output, the summary for the job's page\n"                            \
               "(by itself where GITHUB_ACTIONS is true)",                                                   \
               arg_switch, member.github)

/* Does something of it go to standard output, so that nothing else may? */
bool run_outputs_take_stdout(const struct run_outputs *o);

/* Writes all of them; `dir` is the run's folder, for what changed since the run before. `out` is where annotations go.
 * false: a sentence went to stderr. */
bool run_outputs_write(const struct run_outputs *o, const struct run_summary *run, const char *dir,
                       FILE *out);

#endif
