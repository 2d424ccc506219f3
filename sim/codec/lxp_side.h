/* Which side of a connection is the dongle: what lxp.c asks before it can tell a request from a reply. */
#ifndef WP_LXP_SIDE_H
#define WP_LXP_SIDE_H

#include "sim/codec/lxp.h"

/* Who somebody is; 0: nothing tells. Bits of lxp_state.seen, too, so a side may have shown both. */
enum { LXP_SIDE_DONGLE = 1, LXP_SIDE_OTHER = 2 };

/* Who sends on this side, by what both have shown, else by its name. state: may be NULL. */
unsigned lxp_side_told(const struct lxp_state *state, enum wp_side from);

/* Who sends such a frame, whichever side it came from. Write single is the same both ways, and who sends firmware, or a
 * param of no known form, has not been seen. */
unsigned lxp_side_shown(const struct lxp_frame *f);

/* shown: what lxp_side_shown said of the frame. */
void lxp_side_remember(struct lxp_state *state, enum wp_side from, const struct lxp_frame *f, unsigned shown);

#endif
