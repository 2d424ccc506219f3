/* Broker sessions that run through us, byte by byte: those of our own machines (when their bytes are wanted, or a fault
 * is to strike them) and those of strangers, who reach the broker through a relay of ours.
 *
 *     live_tap.c, live_tap_open.c   both connections, and the line between them
 *     live_seen.c                   what passes: WIRE records, and whole packets for ...
 *     live_stranger.c               ... the records of a stranger's session
 *     live_relay.c, live_names.c    the listeners that strangers come to, and how they are called
 *
 * For these files, and the sessions of live_mqtt.c, alone. */
#ifndef WP_LIVE_TAP_H
#define WP_LIVE_TAP_H

#include "sim/codec/mqtt.h"
#include "sim/world/live.h"

enum {
    TAP_WAITING_MAX = 256 << 10, /* more on its way in one direction: who sends it has to wait */
    TAP_PACKET_MAX = 16 << 20,   /* a packet beyond that only passes, with a note */
};

struct live_stranger;

struct live_bytes {
    uint8_t *p;
    size_t n, cap;
};

/* At the end, with room; the memory of a large packet is given back once it is empty. */
void live_bytes_add(struct live_bytes *b, struct wp_slice more);
void live_bytes_drop(struct live_bytes *b, size_t n);

/* Length of the packet that begins here, whole or not; 0: its head is not complete. SIZE_MAX: no packet begins so. */
size_t live_packet_length(struct wp_slice in);

/* One direction, up (to the broker) or down. */
struct live_way {
    struct live_wire wire;
    struct live_bytes held; /* on a line: of a packet that has not come whole yet */
    struct live_bytes rest; /* the same, to be looked at */
    size_t skip;            /* bytes still to come of a packet that is too large to be looked at */
    bool is_lost;           /* it is no MQTT any more, and only passes */
    bool has_ended, paused;
    bool has_fin; /* told */
    uv_shutdown_t shutdown;
};

struct live_tap {
    struct live *world;
    struct live_seat *line; /* whose line it is; NULL: a clean one for good */
    struct live_session *session;
    struct live_stranger *stranger; /* session and stranger NULL: our session is gone */
    const char *machine;            /* NULL: not known yet */
    wp_port port;                   /* 0: not known yet */
    uint32_t id;                    /* of its WIRE records; 0: they are not wanted */
    bool is_reset;                  /* told */
    union {
        uv_stream_t stream;
        uv_pipe_t pipe; /* to the library of our session */
        uv_tcp_t tcp;   /* to the stranger */
    } client;
    uv_tcp_t broker;
    uv_connect_t connect;
    int n_open; /* of these two */
    struct live_way up, down;
    struct live_tap *next, **at; /* of the world */
};

/* ---- the tap --------------------------------------------------------------------------------------- */

/* NULL: the system gives no socket. The session's descriptor must not be watched. */
struct live_tap *live_tap_new(struct live_session *s);
/* For a stranger who waits at `server`. broker: where to; from: our own address there, 0: any. NULL: nobody came. */
struct live_tap *live_tap_accept(struct live *w, struct live_seat *line, uv_stream_t *server,
                                 struct wp_addr broker, uint32_t from);
/* Its session is gone; NULL is fine. */
void live_tap_forget(struct live_tap *tap);
/* The session has its port. */
void live_tap_name(struct live_tap *tap, wp_port port);
void live_taps_close(struct live *w);

/* Between its two files. */
bool live_tap_is_closing(struct live_tap *tap);
void live_tap_close(struct live_tap *tap);
/* One side (down: the broker) has broken the connection off: so do we, on the other. */
void live_tap_reset(struct live_tap *tap, bool down);
void live_tap_read(struct live_tap *tap, bool down);
void live_tap_arrive_up(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes);
void live_tap_arrive_down(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes);

/* ---- what passes ----------------------------------------------------------------------------------- */

/* The private broker as the scenario knows it, and every tool that looks for MQTT; its real port is a free one. */
static const struct wp_addr live_own_broker = {INADDR_LOOPBACK, 1883};

void live_seen_open(struct live_tap *tap, struct wp_addr client, struct wp_addr broker);
void live_seen_named(struct live_tap *tap);
/* Our library writes its CONNECT while it connects, before anybody can stand between. It is told as the standard has it
 * encoded: a login leaves no choice (a test holds it to the true bytes). */
void live_seen_connect(struct live_tap *tap, const struct wp_login *login, uint16_t keepalive_s);
void live_seen_bytes(struct live_tap *tap, bool down, struct wp_slice bytes);
/* Who sends on this way has ended it; reset: the whole connection is broken off. */
void live_seen_end(struct live_tap *tap, bool down, bool reset);

/* ---- strangers ------------------------------------------------------------------------------------- */

/* relay: how they are called, and whether their wills have to be guessed. */
struct live_relay;
struct live_stranger *live_stranger_new(struct live_relay *relay, struct wp_addr client,
                                        struct wp_addr broker);
void live_stranger_free(struct live_stranger *s); /* NULL is fine */
/* A whole packet. */
void live_stranger_packet(struct live_tap *tap, bool down, struct wp_slice packet);
void live_stranger_note(struct live_tap *tap, const char *what, const char *text, size_t count);
/* The first end of the connection. */
void live_stranger_end(struct live_tap *tap, bool down, bool reset);

/* ---- relays ---------------------------------------------------------------------------------------- */

struct live_relay {
    struct live *world;
    struct live_relay *next;
    uv_tcp_t *tcp;
    struct wp_addr listen, broker;
    bool is_own;   /* the broker: its plugin tells of wills */
    char *machine; /* whose all sessions are; NULL: by client id */
    struct live_seat *line;
};

/* false: the sentence is in `why`. */
bool live_relay_open(struct live *w, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
                     struct wp_writer *why);
void live_relays_close(struct live *w);

#endif
