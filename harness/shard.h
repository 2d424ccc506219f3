/* A run in parts: which part plays which scenario. */
#ifndef WP_SHARD_H
#define WP_SHARD_H

#include <stddef.h>
#include <stdint.h>

/* Gives each of n scenarios to one of `of` shards so that their costs are about equal: the dearest first, each to the
 * shard that has least so far. ret_shard[i] counts from 1. The same costs give the same shards. */
void shard_assign(const int64_t *cost, size_t n, size_t of, size_t *ret_shard);

#endif
