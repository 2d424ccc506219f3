/* What a fuzzer decides by: bytes taken from the front of its input; behind the end all are 0. */
#ifndef FUZZ_TAKE_H
#define FUZZ_TAKE_H

#include "sim/core/bytes.h"

static inline uint8_t take(struct wp_slice *in)
{
    uint8_t b = in->n > 0 ? in->p[0] : 0;

    *in = wp_slice_from(*in, 1);
    return b;
}

/* A length, and so many bytes, or as many as there are. */
static inline struct wp_slice take_bytes(struct wp_slice *in)
{
    size_t n = take(in);
    struct wp_slice bytes = wp_slice(in->p, n < in->n ? n : in->n);

    *in = wp_slice_from(*in, bytes.n);
    return bytes;
}

#endif
