/* What the page knows before anything is opened: statements, plays, findings, and what changed since the run before. */
#include "harness/agree.h"
#include "harness/changes.h"
#include "harness/report_html_impl.h"
#include "sim/core/json_out.h"

#include <stdlib.h>

/* Written piece by piece: whenever one stands in `w` it goes into the pack, and `w` is empty again. */
struct index {
    struct pack *pack;
    struct wp_writer w;
    struct json_out j;
    const struct report_html *setup;
    const struct run_file *run, *before;
};

enum { TEXT_SHOWN_MAX = 64 * 1024 };

static void flush(struct index *x)
{
    pack_put(x->pack, wp_written(&x->w));
    x->w.n = 0;
}

static void put_text(struct index *x, const char *key, const char *text)
{
    struct wp_slice shown = wp_text(text);

    if (!text)
        return;
    if (shown.n > TEXT_SHOWN_MAX)
        shown.n = TEXT_SHOWN_MAX;
    json_text_member(&x->j, key, shown);
}

/* ---- statements ------------------------------------------------------------------------------------- */

struct deciders {
    struct index *x;
    const char *id;
    const char *last; /* a place names a statement once or several times in a row */
};

static void put_schema(void *ctx, const char *id, const char *where)
{
    struct deciders *d = ctx;

    if (strcmp(id, d->id) != 0 || (d->last && strcmp(d->last, where) == 0))
        return;
    d->last = where;
    json_put_text(&d->x->j, wp_text(where));
}

static void put_deciders(struct index *x, const char *id)
{
    struct deciders d = {.x = x, .id = id};
    const struct scenario_list *all = x->setup->scenarios;

    json_key(&x->j, "schemas");
    json_open_array(&x->j);
    contract_each_statement(x->setup->contracts, put_schema, &d);
    json_close_array(&x->j);
    json_key(&x->j, "scenarios");
    json_open_array(&x->j);
    for (size_t i = 0; i < all->n; i++)
        if (scenario_proves(all->at[i], id))
            json_put_text(&x->j, wp_text(all->at[i]->name));
    json_close_array(&x->j);
}

static void put_statement(struct index *x, const struct statement *s)
{
    json_open_object(&x->j);
    put_text(x, "id", s->id);
    put_text(x, "section", s->section);
    put_text(x, "says", s->says);
    put_text(x, "reading", s->reading);
    put_text(x, "status", s->status);
    put_text(x, "why", s->why);
    json_bool_member(&x->j, "beyond", s->is_beyond);
    put_deciders(x, s->id);
    json_close_object(&x->j);
    flush(x);
}

static void put_catalogues(struct index *x)
{
    json_key(&x->j, "apis");
    json_open_array(&x->j);
    for (const struct catalogue *c = contracts_catalogues(x->setup->contracts); c; c = c->next) {
        json_open_object(&x->j);
        put_text(x, "api", c->api);
        put_text(x, "title", c->title);
        json_key(&x->j, "statements");
        json_open_array(&x->j);
        for (size_t i = 0; i < c->n; i++)
            put_statement(x, &c->at[i]);
        json_close_array(&x->j);
        json_close_object(&x->j);
    }
    json_close_array(&x->j);
}

/* ---- plays ------------------------------------------------------------------------------------------ */

static void put_finding(struct index *x, const struct finding *f)
{
    json_open_object(&x->j);
    put_text(x, "verdict", verdict_text(f->verdict));
    put_text(x, "kind", f->kind);
    json_int_member(&x->j, "line", f->line);
    json_int_member(&x->j, "at_us", f->at);
    put_text(x, "text", f->text);
    json_key(&x->j, "statements");
    json_open_array(&x->j);
    for (size_t i = 0; i < f->n_statements; i++)
        json_put_text(&x->j, wp_text(f->statements[i]));
    json_close_array(&x->j);
    if (f->undocumented)
        json_bool_member(&x->j, "undocumented", true);
    put_text(x, "known", f->known);
    if (f->record > 0)
        json_int_member(&x->j, "record", (int64_t)f->record);
    put_text(x, "expected", f->expected);
    put_text(x, "got", f->got);
    json_close_object(&x->j);
    flush(x);
}

static void put_play(struct index *x, const struct scenario_result *r)
{
    char repeat[600];
    struct wp_writer w = wp_writer(repeat, sizeof repeat);

    put_repeat_command(&w, r, x->run->summary.seed);
    json_open_object(&x->j);
    put_text(x, "scenario", r->name);
    put_text(x, "world", r->world);
    put_text(x, "api", r->api);
    put_text(x, "purpose", r->purpose);
    put_text(x, "file", r->file);
    put_text(x, "verdict", verdict_text(shown_verdict(r, x->run->summary.strict)));
    json_bool_member(&x->j, "applicable", r->applicable);
    if (r->not_played)
        json_bool_member(&x->j, "not_played", true);
    put_text(x, "because", r->because);
    json_int_member(&x->j, "checks", (int64_t)r->n_checks);
    json_int_member(&x->j, "records", (int64_t)r->n_records);
    json_int_member(&x->j, "publishes", (int64_t)r->n_publishes);
    json_int_member(&x->j, "frames", (int64_t)r->n_frames);
    json_int_member(&x->j, "ended_us", r->ended);
    put_text(x, "repeat", wp_put_end(&w));
    json_key(&x->j, "findings");
    json_open_array(&x->j);
    flush(x);
    for (const struct finding *f = r->findings; f; f = f->next)
        put_finding(x, f);
    json_close_array(&x->j);
    json_close_object(&x->j);
    flush(x);
}

/* ---- the run before --------------------------------------------------------------------------------- */

static const char *const kinds[] = {
    [CHANGE_FAILING] = "failing", [CHANGE_INCONC] = "inconc", [CHANGE_FIXED] = "fixed",
    [CHANGE_OTHER] = "changed",   [CHANGE_ADDED] = "added",   [CHANGE_GONE] = "gone",
};

static void put_change(struct index *x, const struct change *c)
{
    json_open_object(&x->j);
    put_text(x, "kind", kinds[c->kind]);
    put_text(x, c->is_statement ? "statement" : "scenario", c->name);
    put_text(x, "world", c->world);
    if (c->was_there)
        put_text(x, "was", verdict_text(c->before));
    if (c->is_there)
        put_text(x, "is", verdict_text(c->after));
    json_close_object(&x->j);
    flush(x);
}

static void put_changes(struct index *x)
{
    struct changes c = changes_find(&x->before->summary, &x->run->summary);

    json_key(&x->j, "changes");
    json_open_array(&x->j);
    for (size_t i = 0; i < c.n; i++)
        put_change(x, &c.at[i]);
    json_close_array(&x->j);
    json_bool_member(&x->j, "same_scope", c.same_scope);
    changes_free(&c);
}

/* ---- where the worlds differ ------------------------------------------------------------------------ */

static void put_disagreements(struct index *x)
{
    struct arena a = {0};
    size_t both;
    const struct disagreement *first = worlds_compare(&a, x->run->summary.results, &both);

    json_key(&x->j, "disagreements");
    json_open_array(&x->j);
    for (const struct disagreement *d = first; d; d = d->next) {
        json_open_object(&x->j);
        put_text(x, "scenario", d->scenario->name);
        put_text(x, "text", d->text);
        json_close_object(&x->j);
        flush(x);
    }
    json_close_array(&x->j);
    arena_free(&a);
}

/* ---- the run itself --------------------------------------------------------------------------------- */

/* As text: a browser's numbers have 53 bits. */
static void put_seed(struct index *x, uint64_t seed)
{
    char text[24];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_uint(&w, seed);
    json_text_member(&x->j, "seed", wp_written(&w));
}

static void put_run(struct index *x)
{
    const struct run_summary *s = &x->run->summary;

    json_int_member(&x->j, "report", 1);
    put_seed(x, s->seed);
    json_bool_member(&x->j, "strict", s->strict);
    json_bool_member(&x->j, "interrupted", s->interrupted);
    put_text(x, "select", s->select);
    put_text(x, "sut", s->sut);
    if (s->stale > 0)
        json_int_member(&x->j, "stale", (int64_t)s->stale);
    json_int_member(&x->j, "long_left_out", (int64_t)s->long_left_out);
    if (s->captures.replayed) {
        json_key(&x->j, "captures");
        json_open_object(&x->j);
        json_int_member(&x->j, "replayed", (int64_t)s->captures.n);
        json_int_member(&x->j, "different", (int64_t)s->captures.different);
        json_int_member(&x->j, "unreadable", (int64_t)s->captures.unreadable);
        json_close_object(&x->j);
    }
}

void index_put(struct pack *p, const struct report_html *setup, const struct run_file *run,
               const struct run_file *before)
{
    struct index x = {.pack = p, .setup = setup, .run = run, .before = before};
    uint8_t *room = malloc(PACK_JSON_MAX);

    if (!room)
        abort();
    x.w = wp_writer(room, PACK_JSON_MAX);
    x.j = json_out(&x.w);
    json_open_object(&x.j);
    put_run(&x);
    put_catalogues(&x);
    json_key(&x.j, "plays");
    json_open_array(&x.j);
    for (const struct scenario_result *r = run->summary.results; r; r = r->next)
        put_play(&x, r);
    json_close_array(&x.j);
    put_disagreements(&x);
    if (before)
        put_changes(&x);
    json_close_object(&x.j);
    flush(&x);
    free(room);
}
