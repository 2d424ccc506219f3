/* Texts that count up at their end: house1, house2, ... house9, house10. */
#ifndef WP_TEXT_SERIES_H
#define WP_TEXT_SERIES_H

#include "sim/core/bytes.h"

/* "house1" and what follows it: stem "house", first 1. */
struct text_series {
    struct wp_slice stem; /* borrowed */
    uint64_t first, count;
    size_t width; /* digits of the first one; 0: it has none, or too many to count */
};

struct text_series text_series(struct wp_slice text, uint64_t count);

/* Can the first one count up so often, and is none longer than max bytes? */
bool text_series_fits(const struct text_series *s, size_t max);

/* Have two series a text in common? */
bool text_series_meet(const struct text_series *a, const struct text_series *b);

/* The text that follows this one, in its place, where there is room for one more digit; how long it is comes back. */
size_t text_series_next(char *text, size_t n);

#endif
