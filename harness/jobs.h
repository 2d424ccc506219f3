/* Jobs are processes: plays are handed to forked workers, and come back as files in a fixed order. */
#ifndef WP_JOBS_H
#define WP_JOBS_H

#include "harness/play.h"

#include <sys/types.h>

enum { JOB_PORTS_MAX = 4 };

struct job {
    struct scenario *scenario;
    enum play_world world;
    size_t place;  /* among the plays of the whole run */
    size_t repeat; /* from 0: a play that is held several times is as many jobs */
    char dir[512]; /* -o DIR/s/<world>/<scenario>, of a repeat with ~2, ~3 ... behind it */
    pid_t pid;     /* while it plays */
    int64_t started_us, expected_us;
    uint16_t ports[JOB_PORTS_MAX]; /* that its programs need for themselves, 0 behind the last */
    bool done;
    struct scenario_result result;
};

struct jobs_setup {
    struct play_setup play; /* as a pattern: scenario, world and dir are each job's own */
    size_t workers_virtual, workers_live;
    bool (*finished)(void *ctx, const struct job *job); /* false: enough, the rest is not played */
    void *ctx;
};

/* After the last two every worker has been ended; the jobs that are not `done` have no result. */
enum jobs_end { JOBS_ALL_DONE, JOBS_ENOUGH, JOBS_INTERRUPTED };

/* Plays them; `finished` is called as they end. */
enum jobs_end jobs_run(const struct jobs_setup *setup, struct job *jobs, size_t n);

/* The scenario's name as a folder's: other characters than letters, digits and .-_=[] as %XX. */
void job_dir_name(char *out, size_t cap, const char *name);

bool make_dirs(const char *path);
/* Removes the folder and everything in it; missing is fine. */
bool remove_tree(const char *path);

#endif
