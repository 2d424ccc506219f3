/* run: scenarios in both worlds, side by side as processes, then the captures. */
#include "harness/cmd.h"
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/replay.h"
#include "harness/run_finish.h"
#include "harness/select.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

enum { LIVE_WORKERS = 16, MANY_DEVICES = 1000 };

/* reports/last becomes reports/previous, so that two runs can be compared. */
static bool prepare_out(const struct run_options *o, char *dir, size_t cap)
{
    char previous[1024];

    if (o->out) {
        char s[1100];

        snprintf(dir, cap, "%s", o->out);
        snprintf(s, sizeof s, "%s/s", dir);
        remove_tree(s);
        return make_dirs(dir);
    }
    snprintf(dir, cap, "%s/reports/last", home_dir());
    snprintf(previous, sizeof previous, "%s/reports/previous", home_dir());
    remove_tree(previous);
    if (rename(dir, previous) != 0 && errno != ENOENT)
        return false;
    return make_dirs(dir);
}

static enum play_keep keep_of(const struct run_options *o, const struct scenario_list *list)
{
    if (o->keep != RUN_KEEP_BY_SIZE)
        return (enum play_keep)o->keep;
    for (size_t i = 0; i < list->n; i++)
        if (count_devices(list->at[i]) >= MANY_DEVICES)
            return KEEP_FAILED;
    return KEEP_ALL;
}

static void on_finished(void *ctx, const struct job *job)
{
    terminal_finished(ctx, &job->result);
}

/* Everything has been played: said, compared with each other, replayed, written. */
static int finish(struct terminal *terminal, struct run_end *end)
{
    int code;

    terminal_list(terminal, end->summary->results);
    run_put_totals(terminal, end);
    end->different = run_compare_worlds(terminal, end->plan);
    if (end->options->n_select == 0)
        end->replayed = replay_everything(terminal->out);
    code = run_exit_code(end);
    if (!run_write_reports(end) && code != EXIT_USAGE)
        code = EXIT_HARNESS;
    return code;
}

static int run(const struct run_options *o, const struct scenario_list *list,
               const struct contract_set *contracts)
{
    char dir[1024];
    struct run_plan plan;
    struct terminal terminal;
    struct run_summary summary = {.strict = o->strict, .seed = o->seed};
    struct run_end end = {.options = o, .plan = &plan, .summary = &summary, .dir = dir};
    struct jobs_setup setup = {
        .play = {.keep = keep_of(o, list), .seed = o->seed, .contracts = contracts, .plugin = home_plugin()},
        .workers_virtual = o->workers,
        .workers_live = LIVE_WORKERS,
        .finished = on_finished,
        .ctx = &terminal,
    };
    int code = EXIT_INTERRUPTED;

    if (!prepare_out(o, dir, sizeof dir)) {
        fprintf(stderr, "wattproof: %s: %s\n", dir, strerror(errno));
        return EXIT_HARNESS;
    }
    plan = run_plan_make(o, list, dir);
    terminal =
        terminal_new(o->junit && strcmp(o->junit, "-") == 0 ? stderr : stdout, plan.n, o->seed, o->strict);
    if (jobs_run(&setup, plan.jobs, plan.n)) {
        summary.results = run_plan_results(&plan);
        code = finish(&terminal, &end);
    } else {
        fprintf(stderr, "\nwattproof: interrupted\n");
    }
    run_plan_free(&plan);
    return code;
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
    int code = EXIT_USAGE;

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    raise_file_limit();
    if (!select_scenarios(o.select, o.n_select, &list, &why))
        fprintf(stderr, "%s", wp_put_end(&why));
    else if (!(contracts = contracts_load(home_dir(), &why)))
        fprintf(stderr, "%s\n", wp_put_end(&why));
    else
        code = run(&o, &list, contracts);
    contracts_free(contracts);
    scenario_list_free(&list);
    return code;
}
