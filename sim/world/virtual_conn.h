/* Connections and datagrams of the virtual world. For virtual_tcp.c, virtual_udp.c and virtual_listen.c alone. */
#ifndef WP_VIRTUAL_CONN_H
#define WP_VIRTUAL_CONN_H

#include "sim/world/virtual.h"

struct virtual_end {
    struct virtual_port port;
    struct wp_addr own;
    wp_us last_at;                 /* arrival of the latest: order is kept */
    struct virtual_event *stalled; /* the receipt that more bytes may join */
};

struct virtual_conn {
    struct virtual_end end[2]; /* of the dialler, of the listener */
    struct virtual_seat *line;
};

static inline struct virtual_end *virtual_end_of(struct virtual_port *port)
{
    return WP_OWNER(port, struct virtual_end, port);
}

static inline struct virtual_conn *virtual_conn_of(struct virtual_port *port)
{
    struct virtual_end *end = virtual_end_of(port) - (port->kind == VIRTUAL_LISTENER);

    return WP_OWNER(end, struct virtual_conn, end);
}

static inline struct virtual_end *virtual_other_end(struct virtual_port *port)
{
    struct virtual_conn *c = virtual_conn_of(port);

    return &c->end[port->kind == VIRTUAL_DIALLER];
}

struct virtual_udp;

/* An address that one machine listens at; TCP and UDP may share it. */
struct virtual_listener {
    uint8_t key[7];
    struct virtual_seat *seat;
    uint16_t endpoint;
    uint16_t n_peers;                    /* UDP */
    struct virtual_udp *oldest, *newest; /* by when they were heard last */
};

/* NULL: nobody listens there. */
struct virtual_listener *virtual_listener_find(const struct virtual *v, struct wp_addr addr, bool datagrams);
/* Whose line the two talk over. */
struct virtual_seat *virtual_line_of(struct virtual_seat *dialler, struct virtual_seat *listener);
/* The machine's address with a source port that is its turn. Machines that share an address share its ports. */
struct wp_addr virtual_dialling_addr(struct virtual *v, const struct virtual_seat *seat);

/* The machine's dial has failed, as it hears at `at`. */
void virtual_fail_dial(struct virtual *v, struct virtual_seat *seat, uint16_t endpoint, struct wp_addr to,
                       enum wp_close_reason reason, wp_us at);

/* One way over the line. */
static inline wp_us virtual_latency(const struct virtual_seat *line)
{
    return line->link ? wp_link_latency(line->link) : VIRTUAL_LATENCY;
}

/* A FIN or RST sets out for that end, to be there at `at` or behind what is under way. */
void virtual_send_end(struct virtual *v, struct virtual_end *to, enum wp_close_reason reason, wp_us at);
/* The machine has the port no more; when the other end is closed, too, the connection is let go. */
void virtual_close_end(struct virtual *v, struct virtual_port *port, enum wp_close_reason reason);

#endif
