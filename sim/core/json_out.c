#include "sim/core/json_out.h"

#include "sim/core/json_in_impl.h"

#include <assert.h>
#include <math.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct json_out json_out(struct wp_writer *w)
{
    return (struct json_out){.w = w};
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void put_escape(struct wp_writer *w, uint8_t c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *hit = c ? strchr(from, c) : NULL;

    wp_put_char(w, '\\');
    if (hit) {
        wp_put_char(w, to[hit - from]);
        return;
    }
    wp_put_text(w, "u00");
    wp_put_char(w, (char)('0' + (c >> 4)));
    wp_put_char(w, "0123456789abcdef"[c & 15]);
}

/* Bytes of a sequence that began well but was not finished, at least 1: they become one U+FFFD together. */
static size_t broken_len(const uint8_t *p, size_t n)
{
    uint8_t probe[4] = {0x80, 0x80, 0x80, 0x80};
    size_t len = 1;

    for (; len < 3 && len < n && p[len] >= 0x80 && p[len] <= 0xBF; len++) {
        memcpy(probe, p, len + 1);
        if (wp_utf8_len(probe, sizeof probe) <= len + 1)
            break;
    }
    return len;
}

/* How many bytes at p stand for themselves in a string. */
static size_t plain_len(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        size_t len = 1;

        if (p[i] < ' ' || p[i] == '"' || p[i] == '\\')
            break;
        if (p[i] >= 0x80 && (len = wp_utf8_len(p + i, n - i)) == 0)
            break;
        i += len;
    }
    return i;
}

void json_put_escaped(struct wp_writer *w, struct wp_slice text)
{
    for (size_t at = 0; at < text.n;) {
        size_t n = plain_len(text.p + at, text.n - at);

        wp_put_slice(w, wp_slice(text.p + at, n));
        at += n;
        if (at == text.n)
            break;
        if (text.p[at] < 0x80) {
            put_escape(w, text.p[at++]);
        } else {
            at += broken_len(text.p + at, text.n - at);
            wp_put_text(w, "\xEF\xBF\xBD"); /* U+FFFD */
        }
    }
}

/* Does some byte of the eight need a closer look: a quote, a backslash, a control character, beyond ASCII? */
static inline bool has_special(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (w - ones * ' ') | w) & tops;
}

static inline bool move_8(uint8_t *to, const uint8_t *from)
{
    uint64_t w;

    memcpy(&w, from, 8);
    memcpy(to, &w, 8);
    return !has_special(w);
}

static inline bool move_16(uint8_t *to, const uint8_t *from)
{
#ifdef __SSE2__
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)from);
    __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));

    /* Bytes above 0x7F are negative here: one comparison finds them and the control characters. */
    special = _mm_or_si128(special, _mm_cmplt_epi8(x, _mm_set1_epi8(' ')));
    _mm_storeu_si128((__m128i *)(void *)to, x);
    return _mm_movemask_epi8(special) == 0;
#else
    bool low = move_8(to, from);

    return move_8(to + 8, from + 8) && low;
#endif
}

/* Four to eight bytes, the halves perhaps overlapping. */
static inline bool move_4_to_8(uint8_t *to, const uint8_t *from, size_t n)
{
    uint32_t first, last;

    memcpy(&first, from, 4);
    memcpy(&last, from + n - 4, 4);
    memcpy(to, &first, 4);
    memcpy(to + n - 4, &last, 4);
    return !has_special((uint64_t)last << 32 | first);
}

/* Copy the text if all of it is plain ASCII; the last step overlaps the one before. false: it was not. */
static inline bool move_plain(uint8_t *to, struct wp_slice text)
{
    const uint8_t *p = text.p;
    size_t n = text.n, i = 0;

    if (n >= 16) {
        for (; i + 16 <= n; i += 16)
            if (!move_16(to + i, p + i))
                return false;
        return move_16(to + n - 16, p + n - 16);
    }
    if (n >= 8)
        return move_8(to, p) && move_8(to + n - 8, p + n - 8);
    if (n >= 4)
        return move_4_to_8(to, p, n);
    for (; i < n; i++) {
        if (p[i] < ' ' || p[i] >= 0x80 || p[i] == '"' || p[i] == '\\')
            return false;
        to[i] = p[i];
    }
    return true;
}

static void put_string(struct wp_writer *w, struct wp_slice text)
{
    uint8_t *p = w->p + w->n;

    if (!w->full && text.n < w->cap - w->n && w->cap - w->n - text.n >= 2 && move_plain(p + 1, text)) {
        p[0] = '"';
        p[text.n + 1] = '"';
        w->n += text.n + 2;
        return;
    }
    wp_put_char(w, '"');
    json_put_escaped(w, text);
    wp_put_char(w, '"');
}

/* ---- structure -------------------------------------------------------------------------------------- */

/* Before every key and every value that stands for itself. */
static inline void separate(struct json_out *j)
{
    uint32_t bit = 1u << j->depth;

    if (!j->behind_key && (j->more & bit))
        wp_put_char(j->w, ',');
    j->more |= bit;
    j->behind_key = false;
}

static void open_container(struct json_out *j, char bracket)
{
    separate(j);
    wp_put_char(j->w, bracket);
    assert(j->depth + 1 < JSON_OUT_DEPTH);
    j->depth++;
    j->more &= ~(1u << j->depth);
}

static void close_container(struct json_out *j, char bracket)
{
    assert(j->depth > 0);
    assert(!j->behind_key);
    j->depth--;
    wp_put_char(j->w, bracket);
}

void json_open_object(struct json_out *j)
{
    open_container(j, '{');
}

void json_close_object(struct json_out *j)
{
    close_container(j, '}');
}

void json_open_array(struct json_out *j)
{
    open_container(j, '[');
}

void json_close_array(struct json_out *j)
{
    close_container(j, ']');
}

void json_key_slice(struct json_out *j, struct wp_slice key)
{
    separate(j);
    put_string(j->w, key);
    wp_put_char(j->w, ':');
    j->behind_key = true;
}

/* ---- values ----------------------------------------------------------------------------------------- */

void json_put_text(struct json_out *j, struct wp_slice text)
{
    separate(j);
    put_string(j->w, text);
}

static void put_real(struct wp_writer *w, double real)
{
    wp_put_value(w, isfinite(real) ? wp_real(real) : wp_null());
}

static void put_hex_string(struct wp_writer *w, struct wp_slice bytes)
{
    wp_put_char(w, '"');
    wp_put_hex(w, bytes);
    wp_put_char(w, '"');
}

void json_put_value(struct json_out *j, struct wp_value v)
{
    separate(j);
    switch (v.kind) {
    case WP_TEXT: put_string(j->w, v.bytes); break;
    case WP_BYTES:
    case WP_TREE: put_hex_string(j->w, v.bytes); break;
    case WP_REAL: put_real(j->w, v.real); break;
    case WP_NULL:
    case WP_BOOL:
    case WP_DECIMAL:
    case WP_UINT: wp_put_value(j->w, v); break;
    }
}

void json_put_int(struct json_out *j, int64_t v)
{
    separate(j);
    wp_put_int(j->w, v);
}

void json_put_uint(struct json_out *j, uint64_t v)
{
    separate(j);
    wp_put_uint(j->w, v);
}

void json_put_hex(struct json_out *j, struct wp_slice bytes)
{
    separate(j);
    put_hex_string(j->w, bytes);
}

void json_put_bool(struct json_out *j, bool v)
{
    separate(j);
    wp_put_text(j->w, v ? "true" : "false");
}

void json_put_null(struct json_out *j)
{
    separate(j);
    wp_put_text(j->w, "null");
}

void json_put_raw(struct json_out *j, struct wp_slice json)
{
    separate(j);
    wp_put_slice(j->w, json);
}

void json_put_token(struct json_out *j, const struct json_tape *tape, uint32_t i)
{
    separate(j);
    json_print(tape, i, j->w);
}
