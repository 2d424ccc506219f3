#include "tests/deviant/bend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- members ---------------------------------------------------------------------------------------- */

/* The object that has the last name of a path, and that name. NULL: a name before it is not there. */
static cJSON *parent_of(const struct message *m, const char *path, const char **ret_name)
{
    cJSON *object = m->json;
    const char *dot;

    for (; (dot = strchr(path, '.')); path = dot + 1) {
        char name[60];

        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        object = cJSON_GetObjectItemCaseSensitive(object, name);
    }
    *ret_name = path;
    return object;
}

cJSON *message_member(const struct message *m, const char *path)
{
    cJSON *object = parent_of(m, path, &path);

    return cJSON_GetObjectItemCaseSensitive(object, path);
}

void message_put(struct message *m, const char *path, cJSON *value)
{
    cJSON *object = parent_of(m, path, &path);

    if (cJSON_GetObjectItemCaseSensitive(object, path))
        cJSON_ReplaceItemInObjectCaseSensitive(object, path, value);
    else
        cJSON_Delete(value);
}

void number_times(cJSON *number, double factor)
{
    if (cJSON_IsNumber(number))
        cJSON_SetNumberValue(number, number->valuedouble * factor);
}

void number_as_text(cJSON *object, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    char text[40];

    if (!cJSON_IsNumber(number))
        return;
    snprintf(text, sizeof text, "%.15g", number->valuedouble);
    cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(text));
}

void bend_name(struct message *m)
{
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(m->json, m->of->what);

    if (item)
        cJSON_AddItemToObject(m->json, m->of->with, item);
}

void bend_to_missing(struct message *m)
{
    const char *name;
    cJSON *object = parent_of(m, m->of->what, &name);

    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
}

void bend_member(struct message *m)
{
    message_put(m, m->of->what, cJSON_CreateString(m->of->with));
}

void bend_to_multiple(struct message *m)
{
    number_times(message_member(m, m->of->what), m->of->by);
}

void bend_to_sum(struct message *m)
{
    cJSON *number = message_member(m, m->of->what);

    if (cJSON_IsNumber(number))
        cJSON_SetNumberValue(number, number->valuedouble + m->of->by);
}

void bend_to_whole(struct message *m)
{
    cJSON *number = message_member(m, m->of->what);

    if (cJSON_IsNumber(number))
        cJSON_SetNumberValue(number, (double)(int64_t)(number->valuedouble / m->of->by));
}

/* ---- texts ------------------------------------------------------------------------------------------ */

/* malloc'd; NULL: the text has no `from`. */
static char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    size_t n = strlen(text) + strlen(to) + 1;
    char *changed = at ? malloc(n) : NULL;

    if (!at)
        return NULL;
    if (!changed)
        abort();
    snprintf(changed, n, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return changed;
}

bool message_is(const struct message *m, const char *text)
{
    return strcmp(m->text, text) == 0;
}

void message_put_text(struct message *m, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        abort();
    free(m->text);
    m->text = copy;
}

bool message_replace(struct message *m, const char *from, const char *to)
{
    char *changed = replaced(m->text, from, to);

    if (!changed)
        return false;
    free(m->text);
    m->text = changed;
    return true;
}

void bend_text(struct message *m)
{
    message_replace(m, m->of->what, m->of->with);
}

void bend_if_text_is(struct message *m)
{
    if (message_is(m, m->of->what))
        bend_to_text(m);
}

void bend_to_text(struct message *m)
{
    message_put_text(m, m->of->with);
}

/* ---- how it is published ---------------------------------------------------------------------------- */

void bend_nothing(struct message *m)
{
    (void)m;
}

void bend_to_twice(struct message *m)
{
    m->copies = 2;
}

void bend_to_never(struct message *m)
{
    m->copies = 0;
}

void bend_to_late(struct message *m)
{
    m->late_ms = (unsigned)m->of->by;
}

void bend_to_retained(struct message *m)
{
    m->retain = true;
}

void bend_to_not_retained(struct message *m)
{
    m->retain = false;
}

void bend_qos(struct message *m)
{
    m->qos = (uint8_t)m->of->by;
}

void bend_topic(struct message *m)
{
    char *changed = replaced(m->topic, m->of->what, m->of->with);

    if (changed)
        snprintf(m->topic, sizeof m->topic, "%s", changed);
    free(changed);
}

void bend_to_also(struct message *m)
{
    snprintf(m->also, sizeof m->also, "%s", m->of->with);
}
