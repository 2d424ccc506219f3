/* What was printed before, beside what is printed now. A golden is text:
 *
 *     # wattproof replay 1, dlt645 1          the print versions of replay's own words and of the codecs in it
 *     43 2026-11-20T18:37:49.289283Z ...      the lines of replay_text
 *
 * or, of a scenario's play, "# wattproof play 1" and the lines of play_golden.
 *
 * Who changes a printed form raises its version, and a golden of another one is refused, not compared. */
#ifndef WP_GOLDEN_H
#define WP_GOLDEN_H

#include "harness/replay.h"

struct golden;

/* Opens a golden for comparing. NULL: it cannot be read, or its versions are not ours: `why` says it. */
struct golden *golden_open(const char *path, struct wp_writer *why);
/* A new text, to be written by golden_save. */
struct golden *golden_new(const char *path);

/* Takes the lines as they are printed. */
struct replay_lines *golden_lines(struct golden *g);

/* After the last line. true: the same. Else `why` has the first difference, of long lines what stands around it:
 * "x.pcap.expect:12: expected '...', got '...'". */
bool golden_compare(struct golden *g, struct wp_writer *why);

/* Writes the text with the print version of who made it ("replay") and of the codecs that have frames in it, which are
 * counted by the catalog's index. */
bool golden_save(struct golden *g, const char *who, const uint64_t *frames, struct wp_writer *why);

void golden_free(struct golden *g); /* NULL is fine */

#endif
