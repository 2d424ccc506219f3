/* What a run left in its folder, read back: for the page, for comparing two runs. */
#ifndef WP_RUN_FILE_H
#define WP_RUN_FILE_H

#include "harness/verdict.h"

struct run_file {
    struct arena arena;
    uint64_t seed;
    bool strict;
    struct scenario_result *results, **tail; /* in the order of the run */
    size_t n;
};

/* DIR/run.json; each play is completed by its own result.json where that one is there. false: `why` has the sentence,
 * and nothing is left to free. */
bool run_file_read(struct run_file *run, const char *dir, struct wp_writer *why);
void run_file_free(struct run_file *run);

/* The folder of a play below its run's. */
void run_file_play_dir(char *out, size_t cap, const char *dir, const struct scenario_result *play);

/* The same scenario in the same world; NULL: it was not played. */
const struct scenario_result *run_file_find(const struct run_file *run, const char *name, const char *world);

#endif
