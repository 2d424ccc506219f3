/* A run on one page of Markdown, for a CI job's summary: what came out, what changed, what fails and how to see it
 * again. However much fails, it stays short. */
#ifndef WP_REPORT_MARKDOWN_H
#define WP_REPORT_MARKDOWN_H

#include "harness/changes.h"

/* No summary is longer; a job's page takes 1 MiB of all steps. */
enum { MARKDOWN_MAX = 64 * 1024 };

/* `changes` is NULL when there was no run before. */
void report_put_markdown(struct wp_writer *w, const struct run_summary *run, const struct changes *changes);

/* false: a sentence went to stderr. "-" is standard output. */
bool report_markdown(const struct run_summary *run, const struct changes *changes, const char *file);
/* The same behind what is already in the file. */
bool report_markdown_append(const struct run_summary *run, const struct changes *changes, const char *file);

#endif
