/* Private to the files of the judge: judge.c (records and time), judge_decide.c (how a check ends), judge_blame.c. */
#ifndef WP_JUDGE_IMPL_H
#define WP_JUDGE_IMPL_H

#include "harness/judge_blame.h"

/* For the whole run: neither a step nor its window. */
bool judge_is_monitor(const struct check *c);

/* The check is done. `c->blame` says what is wrong when it fails. */
void judge_decide(struct judge *j, struct check *c, enum verdict verdict, wp_us at, const char *text);
/* It fails, unless the harness itself was late. */
void judge_decide_late(struct judge *j, struct check *c, wp_us at, const char *text);
/* It fails (or the harness was late), for one word of struct pattern_misfits. */
void judge_decide_for(struct judge *j, struct check *c, const char *misfit, wp_us at, const char *text);
/* Too few records fitted. */
void judge_decide_missing(struct judge *j, struct check *c, wp_us now);
/* A record that fits and yet must not be here; misfit: what is wrong with that, NULL: everything. `text` has the
 * beginning of the sentence. */
void judge_decide_unwanted(struct judge *j, struct check *c, const struct wp_record *record,
                           const char *misfit, struct wp_writer *text);

/* The record that fits: told when the check passes. */
void judge_remember(struct check *c, const struct wp_record *record);
/* A record that is not as it should be: told when the check fails. */
void judge_keep_other(struct judge *j, struct check *c, const struct wp_record *record);

#endif
