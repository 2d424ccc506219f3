#include "harness/golden.h"

#include "harness/play_golden.h"
#include "sim/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXCERPT_BEFORE = 100, EXCERPT_BYTES = 400 };

static const char head[] = "# wattproof ";

struct golden {
    struct replay_lines lines; /* first */
    char *path;
    FILE *file; /* comparing: the old text; else NULL */
    char *line; /* getline's */
    size_t line_cap;
    size_t n_lines;
    bool differs;
    char difference[4096 + 2 * EXCERPT_BYTES + 100]; /* a sentence */
    char *text;                                      /* writing: the new one */
    size_t text_n, text_cap;
};

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for a golden\n", stderr);
        abort();
    }
    return p;
}

static struct golden *make(const char *path, void (*line)(struct replay_lines *, struct wp_slice))
{
    struct golden *g = get_memory(NULL, sizeof *g);

    *g = (struct golden){.lines.line = line};
    g->path = get_memory(NULL, strlen(path) + 1);
    memcpy(g->path, path, strlen(path) + 1);
    return g;
}

void golden_free(struct golden *g)
{
    if (!g)
        return;
    if (g->file)
        fclose(g->file);
    free(g->path);
    free(g->line);
    free(g->text);
    free(g);
}

struct replay_lines *golden_lines(struct golden *g)
{
    return &g->lines;
}

static void put_place(const struct golden *g, struct wp_writer *w)
{
    wp_put_text(w, g->path);
    wp_put_char(w, ':');
    wp_put_uint(w, g->n_lines);
    wp_put_text(w, ": ");
}

/* ---- comparing -------------------------------------------------------------------------------------- */

/* The next line without its end. false: there is none. */
static bool next_line(struct golden *g, struct wp_slice *out)
{
    ssize_t n = getline(&g->line, &g->line_cap, g->file);

    g->n_lines++;
    if (n < 0)
        return false;
    if (n > 0 && g->line[n - 1] == '\n')
        n--;
    *out = wp_slice(g->line, (size_t)n);
    return true;
}

/* Of a long line the part around the first difference. */
static void put_side(struct wp_writer *w, const struct wp_slice *line, size_t same)
{
    size_t from = same > EXCERPT_BEFORE ? same - EXCERPT_BEFORE : 0;
    struct wp_slice part;

    if (!line) {
        wp_put_text(w, "the end");
        return;
    }
    part = wp_slice(line->p + from, line->n - from);
    wp_put_text(w, from ? "'..." : "'");
    wp_put_slice(w, wp_slice(part.p, part.n < EXCERPT_BYTES ? part.n : EXCERPT_BYTES));
    wp_put_text(w, part.n > EXCERPT_BYTES ? "...'" : "'");
}

static size_t common_start(struct wp_slice a, struct wp_slice b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

/* The first one is told. */
static void differ(struct golden *g, const struct wp_slice *expected, const struct wp_slice *got)
{
    size_t same = expected && got ? common_start(*expected, *got) : 0;
    struct wp_writer w = wp_writer(g->difference, sizeof g->difference);

    put_place(g, &w);
    wp_put_text(&w, "expected ");
    put_side(&w, expected, same);
    wp_put_text(&w, ", got ");
    put_side(&w, got, same);
    wp_put_end(&w);
    g->differs = true;
}

static void compare_line(struct replay_lines *lines, struct wp_slice got)
{
    struct golden *g = (struct golden *)lines;
    struct wp_slice expected;

    if (g->differs)
        return;
    if (!next_line(g, &expected))
        differ(g, NULL, &got);
    else if (!wp_slice_eq(expected, got))
        differ(g, &expected, &got);
}

static bool refuse(const struct golden *g, struct wp_writer *why, const char *what)
{
    put_place(g, why);
    wp_put_text(why, what);
    wp_put_text(why, "; --update writes it anew");
    return false;
}

static unsigned version_of(const char *name)
{
    const struct wp_codec *codec = wp_codec_find(name);

    if (strcmp(name, "replay") == 0)
        return REPLAY_PRINT_VERSION;
    if (strcmp(name, "play") == 0)
        return PLAY_PRINT_VERSION;
    return codec ? codec->print_version : 0;
}

/* "replay 1, dlt645 1" */
static bool check_versions(const struct golden *g, const char *text, struct wp_writer *why)
{
    char name[32], sentence[160];
    unsigned version;
    int n = 0;

    do {
        if (sscanf(text, "%31s %u%n", name, &version, &n) != 2)
            return refuse(g, why, "the first line has no print versions");
        if (version != version_of(name)) {
            snprintf(sentence, sizeof sentence,
                     "written with print version %u of %s, and this program has %u", version, name,
                     version_of(name));
            return refuse(g, why, sentence);
        }
        text += n;
    } while (*text++ == ',');
    return true;
}

static bool check_head(struct golden *g, struct wp_writer *why)
{
    struct wp_slice line;

    if (!next_line(g, &line) || line.n < sizeof head - 1 || memcmp(line.p, head, sizeof head - 1) != 0)
        return refuse(g, why, "this is no golden of wattproof");
    return check_versions(g, g->line + sizeof head - 1, why);
}

struct golden *golden_open(const char *path, struct wp_writer *why)
{
    struct golden *g = make(path, compare_line);

    g->file = fopen(path, "r");
    if (!g->file) {
        wp_put_text(why, path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
    } else if (check_head(g, why)) {
        return g;
    }
    golden_free(g);
    return NULL;
}

bool golden_compare(struct golden *g, struct wp_writer *why)
{
    struct wp_slice more;

    if (!g->differs && next_line(g, &more))
        differ(g, &more, NULL);
    if (g->differs)
        wp_put_text(why, g->difference);
    return !g->differs;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void add_text(struct golden *g, struct wp_slice text)
{
    if (g->text_n + text.n > g->text_cap) {
        g->text_cap = (g->text_n + text.n) * 2;
        g->text = get_memory(g->text, g->text_cap);
    }
    memcpy(g->text + g->text_n, text.p, text.n);
    g->text_n += text.n;
}

static void add_line(struct replay_lines *lines, struct wp_slice line)
{
    struct golden *g = (struct golden *)lines;

    add_text(g, line);
    add_text(g, wp_text("\n"));
}

struct golden *golden_new(const char *path)
{
    return make(path, add_line);
}

static void write_head(FILE *file, const char *who, const uint64_t *frames)
{
    fprintf(file, "%s%s %u", head, who, version_of(who));
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (frames[i])
            fprintf(file, ", %s %u", wp_codecs[i]->name, wp_codecs[i]->print_version);
    fputc('\n', file);
}

static bool is_special(const char *path)
{
    struct stat what;

    return stat(path, &what) == 0 && !S_ISREG(what.st_mode);
}

/* A whole new file takes the old one's place, or the old one stays; /dev/stdout and its like are written to. */
bool golden_save(struct golden *g, const char *who, const uint64_t *frames, struct wp_writer *why)
{
    char name[4096];
    bool good, in_place = is_special(g->path);
    FILE *file;

    snprintf(name, sizeof name, "%s%s", g->path, in_place ? "" : ".new");
    file = fopen(name, "w");
    good = file != NULL;
    if (good) {
        write_head(file, who, frames);
        if (g->text_n)
            fwrite(g->text, 1, g->text_n, file);
        good = !ferror(file);
        good = fclose(file) == 0 && good && (in_place || rename(name, g->path) == 0);
    }
    if (!good) {
        wp_put_text(why, g->path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
        if (!in_place)
            unlink(name);
    }
    return good;
}
