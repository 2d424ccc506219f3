/* The frames of a run: what machines receive, decoded and written back into the transcript. */
#include "harness/stream.h"

#include <stdlib.h>

/* One machine's end of a connection. `in` is what reaches it. When the other end is nobody's whose receipts are
 * recorded, `out` is what leaves it. */
struct end {
    struct end *next_port, *next_addr; /* in the same bucket */
    wp_port port;
    enum wp_transport transport;
    struct wp_addr own, far;
    struct end *peer; /* the other end, when it is recorded too */
    struct stream in, out;
};

enum { BUCKETS = 4096 }; /* a power of two */

struct stream_sink {
    struct wp_sink sink; /* first */
    struct wp_transcript *transcript;
    struct stream_decoder decoder;
    const struct wp_record *now; /* the record of bytes or of a close that is at hand */
    struct end *by_port[BUCKETS], *by_addr[BUCKETS];
};

/* ---- ends ------------------------------------------------------------------------------------------- */

static struct end **port_bucket(struct stream_sink *s, wp_port port)
{
    return &s->by_port[port % BUCKETS];
}

/* The same for both ends. */
static struct end **addr_bucket(struct stream_sink *s, struct wp_addr a, struct wp_addr b)
{
    uint32_t hash = (a.ip + b.ip) * UINT32_C(2654435761) ^ ((uint32_t)a.port + b.port) * UINT32_C(40503);

    return &s->by_addr[(hash ^ hash >> 16) % BUCKETS];
}

static bool is_addr(struct wp_addr a, struct wp_addr b)
{
    return a.ip == b.ip && a.port == b.port;
}

static struct end *find_end(struct stream_sink *s, wp_port port)
{
    struct end *e = *port_bucket(s, port);

    while (e && e->port != port)
        e = e->next_port;
    return e;
}

static void meet_peer(struct stream_sink *s, struct end *e)
{
    struct end *peer = *addr_bucket(s, e->own, e->far);

    while (peer && !(peer->transport == e->transport && is_addr(peer->own, e->far) &&
                     is_addr(peer->far, e->own) && !peer->peer && peer != e))
        peer = peer->next_addr;
    if (!peer)
        return;
    e->peer = peer;
    peer->peer = e;
    e->in.other = &peer->in;
    peer->in.other = &e->in;
}

static struct end *add_end(struct stream_sink *s, const struct wp_record *r)
{
    struct end *e = calloc(1, sizeof *e);
    struct end **bucket = port_bucket(s, r->port);

    if (!e)
        abort();
    e->port = r->port;
    if (r->kind == WP_REC_OPEN) {
        e->transport = r->open.transport;
        e->own = r->open.own;
        e->far = r->open.peer;
    }
    stream_init(&e->in, &s->decoder, WP_SIDE_UNKNOWN, &e->out);
    stream_init(&e->out, &s->decoder, WP_SIDE_UNKNOWN_TOO, &e->in);
    e->next_port = *bucket;
    *bucket = e;
    bucket = addr_bucket(s, e->own, e->far);
    e->next_addr = *bucket;
    *bucket = e;
    if ((e->transport == WP_TCP || e->transport == WP_UDP) && e->own.port)
        meet_peer(s, e);
    return e;
}

static void remove_end(struct stream_sink *s, struct end *e)
{
    struct end **link = port_bucket(s, e->port);

    while (*link != e)
        link = &(*link)->next_port;
    *link = e->next_port;
    link = addr_bucket(s, e->own, e->far);
    while (*link != e)
        link = &(*link)->next_addr;
    *link = e->next_addr;
    if (e->peer) {
        e->peer->peer = NULL;
        e->peer->in.other = &e->peer->out;
    }
    stream_free(&e->in);
    stream_free(&e->out);
    free(e);
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void write_frame(void *ctx, struct stream *stream, const struct stream_part *part)
{
    struct stream_sink *s = ctx;
    const struct end *e = find_end(s, s->now->port);
    bool arrives = stream == &e->in;
    const char *other = s->now->peer ? s->now->peer : ""; /* somebody else's machine has no name here */
    struct wp_record r = {
        .kind = WP_REC_FRAME,
        .at = s->now->at,
        .machine = arrives ? other : s->now->machine,
        .peer = arrives ? s->now->machine : other,
        .port = s->now->port,
        .frame = {.codec = part->codec, .frame = part->frame, .wire = part->wire, .bad = part->bad},
    };

    wp_transcript_write(s->transcript, &r);
}

static void push(struct stream_sink *s, const struct wp_record *r)
{
    const struct moment when = {r->at * 1000, r->seq};
    struct end *e = find_end(s, r->port);
    struct stream *stream;

    s->now = r;
    if (!e)
        e = add_end(s, r);
    stream = r->kind == WP_REC_RECEIPT ? &e->in : &e->out;
    stream_push(stream, r->bytes, &when);
    if (e->transport == WP_UDP || e->transport == WP_BUS)
        stream_end(stream, &when);
}

static void close_end(struct stream_sink *s, const struct wp_record *r)
{
    const struct moment when = {r->at * 1000, r->seq};
    struct end *e = find_end(s, r->port);

    if (!e)
        return;
    s->now = r;
    stream_end(&e->in, &when);
    stream_end(&e->out, &when);
    remove_end(s, e);
}

static bool has_bytes(enum wp_transport t)
{
    return t == WP_TCP || t == WP_UDP || t == WP_SERIAL || t == WP_BUS;
}

/* Frames written from within come back here as records and are none of the kinds below. */
static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct stream_sink *s = (struct stream_sink *)sink;

    switch (r->kind) {
    case WP_REC_OPEN:
        if (has_bytes(r->open.transport))
            add_end(s, r);
        break;
    case WP_REC_SEND:
        if (!r->peer)
            push(s, r);
        break;
    case WP_REC_RECEIPT: push(s, r); break;
    case WP_REC_CLOSE: close_end(s, r); break;
    default: break;
    }
}

struct stream_sink *stream_sink_new(struct wp_transcript *transcript)
{
    struct stream_sink *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->sink.take = take;
    s->transcript = transcript;
    stream_decoder_init(&s->decoder, NULL, write_frame, s);
    return s;
}

struct wp_sink *stream_sink(struct stream_sink *s)
{
    return &s->sink;
}

void stream_sink_free(struct stream_sink *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (s->by_port[i])
            remove_end(s, s->by_port[i]);
    stream_decoder_free(&s->decoder);
    free(s);
}
