/* A play in which one machine is somebody else's: where it is, when it is started and ended, what is seen of it. */
#ifndef WP_PLAY_SUT_H
#define WP_PLAY_SUT_H

#include "harness/sut_devices.h"
#include "harness/sut_process.h"
#include "sim/core/transcript.h"
#include "sim/world/world.h"

struct play;
struct observer;

struct play_sut {
    struct wp_sink sink; /* first: waits for its first word */
    const struct sut *sut;
    const char *name; /* of the machine that it is */
    struct sut_process process;
    struct serial_hub hub; /* where its south is a serial line */
    struct wp_world_guest guest;
    struct sut_devices devices;      /* that it dials */
    struct wp_world_service service; /* its own broker */
    struct observer *observer;       /* there */
    wp_us start_at;                  /* of the restart under way; WP_NEVER: none */
    bool has_spoken;                 /* where `ready: topic` looks */
    unsigned subscribes, subacks;
    bool
        has_subscribed; /* all that it has asked for so far: what one waits for that says nothing of being ready */
    bool is_up;         /* it is meant to be there */
};

struct play_sut *play_sut_new(const struct sut *sut, const struct scenario *s, struct arena *a);
/* Is the machine of this role somebody else's? */
bool play_sut_is(const struct play *p, enum sut_role role);
const char *play_sut_name(const struct play *p);

/* Finds its places and tells the world of it. */
bool play_sut_open(struct play *p, struct wp_world_setup *world, struct wp_writer *why);
/* Whoever has a broker of its own is started before anybody can log in, all others when everybody stands. */
bool play_sut_start_early(struct play *p, struct wp_writer *why);
bool play_sut_start_late(struct play *p, struct wp_writer *why);
/* A device that hangs on a serial line is there as soon as our gateway listens. */
bool play_sut_reach_device(struct play *p, struct wp_writer *why);
/* Adds who listens at its own broker; at ours nobody has to. */
void play_sut_add_observer(struct play *p);
/* The steps are over: what is retained there decides what could not be seen before. */
void play_sut_look_back(struct play *p);

/* From time to time: is it still there, is it time to start it again? */
void play_sut_look(struct play *p);
void play_sut_restart(struct play *p, bool orderly, wp_us down);
/* The judge has finished. */
void play_sut_end(struct play *p);
void play_sut_free(struct play *p);

#endif
