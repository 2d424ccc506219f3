/* What a job on GitHub shows of a run: annotations at the lines of the scenario files, and the job's summary. */
#ifndef WP_REPORT_GITHUB_H
#define WP_REPORT_GITHUB_H

#include "harness/changes.h"

/* GitHub shows ten of each kind of a step and drops the rest. */
enum { GITHUB_ANNOTATIONS_MAX = 10 };

/* One workflow command a line: "::error file=...,line=...,title=...::...". Of more plays than GitHub shows, the last
 * line of a kind counts the others. */
void report_put_annotations(FILE *out, const struct run_summary *run);

/* Appends the Markdown summary to the file that GITHUB_STEP_SUMMARY names, if it names one. false: a sentence went to
 * stderr. */
bool report_step_summary(const struct run_summary *run, const struct changes *changes);

/* GITHUB_ACTIONS=true */
bool is_on_github(void);

/* The text of a command, and the value of one of its properties, with what would end them written as %25, %0D, %0A, %3A
 * and %2C. */
void github_put_data(FILE *out, const char *text);
void github_put_property(FILE *out, const char *text);

#endif
