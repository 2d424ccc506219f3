/* Doubles as text: the shortest decimal that reads back as the same double. */
#ifndef WP_REAL_H
#define WP_REAL_H

#include "sim/core/bytes.h"

enum {
    WP_REAL_DIGITS = 17,  /* that suffice for every double */
    WP_REAL_TEXT_MAX = 25 /* bytes of the longest: -1.7976931348623157e+308, with room to spare */
};

/* 0.digits * 10^power, the first and the last digit not 0. */
struct wp_real_digits {
    uint8_t at[WP_REAL_DIGITS + 1]; /* '0'..'9' */
    int n, power;
};

/* The fewest digits that read back as `real`; of several the nearest, of two as near the one away from zero.
 * real  finite and above 0 */
void wp_real_digits(double real, struct wp_real_digits *out);

/* The same by long arithmetic, for every exponent; it is what the quick way of wp_real_digits is held against. */
void wp_real_digits_long(double real, struct wp_real_digits *out);

/* 936.0, 20.43000030517578, 0.0001, 1e-05, 1e+15, -0.0: there is always a point or an exponent, which has two digits or
 * three, and stands for numbers below 0.0001 and from 10^15 on. NaN, Infinity, -Infinity. Locale plays no part.
 * source: protocols/victron-dbus-and-vrm b.2 */
void wp_put_real(struct wp_writer *w, double real);

#endif
