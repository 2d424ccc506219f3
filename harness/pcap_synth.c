#include "harness/pcap_synth.h"

#include "harness/pcap_broker.h"
#include "harness/pcap_bus.h"
#include "harness/pcap_tcp.h"
#include "harness/pcap_udp.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };

struct conn {
    struct conn *next; /* in the same bucket, by its addresses */
    struct pcap_tcp tcp;
    wp_port port[2]; /* of each side's machine; 0: not open yet, closed, or never recorded */
    bool tells[2]; /* its machine is recorded and has not told of its close yet, perhaps not of its opening */
    bool hung_up[2];
    bool is_over; /* its end has been written */
};

struct end {
    struct end *next; /* in the same bucket */
    wp_port port;
    unsigned side;
    struct conn *conn;        /* NULL: of datagrams */
    struct wp_addr own, peer; /* of datagrams */
};

struct pcap_synth {
    struct wp_sink sink; /* first */
    struct pcapng *file;
    uint32_t interface;
    const struct wp_world *world; /* NULL: the epoch stays */
    int64_t epoch_us, now_ns;
    struct pcap_notes *notes;
    struct pcap_broker *broker;
    struct pcap_bus *bus;
    struct pcap_udp udp;
    uint64_t packet; /* the one that carried the last bytes of a device */
    struct conn *conns[BUCKETS];
    struct end *ends[BUCKETS];
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the capture of this run\n", stderr);
        abort();
    }
    return p;
}

/* ---- connections ------------------------------------------------------------------------------------ */

static bool is_addr(struct wp_addr a, struct wp_addr b)
{
    return a.ip == b.ip && a.port == b.port;
}

/* The same for both sides. */
static struct conn **conn_bucket(struct pcap_synth *s, struct wp_addr a, struct wp_addr b)
{
    uint32_t hash = (a.ip + b.ip) * UINT32_C(2654435761) ^ ((uint32_t)a.port + b.port) * UINT32_C(40503);

    return &s->conns[(hash ^ hash >> 16) % BUCKETS];
}

static struct end **end_bucket(struct pcap_synth *s, wp_port port)
{
    return &s->ends[port % BUCKETS];
}

static struct end *find_end(struct pcap_synth *s, wp_port port)
{
    struct end *e = *end_bucket(s, port);

    while (e && e->port != port)
        e = e->next;
    return e;
}

/* A connection whose other side's machine has told of it, and this side's not yet. */
static struct conn *find_half(struct pcap_synth *s, struct wp_addr own, struct wp_addr peer,
                              unsigned *ret_side)
{
    for (struct conn *c = *conn_bucket(s, own, peer); c; c = c->next) {
        for (unsigned side = 0; side < 2; side++) {
            if (c->port[side] == 0 && c->tells[side] && is_addr(c->tcp.addr[side], own) &&
                is_addr(c->tcp.addr[!side], peer)) {
                *ret_side = side;
                return c;
            }
        }
    }
    return NULL;
}

/* Who dials has a port from the range for that, above those on which anybody listens. */
static struct conn *new_conn(struct pcap_synth *s, const struct wp_record *r, unsigned *ret_side)
{
    bool dials = r->open.own.port > r->open.peer.port;
    struct conn *c = get_memory(sizeof *c);
    struct conn **bucket = conn_bucket(s, r->open.own, r->open.peer);
    char comment[PCAP_COMMENT_BYTES];

    c->tcp = dials ? pcap_tcp(s->file, s->interface, PCAPNG_RAW_IP, r->open.own, r->open.peer)
                   : pcap_tcp(s->file, s->interface, PCAPNG_RAW_IP, r->open.peer, r->open.own);
    c->next = *bucket;
    *bucket = c;
    pcap_tcp_open(&c->tcp, s->now_ns, pcap_notes_take(s->notes, comment));
    c->tells[dials ? 1 : 0] = r->peer != NULL;
    *ret_side = dials ? 0 : 1;
    return c;
}

static void forget_conn(struct pcap_synth *s, struct conn *c)
{
    struct conn **link = conn_bucket(s, c->tcp.addr[0], c->tcp.addr[1]);

    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    free(c);
}

static void forget_end(struct pcap_synth *s, struct end *e)
{
    struct end **link = end_bucket(s, e->port);

    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    free(e);
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void add_end(struct pcap_synth *s, struct end e)
{
    struct end *new = get_memory(sizeof *new);
    struct end **bucket = end_bucket(s, e.port);

    *new = e;
    new->next = *bucket;
    *bucket = new;
}

static void take_open(struct pcap_synth *s, const struct wp_record *r)
{
    unsigned side;
    struct conn *c;

    if (r->open.transport == WP_UDP)
        add_end(s, (struct end){.port = r->port, .own = r->open.own, .peer = r->open.peer});
    if (r->open.transport != WP_TCP)
        return;
    c = find_half(s, r->open.own, r->open.peer, &side);
    if (!c)
        c = new_conn(s, r, &side);
    c->port[side] = r->port;
    c->tells[side] = true;
    add_end(s, (struct end){.port = r->port, .side = side, .conn = c});
}

static void take_datagram(struct pcap_synth *s, const struct end *e, struct wp_slice bytes, bool arrives)
{
    char comment[PCAP_COMMENT_BYTES];

    s->packet = pcap_udp_send(&s->udp, arrives ? e->peer : e->own, arrives ? e->own : e->peer, s->now_ns,
                              bytes, pcap_notes_take(s->notes, comment));
}

static void take_bytes(struct pcap_synth *s, const struct wp_record *r, bool arrives)
{
    struct end *e = find_end(s, r->port);
    char comment[PCAP_COMMENT_BYTES];

    if (!e || (e->conn && e->conn->is_over))
        return;
    if (e->conn)
        s->packet = pcap_tcp_send(&e->conn->tcp, arrives ? !e->side : e->side, s->now_ns, r->bytes,
                                  pcap_notes_take(s->notes, comment));
    else
        take_datagram(s, e, r->bytes, arrives);
    pcap_notes_place(s->notes, r->seq, s->packet);
}

static void write_fins(struct pcap_synth *s, struct conn *c, unsigned first)
{
    char comment[PCAP_COMMENT_BYTES];

    pcap_tcp_fin(&c->tcp, first, s->now_ns, pcap_notes_take(s->notes, comment));
    pcap_tcp_fin(&c->tcp, !first, s->now_ns, NULL);
    c->is_over = true;
}

static void write_reset(struct pcap_synth *s, struct conn *c, unsigned from)
{
    char comment[PCAP_COMMENT_BYTES];

    pcap_tcp_reset(&c->tcp, from, s->now_ns, pcap_notes_take(s->notes, comment));
    c->is_over = true;
}

/* Whoever hangs up first does not say how; the other machine's close tells it, once everything before has reached
 * it (a gateway may even hang up before its client knows that it is connected). */
static void end_conn(struct pcap_synth *s, struct conn *c, unsigned side, enum wp_close_reason reason)
{
    switch (reason) {
    case WP_CLOSE_OWN:
        c->hung_up[side] = true;
        if (c->hung_up[!side] || !c->tells[!side])
            write_fins(s, c, c->hung_up[!side] ? !side : side);
        break;
    case WP_CLOSE_PEER: write_fins(s, c, !side); break;
    case WP_CLOSE_RESET: write_reset(s, c, !side); break;
    default: write_reset(s, c, side); break;
    }
}

static void take_close(struct pcap_synth *s, const struct wp_record *r)
{
    struct end *e = find_end(s, r->port);
    struct conn *c;

    if (!e)
        return;
    c = e->conn;
    if (!c) {
        forget_end(s, e);
        return;
    }
    if (!c->is_over)
        end_conn(s, c, e->side, r->close.reason);
    c->port[e->side] = 0;
    c->tells[e->side] = false;
    forget_end(s, e);
    if (!c->tells[0] && !c->tells[1])
        forget_conn(s, c);
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct pcap_synth *s = (struct pcap_synth *)sink;

    if (s->world)
        s->epoch_us = world_epoch(s->world);
    s->now_ns = (s->epoch_us + r->at) * 1000;
    pcap_bus_take(s->bus, r, s->now_ns);
    switch (r->kind) {
    case WP_REC_OPEN: take_open(s, r); break;
    case WP_REC_RECEIPT: take_bytes(s, r, true); break;
    case WP_REC_SEND:
        if (!r->peer) /* nobody records its receipt */
            take_bytes(s, r, false);
        break;
    case WP_REC_CLOSE: take_close(s, r); break;
    case WP_REC_FRAME:
        if (find_end(s, r->port)) /* else it went over a line that the file has no packets of */
            pcap_notes_place(s->notes, r->seq, s->packet); /* of the bytes just taken */
        break;
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER: pcap_broker_message(s->broker, r); break;
    case WP_REC_STEP: pcap_notes_step(s->notes, r); break;
    case WP_REC_CHECK: pcap_notes_check(s->notes, r); break;
    case WP_REC_WIRE: pcap_broker_wire(s->broker, r, s->now_ns); break;
    default: break;
    }
}

/* ---- the file --------------------------------------------------------------------------------------- */

struct pcap_synth *pcap_synth_new(const char *path, const char *bus_path, const char *scenario,
                                  int64_t epoch_us, struct wp_writer *why)
{
    struct pcapng *file = pcapng_new(path, "wattproof", why);
    struct pcap_synth *s;

    if (!file)
        return NULL;
    s = get_memory(sizeof *s);
    s->sink.take = take;
    s->file = file;
    s->interface = pcapng_interface(file, PCAPNG_RAW_IP, "run");
    s->udp = (struct pcap_udp){.file = file, .interface = s->interface};
    s->notes = pcap_notes_new(file, scenario);
    s->broker = pcap_broker_new(file, s->interface, s->notes);
    s->bus = pcap_bus_new(bus_path, scenario);
    s->epoch_us = epoch_us;
    return s;
}

struct wp_sink *pcap_synth_sink(struct pcap_synth *s)
{
    return &s->sink;
}

void pcap_synth_set_world(struct pcap_synth *s, const struct wp_world *world)
{
    s->world = world;
}

bool pcap_synth_close(struct pcap_synth *s)
{
    bool good;

    for (size_t i = 0; i < BUCKETS; i++) {
        while (s->ends[i])
            forget_end(s, s->ends[i]);
        while (s->conns[i]) {
            struct conn *c = s->conns[i];

            if (!c->is_over && (c->hung_up[0] || c->hung_up[1]))
                write_fins(s, c, c->hung_up[0] ? 0 : 1);
            forget_conn(s, c);
        }
    }
    pcap_broker_free(s->broker);
    good = pcap_bus_close(s->bus);
    good = pcapng_close(s->file) && good;
    pcap_notes_free(s->notes);
    free(s);
    return good;
}
