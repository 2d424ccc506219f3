/* For tests of broker sessions in the live world: probes c0, c1, ... that log in. */
#ifndef WP_LIVE_SESSIONS_H
#define WP_LIVE_SESSIONS_H

#include "tests/live_fixture.h"

#include "sim/world/live.h"

static struct live_fixture f;

/* setup: what matters of it. */
static inline void open_world(unsigned n, struct wp_world_setup setup)
{
    fixture_open(&f, setup);
    for (unsigned i = 0; i < n; i++) {
        char name[16];

        snprintf(name, sizeof name, "c%u", i);
        fixture_client(&f, name);
    }
    fixture_start(&f);
}

static inline void open_clients(unsigned n, const struct wp_access *access)
{
    open_world(n, (struct wp_world_setup){.access = access});
}

static inline void log_in_with(wp_machine m, struct wp_login login)
{
    unsigned n = probes[m].opens + probes[m].closes + 1, now;

    act(&f, m, (struct wp_effect){.kind = WP_LOGIN, .login = &login});
    do {
        run_for(&f, WP_MS(1));
        now = probes[m].opens + probes[m].closes;
    } while (now < n && world_now(f.world) < WP_SEC(30));
    ck_assert_uint_eq(now, n);
}

static inline void hang_up(wp_machine m, bool abort)
{
    act(&f, m, (struct wp_effect){.kind = WP_HANG_UP, .port = probes[m].port, .abort = abort});
}

/* Its will is retained. */
static const struct wp_login mourned = {.client_id = {(const uint8_t *)"alice", 5},
                                        .clean = true,
                                        .has_will = true,
                                        .will = {.topic = {(const uint8_t *)"state", 5},
                                                 .payload = {(const uint8_t *)"gone", 4},
                                                 .qos = 1,
                                                 .retain = true}};

#endif
