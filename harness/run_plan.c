#include "harness/run_plan.h"

#include <stdio.h>
#include <stdlib.h>

size_t count_devices(const struct scenario *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_devices; i++)
        n += s->devices[i].count;
    return n;
}

/* Roughly how long it will take: waits are what live plays are made of. */
static int64_t expected_us(const struct scenario *s, enum play_world world)
{
    int64_t sum = 1000;

    for (size_t i = 0; i < s->n_steps; i++) {
        const struct step *step = &s->steps[i];

        if (step->kind == STEP_WAIT)
            sum += node_duration_or(step->node, 0);
        else if (step->kind == STEP_AT && node_duration_or(step->node, 0) > sum)
            sum = node_duration_or(step->node, 0);
        else if (step->kind == STEP_NONE)
            sum += node_duration_or(node_get(step->node, "within"), WP_SEC(1));
    }
    return world == PLAY_LIVE ? sum : 1000 + (int64_t)count_devices(s);
}

static void add_job(struct run_plan *p, struct scenario *s, enum play_world world, const char *dir)
{
    struct job *j = &p->jobs[p->n++];
    char name[200];

    job_dir_name(name, sizeof name, s->name);
    *j = (struct job){.scenario = s, .world = world, .expected_us = expected_us(s, world)};
    snprintf(j->dir, sizeof j->dir, "%s/s/%s/%s", dir, world == PLAY_VIRTUAL ? "virtual" : "live", name);
}

/* A sweep plays its first, middle and last case when live. */
static bool is_live_case(const struct scenario_list *list, size_t i)
{
    size_t first = i, last = i;

    if (!list->at[i]->sweep_case)
        return true;
    while (first > 0 && strcmp(list->at[first - 1]->file, list->at[i]->file) == 0)
        first--;
    while (last + 1 < list->n && strcmp(list->at[last + 1]->file, list->at[i]->file) == 0)
        last++;
    return i == first || i == last || i == first + (last - first) / 2;
}

static void add_live(struct run_plan *p, const struct run_options *o, const struct scenario_list *list,
                     const char *dir)
{
    for (size_t i = 0; i < list->n; i++) {
        struct scenario *s = list->at[i];

        if (!s->in_live || !is_live_case(list, i))
            continue;
        if (s->is_long && !o->with_long)
            p->long_left_out++;
        else
            add_job(p, s, PLAY_LIVE, dir);
    }
}

struct run_plan run_plan_make(const struct run_options *o, const struct scenario_list *list, const char *dir)
{
    struct run_plan p = {.jobs = calloc(2 * list->n + 1, sizeof *p.jobs)};

    if (!p.jobs)
        abort();
    for (size_t i = 0; i < list->n; i++)
        if (o->worlds != RUN_LIVE && list->at[i]->in_virtual)
            add_job(&p, list->at[i], PLAY_VIRTUAL, dir);
    if (o->worlds != RUN_VIRTUAL)
        add_live(&p, o, list, dir);
    return p;
}

struct scenario_result *run_plan_results(struct run_plan *plan)
{
    for (size_t i = 0; i + 1 < plan->n; i++)
        plan->jobs[i].result.next = &plan->jobs[i + 1].result;
    return plan->n > 0 ? &plan->jobs[0].result : NULL;
}

void run_plan_free(struct run_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        result_free(&plan->jobs[i].result);
    free(plan->jobs);
    *plan = (struct run_plan){0};
}
