/* Faults of many messages as few findings: told apart by statement, channel, place and rule, each with a count and the
 * packets of the first. Bounded; what does not fit is counted. */
#ifndef WP_PLACES_H
#define WP_PLACES_H

#include "harness/replay_judge.h"

struct places;

struct places *places_new(void);
void places_free(struct places *p); /* NULL is fine */

void places_add(struct places *p, const struct contract_fault *fault);

/* In the order of their first faults. */
struct judged_place *places_first(const struct places *p);
/* How often the statement failed, at all places together. */
uint64_t places_times(const struct places *p, const char *id);
uint64_t places_undocumented(const struct places *p);
uint64_t places_dropped(const struct places *p);

#endif
