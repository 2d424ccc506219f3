/* A client that only listens, on a broker that is somebody else's: logs in, subscribes, and comes back by itself. */
#ifndef WP_WATCHER_H
#define WP_WATCHER_H

#include "sim/core/machine.h"

enum { WATCHER_FILTERS_MAX = 16 };

/* What the setup's `plan` points to, alive as long as the setup.
 * wide   what it would like to see ("#"); p NULL: straight to the filters
 * filters   what it asks for where the broker refuses that */
struct watcher_plan {
    struct wp_login login;
    struct wp_slice wide;
    struct wp_slice filters[WATCHER_FILTERS_MAX];
    size_t n_filters;
};

/* Notes: "watching" (count: subscriptions that stand), "watch-refused" (text: the filter). */
extern const struct wp_class watcher_class;

#endif
