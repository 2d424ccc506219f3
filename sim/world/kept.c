#include "sim/world/kept.h"

#include <assert.h>
#include <stdlib.h>

struct wp_kept_option {
    struct wp_kept_option *next;
    const struct wp_option *option;
    struct wp_value value;
    void *text; /* a copy of what the value borrowed */
};

static bool borrows(struct wp_value value)
{
    return value.kind == WP_TEXT || value.kind == WP_BYTES || value.kind == WP_TREE;
}

void kept_note(struct wp_kept *kept, const struct wp_event *event)
{
    struct wp_kept_option **at = &kept->first, *k;

    if (event->kind != WP_EV_SET || !event->set.option->kept)
        return;
    while (*at && (*at)->option != event->set.option)
        at = &(*at)->next;
    if (!*at) {
        *at = calloc(1, sizeof **at);
        assert(*at);
    }
    k = *at;
    free(k->text);
    k->option = event->set.option;
    k->value = event->set.value;
    k->text = NULL;
    if (borrows(k->value) && k->value.bytes.n > 0) {
        k->text = malloc(k->value.bytes.n);
        assert(k->text);
        memcpy(k->text, k->value.bytes.p, k->value.bytes.n);
        k->value.bytes.p = k->text;
    }
}

void kept_each(const struct wp_kept *kept, void (*set)(void *ctx, const struct wp_event *event), void *ctx)
{
    for (const struct wp_kept_option *k = kept->first; k; k = k->next) {
        const struct wp_event event = {.kind = WP_EV_SET, .set = {.option = k->option, .value = k->value}};

        set(ctx, &event);
    }
}

void kept_free(struct wp_kept *kept)
{
    struct wp_kept_option *next;

    for (; kept->first; kept->first = next) {
        next = kept->first->next;
        free(kept->first->text);
        free(kept->first);
    }
}

size_t kept_memory(const struct wp_kept *kept)
{
    size_t sum = 0;

    for (const struct wp_kept_option *k = kept->first; k; k = k->next)
        sum += sizeof *k + (k->text ? k->value.bytes.n : 0);
    return sum;
}
