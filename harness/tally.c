#include "harness/tally.h"

#include <stdlib.h>

bool finding_counts(const struct finding *f, bool strict)
{
    return (!f->undocumented || strict) && !f->known;
}

static int by_world(const char *a, const char *b)
{
    return -strcmp(a, b); /* virtual, monitor, live */
}

/* Of equal id and world the worst first, then in the order of the run. */
static int by_statement(const void *a, const void *b)
{
    const struct tally_entry *x = a, *y = b;
    int order = strcmp(x->id, y->id);

    if (order == 0)
        order = by_world(x->world, y->world);
    if (order == 0 && x->verdict != y->verdict)
        order = x->verdict < y->verdict ? 1 : -1;
    return order != 0 ? order : (x->n_checks > y->n_checks) - (x->n_checks < y->n_checks);
}

static size_t count_entries(const struct run_summary *run)
{
    size_t n = 0;

    for (const struct scenario_result *r = run->results; r; r = r->next)
        for (const struct finding *f = r->findings; f; f = f->next)
            n += f->n_statements;
    return n;
}

/* One entry for each time a check names a statement; n_checks numbers them for now. */
static void collect(struct tally *t, const struct run_summary *run,
                    bool (*keep)(void *ctx, const struct scenario_result *r), void *ctx)
{
    for (const struct scenario_result *r = run->results; r; r = r->next) {
        if (keep && !keep(ctx, r))
            continue;
        for (const struct finding *f = r->findings; f; f = f->next) {
            for (size_t i = 0; i < f->n_statements && finding_counts(f, run->strict); i++) {
                t->at[t->n] = (struct tally_entry){f->statements[i], r->world, f->verdict, t->n, r, f};
                t->n++;
            }
        }
    }
}

/* Those of one statement and world become one. */
static void fold(struct tally *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        struct tally_entry *last = n > 0 ? &t->at[n - 1] : NULL;

        if (last && strcmp(last->id, t->at[i].id) == 0 && strcmp(last->world, t->at[i].world) == 0) {
            last->n_checks++;
            continue;
        }
        t->at[n] = t->at[i];
        t->at[n++].n_checks = 1;
    }
    t->n = n;
}

struct tally tally_new(const struct run_summary *run,
                       bool (*keep)(void *ctx, const struct scenario_result *r), void *ctx)
{
    struct tally t = {.at = calloc(count_entries(run) + 1, sizeof *t.at)};

    if (!t.at)
        abort();
    collect(&t, run, keep, ctx);
    qsort(t.at, t.n, sizeof *t.at, by_statement);
    fold(&t);
    return t;
}

void tally_free(struct tally *t)
{
    free(t->at);
    *t = (struct tally){0};
}

/* The first entry of the statement, or where it would stand. */
static size_t lower_bound(const struct tally *t, const char *id)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(t->at[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct tally_entry *tally_find(const struct tally *t, const char *id, const char *world)
{
    for (size_t i = lower_bound(t, id); i < t->n && strcmp(t->at[i].id, id) == 0; i++)
        if (strcmp(t->at[i].world, world) == 0)
            return &t->at[i];
    return NULL;
}

enum verdict tally_verdict(const struct tally *t, const char *id)
{
    enum verdict worst = VERDICT_NONE;

    for (size_t i = lower_bound(t, id); i < t->n && strcmp(t->at[i].id, id) == 0; i++)
        worst = verdict_worst(worst, t->at[i].verdict);
    return worst;
}
