/* Datagrams of the live world. For live_socket.c (sockets), live_udp.c (how the ports begin that stand for who exchanges
 * them), live_udp_port.c (how they go on) and live_listen.c alone. */
#ifndef WP_LIVE_UDP_H
#define WP_LIVE_UDP_H

#include "sim/world/live_tcp.h"

#include <assert.h>

/* A UDP socket, bound and not connected: so no ICMP reaches it. */
struct live_socket {
    uv_udp_t udp;
    struct live *world;
    void *owner;
    uint32_t lost; /* by the system, because its buffer was full */
    void (*receive)(struct live_socket *s, struct wp_addr from, struct wp_slice bytes);
    void (*lose)(struct live_socket *s, uint32_t n); /* so many have been lost since; NULL: nobody asks */
    void (*closed)(struct live_socket *s);           /* libuv has let go of it */
};

/* A file bound at an address of this machine, port 0: a free one; or an error of libuv's. */
int live_socket_bind(struct wp_addr at, struct wp_addr *ret_at);
/* Takes over the file. live_socket_close is due. */
void live_socket_open(struct live_socket *s, int file);
/* `closed` is called later. */
void live_socket_close(struct live_socket *s);
void live_socket_read(struct live_socket *s, bool reads);
/* 0; else an error of libuv's, and it has not been sent. */
int live_socket_send(struct live_socket *s, struct wp_addr to, struct wp_slice bytes);
/* The address of this machine from which datagrams go there; 0: none. */
uint32_t live_source_ip(struct wp_addr to);

/* ---- ports ----------------------------------------------------------------------------------------- */

/* A dialled one has a socket of its own, which stays bound for a while after the hang-up: so the system gives its address
 * to nobody while datagrams from there may still be unread, and their sender has a name. A listener's ports share its
 * socket. */
struct live_udp {
    struct live_port port;
    bool is_leaving;
    struct live_listener *listener; /* NULL: dialled */
    struct live_socket own_socket;  /* dialled */
    struct wp_addr own, far;        /* as the scenario knows them */
    struct wp_addr real;            /* where `far` is */
    struct live_seat *line;
    const char *guest;        /* the world's, at the other end; NULL: it is not */
    wp_port guest_port;       /* of its end, in its records; 0: none */
    struct live_wire out, in; /* in: only what comes from somebody else's machine */
    struct live_timer linger;
    struct live_udp *older, *newer; /* of the listener's, by when they were heard last */
    struct live_udp *next_of_world, **at_world;
    struct live_udp *next_in_bucket, **at_bucket; /* dialled: by own; else by real; at NULL: in none */
};

static inline struct live_udp *live_udp_of(struct live_port *port)
{
    assert(port->kind == LIVE_UDP);
    return WP_OWNER(port, struct live_udp, port);
}

static inline bool live_udp_is_addr(struct wp_addr a, struct wp_addr b)
{
    return a.ip == b.ip && a.port == b.port;
}

struct live_udp *live_udp_new(struct live_seat *seat, uint16_t endpoint);
/* Found from now on, by its addresses. */
void live_udp_enter(struct live_udp *u);
struct live_udp *live_udp_find_peer(const struct live_listener *l, struct wp_addr from);
/* Whose socket is there, also when it has hung up a moment ago; NULL: somebody else's. */
const struct live_udp *live_udp_find_dialled(const struct live *w, struct wp_addr own);
/* The machine that would get a datagram now; that a datagram which has just come is from. NULL: nobody that is known. */
const char *live_udp_peer_of(const struct live_udp *u);
const char *live_udp_sender_of(const struct live_udp *u);
void live_udp_record(const struct live_udp *u, const char *peer, struct wp_record r);
/* Of the guest's end, too. */
void live_udp_record_open(struct live_udp *u, const char *peer);
/* Of its listener's peers it is the one that was heard last. */
void live_udp_put_newest(struct live_udp *u);
/* A datagram for it. One of ours has sent it, and it has passed the line already; or somebody else. */
void live_udp_take_in(struct live_udp *u, bool is_ours, struct wp_slice bytes);
struct wp_event live_udp_close_event(const struct live_udp *u, enum wp_close_reason reason);
/* Its machine has it no more. abort: what the line holds back is lost. */
void live_udp_leave(struct live_udp *u, enum wp_close_reason reason, bool abort);
/* Lets go of it, and of all that waits on its line. */
void live_udp_forget(struct live_udp *u);

/* The socket of a new listener, which it has for the whole run, whether its machine lives or not. 0, or an error of
 * libuv's. */
int live_udp_hold(struct live_listener *l, struct wp_addr at, struct wp_addr *ret_at);

#endif
