/* What the tables of deviations share. */
#ifndef WP_DEVIATION_IMPL_H
#define WP_DEVIATION_IMPL_H

#include "tests/deviant/deviation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL: it has none of that name. */
static inline cJSON *deviation_member(struct message *m, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(m->json, name);
}

/* In the place of the member, if it has one. Owns the value. */
static inline void deviation_put(struct message *m, const char *name, cJSON *value)
{
    if (deviation_member(m, name))
        cJSON_ReplaceItemInObjectCaseSensitive(m->json, name, value);
    else
        cJSON_Delete(value);
}

/* Another payload, of a deviation of text. */
static inline void deviation_put_text(struct message *m, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        abort();
    free(m->text);
    m->text = copy;
}

/* The first `from` of the text becomes `to`. false: it has none. */
static inline bool deviation_replace(struct message *m, const char *from, const char *to)
{
    const char *at = strstr(m->text, from);
    size_t n = strlen(m->text) + strlen(to) + 1;
    char *changed;

    if (!at)
        return false;
    changed = malloc(n);
    if (!changed)
        abort();
    snprintf(changed, n, "%.*s%s%s", (int)(at - m->text), m->text, to, at + strlen(from));
    free(m->text);
    m->text = changed;
    return true;
}

extern const struct deviation deviation_dlms[];
extern const unsigned deviation_n_dlms;
extern const struct deviation deviation_octolux[];
extern const unsigned deviation_n_octolux;
extern const struct deviation deviation_venus[];
extern const unsigned deviation_n_venus;
extern const struct deviation deviation_requests[];
extern const unsigned deviation_n_requests;

#endif
