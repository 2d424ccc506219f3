/* What decides each statement: the lines of scenarios and contracts that name it. */
#ifndef WP_DECIDERS_H
#define WP_DECIDERS_H

#include "harness/contract.h"
#include "harness/scenario.h"

struct decider {
    const char *id;
    const char *scenario; /* its name; NULL: a schema or the AsyncAPI document */
    const char *file;     /* from the project's folder on */
    int line;             /* 0: the file names it nowhere by itself */
};

/* By id; contracts first, then scenarios in their order; of equal lines one. */
struct deciders {
    struct arena arena;
    struct decider *at;
    size_t n, cap;
};

/* `home` is where harness/contracts is. */
struct deciders *deciders_new(const struct contract_set *contracts, const struct scenario_list *scenarios,
                              const char *home);
void deciders_free(struct deciders *d);

/* The statement's own, one after the other. */
size_t deciders_of(const struct deciders *d, const char *id, const struct decider **ret_first);

#endif
