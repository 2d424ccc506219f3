/* The statements of the documents, with what decides each and what the last run said of it. */
#ifndef WP_SPEC_H
#define WP_SPEC_H

#include "harness/deciders.h"
#include "harness/run_file.h"
#include "harness/tally.h"

struct spec {
    struct contract_set *contracts;
    struct scenario_list scenarios;
    struct deciders *deciders;
    struct run_file run;
    bool has_run;
    struct tally tally;
};

/* `run` is a run's folder or run.json; NULL: the last one, and none is fine. false: `why` has the sentence, and
 * spec_free is still due. */
bool spec_load(struct spec *s, const char *run, struct wp_writer *why);
void spec_free(struct spec *s);

const struct catalogue *spec_catalogues(const struct spec *s);
/* The worst of what all worlds said. */
enum verdict spec_verdict(const struct spec *s, const struct statement *st);
/* Why nobody has said anything. */
const char *spec_why_none(const struct spec *s, const struct statement *st);

struct spec_counts {
    size_t statements, testable, without_check;
    size_t by_verdict[VERDICT_ERROR + 1];
};
struct spec_counts spec_count(const struct spec *s, const struct catalogue *c);

/* One page that needs nothing else; `api` NULL: every catalogue. false: a sentence went to stderr. */
bool spec_html(const struct spec *s, const char *api, const char *file);

#endif
