/* What the tables of deviations share. */
#ifndef WP_DEVIATION_IMPL_H
#define WP_DEVIATION_IMPL_H

#include "tests/deviant/deviation.h"

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

extern const struct deviation deviation_dlms[];
extern const unsigned deviation_n_dlms;
extern const struct deviation deviation_octolux[];
extern const unsigned deviation_n_octolux;

#endif
