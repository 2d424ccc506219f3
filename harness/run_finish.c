#include "harness/run_finish.h"
#include "harness/agree.h"
#include "harness/cmd.h"

#include <stdio.h>

void run_put_totals(struct terminal *t, const struct run_end *end)
{
    struct run_totals totals = run_count(end->summary);
    FILE *f = t->out;

    fprintf(f, "%zu plays:", end->plan->n);
    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++)
        if (totals.by_verdict[v] > 0)
            fprintf(f, " %s%zu %s%s", terminal_colour(t, (enum verdict)v), totals.by_verdict[v],
                    verdict_text((enum verdict)v), terminal_plain(t));
    if (totals.not_applicable > 0)
        fprintf(f, " %zu not applicable", totals.not_applicable);
    fprintf(f, "; %zu checks decided\n", totals.checks);
    if (end->plan->long_left_out > 0)
        fprintf(f, "%zu long scenarios were not played live; --long plays them too\n",
                end->plan->long_left_out);
}

size_t run_compare_worlds(struct terminal *t, const struct run_plan *plan)
{
    struct arena a = {0};
    size_t both = 0, different = 0;

    for (size_t i = 0; i < plan->n; i++) {
        for (size_t k = i + 1; k < plan->n; k++) {
            const struct scenario_result *x = &plan->jobs[i].result, *y = &plan->jobs[k].result;
            const char *difference;

            if (plan->jobs[i].scenario != plan->jobs[k].scenario || !x->applicable || !y->applicable)
                continue;
            both++;
            difference = worlds_differ(&a, x, y);
            if (!difference)
                continue;
            different++;
            fprintf(t->out, "%serror%s the worlds differ on %s: %s\n", terminal_colour(t, VERDICT_ERROR),
                    terminal_plain(t), x->name, difference);
        }
    }
    if (both > 0)
        fprintf(t->out, "%zu scenarios played in both worlds, %zu with different verdicts\n", both,
                different);
    arena_free(&a);
    return different;
}

bool run_write_reports(const struct run_end *end)
{
    const struct run_options *o = end->options;
    char path[1100];
    bool good;

    snprintf(path, sizeof path, "%s/run.json", end->dir);
    good = report_json(end->summary, path);
    good = (!o->junit || report_junit(end->summary, o->junit)) && good;
    good = (!o->tap || report_tap(end->summary, o->tap)) && good;
    return (!o->json || report_json(end->summary, o->json)) && good;
}

int run_exit_code(const struct run_end *end)
{
    struct run_totals t = run_count(end->summary);

    if (end->replayed == EXIT_USAGE)
        return EXIT_USAGE;
    if (end->different > 0 || t.by_verdict[VERDICT_ERROR] > 0 || end->replayed == EXIT_HARNESS)
        return EXIT_HARNESS;
    if (t.by_verdict[VERDICT_FAIL] > 0 || end->replayed == EXIT_FAILED)
        return EXIT_FAILED;
    if (t.by_verdict[VERDICT_PASS] + t.by_verdict[VERDICT_INCONC] == 0)
        return EXIT_NOTHING_RAN;
    if (end->options->strict && t.by_verdict[VERDICT_INCONC] > 0)
        return EXIT_INCONC;
    return EXIT_AS_EXPECTED;
}
