/* The reference gateway as a service: in a live world of its own, with its own broker or an external one, until a
 * signal ends it. */
#ifndef WP_SERVICE_H
#define WP_SERVICE_H

#include "harness/service_config.h"

/* Runs until SIGTERM, SIGINT or SIGHUP. The exit code: 0 after an orderly end, 3 when the environment does not allow
 * it (the log says why), 130 when a second signal cut the end short. */
int service_run(const struct service_config *config);

#endif
