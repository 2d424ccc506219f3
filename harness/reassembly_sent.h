/* What was delivered lately, of all connections together: so that what is sent again can be compared with it.
 *
 * A ring of a fixed size; the newest bytes take the place of the oldest. Each direction finds its own segments, the
 * newest first, as long as they are there. */
#ifndef WP_REASSEMBLY_SENT_H
#define WP_REASSEMBLY_SENT_H

#include "sim/core/bytes.h"

struct reassembly_sent *reassembly_sent_new(void);
void reassembly_sent_free(struct reassembly_sent *s); /* NULL is fine */

/* `bytes` stand at `at` in a direction whose newest segment is *last (0: it has none), and become the newest. */
void reassembly_sent_put(struct reassembly_sent *s, uint64_t *last, int64_t at, struct wp_slice bytes);

/* How many of these bytes are not what that direction had there; those that are not known any more agree. */
uint64_t reassembly_sent_compare(const struct reassembly_sent *s, uint64_t last, int64_t at,
                                 struct wp_slice bytes);

#endif
