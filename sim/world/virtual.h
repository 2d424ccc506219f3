/* The virtual world inside: one loop over everything that is under way. For its own files alone.
 *
 *     virtual.c         the calls of world.h          virtual_login.c    sessions, until they are open
 *     virtual_loop.c    the loop, its bounds          virtual_mqtt.c     sessions, as their client has them
 *     virtual_seat.c    machines                      virtual_packet.c   sessions over a line with faults
 *     virtual_port.c    ports, events under way       virtual_house.c    sessions, as the broker has them
 *     virtual_listen.c  listeners, dials              virtual_sys.c      what the broker tells of itself
 *     virtual_tcp.c     connections                          virtual_wire.c     sessions, for captures
 *     virtual_udp.c     datagrams                     virtual_bus.c      connections with the message bus
 *                                                     virtual_bridge.c   from the own broker to the VRM portal's
 *
 * An event stands in `events` until its time has come; machines' deadlines stand in `deadlines`. The loop takes the
 * smallest (time, events before deadlines, order of setting). Nothing that a machine does steps another one: it only
 * adds events, at this instant or later. An event names its port by number, so that it finds nobody when the port has
 * been closed meanwhile. */
#ifndef WP_VIRTUAL_H
#define WP_VIRTUAL_H

#include "sim/core/timers.h"
#include "sim/world/blocks.h"
#include "sim/world/broker.h"
#include "sim/world/bus.h"
#include "sim/world/held_dials.h"
#include "sim/world/kept.h"
#include "sim/world/map_room.h"
#include "sim/world/world_impl.h"

/* One way, where no link says otherwise. */
#define VIRTUAL_LATENCY    WP_MS(1) /* between two machines */
#define VIRTUAL_BROKER_HOP ((wp_us)200)
/* What is under way after the last STOP still gets there. */
#define VIRTUAL_SETTLE WP_MS(100)

enum {
    VIRTUAL_CHOKE_BYTES =
        1 << 20, /* more on their way from a machine to the broker: its TCP ports are not read */
    VIRTUAL_UNCHOKE_BYTES = 1 << 19, /* until it is less than this again */
    VIRTUAL_FIRST_EPHEMERAL = 40000,
    VIRTUAL_HOSTS =
        4096,            /* addresses that count their source ports apart, as long as their low bits differ */
    VIRTUAL_RECENT = 64, /* machines that an endless run is blamed on */
    VIRTUAL_ERROR_BYTES = 512,
    VIRTUAL_SEATS_PER_CHUNK = 128,
    VIRTUAL_PORTS_PER_PAGE = 1024,
};

struct virtual;

/* ---- machines -------------------------------------------------------------------------------------- */

struct virtual_seat {
    const struct wp_class *class;
    const struct wp_setup *setup;
    struct wp_link *link; /* NULL: a clean line without faults */
    void *memory;         /* NULL: it never began */
    struct wp_timer deadline;
    struct virtual_port *ports;     /* open ones, newest first */
    struct virtual_session *choked; /* why its TCP ports are not read; NULL: they are */
    struct wp_kept kept;
    wp_machine index;
    uint32_t life; /* counts restarts: what an earlier life began is void */
    bool alive, has_broker;
};

wp_machine virtual_add(struct wp_world *w, const struct wp_class *class, const struct wp_setup *setup,
                       const struct wp_link_setup *link);
void virtual_seat_free(struct virtual *v, struct virtual_seat *seat);
struct virtual_seat *virtual_seat_at(const struct virtual *v, wp_machine m);
/* Gives it memory, what it kept, and START. */
void virtual_seat_start(struct virtual *v, struct virtual_seat *seat);
void virtual_step(struct virtual *v, struct virtual_seat *seat, struct wp_event *event);
void virtual_set_deadline(struct virtual *v, struct virtual_seat *seat);
void virtual_act(struct virtual *v, struct virtual_seat *seat, const struct wp_effect *effect);
void virtual_seat_restart(struct virtual *v, struct virtual_seat *seat, bool orderly, wp_us down);
/* Its link; made as a clean one when there is none yet. */
struct wp_link *virtual_seat_link(struct virtual *v, struct virtual_seat *seat);

/* ---- ports ----------------------------------------------------------------------------------------- */

enum virtual_port_kind { VIRTUAL_DIALLER, VIRTUAL_LISTENER, VIRTUAL_UDP, VIRTUAL_BUS, VIRTUAL_SESSION };

/* One machine's end of a connection, its datagrams with one peer, its connection with the bus, or its broker session. */
struct virtual_port {
    wp_port id; /* 0: closed */
    uint16_t endpoint;
    uint8_t kind;
    bool listed; /* its machine has it */
    struct virtual_seat *seat;
    struct virtual_port *next, *prev; /* of the seat */
};

/* The port gets its number; events under way find it from now on. */
void virtual_port_number(struct virtual *v, struct virtual_port *port);
/* Its machine gets it. */
void virtual_port_list(struct virtual_port *port);
/* Nobody finds it any more. */
void virtual_port_close(struct virtual *v, struct virtual_port *port);
struct virtual_port *virtual_port_find(const struct virtual *v, wp_port id);
void virtual_ports_free(struct virtual *v);
size_t virtual_ports_memory(const struct virtual *v);

/* ---- events ---------------------------------------------------------------------------------------- */

enum virtual_event_kind {
    VIRTUAL_RISE, /* a machine comes back */
    /* connections */
    VIRTUAL_SYN,
    VIRTUAL_SYN_ACK,
    VIRTUAL_BYTES,
    VIRTUAL_END, /* FIN or RST reaches the port */
    VIRTUAL_DATAGRAM,
    VIRTUAL_OPENED, /* a dial that succeeds at once */
    /* to the bus; SEND and LEAVE hold a reference to their connection */
    VIRTUAL_BUS_HELLO,
    VIRTUAL_BUS_SEND,
    VIRTUAL_BUS_LEAVE,
    VIRTUAL_BUS_UP, /* of the bus itself */
    /* from the bus */
    VIRTUAL_BUS_WELCOME,
    VIRTUAL_BUS_BYTES,
    VIRTUAL_BUS_GONE,
    /* to the machine itself, after its step */
    VIRTUAL_CLOSED,
    VIRTUAL_ACKED,
    /* to the broker; all but the first hold a reference to their session */
    VIRTUAL_LOGIN,
    VIRTUAL_SUBSCRIBE,
    VIRTUAL_UNSUBSCRIBE,
    VIRTUAL_PUBLISH,
    VIRTUAL_RELEASE, /* of a QoS 2 message */
    VIRTUAL_CLIENT_ACK,
    VIRTUAL_PACKETS, /* bytes of PUBLISH packets that a link may have damaged */
    VIRTUAL_SILENCE, /* the broker has heard nothing for too long */
    VIRTUAL_LOGOUT,
    /* of the broker itself */
    VIRTUAL_SYS,
    VIRTUAL_BROKER_UP,
    VIRTUAL_BRIDGE_JOIN,
    VIRTUAL_BRIDGED, /* a message has come over the bridge to the broker */
    /* to the client */
    VIRTUAL_CONNACK,
    VIRTUAL_SUBACK,
    VIRTUAL_PUBACK,
    VIRTUAL_DELIVER,
    VIRTUAL_RELEASED,
    VIRTUAL_PACKETS_DOWN,
    VIRTUAL_SILENCE_DOWN,
    VIRTUAL_GONE, /* the broker has closed the session */
};

struct virtual_event {
    struct wp_timer timer;
    uint8_t kind, qos;
    uint8_t code; /* a CONNACK or SUBACK code, a close reason */
    bool ok, retain, dup;
    uint16_t endpoint;
    wp_port port;
    uint32_t life, tag;
    union {
        struct virtual_seat *seat;
        struct virtual_session *session;
        struct virtual_member *member;
        struct virtual_house *house;
    };
    union {
        struct broker_message *message; /* holds a reference */
        struct {
            struct wp_addr own, to;
        } dial; /* a datagram, too */
    };
    struct virtual_event *next_held; /* behind it, while the machine is choked */
    uint32_t n;                      /* bytes, which follow */
};

/* Zeroed but for its kind, with room for n bytes, and those if `bytes` is not NULL. */
struct virtual_event *virtual_event_new(struct virtual *v, enum virtual_event_kind kind, const void *bytes,
                                        size_t n);
struct wp_slice virtual_event_bytes(const struct virtual_event *e);
void virtual_event_at(struct virtual *v, struct virtual_event *e, wp_us at);
void virtual_event_free(struct virtual *v, struct virtual_event *e);

/* The machine hears, after its step, that its port is gone. */
void virtual_tell_closed(struct virtual *v, const struct virtual_seat *seat, uint16_t endpoint, wp_port port,
                         enum wp_close_reason reason, uint8_t code);

/* ---- connections ----------------------------------------------------------------------------------- */

bool virtual_listen(struct virtual *v, struct virtual_seat *seat);
void virtual_unlisten(struct virtual *v, const struct virtual_seat *seat);
void virtual_tcp_free(struct virtual *v);
/* within: without an answer for so long it has failed; 0: no limit. */
void virtual_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to,
                  wp_us within);
/* How many have set out. */
size_t virtual_let_dials_go(struct virtual *v);
void virtual_send(struct virtual *v, struct virtual_port *port, struct wp_slice bytes);
void virtual_hang_up(struct virtual *v, struct virtual_port *port, bool abort);
/* A fault of the line ends all connections that run over it. */
void virtual_break_line(struct virtual *v, struct virtual_seat *seat, enum wp_close_reason reason);
/* The world ends: no event any more. */
void virtual_drop_conn(struct virtual *v, struct virtual_port *port);

void virtual_on_syn(struct virtual *v, struct virtual_event *e);
void virtual_on_syn_ack(struct virtual *v, struct virtual_event *e);
/* These two may be held back while the machine is choked: then they are not to be freed. */
bool virtual_on_bytes(struct virtual *v, struct virtual_event *e);
bool virtual_on_end(struct virtual *v, struct virtual_event *e);

/* ---- datagrams -------------------------------------------------------------------------------------- */

void virtual_udp_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to);
void virtual_udp_send(struct virtual *v, struct virtual_port *port, struct wp_slice bytes);
void virtual_udp_hang_up(struct virtual *v, struct virtual_port *port, bool abort);
/* The world ends: no event any more. */
void virtual_udp_drop(struct virtual *v, struct virtual_port *port);
void virtual_on_opened(struct virtual *v, const struct virtual_event *e);
/* May be held back, as bytes may. */
bool virtual_on_datagram(struct virtual *v, struct virtual_event *e);

/* ---- the message bus -------------------------------------------------------------------------------- */

void virtual_bus_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint);
void virtual_bus_send(struct virtual *v, struct virtual_port *port, struct wp_slice message);
/* By the machine (WP_CLOSE_OWN), or by a fault. */
void virtual_bus_hang_up(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason);
/* The world ends: no event any more. */
void virtual_bus_drop(struct virtual *v, struct virtual_port *port);
void virtual_bus_restart(struct virtual *v, wp_us down);
void virtual_bus_close(struct virtual *v);
void virtual_bus_unref(struct virtual *v, struct virtual_member *m);
/* May be held back, as bytes may. */
bool virtual_on_bus_event(struct virtual *v, struct virtual_event *e);

/* Bytes of PUBLISH packets that have passed a link with faults, and what their packet numbers stand for. */
struct virtual_stream {
    uint8_t *p;
    size_t n, cap;
    struct virtual_numbered {
        uint16_t number;
        uint32_t tag;
    } * numbered;
    size_t n_numbered, cap_numbered;
    uint16_t last_number;
};

/* ---- broker sessions ------------------------------------------------------------------------------- */

struct virtual_session {
    struct virtual_port port;
    struct broker_client *client;        /* NULL: the broker does not know it any more */
    struct virtual_house *house;         /* where it is */
    struct virtual_house *carries_to;    /* of the bridge; else NULL */
    struct virtual_session *next, *prev; /* those that the broker knows */
    uint32_t refs, life; /* refs: the machine, the broker, events on their way to the broker */
    wp_us keepalive;
    wp_us to_broker, to_client; /* arrival of the latest in each direction: order is kept */
    size_t unsent;
    int64_t chokes;
    struct virtual_event *held, *last_held; /* what the choked ports would have got */
    uint32_t *awaited; /* tags of publishes that the broker has not acknowledged, oldest first */
    size_t n_awaited, cap_awaited;
    struct virtual_stream up, down;
    struct virtual_wire *wire; /* NULL: nobody wants a capture */
};

struct virtual_session *virtual_session_of(struct virtual_port *port);
/* Writes a record of its machine with its broker as peer. */
void virtual_session_record(struct virtual *v, struct virtual_session *s, struct wp_record *r);
void virtual_session_unref(struct virtual *v, struct virtual_session *s);

/* The machine's side. */
void virtual_login(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint,
                   const struct wp_login *login);
void virtual_subscribe(struct virtual *v, struct virtual_port *port, const struct wp_effect *effect);
/* port NULL, or not a session of the machine's: refused. */
void virtual_publish(struct virtual *v, struct virtual_seat *seat, struct virtual_port *port,
                     const struct wp_effect *effect);
void virtual_log_out(struct virtual *v, struct virtual_port *port, bool abort);
void virtual_drop_session(struct virtual *v, struct virtual_port *port);
/* A fault of the line ends the sessions of the machine. */
void virtual_session_cut(struct virtual *v, struct virtual_session *s);
void virtual_break_sessions(struct virtual *v, struct virtual_seat *seat);
/* A choked machine's TCP port has got something: it waits. */
void virtual_hold(struct virtual_session *s, struct virtual_event *e);
void virtual_on_connack(struct virtual *v, const struct virtual_event *e);
void virtual_on_client_event(struct virtual *v, struct virtual_event *e);

/* The way between the two. An event of the session, over a clean hop, in order. */
wp_us virtual_hop(const struct virtual_seat *seat);
void virtual_to_broker(struct virtual *v, struct virtual_session *s, struct virtual_event *e);
void virtual_to_client(struct virtual *v, struct virtual_session *s, struct virtual_event *e);
/* Bytes of a session's publishes that have reached the broker. */
void virtual_unsent_less(struct virtual *v, struct virtual_session *s, size_t n);

/* The broker's side. */
void virtual_houses_open(struct virtual *v);
void virtual_houses_close(struct virtual *v);
void virtual_house_restart(struct virtual *v, struct virtual_house *h, bool orderly, wp_us down);
void virtual_on_broker_event(struct virtual *v, struct virtual_event *e);
/* A PUBLISH has come. tag 0: nobody waits for an answer. */
void virtual_house_publish(struct virtual *v, struct virtual_session *s, struct broker_message *m,
                           uint32_t tag);
/* The broker ends the session; its will is published. */
void virtual_house_end_session(struct virtual *v, struct virtual_session *s);
/* A session that the broker has accepted is one of its own from now on. */
void virtual_house_keep(struct virtual_session *s);

/* $SYS: from the broker's start; when somebody has come or gone; when the time for an update has come. */
void virtual_open_sys(struct virtual *v, struct virtual_house *h);
void virtual_await_sys(struct virtual *v, struct virtual_house *h);
void virtual_on_sys(struct virtual *v, const struct virtual_event *e);

/* The bridge to the VRM portal: now if both brokers are there, or a while after a broker has come back. */
void virtual_bridge_await(struct virtual *v);
void virtual_bridge_join(struct virtual *v);
/* A session has gone from its broker; if it was the bridge's, its other one goes, too. */
void virtual_bridge_break(struct virtual *v, const struct virtual_session *s);
/* The broker delivers to the bridge's session. */
void virtual_bridge_carry(struct virtual *v, const struct virtual_session *s,
                          const struct broker_delivery *d);
void virtual_on_bridged(struct virtual *v, const struct virtual_event *e);

/* ---- PUBLISH packets over a link with faults -------------------------------------------------------- */

/* The machine's publish, or the broker's delivery, becomes bytes, passes the link and becomes a message again, if
 * the link leaves it one. */
void virtual_packet_up(struct virtual *v, struct virtual_session *s, const struct wp_publish *publish);
void virtual_packet_down(struct virtual *v, struct virtual_session *s, const struct broker_delivery *d);
void virtual_on_packets(struct virtual *v, struct virtual_event *e);
void virtual_stream_free(struct virtual_stream *stream);
/* The client has a message: record, step, acknowledgements. */
void virtual_client_message(struct virtual *v, struct virtual_session *s, const struct broker_delivery *d);

/* ---- sessions for captures --------------------------------------------------------------------------- */

void virtual_wires_open(struct virtual *v);
void virtual_wires_close(struct virtual *v);
/* A login has reached the broker and been answered with `code`. */
void virtual_wire_login(struct virtual *v, struct virtual_session *s, const struct wp_login *login,
                        uint8_t code);
void virtual_wire_connack(struct virtual *v, struct virtual_session *s, bool present);
/* An event of the session has reached the broker, or its client. */
void virtual_wire_up(struct virtual *v, struct virtual_session *s, const struct virtual_event *e);
void virtual_wire_down(struct virtual *v, struct virtual_session *s, const struct virtual_event *e);
/* A line with faults has left a whole PUBLISH. */
void virtual_wire_packet(struct virtual *v, struct virtual_session *s, bool up,
                         const struct wp_publish *publish, uint16_t number, uint32_t tag);
/* Nothing more passes. */
void virtual_wire_close(struct virtual *v, struct virtual_session *s);
void virtual_wire_free(struct virtual *v, struct virtual_session *s);
/* Those that were due before now. */
void virtual_wire_pings(struct virtual *v);

/* ---- the world ------------------------------------------------------------------------------------- */

struct virtual
{
    struct wp_world base;
    struct wp_world_setup setup;
    wp_us now;
    struct wp_timers events, deadlines;
    struct wp_blocks blocks;
    struct wp_lines lines;
    bool started, stopped, ended;
    char error[VIRTUAL_ERROR_BYTES]; /* empty: all is well */
    uint64_t n_events;
    wp_us instant;
    uint32_t at_instant;
    wp_machine recent[VIRTUAL_RECENT]; /* a ring: the machines that were stepped last */
    uint32_t n_recent;

    struct virtual_seat **chunk;
    size_t n_seats;
    struct virtual_port_page **page;
    size_t n_pages;
    wp_port last_port;
    struct held_dials held;
    struct wp_map listeners;                /* by address */
    struct wp_map datagrams;                /* their ports, by own address and peer */
    uint16_t next_ephemeral[VIRTUAL_HOSTS]; /* source ports by IP; 0: the first */
    struct virtual_wires *wires;            /* NULL: nobody wants a capture */

    struct virtual_house {
        const char *name; /* in records */
        const struct wp_access *access;
        struct broker *broker; /* NULL: it is down, or there never is one */
        struct broker_calls calls;
        struct virtual_session *sessions;
        uint32_t life; /* counts restarts */
        bool sys_awaited;
        wp_us since;
        size_t connected, total, maximum, disconnected; /* as last published */
    } house, vrm;
    struct virtual_session *bridge[2]; /* at the own broker, at the VRM portal's; NULL: it is not there */

    struct virtual_bus {
        struct bus *rules; /* NULL: nobody has dialled it yet, or it is down */
        struct virtual_member *members;
        bool is_down;
        uint32_t life; /* counts restarts */
    } bus;
};

/* Is anybody there to read it? Asked before a record is put together. */
static inline bool virtual_is_watched(const struct virtual *v)
{
    return v->setup.transcript && v->setup.transcript->n_sinks > 0;
}

/* What happens until then; earlier if the world is stopped or fails. */
enum wp_world_end virtual_run_until(struct virtual *v, wp_us until);

/* Writes a record of the machine, now; without one, of the broker. */
void virtual_record(struct virtual *v, const struct virtual_seat *seat, struct wp_record *record);
/* The same of what is no machine. */
void virtual_record_of(struct virtual *v, const char *name, struct wp_record *record);
void virtual_fault_record(struct virtual *v, const struct virtual_seat *line, enum wp_link_fault_kind kind,
                          const char *what, int64_t count);
void virtual_note(struct virtual *v, const struct virtual_seat *seat, const char *what, int64_t count);
/* The world cannot go on; the first sentence stays. */
void virtual_fail(struct virtual *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
