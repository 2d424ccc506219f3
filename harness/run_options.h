/* What the user asked of `run`: one row in run_options.c for each option. */
#ifndef WP_RUN_OPTIONS_H
#define WP_RUN_OPTIONS_H

#include "harness/args.h"
#include "harness/play.h"
#include "harness/run_outputs.h"

enum run_worlds { RUN_BOTH, RUN_VIRTUAL, RUN_LIVE };
enum { RUN_KEEP_BY_SIZE = -1 };

struct run_options {
    int worlds; /* enum run_worlds */
    bool with_long, strict;
    size_t workers; /* virtual plays side by side */
    uint64_t seed;
    int keep;          /* enum play_keep or RUN_KEEP_BY_SIZE */
    const char *sut;   /* file of a descriptor; NULL: the reference gateway */
    const char *out;   /* NULL: reports/last; with a SUT reports/sut/NAME */
    const char *since; /* a run to compare with; NULL: the last one that went to `out` */
    bool only_failed;  /* what was not as expected in the last run */
    bool fail_fast;
    bool update;              /* goldens of scenarios are written anew */
    size_t repeat;            /* every play that often */
    size_t shard_i, shard_of; /* 1/4 is 1, 4; shard_of 0: everything */
    struct run_outputs outputs;
    const char *const *select; /* the words; borrowed from argv */
    size_t n_select;
};

/* As the user said it: "both", "virtual", "live". */
const char *run_worlds_text(const struct run_options *o);

/* ARGS_HELP: it has been printed, ARGS_WRONG: a sentence went to stderr. */
enum args_end run_options_read(int argc, char **argv, struct run_options *o);

#endif
