/* The transcript as a file: JSON Lines, one record each, the first line saying what was played. */
#ifndef WP_RECORD_FILE_H
#define WP_RECORD_FILE_H

#include "harness/play.h"

struct record_file;

/* DIR/transcript.jsonl. With KEEP_FAILED only the last records are kept in memory until record_file_close is told that
 * the play failed. NULL: `why` has the sentence. */
struct record_file *record_file_new(const struct play_setup *setup, struct wp_writer *why);
struct wp_sink *record_file_sink(struct record_file *f);
/* Play is over: false when something could not be written. */
bool record_file_close(struct record_file *f, bool failed);

/* One record as a JSON object, without line end. */
void record_put_json(struct wp_writer *w, const struct wp_record *record);

#endif
