/* A world carries effects from machine to machine and writes each one into the transcript.
 *
 * Two of them stand behind one interface: `virtual` (a deterministic event loop with links and broker rules) and
 * `live` (libuv, real sockets, a private mosquitto). The harness drives either with the same calls and sees
 * nothing but records. Machines come as classes: a world knows no device and no gateway. */
#ifndef WP_WORLD_H
#define WP_WORLD_H

#include "sim/core/transcript.h"
#include "sim/world/access.h"
#include "sim/world/doors.h"
#include "sim/world/link.h"

/* Index of a machine in its world, in the order of adding; -1: none. */
typedef int wp_machine;

/* Live: a world that serves others and goes on for years, instead of one of tests. Its broker comes back when it ends by
 * itself, and says in notes what it logs; other clients' messages are theirs and are not recorded. */
struct wp_world_service {
    const char *broker_host; /* an external broker, by name or address; NULL: an own one */
    uint16_t broker_port;
    bool broker_none;      /* no machine of the world has a broker endpoint: there is no broker at all */
    bool broker_tls;       /* external: its certificate must be good for `broker_host` */
    bool broker_insecure;  /* ... or may be anybody's */
    const char *broker_ca; /* PEM file of who may have signed it; NULL: whom this system trusts */
    wp_us broker_back;     /* own: ended by itself, it comes back after so long */
    uint32_t broker_queue; /* own: messages that wait for one client; 0: no bound */
};

/* Where a listener of the scenario really listens. */
struct wp_world_place {
    struct wp_addr scenario, real;
};

/* Live: a machine of the scenario that is somebody else's program. What can be known of it from outside is recorded under
 * its name: that its connections with machines of ours stand, the bytes that reach it, what it publishes. */
struct wp_world_guest {
    const char *name;
    struct wp_addr scenario,
        real;           /* what ours dial as the one is found at the other; zero: nothing is. Datagrams to
                                    * other ports of that ip go to the same ports of the real one */
    uint16_t datagrams; /* the port of the real one that all datagrams go to; 0: the same as above */
    bool dials;         /* whoever else connects to a listener of ours is it, and the listener at `scenario`
                                    * is really at `real` (zero: a free port) */
    const struct wp_world_place *places; /* dials: where it looks for further listeners of ours */
    size_t n_places;
    bool is_on_bus;        /* whoever on the bus is not one of ours is it */
    const char *client_id; /* at our broker; NULL: every client that is not one of ours is it; "": none is */
};

/* Live: a relay between MQTT clients that are not ours and their broker. It passes every byte on as it is and writes
 * what passes into the transcript: open, login, connack, subscribe, suback, publish (as sent), deliver, will, close, a
 * note for a packet that is malformed; with `wires` of the setup the bytes, too. Plain TCP only.
 *
 *     struct wp_world_tap tap = {.machine = "gateway", .broker_host = "192.0.2.7", .broker_port = 1883};
 *     world_tap(world, &tap, &at, &why);      and the system under test is told that its broker is `at`
 *
 * The private broker of a world of tests has one of its own: world_broker_addr is that one's address. */
struct wp_world_tap {
    const char *machine; /* whose all its sessions are; NULL: by client id: the guest's, the machine's that is
                              * called so, or "foreign:<client id>" */
    struct wp_addr listen;   /* no ip: 127.0.0.1; port 0: a free one */
    const char *broker_host; /* by name or address; NULL: the world's own broker */
    uint16_t broker_port;
    bool has_line; /* the link and the faults of the machine `line` strike its PUBLISH packets */
    int line;
};

/* The broker of the VRM portal, beside the world's own. It speaks TLS alone; a bridge of the world's own broker carries
 * what the installation says to it, and what its users ask for back: all notifications, at QoS 0, without retain.
 *
 *     forward    off: there is no bridge, and nothing dials      read-only: W stays with the portal      full: all
 *
 * When either broker has been away, the bridge is there again some seconds after both are back. */
enum wp_forward { WP_FORWARD_FULL, WP_FORWARD_READ_ONLY, WP_FORWARD_OFF };

struct wp_world_vrm {
    const struct wp_access *access; /* the users'; the bridge's own name is among them */
    const char *portal;             /* whose topics the bridge carries */
    const char *user, *password;    /* of the bridge */
    enum wp_forward forward;
};

struct wp_world_setup {
    uint64_t seed;
    int64_t epoch_us; /* virtual: Unix time of now = 0; live: overwritten with the real time at start */
    struct wp_transcript *transcript;
    const struct wp_access *access; /* who may log in, subscribe and publish; NULL: everybody everything */
    wp_us sys_interval;  /* of $SYS/broker/clients/connected; 0: 1 s, as the private mosquitto has it */
    uint64_t events_max; /* virtual: bound for the whole run; 0: 1 000 000 000 */
    uint32_t
        instant_max; /* virtual: events at one instant before it is called an endless loop; 0: 1 000 000 */
    const char
        *run_dir; /* live: an existing private directory for the broker's files; NULL: one of its own below
                          * TMPDIR, removed at the end, or by the next world when this one is killed */
    const char *plugin; /* live: path of the access plugin */
    const char *broker; /* live: path of mosquitto; NULL: found in PATH and /usr/sbin */
    const char
        *bus; /* live: a message bus of somebody else's, as bus_place.h reads it, which outlives the world;
                         * NULL: a private one when a machine needs it */
    bool has_bus;     /* live: there is a bus from the beginning on, even while no machine needs one */
    bool watches_bus; /* live: what others get over the private bus is recorded, too: a RECEIPT for each that is none
                       * of our machines, under the guest's name or by how the bus calls it */
    bool wires;       /* WIRE records are wanted: broker sessions byte by byte */
    bool fixed_ports; /* live: listeners have the very ports of their addresses, and any IP if it is 0 */
    struct wp_addr broker_listen, websocket_listen; /* live: zero: a free port of 127.0.0.1 */
    bool broker_tls;                                /* live: it listens with TLS, too: world_broker_tls */
    unsigned shut;                          /* doors of the own broker (WP_DOOR_BIT) where nobody answers */
    const struct wp_world_vrm *vrm;         /* NULL: there is no VRM portal, and its door is shut */
    const struct wp_world_service *service; /* live: NULL: a world of tests; else ip 0 is every interface */
    const struct wp_world_guest *guest;     /* live: NULL: every machine is one of ours */
};

enum wp_world_end {
    WP_WORLD_UNTIL,   /* the time asked for has come */
    WP_WORLD_STOPPED, /* world_stop was called */
    WP_WORLD_IDLE,    /* virtual only: nothing will ever happen again before `until` */
    WP_WORLD_ERROR,   /* ours: see world_error */
};

struct wp_world;

struct wp_world *world_virtual_new(const struct wp_world_setup *setup);
/* NULL: the sentence is in `why`. */
struct wp_world *world_live_new(const struct wp_world_setup *setup, struct wp_writer *why);
/* Removes what live worlds have left behind whose processes are gone. A new live world does so, too. */
void world_live_sweep(void);
void world_free(struct wp_world *w); /* NULL is fine; ends every child and removes what it made */

/* Adds a machine before or during the run (one added during the run starts at once). `setup` and what it points to
 * outlive the world. `link` is the line between this machine and whoever it talks to; NULL: a clean one. */
wp_machine world_add(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                     const struct wp_link_setup *link);

/* Live: the real address behind a listening endpoint's scenario address, once started; else the address itself. Where a
 * TCP and a UDP endpoint have the same one, and their real ports could not be the same, it is the TCP endpoint's. */
struct wp_addr world_real_addr(const struct wp_world *w, struct wp_addr scenario);
/* The same of one endpoint, whichever others have its address. */
struct wp_addr world_real_endpoint(const struct wp_world *w, const struct wp_endpoint *endpoint);
/* The broker's addresses for foreign clients: MQTT and WebSocket. Virtual: zero. */
struct wp_addr world_broker_addr(const struct wp_world *w, bool websocket);
/* With broker_tls of the setup: where it speaks TLS, and the folder with ca.pem, which clients trust. NULL: nowhere. */
const char *world_broker_tls(const struct wp_world *w, struct wp_addr *ret_addr);

/* Live, with a VRM portal: where its broker speaks TLS, and the folder with its ca.pem. NULL: nowhere. */
const char *world_vrm_tls(const struct wp_world *w, struct wp_addr *ret_addr);

/* Live: opens a tap, before or after the start; *ret_listen is where it listens. false: the sentence is in `why`. */
bool world_tap(struct wp_world *w, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
               struct wp_writer *why);

/* Opens listeners and the broker, then steps START into every machine in the order of adding. */
bool world_start(struct wp_world *w);

/* Dials that machines make from now on wait, and set out when they are let go: TCP and serial lines, not datagrams. So who
 * is dialled may be added before anybody is refused. */
void world_hold_dials(struct wp_world *w);
/* How many have set out. */
size_t world_let_dials_go(struct wp_world *w);

/* Runs until the time, or until a sink calls world_stop. May be called again and again. */
enum wp_world_end world_run(struct wp_world *w, wp_us until);
/* Only from a sink: world_run returns when the event at hand, with its effects, has been carried out. */
void world_stop(struct wp_world *w);
/* The same from a signal handler, whatever world_run waits for. */
void world_interrupt(struct wp_world *w);

wp_us world_now(const struct wp_world *w);
/* Unix time of now = 0: as set up (virtual), or the real one at the start (live). */
int64_t world_epoch(const struct wp_world *w);
/* Live: by how much the loop was late at worst since the last call; virtual: 0. */
wp_us world_lateness(struct wp_world *w);
const char *world_error(const struct wp_world *w); /* a sentence; NULL when all is well */

/* From between two runs: an event for a machine now (SET), or an effect in its name (publish, hang up ...). */
void world_event(struct wp_world *w, wp_machine m, const struct wp_event *event);
void world_act(struct wp_world *w, wp_machine m, const struct wp_effect *effect);
/* The port of a machine's endpoint that was opened last and is still open; 0: none. */
wp_port world_port(const struct wp_world *w, wp_machine m, const char *endpoint);

/* The machine ends, at once and without goodbye (RST, no DISCONNECT) or, orderly, after a STOP event; its connections
 * close; after `down` it is made anew with the same setup. Options of its table that are `kept` keep what was set: they
 * are SET again before it gets START. */
void world_restart(struct wp_world *w, wp_machine m, bool orderly, wp_us down);
/* The broker process goes away (orderly or killed) and comes back after `down`, forgetting everything. */
void world_restart_broker(struct wp_world *w, bool orderly, wp_us down);

/* The same of the VRM portal's. */
void world_restart_vrm(struct wp_world *w, bool orderly, wp_us down);

/* The D-Bus message bus is killed, and comes back after `down`, forgetting everything; not one of somebody else's. */
void world_restart_bus(struct wp_world *w, wp_us down);
/* Live: where foreign programs reach the bus, "unix:path=..."; there is one when a machine has a bus endpoint.
 * NULL: there is none, or the world is virtual. */
const char *world_bus_address(const struct wp_world *w);
/* Is it an address of a bus that we can go to? false: the sentence is in `why`. */
bool world_is_bus(const char *bus, struct wp_writer *why);
/* Goes to such a bus and is let in. false: what stood in the way is in `why`, with what the bus is called. */
bool world_try_bus(const char *bus, struct wp_writer *why);

/* From now on; see link.h. Faults of a broker session name its client. */
void world_fault(struct wp_world *w, wp_machine m, const struct wp_link_fault *fault);

/* Orderly end: STOP to every machine in reverse order, then everything still open closes. */
void world_end(struct wp_world *w);

/* What the machines cost: bytes of machine memory, and of the world's own bookkeeping for them. */
size_t world_memory(const struct wp_world *w);
uint64_t world_events(const struct wp_world *w);

#endif
