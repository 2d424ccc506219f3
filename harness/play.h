/* One scenario, played once in one world. */
#ifndef WP_PLAY_H
#define WP_PLAY_H

#include "harness/contract.h"
#include "harness/scenario.h"
#include "harness/sut.h"
#include "harness/verdict.h"
#include "sim/world/world.h"

enum play_world { PLAY_VIRTUAL, PLAY_LIVE };
enum play_keep { KEEP_ALL, KEEP_MESSAGES, KEEP_FAILED };

struct play_setup {
    struct scenario *scenario; /* its arena takes what steps make */
    enum play_world world;
    enum play_keep keep;
    uint64_t seed;
    const char *dir; /* where transcript and capture go; NULL: nowhere */
    const struct contract_set *contracts;
    const char *plugin;    /* live: the access plugin */
    const struct sut *sut; /* live: somebody else's gateway, device or client; NULL: all are ours */
    bool update;           /* a golden is written anew instead of compared */
    struct wp_sink *also;  /* hears everything too; NULL: nobody */
};

/* The address that the gateway has in every scenario, and the port of a listener is its class's own. */
#define PLAY_GATEWAY_IP 0x7F000101u /* 127.0.1.1 */

/* Live: upper limits are that much softer than the scenario says. */
#define PLAY_LIVE_SLACK WP_MS(200)

/* `result` is initialised here; its verdict is VERDICT_ERROR with `because` when the play could not be held. */
void play(const struct play_setup *setup, struct scenario_result *result);

#endif
