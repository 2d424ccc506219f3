#include "harness/run_finish.h"
#include "harness/agree.h"
#include "harness/changes.h"
#include "harness/cmd.h"
#include "harness/home.h"
#include "harness/report_html.h"
#include "harness/run_file.h"

#include <stdio.h>

void run_put_totals(struct terminal *t, const struct run_summary *run)
{
    struct run_totals totals = run_count(run);
    FILE *f = t->out;

    fprintf(f, "%zu plays:", totals.plays);
    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++)
        if (totals.by_verdict[v] > 0)
            fprintf(f, " %s%zu %s%s", terminal_colour(t, (enum verdict)v), totals.by_verdict[v],
                    verdict_text((enum verdict)v), terminal_plain(t));
    if (totals.not_applicable > 0)
        fprintf(f, " %zu not applicable", totals.not_applicable);
    if (totals.not_played > 0)
        fprintf(f, " %s%zu not played%s", terminal_colour(t, VERDICT_INCONC), totals.not_played,
                terminal_plain(t));
    fprintf(f, "; %zu checks decided\n", totals.checks);
    if (run->shard.of > 0)
        fprintf(f, "shard %zu of %zu: these are %zu of %zu plays\n", run->shard.i, run->shard.of,
                totals.plays, run->shard.n_plays);
    if (run->long_left_out > 0)
        fprintf(f, "%zu long scenarios were not played live; --long plays them too\n", run->long_left_out);
}

void run_put_captures(struct terminal *t, const struct run_summary *run)
{
    const struct run_captures *c = &run->captures;

    if (c->replayed)
        fprintf(t->out, "captures: %zu as expected, %zu not, %zu unreadable\n",
                c->n - c->different - c->unreadable, c->different, c->unreadable);
}

size_t run_compare_worlds(struct terminal *t, const struct run_summary *run)
{
    struct arena a = {0};
    size_t both, different = 0;

    for (const struct disagreement *d = worlds_compare(&a, run->results, &both); d; d = d->next) {
        different++;
        fprintf(t->out, "%serror%s the worlds differ on %s: %s\n", terminal_colour(t, VERDICT_ERROR),
                terminal_plain(t), d->scenario->name, d->text);
    }
    if (both > 0)
        fprintf(t->out, "%zu scenarios played in both worlds, %zu with different verdicts\n", both,
                different);
    arena_free(&a);
    return different;
}

void run_put_changes(struct terminal *t, const struct run_summary *run, const char *dir)
{
    char text[600];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct run_file before;
    struct changes c;

    if (!run_file_read_previous(&before, dir, &w))
        return;
    c = changes_find(&before.summary, run);
    if (c.n > 0) {
        w = wp_writer(text, sizeof text);
        wp_put_text(&w, "since the last run: plays: ");
        changes_put_counts(&w, c.plays);
        wp_put_text(&w, "; statements: ");
        changes_put_counts(&w, c.statements);
        fprintf(t->out, "%s\n", wp_put_end(&w));
    }
    changes_free(&c);
    run_file_free(&before);
}

bool run_write_page(const struct terminal *t, const char *dir)
{
    static char text[16384];
    struct wp_writer why = wp_writer(text, sizeof text);
    bool good = report_html_of(dir, &why);

    if (good && t->live)
        fprintf(t->out, "the page: %s/report.html\n", home_relative(dir));
    if (!good)
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
    return good;
}

int run_exit_code(const struct run_summary *run)
{
    struct run_totals t = run_count(run);
    struct arena a = {0};
    size_t both;
    bool different = worlds_compare(&a, run->results, &both) != NULL;

    arena_free(&a);
    if (run->interrupted)
        return EXIT_INTERRUPTED;
    if (run->captures.unreadable > 0)
        return EXIT_USAGE;
    if (different || t.by_verdict[VERDICT_ERROR] > 0)
        return EXIT_HARNESS;
    if (t.by_verdict[VERDICT_FAIL] > 0 || run->captures.different > 0)
        return EXIT_FAILED;
    if (run->stale > 0)
        return EXIT_STALE;
    if (t.by_verdict[VERDICT_PASS] + t.by_verdict[VERDICT_INCONC] + run->captures.n == 0)
        return EXIT_NOTHING_RAN;
    if (run->strict && t.by_verdict[VERDICT_INCONC] > 0)
        return EXIT_INCONC;
    return EXIT_AS_EXPECTED;
}
