/* Do the two worlds agree? Where a scenario played in both, every check and statement got the same verdict. */
#ifndef WP_AGREE_H
#define WP_AGREE_H

#include "harness/verdict.h"

/* NULL: they agree; else a sentence with the first difference, in the arena. What one world decided and the other did
 * not is a difference for checks of the scenario; for rules of the contract only contrary verdicts are. */
const char *worlds_differ(struct arena *a, const struct scenario_result *in_virtual,
                          const struct scenario_result *in_live);

#endif
