#include "harness/fragments.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPEN_MAX = 256, UNIT = 8, UNITS = 8192 };

#define PATIENCE_NS INT64_C(30000000000)

/* A packet of which pieces have come. */
struct whole {
    struct whole *next; /* by first piece, the newest last */
    struct packet_addr from, to;
    uint32_t id;
    uint8_t protocol; /* of the piece at offset 0, before it of the first one */
    int64_t since_ns;
    uint64_t pieces;
    size_t n_units;         /* that have come, on the wire */
    size_t length;          /* 0: the last piece has not come */
    size_t cut_at;          /* bytes from here on were not captured */
    size_t reach;           /* the end of the farthest piece */
    uint8_t has[UNITS / 8]; /* bit i: unit i has come */
    uint8_t bytes[UNITS * UNIT];
};

struct fragments {
    struct whole *oldest, *done;
    size_t n_open;
    struct fragments_counts counts;
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the fragments of this capture\n", stderr);
        abort();
    }
    return p;
}

struct fragments *fragments_new(void)
{
    return get_memory(sizeof(struct fragments));
}

void fragments_free(struct fragments *f)
{
    if (!f)
        return;
    while (f->oldest) {
        struct whole *w = f->oldest;

        f->oldest = w->next;
        free(w);
    }
    free(f->done);
    free(f);
}

/* ---- the packets at hand ---------------------------------------------------------------------------- */

static void give_up(struct fragments *f)
{
    struct whole *w = f->oldest;

    f->counts.lost += w->pieces;
    f->oldest = w->next;
    f->n_open--;
    free(w);
}

/* IPv6 numbers the packets of two hosts, IPv4 those of one protocol between them. */
static bool is_of(const struct whole *w, const struct packet *piece)
{
    return w->id == piece->piece.id && packet_addr_eq(&w->from, &piece->from) &&
           packet_addr_eq(&w->to, &piece->to) &&
           (piece->from.version == 6 || w->protocol == piece->piece.protocol);
}

/* The place where its pointer stands, or would. */
static struct whole **find(struct fragments *f, const struct packet *piece)
{
    struct whole **link = &f->oldest;

    while (*link && !is_of(*link, piece))
        link = &(*link)->next;
    return link;
}

static struct whole *begin(const struct packet *piece, int64_t now_ns)
{
    struct whole *w = get_memory(sizeof *w);

    w->from = piece->from;
    w->to = piece->to;
    w->id = piece->piece.id;
    w->protocol = piece->piece.protocol;
    w->since_ns = now_ns;
    w->cut_at = sizeof w->bytes;
    return w;
}

/* ---- pieces ----------------------------------------------------------------------------------------- */

static bool has_unit(const struct whole *w, size_t unit)
{
    return w->has[unit / 8] >> unit % 8 & 1;
}

/* One unit of the piece, its last one perhaps shorter. Returns how many bytes are not the same as before. */
static uint64_t put_unit(struct whole *w, size_t unit, struct wp_slice bytes)
{
    uint8_t *at = w->bytes + unit * UNIT;
    uint64_t differ = 0;

    if (has_unit(w, unit)) {
        for (size_t i = 0; i < bytes.n && unit * UNIT + i < w->cut_at; i++)
            differ += at[i] != bytes.p[i];
        return differ;
    }
    w->has[unit / 8] |= (uint8_t)(1u << unit % 8);
    w->n_units++;
    if (bytes.n)
        memcpy(at, bytes.p, bytes.n);
    return 0;
}

/* Does the piece fit the length that the last one gives? */
static bool is_consistent(const struct whole *w, const struct packet *piece)
{
    size_t end = piece->piece.offset + piece->n_wire;

    if (!piece->piece.more)
        return w->length ? w->length == end : w->reach <= end;
    return w->length == 0 || end <= w->length;
}

static void put_piece(struct fragments *f, struct whole *w, const struct packet *piece)
{
    size_t first = piece->piece.offset / UNIT, end = piece->piece.offset + piece->n_wire;

    w->pieces++;
    if (!is_consistent(w, piece)) {
        f->counts.conflicts++;
        return;
    }
    if (piece->piece.offset == 0)
        w->protocol = piece->piece.protocol;
    if (!piece->piece.more)
        w->length = end;
    if (end > w->reach)
        w->reach = end;
    for (size_t unit = first; unit * UNIT < end; unit++) {
        struct wp_slice bytes = wp_slice_from(piece->payload, (unit - first) * UNIT);

        bytes.n = bytes.n < UNIT ? bytes.n : UNIT;
        f->counts.conflicts += put_unit(w, unit, bytes);
    }
    if (piece->payload.n < piece->n_wire && piece->piece.offset + piece->payload.n < w->cut_at)
        w->cut_at = piece->piece.offset + piece->payload.n;
}

static bool is_whole(const struct whole *w)
{
    return w->length && w->n_units == (w->length + UNIT - 1) / UNIT;
}

bool fragments_add(struct fragments *f, const struct packet *piece, int64_t now_ns, struct packet *out)
{
    struct whole **link, *w;

    f->counts.pieces++;
    while (f->oldest && now_ns - f->oldest->since_ns > PATIENCE_NS) /* each is given up once */
        give_up(f);
    link = find(f, piece);
    if (!*link) {
        if (f->n_open == OPEN_MAX) {
            give_up(f);
            link = find(f, piece);
        }
        *link = begin(piece, now_ns);
        f->n_open++;
    }
    w = *link;
    put_piece(f, w, piece);
    if (!is_whole(w))
        return false;
    *link = w->next;
    f->n_open--;
    f->counts.whole++;
    free(f->done);
    f->done = w;
    *out = (struct packet){.from = w->from, .to = w->to, .n_wire = w->length};
    out->payload = wp_slice(w->bytes, w->length < w->cut_at ? w->length : w->cut_at);
    out->piece.protocol = w->protocol;
    return true;
}

struct fragments_counts fragments_counted(const struct fragments *f)
{
    struct fragments_counts counts = f->counts;

    for (const struct whole *w = f->oldest; w; w = w->next)
        counts.lost += w->pieces;
    return counts;
}
