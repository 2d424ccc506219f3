#include "sim/gateway/text_series.h"

#include "sim/core/value.h"

enum { DIGITS_MAX = 15 };

static size_t digits_at_end(struct wp_slice text)
{
    size_t n = 0;

    while (n < text.n && text.p[text.n - n - 1] >= '0' && text.p[text.n - n - 1] <= '9')
        n++;
    return n <= DIGITS_MAX ? n : 0;
}

struct text_series text_series(struct wp_slice text, uint64_t count)
{
    struct text_series s = {.width = digits_at_end(text), .count = count};

    s.stem = wp_slice(text.p, text.n - s.width);
    for (size_t i = s.stem.n; i < text.n; i++)
        s.first = 10 * s.first + (uint64_t)(text.p[i] - '0');
    return s;
}

static uint64_t last(const struct text_series *s)
{
    return s->first + s->count - 1;
}

static size_t printed_digits(uint64_t n)
{
    size_t digits = 1;

    for (; n > 9; n /= 10)
        digits++;
    return digits;
}

/* Of the last one. */
static size_t longest(const struct text_series *s)
{
    size_t digits = s->width > 0 ? printed_digits(last(s)) : 0;

    return s->stem.n + (digits > s->width ? digits : s->width);
}

bool text_series_fits(const struct text_series *s, size_t max)
{
    return s->count == 1 || (s->width > 0 && last(s) < (uint64_t)wp_pow10(DIGITS_MAX) && longest(s) <= max);
}

/* Numbers of another width differ while they have leading zeros. */
bool text_series_meet(const struct text_series *a, const struct text_series *b)
{
    size_t width = a->width > b->width ? a->width : b->width;
    uint64_t from = a->first > b->first ? a->first : b->first, to = last(a) < last(b) ? last(a) : last(b);

    if (!wp_slice_eq(a->stem, b->stem))
        return false;
    if (a->width != b->width && from < (uint64_t)wp_pow10((unsigned)width - 1))
        from = (uint64_t)wp_pow10((unsigned)width - 1);
    return from <= to;
}

size_t text_series_next(char *text, size_t n)
{
    size_t i = n;

    while (i > 0 && text[i - 1] == '9')
        text[--i] = '0';
    if (i > 0 && text[i - 1] >= '0' && text[i - 1] <= '8') {
        text[i - 1]++;
        return n;
    }
    memmove(text + i + 1, text + i, n - i);
    text[i] = '1';
    return n + 1;
}
