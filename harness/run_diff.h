/* Two runs beside each other: statements and plays that came to something else, and where their transcripts part. */
#ifndef WP_RUN_DIFF_H
#define WP_RUN_DIFF_H

#include "harness/divergence.h"
#include "harness/run_file.h"

/* A statement, or a play, that is not the same in both. */
struct run_difference {
    bool is_statement;
    const char *name, *world;
    bool in_a, in_b;
    enum verdict a, b;
    const char *checks; /* of a play: the first check that came to something else; NULL: none */
    struct divergence transcripts;
    bool part; /* the transcripts do: `transcripts` says where */
    struct run_difference *next;
};

struct run_diff {
    struct arena arena; /* owns what it says; names are the runs' */
    struct run_difference *first, **tail;
    size_t n_statements, n_plays, only_a, only_b; /* plays: that are in both and differ */
    size_t in_both;
    size_t without_transcript; /* plays of both of which one has none: only verdicts are compared */
    size_t unreadable;         /* transcripts; each has a sentence in `problems` */
    bool from_outside;         /* one of the runs is of somebody else's system */
};

void run_diff_find(struct run_diff *d, const struct run_file *a, const struct run_file *b, FILE *problems);
void run_diff_free(struct run_diff *d);

void run_diff_put_text(FILE *out, const struct run_diff *d, const struct run_file *a,
                       const struct run_file *b);
void run_diff_put_json(FILE *out, const struct run_diff *d, const struct run_file *a,
                       const struct run_file *b);

#endif
