#include "harness/run_diff.h"
#include "harness/agree.h"
#include "harness/tally.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- finding ---------------------------------------------------------------------------------------- */

static struct run_difference *add(struct run_diff *d, struct run_difference difference)
{
    struct run_difference *one = arena_get(&d->arena, sizeof *one);

    *one = difference;
    *d->tail = one;
    d->tail = &one->next;
    return one;
}

static void add_statement(struct run_diff *d, const struct tally_entry *a, const struct tally_entry *b)
{
    const struct tally_entry *shown = a ? a : b;

    if (a && b && a->verdict == b->verdict)
        return;
    add(d, (struct run_difference){
               .is_statement = true,
               .name = shown->id,
               .world = shown->world,
               .in_a = a != NULL,
               .in_b = b != NULL,
               .a = a ? a->verdict : VERDICT_NONE,
               .b = b ? b->verdict : VERDICT_NONE,
           });
    d->n_statements++;
}

static bool is_in(void *ctx, const struct scenario_result *r)
{
    const struct scenario_result *twin = run_file_find(ctx, r->name, r->world);

    return twin && !twin->not_played;
}

/* Only what both played says that they differ on a statement. */
static void compare_statements(struct run_diff *d, const struct run_file *a, const struct run_file *b)
{
    struct tally x = tally_new(&a->summary, is_in, (void *)b), y = tally_new(&b->summary, is_in, (void *)a);

    for (size_t i = 0; i < x.n; i++)
        add_statement(d, &x.at[i], tally_find(&y, x.at[i].id, x.at[i].world));
    for (size_t i = 0; i < y.n; i++)
        if (!tally_find(&x, y.at[i].id, y.at[i].world))
            add_statement(d, NULL, &y.at[i]);
    tally_free(&x);
    tally_free(&y);
}

static struct run_difference of_plays(const struct run_file *a, const struct scenario_result *x,
                                      const struct run_file *b, const struct scenario_result *y)
{
    const struct scenario_result *shown = x ? x : y;

    return (struct run_difference){
        .name = shown->name,
        .world = shown->world,
        .in_a = x != NULL,
        .in_b = y != NULL,
        .a = x ? shown_verdict(x, a->summary.strict) : VERDICT_NONE,
        .b = y ? shown_verdict(y, b->summary.strict) : VERDICT_NONE,
    };
}

static const char *transcript_of(struct arena *a, const struct run_file *run, const struct scenario_result *r)
{
    char dir[1400];

    run_file_play_dir(dir, sizeof dir, run->dir, r);
    return arena_print(a, "%s/transcript.jsonl", dir);
}

static bool compare_transcripts(struct run_diff *d, const char *a, const char *b, struct divergence *out,
                                FILE *problems)
{
    char text[1700];
    struct wp_writer why = wp_writer(text, sizeof text);
    enum divergence_end end;

    if (access(a, F_OK) != 0 || access(b, F_OK) != 0) {
        d->without_transcript++;
        return false;
    }
    end = divergence_find(&d->arena, a, b, d->from_outside, out, &why);
    if (end == DIVERGENCE_UNREADABLE) {
        fprintf(problems, "wattproof: %s\n", wp_put_end(&why));
        d->unreadable++;
    }
    return end == DIVERGENCE_FOUND;
}

static void compare_plays(struct run_diff *d, const struct run_file *a, const struct scenario_result *x,
                          const struct run_file *b, const struct scenario_result *y, FILE *problems)
{
    struct run_difference one = of_plays(a, x, b, y);

    d->in_both++;
    one.checks = plays_differ(&d->arena, x, "in A", y, "in B");
    if (x->applicable && y->applicable)
        one.part = compare_transcripts(d, transcript_of(&d->arena, a, x), transcript_of(&d->arena, b, y),
                                       &one.transcripts, problems);
    if (one.a == one.b && !one.checks && !one.part)
        return;
    add(d, one);
    d->n_plays++;
}

void run_diff_find(struct run_diff *d, const struct run_file *a, const struct run_file *b, FILE *problems)
{
    *d = (struct run_diff){.tail = &d->first, .from_outside = a->summary.sut || b->summary.sut};
    compare_statements(d, a, b);
    for (const struct scenario_result *x = a->summary.results; x; x = x->next) {
        const struct scenario_result *y = run_file_find(b, x->name, x->world);

        if (y && !x->not_played && !y->not_played) {
            compare_plays(d, a, x, b, y, problems);
        } else if (!x->not_played) {
            add(d, of_plays(a, x, b, NULL));
            d->only_a++;
        }
    }
    for (const struct scenario_result *y = b->summary.results; y; y = y->next) {
        const struct scenario_result *x = run_file_find(a, y->name, y->world);

        if (y->not_played || (x && !x->not_played))
            continue;
        add(d, of_plays(a, NULL, b, y));
        d->only_b++;
    }
}

void run_diff_free(struct run_diff *d)
{
    arena_free(&d->arena);
}

/* ---- telling ---------------------------------------------------------------------------------------- */

static void put_parting(FILE *out, const struct divergence *d)
{
    for (size_t i = 0; i < d->n_context; i++)
        fprintf(out, "      %s\n", d->context[i]);
    if (d->a)
        fprintf(out, "    A %s\n", d->a);
    else
        fputs("    A does not have it\n", out);
    if (d->b)
        fprintf(out, "    B %s\n", d->b);
    else
        fputs("    B does not have it\n", out);
    if (d->where)
        fprintf(out, "    %s\n", d->where);
}

static void put_difference(FILE *out, const struct run_difference *d)
{
    fprintf(out, "%s %s (%s): ", d->is_statement ? "statement" : "play", d->name, d->world);
    if (d->is_statement || d->a != d->b || !d->in_a || !d->in_b)
        fprintf(out, "%s in A, %s in B\n", d->in_a ? verdict_text(d->a) : "not there",
                d->in_b ? verdict_text(d->b) : "not there");
    else
        fprintf(out, "%s in both\n", verdict_text(d->a));
    if (d->checks)
        fprintf(out, "    %s\n", d->checks);
    if (d->part)
        put_parting(out, &d->transcripts);
}

static void put_run(FILE *out, const char *name, const struct run_file *run)
{
    fprintf(out, "%s is %s", name, run->path);
    if (run->summary.sut)
        fprintf(out, " (%s)", run->summary.sut);
}

void run_diff_put_text(FILE *out, const struct run_diff *d, const struct run_file *a,
                       const struct run_file *b)
{
    put_run(out, "A", a);
    put_run(out, ", B", b);
    fputc('\n', out);
    for (const struct run_difference *one = d->first; one; one = one->next)
        put_difference(out, one);
    fprintf(out,
            "%zu plays in both, %zu of them differ; %zu only in A, %zu only in B; %zu statements differ\n",
            d->in_both, d->n_plays, d->only_a, d->only_b, d->n_statements);
    if (d->without_transcript > 0)
        fprintf(out, "%zu plays have no transcript in A or in B: only their verdicts are compared\n",
                d->without_transcript);
}

static void add_text(cJSON *o, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(o, name, text);
    else
        cJSON_AddNullToObject(o, name);
}

static cJSON *parting_json(const struct divergence *d)
{
    cJSON *o = cJSON_CreateObject(), *context;

    add_text(o, "a", d->a);
    add_text(o, "b", d->b);
    cJSON_AddNumberToObject(o, "a_line", (double)d->a_line);
    cJSON_AddNumberToObject(o, "b_line", (double)d->b_line);
    add_text(o, "where", d->where);
    context = cJSON_AddArrayToObject(o, "context");
    for (size_t i = 0; i < d->n_context; i++)
        cJSON_AddItemToArray(context, cJSON_CreateString(d->context[i]));
    return o;
}

static cJSON *difference_json(const struct run_difference *d)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, d->is_statement ? "statement" : "scenario", d->name);
    cJSON_AddStringToObject(o, "world", d->world);
    add_text(o, "a", d->in_a ? verdict_text(d->a) : NULL);
    add_text(o, "b", d->in_b ? verdict_text(d->b) : NULL);
    if (d->checks)
        cJSON_AddStringToObject(o, "checks", d->checks);
    if (d->part)
        cJSON_AddItemToObject(o, "parting", parting_json(&d->transcripts));
    return o;
}

static void add_run(cJSON *o, const char *name, const struct run_file *run)
{
    cJSON *side = cJSON_AddObjectToObject(o, name);

    cJSON_AddStringToObject(side, "run", run->path);
    add_text(side, "sut", run->summary.sut);
}

void run_diff_put_json(FILE *out, const struct run_diff *d, const struct run_file *a,
                       const struct run_file *b)
{
    cJSON *o = cJSON_CreateObject(), *statements, *plays;
    char *text;

    add_run(o, "a", a);
    add_run(o, "b", b);
    cJSON_AddBoolToObject(o, "equal", d->first == NULL && d->unreadable == 0);
    cJSON_AddNumberToObject(o, "in_both", (double)d->in_both);
    cJSON_AddNumberToObject(o, "without_transcript", (double)d->without_transcript);
    statements = cJSON_AddArrayToObject(o, "statements");
    plays = cJSON_AddArrayToObject(o, "plays");
    for (const struct run_difference *one = d->first; one; one = one->next)
        cJSON_AddItemToArray(one->is_statement ? statements : plays, difference_json(one));
    text = cJSON_Print(o);
    cJSON_Delete(o);
    fprintf(out, "%s\n", text ? text : "null");
    free(text);
}
