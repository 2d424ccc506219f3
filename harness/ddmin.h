/* Delta debugging: of many parts the few that matter.
 * source: Zeller, Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002: ddmin */
#ifndef WP_DDMIN_H
#define WP_DDMIN_H

#include <stdbool.h>
#include <stddef.h>

/* Does it still hold with these parts alone? Called with true for each part that is kept. */
typedef bool ddmin_holds(void *ctx, const bool *keep, size_t n);

/* `keep` has n parts, all of which are kept, and with which it holds. Afterwards none of those that are kept can be left
 * out by itself, unless `holds` refused because it was called often enough. The same calls in the same order each
 * time. Returns how many are kept. */
size_t ddmin(bool *keep, size_t n, ddmin_holds *holds, void *ctx);

#endif
