#include "harness/shard.h"

#include <stdlib.h>

struct entry {
    int64_t cost;
    size_t i;
};

static int dearest_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost < y->cost ? 1 : -1;
    return (x->i > y->i) - (x->i < y->i);
}

void shard_assign(const int64_t *cost, size_t n, size_t of, size_t *ret_shard)
{
    struct entry *order = calloc(n + 1, sizeof *order);
    int64_t *load = calloc(of, sizeof *load);

    if (!order || !load)
        abort();
    for (size_t i = 0; i < n; i++)
        order[i] = (struct entry){cost[i], i};
    qsort(order, n, sizeof *order, dearest_first);
    for (size_t k = 0; k < n; k++) {
        size_t least = 0;

        for (size_t s = 1; s < of; s++)
            if (load[s] < load[least])
                least = s;
        load[least] += order[k].cost;
        ret_shard[order[k].i] = least + 1;
    }
    free(order);
    free(load);
}
