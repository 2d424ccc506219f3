/* The message bus of the live world: a private dbus-daemon, and our machines' connections with it. For live_bus.c (its
 * life), live_bus_daemon.c (its process), live_bus_port.c (connections) and live_bus_watch.c (what strangers get) alone. */
#ifndef WP_LIVE_BUS_H
#define WP_LIVE_BUS_H

#include "sim/codec/dbus_bus.h"
#include "sim/world/bus_place.h"
#include "sim/world/live.h"

/* ---- the process ----------------------------------------------------------------------------------------
 *
 * With the limits of a session bus: those of a system bus let go of replies when a service is slow. */

enum {
    BUS_PATH_BYTES = sizeof((struct sockaddr_un *)0)->sun_path,
    BUS_LOG_BYTES = 600,
    BUS_ADDRESS_BYTES = 400
};

struct bus_daemon {
    char binary[LIVE_PATH_BYTES], config[LIVE_PATH_BYTES];
    char path[BUS_PATH_BYTES];       /* of its socket */
    char address[BUS_ADDRESS_BYTES]; /* "unix:path=..." */
    pid_t pid;                       /* 0: not there */
    int log;                         /* what it says; -1: closed */
    int status;                      /* of the last one that ended, as waitpid has it */
    bool ready;
    char said[BUS_LOG_BYTES]; /* the end of it */
};

/* Finds the binary, writes the configuration into `dir`. false: the sentence is in `why`; bus_daemon_close is due either
 * way. */
bool bus_daemon_open(struct bus_daemon *d, const char *dir, struct wp_writer *why);
void bus_daemon_close(struct bus_daemon *d);
bool bus_daemon_spawn(struct bus_daemon *d, struct wp_writer *why);
/* Waits until it takes connections. */
bool bus_daemon_wait(struct bus_daemon *d, struct wp_writer *why);
/* Reads what it says; false: it has ended, and pid is 0. */
bool bus_daemon_read(struct bus_daemon *d);
void bus_daemon_signal(const struct bus_daemon *d, int signal);
/* "exit code 1: ..." */
void bus_daemon_tell(const struct bus_daemon *d, struct wp_writer *w);

/* ---- the bus -------------------------------------------------------------------------------------------- */

struct live_bus_port;

struct live_bus {
    struct live *world;
    const char *address;
    struct bus_place place;
    struct bus_daemon daemon; /* of a private one */
    uv_poll_t *log;           /* NULL: not watched */
    struct bus_watch *watch;  /* NULL: nobody looks at what strangers get */
    struct bus_label *labels; /* of strangers, as records have them */
    uint32_t hello; /* serial of our machines' Hello: no other world's, and beyond any that they count to */
    struct live_timer back;
    wp_us down_until;            /* of the restart under way; WP_NEVER: none */
    struct live_bus_port *ports; /* all that libuv has */
    struct live_seat **member;   /* whose unique name has this number, ":1.7"; NULL: not one of ours */
    size_t n_members;
};

/* ":1.7" is the seat's. */
void live_bus_enter(struct live_bus *bus, struct wp_slice name, struct live_seat *seat);
/* Who has the unique name, or "bus"; NULL: nobody that we know. */
const char *live_bus_whose(const struct live_bus *bus, struct wp_slice name);
/* Lets go of all connections. */
void live_bus_drop_ports(struct live_bus *bus);

/* ---- what strangers get ---------------------------------------------------------------------------------
 *
 * One more connection, which is a monitor before anybody else is on the bus: it sees every message in the bus's order.
 * Those that reach somebody who is none of our machines become records; ours record theirs themselves. */

/* false: the sentence is in `why`. */
bool live_bus_watch_begin(struct live_bus *bus, struct wp_writer *why);
/* The bus has gone: what it said before is told, then a close. */
void live_bus_watch_end(struct live_bus *bus);
void live_bus_watch_free(struct live_bus *bus);
/* ":1.7" is this machine's: it records what it gets itself. */
void live_bus_watch_enter(struct live_bus *bus, struct wp_slice name, const char *machine);

#endif
