/* A command that goes on until it is told to end: SIGINT, SIGTERM or SIGHUP ends it in good order, a second one at once
 * (the children die with it, and the next start sweeps up what it leaves). */
#ifndef WP_ENDING_H
#define WP_ENDING_H

#include "sim/world/world.h"

/* From now on signals are listened to. */
void ending_listen(void);
/* The world whose world_run returns when a signal comes; NULL: none any more. */
void ending_of(struct wp_world *world);
bool ending_is_asked(void);

#endif
