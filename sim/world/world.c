#include "sim/world/world.h"
#include "sim/world/world_ops.h"

#include <assert.h>
#include <stdlib.h>

void world_free(struct wp_world *w)
{
    if (w)
        w->ops->free(w);
}

wp_machine world_add(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                     const struct wp_link_setup *link)
{
    return w->ops->add(w, class, setup, link);
}

struct wp_addr world_real_addr(const struct wp_world *w, struct wp_addr scenario)
{
    return w->ops->real_addr(w, scenario);
}

struct wp_addr world_broker_addr(const struct wp_world *w, bool websocket)
{
    return w->ops->broker_addr(w, websocket);
}

bool world_start(struct wp_world *w)
{
    return w->ops->start(w);
}

enum wp_world_end world_run(struct wp_world *w, wp_us until)
{
    return w->ops->run(w, until);
}

void world_stop(struct wp_world *w)
{
    w->ops->stop(w);
}

wp_us world_now(const struct wp_world *w)
{
    return w->ops->now(w);
}

int64_t world_epoch(const struct wp_world *w)
{
    return w->ops->epoch(w);
}

wp_us world_lateness(struct wp_world *w)
{
    return w->ops->lateness(w);
}

const char *world_error(const struct wp_world *w)
{
    return w->ops->error(w);
}

void world_event(struct wp_world *w, wp_machine m, const struct wp_event *event)
{
    w->ops->event(w, m, event);
}

void world_act(struct wp_world *w, wp_machine m, const struct wp_effect *effect)
{
    w->ops->act(w, m, effect);
}

wp_port world_port(const struct wp_world *w, wp_machine m, const char *endpoint)
{
    return w->ops->port(w, m, endpoint);
}

void world_restart(struct wp_world *w, wp_machine m, bool orderly, wp_us down)
{
    w->ops->restart(w, m, orderly, down);
}

void world_restart_broker(struct wp_world *w, bool orderly, wp_us down)
{
    w->ops->restart_broker(w, orderly, down);
}

void world_fault(struct wp_world *w, wp_machine m, const struct wp_link_fault *fault)
{
    w->ops->fault(w, m, fault);
}

void world_end(struct wp_world *w)
{
    w->ops->end(w);
}

size_t world_memory(const struct wp_world *w)
{
    return w->ops->memory(w);
}

uint64_t world_events(const struct wp_world *w)
{
    return w->ops->events(w);
}

struct world_kept_option {
    struct world_kept_option *next;
    const struct wp_option *option;
    struct wp_value value;
    void *text; /* a copy of what the value borrowed */
};

static bool borrows(struct wp_value value)
{
    return value.kind == WP_TEXT || value.kind == WP_BYTES || value.kind == WP_TREE;
}

void world_keep(struct world_kept *kept, const struct wp_event *event)
{
    struct world_kept_option **at = &kept->first, *k;

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

void world_kept_each(const struct world_kept *kept, void (*set)(void *ctx, const struct wp_event *event),
                     void *ctx)
{
    for (const struct world_kept_option *k = kept->first; k; k = k->next) {
        const struct wp_event event = {.kind = WP_EV_SET, .set = {.option = k->option, .value = k->value}};

        set(ctx, &event);
    }
}

void world_kept_free(struct world_kept *kept)
{
    struct world_kept_option *next;

    for (; kept->first; kept->first = next) {
        next = kept->first->next;
        free(kept->first->text);
        free(kept->first);
    }
}

size_t world_kept_memory(const struct world_kept *kept)
{
    size_t sum = 0;

    for (const struct world_kept_option *k = kept->first; k; k = k->next)
        sum += sizeof *k + (k->text ? k->value.bytes.n : 0);
    return sum;
}
