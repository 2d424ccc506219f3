/* A run against somebody else's system: its descriptor, its process where one serves the whole run, its reports. */
#ifndef WP_RUN_SUT_H
#define WP_RUN_SUT_H

#include "harness/statements.h"
#include "harness/sut_process.h"

struct run_sut {
    struct sut sut;
    struct sut_process process; /* for the whole run */
};

/* file NULL: there is none, and nothing to do. false: a sentence went to stderr. run_sut_free is due either way. */
bool run_sut_load(struct run_sut *s, const char *file);
void run_sut_free(struct run_sut *s);
/* Is every statement that it expects to fail in a catalogue? false: a sentence went to stderr. */
bool run_sut_check(const struct run_sut *s, const struct catalogue *catalogues);

/* NULL: the reference gateway. */
const struct sut *run_sut_of(const struct run_sut *s);
/* reports/sut/NAME: each has the results of its own. */
void run_sut_put_dir(const struct run_sut *s, char *out, size_t cap);

/* Starts what serves the whole run, its output in `dir`. false: a sentence went to stderr. */
bool run_sut_start(struct run_sut *s, const char *dir);
void run_sut_stop(struct run_sut *s);

#endif
