/* One block of memory cut into parts: once to count what is needed, once to hand it out. */
#ifndef WP_CARVE_H
#define WP_CARVE_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

/* p NULL: nothing is handed out, n alone counts. Both rounds run through the same code, so they always
 * agree. */
struct wp_carve {
    uint8_t *p;
    size_t n;
};

/* The next `size` bytes, aligned as malloc's are; NULL while counting. */
static inline void *wp_carve(struct wp_carve *c, size_t size)
{
    void *at = c->p ? c->p + c->n : NULL;

    c->n += (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    return at;
}

#endif
