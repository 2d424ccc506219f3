/* Random numbers that are the same on every machine: xoshiro256** (Blackman and Vigna), seeded by splitmix64. */
#ifndef WP_RANDOM_H
#define WP_RANDOM_H

#include "sim/core/bytes.h"

struct wp_random {
    uint64_t s[4];
};

struct wp_random wp_random(uint64_t seed);
uint64_t wp_random_next(struct wp_random *r);
/* 0 .. bound - 1, each equally likely; 0 when bound is 0. */
uint64_t wp_random_below(struct wp_random *r, uint64_t bound);
/* low .. high, both included; low when high <= low. */
int64_t wp_random_between(struct wp_random *r, int64_t low, int64_t high);

/* The seed of a machine (link, fault ...): a hash of the run's seed and its name. */
uint64_t wp_random_seed(uint64_t run_seed, struct wp_slice name);

#endif
