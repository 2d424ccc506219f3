#include "harness/needles.h"

#include <stdio.h>
#include <stdlib.h>

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for what is looked for\n", stderr);
        abort();
    }
    return p;
}

static size_t slot(const struct needles *set, const uint8_t *p)
{
    uint32_t head;

    memcpy(&head, p, sizeof head);
    return (size_t)(head * UINT32_C(2654435761) >> 8) & set->mask;
}

static void enter(struct needles *set, size_t i)
{
    uint32_t *first = &set->first[slot(set, set->at[i].bytes.p)];

    set->at[i].next = *first;
    *first = (uint32_t)i + 1;
}

static void widen(struct needles *set)
{
    set->cap = set->cap ? set->cap * 2 : 64;
    set->at = get_memory(set->at, set->cap * sizeof set->at[0]);
    set->mask = set->cap * 8 - 1;
    set->first = get_memory(set->first, (set->mask + 1) * sizeof set->first[0]);
    memset(set->first, 0, (set->mask + 1) * sizeof set->first[0]);
    for (size_t i = 0; i < set->n; i++)
        enter(set, i);
}

void needles_add(struct needles *set, struct wp_slice bytes, size_t owner, unsigned form)
{
    if (bytes.n < NEEDLE_MIN)
        return;
    if (set->n == set->cap)
        widen(set);
    set->at[set->n] = (struct needle){bytes, owner, form, 0};
    enter(set, set->n++);
}

const struct needle *needles_at(const struct needles *set, struct wp_slice in, size_t at)
{
    const struct needle *best = NULL;

    if (set->n == 0 || in.n < NEEDLE_MIN || at > in.n - NEEDLE_MIN)
        return NULL;
    for (uint32_t i = set->first[slot(set, in.p + at)]; i; i = set->at[i - 1].next) {
        const struct needle *needle = &set->at[i - 1];

        if (needle->bytes.n > in.n - at || memcmp(needle->bytes.p, in.p + at, needle->bytes.n) != 0)
            continue;
        if (!best || needle->bytes.n > best->bytes.n || (needle->bytes.n == best->bytes.n && needle < best))
            best = needle;
    }
    return best;
}

const struct needle *needles_next(const struct needles *set, struct wp_slice in, size_t *at)
{
    for (; *at + NEEDLE_MIN <= in.n; ++*at) {
        const struct needle *needle = needles_at(set, in, *at);

        if (needle)
            return needle;
    }
    return NULL;
}

void needles_free(struct needles *set)
{
    free(set->at);
    free(set->first);
    *set = (struct needles){0};
}
