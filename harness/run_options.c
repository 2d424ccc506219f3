#include "harness/run_options.h"

#include <stdio.h>
#include <unistd.h>

enum { SEED = 1, WORKERS_MAX = 256, REPEAT_MAX = 1000, SHARDS_MAX = 1000 };

static const char *const world_words[] = {"both", "virtual", "live", NULL};
static const char *const keep_words[] = {"all", "messages", "failed", NULL};

/* "2/3" into shard_i and shard_of. */
static bool read_shard(const struct arg *arg, void *options, const char *text)
{
    struct run_options *o = options;
    unsigned i, of;
    int n = 0;

    if (sscanf(text, "%5u/%5u%n", &i, &of, &n) != 2 || text[n] != 0 || *text < '0' || *text > '9' || i == 0 ||
        i > of || of > SHARDS_MAX)
        return arg_refuse(arg, "a part and the number of parts, 1/4 to 4/4", text);
    o->shard_i = i;
    o->shard_of = of;
    return true;
}

#define ROW(letter, name, value, help, read, member)                                                         \
    ARG_OF(struct run_options, letter, name, value, help, read, member)

static const struct arg rows[] = {
    ARG_WORD_OF(struct run_options, 0, "world", "WORLD", "both, virtual or live (both)", world_words, worlds),
    ROW(0, "long", NULL, "live also what takes more than 15 s there", arg_switch, with_long),
    ROW(0, "strict", NULL, "an inconclusive verdict or an undocumented message fails", arg_switch, strict),
    ARG_COUNT_OF(struct run_options, 'j', "jobs", "N", "virtual plays side by side (one for each processor)",
                 WORKERS_MAX, workers),
    ROW(0, "seed", "S", "of everything random (1)", arg_number, seed),
    ARG_WORD_OF(struct run_options, 0, "keep", "WHAT",
                "what transcripts hold: all, messages or failed\n(all; failed from 1000 devices on)",
                keep_words, keep),
    ROW(0, "sut", "FILE", "somebody else's gateway, device or client, live; FILE describes it", arg_text,
        sut),
    ROW('o', NULL, "DIR", "where results go (reports/last; what was there moves\nto reports/previous)",
        arg_text, out),
    ROW(0, "since", "RUN",
        "what the changes are counted from: a run's folder or its run.json\n(the last run)", arg_text, since),
    ROW(0, "failed", NULL, "only what failed or was inconclusive in the last run", arg_switch, only_failed),
    ROW(0, "fail-fast", NULL, "the first failure ends the run; the rest is reported as not played",
        arg_switch, fail_fast),
    ROW(0, "update", NULL, "write the goldens of the scenarios anew instead of comparing them", arg_switch,
        update),
    ARG_COUNT_OF(struct run_options, 0, "repeat", "N",
                 "every play N times with the same seed; what is not the same each\ntime is an error: flaky",
                 REPEAT_MAX, repeat),
    ARG_OF(struct run_options, 0, "shard", "I/N", "part I of N; `report merge` makes one run of all parts",
           read_shard, shard_i),
    RUN_OUTPUT_ROWS(struct run_options, outputs),
};

static const struct args args = {
    .command = "run",
    .usage = "run [SELECT...] [OPTIONS]\n\n"
             "SELECT is a scenario's name, a file, a folder, a statement id, a glob or an API; without it\n"
             "everything is played in both worlds and the captures are replayed.\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

const char *run_worlds_text(const struct run_options *o)
{
    return world_words[o->worlds];
}

enum args_end run_options_read(int argc, char **argv, struct run_options *o)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    enum args_end end;
    int first;

    *o = (struct run_options){.seed = SEED,
                              .keep = RUN_KEEP_BY_SIZE,
                              .repeat = 1,
                              .workers = processors > 0 ? (size_t)processors : 1};
    end = args_read(&args, argc, argv, o, &first);
    if (end != ARGS_GOOD)
        return end;
    if (o->sut && o->worlds == RUN_VIRTUAL) {
        fputs("wattproof: --sut is somebody else's program, and plays in the live world only\n", stderr);
        return ARGS_WRONG;
    }
    if (o->sut)
        o->worlds = RUN_LIVE;
    o->select = (const char *const *)argv + first;
    o->n_select = (size_t)(argc - first);
    return ARGS_GOOD;
}
