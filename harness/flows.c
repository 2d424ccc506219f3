#include "harness/flows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { FLOWS = 65536, WAITING_STREAM = 1 << 20, WAITING_TOTAL = 64 << 20, BUCKETS = 64 };

#define PATIENCE_NS INT64_C(60000000000)

struct entry {
    struct flow flow; /* first */
    bool is_closed;   /* kept for late retransmissions, until its place or its ports are needed */
    bool has_syn[2];
    uint32_t syn[2];
    struct {
        int64_t offset, since_ns;
    } hole[2]; /* while something waits behind it */
    uint32_t hash;
    struct entry *next_alike;     /* in the same bucket */
    struct entry *newer, *older;  /* by last packet */
    struct entry *after, *before; /* by number */
};

struct flows {
    struct flows_out *out;
    struct reassembly_budget budget;
    struct flows_counts counts;
    uint32_t n_made;
    size_t n, n_max;
    size_t mask; /* of the number of buckets, a power of two */
    struct entry *newest, *oldest;
    struct entry *first, *last;
    struct entry **bucket;
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the connections of this capture\n", stderr);
        abort();
    }
    return p;
}

struct flows *flows_new(const struct flows_limits *limits, struct flows_out *out)
{
    struct flows *f = get_memory(sizeof *f);

    f->out = out;
    f->n_max = limits && limits->flows ? limits->flows : FLOWS;
    f->budget.per_stream = limits && limits->waiting_stream ? limits->waiting_stream : WAITING_STREAM;
    f->budget.total = limits && limits->waiting_total ? limits->waiting_total : WAITING_TOTAL;
    f->budget.sent = reassembly_sent_new();
    f->mask = BUCKETS - 1;
    f->bucket = get_memory(BUCKETS * sizeof f->bucket[0]);
    return f;
}

/* ---- the table -------------------------------------------------------------------------------------- */

static uint64_t mix(const struct packet_addr *a)
{
    uint64_t part[2], port = (uint64_t)a->port << 16 | a->version;

    memcpy(part, a->ip, sizeof part);
    part[0] = (part[0] ^ port) * UINT64_C(0x9E3779B97F4A7C15);
    part[1] = (part[1] ^ part[0] >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
    return part[1] ^ part[1] >> 32;
}

/* The same for both directions. */
static uint32_t hash_of(const struct packet *p, enum flow_kind kind)
{
    return (uint32_t)(mix(&p->from) + mix(&p->to) + kind);
}

/* *ret_d: in which direction. */
static inline bool is_of(const struct entry *e, const struct packet *p, enum flow_kind kind, unsigned *ret_d)
{
    const struct packet_addr *a = e->flow.addr;

    *ret_d = !packet_addr_eq(&a[0], &p->from);
    return e->flow.kind == kind && packet_addr_eq(&a[*ret_d], &p->from) &&
           packet_addr_eq(&a[!*ret_d], &p->to);
}

static struct entry *find(const struct flows *f, const struct packet *p, enum flow_kind kind, uint32_t hash,
                          unsigned *ret_d)
{
    struct entry *e = f->bucket[hash & f->mask];

    while (e && !(e->hash == hash && is_of(e, p, kind, ret_d)))
        e = e->next_alike;
    return e;
}

static void put_into_bucket(struct flows *f, struct entry *e)
{
    struct entry **bucket = &f->bucket[e->hash & f->mask];

    e->next_alike = *bucket;
    *bucket = e;
}

/* Twice as many buckets. */
static void widen(struct flows *f)
{
    free(f->bucket);
    f->mask = f->mask * 2 + 1;
    f->bucket = get_memory((f->mask + 1) * sizeof f->bucket[0]);
    for (struct entry *e = f->first; e; e = e->after)
        put_into_bucket(f, e);
}

static void put_newest(struct flows *f, struct entry *e)
{
    e->newer = NULL;
    e->older = f->newest;
    *(f->newest ? &f->newest->newer : &f->oldest) = e;
    f->newest = e;
}

static void take_from_ages(struct flows *f, struct entry *e)
{
    *(e->newer ? &e->newer->older : &f->newest) = e->older;
    *(e->older ? &e->older->newer : &f->oldest) = e->newer;
}

static void touch(struct flows *f, struct entry *e)
{
    if (e == f->newest)
        return;
    take_from_ages(f, e);
    put_newest(f, e);
}

static void forget(struct flows *f, struct entry *e)
{
    struct entry **link = &f->bucket[e->hash & f->mask];

    while (*link != e)
        link = &(*link)->next_alike;
    *link = e->next_alike;
    take_from_ages(f, e);
    *(e->before ? &e->before->after : &f->first) = e->after;
    *(e->after ? &e->after->before : &f->last) = e->before;
    f->n--;
    free(e);
}

/* ---- what a direction's reassembly gives, with the flow it belongs to --------------------------------- */

struct carrier {
    struct reassembly_out out; /* first */
    struct flows *flows;
    struct entry *entry;
    unsigned direction;
    const struct moment *when;
};

static void carry_bytes(struct reassembly_out *out, struct wp_slice bytes)
{
    struct carrier *c = (struct carrier *)out;

    c->flows->out->bytes(c->flows->out, &c->entry->flow, c->direction, bytes, c->when);
}

static void carry_gap(struct reassembly_out *out, uint64_t n)
{
    struct carrier *c = (struct carrier *)out;

    c->flows->out->gap(c->flows->out, &c->entry->flow, c->direction, n, c->when);
}

static struct carrier carrier(struct flows *f, struct entry *e, unsigned direction, const struct moment *when)
{
    return (struct carrier){{carry_bytes, carry_gap}, f, e, direction, when};
}

/* ---- beginnings and ends ---------------------------------------------------------------------------- */

static void close_flow(struct flows *f, struct entry *e, const struct moment *when)
{
    if (e->is_closed)
        return;
    for (unsigned d = 0; d < 2 && e->flow.kind == FLOW_TCP; d++) {
        struct carrier c = carrier(f, e, d, when);

        reassembly_finish(&e->flow.tcp[d], &f->budget, &c.out);
    }
    e->is_closed = true;
    f->out->close(f->out, &e->flow, when);
    e->flow.user = NULL;
}

static void evict(struct flows *f, const struct moment *when)
{
    struct entry *e = f->oldest;

    f->counts.evicted += !e->is_closed;
    close_flow(f, e, when);
    forget(f, e);
}

static struct entry *make(struct flows *f, const struct packet *p, enum flow_kind kind, uint32_t hash,
                          const struct moment *when)
{
    struct entry *e;
    bool is_syn = kind == FLOW_TCP && (p->flags & PACKET_SYN);
    bool is_answer = is_syn && (p->flags & PACKET_ACK);

    if (f->n == f->n_max)
        evict(f, when);
    e = get_memory(sizeof *e);
    e->flow.number = ++f->n_made;
    e->flow.kind = kind;
    e->flow.knows_client = is_syn;
    e->flow.addr[0] = is_answer ? p->to : p->from;
    e->flow.addr[1] = is_answer ? p->from : p->to;
    e->hash = hash;
    put_into_bucket(f, e);
    put_newest(f, e);
    e->before = f->last;
    *(f->last ? &f->last->after : &f->first) = e;
    f->last = e;
    if (++f->n > f->mask)
        widen(f);
    f->counts.made[kind]++;
    e->flow.opened = *when;
    f->out->open(f->out, &e->flow, when);
    return e;
}

/* ---- packets ---------------------------------------------------------------------------------------- */

/* A SYN that does not belong to what is there: the ports are used again. */
static bool begins_anew(const struct entry *e, const struct packet *p, unsigned d)
{
    if ((p->flags & (PACKET_SYN | PACKET_ACK)) != PACKET_SYN)
        return false;
    return e->has_syn[d] ? e->syn[d] != p->seq : e->is_closed || e->flow.tcp[d].started;
}

/* One that is too far off to have a place is not told of. */
static void tell_segment(struct flows *f, struct entry *e, unsigned d, uint32_t seq, const struct packet *p,
                         const struct moment *when)
{
    int64_t at;

    if (f->out->segment && reassembly_place(&e->flow.tcp[d], seq, &at))
        f->out->segment(f->out, &e->flow, d, at, p, when);
}

/* Where one side alone was captured nobody acknowledges what is missing. Nothing is sent again after that long. */
static void lose_patience(struct flows *f, struct entry *e, unsigned d, struct carrier *c)
{
    struct reassembly *r = &e->flow.tcp[d];

    if (e->hole[d].offset != r->offset || e->hole[d].since_ns == 0) {
        e->hole[d].offset = r->offset;
        e->hole[d].since_ns = c->when->ns;
    } else if (c->when->ns - e->hole[d].since_ns > PATIENCE_NS) {
        reassembly_give_up(r, &f->budget, &c->out);
    }
}

static void read_segment(struct flows *f, struct entry *e, unsigned d, const struct packet *p,
                         const struct moment *when)
{
    struct reassembly *r = e->flow.tcp;
    struct carrier c = carrier(f, e, !d, when);
    uint32_t seq = p->seq;

    if (p->flags & PACKET_SYN) {
        if (!e->has_syn[d]) {
            e->has_syn[d] = true;
            e->syn[d] = seq;
        }
        reassembly_syn(&r[d], seq);
        seq++;
    }
    if (p->flags & PACKET_ACK)
        reassembly_ack(&r[!d], &f->budget, p->ack, &c.out);
    c.direction = d;
    tell_segment(f, e, d, seq, p, when);
    reassembly_data(&r[d], &f->budget, seq, p->payload, &c.out);
    if (p->payload.n < p->n_wire)
        reassembly_cut(&r[d], seq + (uint32_t)p->payload.n, p->n_wire - p->payload.n, &c.out);
    if (p->flags & PACKET_FIN)
        reassembly_fin(&r[d], seq + (uint32_t)p->n_wire);
    if (r[d].waiting)
        lose_patience(f, e, d, &c);
}

static void note_end(struct flow *flow, unsigned d, const struct packet *p, const struct moment *when)
{
    if (!(p->flags & (PACKET_FIN | PACKET_RST)) || flow->ended.number)
        return;
    flow->ended = *when;
    flow->ended_by = d;
    flow->was_reset = p->flags & PACKET_RST;
}

static void read_tcp(struct flows *f, struct entry *e, unsigned d, const struct packet *p,
                     const struct moment *when)
{
    if (e->is_closed) {
        f->counts.late += p->payload.n > 0;
        return;
    }
    note_end(&e->flow, d, p, when);
    read_segment(f, e, d, p, when);
    if ((p->flags & PACKET_RST) ||
        (reassembly_is_complete(&e->flow.tcp[0]) && reassembly_is_complete(&e->flow.tcp[1])))
        close_flow(f, e, when);
}

static void read_datagram(struct flows *f, struct entry *e, unsigned d, const struct packet *p,
                          const struct moment *when)
{
    if (f->out->segment)
        f->out->segment(f->out, &e->flow, d, (int64_t)e->flow.datagram_length[d], p, when);
    e->flow.datagram_bytes[d] += p->payload.n;
    e->flow.datagram_length[d] += p->n_wire > p->payload.n ? p->n_wire : p->payload.n;
    if (p->payload.n)
        f->out->bytes(f->out, &e->flow, d, p->payload, when);
    if (p->payload.n < p->n_wire)
        f->out->gap(f->out, &e->flow, d, p->n_wire - p->payload.n, when);
}

/* The packet's flow, made when there is none. Most packets are of the flow that the one before them was of. */
static struct entry *flow_of(struct flows *f, const struct packet *p, enum flow_kind kind,
                             const struct moment *when, unsigned *ret_d)
{
    struct entry *e = f->newest;
    uint32_t hash;

    if (!e || !is_of(e, p, kind, ret_d)) {
        hash = hash_of(p, kind);
        e = find(f, p, kind, hash, ret_d);
    } else {
        hash = e->hash;
    }
    if (e && kind == FLOW_TCP && begins_anew(e, p, *ret_d)) {
        close_flow(f, e, when);
        forget(f, e);
        e = NULL;
    }
    if (!e) {
        e = make(f, p, kind, hash, when);
        is_of(e, p, kind, ret_d);
    }
    touch(f, e);
    return e;
}

void flows_packet(struct flows *f, const struct packet *p, enum flow_kind kind, const struct moment *when)
{
    unsigned d;
    struct entry *e = flow_of(f, p, kind, when, &d);

    (kind == FLOW_TCP ? read_tcp : read_datagram)(f, e, d, p, when);
}

void flows_finish(struct flows *f, const struct moment *when)
{
    for (struct entry *e = f->first; e; e = e->after)
        close_flow(f, e, when);
}

struct flows_counts flows_counted(const struct flows *f)
{
    return f->counts;
}

void flows_free(struct flows *f)
{
    if (!f)
        return;
    while (f->first) {
        assert(f->first->is_closed);
        forget(f, f->first);
    }
    reassembly_sent_free(f->budget.sent);
    free(f->bucket);
    free(f);
}
