/* The live world inside: real sockets and a real broker on one libuv loop, one thread. For its own files alone.
 *
 *     live.c         the table of calls, the loop, live_end.c       live_listen.c, live_tcp.c    listeners, connections
 *     live_clock.c   time and timers                                live_session.c, live_mqtt.c, live_pending.c
 *     live_seat.c    machines: steps, restarts                                                   broker sessions
 *     live_house.c   the broker: start, restart, its reports        live_daemon.c                the broker's process
 *     live_vrm.c     the VRM portal's broker
 *     live_effect.c  what machines want done                        live_wire.c   bytes through links and faults
 *     live_udp.c, live_udp_port.c, live_socket.c                  datagrams (live_udp.h)
 *     live_bus.c, live_bus_port.c, live_bus_daemon.c,
 *     live_bus_watch.c                                            the message bus (live_bus.h)
 *     live_tap.c     sessions that run through us, strangers' too (live_tap.h)
 *
 * Events that come from the loop are stepped at once. What happens while a machine steps (an effect that fails, a
 * publish that is written) is posted and stepped when the machine has finished: steps never nest. */
#ifndef WP_LIVE_H
#define WP_LIVE_H

#include "sim/core/timers.h"
#include "sim/world/held_dials.h"
#include "sim/world/kept.h"
#include "sim/world/live_daemon.h"
#include "sim/world/live_dir.h"
#include "sim/world/world_impl.h"

#include <mosquitto.h>
#include <signal.h>
#include <uv.h>

enum {
    LIVE_READ_BYTES = 64 << 10,
    LIVE_CHOKE_BYTES = 1 << 20,   /* more unsent on a machine's broker ports: its TCP ports are not read */
    LIVE_UNCHOKE_BYTES = 1 << 19, /* until it is less than this again */
    LIVE_UNSENT_MAX = 16 << 20,   /* more unsent on one connection: it is cut, with a note */
    LIVE_BUCKETS = 1024,
    LIVE_PORT_BUCKETS = 4096, /* ids count up, so a port is alone in its bucket up to so many */
    LIVE_ERROR_BYTES = 2048,
    LIVE_MACHINES_MAX = 65534,
};

struct live;
struct live_seat;
struct live_conn;
struct live_listener;
struct live_session;

/* ---- time ------------------------------------------------------------------------------------------ */

struct live_timer {
    struct wp_timer timer;
    void (*fire)(struct live *w, struct live_timer *t);
};

struct live_clock {
    uint64_t zero_ns; /* of CLOCK_MONOTONIC: now = 0 */
    int64_t epoch_us; /* Unix time of it */
    int fd;           /* timerfd: the loop's own timers know milliseconds only */
    wp_us armed;
    wp_us late; /* by how much a timer fired late at worst */
    uv_poll_t poll;
    struct wp_timers timers;
};

void live_clock_open(struct live *w);
void live_clock_close(struct live *w);
void live_clock_zero(struct live *w); /* from here on time counts */
wp_us live_now(const struct live *w);
void live_timer_set(struct live *w, struct live_timer *t, wp_us at);
void live_timer_clear(struct live *w, struct live_timer *t);
/* Lets the loop wake at the earliest timer, or at `until`. */
void live_clock_arm(struct live *w, wp_us until);
/* Fires what is due, until the world is stopped. */
void live_clock_fire(struct live *w, wp_us until);

/* ---- machines -------------------------------------------------------------------------------------- */

enum live_port_kind { LIVE_CONN, LIVE_UDP, LIVE_BUS, LIVE_SESSION };

/* What a connection, datagrams with one peer, a connection with the bus and a broker session have in common; their first member. */
struct live_port {
    enum live_port_kind kind;
    wp_port id; /* 0: not open yet */
    struct live_seat *seat;
    uint16_t endpoint;
    struct live_port *next, **at; /* of the seat, newest first; at NULL: its machine has it no more */
    struct live_port *next_by_id, **at_by_id; /* of a bucket; at NULL: in none */
};

struct live_seat {
    struct live *world;
    wp_machine index;
    const struct wp_class *class;
    struct wp_setup setup; /* with the world's epoch */
    struct wp_link *link;  /* NULL: a clean line without faults */
    bool has_broker;       /* among its endpoints: then the line is that of its session */
    void *memory;
    size_t memory_bytes;
    bool alive;
    uint32_t life; /* counts restarts: events of an earlier life are void */
    struct wp_kept kept;
    struct live_timer deadline, revival;
    struct live_port *ports;
    struct live_listener *listeners;
    size_t unsent;     /* on its broker sessions */
    bool choked;       /* its TCP ports are not read, and time stands still for it */
    bool catching_up;  /* no longer: but what has piled up comes before its timer */
    uint64_t unchoked; /* in this turn of the loop */
    int64_t chokes;
    wp_us down; /* of the restart under way */
};

struct live_posted {
    struct live_seat *seat;
    uint32_t life;
    struct wp_event event; /* without contents that are borrowed */
};

struct live_seat *live_seat_new(struct live *w, const struct wp_class *class, const struct wp_setup *setup,
                                const struct wp_link_setup *link);
void live_seat_free(struct live_seat *seat);
/* Its link; made as given when there is none yet. */
struct wp_link *live_seat_link(struct live_seat *seat, const struct wp_link_setup *setup);
/* Gives it memory and START, and what it kept from its life before. */
void live_seat_start(struct live_seat *seat);
/* It is gone at once, with everything that it had open. */
void live_seat_end(struct live_seat *seat, bool orderly);
void live_seat_restart(struct live_seat *seat, bool orderly, wp_us down);

/* An event from the loop, now. */
void live_step(struct live_seat *seat, const struct wp_event *event);
/* An event that waits until the step at hand is over. */
void live_post(struct live_seat *seat, const struct wp_event *event);
/* Steps what is posted now; what that posts in turn is left for the next time. */
void live_drain(struct live *w);
void live_act(struct live_seat *seat, const struct wp_effect *effect);

/* Its broker takes no more for now, or again: its TCP ports are read no more, or again. */
void live_choke(struct live_seat *seat, bool choked);
/* Lets time go on for those that have read what had piled up. */
void live_catch_up(struct live *w);

/* Writes a record at the time of the event at hand; of the machine. */
void live_write(struct live *w, struct wp_record *record);
void live_record(const struct live_seat *seat, struct wp_record record);

/* ---- ports ----------------------------------------------------------------------------------------- */

/* A port of the seat, newest first; without id while it is being dialled. */
void live_port_attach(struct live_port *port);
/* Gives it an id of its own, and the first place. */
void live_port_open(struct live_port *port);
/* The machine has it no more. */
void live_port_close(struct live_port *port);
struct live_port *live_port_find(const struct live_seat *seat, wp_port id);

/* ---- the wire -------------------------------------------------------------------------------------- */

enum live_piece_kind { LIVE_BYTES, LIVE_FIN, LIVE_RST };

/* One direction of one connection: what a link delays waits here for its time. */
struct live_wire {
    struct live *world;
    struct live_timer timer;
    struct live_piece *first, *last;
    size_t bytes;   /* that wait */
    bool datagrams; /* each piece is one and comes at its own time, whichever was first */
    /* A piece has come to its end: bytes, borrowed, or the end of the connection. */
    void (*arrive)(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes);
};

/* In order (datagrams: among those of the same time), and as late as the line of `line` is long, but no fault strikes it. */
void live_wire_pass(struct live_wire *wire, struct live_seat *line, enum live_piece_kind kind,
                    struct wp_slice bytes);
/* A send on the line of `line`, as seen from there; true: a fault cut it, a LIVE_RST is on its way. */
bool live_wire_send(struct live_wire *wire, struct live_seat *line, enum wp_link_direction direction,
                    wp_port port, struct wp_slice bytes);
/* After everything else: what was held back goes, then LIVE_FIN. */
void live_wire_finish(struct live_wire *wire, struct live_seat *line, enum wp_link_direction direction,
                      wp_port port);
void live_wire_clear(struct live_wire *wire);
/* To the stream, as much as it takes now, and the rest when it can. */
void live_write_stream(uv_stream_t *stream, struct wp_slice bytes);
/* What libuv calls an end of file was a RST. */
bool live_is_reset(const uv_tcp_t *tcp);
void live_fault(struct live_seat *seat, const struct wp_link_fault *fault);

/* ---- TCP ------------------------------------------------------------------------------------------- */

bool live_listen(struct live_seat *seat);
void live_unlisten(struct live_seat *seat);
void live_forget_listeners(struct live_seat *seat);
/* within: without an answer for so long it has failed; 0: as long as the system tries. */
void live_dial(struct live_seat *seat, uint16_t endpoint, struct wp_addr to, wp_us within);
/* How many have set out. */
size_t live_let_dials_go(struct live *w);
void live_send(struct live_port *port, struct wp_slice bytes);
void live_hang_up(struct live_port *port, bool abort);
/* The line has ended it: with a RST, or with a FIN to either side. */
void live_conn_break(struct live_port *port, bool reset);
void live_conn_choke(struct live_port *port, bool choked);
struct wp_addr live_real_addr(const struct live *w, bool is_udp, struct wp_addr scenario);
/* Whose line the two talk over. */
struct live_seat *live_line_of(struct live_seat *dialler, struct live_seat *listener);
/* Can `real` be reached from the machine's own address? */
bool live_is_near(const struct live_seat *seat, struct wp_addr real);
void live_tcp_close(struct live *w);

/* ---- UDP ------------------------------------------------------------------------------------------- */

void live_udp_dial(struct live_seat *seat, uint16_t endpoint, struct wp_addr to);
void live_udp_send(struct live_port *port, struct wp_slice bytes);
void live_udp_hang_up(struct live_port *port, bool abort);
void live_udp_choke(struct live_seat *seat, bool choked);
void live_udp_close(struct live *w); /* listeners' sockets, too */

/* ---- the message bus --------------------------------------------------------------------------------- */

/* Starts it, if it does not run. false: the world has failed. */
bool live_bus_open(struct live *w);
/* The same, if the machine has a bus endpoint. */
bool live_bus_need(struct live_seat *seat);
void live_bus_restart(struct live *w, wp_us down);
const char *live_bus_address(const struct live *w); /* NULL: there is none */
void live_bus_close(struct live *w);
void live_bus_dial(struct live_seat *seat, uint16_t endpoint);
void live_bus_send(struct live_port *port, struct wp_slice message);
void live_bus_hang_up(struct live_port *port, bool abort);
/* A fault of the line ends it. */
void live_bus_break(struct live_port *port, enum wp_close_reason reason);
void live_bus_choke(struct live_port *port, bool choked);
/* Turns what others have got over the bus so far into records: before anything that came after it is looked at. */
void live_bus_hear(struct live *w);

/* ---- MQTT ------------------------------------------------------------------------------------------ */

void live_login(struct live_seat *seat, uint16_t endpoint, const struct wp_login *login);
void live_subscribe(struct live_port *port, const struct wp_effect *effect);
void live_unsubscribe(struct live_port *port, struct wp_slice filter);
void live_publish(struct live_port *port, const struct wp_publish *publish);
/* A step is over: what it published need not wait for more. */
void live_sessions_let_go(struct live *w);
void live_log_out(struct live_port *port, bool abort);
void live_session_break(struct live_port *port);
/* A fault is to strike what passes from now on. */
void live_session_tap(struct live_port *port);
void live_mqtt_close(struct live *w);
/* Is something of a session that has been left still on its way? */
bool live_mqtt_is_leaving(const struct live *w);
/* Of a client that is not ours: `given`, or as it was called before, the guest's, its machine's, "foreign:<id>". */
const char *live_name_client(struct live *w, struct wp_slice id, const char *given);
void live_names_free(struct live *w);

/* ---- the broker ------------------------------------------------------------------------------------ */

/* Makes all ready for the broker: ports, files. live_house_close is due either way. */
bool live_house_open(struct live *w, struct wp_writer *why);
bool live_house_start(struct live *w);
void live_house_restart(struct live *w, bool orderly, wp_us down);
/* Turns what the broker has reported so far into records: before anything that came after it is looked at. */
void live_house_hear(struct live *w);
/* Before and after the loop waits: in between, a report wakes it. */
void live_house_rest(struct live *w);
void live_house_rise(struct live *w);
void live_house_close(struct live *w);
/* The same of the VRM portal's, where the world has one; its port and files are there before the first broker's. */
bool live_vrm_open(struct live *w, struct wp_writer *why);
bool live_vrm_start(struct live *w);
bool live_vrm_await_bridge(struct live *w);
void live_vrm_restart(struct live *w, bool orderly, wp_us down);
void live_vrm_close(struct live *w);
/* Calls when the file has something to read. */
uv_poll_t *live_watch(struct live *w, int fd, uv_poll_cb call);
void live_unwatch(uv_poll_t **poll);

/* ---- the world ------------------------------------------------------------------------------------- */

struct live {
    struct wp_world base;
    struct wp_world_setup setup;
    struct live_dir dir; /* when none was given */
    uv_loop_t loop;
    struct live_clock clock;
    wp_us now; /* of the event at hand */
    bool started, stopped, ended;
    volatile sig_atomic_t interrupted;
    int wake; /* eventfd that ends the wait of the loop */
    uv_poll_t wake_poll;
    char error[LIVE_ERROR_BYTES]; /* empty: all is well */
    uint64_t events, n_records;
    uint64_t turns;    /* of the loop */
    size_t n_catching; /* machines that are catching up */

    struct live_seat **seat;
    size_t n_seats, cap_seats;
    struct live_port *port[LIVE_PORT_BUCKETS]; /* those that are open, by id */
    wp_port n_ports;                           /* opened so far */
    struct live_posted *posted;                /* a ring */
    size_t posted_at, n_posted, cap_posted;

    struct wp_lines lines;
    struct held_dials held;
    struct live_listener *listener[LIVE_BUCKETS]; /* by scenario address */
    struct live_conn *dialled[LIVE_BUCKETS];      /* by own address, until it has been accepted */
    struct live_conn *conns;                      /* all that are not closed yet */
    struct live_udp *udps;                        /* all datagram ports */
    struct live_udp *udp_by_addr[LIVE_BUCKETS];   /* by own address, or their listener's peer's */
    struct live_session *sessions;
    struct live_session *burst; /* those that publish in the step under way */
    struct live_tap *taps;
    struct live_relay *relays;
    struct wp_addr relay; /* before the private broker; no port: there is none */
    uint32_t n_wires;     /* sessions with WIRE records so far */
    struct live_client_name {
        struct live_client_name *next;
        const char *name, *id;
        char made_up[];
    } * names; /* of clients that are not ours */
    uint8_t read[LIVE_READ_BYTES];

    struct live_house {
        struct live_daemon daemon;
        bool open;
        uv_poll_t *log, *bell; /* NULL: not watched */
        struct live_timer back;
        wp_us down_until; /* of the restart under way; WP_NEVER: none */
        size_t n_told;    /* lines of its log that a service has told */
        unsigned n_asked; /* how often the name of an external one was resolved */
    } house;
    struct live_vrm {
        struct live_daemon daemon;
        char dir[DAEMON_PATH_BYTES], ca[DAEMON_PATH_BYTES + 8];
        bool open;
        uv_poll_t *log; /* NULL: not watched */
        struct live_timer back;
        wp_us down_until; /* of the restart under way; WP_NEVER: none */
    } vrm;
    struct live_bus *bus; /* NULL: no machine needs one */
};

/* One turn of the loop: what the sockets have, then what the clock says. */
void live_turn(struct live *w, wp_us until);
void live_end(struct wp_world *world);

/* The time of the event at hand is now. */
static inline wp_us live_tick(struct live *w)
{
    return w->now = live_now(w);
}

/* The world cannot go on; the first sentence stays. */
void live_fail(struct live *w, const char *what, const char *detail);
void live_note(const struct live_seat *seat, const char *what, int64_t count);

#endif
