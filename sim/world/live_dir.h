/* The private directory of one live run: made under a parent, owned by a process, removed when it ends, or by the
 * next run when its owner could not.
 *
 *     PARENT/wattproof-live-XXXXXX/owner     locked (flock) as long as the owner lives, whatever becomes of process ids */
#ifndef WP_LIVE_DIR_H
#define WP_LIVE_DIR_H

#include "sim/core/bytes.h"

enum { LIVE_PATH_BYTES = 512 };

struct live_dir {
    char path[LIVE_PATH_BYTES];
    int lock; /* -1: none */
};

/* false: the sentence is in `why`. Mode 0700. */
bool live_dir_make(struct live_dir *dir, const char *parent, struct wp_writer *why);
/* Removes it with everything in it; a zeroed or already removed one is fine. */
void live_dir_remove(struct live_dir *dir);

/* Removes the directories under `parent` whose owner is gone; how many. */
unsigned live_sweep(const char *parent);

#endif
