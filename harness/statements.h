/* The statement catalogues: every sentence of a document with our testable reading. */
#ifndef WP_STATEMENTS_H
#define WP_STATEMENTS_H

#include "harness/yaml.h"

struct statement {
    const char *id, *section, *says, *reading, *status, *why, *check, *role, *kind;
    const struct node
        *about;     /* list of what it speaks of, as struct pattern_misfits has it; NULL: not said */
    bool is_beyond; /* not in the document: robustness that its users expect */
};

struct catalogue {
    const char *api, *title, *file;
    struct statement *at;
    size_t n;
    struct catalogue *next;
};

/* contracts/<api>/statements.yaml; NULL: `why` has the sentence. */
struct catalogue *catalogue_load(struct arena *a, const char *file, struct wp_writer *why);
const struct statement *catalogue_find(const struct catalogue *first, const char *id);
/* Does somebody have to decide it? Out-of-scope ones are nobody's. */
bool statement_is_testable(const struct statement *s);

#endif
