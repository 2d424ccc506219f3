/* Foreign programs as clients of a scenario (live only): the documents' own samples, raw sockets, other libraries. */
#ifndef WP_PROGRAM_H
#define WP_PROGRAM_H

#include "harness/judge.h"

struct program;

/* Where the broker and the bus are, as the program's environment says it. */
struct program_places {
    const char *broker, *broker_ws; /* WATTPROOF_BROKER, WATTPROOF_BROKER_WS: host:port */
    const char *broker_tls, *ca; /* WATTPROOF_BROKER_TLS, and WATTPROOF_CA: a file; NULL: it speaks no TLS */
    const char *vrm, *vrm_ca; /* WATTPROOF_VRM, WATTPROOF_VRM_CA: of the VRM portal; NULL: there is none */
    const char *bus; /* WATTPROOF_BUS: the D-Bus address of the world's message bus; NULL: it has none */
};

/* Starts it in a directory of its own below `dir`; its files stand in `home` (scenarios/<api>/programs). false: `why`
 * has the sentence. */
bool program_start(struct program *p, const struct scenario_client *client, const char *home, const char *dir,
                   const struct program_places *places, wp_us now, struct wp_writer *why);

struct program *programs_new(size_t n);
struct program *program_at(struct program *all, size_t index);
/* Which of `needs` is not there: a command of PATH, npm:NAME below WATTPROOF_NODE_MODULES, python3:MODULE of Debian's
 * own Python, or a free port:NUMBER on loopback; NULL: nothing. */
const char *program_lacks(const struct scenario_client *client);

/* Reads what they printed, sees who ended, decides what can be decided. */
void programs_look(struct program *all, size_t n, struct judge *judge, wp_us now);
bool programs_are_waiting(const struct program *all, size_t n);
/* Ends those still running, decides the rest. */
void programs_finish(struct program *all, size_t n, struct judge *judge, wp_us now);
void programs_free(struct program *all, size_t n);

#endif
