/* run.json: everything that a run has decided. The bytes depend on nothing else. */
#include "harness/report.h"
#include "harness/result_file.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* Whole numbers beyond 2^53 as text: a JSON number need not keep them. */
static void add_whole(cJSON *o, const char *name, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    if (n <= (uint64_t)1 << 53)
        cJSON_AddRawToObject(o, name, text);
    else
        cJSON_AddStringToObject(o, name, text);
}

static void add_scope(cJSON *o, const struct run_summary *run)
{
    if (run->sut)
        cJSON_AddStringToObject(o, "sut", run->sut);
    if (run->stale > 0)
        cJSON_AddNumberToObject(o, "stale", (double)run->stale);
    add_whole(o, "seed", run->seed);
    cJSON_AddBoolToObject(o, "strict", run->strict);
    cJSON_AddStringToObject(o, "select", run->select ? run->select : "");
    cJSON_AddStringToObject(o, "worlds", run->worlds ? run->worlds : "both");
    cJSON_AddBoolToObject(o, "long", run->with_long);
    cJSON_AddNumberToObject(o, "repeat", run->repeat > 1 ? (double)run->repeat : 1);
    if (run->interrupted)
        cJSON_AddTrueToObject(o, "interrupted");
}

static void add_totals(cJSON *o, const struct run_summary *run)
{
    struct run_totals t = run_count(run);
    cJSON *totals = cJSON_AddObjectToObject(o, "totals"), *captures;

    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++)
        cJSON_AddNumberToObject(totals, verdict_text((enum verdict)v), (double)t.by_verdict[v]);
    cJSON_AddNumberToObject(totals, "not applicable", (double)t.not_applicable);
    cJSON_AddNumberToObject(totals, "not played", (double)t.not_played);
    cJSON_AddNumberToObject(totals, "checks", (double)t.checks);
    cJSON_AddNumberToObject(totals, "long left out", (double)run->long_left_out);
    if (!run->captures.replayed)
        return;
    captures = cJSON_AddObjectToObject(o, "captures");
    cJSON_AddNumberToObject(captures, "replayed", (double)run->captures.n);
    cJSON_AddNumberToObject(captures, "different", (double)run->captures.different);
    cJSON_AddNumberToObject(captures, "unreadable", (double)run->captures.unreadable);
}

static void add_shard(cJSON *o, const struct run_shard *shard)
{
    cJSON *s = cJSON_AddObjectToObject(o, "shard");
    char plan[24];

    snprintf(plan, sizeof plan, "%016llx", (unsigned long long)shard->plan);
    cJSON_AddNumberToObject(s, "i", (double)shard->i);
    cJSON_AddNumberToObject(s, "of", (double)shard->of);
    cJSON_AddStringToObject(s, "plan", plan);
    cJSON_AddNumberToObject(s, "plays", (double)shard->n_plays);
}

static cJSON *run_json(const struct run_summary *run)
{
    cJSON *o = cJSON_CreateObject(), *results;

    cJSON_AddNumberToObject(o, "wattproof", RUN_JSON_VERSION);
    add_scope(o, run);
    if (run->shard.of > 0)
        add_shard(o, &run->shard);
    add_totals(o, run);
    results = cJSON_AddArrayToObject(o, "results");
    for (const struct scenario_result *r = run->results; r; r = r->next) {
        cJSON *one = result_json(r, verdict_text(shown_verdict(r, run->strict)));

        if (run->shard.of > 0)
            cJSON_AddNumberToObject(one, "place", (double)r->place);
        cJSON_AddItemToArray(results, one);
    }
    return o;
}

bool report_json(const struct run_summary *run, const char *file)
{
    FILE *f = report_open(file);
    cJSON *o;
    char *text;

    if (!f)
        return false;
    o = run_json(run);
    text = cJSON_Print(o);
    cJSON_Delete(o);
    fputs(text ? text : "null", f);
    fputc('\n', f);
    free(text);
    return report_close(f, file);
}
