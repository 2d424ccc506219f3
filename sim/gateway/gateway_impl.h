/* Private to gateway.c, gateway_setup.c and gateway_souths.c. */
#ifndef WP_GATEWAY_IMPL_H
#define WP_GATEWAY_IMPL_H

#include "sim/gateway/carve.h"
#include "sim/gateway/door.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/polling.h"
#include "sim/gateway/roster.h"

enum { GATEWAY_PARTS_MAX = 16, GATEWAY_ENDPOINTS_MAX = 32 };

struct gateway_part {
    struct wp_outbox outbox; /* first: what the part emits into */
    struct gateway *gateway;
    const struct wp_class *class;
    void *machine;
    uint16_t number; /* index among the parts; commands say it + 1 as `from` */
};

struct gateway {
    struct gateway_part_setup setup; /* what the parts got */
    struct gateway_facts facts;
    int64_t epoch_us; /* without the clock's offset */
    struct gateway_part part[GATEWAY_PARTS_MAX];
    size_t n_souths, n_parts;             /* the souths stand first */
    uint8_t owner[GATEWAY_ENDPOINTS_MAX]; /* the first part that lists it */
    bool has_door[GATEWAY_ENDPOINTS_MAX]; /* a TCP listener of souths */
    struct door door;
    uint64_t n_turned_away; /* connections that no south of the listener took */
    struct roster roster;
    struct polling polling;
    struct wp_outbox *out; /* the world's, while a step is under way */
    wp_us now;
};

bool gateway_check(const struct wp_setup *setup, struct wp_writer *why);
size_t gateway_size(const struct wp_setup *setup);
/* Those of its souths. */
void gateway_keys(const struct wp_setup *setup, wp_take_key *take, void *ctx);
void gateway_init(const struct wp_setup *setup, void *memory);

/* The first part from number `from` on that lists the endpoint; GATEWAY_PARTS_MAX: nobody. */
uint8_t gateway_endpoint_part(const struct wp_parts *parts, size_t from, const char *name);

static inline void gateway_step_part(struct gateway_part *p, const struct wp_event *event)
{
    p->class->step(p->machine, event, &p->outbox);
}

static inline void gateway_step_norths(struct gateway *g, const struct wp_event *event)
{
    for (size_t i = g->n_souths; i < g->n_parts; i++)
        gateway_step_part(&g->part[i], event);
}

/* ---- gateway_souths.c: who has which device and which connection ----------------------------------- */

/* A south tells that a device is online or offline. */
void gateway_give_presence(struct gateway *g, uint16_t south, const struct wp_presence *presence);
/* A part hangs up. */
void gateway_hang_up(struct gateway *g, const struct wp_effect *effect);
/* South number `from` hands on a connection. */
void gateway_hand_on(struct gateway *g, uint16_t from, const struct wp_effect *given);
/* The world tells of a connection: to the part that has it. */
void gateway_connection(struct gateway *g, const struct wp_event *event);

/* What each part emits into. */
void gateway_part_emit(struct wp_outbox *outbox, const struct wp_effect *effect);

#endif
