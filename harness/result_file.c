#include "harness/result_file.h"
#include "harness/yaml.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static cJSON *finding_json(const struct finding *f)
{
    cJSON *o = cJSON_CreateObject(), *ids = cJSON_CreateArray();

    cJSON_AddStringToObject(o, "verdict", verdict_text(f->verdict));
    cJSON_AddStringToObject(o, "kind", f->kind);
    cJSON_AddNumberToObject(o, "line", f->line);
    cJSON_AddNumberToObject(o, "at_us", (double)f->at);
    cJSON_AddStringToObject(o, "text", f->text);
    for (size_t i = 0; i < f->n_statements; i++)
        cJSON_AddItemToArray(ids, cJSON_CreateString(f->statements[i]));
    cJSON_AddItemToObject(o, "statements", ids);
    if (f->undocumented)
        cJSON_AddTrueToObject(o, "undocumented");
    if (f->known)
        cJSON_AddStringToObject(o, "known", f->known);
    if (f->record > 0)
        cJSON_AddNumberToObject(o, "record", (double)f->record);
    if (f->expected) /* as text, as payloads in transcripts: cJSON would round its numbers */
        cJSON_AddStringToObject(o, "expected", f->expected);
    if (f->got)
        cJSON_AddStringToObject(o, "got", f->got);
    return o;
}

cJSON *result_json(const struct scenario_result *r, const char *shown)
{
    cJSON *o = cJSON_CreateObject(), *findings = cJSON_CreateArray();

    cJSON_AddStringToObject(o, "scenario", r->name);
    cJSON_AddStringToObject(o, "file", r->file);
    cJSON_AddStringToObject(o, "world", r->world);
    cJSON_AddStringToObject(o, "api", r->api ? r->api : "");
    cJSON_AddStringToObject(o, "purpose", r->purpose ? r->purpose : "");
    cJSON_AddStringToObject(o, "verdict", shown);
    cJSON_AddBoolToObject(o, "applicable", r->applicable);
    if (r->not_played)
        cJSON_AddTrueToObject(o, "not played");
    if (r->because)
        cJSON_AddStringToObject(o, "because", r->because);
    if (r->again)
        cJSON_AddStringToObject(o, "again", r->again);
    if (r->sut)
        cJSON_AddStringToObject(o, "sut", r->sut);
    cJSON_AddNumberToObject(o, "checks", (double)r->n_checks);
    cJSON_AddNumberToObject(o, "records", (double)r->n_records);
    cJSON_AddNumberToObject(o, "publishes", (double)r->n_publishes);
    cJSON_AddNumberToObject(o, "frames", (double)r->n_frames);
    cJSON_AddNumberToObject(o, "ended_us", (double)r->ended);
    for (const struct finding *f = r->findings; f; f = f->next)
        cJSON_AddItemToArray(findings, finding_json(f));
    cJSON_AddItemToObject(o, "findings", findings);
    return o;
}

static bool write_json(cJSON *json, const char *dir, const char *name)
{
    char path[1024];
    char *text = cJSON_Print(json);
    FILE *f;
    bool good;

    cJSON_Delete(json);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = text ? fopen(path, "w") : NULL;
    good = f && fputs(text, f) >= 0 && fputc('\n', f) == '\n';
    if (f && fclose(f) != 0)
        good = false;
    free(text);
    return good;
}

bool result_write(const struct scenario_result *r, const char *dir)
{
    cJSON *times = cJSON_CreateObject();

    cJSON_AddNumberToObject(times, "wall_us", (double)r->wall_us);
    return write_json(result_json(r, verdict_text(r->verdict)), dir, "result.json") &&
           write_json(times, dir, "times.json");
}

static cJSON *read_json(const char *dir, const char *name)
{
    struct arena a = {0};
    char path[1024], why[200];
    struct wp_writer w = wp_writer(why, sizeof why);
    struct wp_slice text;
    cJSON *json;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    text = file_read(&a, path, &w);
    json = text.p ? cJSON_ParseWithLength((const char *)text.p, text.n) : NULL;
    arena_free(&a);
    return json;
}

const char *json_text_of(const cJSON *o, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));

    return text ? text : "";
}

/* Beyond 2^53 a double is no longer each whole number. */
uint64_t json_whole_of(const cJSON *o, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, name);

    return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= 9007199254740992.0
               ? (uint64_t)n->valuedouble
               : 0;
}

static const char *optional_text(struct scenario_result *r, const cJSON *o, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));

    return text ? arena_text(&r->arena, wp_text(text)) : NULL;
}

static void read_finding(struct scenario_result *r, const cJSON *o)
{
    uint64_t line = json_whole_of(o, "line");
    struct finding *f =
        result_add(r, verdict_read(json_text_of(o, "verdict")), json_text_of(o, "kind"),
                   line < INT_MAX ? (int)line : 0, (wp_us)json_whole_of(o, "at_us"), json_text_of(o, "text"));
    const cJSON *id;

    f->record = json_whole_of(o, "record");
    f->expected = optional_text(r, o, "expected");
    f->got = optional_text(r, o, "got");
    f->known = optional_text(r, o, "known");
    f->undocumented = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "undocumented"));
    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(o, "statements"))
        finding_statement(r, f, cJSON_GetStringValue(id) ? cJSON_GetStringValue(id) : "");
}

static const char *world_text(struct scenario_result *r, const cJSON *o)
{
    const char *world = json_text_of(o, "world");

    return strcmp(world, "live") == 0      ? "live"
           : strcmp(world, "virtual") == 0 ? "virtual"
                                           : arena_text(&r->arena, wp_text(world));
}

void result_from_json(struct scenario_result *r, const cJSON *o)
{
    const cJSON *f;

    result_init(r, json_text_of(o, "scenario"), json_text_of(o, "file"), NULL);
    r->world = world_text(r, o);
    r->api = arena_text(&r->arena, wp_text(json_text_of(o, "api")));
    r->purpose = arena_text(&r->arena, wp_text(json_text_of(o, "purpose")));
    r->verdict = verdict_read(json_text_of(o, "verdict"));
    r->applicable = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "applicable"));
    r->not_played = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "not played"));
    r->because = optional_text(r, o, "because");
    r->again = optional_text(r, o, "again");
    r->sut = optional_text(r, o, "sut");
    cJSON_ArrayForEach(f, cJSON_GetObjectItemCaseSensitive(o, "findings")) read_finding(r, f);
    r->n_checks = (size_t)json_whole_of(o, "checks");
    r->n_records = json_whole_of(o, "records");
    r->n_publishes = json_whole_of(o, "publishes");
    r->n_frames = json_whole_of(o, "frames");
    r->ended = (wp_us)json_whole_of(o, "ended_us");
    r->place = (size_t)json_whole_of(o, "place");
}

bool result_read(struct scenario_result *r, const char *dir)
{
    cJSON *o = read_json(dir, "result.json"), *times = read_json(dir, "times.json");
    bool good = cJSON_IsObject(o);

    if (good) {
        result_from_json(r, o);
        r->wall_us = (int64_t)json_whole_of(times, "wall_us");
    }
    cJSON_Delete(times);
    cJSON_Delete(o);
    return good;
}
