#include "harness/agree.h"

static bool is_check(const struct finding *f)
{
    return f->line > 0;
}

/* The n-th finding of the line and kind: a step in a repeat or a sweep stands on one line many times. */
static const struct finding *nth(const struct scenario_result *r, int line, const char *kind, size_t n)
{
    for (const struct finding *f = r->findings; f; f = f->next)
        if (f->line == line && strcmp(f->kind, kind) == 0 && n-- == 0)
            return f;
    return NULL;
}

static size_t place(const struct scenario_result *r, const struct finding *of)
{
    size_t n = 0;

    for (const struct finding *f = r->findings; f != of; f = f->next)
        n += f->line == of->line && strcmp(f->kind, of->kind) == 0;
    return n;
}

static enum verdict on_statement(const struct scenario_result *r, const char *id)
{
    enum verdict worst = VERDICT_NONE;

    for (const struct finding *f = r->findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            if (strcmp(f->statements[i], id) == 0)
                worst = verdict_worst(worst, f->verdict);
    return worst;
}

static const char *checks_differ(struct arena *a, const struct scenario_result *x,
                                 const struct scenario_result *y)
{
    for (const struct finding *f = x->findings; f; f = f->next) {
        const struct finding *g;

        if (!is_check(f))
            continue;
        g = nth(y, f->line, f->kind, place(x, f));
        if (!g || g->verdict != f->verdict)
            return arena_print(a, "%s:%d %s is %s in the %s world and %s in the %s one", x->file, f->line,
                               f->kind, verdict_text(f->verdict), x->world,
                               g ? verdict_text(g->verdict) : "not decided", y->world);
    }
    return NULL;
}

static const char *statements_differ(struct arena *a, const struct scenario_result *x,
                                     const struct scenario_result *y)
{
    for (const struct finding *f = x->findings; f; f = f->next) {
        for (size_t i = 0; i < f->n_statements; i++) {
            enum verdict v = on_statement(x, f->statements[i]), w = on_statement(y, f->statements[i]);

            if (v != w && w != VERDICT_NONE)
                return arena_print(a, "%s is %s in the %s world and %s in the %s one", f->statements[i],
                                   verdict_text(v), x->world, verdict_text(w), y->world);
        }
    }
    return NULL;
}

const char *worlds_differ(struct arena *a, const struct scenario_result *in_virtual,
                          const struct scenario_result *in_live)
{
    const char *sentence = checks_differ(a, in_virtual, in_live);

    if (!sentence)
        sentence = checks_differ(a, in_live, in_virtual);
    if (!sentence)
        sentence = statements_differ(a, in_virtual, in_live);
    if (!sentence)
        sentence = statements_differ(a, in_live, in_virtual);
    return sentence;
}
