#include "harness/run_file.h"
#include "harness/jobs.h"
#include "harness/result_file.h"
#include "harness/yaml.h"

#include <cjson/cJSON.h>
#include <stdio.h>

void run_file_play_dir(char *out, size_t cap, const char *dir, const struct scenario_result *play)
{
    char name[200];

    job_dir_name(name, sizeof name, play->name);
    snprintf(out, cap, "%s/s/%s/%s", dir, play->world, name);
}

static cJSON *read_run_json(struct arena *a, const char *dir, struct wp_writer *why)
{
    const char *path = arena_print(a, "%s/run.json", dir);
    struct wp_slice text = file_read(a, path, why);
    cJSON *json = text.p ? cJSON_ParseWithLength((const char *)text.p, text.n) : NULL;

    if (text.p && (!json || !cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "results")))) {
        wp_put_text(why, path);
        wp_put_text(why, ": not the results of a run");
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

/* What the play itself left says more; a worker that died has left nothing, and a folder of this name may be that of
 * another run. */
static void read_play(struct run_file *run, const char *dir, const cJSON *o)
{
    struct scenario_result *listed = arena_get(&run->arena, sizeof *listed), own;
    char play_dir[1400];

    result_from_json(listed, o);
    run_file_play_dir(play_dir, sizeof play_dir, dir, listed);
    if (result_read(&own, play_dir)) {
        if (strcmp(own.name, listed->name) == 0) {
            result_free(listed);
            *listed = own;
            listed->tail = listed->findings ? own.tail : &listed->findings;
        } else {
            result_free(&own);
        }
    }
    listed->next = NULL;
    *run->tail = listed;
    run->tail = &listed->next;
    run->n++;
}

bool run_file_read(struct run_file *run, const char *dir, struct wp_writer *why)
{
    cJSON *json;
    const cJSON *seed, *o;

    *run = (struct run_file){.tail = &run->results};
    json = read_run_json(&run->arena, dir, why);
    if (!json) {
        arena_free(&run->arena);
        return false;
    }
    seed = cJSON_GetObjectItemCaseSensitive(json, "seed");
    run->seed = cJSON_IsNumber(seed) && seed->valuedouble > 0 ? (uint64_t)seed->valuedouble : 0;
    run->strict = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "strict"));
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(json, "results")) read_play(run, dir, o);
    cJSON_Delete(json);
    return true;
}

void run_file_free(struct run_file *run)
{
    for (struct scenario_result *r = run->results; r; r = r->next)
        result_free(r);
    arena_free(&run->arena);
    *run = (struct run_file){.tail = &run->results};
}

const struct scenario_result *run_file_find(const struct run_file *run, const char *name, const char *world)
{
    for (const struct scenario_result *r = run->results; r; r = r->next)
        if (strcmp(r->name, name) == 0 && strcmp(r->world, world) == 0)
            return r;
    return NULL;
}
