/* Private to gateway.c and gateway_setup.c. */
#ifndef WP_GATEWAY_IMPL_H
#define WP_GATEWAY_IMPL_H

#include "sim/gateway/carve.h"
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
    size_t n_souths, n_parts; /* the souths stand first */
    uint8_t owner[GATEWAY_ENDPOINTS_MAX];
    struct roster roster;
    struct polling polling;
    struct wp_outbox *out; /* the world's, while a step is under way */
    wp_us now;
};

bool gateway_check(const struct wp_setup *setup, struct wp_writer *why);
size_t gateway_size(const struct wp_setup *setup);
void gateway_init(const struct wp_setup *setup, void *memory);

/* What each part emits into. */
void gateway_part_emit(struct wp_outbox *outbox, const struct wp_effect *effect);

#endif
