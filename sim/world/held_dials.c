#include "sim/world/held_dials.h"

#include <assert.h>
#include <stdlib.h>

bool held_dials_take(struct held_dials *h, const struct held_dial *dial)
{
    if (!h->holding)
        return false;
    if (h->n == h->cap) {
        h->cap = h->cap * 2 + 8;
        h->at = realloc(h->at, h->cap * sizeof *h->at);
        assert(h->at);
    }
    h->at[h->n++] = *dial;
    return true;
}

void held_dials_free(struct held_dials *h)
{
    free(h->at);
    *h = (struct held_dials){0};
}
