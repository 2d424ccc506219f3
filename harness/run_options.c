#include "harness/run_options.h"

#include <unistd.h>

enum { SEED = 1, WORKERS_MAX = 256 };

static const char *const world_words[] = {"both", "virtual", "live", NULL};
static const char *const keep_words[] = {"all", "messages", "failed", NULL};

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
    ROW('o', NULL, "DIR", "where results go (reports/last; what was there moves\nto reports/previous)",
        arg_text, out),
    ROW(0, "junit", "FILE", "results as JUnit XML; - is standard output", arg_text, junit),
    ROW(0, "tap", "FILE", "results as TAP", arg_text, tap),
    ROW(0, "json", "FILE", "results as JSON: the run.json of DIR", arg_text, json),
};

static const struct args args = {
    .command = "run",
    .usage = "run [SELECT...] [OPTIONS]\n\n"
             "SELECT is a scenario's name, a file, a folder, a statement id, a glob or an API; without it\n"
             "everything is played in both worlds and the captures are replayed.\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

enum args_end run_options_read(int argc, char **argv, struct run_options *o)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    enum args_end end;
    int first;

    *o = (struct run_options){
        .seed = SEED, .keep = RUN_KEEP_BY_SIZE, .workers = processors > 0 ? (size_t)processors : 1};
    end = args_read(&args, argc, argv, o, &first);
    if (end != ARGS_GOOD)
        return end;
    o->select = (const char *const *)argv + first;
    o->n_select = (size_t)(argc - first);
    return ARGS_GOOD;
}
