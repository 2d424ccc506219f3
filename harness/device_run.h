/* device: simulated devices below a gateway that is not ours, until somebody ends them. */
#ifndef WP_DEVICE_RUN_H
#define WP_DEVICE_RUN_H

#include "harness/scenario.h"

#include <stdio.h>

struct device_setup {
    struct scenario *devices; /* of scenario_load_devices */
    struct wp_addr gateway;   /* zero: all of them listen */
    wp_us how_long;           /* WP_NEVER: until a signal */
    const char *dir;          /* where transcript and capture go; NULL: nowhere */
    FILE *out;
};

/* Until the time is over, or SIGINT or SIGTERM. The exit code, of cmd.h: 0 when a connection stood, 4 when none ever
 * did, 3 when the devices could not be held. */
int device_run(const struct device_setup *setup);

#endif
