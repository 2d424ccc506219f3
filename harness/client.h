/* An MQTT client of a scenario: logs in, subscribes, and leaves everything else to the steps. */
#ifndef WP_CLIENT_H
#define WP_CLIENT_H

#include "sim/core/machine.h"

enum { CLIENT_FILTERS_MAX = 32 };

/* What the setup's `plan` points to: login and subscriptions, alive as long as the setup. */
struct client_plan {
    struct wp_login login;
    struct wp_slice filters[CLIENT_FILTERS_MAX];
    size_t n_filters;
    uint8_t qos;
    bool late; /* logs in by a step */
};

extern const struct wp_class client_class;

#endif
