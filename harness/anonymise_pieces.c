/* Pieces of IP packets: the whole is changed, and each piece gets what it has of it. */
#include "harness/anonymise_impl.h"

#include "harness/fragments.h"

#include <stdlib.h>

enum { IP_TCP = 6, OPEN_MAX = 512 /* more than wait at once */ };

/* As fragments.h has it: after that time a piece begins another packet. */
#define PATIENCE_NS INT64_C(30000000000)

/* A packet of which pieces have come. */
struct whole {
    struct packet first; /* a piece of it */
    int64_t since_ns;
    bool is_open;
    uint8_t *was, *becomes; /* NULL: it did not become whole, or is neither TCP nor UDP */
    size_t n;               /* captured from the front */
};

struct anon_pieces {
    struct fragments *fragments;
    struct whole *whole;
    size_t n, cap;
    uint32_t *of; /* for each packet: its whole's number + 1 */
    struct arena arena;
};

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for the fragments of this capture\n", stderr);
        abort();
    }
    return p;
}

static bool is_of(const struct whole *w, const struct packet *piece)
{
    return w->first.piece.id == piece->piece.id && packet_addr_eq(&w->first.from, &piece->from) &&
           packet_addr_eq(&w->first.to, &piece->to) &&
           (piece->from.version == 6 || w->first.piece.protocol == piece->piece.protocol);
}

static size_t find_or_add(struct anon_pieces *p, const struct packet *piece, int64_t now_ns)
{
    for (size_t i = p->n; i-- > 0 && p->n - i <= OPEN_MAX;)
        if (p->whole[i].is_open && is_of(&p->whole[i], piece) && now_ns - p->whole[i].since_ns <= PATIENCE_NS)
            return i;
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->whole = get_memory(p->whole, p->cap * sizeof p->whole[0]);
    }
    p->whole[p->n] = (struct whole){.first = *piece, .since_ns = now_ns, .is_open = true};
    return p->n++;
}

/* How many bytes of extension headers stand before the transport's; the transport's number in *protocol. */
static size_t extensions(struct wp_slice in, uint8_t *protocol)
{
    size_t at = 0;

    while ((*protocol == 0 || *protocol == 60) && in.n - at >= 8) {
        size_t n = ((size_t)in.p[at + 1] + 1) * 8;

        if (n > in.n - at)
            break;
        *protocol = in.p[at];
        at += n;
    }
    return at;
}

static void decide(struct anon *a, struct anon_pieces *p, struct whole *w, const struct packet *whole,
                   size_t last)
{
    const struct packet_addr ends[2] = {whole->from, whole->to};
    struct packet read = {0};
    enum packet_kind kind = packet_read_whole(whole, whole->payload, whole->n_wire, &read);
    uint8_t protocol = whole->piece.protocol;
    size_t at = whole->from.version == 6 ? extensions(whole->payload, &protocol) : 0;

    if (kind != PACKET_TCP && kind != PACKET_UDP)
        return;
    w->n = whole->payload.n;
    w->was = arena_get(&p->arena, w->n);
    w->becomes = arena_get(&p->arena, w->n);
    memcpy(w->was, whole->payload.p, w->n);
    memcpy(w->becomes, whole->payload.p, w->n);
    anon_change_transport(a, &a->at[last], ends, protocol != IP_TCP, w->was + at, w->becomes + at, w->n - at,
                          whole->n_wire - at);
}

struct anon_pieces *anon_pieces_new(struct anon *a)
{
    struct anon_pieces *p = get_memory(NULL, sizeof *p);

    *p = (struct anon_pieces){.fragments = fragments_new(),
                              .of = get_memory(NULL, (a->in->n + 1) * sizeof p->of[0])};
    memset(p->of, 0, (a->in->n + 1) * sizeof p->of[0]);
    for (size_t i = 0; i < a->in->n; i++) {
        const struct image_packet *in = &a->in->packet[i];
        struct packet piece = {0}, whole;
        size_t k;

        if (packet_read(in->link, wp_slice(in->bytes, in->n), in->n_wire, &piece) != PACKET_FRAGMENT)
            continue;
        k = find_or_add(p, &piece, in->time_ns);
        p->of[i] = (uint32_t)k + 1;
        if (fragments_add(p->fragments, &piece, in->time_ns, &whole)) {
            p->whole[k].is_open = false;
            decide(a, p, &p->whole[k], &whole, i);
        }
    }
    return p;
}

void anon_pieces_free(struct anon_pieces *p)
{
    if (!p)
        return;
    fragments_free(p->fragments);
    arena_free(&p->arena);
    free(p->whole);
    free(p->of);
    free(p);
}

/* A copy that was not the same stays another one. */
bool anon_change_piece(const struct anon_pieces *p, size_t i, const struct packet *piece, uint8_t *payload)
{
    const struct whole *w = p->of[i] ? &p->whole[p->of[i] - 1] : NULL;

    if (!w || !w->was)
        return false;
    for (size_t k = 0; k < piece->payload.n; k++) {
        size_t at = piece->piece.offset + k;

        payload[k] = at < w->n ? (uint8_t)(w->becomes[at] ^ (payload[k] != w->was[at])) : 0;
    }
    return true;
}
