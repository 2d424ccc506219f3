#include "harness/verdict.h"

static const char *const verdict_texts[] = {
#define X(name, text) text,
    VERDICTS(X)
#undef X
};

const char *verdict_text(enum verdict v)
{
    return verdict_texts[v];
}

enum verdict verdict_read(const char *text)
{
    for (size_t i = 0; i < sizeof verdict_texts / sizeof verdict_texts[0]; i++)
        if (strcmp(text, verdict_texts[i]) == 0)
            return (enum verdict)i;
    return VERDICT_ERROR;
}

void result_init(struct scenario_result *r, const char *name, const char *file, const char *world)
{
    *r = (struct scenario_result){.applicable = true};
    r->name = arena_text(&r->arena, wp_text(name));
    r->file = arena_text(&r->arena, wp_text(file));
    r->world = world;
    r->tail = &r->findings;
}

struct finding *result_add(struct scenario_result *r, enum verdict verdict, const char *kind, int line,
                           wp_us at, const char *text)
{
    struct finding *f = arena_get(&r->arena, sizeof *f);

    *f = (struct finding){
        .verdict = verdict,
        .line = line,
        .at = at,
        .kind = arena_text(&r->arena, wp_text(kind)),
        .text = arena_text(&r->arena, wp_text(text)),
    };
    *r->tail = f;
    r->tail = &f->next;
    r->n_findings++;
    return f;
}

void finding_statement(struct scenario_result *r, struct finding *f, const char *id)
{
    const char **more = arena_get(&r->arena, (f->n_statements + 1) * sizeof *more);

    if (f->n_statements > 0)
        memcpy(more, f->statements, f->n_statements * sizeof *more);
    more[f->n_statements++] = arena_text(&r->arena, wp_text(id));
    f->statements = more;
}

enum verdict result_verdict(const struct scenario_result *r, bool strict)
{
    enum verdict worst = r->verdict;

    for (const struct finding *f = r->findings; f; f = f->next)
        if (strict || !f->undocumented)
            worst = verdict_worst(worst, f->known ? VERDICT_PASS : f->verdict);
    return worst;
}

void result_free(struct scenario_result *r)
{
    arena_free(&r->arena);
}
