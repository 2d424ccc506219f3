/* What a world is made of inside: the calls of world.h as a table. For the files of this room alone. */
#ifndef WP_WORLD_IMPL_H
#define WP_WORLD_IMPL_H

#include "sim/world/world.h"

struct wp_world_ops {
    void (*free)(struct wp_world *w);
    wp_machine (*add)(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                      const struct wp_link_setup *link);
    struct wp_addr (*real_addr)(const struct wp_world *w, enum wp_transport transport,
                                struct wp_addr scenario);
    struct wp_addr (*broker_addr)(const struct wp_world *w, bool websocket);
    const char *(*broker_tls)(const struct wp_world *w, struct wp_addr *ret_addr);
    const char *(*vrm_tls)(const struct wp_world *w, struct wp_addr *ret_addr);
    bool (*tap)(struct wp_world *w, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
                struct wp_writer *why);
    bool (*start)(struct wp_world *w);
    void (*hold_dials)(struct wp_world *w);
    size_t (*let_dials_go)(struct wp_world *w);
    enum wp_world_end (*run)(struct wp_world *w, wp_us until);
    void (*stop)(struct wp_world *w);
    void (*interrupt)(struct wp_world *w);
    wp_us (*now)(const struct wp_world *w);
    int64_t (*epoch)(const struct wp_world *w);
    wp_us (*lateness)(struct wp_world *w);
    const char *(*error)(const struct wp_world *w);
    void (*event)(struct wp_world *w, wp_machine m, const struct wp_event *event);
    void (*act)(struct wp_world *w, wp_machine m, const struct wp_effect *effect);
    wp_port (*port)(const struct wp_world *w, wp_machine m, const char *endpoint);
    void (*restart)(struct wp_world *w, wp_machine m, bool orderly, wp_us down);
    void (*restart_broker)(struct wp_world *w, bool orderly, wp_us down);
    void (*restart_vrm)(struct wp_world *w, bool orderly, wp_us down);
    void (*restart_bus)(struct wp_world *w, wp_us down);
    const char *(*bus_address)(const struct wp_world *w);
    void (*fault)(struct wp_world *w, wp_machine m, const struct wp_link_fault *fault);
    void (*end)(struct wp_world *w);
    size_t (*memory)(const struct wp_world *w);
    uint64_t (*events)(const struct wp_world *w);
};

/* The first member of either world. */
struct wp_world {
    const struct wp_world_ops *ops;
};

#endif
