#include "harness/nearest.h"

#include <stdint.h>
#include <string.h>

/* Levenshtein distance, cut at 64 characters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[65], na = strlen(a), nb = strlen(b);

    if (na > 64 || nb > 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

const char *nearest(const char *word, const char *const *names, size_t n)
{
    size_t best = strlen(word) / 3 + 2; /* a third of the letters may be wrong */
    const char *name = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, names[i]);

        if (d < best) {
            best = d;
            name = names[i];
        }
    }
    return name;
}
