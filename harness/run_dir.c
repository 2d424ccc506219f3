#include "harness/run_dir.h"
#include "harness/home.h"
#include "harness/jobs.h"
#include "harness/run_file.h"
#include "harness/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

void run_dir_name(char *dir, size_t cap, const char *out)
{
    if (out)
        snprintf(dir, cap, "%s", out);
    else
        snprintf(dir, cap, "%s/reports/last", home_dir());
}

static bool complain(struct wp_writer *why, const char *path)
{
    wp_put_text(why, path);
    wp_put_text(why, ": ");
    wp_put_text(why, strerror(errno));
    return false;
}

/* The text of the run to compare with, read before anything is moved; none is fine unless it was asked for. */
static bool read_baseline(struct arena *a, const char *dir, const char *since, struct wp_slice *text,
                          struct wp_writer *why)
{
    char nowhere[200];
    struct wp_writer nobody = wp_writer(nowhere, sizeof nowhere);
    struct run_file run;

    *text = (struct wp_slice){NULL, 0};
    if (since) {
        if (!run_file_read(&run, since, why))
            return false;
        *text = file_read(a, run.path, why);
        run_file_free(&run);
        return text->p != NULL;
    }
    if (access(arena_print(a, "%s/run.json", dir), R_OK) == 0)
        *text = file_read(a, arena_print(a, "%s/run.json", dir), &nobody);
    else if (access(arena_print(a, "%s/previous.json", dir), R_OK) == 0) /* the last run did not end */
        *text = file_read(a, arena_print(a, "%s/previous.json", dir), &nobody);
    return true;
}

static bool write_baseline(const char *path, struct wp_slice text, struct wp_writer *why)
{
    FILE *f = fopen(path, "w");
    bool good = f && (text.n == 0 || fwrite(text.p, text.n, 1, f) == 1);

    if (f && fclose(f) != 0)
        good = false;
    return good || complain(why, path);
}

static bool clear(struct arena *a, const char *dir, bool is_last, struct wp_writer *why)
{
    const char *previous = arena_print(a, "%s/reports/previous", home_dir());

    if (is_last && (!remove_tree(previous) || (rename(dir, previous) != 0 && errno != ENOENT)))
        return complain(why, previous);
    if (!remove_tree(arena_print(a, "%s/s", dir)) || !make_dirs(dir))
        return complain(why, dir);
    if (unlink(arena_print(a, "%s/run.json", dir)) != 0 && errno != ENOENT)
        return complain(why, dir);
    return true;
}

bool run_dir_prepare(const char *dir, const char *out, const char *since, struct wp_writer *why)
{
    struct arena a = {0};
    struct wp_slice baseline;
    bool good = read_baseline(&a, dir, since, &baseline, why) && clear(&a, dir, out == NULL, why);

    if (good && baseline.p)
        good = write_baseline(arena_print(&a, "%s/previous.json", dir), baseline, why);
    arena_free(&a);
    return good;
}
