#include "sim/core/random.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

struct wp_random wp_random(uint64_t seed)
{
    struct wp_random r;

    for (int i = 0; i < 4; i++)
        r.s[i] = splitmix(&seed);
    return r;
}

static uint64_t rotate(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

uint64_t wp_random_next(struct wp_random *r)
{
    uint64_t result = rotate(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotate(r->s[3], 45);
    return result;
}

uint64_t wp_random_below(struct wp_random *r, uint64_t bound)
{
    uint64_t v, rest;

    if (bound == 0)
        return 0;
    rest = (0 - bound) % bound; /* 2^64 mod bound: the values below it would come once too often */
    do
        v = wp_random_next(r);
    while (v < rest);
    return v % bound;
}

int64_t wp_random_between(struct wp_random *r, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;

    if (high <= low)
        return low;
    if (span == 0) /* the whole range */
        return (int64_t)wp_random_next(r);
    return (int64_t)((uint64_t)low + wp_random_below(r, span));
}

uint64_t wp_random_seed(uint64_t run_seed, struct wp_slice name)
{
    uint64_t state = run_seed ^ wp_slice_hash(name);

    return splitmix(&state);
}
