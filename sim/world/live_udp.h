/* Datagrams of the live world. For live_socket.c (sockets), live_udp.c (the ports that stand for who exchanges them) and
 * live_listen.c alone. */
#ifndef WP_LIVE_UDP_H
#define WP_LIVE_UDP_H

#include "sim/world/live_tcp.h"

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

/* The socket of a new listener, which it has for the whole run, whether its machine lives or not. 0, or an error of
 * libuv's. */
int live_udp_hold(struct live_listener *l, struct wp_addr at, struct wp_addr *ret_at);

#endif
