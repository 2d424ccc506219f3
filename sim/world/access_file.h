/* The access rules as a file, the way they reach the plugin inside the broker.
 *
 *     wattproof-access 1
 *     open no
 *     anonymous no
 *     close-on-denied no
 *     user NAME PASSWORD
 *     rule USER subscribe|publish|both FILTER        USER * is everybody without VRM account
 *     vrm-monitor-only-may-read yes
 *     vrm-password USER PASSWORD
 *     vrm-token USER TOKEN
 *     vrm-site USER full|monitor PORTAL
 *
 * One blank between words. A byte outside 21..7E, and %, stands as %XX; * in a name too; the empty word is a lone %. */
#ifndef WP_ACCESS_FILE_H
#define WP_ACCESS_FILE_H

#include "sim/world/access.h"

#include <stdio.h>

void access_file_write(const struct wp_access *access, FILE *file);

/* NULL: `why` says which line is wrong. One block; free() frees it. */
struct wp_access *access_file_read(FILE *file, struct wp_writer *why);

#endif
