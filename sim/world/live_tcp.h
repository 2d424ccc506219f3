/* Listeners and connections of the live world. For live_listen.c, live_tcp.c (how connections begin), live_conn.c (how
 * they go on) and those of live_udp.h alone. */
#ifndef WP_LIVE_TCP_H
#define WP_LIVE_TCP_H

#include "sim/world/live.h"

enum live_conn_state {
    LIVE_DIALLING,
    LIVE_OPEN,
    LIVE_LEAVING, /* its machine has hung up: what waits is still sent, then FIN; what comes is thrown away */
    LIVE_CLOSING, /* until libuv lets go of the handle */
};

struct live_conn {
    struct live_port port;
    enum live_conn_state state;
    struct live_seat *peer;  /* the other machine; NULL: not one of ours */
    const char *guest;       /* its name, when it is the world's guest */
    wp_port guest_port;      /* of its end, in its records; 0: closed */
    struct live_seat *line;  /* whose link it runs over */
    struct wp_addr own, far; /* as the scenario knows them */
    struct wp_addr real;     /* where `far` is, if it was dialled */
    int status;              /* of the dial: 0, or an error of libuv's */
    uv_tcp_t tcp;
    union {
        uv_connect_t connect;
        uv_shutdown_t shutdown;
    } req;
    struct live_wire out, in;     /* in: only what comes from somebody else's machine */
    struct live_timer linger;     /* until it is let go; DIALLING: until it has failed */
    struct live_timer travel;     /* DIALLING: it, or its answer, is on its way over the line */
    struct live_conn *next, **at; /* of the world */
    struct live_conn *next_dialled, **at_dialled; /* of a bucket */
};

struct live_socket;
struct live_udp;

struct live_listener {
    struct live_seat *seat;
    uint16_t endpoint;
    struct wp_addr scenario, real;
    bool any_port; /* it asked for none */
    int holder;    /* keeps the port while nobody listens; -1: none */
    uv_tcp_t *tcp; /* NULL: down */
    bool is_udp;
    bool is_up;                       /* its machine listens */
    struct live_socket *socket;       /* UDP */
    struct live_udp *oldest, *newest; /* UDP: its peers, by when they were heard last */
    size_t n_peers;
    struct live_listener *next_of_seat, *next_in_bucket;
};

/* Of one of ours that has dialled from this address; NULL: somebody else's. Found once. */
struct live_conn *live_take_dialled(struct live *w, struct wp_addr own);
struct live_listener *live_listener_find(const struct live *w, struct wp_addr scenario, bool is_udp);

/* A client at a listener of ours. */
void live_accept(struct live_listener *listener, uv_stream_t *server);

void live_drop_dialled(struct live_conn *c);

void live_conn_record(const struct live_conn *c, struct wp_record r);
/* What the guest at the other end sees, as far as we know it. */
void live_conn_record_guest(const struct live_conn *c, struct wp_record r);
void live_conn_record_close(const struct live_conn *c, enum wp_close_reason reason);
struct wp_event live_conn_close_event(const struct live_conn *c, enum wp_close_reason reason);
/* Lets go of the socket. abort: with a RST. */
void live_conn_close(struct live_conn *c, bool abort);
/* Unless its machine is choked. */
void live_conn_read(struct live_conn *c);
/* The ends of its wires. */
void live_conn_arrive_in(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes);
void live_conn_arrive_out(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes);

struct sockaddr_in live_sockaddr(struct wp_addr addr);
size_t live_bucket(struct wp_addr addr);

#endif
