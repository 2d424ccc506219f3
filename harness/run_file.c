#include "harness/run_file.h"
#include "harness/jobs.h"
#include "harness/result_file.h"
#include "harness/yaml.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint64_t read_whole(const cJSON *o, const char *name)
{
    const char *text = json_text_of(o, name);

    return *text ? strtoull(text, NULL, 10) : json_whole_of(o, name);
}

static bool is_true(const cJSON *o, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static void read_scope(struct run_file *run, const cJSON *o)
{
    const cJSON *totals = cJSON_GetObjectItemCaseSensitive(o, "totals");
    const cJSON *captures = cJSON_GetObjectItemCaseSensitive(o, "captures");
    const cJSON *shard = cJSON_GetObjectItemCaseSensitive(o, "shard");
    struct run_summary *s = &run->summary;

    s->seed = read_whole(o, "seed");
    if (*json_text_of(o, "sut"))
        s->sut = arena_text(&run->arena, wp_text(json_text_of(o, "sut")));
    s->stale = (size_t)json_whole_of(o, "stale");
    s->strict = is_true(o, "strict");
    s->interrupted = is_true(o, "interrupted");
    s->select = arena_text(&run->arena, wp_text(json_text_of(o, "select")));
    s->worlds = arena_text(&run->arena, wp_text(json_text_of(o, "worlds")));
    s->with_long = is_true(o, "long");
    s->repeat = (size_t)json_whole_of(o, "repeat");
    s->long_left_out = (size_t)json_whole_of(totals, "long left out");
    if (captures)
        s->captures = (struct run_captures){
            .replayed = true,
            .n = (size_t)json_whole_of(captures, "replayed"),
            .different = (size_t)json_whole_of(captures, "different"),
            .unreadable = (size_t)json_whole_of(captures, "unreadable"),
        };
    if (shard)
        s->shard = (struct run_shard){
            .i = (size_t)json_whole_of(shard, "i"),
            .of = (size_t)json_whole_of(shard, "of"),
            .plan = strtoull(json_text_of(shard, "plan"), NULL, 16),
            .n_plays = (size_t)json_whole_of(shard, "plays"),
        };
}

static void read_results(struct run_file *run, const cJSON *list)
{
    struct scenario_result **tail = &run->summary.results;
    const cJSON *o;

    cJSON_ArrayForEach(o, list)
    {
        *tail = arena_get(&run->arena, sizeof **tail);
        result_from_json(*tail, o);
        tail = &(*tail)->next;
    }
}

static bool refuse(struct wp_writer *why, const char *file, const char *sentence)
{
    wp_put_text(why, file);
    wp_put_text(why, ": ");
    wp_put_text(why, sentence);
    return false;
}

/* The folder and the file in it; either may have been given. */
static bool find(struct run_file *run, const char *path, const char **ret_file, struct wp_writer *why)
{
    struct stat st;
    const char *slash = strrchr(path, '/');

    if (stat(path, &st) != 0)
        return refuse(why, path, "there is no such run: it is the folder of a run, or its run.json");
    if (!S_ISDIR(st.st_mode)) {
        run->dir = slash ? arena_print(&run->arena, "%.*s", (int)(slash - path), path) : ".";
        *ret_file = path;
        return true;
    }
    run->dir = arena_text(&run->arena, wp_text(path));
    *ret_file = arena_print(&run->arena, "%s/run.json", path);
    if (stat(*ret_file, &st) != 0)
        return refuse(why, path,
                      "holds no run.json: it is no run's folder, or the run was ended before its end");
    return true;
}

bool run_file_read(struct run_file *run, const char *path, struct wp_writer *why)
{
    const char *file = NULL;
    struct wp_slice text;
    cJSON *o;
    bool good;

    *run = (struct run_file){.arena = {0}};
    if (!find(run, path, &file, why)) {
        run_file_free(run);
        return false;
    }
    run->path = arena_text(&run->arena, wp_text(file));
    text = file_read(&run->arena, file, why);
    if (!text.p) {
        run_file_free(run);
        return false;
    }
    o = cJSON_ParseWithOpts((const char *)text.p, NULL, true);
    good = cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(o, "results")) && json_whole_of(o, "wattproof") > 0;
    if (!o)
        refuse(why, file, "is not whole JSON: was the run ended while it was written?");
    else if (!good)
        refuse(why, file, "is JSON, but no run.json of wattproof");
    else if (json_whole_of(o, "wattproof") != RUN_JSON_VERSION)
        good = refuse(why, file, "was written by another version of wattproof: run again");
    if (good) {
        read_scope(run, o);
        read_results(run, cJSON_GetObjectItemCaseSensitive(o, "results"));
    }
    cJSON_Delete(o);
    if (!good)
        run_file_free(run);
    return good;
}

bool run_file_read_previous(struct run_file *run, const char *dir, struct wp_writer *why)
{
    struct arena a = {0};
    bool good = run_file_read(run, arena_print(&a, "%s/previous.json", dir), why);

    arena_free(&a);
    return good;
}

void run_file_free(struct run_file *run)
{
    for (struct scenario_result *r = run->summary.results; r; r = r->next)
        result_free(r);
    arena_free(&run->arena);
    *run = (struct run_file){0};
}

const struct scenario_result *run_file_find(const struct run_file *run, const char *name, const char *world)
{
    for (const struct scenario_result *r = run->summary.results; r; r = r->next)
        if (strcmp(r->name, name) == 0 && strcmp(r->world, world) == 0)
            return r;
    return NULL;
}

void run_file_play_dir(char *out, size_t cap, const char *dir, const struct scenario_result *play)
{
    char name[200];

    job_dir_name(name, sizeof name, play->name);
    snprintf(out, cap, "%s/s/%s/%s", dir, play->world, name);
}
