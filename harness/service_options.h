/* Every key of `wattproof gateway FILE`: the service's own and the options of the gateway's parts. */
#ifndef WP_SERVICE_OPTIONS_H
#define WP_SERVICE_OPTIONS_H

#include "harness/arena.h"
#include "sim/core/machine.h"

#include <stdio.h>

enum service_option {
#define OPTION(id, ...) SERVICE_##id,
#include "harness/service_options.def"
#undef OPTION
    SERVICE_N_OPTIONS
};

extern const struct wp_option service_options[SERVICE_N_OPTIONS];

enum { SERVICE_NORTHS_MAX = 4, SERVICE_SOUTHS_MAX = 8, SERVICE_CLASSES_MAX = 16 };

/* The gateway, its souths and its norths: whose options `set` may hold, and whose endpoints there are. */
size_t service_classes(const struct wp_parts *parts, const struct wp_class *classes[SERVICE_CLASSES_MAX]);

/* Passwords and keys are never shown. */
bool service_is_secret(const struct wp_option *option);
/* They, and texts of many lines, may stand in a file that NAME_file names. */
bool service_may_be_file(const struct wp_option *option);
/* "ivy.password" is WATTPROOF_IVY_PASSWORD. */
const char *service_variable(struct arena *a, const char *key);

/* What `--options` prints: every key, for the API's north or for all (NULL). false: there is no such north. */
bool service_print_options(const char *api, FILE *out);

#endif
