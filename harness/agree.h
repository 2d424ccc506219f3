/* Do the two worlds agree? Where a scenario played in both, every check and statement got the same verdict. */
#ifndef WP_AGREE_H
#define WP_AGREE_H

#include "harness/verdict.h"

/* NULL: they agree; else a sentence with the first difference, in the arena. What one world decided and the other did
 * not is a difference for checks of the scenario; for rules of the contract only contrary verdicts are. */
const char *worlds_differ(struct arena *a, const struct scenario_result *in_virtual,
                          const struct scenario_result *in_live);

/* The same of any two plays of one scenario; the names end the sentence's halves ("the first time"). */
const char *plays_differ(struct arena *a, const struct scenario_result *x, const char *x_name,
                         const struct scenario_result *y, const char *y_name);

/* A scenario on which the worlds differ: the virtual world is worth what its likeness to the live one is. */
struct disagreement {
    const struct scenario_result *scenario; /* the live one */
    const char *text;
    struct disagreement *next;
};

/* In the arena; *ret_both is how many scenarios played in both worlds. */
struct disagreement *worlds_compare(struct arena *a, const struct scenario_result *results, size_t *ret_both);

#endif
