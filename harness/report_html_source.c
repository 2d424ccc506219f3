/* The scenario that was played, as its file says it, so that a failure can show the lines that it speaks of, and frames
 * what was in them. */
#include "harness/home.h"
#include "harness/keys.h"
#include "harness/report_html_impl.h"
#include "harness/scenario_keys.h"
#include "harness/yaml.h"
#include "sim/core/json_out.h"

#include <stdlib.h>

enum { SOURCE_MAX = 32 * 1024, ESCAPED = 6, SHA256_HEX = 64 };

struct source {
    struct arena arena;
    char *file; /* as results name it; NULL: none was opened yet */
    char sum[SHA256_HEX + 1];
    struct scenario_list list; /* empty: the file is not known */
    struct wp_slice text;      /* without secrets */
    size_t n_keys;             /* that were there before */
};

struct source *source_new(void)
{
    struct source *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->n_keys = keys_given()->n;
    return s;
}

static void empty(struct source *s)
{
    scenario_list_free(&s->list);
    arena_free(&s->arena);
    free(s->file);
    *s = (struct source){.n_keys = s->n_keys};
}

void source_free(struct source *s)
{
    empty(s);
    free(s);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

/* Results name files below the project's home without it, others as they were given. */
static struct wp_slice read_text(struct arena *a, const char *file, const char **ret_path)
{
    char ignored[300];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);
    struct wp_slice text;

    *ret_path = arena_print(a, "%s/%s", home_dir(), file);
    text = file_read(a, *ret_path, &why);
    if (text.p)
        return text;
    *ret_path = file;
    return file_read(a, file, &why);
}

static bool has_sum(const char *sum, struct wp_slice header)
{
    return header.n > 0 && memmem(header.p, header.n, sum, SHA256_HEX) != NULL;
}

/* A text whose scenario does not load any more is not shown: nobody knows what in it is secret. */
static void read_source(struct source *s, struct wp_slice header)
{
    char ignored[2000];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);
    const char *path;
    struct wp_slice text = read_text(&s->arena, s->file, &path);
    char *shown;

    if (!text.p || text.n > SOURCE_MAX)
        return;
    scenario_sha256(text, s->sum);
    if (!has_sum(s->sum, header) || !scenario_load_text(path, text, &s->list, &why))
        return;
    shown = arena_text(&s->arena, text);
    for (size_t i = 0; i < s->list.n; i++)
        scenario_keys_hide(s->list.at[i], shown, text.n);
    s->text = wp_slice(shown, text.n);
}

void source_open(struct source *s, const struct scenario_result *play, struct wp_slice header)
{
    if (s->file && strcmp(s->file, play->file) == 0 && has_sum(s->sum, header))
        return;
    empty(s);
    s->file = strdup(play->file);
    if (!s->file)
        abort();
    if (s->file[0])
        read_source(s, header);
}

/* ---- what it is for --------------------------------------------------------------------------------- */

void source_put(const struct source *s, struct pack *p)
{
    size_t room = ESCAPED * s->text.n + 2;
    char *memory = s->text.p ? malloc(room) : NULL;
    struct wp_writer w = wp_writer(memory, room);
    struct json_out j = json_out(&w);

    if (!memory)
        return;
    json_put_text(&j, s->text);
    pack_text(p, ",\"source\":");
    pack_put(p, wp_written(&w));
    free(memory);
}

void source_open_keys(const struct source *s, const struct scenario_result *play)
{
    for (size_t i = 0; i < s->list.n; i++)
        if (strcmp(s->list.at[i]->name, play->name) == 0)
            scenario_keys_add(s->list.at[i]);
}

void source_close_keys(const struct source *s)
{
    keys_keep(s->n_keys);
}
