/* Steps and watches: repeats are written out, every pattern is read once so that lint finds what is wrong. */
#include "harness/scenario_impl.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS_MAX = 20000, REPEAT_DEPTH = 4 };

static const char *const step_names[] = {
#define X(name, text) text,
    SCENARIO_STEPS(X)
#undef X
};

static const char *const watch_names[] = {"always", "never", "every", "eventually"};

static bool find_name(const char *key, const char *const *names, size_t n, int *ret)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(key, names[i]) == 0) {
            *ret = (int)i;
            return true;
        }
    }
    return false;
}

/* Every part of a gateway has options of its own. */
static const struct wp_option *gateway_option(const struct scenario *s, const char *name)
{
    const struct wp_option *option =
        wp_option_find(wp_gateway_class.options, wp_gateway_class.n_options, wp_text(name));

    for (size_t i = 0; i < s->n_norths && !option; i++)
        option = wp_option_find(s->norths[i]->options, s->norths[i]->n_options, wp_text(name));
    for (size_t i = 0; i < wp_n_souths && !option; i++)
        option = wp_option_find(wp_souths[i]->options, wp_souths[i]->n_options, wp_text(name));
    return option;
}

static bool no_such_option(struct scenario *s, const struct node *n, const struct scenario_device *d,
                           const char *name, struct wp_writer *why)
{
    const char *names[256] = {NULL}, *near = NULL;
    size_t count = 0;

    for (; d && count < d->class->n_options && count < 256; count++)
        names[count] = d->class->options[count].name;
    near = nearest(name, names, count);
    return scenario_fail(s, n, why, "%s has no '%s'%s%s", d ? d->class->name : "gateway", name,
                         near ? ": did you mean " : "", near ? near : "");
}

bool scenario_settable(struct scenario *s, const struct node *n, struct settable *out, struct wp_writer *why)
{
    const char *dot = strchr(n->key, '.');
    const struct scenario_device *d;

    if (!dot || (size_t)(dot - n->key) >= sizeof out->machine)
        return scenario_fail(s, n, why, "set takes machine.option: value, such as m1.voltageA: 230.1");
    snprintf(out->machine, sizeof out->machine, "%.*s", (int)(dot - n->key), n->key);
    d = scenario_device(s, out->machine);
    if (!d && strcmp(out->machine, wp_gateway_class.name) != 0)
        return scenario_fail(s, n, why, "there is no device '%s'", out->machine);
    out->option = d ? wp_option_find(d->class->options, d->class->n_options, wp_text(dot + 1))
                    : gateway_option(s, dot + 1);
    if (!out->option)
        return no_such_option(s, n, d, dot + 1, why);
    if (out->option->use == WP_USE_SETUP || out->option->use == WP_USE_SECRET)
        return scenario_fail(s, n, why, "%s is fixed once the machine runs: give it where it is set up",
                             dot + 1);
    return scenario_option(s, out->option, n, &out->value, why);
}

static bool check_set(struct scenario *s, const struct node *set, struct wp_writer *why)
{
    struct settable ignored;

    for (const struct node *n = set->first; n; n = n->next)
        if (strcmp(n->key, "times") != 0 && !scenario_settable(s, n, &ignored, why))
            return false;
    return true;
}

static bool check_client(struct scenario *s, const struct step *step, const char *name, struct wp_writer *why)
{
    const struct node *where = step->node;
    const struct scenario_client *c = name ? scenario_client(s, name) : NULL;

    if (!c)
        return scenario_fail(s, where, why, "there is no client '%s'", name ? name : "");
    if (c->program && step->kind != STEP_CONNECT)
        return scenario_fail(s, where, why, "'%s' is a program: it acts by itself", name);
    return true;
}

/* The client that a connect, subscribe, disconnect or publish step speaks of. */
static const char *step_client(const struct step *step)
{
    if (step->node->kind == NODE_SCALAR)
        return node_text(step->node, NULL);
    return node_text(node_get(step->node, step->kind == STEP_PUBLISH ? "from" : "client"), NULL);
}

/* What binds above will fill in, a topic's levels too, is not known yet: anything stands for it. */
static bool check_pattern(struct scenario *s, const struct node *node, struct wp_writer *why)
{
    struct pattern pattern;

    for (size_t i = 0; s->has_bind && i < s->n_steps; i++) {
        const struct node *as = s->steps[i].kind == STEP_BIND ? node_get(s->steps[i].node, "as") : NULL;

        for (const struct node *name = as ? as->first : NULL; name; name = name->next)
            node = node_fill(&s->arena, node, name->key, "0");
    }
    return pattern_read(&pattern, s->file, node, why);
}

static bool check_step(struct scenario *s, const struct step *step, struct wp_writer *why)
{
    int64_t us;

    switch (step->kind) {
    case STEP_WAIT:
    case STEP_AT:
        if (wp_duration_read(step->node->text, &us) && us >= 0)
            return true;
        return scenario_fail(s, step->node, why, "a duration such as 250ms or 2s");
    case STEP_CONNECT:
    case STEP_SUBSCRIBE:
    case STEP_DISCONNECT:
    case STEP_PUBLISH: return check_client(s, step, step_client(step), why);
    case STEP_SET: return check_set(s, step->node, why);
    case STEP_EXPECT:
    case STEP_NONE:
    case STEP_BIND: return check_pattern(s, step->node, why);
    default: return true;
    }
}

static bool add_steps(struct scenario *s, const struct node *list, int depth, struct wp_writer *why);

static bool add_repeat(struct scenario *s, const struct node *repeat, int depth, struct wp_writer *why)
{
    const char *name = node_text(node_get(repeat, "as"), "i");
    long times = atol(node_text(node_get(repeat, "times"), "0"));
    const struct node *steps = node_get(repeat, "steps");

    if (depth == REPEAT_DEPTH)
        return scenario_fail(s, repeat, why, "repeats nested deeper than %d", REPEAT_DEPTH);
    for (long i = 1; i <= times; i++) {
        char number[32];

        snprintf(number, sizeof number, "%ld", i);
        if (!add_steps(s, node_fill(&s->arena, steps, name, number), depth + 1, why))
            return false;
    }
    return true;
}

static bool add_steps(struct scenario *s, const struct node *list, int depth, struct wp_writer *why)
{
    for (const struct node *n = list->first; n; n = n->next) {
        struct step step = {.node = n->first, .line = n->line};
        int kind;

        if (!find_name(n->first->key, step_names, sizeof step_names / sizeof step_names[0], &kind))
            return scenario_fail(s, n, why, "unknown step '%s'", n->first->key);
        step.kind = (enum step_kind)kind;
        if (step.kind == STEP_REPEAT) {
            if (!add_repeat(s, n->first, depth, why))
                return false;
            continue;
        }
        if (!check_step(s, &step, why))
            return false;
        if (s->n_steps == STEPS_MAX)
            return scenario_fail(s, n, why, "more than %d steps", STEPS_MAX);
        s->steps[s->n_steps++] = step;
        s->has_bind = s->has_bind || step.kind == STEP_BIND;
    }
    return true;
}

/* How many steps there will be once repeats are written out. */
static size_t count_steps(const struct node *list, int depth)
{
    size_t count = 0;

    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        const struct node *repeat = node_get(n, "repeat");

        if (repeat && depth < REPEAT_DEPTH)
            count += (size_t)atol(node_text(node_get(repeat, "times"), "0")) *
                     count_steps(node_get(repeat, "steps"), depth + 1);
        else
            count++;
        if (count > STEPS_MAX)
            return STEPS_MAX;
    }
    return count;
}

bool scenario_read_steps(struct scenario *s, struct wp_writer *why)
{
    const struct node *steps = node_get(s->root, "steps");

    s->steps = arena_get(&s->arena, (count_steps(steps, 0) + 1) * sizeof *s->steps);
    return !steps || add_steps(s, steps, 0, why);
}

bool scenario_read_watches(struct scenario *s, struct wp_writer *why)
{
    const struct node *watch = node_get(s->root, "watch");

    if (!watch)
        return true;
    s->watches = arena_get(&s->arena, watch->count * sizeof *s->watches);
    for (const struct node *n = watch->first; n; n = n->next) {
        struct watch *w = &s->watches[s->n_watches++];
        struct pattern pattern;
        int kind;

        if (!find_name(n->first->key, watch_names, 4, &kind))
            return scenario_fail(s, n, why, "unknown monitor '%s'", n->first->key);
        w->kind = (enum watch_kind)kind;
        w->node = n->first;
        if (!pattern_read(&pattern, s->file, w->node, why))
            return false;
        if (w->kind == WATCH_NEVER && !node_get(w->node, "control"))
            return scenario_fail(s, n, why,
                                 "never needs a positive control, a pattern that must occur: control: {...}");
        if (w->kind == WATCH_EVERY && !node_get(w->node, "period"))
            return scenario_fail(s, n, why, "every needs a period: period: 60s");
    }
    return true;
}
