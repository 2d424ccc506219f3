/* What a run left in its folder, read back: for the page, for --failed, for comparing and merging runs. */
#ifndef WP_RUN_FILE_H
#define WP_RUN_FILE_H

#include "harness/report.h"

struct run_file {
    struct arena arena;         /* owns what stands below; each result owns its findings */
    const char *path;           /* of the run.json */
    const char *dir;            /* where the plays' folders stand, below s/ */
    struct run_summary summary; /* as it was when the run ended, in its order */
};

/* `path` is a run's folder or its run.json. false: there is none, or it is not whole, or another version wrote it:
 * `why` has the sentence, and nothing is left to free. */
bool run_file_read(struct run_file *run, const char *path, struct wp_writer *why);
/* The run before that one, which every run takes over into its folder: DIR/previous.json. */
bool run_file_read_previous(struct run_file *run, const char *dir, struct wp_writer *why);
void run_file_free(struct run_file *run);

/* The folder of a play below its run's. */
void run_file_play_dir(char *out, size_t cap, const char *dir, const struct scenario_result *play);

/* The same scenario in the same world; NULL: it was not played. */
const struct scenario_result *run_file_find(const struct run_file *run, const char *name, const char *world);

#endif
