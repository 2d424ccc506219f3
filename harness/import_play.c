/* An imported capture played in the virtual world, and what came of it. */
#include "harness/import.h"
#include "harness/jobs.h"
#include "harness/playback.h"
#include "harness/scenario.h"
#include "sim/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Hears the play. */
struct listener {
    struct wp_sink sink; /* first */
    struct wp_sink *also;
    struct import_play *play;
    size_t stimulus;
    wp_us since;
};

static struct wp_slice copied(struct arena *a, struct wp_slice s)
{
    return wp_slice(arena_text(a, s), s.n);
}

static void keep_published(struct import_play *p, const struct wp_record *r, const struct listener *l)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 256;
        p->published = realloc(p->published, p->cap * sizeof *p->published);
        if (!p->published)
            abort();
    }
    p->published[p->n++] = (struct import_published){
        .at = r->at,
        .stimulus = l->stimulus,
        .since = l->since,
        .topic = copied(&p->arena, r->message.topic),
        .payload = copied(&p->arena, r->message.payload),
        .qos = r->message.qos,
        .retain = r->message.retain,
    };
}

static bool is_ours(const char *what)
{
    return strcmp(what, PLAYBACK_UNKNOWN) == 0 || strcmp(what, PLAYBACK_SILENT) == 0 ||
           strcmp(what, PLAYBACK_EARLY) == 0;
}

/* The same question of the same device is one note, with how often. */
static void keep_note(struct import_play *p, const struct wp_record *r)
{
    struct import_note *n = p->notes;

    p->n_unknown += strcmp(r->note.what, PLAYBACK_UNKNOWN) == 0;
    while (n && (strcmp(n->device, r->machine) != 0 || strcmp(n->what, r->note.what) != 0 ||
                 !wp_slice_is(r->note.text, n->text)))
        n = n->next;
    if (!n) {
        n = arena_get(&p->arena, sizeof *n);
        n->device = arena_text(&p->arena, wp_text(r->machine));
        n->what = arena_text(&p->arena, wp_text(r->note.what));
        n->text = arena_text(&p->arena, r->note.text);
        *p->note_tail = n;
        p->note_tail = &n->next;
    }
    n->times++;
}

static void listen(struct wp_sink *sink, const struct wp_record *r)
{
    struct listener *l = (struct listener *)(void *)sink;

    if (r->kind == WP_REC_PUBLISH && strcmp(r->machine, wp_gateway_class.name) == 0)
        keep_published(l->play, r, l);
    else if (r->kind == WP_REC_PUBLISH || r->kind == WP_REC_SET)
        l->stimulus++, l->since = r->at;
    else if (r->kind == WP_REC_NOTE && is_ours(r->note.what))
        keep_note(l->play, r);
    if (l->also)
        l->also->take(l->also, r);
}

static bool write_text(const char *path, const struct import_text *t, struct wp_writer *why)
{
    FILE *f = fopen(path, "w");
    bool good = f && fwrite(t->p, 1, t->n, f) == t->n;

    good = f && fclose(f) == 0 && good;
    if (!good) {
        wp_put_text(why, path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
    }
    return good;
}

/* The frames stand in a folder of their own while they are read. */
static bool load(const struct import *im, const struct import_scenario *s, struct scenario_list *list,
                 struct wp_writer *why)
{
    char dir[] = "/tmp/wattproof-import-XXXXXX", path[128], file[128];
    struct import_text frames = {0}, text = {0};
    bool good = mkdtemp(dir) != NULL;

    if (!good) {
        wp_put_text(why, "/tmp: ");
        wp_put_text(why, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%s/%s", dir, s->frames);
    snprintf(file, sizeof file, "%s/scenario.yaml", dir);
    import_put_frames(im, &frames);
    import_put_scenario(im, s, &text);
    good = write_text(path, &frames, why) && scenario_load_text(file, wp_slice(text.p, text.n), list, why);
    remove_tree(dir);
    import_text_free(&frames);
    import_text_free(&text);
    return good;
}

bool import_play(const struct import *im, const struct import_scenario *s,
                 const struct contract_set *contracts, uint64_t seed, struct wp_sink *also,
                 struct import_play *out, struct wp_writer *why)
{
    struct scenario_list list = {0};
    struct listener l = {.sink.take = listen, .also = also, .play = out};
    struct play_setup setup = {
        .keep = KEEP_MESSAGES, .seed = seed, .contracts = contracts, .also = &l.sink, .update = s->update};

    *out = (struct import_play){0};
    out->note_tail = &out->notes;
    if (!load(im, s, &list, why)) {
        scenario_list_free(&list);
        return false;
    }
    setup.scenario = list.at[0];
    play(&setup, &out->result);
    out->has_result = true;
    scenario_list_free(&list);
    if (out->result.verdict == VERDICT_ERROR)
        wp_put_text(why, out->result.because ? out->result.because : "it could not be played");
    return out->result.verdict != VERDICT_ERROR;
}

void import_play_free(struct import_play *p)
{
    if (p->has_result)
        result_free(&p->result);
    arena_free(&p->arena);
    free(p->published);
    *p = (struct import_play){0};
}
