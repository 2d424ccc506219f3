#include "harness/texts.h"

#include <stdio.h>
#include <stdlib.h>

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for the names in this capture\n", stderr);
        abort();
    }
    return p;
}

/* Where the text stands in the index, or would. */
static size_t place_of(const struct texts *t, struct wp_slice text, uint64_t hash)
{
    size_t i = (size_t)hash & t->mask;

    while (t->index[i]) {
        const struct texts_entry *e = &t->entry[t->index[i] - 1];

        if (e->hash == hash && wp_slice_eq(e->text, text))
            break;
        i = (i + 1) & t->mask;
    }
    return i;
}

/* Room for twice as many; the index stays at most half full. */
static void widen(struct texts *t)
{
    t->cap = t->cap ? t->cap * 2 : 32;
    t->entry = get_memory(t->entry, t->cap * sizeof t->entry[0]);
    t->mask = t->cap * 2 - 1;
    t->index = get_memory(t->index, (t->mask + 1) * sizeof t->index[0]);
    memset(t->index, 0, (t->mask + 1) * sizeof t->index[0]);
    for (size_t i = 0; i < t->n; i++)
        t->index[place_of(t, t->entry[i].text, t->entry[i].hash)] = (uint32_t)i + 1;
}

size_t texts_add(struct texts *t, struct wp_slice text)
{
    uint64_t hash = wp_slice_hash(text);
    size_t i;

    if (t->n == t->cap)
        widen(t);
    i = place_of(t, text, hash);
    if (!t->index[i]) {
        t->entry[t->n] = (struct texts_entry){
            .text = wp_text(arena_text(&t->arena, text)),
            .hash = hash,
        };
        t->entry[t->n].text.n = text.n; /* it may hold a 0 */
        t->index[i] = (uint32_t)++t->n;
    }
    t->entry[t->index[i] - 1].count++;
    return t->index[i] - 1;
}

size_t texts_find(const struct texts *t, struct wp_slice text)
{
    size_t i;

    if (t->n == 0)
        return TEXTS_NONE;
    i = place_of(t, text, wp_slice_hash(text));
    return t->index[i] ? t->index[i] - 1 : TEXTS_NONE;
}

void texts_free(struct texts *t)
{
    free(t->entry);
    free(t->index);
    arena_free(&t->arena);
    *t = (struct texts){0};
}
