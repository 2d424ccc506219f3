/* monitor: everything that passes on a broker held against the contracts, without a word of our own.
 *
 * Passive: it subscribes (to everything, or to the contracts' topics where the broker refuses that), comes back when the
 * connection is lost, and decides what a listener can decide. What needs somebody to ask first, or a message that never
 * came, is inconclusive with that reason. */
#ifndef WP_MONITOR_H
#define WP_MONITOR_H

#include "harness/broker_url.h"
#include "harness/contract.h"
#include "harness/scenario.h"

#include <stdio.h>

struct monitor_setup {
    struct broker_url url;
    const char
        *ca; /* PEM file that the broker's certificate is checked with; NULL: whom this system trusts */
    const struct contract_set *contracts;
    const char *api;        /* whose statements; NULL: those of every API that is seen */
    struct scenario *watch; /* its watches are decided too; NULL: none */
    wp_us how_long;         /* WP_NEVER: until a signal */
    const char *dir;        /* where result.json and the evidence go; NULL: nowhere */
    bool strict;
    FILE *out; /* for people */
};

/* Until the time is over, or SIGINT or SIGTERM. The exit code, of cmd.h; `result` is initialised here. */
int monitor_run(const struct monitor_setup *setup, struct scenario_result *result);

/* ---- what it counts, for its screen ----------------------------------------------------------------- */

struct monitor_counts {
    uint64_t messages, kept; /* live ones; those that the broker kept from before */
    uint64_t foreign;        /* on topics of no document that is looked at */
    uint64_t failed, remarks;
    uint64_t logins, lost; /* sessions that stood; that ended */
    bool is_on;
};

#endif
