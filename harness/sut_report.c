#include "harness/sut_report.h"

#include <stdio.h>

enum { LINES_EACH = 8, IDS_EACH = 4, WIDTH = 110 };

static const struct {
    const char *word, *counted;
    enum verdict colour;
} standings[SUT_STANDINGS] = {
    [STANDS_FAIL] = {"fail", "fail", VERDICT_FAIL},
    [STANDS_STALE] = {"stale", "expected to fail and passed", VERDICT_FAIL},
    [STANDS_KNOWN] = {"known", "fail as expected", VERDICT_INCONC},
    [STANDS_INCONC] = {"inconc", "inconclusive", VERDICT_INCONC},
    [STANDS_NOT_APPLICABLE] = {"n/a", "not applicable", VERDICT_NONE},
    [STANDS_NOT_DECIDED] = {"none", "not decided", VERDICT_NONE},
    [STANDS_PASS] = {"pass", "pass", VERDICT_PASS},
};

/* ---- one statement ---------------------------------------------------------------------------------- */

static bool names(const struct finding *f, const char *statement)
{
    for (size_t i = 0; i < f->n_statements; i++)
        if (strcmp(f->statements[i], statement) == 0)
            return true;
    return false;
}

/* The worst finding of the statement, a fail that is not known before one that is; NULL: nothing decided it. */
static const struct finding *worst(const struct sut_run *run, const char *statement)
{
    const struct finding *w = NULL;

    for (const struct scenario_result *r = run->results; r; r = r->next)
        for (const struct finding *f = r->findings; f; f = f->next)
            if (names(f, statement) &&
                (!w || f->verdict > w->verdict || (f->verdict == w->verdict && w->known && !f->known)))
                w = f;
    return w;
}

static const struct scenario *scenario_of(const struct sut_run *run, const struct scenario_result *r)
{
    for (size_t i = 0; i < run->scenarios->n; i++)
        if (strcmp(run->scenarios->at[i]->name, r->name) == 0)
            return run->scenarios->at[i];
    return NULL;
}

static const char *not_applicable(const struct sut_run *run, const char *statement)
{
    for (const struct scenario_result *r = run->results; r; r = r->next) {
        const struct scenario *s = r->applicable ? NULL : scenario_of(run, r);

        if (s && scenario_proves(s, statement))
            return r->because ? r->because : "";
    }
    return NULL;
}

enum sut_standing sut_standing(const struct sut_run *run, const char *statement, const char **ret_because)
{
    const struct finding *f = worst(run, statement);
    const char *because = f ? f->text : not_applicable(run, statement);
    const char *reason = sut_deviation(run->sut, statement);
    enum sut_standing s = because ? STANDS_NOT_APPLICABLE : STANDS_NOT_DECIDED;

    if (f && f->verdict >= VERDICT_FAIL && !f->known)
        s = STANDS_FAIL;
    else if (f && f->verdict >= VERDICT_FAIL)
        s = STANDS_KNOWN;
    else if (f && f->verdict == VERDICT_INCONC)
        s = STANDS_INCONC;
    else if (f)
        s = reason ? STANDS_STALE : STANDS_PASS;
    if (ret_because)
        *ret_because = s == STANDS_KNOWN || s == STANDS_STALE ? reason
                       : because                              ? because
                                                              : "no scenario that was played decides it";
    return s;
}

size_t sut_stale(const struct sut_run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->sut->n_deviations; i++)
        n += sut_standing(run, run->sut->deviations[i].statement, NULL) == STANDS_STALE;
    return n;
}

/* ---- the screen ------------------------------------------------------------------------------------- */

struct screen {
    struct terminal *t;
    const struct sut_run *run;
    const struct contract_set *contracts;
};

/* A gateway and its clients are measured by what it speaks above, a device by what it speaks below. */
static bool is_measured_by(const struct sut *sut, const char *api)
{
    char claim[100];

    snprintf(claim, sizeof claim, "%s.%s", sut->role == SUT_DEVICE ? "south" : "north", api);
    return sut_claims(sut, wp_text(claim));
}

/* Has a statement before `end` this standing for this very reason? Then its line is there already. */
static bool is_told(const struct screen *s, const struct catalogue *c, size_t end, enum sut_standing standing,
                    const char *because)
{
    const char *other;

    for (size_t i = 0; i < end; i++)
        if (statement_is_testable(&c->at[i]) && sut_standing(s->run, c->at[i].id, &other) == standing &&
            strcmp(other, because) == 0)
            return true;
    return false;
}

/* "  n/a    IVY-003 IVY-004 IVY-006 +3: needs gateway option ...", from statement `first` on. */
static void put_line(const struct screen *s, const struct catalogue *c, size_t first,
                     enum sut_standing standing, const char *because)
{
    const char *other;
    size_t n = 0;

    fprintf(s->t->out, "  %s%-6s%s", terminal_colour(s->t, standings[standing].colour),
            standings[standing].word, terminal_plain(s->t));
    for (size_t i = first; i < c->n; i++) {
        if (!statement_is_testable(&c->at[i]) || sut_standing(s->run, c->at[i].id, &other) != standing ||
            strcmp(other, because) != 0)
            continue;
        if (n++ < IDS_EACH)
            fprintf(s->t->out, " %s", c->at[i].id);
    }
    if (n > IDS_EACH)
        fprintf(s->t->out, " +%zu", n - IDS_EACH);
    fprintf(s->t->out, ": %.*s\n", WIDTH, because);
}

/* A line for each reason. */
static void put_statements(const struct screen *s, const struct catalogue *c, enum sut_standing standing)
{
    size_t lines = 0;

    for (size_t i = 0; i < c->n; i++) {
        const char *because;

        if (!statement_is_testable(&c->at[i]) || sut_standing(s->run, c->at[i].id, &because) != standing ||
            is_told(s, c, i, standing, because))
            continue;
        if (lines++ < LINES_EACH)
            put_line(s, c, i, standing, because);
    }
    if (lines > LINES_EACH)
        fprintf(s->t->out, "         ... and %zu more\n", lines - LINES_EACH);
}

static void put_counts(const struct screen *s, const struct catalogue *c)
{
    size_t n[SUT_STANDINGS] = {0};

    for (size_t i = 0; i < c->n; i++)
        if (statement_is_testable(&c->at[i]))
            n[sut_standing(s->run, c->at[i].id, NULL)]++;
    fprintf(s->t->out, "statements of %s:", c->title);
    fprintf(s->t->out, " %s%zu pass%s", terminal_colour(s->t, VERDICT_PASS), n[STANDS_PASS],
            terminal_plain(s->t));
    for (int i = 0; i < STANDS_PASS; i++)
        if (n[i] > 0 || i == STANDS_FAIL)
            fprintf(s->t->out, ", %s%zu %s%s", n[i] ? terminal_colour(s->t, standings[i].colour) : "", n[i],
                    standings[i].counted, terminal_plain(s->t));
    fputc('\n', s->t->out);
}

/* Each text once, with how often it was seen. */
static void put_undocumented(const struct screen *s)
{
    const struct finding *seen[LINES_EACH + 1];
    size_t n = 0, all = 0;

    for (const struct scenario_result *r = s->run->results; r; r = r->next) {
        for (const struct finding *f = r->findings; f; f = f->next) {
            size_t k = 0;

            if (strcmp(f->kind, "undocumented") != 0)
                continue;
            all++;
            while (k < n && strcmp(seen[k]->text, f->text) != 0)
                k++;
            if (k == n && n < LINES_EACH)
                seen[n++] = f;
        }
    }
    fprintf(s->t->out, "undocumented messages and members: %zu%s\n", all,
            all == 0                 ? ""
            : s->run->sut->is_strict ? ", each a fail (profile strict)"
                                     : ", remarks (profile lenient)");
    for (size_t k = 0; k < n; k++)
        fprintf(s->t->out, "         %.*s\n", WIDTH, seen[k]->text);
}

/* Errors and findings without a statement would otherwise be missing here. */
static void put_others(const struct screen *s)
{
    for (const struct scenario_result *r = s->run->results; r; r = r->next) {
        if (r->verdict == VERDICT_ERROR)
            fprintf(s->t->out, "  %serror%s  %s: %.*s\n", terminal_colour(s->t, VERDICT_ERROR),
                    terminal_plain(s->t), r->name, WIDTH, r->because ? r->because : "");
        for (const struct finding *f = r->findings; f; f = f->next)
            if (f->verdict == VERDICT_FAIL && f->n_statements == 0 && !f->undocumented)
                fprintf(s->t->out, "  %sfail%s   %s:%d: %.*s\n", terminal_colour(s->t, VERDICT_FAIL),
                        terminal_plain(s->t), r->name, f->line, WIDTH, f->text);
    }
}

static void put_head(const struct screen *s)
{
    const struct sut *sut = s->run->sut;
    size_t played = 0, not_applicable_plays = 0;

    for (const struct scenario_result *r = s->run->results; r; r = r->next) {
        played += r->applicable && !r->not_played;
        not_applicable_plays += !r->applicable && !r->not_played;
    }
    fprintf(s->t->out, "\n%s (%s, %s): %zu scenarios played, %zu not applicable\n", sut->name,
            sut_role_text(sut->role), sut->is_strict ? "strict" : "lenient", played, not_applicable_plays);
}

void sut_put_conformance(struct terminal *t, const struct sut_run *run, const struct contract_set *contracts)
{
    const struct screen s = {t, run, contracts};

    put_head(&s);
    for (const struct catalogue *c = contracts_catalogues(contracts); c; c = c->next)
        if (is_measured_by(run->sut, c->api))
            put_counts(&s, c);
    put_undocumented(&s);
    put_others(&s);
    for (int i = 0; i < STANDS_NOT_DECIDED; i++)
        for (const struct catalogue *c = contracts_catalogues(contracts); c; c = c->next)
            if (is_measured_by(run->sut, c->api))
                put_statements(&s, c, (enum sut_standing)i);
}
