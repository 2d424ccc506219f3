/* "Did you mean": the known word that an unknown one is most like. */
#ifndef WP_NEAREST_H
#define WP_NEAREST_H

#include <stddef.h>

/* The nearest of `names` by edit distance, NULL when none is near. */
const char *nearest(const char *word, const char *const *names, size_t n);

#endif
