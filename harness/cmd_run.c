/* run: scenarios in both worlds, side by side as processes, then the captures. */
#include "harness/cmd.h"
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/keys.h"
#include "harness/replay.h"
#include "harness/run_dir.h"
#include "harness/run_file.h"
#include "harness/run_finish.h"
#include "harness/run_plan.h"
#include "harness/run_sut.h"
#include "harness/select.h"
#include "harness/sut_report.h"

#include <stdio.h>
#include <sys/resource.h>

enum { LIVE_WORKERS = 16, MANY_DEVICES = 1000 };

static enum play_keep keep_of(const struct run_options *o, const struct scenario_list *list)
{
    if (o->keep != RUN_KEEP_BY_SIZE)
        return (enum play_keep)o->keep;
    for (size_t i = 0; i < list->n; i++)
        if (count_devices(list->at[i]) >= MANY_DEVICES)
            return KEEP_FAILED;
    return KEEP_ALL;
}

/* What happens while it plays. */
struct progress {
    struct terminal terminal;
    bool strict, fail_fast;
    char stopped_by[300]; /* the failure that ended it */
};

static bool on_finished(void *ctx, const struct job *job)
{
    struct progress *p = ctx;
    enum verdict v = shown_verdict(&job->result, p->strict);

    terminal_finished(&p->terminal, &job->result);
    if (!p->fail_fast || (v < VERDICT_FAIL && !(p->strict && v == VERDICT_INCONC)))
        return true;
    snprintf(p->stopped_by, sizeof p->stopped_by, "--fail-fast: %.200s (%s) came to %s", job->result.name,
             job->result.world, verdict_text(v));
    return false;
}

/* "ivy IVY-072"; what is compared is only what both runs were asked for. */
static const char *select_text(struct arena *a, const struct run_options *o)
{
    const char *text = o->only_failed ? "--failed" : "";

    for (size_t i = 0; i < o->n_select; i++)
        text = arena_print(a, "%s%s%s", text, *text ? " " : "", o->select[i]);
    return text;
}

/* Captures belong to a run of everything; of several shards the first has them. */
static bool with_captures(const struct run_options *o, const struct run_file *last)
{
    if (o->n_select > 0 || o->shard_i > 1 || o->sut)
        return false;
    return !o->only_failed || last->summary.captures.different + last->summary.captures.unreadable > 0;
}

static struct run_captures replay_captures(FILE *out)
{
    struct replay_counts counts;

    replay_everything(out, &counts);
    return (struct run_captures){.replayed = true,
                                 .n = counts.captures,
                                 .different = counts.different,
                                 .unreadable = counts.unreadable};
}

/* Everything has been played: said, compared with each other, replayed, written. */
static int finish(const struct run_options *o, struct terminal *terminal, struct run_summary *summary,
                  const char *dir, bool captures)
{
    char path[1100];
    int code;
    bool good;

    terminal_list(terminal, summary->results);
    run_put_totals(terminal, summary);
    run_compare_worlds(terminal, summary);
    if (captures && !summary->interrupted)
        summary->captures = replay_captures(terminal->out);
    run_put_changes(terminal, summary, dir);
    code = run_exit_code(summary);
    snprintf(path, sizeof path, "%s/run.json", dir);
    good = report_json(summary, path);
    good = good && run_write_page(terminal, dir);
    good = run_outputs_write(&o->outputs, summary, dir, terminal->out) && good;
    if (summary->interrupted)
        fprintf(stderr, "wattproof: interrupted\n");
    return good || code == EXIT_USAGE ? code : EXIT_HARNESS;
}

/* The plan is played and told. */
static int play_plan(const struct run_options *o, struct run_plan *plan, const struct scenario_list *list,
                     const struct contract_set *contracts, const struct sut *sut, const char *dir,
                     bool captures)
{
    struct arena a = {0};
    struct progress progress = {
        .terminal =
            terminal_new(run_outputs_take_stdout(&o->outputs) ? stderr : stdout, plan->n, o->seed, o->strict),
        .strict = o->strict,
        .fail_fast = o->fail_fast,
    };
    struct jobs_setup setup = {
        .play = {.keep = keep_of(o, list),
                 .seed = o->seed,
                 .contracts = contracts,
                 .plugin = home_plugin(),
                 .update = o->update,
                 .sut = sut},
        .workers_virtual = o->workers,
        .workers_live = sut && sut_is_alone(sut) ? 1 : LIVE_WORKERS,
        .finished = on_finished,
        .ctx = &progress,
    };
    struct run_summary summary = {
        .strict = o->strict,
        .seed = o->seed,
        .sut = sut ? sut->name : NULL,
        .select = select_text(&a, o),
        .worlds = run_worlds_text(o),
        .with_long = o->with_long,
        .long_left_out = plan->long_left_out,
        .repeat = o->repeat,
        .shard = plan->shard,
    };
    struct sut_run told;
    int code;

    summary.interrupted = jobs_run(&setup, plan->jobs, plan->n) == JOBS_INTERRUPTED;
    summary.results =
        run_plan_results(plan, summary.interrupted ? "the run was interrupted" : progress.stopped_by);
    told = (struct sut_run){.sut = sut, .results = summary.results, .scenarios = list};
    /* A part cannot tell: what passes in it may fail in another one, as expected. */
    summary.stale = sut && plan->shard.of == 0 ? sut_stale(&told) : 0;
    code = finish(o, &progress.terminal, &summary, dir, captures);
    if (sut)
        sut_put_conformance(&progress.terminal, &told, contracts);
    arena_free(&a);
    return code;
}

static int run(const struct run_options *o, const struct scenario_list *list,
               const struct contract_set *contracts, const struct run_file *last, struct run_sut *sut)
{
    char dir[1024], text[600];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct run_plan plan;
    bool captures = with_captures(o, last);
    int code = EXIT_USAGE;

    run_dir_name(dir, sizeof dir, o->out);
    plan = run_plan_make(o, list, dir, o->only_failed ? &last->summary : NULL);
    if (o->only_failed && plan.n == 0 && !captures) {
        fprintf(stderr, "wattproof: nothing to play: in the last run (%s) everything was as expected\n",
                last->path);
        code = EXIT_NOTHING_RAN;
    } else if (!run_dir_prepare(dir, o->out, o->since, &why)) {
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
    } else if (!run_sut_start(sut, dir)) {
        code = EXIT_HARNESS;
    } else {
        code = play_plan(o, &plan, list, contracts, run_sut_of(sut), dir, captures);
    }
    run_sut_stop(sut);
    run_plan_free(&plan);
    return code;
}

/* What --failed plays again. */
static int read_last(const struct run_options *o, struct run_file *last)
{
    char dir[1024], text[600];
    struct wp_writer why = wp_writer(text, sizeof text);

    run_dir_name(dir, sizeof dir, o->out);
    if (run_file_read(last, dir, &why))
        return EXIT_AS_EXPECTED;
    fprintf(stderr, "wattproof: --failed needs a run before this one: %s\n", wp_put_end(&why));
    return EXIT_NOTHING_RAN;
}

/* Thousands of meters are thousands of sockets. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int cmd_run(int argc, char **argv)
{
    struct run_options o;
    struct scenario_list list = {0};
    struct contract_set *contracts = NULL;
    static char why_text[16384];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    enum args_end end = run_options_read(argc, argv, &o);
    struct run_file last = {0};
    struct run_sut sut;
    char dir[1024];
    int code = EXIT_USAGE;

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (!keys_take_environment())
        return EXIT_USAGE;
    if (!run_sut_load(&sut, o.sut)) {
        run_sut_free(&sut);
        return EXIT_USAGE;
    }
    if (o.sut && !o.out) {
        run_sut_put_dir(&sut, dir, sizeof dir);
        o.out = dir;
    }
    if (o.only_failed && (code = read_last(&o, &last)) != EXIT_AS_EXPECTED) {
        run_sut_free(&sut);
        return code;
    }
    code = EXIT_USAGE;
    raise_file_limit();
    if (!select_scenarios(o.select, o.n_select, &list, &why))
        fprintf(stderr, "%s", wp_put_end(&why));
    else if (!(contracts = contracts_load(home_dir(), &why)))
        fprintf(stderr, "%s\n", wp_put_end(&why));
    else if (run_sut_check(&sut, contracts_catalogues(contracts)))
        code = run(&o, &list, contracts, &last, &sut);
    contracts_free(contracts);
    scenario_list_free(&list);
    run_file_free(&last);
    run_sut_free(&sut);
    return code;
}
