/* spec: each statement of a document, what decides it, and the last verdict or the reason why there is none. */
#include "harness/cmd.h"
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/result_file.h"
#include "harness/select.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct spec {
    struct arena arena;
    const struct contract_set *contracts;
    struct scenario_list scenarios;
    struct scenario_result *results; /* of the last run */
    bool has_run;
};

/* ---- the last run ----------------------------------------------------------------------------------- */

static void read_world(struct spec *s, const char *world)
{
    char folder[1024];
    struct dirent **entries;
    int n;

    snprintf(folder, sizeof folder, "%s/reports/last/s/%s", home_dir(), world);
    n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[1400];
        struct scenario_result *r = arena_get(&s->arena, sizeof *r);

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && result_read(r, path)) {
            r->next = s->results;
            s->results = r;
            s->has_run = true;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* The worst of what the last run's checks said of the statement. */
static enum verdict last_verdict(const struct spec *s, const char *id)
{
    enum verdict worst = VERDICT_NONE;

    for (const struct scenario_result *r = s->results; r; r = r->next)
        for (const struct finding *f = r->findings; f; f = f->next)
            for (size_t i = 0; i < f->n_statements; i++)
                if (strcmp(f->statements[i], id) == 0)
                    worst = verdict_worst(worst, f->verdict);
    return worst;
}

/* ---- who decides it --------------------------------------------------------------------------------- */

struct deciders {
    const char *id;
    size_t n;
    bool print;
};

static void one_schema(void *ctx, const char *id, const char *where)
{
    struct deciders *d = ctx;

    if (strcmp(id, d->id) != 0)
        return;
    d->n++;
    if (d->print)
        printf("      decided by schema %s\n", where);
}

static size_t count_deciders(const struct spec *s, const char *id, bool print)
{
    struct deciders d = {.id = id, .print = print};

    contract_each_statement(s->contracts, one_schema, &d);
    for (size_t i = 0; i < s->scenarios.n; i++) {
        const struct scenario *sc = s->scenarios.at[i];

        if (!scenario_proves(sc, id))
            continue;
        d.n++;
        if (print)
            printf("      decided by scenario %s (%s)\n", sc->name, sc->file);
    }
    return d.n;
}

static const char *why_none(const struct spec *s, const struct statement *st, size_t deciders)
{
    if (!statement_is_testable(st))
        return st->why ? st->why : "out of scope";
    if (deciders == 0)
        return "no check decides it yet";
    return s->has_run ? "the last run did not decide it" : "nothing has been run yet";
}

/* ---- printing --------------------------------------------------------------------------------------- */

static void print_statement(const struct spec *s, const struct statement *st, bool whole)
{
    enum verdict v = last_verdict(s, st->id);
    size_t deciders = count_deciders(s, st->id, false);

    printf("%-8s %-12s %-6s %s\n", st->id, st->status, verdict_text(v), st->says);
    if (whole && st->reading)
        printf("      reading: %s\n", st->reading);
    if (whole && st->why)
        printf("      why: %s\n", st->why);
    if (whole)
        count_deciders(s, st->id, true);
    if (v == VERDICT_NONE)
        printf("      none: %s\n", why_none(s, st, deciders));
}

static int print_catalogue(const struct spec *s, const struct catalogue *c)
{
    size_t by_verdict[VERDICT_ERROR + 1] = {0}, testable = 0, undecided = 0;

    printf("%s (%s)\n", c->title, c->api);
    for (size_t i = 0; i < c->n; i++) {
        print_statement(s, &c->at[i], false);
        by_verdict[last_verdict(s, c->at[i].id)]++;
        testable += statement_is_testable(&c->at[i]);
        undecided += statement_is_testable(&c->at[i]) && count_deciders(s, c->at[i].id, false) == 0;
    }
    printf("%zu statements, %zu testable, %zu of these without a check;", c->n, testable, undecided);
    for (int v = VERDICT_NONE; v <= VERDICT_ERROR; v++)
        if (by_verdict[v] > 0)
            printf(" %zu %s", by_verdict[v], verdict_text((enum verdict)v));
    putchar('\n');
    return EXIT_AS_EXPECTED;
}

static int print_word(const struct spec *s, const char *word)
{
    const struct catalogue *first = contracts_catalogues(s->contracts);
    const struct statement *st = catalogue_find(first, word);

    if (st) {
        print_statement(s, st, true);
        return EXIT_AS_EXPECTED;
    }
    for (const struct catalogue *c = first; c; c = c->next)
        if (strcmp(c->api, word) == 0)
            return print_catalogue(s, c);
    fprintf(stderr, "wattproof: there is no API and no statement '%s'; the APIs are", word);
    for (const struct catalogue *c = first; c; c = c->next)
        fprintf(stderr, " %s", c->api);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

int cmd_spec(int argc, char **argv)
{
    struct spec s = {.arena = {0}};
    static char text[16384];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct contract_set *contracts = contracts_load(home_dir(), &why);
    int code = EXIT_AS_EXPECTED;

    s.contracts = contracts;
    if (!contracts || !select_scenarios(NULL, 0, &s.scenarios, &why)) {
        fprintf(stderr, "%s\n", wp_put_end(&why));
        code = EXIT_USAGE;
    } else {
        read_world(&s, "virtual");
        read_world(&s, "live");
        if (argc < 2)
            for (const struct catalogue *c = contracts_catalogues(contracts); c; c = c->next)
                print_catalogue(&s, c);
        for (int i = 1; i < argc && code == EXIT_AS_EXPECTED; i++)
            code = print_word(&s, argv[i]);
    }
    for (struct scenario_result *r = s.results; r; r = r->next)
        result_free(r);
    scenario_list_free(&s.scenarios);
    contracts_free(contracts);
    arena_free(&s.arena);
    return code;
}
