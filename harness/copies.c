#include "harness/copies.h"

#include <stdio.h>
#include <stdlib.h>

enum { CELLS = 65536 }; /* a power of two */

struct cell {
    uint64_t hash;
    uint32_t n;
};

struct copies {
    struct cell seen[CELLS];  /* publications, by message: seen themselves, or only by a delivery */
    struct cell given[CELLS]; /* deliveries, by message and connection */
};

struct copies *copies_new(void)
{
    struct copies *c = calloc(1, sizeof *c);

    if (!c) {
        fputs("wattproof: no memory for the messages of this capture\n", stderr);
        abort();
    }
    return c;
}

void copies_free(struct copies *c)
{
    free(c);
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu; /* the finaliser of MurmurHash3 */
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

uint64_t copies_hash(struct wp_slice topic, struct wp_slice payload)
{
    return mix(wp_slice_hash(topic)) + wp_slice_hash(payload);
}

static struct cell *cell_of(struct cell *cells, uint64_t hash)
{
    struct cell *cell = &cells[mix(hash) % CELLS];

    if (cell->hash != hash)
        *cell = (struct cell){.hash = hash};
    return cell;
}

bool copies_is_known(const struct copies *c, uint64_t hash)
{
    const struct cell *cell = &c->seen[mix(hash) % CELLS];

    return cell->hash == hash && cell->n > 0;
}

void copies_published(struct copies *c, uint64_t hash)
{
    cell_of(c->seen, hash)->n++;
}

bool copies_delivered(struct copies *c, uint64_t hash, uint64_t key)
{
    struct cell *seen = cell_of(c->seen, hash), *given = cell_of(c->given, hash ^ mix(key + 1));

    given->n++;
    if (given->n <= seen->n)
        return false;
    seen->n++;
    return true;
}
