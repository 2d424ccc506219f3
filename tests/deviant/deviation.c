#include "tests/deviant/bend.h"

#include <string.h>

static const struct deviation_table *const tables[] = {&deviation_ivy, &deviation_dlms, &deviation_octolux,
                                                       &deviation_venus, &deviation_requests};

enum { N_TABLES = sizeof tables / sizeof tables[0] };

const struct deviation *deviation_at(unsigned i)
{
    for (unsigned t = 0; t < N_TABLES; t++) {
        if (i < tables[t]->n)
            return &tables[t]->rows[i];
        i -= tables[t]->n;
    }
    return NULL;
}

const struct deviation *deviation_find(const char *name)
{
    const struct deviation *d = NULL;

    for (unsigned i = 0; (d = deviation_at(i)); i++)
        if (strcmp(d->name, name) == 0)
            return d;
    return NULL;
}

static const struct deviation_table *table_of(const struct deviation *d)
{
    unsigned t = 0;

    while (t < N_TABLES - 1 && (d < tables[t]->rows || d >= tables[t]->rows + tables[t]->n))
        t++;
    return tables[t];
}

bool deviation_is_of_text(const struct deviation *d)
{
    return table_of(d)->of_text;
}

bool deviation_is_of_requests(const struct deviation *d)
{
    return table_of(d)->of_requests;
}
