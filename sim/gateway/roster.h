/* The devices that are connected, in the order in which they came. */
#ifndef WP_ROSTER_H
#define WP_ROSTER_H

#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/core/reading.h"
#include "sim/gateway/carve.h"

enum { ROSTER_NAME_MAX = 63 }; /* a service of the D-Bus may call itself anything */

struct roster_device {
    struct roster_device *next, *prev;
    const char *protocol; /* of the south that has it */
    uint32_t ip;          /* of the peer */
    uint32_t cycle;       /* the poll cycle that had it last */
    uint16_t south;
    uint8_t n_name;
    char name[ROSTER_NAME_MAX];
};

struct roster {
    struct wp_map by_name;
    struct wp_pool cells;
    struct roster_device *first, *last;
};

void roster_lay_out(struct roster *r, struct wp_carve *memory, size_t cap);

static inline struct wp_slice roster_name(const struct roster_device *d)
{
    return wp_slice(d->name, d->n_name);
}

/* NULL: not connected. */
struct roster_device *roster_find(const struct roster *r, struct wp_slice name);
/* Appends it, or gives it to another south. NULL: no room, or the name is too long. */
struct roster_device *roster_add(struct roster *r, struct wp_slice name, const char *protocol,
                                 uint16_t south);
void roster_remove(struct roster *r, struct roster_device *d);

#endif
