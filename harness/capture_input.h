/* Where a capture's bytes come from: a file, a pipe, what a gzip file holds; perhaps one that still grows.
 * Private to the files of capture. */
#ifndef WP_CAPTURE_INPUT_H
#define WP_CAPTURE_INPUT_H

#include "harness/capture.h"

#include <zlib.h>

/* A window over the bytes: those from `at` to `end` are at hand. */
struct capture_input {
    uint8_t *memory;
    size_t at, end, cap;
    FILE *file;
    int fd; /* of the file; -1: it has none (memory) */
    bool is_regular;
    bool is_over; /* no more comes, or `problem` says why none can */
    const struct capture_follow *follow;
    bool stops; /* it was asked to: what has come already is still read */
    int64_t stop_ms;
    struct { /* the file holds compressed bytes */
        bool is_on, is_between;
        z_stream z;
        uint8_t *memory;
    } gz;
    char problem[160]; /* "": none */
};

/* Takes the file over. `follow` may be NULL. Looks at the first bytes, so it may wait for them. */
void capture_input_init(struct capture_input *in, FILE *file, const struct capture_follow *follow);
void capture_input_free(struct capture_input *in);

/* Reads until `n` bytes are at hand. NULL: fewer are left, and they are at hand. */
const uint8_t *capture_input_fill(struct capture_input *in, size_t n);

static inline size_t capture_input_left(const struct capture_input *in)
{
    return in->end - in->at;
}

/* The next `n` bytes, borrowed until the next call, without taking them. NULL: fewer are left. */
static inline const uint8_t *capture_input_peek(struct capture_input *in, size_t n)
{
    return capture_input_left(in) >= n ? in->memory + in->at : capture_input_fill(in, n);
}

/* They are at hand. */
static inline void capture_input_take(struct capture_input *in, size_t n)
{
    in->at += n;
}

/* Takes bytes that nobody looks at, however many. false: fewer were left. */
bool capture_input_skip(struct capture_input *in, uint64_t n);

#endif
