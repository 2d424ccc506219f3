/* Private to the files of play. */
#ifndef WP_PLAY_IMPL_H
#define WP_PLAY_IMPL_H

#include "harness/client.h"
#include "harness/judge.h"
#include "harness/play.h"
#include "harness/play_golden.h"
#include "harness/play_sut.h"
#include "harness/program.h"
#include "harness/stream.h"

struct play;

/* Counts logins and subscriptions, so that nothing begins before everybody listens. */
struct play_settle {
    struct wp_sink sink; /* first */
    uint32_t connacks, subscribes, subacks, gateway_subacks;
    uint32_t want_connacks;
    bool want_gateway;
    struct wp_world *world;
    bool settled;
    size_t dials; /* that have set out and are not answered */
};

struct play {
    const struct play_setup *setup;
    struct scenario *s;
    struct scenario_result *result;
    struct arena arena;
    struct wp_transcript transcript;
    struct wp_world *world;
    struct judge judge;
    struct play_settle settle;
    struct stream_sink *stream;
    struct record_file *file;
    struct pcap_synth *capture;
    struct play_golden *golden; /* NULL: the scenario has none, or this world is not compared */
    struct wp_parts parts;
    bool is_started;        /* the world is */
    struct play_sut *guest; /* NULL: every machine is ours */
    wp_machine gateway;
    struct client_plan *plans; /* of clients of ours, by the scenario's index */
    wp_machine *clients;
    wp_machine *devices; /* first machine of each; a fleet counts up from it */
    struct program *programs;
    size_t n_programs;
    struct check **checks; /* by step; NULL: not an expectation, or not armed yet */
};

/* Everything that stands there is made into setups and added to the world. */
bool play_add_gateway(struct play *p, struct wp_writer *why);
bool play_add_clients(struct play *p, struct wp_writer *why);
/* Those that are not there yet: all of them, or only those that listen, which a SUT looks for as it starts. */
bool play_add_devices(struct play *p, struct wp_writer *why);
bool play_add_listening_devices(struct play *p, struct wp_writer *why);
const struct wp_access *play_access(struct play *p);

/* The login that a client's `connect` asks for; NULL: by default. */
struct wp_login play_login(struct play *p, const struct scenario_client *c, const struct node *login);

/* A machine of the scenario by name: device, fleet member, client or gateway; -1: none. */
wp_machine play_machine(const struct play *p, const char *name);

/* What stands before the first stimulus is armed before anybody speaks. */
void play_arm_first(struct play *p);
/* The steps from the first to the last, or to the first failure. */
void play_steps(struct play *p);
/* Those that the gateway made while nobody stood set out; until they are answered, or it takes too long. */
void play_let_dials_go(struct play *p);
/* Runs until the time, deciding windows on the way; false: the world failed (the result says so). */
bool play_until(struct play *p, wp_us until, const struct check *awaited);

#endif
