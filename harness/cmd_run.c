/* run: scenarios in both worlds, side by side as processes, then the captures. */
#include "harness/agree.h"
#include "harness/cmd.h"
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/jobs.h"
#include "harness/replay.h"
#include "harness/report.h"
#include "harness/select.h"
#include "harness/terminal.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LIVE_WORKERS = 16, SEED = 1 };

struct run_options {
    bool in_virtual, in_live, with_long, strict, captures;
    size_t workers;
    uint64_t seed;
    enum play_keep keep;
    bool has_keep;
    const char *junit, *tap, *json, *out;
};

static const char run_help[] =
    "wattproof run [SELECT...] [OPTIONS]\n\n"
    "SELECT is a scenario's name, a file, a folder, a statement id, a glob or an API; without it everything "
    "is\n"
    "played in both worlds and the captures are replayed.\n\n"
    "  --world both|virtual|live  where (both)\n"
    "  --long           live also what takes more than 15 s there\n"
    "  --strict         an inconclusive verdict or an undocumented message fails\n"
    "  -j N             virtual plays side by side (one for each processor)\n"
    "  --seed S         (1)\n"
    "  --keep all|messages|failed  what the transcripts hold (all; failed from 1000 devices on)\n"
    "  --junit FILE, --tap FILE, --json FILE  results for other tools; - is standard output\n"
    "  -o DIR           where results go (reports/last; what was there moves to reports/previous)\n";

static bool parse(int argc, char **argv, struct run_options *o)
{
    static const struct option long_options[] = {
        {"world", required_argument, NULL, 'w'}, {"long", no_argument, NULL, 'l'},
        {"strict", no_argument, NULL, 's'},      {"seed", required_argument, NULL, 'S'},
        {"keep", required_argument, NULL, 'k'},  {"junit", required_argument, NULL, 'J'},
        {"tap", required_argument, NULL, 'T'},   {"json", required_argument, NULL, 'N'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    int c;
    char *end = NULL;

    optind = 1;
    while ((c = getopt_long(argc, argv, "j:o:h", long_options, NULL)) != -1) {
        switch (c) {
        case 'w':
            o->in_virtual = strcmp(optarg, "live") != 0;
            o->in_live = strcmp(optarg, "virtual") != 0;
            if (strcmp(optarg, "both") != 0 && strcmp(optarg, "virtual") != 0 &&
                strcmp(optarg, "live") != 0) {
                fprintf(stderr, "wattproof: --world is both, virtual or live, not '%s'\n", optarg);
                return false;
            }
            break;
        case 'l': o->with_long = true; break;
        case 's': o->strict = true; break;
        case 'S':
        case 'j': {
            unsigned long long v = strtoull(optarg, &end, 10);

            if (*optarg == 0 || *end != 0 || *optarg == '-' || (c == 'j' && (v == 0 || v > 256))) {
                fprintf(stderr, "wattproof: '%s' is no number%s\n", optarg, c == 'j' ? " from 1 to 256" : "");
                return false;
            }
            if (c == 'j')
                o->workers = (size_t)v;
            else
                o->seed = v;
            break;
        }
        case 'k':
            o->has_keep = true;
            o->keep = strcmp(optarg, "all") == 0        ? KEEP_ALL
                      : strcmp(optarg, "messages") == 0 ? KEEP_MESSAGES
                                                        : KEEP_FAILED;
            if (o->keep == KEEP_FAILED && strcmp(optarg, "failed") != 0) {
                fprintf(stderr, "wattproof: --keep is all, messages or failed, not '%s'\n", optarg);
                return false;
            }
            break;
        case 'J': o->junit = optarg; break;
        case 'T': o->tap = optarg; break;
        case 'N': o->json = optarg; break;
        case 'o': o->out = optarg; break;
        case 'h': fputs(run_help, stdout); exit(EXIT_AS_EXPECTED);
        default: return false;
        }
    }
    return true;
}

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

static size_t count_devices(const struct scenario *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_devices; i++)
        n += s->devices[i].count;
    return n;
}

/* Roughly how long it will take: waits are what live plays are made of. */
static int64_t expected_us(const struct scenario *s, enum play_world world)
{
    int64_t sum = 1000;

    for (size_t i = 0; i < s->n_steps; i++) {
        const struct step *step = &s->steps[i];

        if (step->kind == STEP_WAIT)
            sum += node_duration_or(step->node, 0);
        else if (step->kind == STEP_AT && node_duration_or(step->node, 0) > sum)
            sum = node_duration_or(step->node, 0);
        else if (step->kind == STEP_NONE)
            sum += node_duration_or(node_get(step->node, "within"), WP_SEC(1));
    }
    return world == PLAY_LIVE ? sum : 1000 + (int64_t)count_devices(s);
}

struct plan {
    struct job *jobs;
    size_t n, long_left_out;
};

static void add_job(struct plan *p, struct scenario *s, enum play_world world, const char *dir)
{
    struct job *j = &p->jobs[p->n++];
    char name[200];

    job_dir_name(name, sizeof name, s->name);
    *j = (struct job){.scenario = s, .world = world, .expected_us = expected_us(s, world)};
    snprintf(j->dir, sizeof j->dir, "%s/s/%s/%s", dir, world == PLAY_VIRTUAL ? "virtual" : "live", name);
}

/* A sweep plays its first, middle and last case when live. */
static bool is_live_case(const struct scenario_list *list, size_t i)
{
    size_t first = i, last = i;

    if (!list->at[i]->sweep_case)
        return true;
    while (first > 0 && strcmp(list->at[first - 1]->file, list->at[i]->file) == 0)
        first--;
    while (last + 1 < list->n && strcmp(list->at[last + 1]->file, list->at[i]->file) == 0)
        last++;
    return i == first || i == last || i == first + (last - first) / 2;
}

static struct plan make_plan(const struct run_options *o, const struct scenario_list *list, const char *dir)
{
    struct plan p = {.jobs = calloc(2 * list->n + 1, sizeof *p.jobs)};

    if (!p.jobs)
        abort();
    for (size_t i = 0; i < list->n; i++)
        if (o->in_virtual && list->at[i]->in_virtual)
            add_job(&p, list->at[i], PLAY_VIRTUAL, dir);
    for (size_t i = 0; i < list->n; i++) {
        struct scenario *s = list->at[i];

        if (!o->in_live || !s->in_live || !is_live_case(list, i))
            continue;
        if (s->is_long && !o->with_long)
            p.long_left_out++;
        else
            add_job(&p, s, PLAY_LIVE, dir);
    }
    return p;
}

static void on_finished(void *ctx, const struct job *job)
{
    terminal_finished(ctx, &job->result);
}

static void link_results(struct plan *p)
{
    for (size_t i = 0; i + 1 < p->n; i++)
        p->jobs[i].result.next = &p->jobs[i + 1].result;
}

static int exit_code(const struct run_totals *t, bool strict, int replayed)
{
    if (t->by_verdict[VERDICT_ERROR] > 0)
        return EXIT_HARNESS;
    if (replayed == EXIT_USAGE || replayed == EXIT_HARNESS)
        return replayed;
    if (t->by_verdict[VERDICT_FAIL] > 0 || replayed == EXIT_FAILED)
        return EXIT_FAILED;
    if (t->by_verdict[VERDICT_PASS] + t->by_verdict[VERDICT_INCONC] == 0)
        return EXIT_NOTHING_RAN;
    if (strict && t->by_verdict[VERDICT_INCONC] > 0)
        return EXIT_INCONC;
    return EXIT_AS_EXPECTED;
}

static void put_totals(struct terminal *t, const struct run_totals *totals, const struct plan *p)
{
    FILE *f = t->out;

    fprintf(f, "%zu plays:", p->n);
    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++)
        if (totals->by_verdict[v] > 0)
            fprintf(f, " %s%zu %s%s", terminal_colour(t, (enum verdict)v), totals->by_verdict[v],
                    verdict_text((enum verdict)v), terminal_plain(t));
    if (totals->not_applicable > 0)
        fprintf(f, " %zu not applicable", totals->not_applicable);
    fprintf(f, "; %zu checks decided\n", totals->checks);
    if (p->long_left_out > 0)
        fprintf(f, "%zu long scenarios were not played live; --long plays them too\n",
                p->long_left_out);
}

/* The virtual world is worth what its likeness to the live one is: a difference is our error. */
static size_t compare_worlds(struct terminal *t, const struct plan *p)
{
    struct arena a = {0};
    size_t both = 0, different = 0;

    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = i + 1; k < p->n; k++) {
            const struct scenario_result *x = &p->jobs[i].result, *y = &p->jobs[k].result;
            const char *difference;

            if (p->jobs[i].scenario != p->jobs[k].scenario || !x->applicable || !y->applicable)
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

static bool write_reports(const struct run_options *o, const struct run_summary *run, const char *dir)
{
    char path[1100];
    bool good;

    snprintf(path, sizeof path, "%s/run.json", dir);
    good = report_json(run, path);
    good = (!o->junit || report_junit(run, o->junit)) && good;
    good = (!o->tap || report_tap(run, o->tap)) && good;
    return (!o->json || report_json(run, o->json)) && good;
}

static int run(const struct run_options *o, const struct scenario_list *list,
               const struct contract_set *contracts)
{
    char dir[1024];
    struct plan plan;
    struct terminal terminal;
    struct run_summary summary = {.strict = o->strict, .seed = o->seed};
    struct run_totals totals;
    struct jobs_setup setup = {
        .play = {.keep = o->keep, .seed = o->seed, .contracts = contracts, .plugin = home_plugin()},
        .workers_virtual = o->workers,
        .workers_live = LIVE_WORKERS,
        .finished = on_finished,
    };
    size_t different;
    bool good;
    int code = EXIT_AS_EXPECTED;

    if (!prepare_out(o, dir, sizeof dir)) {
        fprintf(stderr, "wattproof: %s: %s\n", dir, strerror(errno));
        return EXIT_HARNESS;
    }
    plan = make_plan(o, list, dir);
    terminal =
        terminal_new(o->junit && strcmp(o->junit, "-") == 0 ? stderr : stdout, plan.n, o->seed, o->strict);
    setup.ctx = &terminal;
    good = jobs_run(&setup, plan.jobs, plan.n);
    link_results(&plan);
    summary.results = plan.n > 0 ? &plan.jobs[0].result : NULL;
    if (good) {
        terminal_list(&terminal, summary.results);
        totals = run_count(&summary);
        put_totals(&terminal, &totals, &plan);
        different = compare_worlds(&terminal, &plan);
        if (o->captures)
            code = replay_everything(terminal.out);
        code = different > 0 ? EXIT_HARNESS : exit_code(&totals, o->strict, code);
        if (!write_reports(o, &summary, dir) && code != EXIT_USAGE)
            code = EXIT_HARNESS;
    } else {
        fprintf(stderr, "\nwattproof: interrupted\n");
        code = EXIT_INTERRUPTED;
    }
    for (size_t i = 0; i < plan.n; i++)
        result_free(&plan.jobs[i].result);
    free(plan.jobs);
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
    struct run_options o = {
        .in_virtual = true, .in_live = true, .seed = SEED, .workers = (size_t)sysconf(_SC_NPROCESSORS_ONLN)};
    struct scenario_list list = {0};
    static char why_text[16384];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct contract_set *contracts;
    int code;

    if (!parse(argc, argv, &o))
        return EXIT_USAGE;
    o.captures = optind == argc;
    raise_file_limit();
    if (!select_scenarios((const char *const *)argv + optind, (size_t)(argc - optind), &list, &why)) {
        fprintf(stderr, "%s", wp_put_end(&why));
        scenario_list_free(&list);
        return EXIT_USAGE;
    }
    contracts = contracts_load(home_dir(), &why);
    if (!contracts) {
        fprintf(stderr, "%s\n", wp_put_end(&why));
        scenario_list_free(&list);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < list.n && !o.has_keep; i++)
        if (count_devices(list.at[i]) >= 1000)
            o.keep = KEEP_FAILED;
    code = run(&o, &list, contracts);
    contracts_free(contracts);
    scenario_list_free(&list);
    return code;
}
