/* What the files behind json_in.h share. */
#ifndef WP_JSON_IN_IMPL_H
#define WP_JSON_IN_IMPL_H

#include "sim/core/json_in.h"

/* Four hex digits at *p, which moves behind them; -1 with *p at the byte that is none, or at the end. */
int32_t json_hex4(const uint8_t **p, const uint8_t *end);

/* The next piece of a well-formed string, escapes taken off: one byte of raw text, or all bytes of an escaped
 * character. 0: the string is at its end. */
size_t json_next_char(const uint8_t **p, const uint8_t *end, uint8_t out[4]);

static inline uint64_t json_load(const uint8_t *p, size_t n)
{
    uint64_t v = 0;

    memcpy(&v, p, n);
    return v;
}

/* Odd constants: 2^64 over the golden ratio, and one of splitmix64. */
static inline uint32_t json_hash_parts(uint64_t head, uint64_t tail, size_t n)
{
    return (uint32_t)((head * UINT64_C(0x9E3779B97F4A7C15) ^ (tail + n) * UINT64_C(0xBF58476D1CE4E5B9)) >>
                      32);
}

/* The first and the last eight bytes and the length: all of a short key; a long one is compared anyway. */
static inline uint32_t json_hash_key(const uint8_t *p, size_t n)
{
    if (n >= 8)
        return json_hash_parts(json_load(p, 8), json_load(p + n - 8, 8), n);
    if (n >= 4)
        return json_hash_parts(json_load(p, 4), json_load(p + n - 4, 4), n);
    if (n > 0)
        return json_hash_parts((uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | p[n - 1], 0, n);
    return json_hash_parts(0, 0, 0);
}

/* json_hash of what the string token says. */
uint32_t json_string_hash(const struct json_tape *tape, uint32_t i);

/* Equal for equal numbers, however they are written. */
uint32_t json_number_hash(struct wp_slice text);

/* <0, 0, >0 by the UTF-8 bytes of what the strings say. */
int json_strings_cmp(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k);

/* Text as it stands between the quotes of a JSON string: the fewest escapes, U+FFFD for what is no UTF-8. */
void json_put_escaped(struct wp_writer *w, struct wp_slice text);

/* Does the key stand in the object before? It is the last token on the tape. */
bool json_key_was_there(const struct json_tape *tape, uint32_t object, uint32_t key);

/* Offset of the first key that the object had before; false: all are different. The object is the last value on
 * the tape. */
bool json_find_duplicate(struct json_tape *tape, uint32_t object, uint32_t *ret_at);

#endif
