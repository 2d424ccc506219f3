/* Which messages were published with the retain flag, as far as a subscriber can know it.
 *
 * A live message does not carry the flag, but a new subscription shows what the broker keeps. A topic's last live
 * message is remembered as a hash; asked again later, the broker either still has just that message, and then it was
 * retained, or it has not, and then it was not (or somebody has published since). */
#ifndef WP_RETAINED_H
#define WP_RETAINED_H

#include "harness/contract.h"

enum { RETAINED_TOPICS_MAX = 65536 }; /* beyond that topics are not remembered, and so not decided */

struct retained;

struct retained *retained_new(void);
void retained_free(struct retained *r);
/* A live message. */
void retained_live(struct retained *r, const struct wp_record *deliver);
/* A message that the broker kept, shown for a new subscription. */
void retained_kept(struct retained *r, const struct wp_record *deliver);
/* Everything has been shown: what each remembered topic's last live message was goes to the contract. */
void retained_decide(const struct retained *r, const struct contract_set *set, struct contract_tally *tally,
                     wp_us now);

#endif
