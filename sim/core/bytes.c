#include "sim/core/bytes.h"

#include <assert.h>

bool wp_slice_eq(struct wp_slice a, struct wp_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool wp_slice_is(struct wp_slice a, const char *text)
{
    return wp_slice_eq(a, wp_text(text));
}

int wp_slice_cmp(struct wp_slice a, struct wp_slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int diff = n > 0 ? memcmp(a.p, b.p, n) : 0;

    if (diff != 0)
        return diff;
    return (a.n > b.n) - (a.n < b.n);
}

uint64_t wp_slice_hash(struct wp_slice s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a offset basis */

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001b3u; /* FNV-1a prime */
    return h;
}

/* Table 3-7 of the Unicode standard. */
size_t wp_utf8_len(const uint8_t *p, size_t n)
{
    uint8_t low = 0x80, high = 0xBF; /* bounds of the second byte */
    size_t len;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        len = 2;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        len = 3;
        low = p[0] == 0xE0 ? 0xA0 : 0x80;  /* no overlong form */
        high = p[0] == 0xED ? 0x9F : 0xBF; /* no surrogate */
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        len = 4;
        low = p[0] == 0xF0 ? 0x90 : 0x80;
        high = p[0] == 0xF4 ? 0x8F : 0xBF; /* nothing above U+10FFFF */
    } else {
        return 0;
    }
    if (n < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return len;
}

/* How many octets in front are printable ASCII, in eights: the high bit of an octet of `high` is set where the octet is
 * below 20, is 7F or has it set itself. Nothing is carried into an octet but from one that is so marked. */
static size_t printable_front(struct wp_slice s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t n = 0;

    for (; s.n - n >= sizeof(uint64_t); n += sizeof(uint64_t)) {
        uint64_t eight, high;

        memcpy(&eight, s.p + n, sizeof eight);
        high = (eight - 0x20 * ones) | (eight + ones) | eight;
        if (high & 0x80 * ones)
            break;
    }
    return n;
}

bool wp_slice_is_printable(struct wp_slice s)
{
    for (size_t i = printable_front(s); i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] > 0x7E)
            return false;
    return true;
}

bool wp_slice_is_utf8(struct wp_slice s)
{
    for (size_t at = printable_front(s); at < s.n;) {
        size_t len = wp_utf8_len(s.p + at, s.n - at);

        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

struct wp_reader wp_reader(struct wp_slice in)
{
    return (struct wp_reader){.in = in};
}

size_t wp_left(const struct wp_reader *r)
{
    return r->in.n - r->at;
}

struct wp_slice wp_get_slice(struct wp_reader *r, size_t n)
{
    struct wp_slice s;

    if (r->ran_out || wp_left(r) < n) {
        r->ran_out = true;
        return (struct wp_slice){NULL, 0};
    }
    s = wp_slice(r->in.p + r->at, n);
    r->at += n;
    return s;
}

uint8_t wp_get_u8(struct wp_reader *r)
{
    struct wp_slice s = wp_get_slice(r, 1);

    return s.n ? s.p[0] : 0;
}

uint16_t wp_get_u16be(struct wp_reader *r)
{
    struct wp_slice s = wp_get_slice(r, 2);

    return s.n ? (uint16_t)((unsigned)s.p[0] << 8 | s.p[1]) : 0;
}

uint16_t wp_get_u16le(struct wp_reader *r)
{
    struct wp_slice s = wp_get_slice(r, 2);

    return s.n ? (uint16_t)((unsigned)s.p[1] << 8 | s.p[0]) : 0;
}

uint32_t wp_get_u32be(struct wp_reader *r)
{
    uint32_t high = wp_get_u16be(r);

    return high << 16 | wp_get_u16be(r);
}

uint32_t wp_get_u32le(struct wp_reader *r)
{
    uint32_t low = wp_get_u16le(r);

    return low | (uint32_t)wp_get_u16le(r) << 16;
}

void wp_put_u16be(struct wp_writer *w, uint16_t v)
{
    const uint8_t b[] = {(uint8_t)(v >> 8), (uint8_t)v};

    wp_put_slice(w, wp_slice(b, sizeof b));
}

void wp_put_u16le(struct wp_writer *w, uint16_t v)
{
    const uint8_t b[] = {(uint8_t)v, (uint8_t)(v >> 8)};

    wp_put_slice(w, wp_slice(b, sizeof b));
}

void wp_put_u32be(struct wp_writer *w, uint32_t v)
{
    const uint8_t b[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    wp_put_slice(w, wp_slice(b, sizeof b));
}

void wp_put_u32le(struct wp_writer *w, uint32_t v)
{
    const uint8_t b[] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

    wp_put_slice(w, wp_slice(b, sizeof b));
}

/* Two digits at a time: half the divisions. */
static void put_digits(uint8_t *end, uint64_t v)
{
    static const char pair[] = "00010203040506070809101112131415161718192021222324"
                               "25262728293031323334353637383940414243444546474849"
                               "50515253545556575859606162636465666768697071727374"
                               "75767778798081828384858687888990919293949596979899";

    for (; v >= 100; v /= 100)
        memcpy(end -= 2, &pair[v % 100 * 2], 2);
    if (v >= 10)
        memcpy(end - 2, &pair[v * 2], 2);
    else
        end[-1] = (uint8_t)('0' + v);
}

static size_t count_digits(uint64_t v)
{
    size_t n = 1;

    for (; v >= 10000; v /= 10000)
        n += 4;
    return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

void wp_put_uint(struct wp_writer *w, uint64_t v)
{
    size_t n = v < 10 ? 1 : count_digits(v);

    if (w->full || w->cap - w->n < n) {
        w->full = true;
        return;
    }
    w->n += n;
    put_digits(w->p + w->n, v);
}

void wp_put_int(struct wp_writer *w, int64_t v)
{
    if (v < 0)
        wp_put_char(w, '-');
    wp_put_uint(w, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void wp_put_hex(struct wp_writer *w, struct wp_slice s)
{
/* Two digits for each byte. */
#define ROW(h) h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "A" h "B" h "C" h "D" h "E" h "F"
    static const char pair[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6") ROW("7")
        ROW("8") ROW("9") ROW("A") ROW("B") ROW("C") ROW("D") ROW("E") ROW("F");
#undef ROW

    if (w->full || (w->cap - w->n) / 2 < s.n) {
        w->full = true;
        return;
    }
    for (size_t i = 0; i < s.n; i++)
        memcpy(w->p + w->n + 2 * i, pair + (size_t)2 * s.p[i], 2);
    w->n += 2 * s.n;
}

const char *wp_put_end(struct wp_writer *w)
{
    assert(w->cap > 0);
    if (w->n == w->cap) {
        w->full = true;
        w->n--;
    }
    w->p[w->n] = 0;
    return (const char *)w->p;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_hex_gap(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ':' || c == '-';
}

bool wp_hex_read(struct wp_slice text, uint8_t *out, size_t cap, size_t *ret_n)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        int high, low;

        if (is_hex_gap(text.p[i]))
            continue;
        high = hex_digit(text.p[i]);
        low = i + 1 < text.n ? hex_digit(text.p[i + 1]) : -1;
        if (high < 0 || low < 0 || n == cap) {
            *ret_n = i;
            return false;
        }
        out[n++] = (uint8_t)(high << 4 | low);
        i++;
    }
    *ret_n = n;
    return true;
}
