/* Whole capture files: one with its golden, or all of a folder. */
#include "harness/golden.h"
#include "harness/keys.h"
#include "harness/through.h"
#include "harness/home.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for the captures\n", stderr);
        abort();
    }
    return p;
}

/* ---- where lines go --------------------------------------------------------------------------------- */

struct to_file {
    struct replay_lines lines; /* first */
    FILE *file;                /* NULL: nowhere */
    struct replay_lines *also; /* NULL: nobody */
};

static void write_line(struct replay_lines *lines, struct wp_slice line)
{
    struct to_file *to = (struct to_file *)lines;

    if (to->file) {
        fwrite_unlocked(line.p, 1, line.n, to->file); /* no other thread writes */
        putc_unlocked('\n', to->file);
    }
    if (to->also)
        to->also->line(to->also, line);
}

/* ---- one file --------------------------------------------------------------------------------------- */

static void complain(FILE *problems, struct wp_writer *why)
{
    if (why->n)
        fprintf(problems, "wattproof: %s\n", wp_put_end(why));
}

static enum replay_end replay_lines_of(const struct replay_file *file, struct golden *golden,
                                       struct replay_summary *summary, struct wp_writer *why)
{
    struct to_file text = {{write_line}, file->text, golden ? golden_lines(golden) : NULL};
    struct to_file json = {{write_line}, file->json, NULL};
    struct replay_setup setup = {.codec = file->codec, .strict = file->strict};
    struct capture *capture = capture_open_follow(file->path, file->follow, why);
    enum replay_end end;

    if (!capture)
        return REPLAY_UNREADABLE;
    if (file->text || golden)
        setup.out[0] = replay_text_new(&text.lines);
    if (file->json)
        setup.out[1] = replay_json_new(&json.lines);
    if (file->contracts)
        setup.judge = replay_judge_new(file->contracts, file->api);
    end = replay_capture(&setup, capture, summary, why);
    if (end == REPLAY_CLEAN && file->api && summary->judged == 0) {
        end = REPLAY_NOTHING;
        wp_put_text(why, file->path);
        wp_put_text(why, ": no message on a topic of ");
        wp_put_text(why, file->api);
    }
    replay_judge_free(setup.judge);
    replay_text_free(setup.out[0]);
    replay_json_free(setup.out[1]);
    return end;
}

enum replay_end replay_file(const struct replay_file *file, struct replay_summary *summary, FILE *problems)
{
    char memory[8192];
    struct wp_writer why = wp_writer(memory, sizeof memory);
    struct replay_summary own;
    struct golden *golden = NULL;
    enum replay_end end = REPLAY_UNREADABLE;
    bool has_own_keys = keys_take_beside(file->path, &why);

    summary = summary ? summary : &own;
    memset(summary, 0, sizeof *summary);
    if (file->golden)
        golden = file->update ? golden_new(file->golden) : golden_open(file->golden, &why);
    if (why.n == 0 && (golden || !file->golden))
        end = replay_lines_of(file, golden, summary, &why);
    if (golden && end != REPLAY_UNREADABLE) {
        if (file->update)
            end = golden_save(golden, "replay", summary->frames, &why) ? end : REPLAY_UNREADABLE;
        else
            end = golden_compare(golden, &why) ? REPLAY_CLEAN : REPLAY_FINDINGS;
    }
    complain(problems, &why);
    golden_free(golden);
    if (has_own_keys)
        keys_forget();
    return end;
}

char *replay_golden_path(const char *capture)
{
    size_t n = strlen(capture);
    char *path = get_memory(NULL, n + sizeof ".expect");

    memcpy(path, capture, n);
    memcpy(path + n, ".expect", sizeof ".expect");
    return path;
}

/* ---- a folder --------------------------------------------------------------------------------------- */

/* nftw has no argument for its visitor. */
static struct {
    char **path;
    size_t n, cap;
} found;

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_capture(const char *path)
{
    static const char *const ends[] = {".pcap", ".pcapng", ".pcap.gz", ".pcapng.gz"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(path, ends[i]))
            return true;
    return false;
}

static int visit_path(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)place;
    if (type != FTW_F || !(is_capture(path)))
        return 0;
    if (found.n == found.cap) {
        found.cap = found.cap ? found.cap * 2 : 64;
        found.path = get_memory(found.path, found.cap * sizeof found.path[0]);
    }
    found.path[found.n] = get_memory(NULL, strlen(path) + 1);
    strcpy(found.path[found.n++], path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_result(FILE *out, const char *name, enum replay_end end, bool has_golden,
                       const struct replay_summary *sum)
{
    fprintf(out, "%s: ", name);
    if (end == REPLAY_UNREADABLE)
        fputs("unreadable\n", out);
    else
        fprintf(out, "%" PRIu64 " frames, %" PRIu64 " findings%s\n", sum->n_frames, replay_findings(sum),
                !has_golden           ? "; no golden, replay --update writes it"
                : end == REPLAY_CLEAN ? ", as expected"
                                      : ", not as expected");
}

/* A golden of what the reference gateway makes of it is a capture's second one. */
static void compare_through(const char *path, const char *name, FILE *out, struct replay_counts *counts)
{
    char *golden = through_golden_path(path);
    struct through t = {.path = path, .golden = golden};
    enum replay_end end;

    if (access(golden, F_OK) == 0) {
        end = through_gateway(&t, out);
        counts->captures++;
        counts->unreadable += end == REPLAY_UNREADABLE || end == REPLAY_NOTHING;
        counts->different += end == REPLAY_FINDINGS;
        counts->as_expected += end == REPLAY_CLEAN;
        fprintf(out, "%s through the gateway: %s\n", name,
                end == REPLAY_CLEAN      ? "as expected"
                : end == REPLAY_FINDINGS ? "not as expected"
                                         : "cannot be played");
    }
    free(golden);
}

static void replay_one(const char *path, const char *name, struct judge_contracts *contracts, FILE *out,
                       struct replay_counts *counts)
{
    char *golden = replay_golden_path(path);
    struct replay_file file = {
        .path = path, .golden = access(golden, F_OK) == 0 ? golden : NULL, .contracts = contracts};
    struct replay_summary sum;
    enum replay_end end = replay_file(&file, &sum, out);

    counts->captures++;
    counts->frames += sum.n_frames;
    counts->unreadable += end == REPLAY_UNREADABLE;
    counts->different += end == REPLAY_FINDINGS;
    counts->as_expected += end == REPLAY_CLEAN && file.golden;
    counts->without_golden += end != REPLAY_UNREADABLE && !file.golden;
    say_result(out, name, end, file.golden, &sum);
    compare_through(path, name, out, counts);
    free(golden);
}

struct replay_counts replay_all(const char *dir, FILE *out)
{
    struct judge_contracts *contracts = judge_contracts_new(home_dir());
    struct replay_counts counts = {0};
    size_t above = strlen(dir);

    while (above > 0 && dir[above - 1] == '/')
        above--;
    found.n = 0;
    if (nftw(dir, visit_path, 16, FTW_PHYS) != 0 && errno != ENOENT) {
        fprintf(out, "wattproof: %s: %s\n", dir, strerror(errno));
        counts.unreadable++;
    }
    if (found.n)
        qsort(found.path, found.n, sizeof found.path[0], by_name);
    for (size_t i = 0; i < found.n; i++) {
        replay_one(found.path[i], found.path[i] + above + 1, contracts, out, &counts);
        free(found.path[i]);
    }
    free(found.path);
    memset(&found, 0, sizeof found);
    judge_contracts_free(contracts);
    return counts;
}
