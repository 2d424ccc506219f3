/* Many byte strings looked for at once. */
#ifndef WP_NEEDLES_H
#define WP_NEEDLES_H

#include "sim/core/bytes.h"

enum { NEEDLE_MIN = 4 }; /* bytes; what is shorter is not looked for */

struct needle {
    struct wp_slice bytes; /* borrowed: outlive the set */
    size_t owner;          /* the caller's number for it */
    unsigned form;         /* the caller's too */
    uint32_t next;         /* that begins alike: index + 1 */
};

/* Zeroed: empty. */
struct needles {
    struct needle *at;
    size_t n, cap;
    uint32_t *first; /* by hash of the first bytes: index + 1; 0: none */
    size_t mask;
};

void needles_add(struct needles *set, struct wp_slice bytes, size_t owner, unsigned form);
/* The longest one that stands at offset `at` of `in`; of equals the first added. NULL: none does. */
const struct needle *needles_at(const struct needles *set, struct wp_slice in, size_t at);
/* The first one from *at on, and *at where; NULL: none. */
const struct needle *needles_next(const struct needles *set, struct wp_slice in, size_t *at);
void needles_free(struct needles *set);

#endif
