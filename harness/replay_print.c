#include "harness/replay_print.h"

#include <stdlib.h>

enum { LINE_BYTES = 4096 };

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for a line\n", stderr);
        abort();
    }
    return p;
}

struct replay_printer *replay_printer_new(struct replay_lines *lines, const struct replay_out *out)
{
    struct replay_printer *p = get_memory(NULL, sizeof *p);

    *p = (struct replay_printer){.out = *out, .lines = lines, .cap = LINE_BYTES};
    p->memory = get_memory(NULL, p->cap);
    return p;
}

void replay_printer_free(struct replay_printer *p)
{
    if (!p)
        return;
    free(p->memory);
    free(p);
}

static size_t place_of(const struct packet_addr *addr)
{
    uint64_t half[2];

    memcpy(half, addr->ip, sizeof half);
    return (size_t)(((half[0] ^ half[1]) + addr->port) * UINT64_C(0x9E3779B97F4A7C15) >> 32) % REPLAY_ADDRS;
}

void replay_put_addr(struct replay_printer *p, struct wp_writer *w, const struct packet_addr *addr)
{
    struct replay_addr *known = &p->addr[place_of(addr)];

    if (known->n == 0 || !packet_addr_eq(&known->addr, addr)) {
        struct wp_writer text = wp_writer(known->text, sizeof known->text);

        packet_put_addr(&text, addr);
        known->addr = *addr;
        known->n = (uint16_t)text.n;
    }
    wp_put_slice(w, wp_slice(known->text, known->n));
}

void replay_print(struct replay_printer *p,
                  void (*put)(struct replay_printer *p, struct wp_writer *w, const void *what),
                  const void *what)
{
    for (;;) {
        struct wp_writer w = wp_writer(p->memory, p->cap);

        put(p, &w, what);
        if (!w.full) {
            p->lines->line(p->lines, wp_written(&w));
            return;
        }
        p->cap *= 2; /* ends: a frame is bounded, and so is its line */
        p->memory = get_memory(p->memory, p->cap);
    }
}
