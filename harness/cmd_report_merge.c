/* report merge: the shards' folders become one. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/jobs.h"
#include "harness/merge.h"
#include "harness/run_dir.h"
#include "harness/run_finish.h"
#include "harness/run_outputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct merge_options {
    const char *out;
    struct run_outputs outputs;
};

static const struct arg rows[] = {
    ARG_OF(struct merge_options, 'o', NULL, "DIR", "where the whole run goes", arg_text, out),
    RUN_OUTPUT_ROWS(struct merge_options, outputs),
};

static const struct args args = {
    .command = "report merge",
    .usage = "report merge -o DIR [OPTIONS] SHARD...\n\n"
             "SHARD is the folder of `run --shard I/N -o SHARD`; all N of one run make DIR, as if it had "
             "been played\n"
             "at once.\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

/* ---- folders ---------------------------------------------------------------------------------------- */

static bool copy_bytes(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
    char block[65536];
    size_t n;
    bool good = out != NULL;

    while (good && (n = fread(block, 1, sizeof block, in)) > 0)
        good = fwrite(block, 1, n, out) == n;
    good = good && !ferror(in);
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        good = false;
    return good;
}

static bool copy_tree(const char *from, const char *to);

static bool copy_entry(const char *from, const char *to)
{
    struct stat st;

    if (lstat(from, &st) != 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return copy_tree(from, to);
    return !S_ISREG(st.st_mode) || copy_bytes(from, to); /* nothing else is of the run */
}

static bool copy_tree(const char *from, const char *to)
{
    struct dirent **entries;
    int n = scandir(from, &entries, NULL, alphasort);
    bool good = n >= 0 && make_dirs(to);

    for (int i = 0; i < n; i++) {
        char a[2048], b[2048];
        const char *name = entries[i]->d_name;

        snprintf(a, sizeof a, "%.1500s/%.255s", from, name);
        snprintf(b, sizeof b, "%.1500s/%.255s", to, name);
        if (good && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            good = copy_entry(a, b);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return good;
}

/* The plays' folders; a shard of which only run.json was kept has none, and is none the worse for it. */
static bool copy_plays(const struct run_file *shard, const char *dir, struct wp_writer *why)
{
    char from[1100], to[1100];
    struct stat st;

    snprintf(from, sizeof from, "%s/s", shard->dir);
    snprintf(to, sizeof to, "%s/s", dir);
    if (stat(from, &st) != 0 || copy_tree(from, to))
        return true;
    wp_put_text(why, to);
    wp_put_text(why, ": ");
    wp_put_text(why, strerror(errno));
    return false;
}

static bool is_same_dir(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* ---- the command ------------------------------------------------------------------------------------ */

static int complain(struct wp_writer *why, int code)
{
    fprintf(stderr, "wattproof: %s\n", wp_put_end(why));
    return code;
}

static int tell(const struct merge_options *o, const struct run_summary *run)
{
    struct terminal t =
        terminal_new(run_outputs_take_stdout(&o->outputs) ? stderr : stdout, 0, run->seed, run->strict);
    char path[1100];
    bool good;

    t.live = false; /* nothing is going on that could be watched */
    terminal_list(&t, run->results);
    run_put_totals(&t, run);
    run_compare_worlds(&t, run);
    run_put_captures(&t, run);
    run_put_changes(&t, run, o->out);
    snprintf(path, sizeof path, "%s/run.json", o->out);
    good = report_json(run, path);
    good = good && run_write_page(&t, o->out);
    good = run_outputs_write(&o->outputs, run, o->out, t.out) && good;
    return good ? run_exit_code(run) : EXIT_HARNESS;
}

static int merge(const struct merge_options *o, struct run_file *shards, size_t n)
{
    char text[1000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct run_summary whole;
    int code;

    if (!merge_fits(shards, n, &why) || !run_dir_prepare(o->out, o->out, NULL, &why))
        return complain(&why, EXIT_USAGE);
    for (size_t k = 0; k < n; k++)
        if (!copy_plays(&shards[k], o->out, &why))
            return complain(&why, EXIT_HARNESS);
    whole = merge_results(shards, n);
    code = tell(o, &whole);
    for (size_t k = 0; k < n; k++)
        shards[k].summary.results = NULL; /* all stand in one list now */
    shards[0].summary.results = whole.results;
    return code;
}

int cmd_report_merge(int argc, char **argv)
{
    struct merge_options o = {.out = NULL};
    char text[1000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct run_file *shards;
    int first, code = EXIT_AS_EXPECTED;
    size_t n = 0, given;
    enum args_end end = args_read(&args, argc, argv, &o, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    given = (size_t)(argc - first);
    if (!o.out || given == 0) {
        fprintf(stderr, "wattproof: report merge needs -o DIR and the folders of all shards\n");
        return EXIT_USAGE;
    }
    shards = calloc(given, sizeof *shards);
    if (!shards)
        abort();
    for (; n < given && code == EXIT_AS_EXPECTED; n++) {
        const char *path = argv[first + (int)n];

        if (is_same_dir(path, o.out)) {
            fprintf(stderr, "wattproof: %s is both a shard and where the whole run goes\n", path);
            code = EXIT_USAGE;
        } else if (!run_file_read(&shards[n], path, &why)) {
            code = complain(&why, EXIT_USAGE);
        }
    }
    if (code == EXIT_AS_EXPECTED)
        code = merge(&o, shards, n);
    for (size_t k = 0; k < n; k++)
        run_file_free(&shards[k]);
    free(shards);
    return code;
}
