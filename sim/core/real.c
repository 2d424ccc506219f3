/* Doubles as text: their digits by 128-bit integers where these are wide enough, which is from 0.00001 to 2^53, else by
 * real_long.c; then the point or the exponent. */
#include "sim/core/real.h"

#include "sim/core/real_impl.h"
#include "sim/core/value.h"

#include <assert.h>
#include <math.h>

__extension__ typedef unsigned __int128 uint128;

enum { QUICK_SCALE_MAX = 21 };

/* Everything times 2^shift, so that it is whole. */
struct interval {
    uint128 low, exact, high; /* what lies between reads back as the double */
    unsigned shift;
    bool has_ends; /* the ends themselves read back, too: they round to the even one */
};

static bool is_inside(const struct interval *i, uint64_t v)
{
    const uint128 at = (uint128)v << i->shift;

    return i->has_ends ? i->low <= at && at <= i->high : i->low < at && at < i->high;
}

/* The nearest multiple of `step` inside; 0: there is none. */
static uint64_t nearest(const struct interval *i, uint64_t step)
{
    const uint64_t down = (uint64_t)(i->exact >> i->shift) / step * step, up = down + step;
    const bool is_down = is_inside(i, down), is_up = is_inside(i, up);

    if (is_down && is_up)
        return i->exact - ((uint128)down << i->shift) < ((uint128)up << i->shift) - i->exact ? down : up;
    return is_down ? down : is_up ? up : 0;
}

static uint128 pow10_wide(unsigned n)
{
    return n <= 18 ? (uint128)wp_pow10(n) : (uint128)wp_pow10(18) * (uint128)wp_pow10(n - 18);
}

/* real * 10^scale and its neighbourhood: half way to the next doubles. Below a power of two it is a quarter, but those
 * that come here have few digits, and no shorter text comes near. */
static struct interval interval_of(struct real_parts v, unsigned scale)
{
    const uint128 half = pow10_wide(scale), exact = 2 * (uint128)v.mantissa * half;

    return (struct interval){
        .low = exact - half,
        .exact = exact,
        .high = exact + half,
        .shift = (unsigned)(1 - v.exponent),
        .has_ends = v.mantissa % 2 == 0,
    };
}

/* How far it must be scaled to have 17 digits before its point; -1: too small or too large to be done quickly. */
static int quick_scale(struct real_parts v, double real)
{
    int scale = QUICK_SCALE_MAX;

    if (v.exponent > 0 || real < 1e-5)
        return -1;
    /* One too many at most, since twice the power of ten is above it, however that was rounded. */
    for (double limit = 2e-4; real >= limit && scale > 0; limit *= 10)
        scale--;
    if (interval_of(v, (unsigned)scale).exact >> (1 - v.exponent) >= (uint64_t)wp_pow10(WP_REAL_DIGITS))
        scale--;
    return scale;
}

void wp_real_digits(double real, struct wp_real_digits *out)
{
    const struct real_parts v = real_parts(real);
    const int scale = quick_scale(v, real);
    struct interval i;
    uint64_t best = 0, step = 1, found;
    uint8_t reversed[20];
    int n = 0;

    if (scale < 0) {
        wp_real_digits_long(real, out);
        return;
    }
    i = interval_of(v, (unsigned)scale);
    for (; (found = nearest(&i, step)) != 0; step *= 10)
        best = found;
    assert(best > 0);
    for (; best > 0; best /= 10)
        reversed[n++] = (uint8_t)('0' + best % 10);
    out->power = n - scale;
    out->n = 0;
    while (n > 0)
        out->at[out->n++] = reversed[--n];
    while (out->at[out->n - 1] == '0')
        out->n--;
}

static void put_zeros(struct wp_writer *w, int n)
{
    while (n-- > 0)
        wp_put_char(w, '0');
}

static void put_exponent(struct wp_writer *w, int exponent)
{
    wp_put_text(w, exponent < 0 ? "e-" : "e+");
    if (exponent < 0)
        exponent = -exponent;
    if (exponent < 10)
        wp_put_char(w, '0');
    wp_put_int(w, exponent);
}

static void put_digits(struct wp_writer *w, const struct wp_real_digits *d)
{
    const size_t n = (size_t)d->n, whole = d->power > 0 ? (size_t)d->power : 0;

    if (d->power > 15 || d->power <= -4) {
        wp_put_u8(w, d->at[0]);
        if (n > 1)
            wp_put_char(w, '.');
        wp_put_slice(w, wp_slice(d->at + 1, n - 1));
        put_exponent(w, d->power - 1);
    } else if (whole >= n) {
        wp_put_slice(w, wp_slice(d->at, n));
        put_zeros(w, (int)(whole - n));
        wp_put_text(w, ".0");
    } else if (whole > 0) {
        wp_put_slice(w, wp_slice(d->at, whole));
        wp_put_char(w, '.');
        wp_put_slice(w, wp_slice(d->at + whole, n - whole));
    } else {
        wp_put_text(w, "0.");
        put_zeros(w, -d->power);
        wp_put_slice(w, wp_slice(d->at, n));
    }
}

void wp_put_real(struct wp_writer *w, double real)
{
    struct wp_real_digits digits;

    if (isnan(real)) {
        wp_put_text(w, "NaN");
        return;
    }
    if (signbit(real))
        wp_put_char(w, '-');
    if (isinf(real)) {
        wp_put_text(w, "Infinity");
    } else if (real == 0) {
        wp_put_text(w, "0.0");
    } else {
        wp_real_digits(fabs(real), &digits);
        put_digits(w, &digits);
    }
}
