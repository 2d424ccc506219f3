#include "harness/report_markdown.h"
#include "harness/agree.h"

#include <errno.h>
#include <stdlib.h>

enum { PLAYS_SHOWN = 20, FINDINGS_SHOWN = 3, CHANGES_SHOWN = 20, STATEMENTS_SHOWN = 20, TEXT_SHOWN = 240 };

/* Text as text: nothing in it is markup, a line stays a line, a long one is cut. */
static void put_text(struct wp_writer *w, const char *text)
{
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (++n > TEXT_SHOWN && (c & 0xC0) != 0x80) { /* not inside a character */
            wp_put_text(w, "...");
            return;
        }
        if (c == '<')
            wp_put_text(w, "&lt;");
        else if (c == '>')
            wp_put_text(w, "&gt;");
        else if (c == '&')
            wp_put_text(w, "&amp;");
        else if (c < 0x20 || c == 0x7F)
            wp_put_char(w, ' ');
        else {
            if (strchr("\\`*_[]|~#$@", c))
                wp_put_char(w, '\\');
            wp_put_char(w, (char)c);
        }
    }
}

static void put_count(struct wp_writer *w, size_t n, const char *what)
{
    wp_put_uint(w, n);
    wp_put_char(w, ' ');
    wp_put_text(w, what);
}

static size_t count_unexpected(const struct run_totals *t)
{
    return t->by_verdict[VERDICT_INCONC] + t->by_verdict[VERDICT_FAIL] + t->by_verdict[VERDICT_ERROR];
}

/* ---- what came out ---------------------------------------------------------------------------------- */

static void put_title(struct wp_writer *w, const struct run_summary *run, const struct run_totals *t)
{
    size_t bad = count_unexpected(t);

    wp_put_text(w, "## wattproof: ");
    if (t->plays == 0)
        wp_put_text(w, "nothing was played");
    else if (bad == 0 && t->not_played == 0)
        put_count(w, t->plays, t->plays == 1 ? "play, as expected" : "plays, all as expected");
    else {
        wp_put_uint(w, bad);
        wp_put_text(w, " of ");
        put_count(w, t->plays, "plays not as expected");
    }
    if (run->interrupted)
        wp_put_text(w, ", interrupted");
    if (run->shard.of > 0) {
        wp_put_text(w, ", shard ");
        wp_put_uint(w, run->shard.i);
        wp_put_text(w, " of ");
        wp_put_uint(w, run->shard.of);
    }
    wp_put_text(w, "\n\n");
}

static void put_table(struct wp_writer *w, const struct run_totals *t)
{
    wp_put_text(w, "| plays | pass | inconclusive | fail | error | not applicable | not played | checks |\n"
                   "|--:|--:|--:|--:|--:|--:|--:|--:|\n| ");
    const size_t cells[] = {t->plays,
                            t->by_verdict[VERDICT_PASS],
                            t->by_verdict[VERDICT_INCONC],
                            t->by_verdict[VERDICT_FAIL],
                            t->by_verdict[VERDICT_ERROR],
                            t->not_applicable,
                            t->not_played,
                            t->checks};

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        wp_put_text(w, i > 0 ? " | " : "");
        wp_put_uint(w, cells[i]);
    }
    wp_put_text(w, " |\n\n");
}

static void put_statement_counts(struct wp_writer *w, const struct tally *tally)
{
    size_t by_verdict[VERDICT_ERROR + 1] = {0};
    bool some = false;

    for (size_t i = 0; i < tally->n; i++)
        if (i == 0 || strcmp(tally->at[i - 1].id, tally->at[i].id) != 0)
            by_verdict[tally_verdict(tally, tally->at[i].id)]++;
    wp_put_text(w, "Statements: ");
    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++) {
        if (by_verdict[v] == 0)
            continue;
        wp_put_text(w, some ? ", " : "");
        put_count(w, by_verdict[v], verdict_text((enum verdict)v));
        some = true;
    }
    wp_put_text(w, some ? "." : "none decided.");
}

static void put_sentences(struct wp_writer *w, const struct run_summary *run, const struct tally *tally)
{
    struct arena a = {0};
    size_t both, n = 0;

    put_statement_counts(w, tally);
    for (const struct disagreement *d = worlds_compare(&a, run->results, &both); d; d = d->next)
        n++;
    arena_free(&a);
    if (both > 0) {
        wp_put_char(w, ' ');
        put_count(w, both, "scenarios in both worlds, ");
        put_count(w, n, "with different verdicts.");
    }
    if (run->captures.replayed) {
        wp_put_char(w, ' ');
        put_count(w, run->captures.n, "captures replayed, ");
        put_count(w, run->captures.different + run->captures.unreadable, "not as expected.");
    }
    if (run->sut) {
        wp_put_text(w, " System under test: ");
        put_text(w, run->sut);
        wp_put_char(w, '.');
    }
    if (run->stale > 0) {
        wp_put_char(w, ' ');
        put_count(w, run->stale, "expected deviations did not occur.");
    }
    wp_put_text(w, " Seed ");
    wp_put_uint(w, run->seed);
    wp_put_text(w, run->strict ? ", strict.\n\n" : ".\n\n");
}

/* ---- what changed ----------------------------------------------------------------------------------- */

static void put_change(struct wp_writer *w, const struct change *c)
{
    wp_put_text(w, "- ");
    wp_put_text(w, change_text(c->kind));
    wp_put_text(w, c->is_statement ? ": statement " : ": ");
    put_text(w, c->name);
    wp_put_text(w, " (");
    put_text(w, c->world);
    wp_put_text(w, "), ");
    wp_put_text(w, c->was_there ? verdict_text(c->before) : "not there");
    wp_put_text(w, " before, ");
    wp_put_text(w, c->is_there ? verdict_text(c->after) : "not there");
    wp_put_text(w, " now\n");
}

static void put_changes(struct wp_writer *w, const struct changes *c)
{
    wp_put_text(w, "### Since the last run\n\nPlays: ");
    changes_put_counts(w, c->plays);
    wp_put_text(w, ". Statements: ");
    changes_put_counts(w, c->statements);
    wp_put_text(w, c->same_scope ? ".\n\n"
                                 : ". The two runs played different selections: only what both "
                                   "played is compared.\n\n");
    for (size_t i = 0; i < c->n && i < CHANGES_SHOWN; i++)
        put_change(w, &c->at[i]);
    if (c->n > CHANGES_SHOWN) {
        wp_put_text(w, "- and ");
        put_count(w, c->n - CHANGES_SHOWN, "more\n");
    }
    if (c->n > 0)
        wp_put_char(w, '\n');
}

/* ---- what fails ------------------------------------------------------------------------------------- */

static bool is_shown(const struct finding *f, bool strict)
{
    return f->verdict >= VERDICT_INCONC && finding_counts(f, strict);
}

static void put_finding(struct wp_writer *w, const struct scenario_result *r, const struct finding *f)
{
    wp_put_text(w, "  - ");
    for (size_t i = 0; i < f->n_statements; i++) {
        put_text(w, f->statements[i]);
        wp_put_char(w, ' ');
    }
    if (f->line > 0) {
        wp_put_char(w, '`');
        wp_put_text(w, r->file);
        wp_put_char(w, ':');
        wp_put_uint(w, (uint64_t)f->line);
        wp_put_text(w, "` ");
    }
    wp_put_text(w, f->kind);
    wp_put_text(w, ": ");
    put_text(w, f->text);
    wp_put_char(w, '\n');
}

static void put_play(struct wp_writer *w, const struct run_summary *run, const struct scenario_result *r)
{
    size_t shown = 0, more = 0;

    wp_put_text(w, "- **");
    wp_put_text(w, verdict_text(shown_verdict(r, run->strict)));
    wp_put_text(w, "** ");
    put_text(w, r->name);
    wp_put_text(w, " (");
    put_text(w, r->world);
    wp_put_text(w, ")");
    if (r->because) {
        wp_put_text(w, ": ");
        put_text(w, r->because);
    }
    wp_put_char(w, '\n');
    for (const struct finding *f = r->findings; f; f = f->next) {
        if (!is_shown(f, run->strict))
            continue;
        if (shown++ < FINDINGS_SHOWN)
            put_finding(w, r, f);
        else
            more++;
    }
    if (more > 0) {
        wp_put_text(w, "  - and ");
        put_count(w, more, "more\n");
    }
    wp_put_text(w, "  - again: `");
    put_repeat_command(w, r, run->seed);
    wp_put_text(w, "`\n");
}

static void put_plays(struct wp_writer *w, const struct run_summary *run)
{
    size_t shown = 0, more = 0;

    for (const struct scenario_result *r = run->results; r; r = r->next) {
        if (shown_verdict(r, run->strict) < VERDICT_INCONC)
            continue;
        if (shown == 0)
            wp_put_text(w, "### Not as expected\n\n");
        if (shown++ < PLAYS_SHOWN)
            put_play(w, run, r);
        else
            more++;
    }
    if (more > 0) {
        wp_put_text(w, "- and ");
        put_count(w, more, "more plays\n");
    }
    if (shown > 0)
        wp_put_char(w, '\n');
}

/* An error of ours, even where both plays are as expected. */
static void put_disagreements(struct wp_writer *w, const struct run_summary *run)
{
    struct arena a = {0};
    size_t both, shown = 0, more = 0;

    for (const struct disagreement *d = worlds_compare(&a, run->results, &both); d; d = d->next) {
        if (shown == 0)
            wp_put_text(w, "### The worlds differ\n\n");
        if (shown++ >= PLAYS_SHOWN) {
            more++;
            continue;
        }
        wp_put_text(w, "- **error** ");
        put_text(w, d->scenario->name);
        wp_put_text(w, ": ");
        put_text(w, d->text);
        wp_put_char(w, '\n');
    }
    if (more > 0) {
        wp_put_text(w, "- and ");
        put_count(w, more, "more\n");
    }
    if (shown > 0)
        wp_put_char(w, '\n');
    arena_free(&a);
}

static void put_failing_statements(struct wp_writer *w, const struct tally *tally)
{
    size_t shown = 0, more = 0;

    for (size_t i = 0; i < tally->n; i++) {
        const struct tally_entry *e = &tally->at[i];

        if (e->verdict < VERDICT_FAIL)
            continue;
        if (shown == 0)
            wp_put_text(w, "### Statements that fail\n\n| statement | world | scenario | what was seen |\n"
                           "|---|---|---|---|\n");
        if (shown++ >= STATEMENTS_SHOWN) {
            more++;
            continue;
        }
        wp_put_text(w, "| ");
        put_text(w, e->id);
        wp_put_text(w, " | ");
        put_text(w, e->world);
        wp_put_text(w, " | ");
        put_text(w, e->result->name);
        wp_put_text(w, " | ");
        put_text(w, e->finding->text);
        wp_put_text(w, " |\n");
    }
    if (more > 0) {
        wp_put_text(w, "\nand ");
        put_count(w, more, "more\n");
    }
}

/* ---- the page --------------------------------------------------------------------------------------- */

void report_put_markdown(struct wp_writer *w, const struct run_summary *run, const struct changes *changes)
{
    struct run_totals totals = run_count(run);
    struct tally tally = tally_new(run, NULL, NULL);

    put_title(w, run, &totals);
    put_table(w, &totals);
    put_sentences(w, run, &tally);
    if (changes)
        put_changes(w, changes);
    put_plays(w, run);
    put_disagreements(w, run);
    put_failing_statements(w, &tally);
    tally_free(&tally);
}

static const char CUT[] = "\n(The rest is left out: see the run's report.)\n";

static size_t last_line_end(const struct wp_writer *w)
{
    size_t n = w->n;

    while (n > 0 && w->p[n - 1] != '\n')
        n--;
    return n;
}

static void put_page(FILE *f, const struct run_summary *run, const struct changes *changes)
{
    char *text = malloc(MARKDOWN_MAX);
    struct wp_writer w = wp_writer(text, MARKDOWN_MAX - sizeof CUT);

    if (!text)
        abort();
    report_put_markdown(&w, run, changes);
    fwrite(text, 1, w.full ? last_line_end(&w) : w.n, f);
    if (w.full)
        fputs(CUT, f);
    free(text);
}

bool report_markdown(const struct run_summary *run, const struct changes *changes, const char *file)
{
    FILE *f = report_open(file);

    if (!f)
        return false;
    put_page(f, run, changes);
    return report_close(f, file);
}

bool report_markdown_append(const struct run_summary *run, const struct changes *changes, const char *file)
{
    FILE *f = fopen(file, "a");

    if (!f) {
        fprintf(stderr, "wattproof: %s: %s\n", file, strerror(errno));
        return false;
    }
    put_page(f, run, changes);
    return report_close(f, file);
}
