/* Which scenarios apply to a system under test, and why the others do not. */
#ifndef WP_SUT_FIT_H
#define WP_SUT_FIT_H

#include "harness/scenario.h"
#include "harness/sut.h"
#include "harness/verdict.h"

/* Is `requires` true of these claims? "north.ivy && (south.dlt645 || !south.dlms)"; NULL is. ret_lack: the claim that
 * made it false, in the arena; a bad expression is false too, and says so there. */
bool pics_hold(const struct sut *sut, const struct node *requires, struct arena *a, const char **ret_lack);

/* NULL: it applies. Else the reason, in the arena: "needs gateway option polling.interval 2s". */
const char *sut_excludes(const struct sut *sut, struct scenario *s, struct arena *a);

/* The portal ID of every scenario. */
#define SUT_PORTAL "c0619ab12345"

/* The scenario with the SUT's own meter addresses, inverter serials and portal ID in place of its own, in a list of its own; NULL:
 * `why` says why not. The scenario itself when the descriptor names none. */
struct scenario *sut_adapt(const struct sut *sut, struct scenario *s, struct scenario_list *own,
                           struct wp_writer *why);

/* Marks the fails that the descriptor expects, and with a strict profile lets what is undocumented count. */
void sut_weigh(const struct sut *sut, struct scenario_result *result);

#endif
