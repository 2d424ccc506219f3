/* Foreign programs as clients of a scenario (live only): the documents' own samples, raw sockets, other libraries. */
#ifndef WP_PROGRAM_H
#define WP_PROGRAM_H

#include "harness/judge.h"

struct program;

/* Starts it in a directory of its own below `dir` with WATTPROOF_BROKER=host:port and WATTPROOF_BROKER_WS set,
 * and WATTPROOF_BUS to the D-Bus address of the world's message bus, where it has one (else `bus` is NULL); its files stand in `home` (scenarios/<api>/programs). false: `why` has the sentence. */
bool program_start(struct program *p, const struct scenario_client *client, const char *home, const char *dir,
                   const char *broker, const char *broker_ws, const char *bus, wp_us now,
                   struct wp_writer *why);

struct program *programs_new(size_t n);
struct program *program_at(struct program *all, size_t index);
/* Which of `needs` is not there: a command of PATH, npm:NAME below WATTPROOF_NODE_MODULES, or a free port:NUMBER on
 * loopback; NULL: nothing. */
const char *program_lacks(const struct scenario_client *client);

/* Reads what they printed, sees who ended, decides what can be decided. */
void programs_look(struct program *all, size_t n, struct judge *judge, wp_us now);
bool programs_are_waiting(const struct program *all, size_t n);
/* Ends those still running, decides the rest. */
void programs_finish(struct program *all, size_t n, struct judge *judge, wp_us now);
void programs_free(struct program *all, size_t n);

#endif
