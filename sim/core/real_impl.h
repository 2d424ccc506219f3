/* What real.c and real_long.c share: a double taken apart. Included by them only. */
#ifndef WP_REAL_IMPL_H
#define WP_REAL_IMPL_H

#include "sim/core/bytes.h"

/* mantissa * 2^exponent */
struct real_parts {
    uint64_t mantissa; /* below 2^53 */
    int exponent;
    bool is_narrow; /* a power of two: the next double below is half as far as the next one above */
};

/* source: IEEE 754-2019, binary64 */
static inline struct real_parts real_parts(double real)
{
    uint64_t bits, fraction;
    int biased;

    memcpy(&bits, &real, sizeof bits);
    fraction = bits & ((UINT64_C(1) << 52) - 1);
    biased = (int)(bits >> 52 & 0x7FF);
    if (biased == 0) /* subnormal */
        return (struct real_parts){fraction, -1074, false};
    return (struct real_parts){fraction | UINT64_C(1) << 52, biased - 1075, fraction == 0 && biased > 1};
}

#endif
