/* Which messages of a capture are copies of one publication.
 *
 * A message is known by a hash of topic and payload. The nth delivery of it on one connection is a copy when n such
 * publications were seen, here or through another connection's deliveries. Memory is fixed: of two messages that fall
 * on the same place the later one counts, so of very many alike one may be taken for new that is none. */
#ifndef WP_COPIES_H
#define WP_COPIES_H

#include "sim/core/bytes.h"

struct copies;

struct copies *copies_new(void);
void copies_free(struct copies *c); /* NULL is fine */

uint64_t copies_hash(struct wp_slice topic, struct wp_slice payload);

/* Was it ever published or delivered? */
bool copies_is_known(const struct copies *c, uint64_t hash);
/* A client publishes it. */
void copies_published(struct copies *c, uint64_t hash);
/* A broker delivers it on the connection `key`. true: it stands for a publication that nobody has seen. */
bool copies_delivered(struct copies *c, uint64_t hash, uint64_t key);

#endif
