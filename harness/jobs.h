/* Jobs are processes: plays are handed to forked workers, and come back as files in a fixed order. */
#ifndef WP_JOBS_H
#define WP_JOBS_H

#include "harness/play.h"

#include <sys/types.h>

struct job {
    struct scenario *scenario;
    enum play_world world;
    char dir[512]; /* -o DIR/s/<world>/<scenario> */
    pid_t pid;     /* while it plays */
    int64_t started_us, expected_us;
    bool done;
    struct scenario_result result;
};

struct jobs_setup {
    struct play_setup play; /* as a pattern: scenario, world and dir are each job's own */
    size_t workers_virtual, workers_live;
    void (*finished)(void *ctx, const struct job *job);
    void *ctx;
};

/* Plays all of them; `finished` is called as they end. false: interrupted (every worker has been ended). */
bool jobs_run(const struct jobs_setup *setup, struct job *jobs, size_t n);

/* The scenario's name as a folder's: other characters than letters, digits and .-_=[] as %XX. */
void job_dir_name(char *out, size_t cap, const char *name);

bool make_dirs(const char *path);
/* Removes the folder and everything in it; missing is fine. */
bool remove_tree(const char *path);

#endif
