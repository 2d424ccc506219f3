#include "harness/run_plan.h"
#include "harness/agree.h"
#include "harness/home.h"
#include "harness/repeats.h"
#include "harness/shard.h"

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

static const char *world_text(enum play_world world)
{
    return world == PLAY_VIRTUAL ? "virtual" : "live";
}

/* Two programs that need the same port cannot play side by side. */
static void find_ports(const struct scenario *s, uint16_t out[JOB_PORTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_clients; i++) {
        const struct node *needs = node_get(s->clients[i].node, "needs");

        for (const struct node *need = needs ? needs->first : NULL; need; need = need->next)
            if (strncmp(node_text(need, ""), "port:", 5) == 0 && n < JOB_PORTS_MAX)
                out[n++] = (uint16_t)atoi(node_text(need, "") + 5);
    }
}

/* One play, as many jobs as it is repeated. */
static void add_play(struct run_plan *p, struct scenario *s, enum play_world world, const char *dir)
{
    char name[200];

    job_dir_name(name, sizeof name, s->name);
    for (size_t i = 0; i < p->repeat; i++) {
        struct job *j = &p->jobs[p->n];

        *j = (struct job){.scenario = s, .world = world, .expected_us = expected_us(s, world), .repeat = i};
        if (world == PLAY_LIVE)
            find_ports(s, j->ports);
        snprintf(j->dir, sizeof j->dir, "%s/s/%s/%s", dir, world_text(world), name);
        if (i > 0) /* no scenario's folder has a ~ in its name */
            snprintf(j->dir + strlen(j->dir), sizeof j->dir - strlen(j->dir), "~%zu", i + 1);
        p->n++;
    }
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

/* One that is about a client or a device of somebody else's is nothing without it. */
static bool is_of_others(const struct scenario *s)
{
    const char *role = strstr(node_text(s->requires, ""), "role.");

    return role && strncmp(role, "role.gateway", strlen("role.gateway")) != 0;
}

static void add_live(struct run_plan *p, const struct run_options *o, const struct scenario_list *list,
                     const char *dir)
{
    for (size_t i = 0; i < list->n; i++) {
        struct scenario *s = list->at[i];

        if ((!s->in_live && !o->sut) || !is_live_case(list, i) || (!o->sut && is_of_others(s)))
            continue;
        if (s->is_long && !o->with_long)
            p->long_left_out++;
        else
            add_play(p, s, PLAY_LIVE, dir);
    }
}

/* ---- a part of it ----------------------------------------------------------------------------------- */

static void keep_jobs(struct run_plan *p, bool (*keep)(const void *ctx, const struct job *job),
                      const void *ctx)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        if (keep(ctx, &p->jobs[i]))
            p->jobs[n++] = p->jobs[i];
    p->n = n;
}

/* What --failed looks for. */
struct bad_plays {
    const struct run_summary *last;
    const struct disagreement *disagreements;
};

/* Was the play itself not as expected, or did the worlds differ on its scenario? */
static bool was_bad(const void *ctx, const struct job *job)
{
    const struct bad_plays *bad = ctx;

    for (const struct scenario_result *r = bad->last->results; r; r = r->next)
        if (strcmp(r->name, job->scenario->name) == 0 && strcmp(r->world, world_text(job->world)) == 0 &&
            shown_verdict(r, bad->last->strict) >= VERDICT_INCONC)
            return true;
    for (const struct disagreement *d = bad->disagreements; d; d = d->next)
        if (strcmp(d->scenario->name, job->scenario->name) == 0)
            return true;
    return false;
}

static void keep_bad(struct run_plan *p, const struct run_summary *last)
{
    struct arena a = {0};
    size_t both;
    struct bad_plays bad = {last, worlds_compare(&a, last->results, &both)};

    keep_jobs(p, was_bad, &bad);
    arena_free(&a);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (uint8_t)*text) * 0x100000001B3u; /* FNV-1a */
    while (*text++);
    return hash;
}

/* Which plays of which scenarios, and the scenarios' own text: shards of one run agree on it. */
static uint64_t hash_plan(const struct run_plan *p)
{
    uint64_t hash = 0xCBF29CE484222325u;

    for (size_t i = 0; i < p->n; i++) {
        hash = hash_text(hash, p->jobs[i].scenario->name);
        hash = hash_text(hash, p->jobs[i].scenario->sha256);
        hash = hash_text(hash, world_text(p->jobs[i].world));
    }
    return hash;
}

struct part {
    const size_t *shard; /* of each scenario, by its order */
    size_t wanted;
};

static bool is_in_part(const void *ctx, const struct job *job)
{
    const struct part *part = ctx;

    return part->shard[job->scenario->order] == part->wanted;
}

/* A scenario's plays in both worlds stay together, so that they can be compared. */
static void keep_shard(struct run_plan *p, const struct run_options *o, size_t n_scenarios)
{
    int64_t *cost = calloc(n_scenarios + 1, sizeof *cost);
    size_t *shard = calloc(n_scenarios + 1, sizeof *shard);
    struct part part = {shard, o->shard_i};

    if (!cost || !shard)
        abort();
    p->shard = (struct run_shard){
        .i = o->shard_i, .of = o->shard_of, .plan = hash_plan(p), .n_plays = p->n / p->repeat};
    for (size_t i = 0; i < p->n; i++)
        cost[p->jobs[i].scenario->order] += p->jobs[i].expected_us;
    shard_assign(cost, n_scenarios, o->shard_of, shard);
    keep_jobs(p, is_in_part, &part);
    free(cost);
    free(shard);
}

struct run_plan run_plan_make(const struct run_options *o, const struct scenario_list *list, const char *dir,
                              const struct run_summary *last)
{
    struct run_plan p = {.repeat = o->repeat, .jobs = calloc(2 * list->n * o->repeat + 1, sizeof *p.jobs)};

    if (!p.jobs)
        abort();
    for (size_t i = 0; i < list->n; i++)
        if (o->worlds != RUN_LIVE && list->at[i]->in_virtual)
            add_play(&p, list->at[i], PLAY_VIRTUAL, dir);
    if (o->worlds != RUN_VIRTUAL)
        add_live(&p, o, list, dir);
    if (last)
        keep_bad(&p, last);
    for (size_t i = 0; i < p.n; i++)
        p.jobs[i].place = i / p.repeat;
    if (o->shard_of > 0)
        keep_shard(&p, o, list->n);
    return p;
}

/* ---- afterwards ------------------------------------------------------------------------------------- */

static void not_played(struct job *job, const char *because)
{
    struct scenario_result *r = &job->result;

    result_init(r, job->scenario->name, home_relative(job->scenario->file), world_text(job->world));
    r->api = job->scenario->api ? job->scenario->api : "";
    r->purpose = job->scenario->purpose;
    r->not_played = true;
    r->because = arena_text(&r->arena, wp_text(because));
}

struct scenario_result *run_plan_results(struct run_plan *plan, const char *because)
{
    struct scenario_result *first = NULL, **tail = &first;

    for (size_t i = 0; i < plan->n; i++)
        if (!plan->jobs[i].done)
            not_played(&plan->jobs[i], because);
    for (size_t i = 0; i < plan->n; i += plan->repeat) {
        *tail = repeats_fold(&plan->jobs[i], plan->repeat);
        (*tail)->place = plan->jobs[i].place;
        (*tail)->next = NULL;
        tail = &(*tail)->next;
    }
    return first;
}

void run_plan_free(struct run_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        result_free(&plan->jobs[i].result);
    free(plan->jobs);
    *plan = (struct run_plan){0};
}
