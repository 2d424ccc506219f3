/* report: what a finished run says, told and written again from its folder, its page too. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/keys.h"
#include "harness/run_dir.h"
#include "harness/run_file.h"
#include "harness/run_finish.h"
#include "harness/run_outputs.h"

#include <string.h>

struct report_options {
    struct run_outputs outputs;
};

static const struct arg rows[] = {RUN_OUTPUT_ROWS(struct report_options, outputs)};

static const struct args args = {
    .command = "report",
    .usage = "report [DIR] [OPTIONS]        what the run in DIR (reports/last) came to\n"
             "wattproof report merge -o DIR SHARD...  the shards of one run made one\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

static bool tell(const struct report_options *o, const struct run_file *run)
{
    const struct run_summary *s = &run->summary;
    struct terminal t =
        terminal_new(run_outputs_take_stdout(&o->outputs) ? stderr : stdout, 0, s->seed, s->strict);
    bool good;

    for (const struct scenario_result *r = s->results; r; r = r->next)
        if (shown_verdict(r, s->strict) >= VERDICT_INCONC)
            terminal_failure(&t, r);
    run_put_totals(&t, s);
    run_compare_worlds(&t, s);
    run_put_captures(&t, s);
    run_put_changes(&t, s, run->dir);
    good = run_write_page(&t, run->dir);
    return run_outputs_write(&o->outputs, s, run->dir, t.out) && good;
}

int cmd_report(int argc, char **argv)
{
    struct report_options o = {.outputs = {0}};
    char last[1024], text[1000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct run_file run;
    int first;
    enum args_end end;
    bool good;

    if (argc > 1 && strcmp(argv[1], "merge") == 0)
        return cmd_report_merge(argc - 1, argv + 1);
    end = args_read(&args, argc, argv, &o, &first);
    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (argc - first > 1) {
        fprintf(stderr, "wattproof: report takes one folder, not '%s' too\n", argv[first + 1]);
        return EXIT_USAGE;
    }
    if (!keys_take_environment())
        return EXIT_USAGE;
    run_dir_name(last, sizeof last, NULL);
    if (!run_file_read(&run, first < argc ? argv[first] : last, &why)) {
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
        return EXIT_USAGE;
    }
    good = tell(&o, &run);
    run_file_free(&run);
    return good ? EXIT_AS_EXPECTED : EXIT_HARNESS;
}
