/* What a restarted machine keeps of its settings, as flash memory would. The same in both worlds. */
#ifndef WP_KEPT_H
#define WP_KEPT_H

#include "sim/core/machine.h"

/* The options of one machine that a restart keeps, as last set while it ran. Zeroed: none. */
struct wp_kept {
    struct wp_kept_option *first;
};

/* Remembers a SET of an option that is kept; anything else is passed over. */
void kept_note(struct wp_kept *kept, const struct wp_event *event);
/* Calls `set` with a SET event for each, in the order in which they were first set. */
void kept_each(const struct wp_kept *kept, void (*set)(void *ctx, const struct wp_event *event), void *ctx);
void kept_free(struct wp_kept *kept);
size_t kept_memory(const struct wp_kept *kept);

#endif
