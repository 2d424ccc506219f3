/* diff: two runs, or two systems under test on the same scenarios, beside each other. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/run_diff.h"

struct diff_options {
    bool json;
};

static const struct arg rows[] = {
    ARG_OF(struct diff_options, 0, "json", NULL, "as one JSON object", arg_switch, json),
};

static const struct args args = {
    .command = "diff",
    .usage =
        "diff A B [--json]\n\n"
        "A and B are the folders of two runs, or their run.json. Statements and plays that came to "
        "something\n"
        "else are told, and of each play the first record in which the two transcripts differ: records are\n"
        "aligned by kind, machine and topic; times and sequence numbers are not compared.\n",
    .ending = "Exit: 0 equal, 1 different, 2 a run or a transcript that cannot be read\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

static bool read_run(struct run_file *run, const char *path)
{
    char text[1200];
    struct wp_writer why = wp_writer(text, sizeof text);
    bool good = run_file_read(run, path, &why);

    if (!good)
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
    return good;
}

static int diff(const struct diff_options *o, const struct run_file *a, const struct run_file *b)
{
    struct run_diff d;
    int code;

    run_diff_find(&d, a, b, stderr);
    (o->json ? run_diff_put_json : run_diff_put_text)(stdout, &d, a, b);
    code = d.unreadable > 0 ? EXIT_USAGE : d.first ? EXIT_FAILED : EXIT_AS_EXPECTED;
    run_diff_free(&d);
    return code;
}

int cmd_diff(int argc, char **argv)
{
    struct diff_options o = {false};
    struct run_file a, b;
    int first, code = EXIT_USAGE;
    enum args_end end = args_read(&args, argc, argv, &o, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (argc - first != 2) {
        fprintf(stderr, "wattproof: diff takes two runs: wattproof diff --help\n");
        return EXIT_USAGE;
    }
    if (!read_run(&a, argv[first]))
        return EXIT_USAGE;
    if (read_run(&b, argv[first + 1])) {
        code = diff(&o, &a, &b);
        run_file_free(&b);
    }
    run_file_free(&a);
    return code;
}
