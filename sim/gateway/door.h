/* The door of the listeners that souths share: who may come in, how many at once, and which south has whom. */
#ifndef WP_DOOR_H
#define WP_DOOR_H

#include "sim/core/machine.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/gateway/carve.h"
#include "sim/gateway/limits.h"

/* A connection that was let in, from its opening to its end, whichever south has it. */
struct door_guest {
    wp_port port;
    struct wp_addr peer, own;
    uint16_t endpoint;
    uint16_t south; /* the part that gets its events */
};

/* What is counted; each one is a note with its count so far. */
enum door_count { DOOR_TOO_MANY, DOOR_LIMITED, DOOR_N_COUNTS };

struct door {
    struct wp_map by_port;
    struct wp_pool guests;
    bool is_limited;
    struct limits limits;
    uint64_t count[DOOR_N_COUNTS];
};

/* Options meters.max_connections and meters.rate_*. */
void door_lay_out(struct door *d, struct wp_carve *memory, const struct wp_setup *setup);

/* An OPEN. NULL: it is refused, with a note; the connection is the caller's to hang up. */
struct door_guest *door_enter(struct door *d, const struct wp_event *open, struct wp_outbox *out);
/* NULL: not let in, or gone already. */
struct door_guest *door_find(const struct door *d, wp_port port);
/* Its connection has ended, by either side. A port that is nobody's is passed over. */
void door_leave(struct door *d, wp_port port);

#endif
