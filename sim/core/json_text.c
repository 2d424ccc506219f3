/* Strings on a tape: their escapes, lengths, hashes and comparison. */
#include "sim/core/json_in_impl.h"

int32_t json_hex4(const uint8_t **p, const uint8_t *end)
{
    int32_t v = 0;

    for (int i = 0; i < 4; i++, (*p)++) {
        uint8_t c = *p < end ? **p : 0, low = c | 0x20;

        if (c >= '0' && c <= '9')
            v = v << 4 | (c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v << 4 | (low - 'a' + 10);
        else
            return -1;
    }
    return v;
}

static size_t encode_utf8(uint32_t c, uint8_t out[4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    out[0] = (uint8_t)(lead[n] | c);
    return n;
}

/* What stands behind a backslash, but for u. */
static uint8_t meant_by(uint8_t c)
{
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c; /* quote, backslash, slash */
    }
}

size_t json_next_char(const uint8_t **p, const uint8_t *end, uint8_t out[4])
{
    uint32_t c;

    if (*p == end)
        return 0;
    if (**p != '\\') {
        out[0] = *(*p)++;
        return 1;
    }
    c = (*p)[1];
    *p += 2;
    if (c != 'u') {
        out[0] = meant_by((uint8_t)c);
        return 1;
    }
    c = (uint32_t)json_hex4(p, end);
    if (c >= 0xD800 && c <= 0xDBFF) {
        *p += 2;
        c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)json_hex4(p, end) - 0xDC00);
    }
    return encode_utf8(c, out);
}

uint32_t json_hash(struct wp_slice text)
{
    return json_hash_key(text.p, text.n);
}

/* Of an escaped string only the first and last bytes have to be kept, however long it is. */
uint32_t json_string_hash(const struct json_tape *tape, uint32_t i)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4], kept[24];
    size_t n, total = 0;

    while ((n = json_next_char(&p, s.p + s.n, bytes)) > 0)
        for (size_t k = 0; k < n; k++, total++)
            kept[total < 16 ? total : 16 + total % 8] = bytes[k];
    if (total <= 16)
        return json_hash(wp_slice(kept, total));
    {
        uint8_t tail[8];

        for (size_t k = 0; k < 8; k++)
            tail[k] = total - 8 + k < 16 ? kept[total - 8 + k] : kept[16 + (total - 8 + k) % 8];
        return json_hash_parts(json_load(kept, 8), json_load(tail, 8), total);
    }
}

bool json_string_is(const struct json_tape *tape, uint32_t i, struct wp_slice text)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    size_t n, at = 0;

    if (!tape->at[i].escaped)
        return wp_slice_eq(s, text);
    while ((n = json_next_char(&p, s.p + s.n, bytes)) > 0) {
        if (text.n - at < n || memcmp(text.p + at, bytes, n) != 0)
            return false;
        at += n;
    }
    return at == text.n;
}

int json_strings_cmp(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    struct wp_slice x = json_text(a, i), y = json_text(b, k);
    const uint8_t *p = x.p, *q = y.p;
    uint8_t left[4], right[4];
    size_t n_left = 0, n_right = 0, at_left = 0, at_right = 0;

    if (!a->at[i].escaped && !b->at[k].escaped)
        return wp_slice_cmp(x, y);
    for (;;) {
        if (at_left == n_left) {
            n_left = json_next_char(&p, x.p + x.n, left);
            at_left = 0;
        }
        if (at_right == n_right) {
            n_right = json_next_char(&q, y.p + y.n, right);
            at_right = 0;
        }
        if (n_left == 0 || n_right == 0)
            return (n_left > 0) - (n_right > 0);
        if (left[at_left] != right[at_right])
            return left[at_left] < right[at_right] ? -1 : 1;
        at_left++;
        at_right++;
    }
}

bool json_strings_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    if (!a->at[i].escaped && !b->at[k].escaped)
        return wp_slice_eq(json_text(a, i), json_text(b, k));
    return json_strings_cmp(a, i, b, k) == 0;
}

void json_put_string(const struct json_tape *tape, uint32_t i, struct wp_writer *w)
{
    const struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p, *end = s.p + s.n, *escape;
    uint8_t bytes[4];

    if (!tape->at[i].escaped) {
        wp_put_slice(w, s);
        return;
    }
    while ((escape = memchr(p, '\\', (size_t)(end - p)))) { /* what stands before it is put at once */
        wp_put_slice(w, wp_slice(p, (size_t)(escape - p)));
        p = escape;
        wp_put_slice(w, wp_slice(bytes, json_next_char(&p, end, bytes)));
    }
    wp_put_slice(w, wp_slice(p, (size_t)(end - p)));
}

size_t json_string_length(const struct json_tape *tape, uint32_t i)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    size_t n, length = 0;

    if (!tape->at[i].escaped) {
        for (size_t k = 0; k < s.n; k++)
            length += (s.p[k] & 0xC0) != 0x80;
        return length;
    }
    while ((n = json_next_char(&p, s.p + s.n, bytes)) > 0)
        length += n > 1 || (bytes[0] & 0xC0) != 0x80; /* raw UTF-8 comes byte by byte: count the first ones */
    return length;
}
