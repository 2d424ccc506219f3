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
