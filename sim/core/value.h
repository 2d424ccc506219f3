/* Values: exact decimals first, because 230.1 must be published as 230.1. */
#ifndef WP_VALUE_H
#define WP_VALUE_H

#include "sim/core/bytes.h"

enum wp_kind {
    WP_NULL, /* no value */
    WP_BOOL,
    WP_DECIMAL, /* num * 10^exp10; trailing zeros are kept for printing: 105.0 is 1050E-1 */
    WP_UINT,    /* beyond int64 */
    WP_REAL,    /* a double; printed as wp_put_real does it: the shortest decimal that reads back */
    WP_TEXT,    /* UTF-8, borrowed */
    WP_BYTES,   /* octets, borrowed; printed as upper-case hex */
    WP_TREE,    /* an array or dictionary in its protocol's own marshalling, borrowed */
};

struct wp_value {
    enum wp_kind kind;
    int16_t exp10;
    union {
        bool yes;
        int64_t num;
        uint64_t uint;
        double real;
        struct wp_slice bytes; /* WP_TEXT, WP_BYTES, WP_TREE */
    };
};

/* 10 to the n, n up to 18. */
int64_t wp_pow10(unsigned n);

/* num * 10^exp10 */
struct wp_value wp_decimal(int64_t num, int exp10);

/* Here because one is made for every field of every frame. */
static inline struct wp_value wp_null(void)
{
    return (struct wp_value){.kind = WP_NULL};
}

static inline struct wp_value wp_bool(bool yes)
{
    return (struct wp_value){.kind = WP_BOOL, .yes = yes};
}

static inline struct wp_value wp_int(int64_t num)
{
    return (struct wp_value){.kind = WP_DECIMAL, .num = num};
}

static inline struct wp_value wp_uint(uint64_t num)
{
    if (num <= INT64_MAX)
        return wp_int((int64_t)num);
    return (struct wp_value){.kind = WP_UINT, .uint = num};
}

static inline struct wp_value wp_real(double real)
{
    return (struct wp_value){.kind = WP_REAL, .real = real};
}

static inline struct wp_value wp_text_value(struct wp_slice text)
{
    return (struct wp_value){.kind = WP_TEXT, .bytes = text};
}

static inline struct wp_value wp_bytes_value(struct wp_slice bytes)
{
    return (struct wp_value){.kind = WP_BYTES, .bytes = bytes};
}

bool wp_is_number(struct wp_value v);

/* The double nearest to a number. */
double wp_real_of(struct wp_value v);

/* JSON number text to the exact value: WP_DECIMAL when 18 significant digits are enough and the exponent fits, or it is
 * an int64; else WP_UINT, else WP_REAL. false: not a JSON number (RFC 8259, section 6), or one beyond a double. */
bool wp_number_read(struct wp_slice text, struct wp_value *out);

/* -1, 0, 1 by value (1.0 equals 1; exact, also between decimal and double); both must be numbers. */
int wp_number_cmp(struct wp_value a, struct wp_value b);

/* Numbers by value, everything else by kind and content. */
bool wp_value_eq(struct wp_value a, struct wp_value b);

/* Printed bare: 12345.67, true, null, text as it is, bytes as hex. Deterministic; locale plays no part. */
void wp_put_value(struct wp_writer *w, struct wp_value v);

/* The decimal with exactly `decimals` places, when that loses nothing; else false. 5E0, 4 -> 50000E-4. */
bool wp_decimal_at(struct wp_value v, int decimals, int64_t *ret_num);

#endif
