/* Which scenarios a command speaks of. */
#ifndef WP_SELECT_H
#define WP_SELECT_H

#include "harness/scenario.h"

/* Loads what the words select: a file, a folder, a scenario's name, a glob over names, or a statement id; no words:
 * everything below scenarios/. Sorted by API and name. false: a file is wrong or a word selects nothing; `why` has
 * the sentences. */
bool select_scenarios(const char *const *words, size_t n, struct scenario_list *list, struct wp_writer *why);

#endif
