/* The publications of a play, and its frames if asked for, beside what they were before: the scenario's key `golden`.
 *
 *     golden: read-register.golden                  publications; the file stands beside the scenario's
 *     golden: {file: read-register.golden, frames: true}
 *
 *     # wattproof play 1
 *     # seed 1
 *     [     2.001000] publish gateway ivy/v1/meters/000000000001/status qos=1 retain=true {"online":true,...}
 *     [     2.003000] frame gateway > m1 dlt645 address=000000000001 ...
 *
 * Only the virtual world is the same byte for byte, so only there it is compared. */
#ifndef WP_PLAY_GOLDEN_H
#define WP_PLAY_GOLDEN_H

#include "harness/play.h"
#include "sim/core/transcript.h"

/* Raised by who changes the lines. */
enum { PLAY_PRINT_VERSION = 1 };

struct play_golden;

/* Compares with the file, or writes it anew when the play's setup says `update`. NULL: it cannot be read, or is refused:
 * `why` says it. */
struct play_golden *play_golden_new(const struct play_setup *setup, const char *path, bool with_frames,
                                    struct wp_writer *why);
struct wp_sink *play_golden_sink(struct play_golden *g);

/* The play is over. false: something differs, or could not be written: `why` says it. */
bool play_golden_finish(struct play_golden *g, struct wp_writer *why);
void play_golden_free(struct play_golden *g); /* NULL is fine */

/* The line of a publication or frame, without its end; others get none. */
void play_golden_put(struct wp_writer *w, const struct wp_record *r);

#endif
