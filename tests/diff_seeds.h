/* Random sequences that both worlds play: which seeds, and where the two were heard differently. */
#ifndef WP_DIFF_SEEDS_H
#define WP_DIFF_SEEDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From 0 below `n`, or as WATTPROOF_DIFF_SEEDS="100 200" says. */
static inline void diff_seed_range(uint64_t n, uint64_t *ret_from, uint64_t *ret_to)
{
    const char *given = getenv("WATTPROOF_DIFF_SEEDS");
    unsigned long long from, to;

    *ret_from = 0;
    *ret_to = n;
    if (given && sscanf(given, "%llu %llu", &from, &to) == 2) {
        *ret_from = from;
        *ret_to = to;
    }
}

/* The step of the first difference, as either world heard it, with what came before. */
static inline const char *diff_first(const char *virtual_log, const char *live_log)
{
    static char text[4096];
    size_t step = 0, i = 0, before;

    for (; virtual_log[i] && virtual_log[i] == live_log[i]; i++)
        if (i > 0 && virtual_log[i - 1] == '\n' && strncmp(virtual_log + i, "step", 4) == 0)
            step = i;
    before = step < 1000 ? step : 1000;
    snprintf(text, sizeof text, "%.*s----- virtual:\n%.1200s\n----- live:\n%.1200s\n", (int)before,
             virtual_log + step - before, virtual_log + step, live_log + step);
    return text;
}

#endif
