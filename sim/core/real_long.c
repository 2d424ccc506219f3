/* The digits of any double, one after the other, by long division.
 * source: Steele and White, "How to Print Floating-Point Numbers Accurately" (1990), free-format; Burger and Dybvig,
 *         "Printing Floating-Point Numbers Quickly and Accurately" (1996), section 3.1 */
#include "sim/core/real.h"
#include "sim/core/real_impl.h"

#include <assert.h>

/* 2^1130 is the largest: 2^53 * 10^324, of the smallest doubles; ten times and four times that come in between. */
enum { WORDS = 37 };

struct long_number {
    uint32_t at[WORDS]; /* the low one first; behind n they are not looked at */
    int n;              /* without zeros above */
};

static void set(struct long_number *a, uint64_t v)
{
    a->at[0] = (uint32_t)v;
    a->at[1] = (uint32_t)(v >> 32);
    a->n = a->at[1] ? 2 : a->at[0] ? 1 : 0;
}

static void multiply(struct long_number *a, uint32_t by)
{
    uint64_t carry = 0;

    for (int i = 0; i < a->n; i++) {
        carry += (uint64_t)a->at[i] * by;
        a->at[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        assert(a->n < WORDS);
        a->at[a->n++] = (uint32_t)carry;
    }
}

static void multiply_pow(struct long_number *a, uint32_t base, int n)
{
    while (n-- > 0)
        multiply(a, base);
}

static void shift(struct long_number *a, int n)
{
    for (; n >= 16; n -= 16)
        multiply(a, 1u << 16);
    multiply(a, 1u << n);
}

static int compare(const struct long_number *a, const struct long_number *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (int i = a->n; i-- > 0;)
        if (a->at[i] != b->at[i])
            return a->at[i] < b->at[i] ? -1 : 1;
    return 0;
}

static void add(struct long_number *a, const struct long_number *b)
{
    uint64_t carry = 0;

    for (int i = 0; i < b->n || carry; i++) {
        assert(i < WORDS);
        if (i == a->n)
            a->at[a->n++] = 0;
        carry += (uint64_t)a->at[i] + (i < b->n ? b->at[i] : 0);
        a->at[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* a >= b */
static void subtract(struct long_number *a, const struct long_number *b)
{
    uint32_t borrow = 0;

    for (int i = 0; i < a->n; i++) {
        const uint64_t take = (uint64_t)(i < b->n ? b->at[i] : 0) + borrow;

        borrow = a->at[i] < take;
        a->at[i] = (uint32_t)(a->at[i] - take);
    }
    while (a->n > 0 && a->at[a->n - 1] == 0)
        a->n--;
}

/* rest / unit is what is still to be written; from `below` less to `above` more than that reads back. */
struct division {
    struct long_number rest, unit, below, above;
    bool has_ends;
};

/* Is rest + above beyond `unit`, so that one more in the digit before reads back? */
static bool reaches_up(const struct division *d)
{
    struct long_number sum = d->rest;
    int order;

    add(&sum, &d->above);
    order = compare(&sum, &d->unit);
    return d->has_ends ? order >= 0 : order > 0;
}

static bool reaches_down(const struct division *d)
{
    const int order = compare(&d->rest, &d->below);

    return d->has_ends ? order <= 0 : order < 0;
}

/* Is the rest half of the unit or more? */
static bool is_half(const struct division *d)
{
    struct long_number twice = d->rest;

    multiply(&twice, 2);
    return compare(&twice, &d->unit) >= 0;
}

static uint8_t next_digit(struct division *d)
{
    uint8_t digit = '0';

    multiply(&d->rest, 10);
    multiply(&d->below, 10);
    multiply(&d->above, 10);
    while (compare(&d->rest, &d->unit) >= 0) {
        subtract(&d->rest, &d->unit);
        digit++;
    }
    assert(digit <= '9');
    return digit;
}

/* The power of ten above it, or one less. */
static int guess_power(struct real_parts v)
{
    const int64_t log10_of_2 = 1292913986; /* times 2^32 */
    const int64_t one = INT64_C(1) << 32;
    int64_t bits = v.exponent, scaled;

    for (uint64_t m = v.mantissa; m > 1; m >>= 1)
        bits++;
    scaled = bits * log10_of_2;
    return (int)(scaled >= 0 ? scaled / one : (scaled - one + 1) / one) + 1;
}

/* All four times four, so that quarters of the distance to the next double are whole. */
static void begin(struct division *d, struct real_parts v, int power)
{
    const int up = v.exponent > 0 ? v.exponent : 0, down = v.exponent < 0 ? -v.exponent : 0;

    set(&d->rest, v.mantissa);
    shift(&d->rest, up + 2);
    set(&d->unit, 1);
    shift(&d->unit, down + 2);
    set(&d->above, 1);
    shift(&d->above, up + 1);
    set(&d->below, 1);
    shift(&d->below, v.is_narrow ? up : up + 1);
    multiply_pow(&d->unit, 10, power);
    multiply_pow(&d->rest, 10, -power);
    multiply_pow(&d->above, 10, -power);
    multiply_pow(&d->below, 10, -power);
    d->has_ends = v.mantissa % 2 == 0;
}

void wp_real_digits_long(double real, struct wp_real_digits *out)
{
    const struct real_parts v = real_parts(real);
    struct division d;
    bool is_up = false, is_down = false;

    out->n = 0;
    out->power = guess_power(v);
    begin(&d, v, out->power);
    if (reaches_up(&d)) {
        multiply(&d.unit, 10);
        out->power++;
    }
    while (!is_up && !is_down) {
        assert(out->n < WP_REAL_DIGITS);
        out->at[out->n++] = next_digit(&d);
        is_up = reaches_up(&d);
        is_down = reaches_down(&d);
    }
    if (is_up && (!is_down || is_half(&d))) {
        assert(out->at[out->n - 1] < '9');
        out->at[out->n - 1]++;
    }
}
