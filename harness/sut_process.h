/* The SUT's process: started with the addresses that it needs, watched, ended with all its children. */
#ifndef WP_SUT_PROCESS_H
#define WP_SUT_PROCESS_H

#include "harness/sut.h"

#include <sys/types.h>

/* What {name} of a command stands for, and what its environment says as WATTPROOF_SUT_NAME, for WATTPROOF_NAME is a setting
 * of the reference gateway; NULL: there is no such thing. */
struct sut_places {
    const char *wattproof; /* {wattproof}: this very program; WATTPROOF_BIN */
    const char *config;    /* {config} */
    const char *south;     /* {south}: ADDRESS:PORT where it listens; of one that only dials, {device} */
    const char *device;    /* {device}: ADDRESS:PORT where our first device listens */
    const char *serial, *datalog; /* {serial}, {datalog}: of the first inverter */
    const char *broker,
        *broker_ws; /* {broker}: HOST:PORT; environment WATTPROOF_BROKER and WATTPROOF_BROKER_WS */
    const char
        *bus; /* {bus}: D-Bus address of our message bus, where there is one; WATTPROOF_BUS, and the two
                       * variables that D-Bus libraries look at */
    const char *port; /* {port} of its own broker */
    const char *dir;  /* {dir}: where it may write */
};

struct sut_process {
    const struct sut *sut;
    struct sut_places places;
    char output[600]; /* path of what it prints; every start is appended */
    pid_t pid;        /* 0: not there */
    int status;       /* of the last one, as waitpid has it */
};

/* Starts it in a process group of its own. false: the sentence is in `why`. */
bool sut_process_start(struct sut_process *p, struct wp_writer *why);
/* Has it ended? Then `pid` is 0 and `status` says how. */
bool sut_process_has_ended(struct sut_process *p);
/* Until it ends, or so many milliseconds have passed. */
void sut_process_wait(const struct sut_process *p, int ms);
/* Asks it to end: the stop command, else SIGTERM to its group. `hard`: SIGKILL at once. */
void sut_process_ask(struct sut_process *p, bool hard);
/* The same, and waits: SIGKILL after the descriptor's time. */
void sut_process_stop(struct sut_process *p, bool hard);

/* Does a line of what it printed match the descriptor's `ready: line`? */
bool sut_process_has_said(const struct sut_process *p, const char *expression);
/* "exit 3" or "signal 9", and its last line. */
void sut_process_put_end(const struct sut_process *p, struct wp_writer *w);

/* A free TCP port of the address; 0: none. */
uint16_t sut_free_port(uint32_t ip);
/* Does the address take a connection? */
bool sut_takes_connections(struct wp_addr addr);

#endif
