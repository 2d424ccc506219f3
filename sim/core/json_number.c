/* Numbers compared by their digits: exact, however long they are. */
#include "sim/core/json_in.h"

enum { EXPONENT_DIGITS_MAX = 18 }; /* exponents beyond that are all taken for 10^18 */

/* value = 0.d1 d2 ... * 10^power; the digits stand between first and last, a point may stand among them. */
struct digits {
    bool negative;
    const uint8_t *first, *last; /* first and last digit that is not 0; NULL: the number is 0 */
    int64_t power;
};

static int64_t read_exponent(const uint8_t *p, const uint8_t *end)
{
    bool negative = *p == '-';
    int64_t v = 0;
    int n = 0;

    p += *p == '-' || *p == '+';
    for (; p < end; p++) {
        n += n > 0 || *p != '0';
        if (n <= EXPONENT_DIGITS_MAX)
            v = v * 10 + (*p - '0');
    }
    if (n > EXPONENT_DIGITS_MAX)
        v = INT64_C(1000000000000000000);
    return negative ? -v : v;
}

static struct digits take_apart(struct wp_slice text)
{
    const uint8_t *p = text.p, *end = text.p + text.n, *point = NULL;
    struct digits d = {.negative = *p == '-'};

    for (p += d.negative; p < end && (*p | 0x20) != 'e'; p++) {
        if (*p == '.')
            point = p;
        else if (*p != '0')
            d.last = p;
        if (!d.first && d.last)
            d.first = p;
    }
    if (!point)
        point = p;
    if (d.first)
        d.power = d.first < point ? point - d.first : point - d.first + 1;
    if (p < end)
        d.power += read_exponent(p + 1, end);
    return d;
}

static int sign_of(struct digits d)
{
    return !d.first ? 0 : d.negative ? -1 : 1;
}

/* The next digit, 0 behind the last one. */
static int next_digit(struct digits *d)
{
    if (d->first <= d->last && *d->first == '.')
        d->first++;
    return d->first <= d->last ? *d->first++ : '0';
}

int json_number_cmp(struct wp_slice a, struct wp_slice b)
{
    struct digits x, y;
    int sign;

    if (wp_slice_eq(a, b))
        return 0;
    x = take_apart(a);
    y = take_apart(b);
    sign = sign_of(x);
    if (sign != sign_of(y))
        return sign < sign_of(y) ? -1 : 1;
    if (sign == 0)
        return 0;
    if (x.power != y.power)
        return x.power < y.power ? -sign : sign;
    while (x.first <= x.last || y.first <= y.last) {
        int left = next_digit(&x), right = next_digit(&y);

        if (left != right)
            return left < right ? -sign : sign;
    }
    return 0;
}
