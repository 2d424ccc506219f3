/* Where a run's results go, and what becomes of the run that was there. */
#ifndef WP_RUN_DIR_H
#define WP_RUN_DIR_H

#include "sim/core/bytes.h"

/* `out`, or reports/last below home for NULL. */
void run_dir_name(char *dir, size_t cap, const char *out);

/* Makes room: reports/last becomes reports/previous; in a folder of the user's the plays' folders go. Either way the
 * run.json that was there stays as DIR/previous.json, to tell what has changed; with `since` (a run's folder or
 * run.json) that one does. false: `why` has the sentence. */
bool run_dir_prepare(const char *dir, const char *out, const char *since, struct wp_writer *why);

#endif
