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

/* A play and how a sentence calls it. */
struct side {
    const struct scenario_result *of;
    const char *name;
};

static const char *checks_differ(struct arena *a, struct side xs, struct side ys)
{
    const struct scenario_result *x = xs.of, *y = ys.of;

    for (const struct finding *f = x->findings; f; f = f->next) {
        const struct finding *g;

        if (!is_check(f))
            continue;
        g = nth(y, f->line, f->kind, place(x, f));
        if (!g || g->verdict != f->verdict)
            return arena_print(a, "%s:%d %s is %s %s and %s %s", x->file, f->line, f->kind,
                               verdict_text(f->verdict), xs.name,
                               g ? verdict_text(g->verdict) : "not decided", ys.name);
    }
    return NULL;
}

static const char *statements_differ(struct arena *a, struct side xs, struct side ys)
{
    const struct scenario_result *x = xs.of, *y = ys.of;

    for (const struct finding *f = x->findings; f; f = f->next) {
        for (size_t i = 0; i < f->n_statements; i++) {
            enum verdict v = on_statement(x, f->statements[i]), w = on_statement(y, f->statements[i]);

            if (v != w && w != VERDICT_NONE)
                return arena_print(a, "%s is %s %s and %s %s", f->statements[i], verdict_text(v), xs.name,
                                   verdict_text(w), ys.name);
        }
    }
    return NULL;
}

const char *plays_differ(struct arena *a, const struct scenario_result *x, const char *x_name,
                         const struct scenario_result *y, const char *y_name)
{
    struct side one = {x, x_name}, other = {y, y_name};
    const char *sentence = checks_differ(a, one, other);

    if (!sentence)
        sentence = checks_differ(a, other, one);
    if (!sentence)
        sentence = statements_differ(a, one, other);
    if (!sentence)
        sentence = statements_differ(a, other, one);
    return sentence;
}

const char *worlds_differ(struct arena *a, const struct scenario_result *in_virtual,
                          const struct scenario_result *in_live)
{
    return plays_differ(a, in_virtual, "in the virtual world", in_live, "in the live one");
}

static bool has_played(const struct scenario_result *r)
{
    return r->applicable && !r->not_played;
}

/* Both worlds' plays stand in the same order, so the search goes on from the last one found. */
static const struct scenario_result *find_virtual(const struct scenario_result *first,
                                                  const struct scenario_result **from, const char *name)
{
    const struct scenario_result *start = *from ? *from : first, *r = start;

    do {
        if (strcmp(r->world, "virtual") == 0 && strcmp(r->name, name) == 0) {
            *from = r->next;
            return r;
        }
        r = r->next ? r->next : first;
    } while (r != start);
    return NULL;
}

struct disagreement *worlds_compare(struct arena *a, const struct scenario_result *results, size_t *ret_both)
{
    struct disagreement *first = NULL, **tail = &first;
    const struct scenario_result *from = NULL;

    *ret_both = 0;
    for (const struct scenario_result *live = results; live; live = live->next) {
        const struct scenario_result *twin;
        const char *sentence;

        if (strcmp(live->world, "live") != 0 || !has_played(live))
            continue;
        twin = find_virtual(results, &from, live->name);
        if (!twin || !has_played(twin))
            continue;
        (*ret_both)++;
        sentence = worlds_differ(a, twin, live);
        if (!sentence)
            continue;
        *tail = arena_get(a, sizeof **tail);
        **tail = (struct disagreement){.scenario = live, .text = sentence};
        tail = &(*tail)->next;
    }
    return first;
}
