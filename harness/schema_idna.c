#include "harness/schema_idna.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { CODES_MAX = 64, UTF8_MAX = 4 * CODES_MAX };

/* ---- Punycode (RFC 3492, sections 5 and 6) ---------------------------------------------------------- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

static uint32_t adapt(uint32_t delta, uint32_t n, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    for (delta += delta / n; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0' + 26;
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? (c | 0x20) - 'a' : -1;
}

/* One number of variable length; false: it is cut off, or too large. */
static bool take_number(struct wp_slice *s, uint32_t bias, uint32_t *i)
{
    uint64_t weight = 1, v = *i;

    for (uint32_t k = BASE;; k += BASE) {
        int digit = s->n > 0 ? digit_of(*s->p) : -1;
        uint32_t t = threshold(k, bias);

        if (digit < 0)
            return false;
        *s = wp_slice(s->p + 1, s->n - 1);
        v += (uint64_t)digit * weight;
        if (v > UINT32_MAX)
            return false;
        if ((uint32_t)digit < t)
            break;
        weight *= BASE - t;
    }
    *i = (uint32_t)v;
    return true;
}

static bool decode(struct wp_slice s, uint32_t *code, size_t *ret_n)
{
    uint32_t c = FIRST, i = 0, bias = BIAS;
    size_t n = 0, basic = s.n;

    while (basic > 0 && s.p[basic - 1] != '-')
        basic--;
    for (; n + 1 < basic; n++) {
        if (n == CODES_MAX)
            return false;
        code[n] = s.p[n] | (uint32_t)((s.p[n] >= 'A' && s.p[n] <= 'Z') << 5);
    }
    s = wp_slice(s.p + basic, s.n - basic);
    while (s.n > 0) {
        uint32_t before = i;

        if (n == CODES_MAX || !take_number(&s, bias, &i))
            return false;
        n++;
        bias = adapt(i - before, (uint32_t)n, before == 0);
        c += i / (uint32_t)n;
        i %= (uint32_t)n;
        if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return false;
        memmove(code + i + 1, code + i, (n - 1 - i) * sizeof *code);
        code[i++] = c;
    }
    *ret_n = n;
    return true;
}

static void put_number(struct wp_writer *w, uint32_t v, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);

        if (v < t) {
            wp_put_char(w, digits[v]);
            return;
        }
        wp_put_char(w, digits[t + (v - t) % (BASE - t)]);
        v = (v - t) / (BASE - t);
    }
}

static void encode(const uint32_t *code, size_t n, struct wp_writer *w)
{
    uint32_t c = FIRST, delta = 0, bias = BIAS;
    size_t done, basic;

    for (size_t i = 0; i < n; i++)
        if (code[i] < 0x80)
            wp_put_u8(w, (uint8_t)code[i]);
    basic = done = w->n;
    if (basic > 0)
        wp_put_char(w, '-');
    while (done < n) {
        uint32_t next = UINT32_MAX;

        for (size_t i = 0; i < n; i++)
            if (code[i] >= c && code[i] < next)
                next = code[i];
        delta += (next - c) * (uint32_t)(done + 1); /* at most 0x110000 * 65: fits */
        c = next;
        for (size_t i = 0; i < n; i++) {
            delta += code[i] < c;
            if (code[i] != c)
                continue;
            put_number(w, delta, bias);
            bias = adapt(delta, (uint32_t)done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        c++;
    }
}

/* ---- what a label may hold -------------------------------------------------------------------------- */

/* The rules as patterns over the UTF-8 of a label. Categories stand for RFC 5892's derived property: letters that
 * are not changed by case folding, marks, decimal digits and hyphens are allowed, with its exceptions. */
enum rule {
    RULE_ALLOWED,
    RULE_FORBIDDEN,
    RULE_CONTEXT,
    RULE_HAS_KANA,
    RULE_RIGHT,
    RULE_LEFT_LABEL,
    RULE_RIGHT_LABEL,
    RULES,
};

#define VIRAMA                                                                                               \
    "[\\x{94d}\\x{9cd}\\x{a4d}\\x{acd}\\x{b4d}\\x{bcd}\\x{c4d}\\x{ccd}\\x{d3b}\\x{d3c}\\x{d4d}\\x{dca}"      \
    "\\x{e3a}\\x{eba}\\x{f84}\\x{1039}\\x{103a}\\x{1714}\\x{1734}\\x{17d2}\\x{1a60}\\x{1b44}\\x{1baa}"       \
    "\\x{1bab}\\x{1bf2}\\x{1bf3}\\x{2d7f}\\x{a806}\\x{a8c4}\\x{a953}\\x{a9c0}\\x{aaf6}\\x{abed}\\x{10a3f}"   \
    "\\x{11046}\\x{1107f}\\x{110b9}\\x{11133}\\x{11134}\\x{111c0}\\x{11235}\\x{112ea}\\x{1134d}]"

/* Arabic letters that join on both sides, as far as scripts in use need them. */
#define JOINS_BOTH                                                                                           \
    "[\\x{620}\\x{626}\\x{628}\\x{62a}-\\x{62e}\\x{633}-\\x{63f}\\x{641}-\\x{647}\\x{649}\\x{64a}\\x{66e}"   \
    "\\x{66f}\\x{678}-\\x{687}\\x{69a}-\\x{6bf}\\x{6c1}\\x{6c2}\\x{6cc}\\x{6ce}\\x{6d0}\\x{6d1}\\x{6fa}-"    \
    "\\x{6fc}"                                                                                               \
    "\\x{6ff}]"
#define JOINS_RIGHT                                                                                          \
    "[\\x{622}-\\x{625}\\x{627}\\x{629}\\x{62f}-\\x{632}\\x{648}\\x{671}-\\x{673}\\x{675}-\\x{677}"          \
    "\\x{688}-\\x{699}\\x{6c0}\\x{6c3}-\\x{6cb}\\x{6cd}\\x{6cf}\\x{6d2}\\x{6d3}\\x{6d5}\\x{6ee}\\x{6ef}]"

static const char *const rule_text[RULES] = {
    [RULE_ALLOWED] =
        "^(?!\\p{M})(?!..--)(?!-)(?:[\\p{Ll}\\p{Lo}\\p{Lm}\\p{M}\\p{Nd}\\x{b7}\\x{375}\\x{5f3}\\x{5f4}"
        "\\x{6fd}\\x{6fe}\\x{f0b}\\x{3007}\\x{30fb}\\x{200c}\\x{200d}-])+(?<!-)$",
    [RULE_FORBIDDEN] =
        "[\\x{640}\\x{7fa}\\x{302e}\\x{302f}\\x{3031}-\\x{3035}\\x{303b}\\x{2e2f}\\x{1d2c}-\\x{1d6a}"
        "\\x{aa}\\x{ba}\\x{132}\\x{133}\\x{13f}\\x{140}\\x{149}\\x{17f}\\x{2b0}-\\x{2b8}\\x{ff00}-\\x{ffef}"
        "\\x{fb00}-\\x{fdff}\\x{fe70}-\\x{feff}\\x{1d400}-\\x{1d7ff}]|\\p{Me}",
    /* A character whose neighbours are not as RFC 5892, appendix A, wants them. */
    [RULE_CONTEXT] =
        "(?<!l)\\x{b7}|\\x{b7}(?!l)|\\x{375}(?!\\p{sc:Greek})|(?<!\\p{sc:Hebrew})[\\x{5f3}\\x{5f4}]"
        "|[\\x{660}-\\x{669}].*[\\x{6f0}-\\x{6f9}]|[\\x{6f0}-\\x{6f9}].*[\\x{660}-\\x{669}]"
        "|(?<!" VIRAMA ")\\x{200d}"
        "|(?<!" VIRAMA ")(?<!" JOINS_BOTH ")\\x{200c}|(?<!" VIRAMA ")\\x{200c}(?!\\p{Mn}*(?:" JOINS_BOTH
        "|" JOINS_RIGHT "))",
    [RULE_HAS_KANA] = "^[^\\x{30fb}]*$|[\\p{sc:Hiragana}\\p{sc:Katakana}\\p{sc:Han}]",
    [RULE_RIGHT] = "[\\p{bidi_class:R}\\p{bidi_class:AL}\\p{bidi_class:AN}]",
    [RULE_LEFT_LABEL] =
        "^\\p{bidi_class:L}(?:[\\p{bidi_class:L}\\p{bidi_class:EN}\\p{bidi_class:ES}\\p{bidi_class:CS}"
        "\\p{bidi_class:ET}\\p{bidi_class:ON}\\p{bidi_class:BN}\\p{bidi_class:NSM}])*"
        "(?<=[\\p{bidi_class:L}\\p{bidi_class:EN}\\p{bidi_class:NSM}])$",
    [RULE_RIGHT_LABEL] =
        "^(?!.*\\p{bidi_class:EN}.*\\p{bidi_class:AN})(?!.*\\p{bidi_class:AN}.*\\p{bidi_class:EN})"
        "[\\p{bidi_class:R}\\p{bidi_class:AL}](?:[\\p{bidi_class:R}\\p{bidi_class:AL}\\p{bidi_class:AN}"
        "\\p{bidi_class:EN}\\p{bidi_class:ES}\\p{bidi_class:CS}\\p{bidi_class:ET}\\p{bidi_class:ON}\\p{bidi_"
        "class:BN}"
        "\\p{bidi_class:NSM}])*(?<=[\\p{bidi_class:R}\\p{bidi_class:AL}\\p{bidi_class:AN}\\p{bidi_class:EN}"
        "\\p{bidi_class:NSM}])$",
};

/* Host names are seldom asked for: compiled each time, nothing is kept. */
static bool obeys(enum rule rule, struct wp_slice text)
{
    int error, found;
    size_t offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)rule_text[rule], PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_DOTALL, &error, &offset, NULL);
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);

    found = code && match ? pcre2_match(code, text.p, text.n, 0, 0, match, NULL) : -1;
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return found >= 0;
}

static bool is_allowed(struct wp_slice utf8)
{
    return obeys(RULE_ALLOWED, utf8) && !obeys(RULE_FORBIDDEN, utf8) && !obeys(RULE_CONTEXT, utf8) &&
           obeys(RULE_HAS_KANA, utf8);
}

/* false: too many characters for a label. */
static bool to_codes(struct wp_slice utf8, uint32_t *code, size_t *ret_n)
{
    size_t n = 0;

    for (size_t i = 0; i < utf8.n;) {
        size_t len = wp_utf8_len(utf8.p + i, utf8.n - i);

        if (len == 0 || n == CODES_MAX)
            return false;
        code[n] = len == 1 ? utf8.p[i] : utf8.p[i] & (0x7Fu >> len);
        for (size_t k = 1; k < len; k++)
            code[n] = code[n] << 6 | (utf8.p[i + k] & 0x3Fu);
        i += len;
        n++;
    }
    *ret_n = n;
    return true;
}

static void put_utf8(struct wp_writer *w, uint32_t c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

    wp_put_u8(w, (uint8_t)(lead[n] | c >> 6 * (n - 1)));
    while (--n > 0)
        wp_put_u8(w, (uint8_t)(0x80 | (c >> 6 * (n - 1) & 0x3F)));
}

bool idna_is_label(struct wp_slice label, size_t *ret_encoded)
{
    uint32_t code[CODES_MAX] = {0};
    char room[8 * CODES_MAX];
    struct wp_writer w = wp_writer(room, sizeof room);
    size_t n;

    if (!to_codes(label, code, &n) || !is_allowed(label))
        return false;
    encode(code, n, &w);
    *ret_encoded = 4 + w.n;
    return !w.full;
}

static bool decode_utf8(struct wp_slice ascii, struct wp_writer *w)
{
    uint32_t code[CODES_MAX] = {0};
    char again[8 * CODES_MAX];
    struct wp_writer back = wp_writer(again, sizeof again);
    bool wide = false;
    size_t n;

    if (!decode(ascii, code, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        wide |= code[i] >= 0x80;
        put_utf8(w, code[i]);
    }
    encode(code, n, &back);
    if (!wide || back.n != ascii.n)
        return false;
    for (size_t i = 0; i < back.n; i++)
        if ((ascii.p[i] | ((ascii.p[i] >= 'A' && ascii.p[i] <= 'Z') << 5)) != back.p[i])
            return false;
    return true;
}

static bool is_bidi_label(struct wp_slice utf8)
{
    return obeys(RULE_LEFT_LABEL, utf8) || obeys(RULE_RIGHT_LABEL, utf8);
}

bool idna_is_encoded_label(struct wp_slice ascii)
{
    char room[UTF8_MAX];
    struct wp_writer w = wp_writer(room, sizeof room);

    if (!decode_utf8(ascii, &w) || !is_allowed(wp_written(&w)))
        return false;
    return !obeys(RULE_RIGHT, wp_written(&w)) || is_bidi_label(wp_written(&w));
}

bool idna_is_bidi_name(struct wp_slice name)
{
    if (!obeys(RULE_RIGHT, name))
        return true;
    for (size_t from = 0, i = 0; i <= name.n; i++)
        if (i == name.n || name.p[i] == '.') {
            if (!is_bidi_label(wp_slice(name.p + from, i - from)))
                return false;
            from = i + 1;
        }
    return true;
}
