#include "harness/ddmin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
    bool *keep, *trial;
    size_t n;
    ddmin_holds *holds;
    void *ctx;
};

static size_t count(const bool *keep, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        kept += keep[i];
    return kept;
}

/* The trial without the kept parts number `from` to `to`. */
static void leave_out(const struct search *s, size_t from, size_t to)
{
    size_t number = 0;

    for (size_t i = 0; i < s->n; i++) {
        s->trial[i] = s->keep[i] && (number < from || number >= to);
        number += s->keep[i];
    }
}

static bool try_trial(const struct search *s)
{
    if (!s->holds(s->ctx, s->trial, s->n))
        return false;
    memcpy(s->keep, s->trial, s->n * sizeof s->keep[0]);
    return true;
}

/* Leaves out one after the other of the pieces, the last ones first: what comes late depends on what came before. Has
 * anything been left out? */
static bool leave_out_pieces(const struct search *s, size_t pieces)
{
    size_t kept = count(s->keep, s->n);
    bool any = false;

    for (size_t i = pieces; i-- > 0;) {
        leave_out(s, kept * i / pieces, kept * (i + 1) / pieces);
        any = try_trial(s) || any;
    }
    return any;
}

size_t ddmin(bool *keep, size_t n, ddmin_holds *holds, void *ctx)
{
    struct search s = {keep, malloc(n + 1), n, holds, ctx};
    size_t kept = count(keep, n), pieces = 1;

    if (!s.trial) {
        fputs("wattproof: no memory to minimise\n", stderr);
        abort();
    }
    while (kept > 0) {
        bool any = leave_out_pieces(&s, pieces < kept ? pieces : kept);

        kept = count(keep, n);
        if (any)
            continue;
        if (pieces >= kept)
            break;
        pieces *= 2;
    }
    free(s.trial);
    return kept;
}
