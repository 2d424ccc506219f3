#include "harness/pcap_broker.h"
#include "harness/pcap_tcp.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BUCKETS = 1024,
    WAITING_MAX = 64, /* messages of one direction that have only a record, or only a packet */
};

/* What has come first, record or packet, waits here for the other: oldest first, found by its topic. */
struct pairing {
    bool are_packets; /* else records */
    size_t n;
    struct {
        uint64_t number, topic; /* of the record or packet; hash */
    } at[WAITING_MAX];
};

struct session {
    struct session *next_id, *next_port; /* in the same bucket */
    uint32_t id;
    wp_port port; /* 0: not known yet */
    struct pcap_tcp tcp;
    bool is_over;
    uint64_t packet[2]; /* the last one of client and broker that carried something */
    struct pairing up, down;
};

struct pcap_broker {
    struct pcapng *file;
    uint32_t interface;
    struct pcap_notes *notes;
    int64_t now_ns;
    struct session *by_id[BUCKETS], *by_port[BUCKETS];
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the broker sessions of a capture\n", stderr);
        abort();
    }
    return p;
}

struct pcap_broker *pcap_broker_new(struct pcapng *file, uint32_t interface, struct pcap_notes *notes)
{
    struct pcap_broker *b = get_memory(sizeof *b);

    b->file = file;
    b->interface = interface;
    b->notes = notes;
    return b;
}

/* ---- messages and their packets --------------------------------------------------------------------- */

static void drop(struct pairing *p, size_t i)
{
    p->n--;
    memmove(&p->at[i], &p->at[i + 1], (p->n - i) * sizeof p->at[0]);
}

static void keep_waiting(struct pairing *p, bool is_packet, uint64_t number, uint64_t topic)
{
    if (p->are_packets != is_packet)
        p->n = 0; /* of another topic each: they will never meet */
    if (p->n == WAITING_MAX)
        drop(p, 0);
    p->are_packets = is_packet;
    p->at[p->n].number = number;
    p->at[p->n++].topic = topic;
}

/* Its counterpart, taken out; 0: it has not come yet, so this one waits for it. */
static uint64_t meet(struct pairing *p, bool is_packet, uint64_t number, struct wp_slice topic)
{
    uint64_t hash = wp_slice_hash(topic), other;

    for (size_t i = 0; i < p->n && p->are_packets != is_packet; i++) {
        if (p->at[i].topic != hash)
            continue;
        other = p->at[i].number;
        drop(p, i);
        return other;
    }
    keep_waiting(p, is_packet, number, hash);
    return 0;
}

static struct session *find_port(const struct pcap_broker *b, wp_port port)
{
    struct session *s = b->by_port[port % BUCKETS];

    while (s && s->port != port)
        s = s->next_port;
    return s;
}

void pcap_broker_message(struct pcap_broker *b, const struct wp_record *r)
{
    struct session *s = r->port ? find_port(b, r->port) : NULL;
    uint64_t packet;

    if (!s || r->message.will) /* the broker publishes a will, no packet does */
        return;
    packet = meet(r->kind == WP_REC_DELIVER ? &s->down : &s->up, false, r->seq, r->message.topic);
    if (packet)
        pcap_notes_place(b->notes, r->seq, packet);
}

/* ---- the connection --------------------------------------------------------------------------------- */

static struct session *find_id(const struct pcap_broker *b, uint32_t id)
{
    struct session *s = b->by_id[id % BUCKETS];

    while (s && s->id != id)
        s = s->next_id;
    return s;
}

static void open_session(struct pcap_broker *b, const struct wp_wire *w)
{
    struct session *s = get_memory(sizeof *s);
    char comment[PCAP_COMMENT_BYTES];

    s->id = w->id;
    s->next_id = b->by_id[w->id % BUCKETS];
    b->by_id[w->id % BUCKETS] = s;
    s->tcp = pcap_tcp(b->file, b->interface, PCAPNG_RAW_IP, w->client, w->broker);
    pcap_tcp_open(&s->tcp, b->now_ns, pcap_notes_take(b->notes, comment));
}

static void name_session(struct pcap_broker *b, struct session *s, wp_port port)
{
    if (s->port != 0)
        return;
    s->port = port;
    s->next_port = b->by_port[port % BUCKETS];
    b->by_port[port % BUCKETS] = s;
}

static void write_bytes(struct pcap_broker *b, struct session *s, const struct wp_wire *w)
{
    char comment[PCAP_COMMENT_BYTES];
    unsigned side = w->down ? 1 : 0;
    uint64_t record;

    if (w->bytes.n > 0)
        s->packet[side] =
            pcap_tcp_send(&s->tcp, side, b->now_ns, w->bytes, pcap_notes_take(b->notes, comment));
    if (!w->topic.p)
        return;
    record = meet(w->down ? &s->down : &s->up, true, s->packet[side], w->topic);
    if (record)
        pcap_notes_place(b->notes, record, s->packet[side]);
}

static void end_session(struct pcap_broker *b, struct session *s, const struct wp_wire *w)
{
    char comment[PCAP_COMMENT_BYTES];
    unsigned side = w->down ? 1 : 0;

    if (w->what == WP_WIRE_FIN)
        pcap_tcp_fin(&s->tcp, side, b->now_ns, pcap_notes_take(b->notes, comment));
    else
        pcap_tcp_reset(&s->tcp, side, b->now_ns, pcap_notes_take(b->notes, comment));
    s->is_over = w->what == WP_WIRE_RST || (s->tcp.has_fin[0] && s->tcp.has_fin[1]);
}

/* Its machine may not have told yet of a message that has come. */
static bool is_awaited(const struct session *s)
{
    return s->up.n > 0 || s->down.n > 0;
}

static void forget(struct pcap_broker *b, struct session *s)
{
    struct session **at = &b->by_id[s->id % BUCKETS];

    while (*at != s)
        at = &(*at)->next_id;
    *at = s->next_id;
    for (at = &b->by_port[s->port % BUCKETS]; *at && *at != s;)
        at = &(*at)->next_port;
    if (*at)
        *at = s->next_port;
    free(s);
}

void pcap_broker_wire(struct pcap_broker *b, const struct wp_record *r, int64_t time_ns)
{
    const struct wp_wire *w = &r->wire;
    struct session *s = find_id(b, w->id);

    b->now_ns = time_ns;
    if (w->what == WP_WIRE_OPEN && !s)
        open_session(b, w);
    if (!s || s->is_over)
        return;
    switch (w->what) {
    case WP_WIRE_OPEN: break;
    case WP_WIRE_NAMED: name_session(b, s, r->port); break;
    case WP_WIRE_BYTES: write_bytes(b, s, w); break;
    case WP_WIRE_FIN:
    case WP_WIRE_RST: end_session(b, s, w); break;
    }
    if (s->is_over && !is_awaited(s))
        forget(b, s);
}

void pcap_broker_free(struct pcap_broker *b)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (b->by_id[i]) {
            struct session *s = b->by_id[i];

            for (unsigned side = 0; side < 2 && !s->is_over; side++)
                pcap_tcp_fin(&s->tcp, side, b->now_ns, NULL);
            forget(b, s);
        }
    }
    free(b);
}
