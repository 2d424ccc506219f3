#include "sim/core/value.h"

#include "sim/core/real.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* 10^18 is the largest power of ten that an int64 holds with a digit to spare. */
enum { POW10_MAX = 18, NUMBER_TEXT_MAX = 400 };

static const int64_t pow10_of[POW10_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

int64_t wp_pow10(unsigned n)
{
    assert(n <= POW10_MAX);
    return pow10_of[n];
}

struct wp_value wp_decimal(int64_t num, int exp10)
{
    assert(exp10 >= INT16_MIN && exp10 <= INT16_MAX);
    return (struct wp_value){.kind = WP_DECIMAL, .exp10 = (int16_t)exp10, .num = num};
}

bool wp_is_number(struct wp_value v)
{
    return v.kind == WP_DECIMAL || v.kind == WP_UINT || v.kind == WP_REAL;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The slow way round, for what 18 digits cannot hold. */
static bool read_wide(struct wp_slice text, bool integer, struct wp_value *out)
{
    char copy[NUMBER_TEXT_MAX];
    char *end = NULL;

    if (text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    /* 19 and 20 digits: only up to 9223372036854775808 below 0 and up to 18446744073709551615 above it are whole. */
    if (integer && copy[0] == '-' && text.n == 20 && strcmp(copy, "-9223372036854775808") <= 0) {
        *out = wp_int(strtoll(copy, &end, 10));
        return *end == 0;
    }
    if (integer && copy[0] != '-' &&
        (text.n < 20 || (text.n == 20 && strcmp(copy, "18446744073709551615") <= 0))) {
        *out = wp_uint(strtoull(copy, &end, 10));
        return *end == 0;
    }
    *out = wp_real(strtod(copy, &end));
    return *end == 0 && isfinite(out->real);
}

bool wp_number_read(struct wp_slice text, struct wp_value *out)
{
    const uint8_t *p = text.p, *end;
    bool negative, integer = true;
    int64_t num = 0, exp10 = 0, power = 0;
    int digits = 0; /* significant ones */

    if (text.n == 0)
        return false; /* an empty text may be nowhere */
    end = p + text.n;
    negative = *p == '-';
    p += negative;
    if (p == end || !is_digit(*p) || (*p == '0' && p + 1 < end && is_digit(p[1])))
        return false;
    for (; p < end && is_digit(*p); p++) {
        digits += digits > 0 || *p != '0';
        if (digits <= POW10_MAX)
            num = num * 10 + (*p - '0');
    }
    if (p < end && *p == '.') {
        integer = false;
        p++;
        if (p == end || !is_digit(*p))
            return false;
        for (; p < end && is_digit(*p); p++) {
            digits += digits > 0 || *p != '0';
            if (digits <= POW10_MAX)
                num = num * 10 + (*p - '0');
            exp10--;
        }
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        bool down;

        integer = false;
        p++;
        down = p < end && *p == '-';
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (p == end || !is_digit(*p))
            return false;
        for (; p < end && is_digit(*p); p++)
            if (power < 100000)
                power = power * 10 + (*p - '0');
        exp10 += down ? -power : power;
    }
    if (p != end)
        return false;
    if (digits > POW10_MAX || exp10 < -1000 || exp10 > 1000)
        return read_wide(text, integer, out);
    *out = wp_decimal(negative ? -num : num, (int)exp10);
    return true;
}

/* As num * 10^exp10 without trailing zeros, so that equal values have equal parts. */
static void normalise(struct wp_value *v)
{
    if (v->num == 0) {
        v->exp10 = 0;
        return;
    }
    while (v->num % 10 == 0) {
        v->num /= 10;
        v->exp10++;
    }
}

double wp_real_of(struct wp_value v)
{
    if (v.kind == WP_REAL)
        return v.real;
    if (v.kind == WP_UINT)
        return (double)v.uint;
    if (v.exp10 < 0 && v.exp10 >= -22 && v.num < ((int64_t)1 << 53) && v.num > -((int64_t)1 << 53))
        return (double)v.num / pow(10, -v.exp10); /* both exact, so the quotient is rounded once */
    {
        char text[64];
        struct wp_writer w = wp_writer(text, sizeof text);

        wp_put_int(&w, v.num);
        wp_put_char(&w, 'e');
        wp_put_int(&w, v.exp10);
        return strtod(wp_put_end(&w), NULL);
    }
}

static int cmp_decimal(struct wp_value a, struct wp_value b)
{
    int sign_a, sign_b, shift;

    normalise(&a);
    normalise(&b);
    sign_a = (a.num > 0) - (a.num < 0);
    sign_b = (b.num > 0) - (b.num < 0);
    if (sign_a != sign_b)
        return sign_a < sign_b ? -1 : 1;
    if (sign_a == 0)
        return 0;
    shift = a.exp10 - b.exp10;
    if (shift > POW10_MAX) /* more than 18 places apart: |a| >= 10^19 * unit > any int64 */
        return sign_a;
    if (shift < -POW10_MAX)
        return -sign_a;
    /* To one exponent; what overflows an int64 is the larger magnitude. */
    if (shift > 0 && __builtin_mul_overflow(a.num, pow10_of[shift], &a.num))
        return sign_a;
    if (shift < 0 && __builtin_mul_overflow(b.num, pow10_of[-shift], &b.num))
        return -sign_a;
    return (a.num > b.num) - (a.num < b.num);
}

int wp_number_cmp(struct wp_value a, struct wp_value b)
{
    double real_a, real_b;

    assert(wp_is_number(a));
    assert(wp_is_number(b));
    if (a.kind == WP_DECIMAL && b.kind == WP_DECIMAL)
        return cmp_decimal(a, b);
    if (a.kind == WP_UINT && b.kind == WP_UINT)
        return (a.uint > b.uint) - (a.uint < b.uint);
    if (a.kind == WP_UINT && b.kind == WP_DECIMAL && b.exp10 <= 0)
        return 1; /* a UINT lies above every int64 */
    if (a.kind == WP_DECIMAL && b.kind == WP_UINT && a.exp10 <= 0)
        return -1;
    real_a = wp_real_of(a);
    real_b = wp_real_of(b);
    return (real_a > real_b) - (real_a < real_b);
}

bool wp_value_eq(struct wp_value a, struct wp_value b)
{
    if (wp_is_number(a) && wp_is_number(b))
        return wp_number_cmp(a, b) == 0;
    if (a.kind != b.kind)
        return false;
    if (a.kind == WP_NULL)
        return true;
    if (a.kind == WP_BOOL)
        return a.yes == b.yes;
    return wp_slice_eq(a.bytes, b.bytes);
}

/* The point goes before the last `places` of the digits that stand from `from` on. */
static void put_point(struct wp_writer *w, size_t from, size_t places)
{
    uint8_t *p = w->p + from;
    size_t digits = w->n - from, whole = digits > places ? digits - places : 0;
    size_t before = whole ? 1 : 2 + places - digits; /* ".", or "0." and the zeros behind it */

    if (w->full || w->cap - w->n < before) {
        w->full = true;
        return;
    }
    for (size_t i = digits; i-- > whole;)
        p[i + before] = p[i];
    if (whole == 0) {
        memset(p, '0', before);
        p[1] = '.';
    } else {
        p[whole] = '.';
    }
    w->n += before;
}

/* 2301E-1 -> 230.1, 5E-3 -> 0.005, 7E2 -> 700 */
static void put_decimal(struct wp_writer *w, int64_t num, int exp10)
{
    uint64_t abs = num < 0 ? 0 - (uint64_t)num : (uint64_t)num;
    size_t from;

    if (num < 0)
        wp_put_char(w, '-');
    from = w->n;
    wp_put_uint(w, abs);
    if (exp10 < 0)
        put_point(w, from, (size_t)-exp10);
    for (int i = 0; i < exp10 && abs != 0; i++)
        wp_put_char(w, '0');
}

void wp_put_value(struct wp_writer *w, struct wp_value v)
{
    switch (v.kind) {
    case WP_NULL: wp_put_text(w, "null"); break;
    case WP_BOOL: wp_put_text(w, v.yes ? "true" : "false"); break;
    case WP_DECIMAL: put_decimal(w, v.num, v.exp10); break;
    case WP_UINT: wp_put_uint(w, v.uint); break;
    case WP_REAL: wp_put_real(w, v.real); break;
    case WP_TEXT: wp_put_slice(w, v.bytes); break;
    case WP_BYTES:
    case WP_TREE: wp_put_hex(w, v.bytes); break;
    }
}

bool wp_decimal_at(struct wp_value v, int decimals, int64_t *ret_num)
{
    int up;

    if (v.kind != WP_DECIMAL)
        return false;
    normalise(&v);
    up = v.exp10 + decimals; /* places to multiply by */
    if (v.num == 0) {
        *ret_num = 0;
        return true;
    }
    if (up < 0 || up > POW10_MAX || __builtin_mul_overflow(v.num, pow10_of[up], ret_num))
        return false;
    return true;
}
