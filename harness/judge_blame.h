/* Which of the statements that a failed check names have failed.
 *
 * A check may prove many: that a message comes, what each of its members says. When a member is wrong, the statements
 * about other members have not failed; nobody knows of them from this check. The catalogue says what a statement is
 * about (`about: [value, data.value]`, in the words of struct pattern_misfits):
 *
 *   - those about something that differs have failed;
 *   - is there none, those that do not say what they are about. Is there none of these either, the check has failed and
 *     no statement with it: what differs is another check's to prove.
 *   - A message that is no JSON, or that its schema refuses, is the contract's to blame: nobody here. */
#ifndef WP_JUDGE_BLAME_H
#define WP_JUDGE_BLAME_H

#include "harness/judge.h"

/* The record does not fit: is it nearer to the pattern than those before? Then it is the check's nearest. */
bool judge_is_nearest(struct judge *j, struct check *c, const struct wp_record *record);

/* Names to the finding those of `proves` that have failed. m: how the record differs; NULL: all of them. */
void judge_blame(struct judge *j, struct finding *f, const struct node *proves,
                 const struct pattern_misfits *m);

/* Nothing fitted: the nearest record's differences, or "@missing" when it is quite another one. */
void judge_blame_missing(const struct check *c, struct pattern_misfits *out);

#endif
