/* What a run leaves for people and machines: terminal, JUnit XML, TAP, JSON. */
#ifndef WP_REPORT_H
#define WP_REPORT_H

#include "harness/verdict.h"

#include <stdio.h>

struct run_totals {
    size_t by_verdict[VERDICT_ERROR + 1]; /* of scenarios, per play */
    size_t not_applicable, not_played;
    size_t checks;
    size_t plays; /* all of them */
};

/* What became of the captures. */
struct run_captures {
    bool replayed; /* else nobody asked for them */
    size_t n, different, unreadable;
};

/* Which part of a run this is. */
struct run_shard {
    size_t i, of;   /* 1 to `of`; `of` is 0 for a whole run */
    uint64_t plan;  /* the same for every shard of one run, and for no other run */
    size_t n_plays; /* of the whole run */
};

/* Raised when run.json changes so that an older reader would misunderstand it. */
enum { RUN_JSON_VERSION = 1 };

/* Everything that a run comes to, in the order of the scenarios. */
struct run_summary {
    struct scenario_result *results; /* list; owned by who made it */
    bool strict;
    bool interrupted; /* what was not played is in the list, and says so */
    uint64_t seed;
    const char *sut;    /* the name of somebody else's; NULL: the reference gateway */
    size_t stale;       /* its deviations that were expected and did not occur */
    const char *select; /* the words that were asked for; "" is everything */
    const char *worlds; /* "both", "virtual" or "live" */
    bool with_long;
    size_t long_left_out; /* not played live without --long */
    size_t repeat;        /* every play that often; 0 and 1 mean once */
    struct run_captures captures;
    struct run_shard shard;
};

enum verdict shown_verdict(const struct scenario_result *r, bool strict);
struct run_totals run_count(const struct run_summary *run);

/* false: the file could not be written whole; a sentence went to stderr. "-" is standard output. */
bool report_junit(const struct run_summary *run, const char *file);
bool report_tap(const struct run_summary *run, const char *file);
/* run.json: everything that was decided. */
bool report_json(const struct run_summary *run, const char *file);

/* For whoever writes such a file: NULL and false after a sentence on stderr; "-" is standard output. */
FILE *report_open(const char *file);
bool report_close(FILE *f, const char *file);

/* The command that plays this one again. */
void put_repeat_command(struct wp_writer *w, const struct scenario_result *r, uint64_t seed);

#endif
