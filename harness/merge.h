/* The shards of one run made one run again. */
#ifndef WP_MERGE_H
#define WP_MERGE_H

#include "harness/run_file.h"

/* Do these runs make a whole one? false: `why` says which is wrong or missing. */
bool merge_fits(const struct run_file *shards, size_t n, struct wp_writer *why);

/* Their results in the order of the whole run. The shards keep what they own, but their lists are taken apart. */
struct run_summary merge_results(struct run_file *shards, size_t n);

#endif
