/* The private mosquitto of a live world, as a process: its configuration, its ports, its log, its end.
 *
 *     spawn --"running" in the log--> ready --signal, or by itself--> gone --spawn--> ...
 *
 * Ports: a socket of ours, bound with SO_REUSEADDR and never listening, holds each port for the whole run; nobody else
 * gets it, the broker binds beside it, and a restarted broker has the same addresses. The process has a group of its
 * own (a Ctrl-C in the terminal is ours to answer) and dies when this process does. */
#ifndef WP_LIVE_DAEMON_H
#define WP_LIVE_DAEMON_H

#include "sim/world/access.h"
#include "sim/core/machine.h"
#include "sim/world/access_report.h"

#include <sys/types.h>

enum { DAEMON_LINES = 50, DAEMON_LINE_BYTES = 240, DAEMON_PATH_BYTES = 512 };

/* At the address of the last one nobody listens: who is turned away goes there. */
enum { DAEMON_MQTT, DAEMON_WEBSOCKET, DAEMON_TLS, DAEMON_NOBODY, DAEMON_PORTS };

/* The `connection` block of mosquitto: N/PORTAL/# goes out without retain, R/PORTAL/# and W/PORTAL/# come in. */
struct daemon_bridge {
    struct wp_addr to;
    const char *ca; /* PEM file of who has signed its certificate */
    const char *portal, *user, *password;
    bool read_only; /* W does not come in */
};

struct daemon_setup {
    const char *binary;                  /* NULL: found in PATH and /usr/sbin */
    const char *dir;                     /* existing, private */
    const char *plugin;                  /* NULL: no access rules, no reports */
    bool silent;                         /* the plugin decides and reports nothing */
    const char *own;                     /* the world's own clients come from addresses that begin so */
    const struct wp_access *access;      /* NULL: open */
    wp_us sys_interval;                  /* 0: 1 s */
    uint32_t queue;                      /* messages that wait for one client; 0: no bound */
    struct wp_addr listen[DAEMON_PORTS]; /* no ip: 127.0.0.1; port 0: a free one */
    bool everywhere;                     /* no ip: every interface */
    bool tls;                            /* DAEMON_TLS is wanted, and certificates are made in dir */
    unsigned shut;                       /* 1 << DAEMON_...: has its port, but nobody listens there */
    bool log_subscriptions;
    const struct daemon_bridge *bridge; /* NULL: none */
};

struct live_daemon {
    struct daemon_setup setup;
    char binary[DAEMON_PATH_BYTES];
    struct wp_addr addr[DAEMON_PORTS];
    int holder[DAEMON_PORTS];
    int ring_fd, bell;        /* shared with the plugin */
    struct report_ring *ring; /* NULL without a plugin */

    pid_t pid;     /* 0: not there */
    int log;       /* its stderr; -1: closed */
    bool ready;    /* it takes connections */
    int status;    /* of the last one that ended, as waitpid has it */
    bool dropping; /* it said that it loses messages */

    char line[DAEMON_LINES][DAEMON_LINE_BYTES]; /* the end of the log; n_lines were said in all */
    size_t n_lines, n_partial;
};

/* Finds the binary, takes the ports, writes the configuration. false: the sentence is in `why`; daemon_close is due
 * either way. */
bool daemon_open(struct live_daemon *b, const struct daemon_setup *setup, struct wp_writer *why);
void daemon_close(struct live_daemon *b);

/* Starts the process. It is ready when daemon_read has seen it say so. */
bool daemon_spawn(struct live_daemon *b, struct wp_writer *why);
/* Waits for that at most `limit`; false: it ended or stayed silent, `why` has the end of its log. */
bool daemon_wait_ready(struct live_daemon *b, wp_us limit, struct wp_writer *why);
/* Waits until a line of its log has the text. */
bool daemon_wait_said(struct live_daemon *b, const char *text, wp_us limit, struct wp_writer *why);
/* Reads what the log has; false: it has ended, and so has the process: pid is 0, status says how. */
bool daemon_read(struct live_daemon *b);
void daemon_signal(const struct live_daemon *b, int signal);
/* Ends the process and waits for it, by force after `limit`. */
void daemon_stop(struct live_daemon *b, wp_us limit);

/* "exit code 1" or "signal 9", and the last lines of its log. */
void daemon_tell(const struct live_daemon *b, struct wp_writer *w);

#endif
