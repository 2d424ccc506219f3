/* Reading an APDU and visiting its fields in one go. Included by the cosem_*.c files only. */
#ifndef WP_COSEM_TAKE_H
#define WP_COSEM_TAKE_H

#include "sim/core/decode.h"

/* A read that visits as it goes. Each APDU is read twice: first without a visitor, to learn whether it reads. */
struct apdu_reader {
    struct wp_reader r;
    size_t first; /* of r's byte 0 */
    wp_visit *visit;
    void *ctx;
};

static inline void say(const struct apdu_reader *a, const char *path, struct wp_value value, size_t at,
                       size_t len, enum wp_role role)
{
    struct wp_field field = {path, value, "", len ? a->first + at : 0, len, role};

    if (a->visit)
        a->visit(a->ctx, &field);
}

static inline void say_text(const struct apdu_reader *a, const char *path, const char *text)
{
    say(a, path, wp_text_value(wp_text(text)), 0, 0, WP_ROLE_FIELD);
}

/* The next n bytes as hexadecimal digits. */
static inline struct wp_slice take_bytes(struct apdu_reader *a, const char *path, size_t n, enum wp_role role)
{
    size_t at = a->r.at;
    struct wp_slice bytes = wp_get_slice(&a->r, n);

    say(a, path, wp_bytes_value(bytes), at, bytes.n, role);
    return bytes;
}

/* The next n <= 8 bytes as an unsigned number, high byte first. */
static inline uint64_t take_uint(struct apdu_reader *a, const char *path, size_t n, enum wp_role role)
{
    size_t at = a->r.at;
    uint64_t number = 0;

    for (size_t i = 0; i < n; i++)
        number = number << 8 | wp_get_u8(&a->r);
    say(a, path, wp_uint(number), at, n, role);
    return number;
}

static inline bool skip(struct apdu_reader *a, uint8_t expected)
{
    return wp_get_u8(&a->r) == expected && !a->r.ran_out;
}

static inline bool is_read(const struct apdu_reader *a)
{
    return !a->r.ran_out && wp_left(&a->r) == 0;
}

/* An association APDU behind its tag: length, then elements. false: it does not read to its last byte. */
bool cosem_take_association(struct apdu_reader *a, uint8_t tag);

#endif
