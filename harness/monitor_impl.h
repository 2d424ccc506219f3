/* Private to the files of monitor: monitor.c (the run), monitor_take.c (what comes), monitor_end.c (what that comes to). */
#ifndef WP_MONITOR_IMPL_H
#define WP_MONITOR_IMPL_H

#include "harness/judge.h"
#include "harness/monitor_screen.h"
#include "harness/record_file.h"
#include "harness/retained.h"
#include "harness/watcher.h"
#include "sim/world/world.h"

#define MONITOR_SUT "sut" /* whoever published */

struct monitor {
    struct wp_sink sink; /* first */
    struct contract_news news;
    const struct monitor_setup *setup;
    struct scenario_result *result;
    struct wp_transcript transcript;
    struct watcher_plan plan;
    struct wp_setup watcher;
    struct wp_world_service service;
    struct wp_world *world;
    wp_machine machine;
    struct judge judge;
    struct retained *retained;
    struct monitor_counts counts;
    struct monitor_screen screen;
    struct scenario no_scenario; /* names the evidence where no watch file does */
    struct record_file *evidence;
    uint64_t last_evidence; /* number of the record kept last */
    struct wp_slice granted[WATCHER_FILTERS_MAX + 1]; /* subscriptions that stand */
    size_t n_granted;
    bool asks_again; /* the end: what comes retained is what the broker keeps now */
    wp_us last_kept;
    bool refused; /* nothing may be subscribed */
    char client_id[40];
};

/* A sink's, and the contract's, way in: sets both up. */
void monitor_take_init(struct monitor *m);
/* Everything is decided that can be; the rest is inconclusive, with its reason. */
void monitor_conclude(struct monitor *m);

#endif
