#include "harness/deciders.h"
#include "harness/home.h"

#include <ctype.h>
#include <stdlib.h>

/* A file of the contracts, read once. */
struct content {
    const char *file, *text;
    struct content *next;
};

struct collect {
    struct deciders *d;
    struct content *contents;
    const struct contract_set *contracts;
    const struct scenario *scenario;
    const char *home;
};

static void add(struct deciders *d, struct decider one)
{
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 512;
        d->at = realloc(d->at, d->cap * sizeof *d->at);
        if (!d->at)
            abort();
    }
    d->at[d->n++] = one;
}

/* ---- contracts -------------------------------------------------------------------------------------- */

static const char *api_of(const struct contract_set *contracts, const char *id)
{
    for (const struct catalogue *c = contracts_catalogues(contracts); c; c = c->next)
        for (size_t i = 0; i < c->n; i++)
            if (strcmp(c->at[i].id, id) == 0)
                return c->api;
    return NULL;
}

/* "telemetry.schema.json#/properties/meterId" is in that schema; everything else, schemas without a file too, in the
 * AsyncAPI document. */
static const char *file_of(struct arena *a, const char *api, const char *where)
{
    const char *hash = strchr(where, '#');

    if (hash && hash - where > 5 && memcmp(hash - 5, ".json", 5) == 0)
        return arena_print(a, "harness/contracts/%s/schemas/%.*s", api, (int)(hash - where), where);
    return arena_print(a, "harness/contracts/%s/asyncapi.yaml", api);
}

static bool has_file(const struct deciders *d, const char *id, const char *file)
{
    for (size_t i = 0; i < d->n; i++)
        if (!d->at[i].scenario && strcmp(d->at[i].id, id) == 0 && strcmp(d->at[i].file, file) == 0)
            return true;
    return false;
}

/* IVY-07 is not in "IVY-078". */
static bool names(const char *at, size_t n)
{
    return !isalnum((unsigned char)at[n]) && at[n] != '-';
}

static void add_lines(struct deciders *d, const char *id, const char *file, const char *text)
{
    size_t n = strlen(id), before = d->n;
    int line = 1;

    for (const char *p = text; *p; p++) {
        line += *p == '\n';
        if (strncmp(p, id, n) != 0 || !names(p, n))
            continue;
        if (d->n == before || d->at[d->n - 1].line != line)
            add(d, (struct decider){.id = id, .file = file, .line = line});
    }
    if (d->n == before)
        add(d, (struct decider){.id = id, .file = file});
}

static const char *content_of(struct collect *c, const char *file)
{
    struct arena *a = &c->d->arena;
    struct content *one = c->contents;
    char ignored[400];
    struct wp_writer nobody = wp_writer(ignored, sizeof ignored);
    struct wp_slice text;

    while (one && strcmp(one->file, file) != 0)
        one = one->next;
    if (one)
        return one->text;
    text = file_read(a, arena_print(a, "%s/%s", c->home, file), &nobody);
    one = arena_get(a, sizeof *one);
    *one = (struct content){file, text.p ? (const char *)text.p : "", c->contents};
    c->contents = one;
    return one->text;
}

static void take_contract(void *ctx, const char *id, const char *where)
{
    struct collect *c = ctx;
    struct arena *a = &c->d->arena;
    const char *api = api_of(c->contracts, id), *file = api ? file_of(a, api, where) : NULL;

    if (file && !has_file(c->d, id, file))
        add_lines(c->d, arena_text(a, wp_text(id)), file, content_of(c, file));
}

/* ---- scenarios -------------------------------------------------------------------------------------- */

/* The cases of a sweep stand in one file: the first one stands for all. */
static void take_scenario(void *ctx, const char *id, int line)
{
    struct collect *c = ctx;
    struct decider one = {.id = arena_text(&c->d->arena, wp_text(id)),
                          .scenario = c->scenario->name,
                          .file = home_relative(c->scenario->file),
                          .line = line};

    for (size_t i = c->d->n; i > 0; i--) {
        const struct decider *other = &c->d->at[i - 1];

        if (!other->scenario || strcmp(other->file, one.file) != 0)
            break;
        if (other->line == line && strcmp(other->id, id) == 0)
            return;
    }
    add(c->d, one);
}

/* ---- the list --------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    const struct decider *x = a, *y = b;
    int order = strcmp(x->id, y->id);

    if (order == 0 && !x->scenario != !y->scenario)
        order = x->scenario ? 1 : -1;
    if (order == 0)
        order = strcmp(x->file, y->file);
    return order != 0 ? order : x->line - y->line;
}

struct deciders *deciders_new(const struct contract_set *contracts, const struct scenario_list *scenarios,
                              const char *home)
{
    struct deciders *d = calloc(1, sizeof *d);
    struct collect c = {.d = d, .contracts = contracts, .home = home};

    if (!d)
        abort();
    contract_each_statement(contracts, take_contract, &c);
    for (size_t i = 0; i < scenarios->n; i++) {
        c.scenario = scenarios->at[i];
        scenario_each_proof(c.scenario, take_scenario, &c);
    }
    if (d->n > 0)
        qsort(d->at, d->n, sizeof *d->at, by_id);
    return d;
}

void deciders_free(struct deciders *d)
{
    if (!d)
        return;
    free(d->at);
    arena_free(&d->arena);
    free(d);
}

size_t deciders_of(const struct deciders *d, const char *id, const struct decider **ret_first)
{
    size_t low = 0, high = d->n, n = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(d->at[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = d->at ? d->at + low : NULL;
    while (low + n < d->n && strcmp(d->at[low + n].id, id) == 0)
        n++;
    return n;
}
