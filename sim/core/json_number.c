/* Numbers compared, divided and hashed by their digits: exact, however long they are. */
#include "sim/core/json_in_impl.h"

#include <assert.h>

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
static unsigned next_digit(struct digits *d)
{
    if (d->first <= d->last && *d->first == '.')
        d->first++;
    return d->first <= d->last ? *d->first++ - (unsigned)'0' : 0;
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
        unsigned left = next_digit(&x), right = next_digit(&y);

        if (left != right)
            return left < right ? -sign : sign;
    }
    return 0;
}

size_t json_number_digits(struct wp_slice text)
{
    struct digits d = take_apart(text);
    size_t n = 0;

    if (!d.first)
        return 0;
    for (const uint8_t *p = d.first; p <= d.last; p++)
        n += *p != '.';
    return n;
}

bool json_number_is_whole(struct wp_slice text)
{
    struct digits d = take_apart(text);

    return !d.first || d.power >= (int64_t)json_number_digits(text);
}

uint32_t json_number_hash(struct wp_slice text)
{
    struct digits d = take_apart(text);
    uint64_t h = (uint64_t)d.power * 31 + (uint64_t)sign_of(d);

    while (d.first && d.first <= d.last)
        h = (h ^ next_digit(&d)) * UINT64_C(0x100000001b3); /* FNV prime */
    return json_hash_parts(h, 0, 0);
}

__extension__ typedef unsigned __int128 uint128;

/* 10^power modulo m */
static uint64_t pow10_mod(uint64_t power, uint64_t m)
{
    uint128 result = 1 % m, square = 10 % m;

    for (; power > 0; power >>= 1, square = square * square % m)
        if (power & 1)
            result = result * square % m;
    return (uint64_t)result;
}

/* Both as whole numbers without zeros at their ends: a * 10^x over b * 10^y. With x < y a ten stays in the divisor
 * that nothing in the dividend can pay for. */
bool json_number_is_multiple(struct wp_slice text, struct wp_slice divisor)
{
    struct digits a = take_apart(text), b = take_apart(divisor);
    int64_t x = a.power - (int64_t)json_number_digits(text),
            y = b.power - (int64_t)json_number_digits(divisor);
    uint64_t m = 0;
    uint128 rest = 0;

    assert(b.first);
    assert(json_number_digits(divisor) <= 18);
    if (!a.first)
        return true;
    if (x < y)
        return false;
    while (b.first <= b.last)
        m = m * 10 + next_digit(&b);
    while (a.first <= a.last)
        rest = (rest * 10 + next_digit(&a)) % m;
    return rest * pow10_mod((uint64_t)(x - y), m) % m == 0;
}
