/* What both worlds have in common: the table behind world.h, and the settings that a restarted machine keeps. */
#ifndef WP_WORLD_OPS_H
#define WP_WORLD_OPS_H

#include "sim/world/world.h"

/* One row per function of world.h, with its meaning. */
struct world_ops {
    void (*free)(struct wp_world *w);
    wp_machine (*add)(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                      const struct wp_link_setup *link);
    struct wp_addr (*real_addr)(const struct wp_world *w, struct wp_addr scenario);
    struct wp_addr (*broker_addr)(const struct wp_world *w, bool websocket);
    bool (*start)(struct wp_world *w);
    enum wp_world_end (*run)(struct wp_world *w, wp_us until);
    void (*stop)(struct wp_world *w);
    wp_us (*now)(const struct wp_world *w);
    int64_t (*epoch)(const struct wp_world *w);
    wp_us (*lateness)(struct wp_world *w);
    const char *(*error)(const struct wp_world *w);
    void (*event)(struct wp_world *w, wp_machine m, const struct wp_event *event);
    void (*act)(struct wp_world *w, wp_machine m, const struct wp_effect *effect);
    wp_port (*port)(const struct wp_world *w, wp_machine m, const char *endpoint);
    void (*restart)(struct wp_world *w, wp_machine m, bool orderly, wp_us down);
    void (*restart_broker)(struct wp_world *w, bool orderly, wp_us down);
    void (*fault)(struct wp_world *w, wp_machine m, const struct wp_link_fault *fault);
    void (*end)(struct wp_world *w);
    size_t (*memory)(const struct wp_world *w);
    uint64_t (*events)(const struct wp_world *w);
};

/* The first member of either world. */
struct wp_world {
    const struct world_ops *ops;
};

/* The options that a machine keeps over a restart, as last set while it ran. Zeroed: none. */
struct world_kept {
    struct world_kept_option *first;
};

/* Remembers a SET of an option that is kept; anything else is passed over. */
void world_keep(struct world_kept *kept, const struct wp_event *event);
/* Calls `set` with a SET event for each, in the order in which they were first set. */
void world_kept_each(const struct world_kept *kept, void (*set)(void *ctx, const struct wp_event *event),
                     void *ctx);
void world_kept_free(struct world_kept *kept);
size_t world_kept_memory(const struct world_kept *kept);

#endif
