/* Dials that wait until the world is told to let them go: one code for both worlds. */
#ifndef WP_HELD_DIALS_H
#define WP_HELD_DIALS_H

#include "sim/world/world.h"

struct held_dial {
    wp_machine machine;
    uint32_t life; /* of the machine: what an earlier life dialled is void */
    uint16_t endpoint;
    struct wp_addr to;
    wp_us within; /* from the moment when it is let go */
};

/* Zeroed: nothing is held. */
struct held_dials {
    bool holding;
    struct held_dial *at; /* in the order of dialling */
    size_t n, cap;
};

/* false: nothing is held now, so it is to be carried out. */
bool held_dials_take(struct held_dials *h, const struct held_dial *dial);
void held_dials_free(struct held_dials *h);

#endif
