#include "sim/core/json_in_impl.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { KEYS_COMPARED_MAX = 16 };

/* Open containers need no stack: until its end is found, the token of an object or array carries in `next` the index
 * of the one around it and in `n` a 32-bit filter of the keys seen so far. */
struct reading {
    struct json_tape *tape;
    const uint8_t *start, *end;
    uint32_t open; /* index of the innermost container; means nothing at depth 0 */
    unsigned depth, depth_max;
    enum json_fault fault;
    const uint8_t *fault_at;
};

const char *json_fault_text(enum json_fault fault)
{
    static const char *const text[] = {
#define X(name, text) text,
        JSON_FAULTS(X)
#undef X
    };

    return text[fault];
}

/* Always NULL, which is what every reading function answers when something is wrong. */
static const uint8_t *refuse(struct reading *r, enum json_fault fault, const uint8_t *at)
{
    r->fault = at == r->end && fault != JSON_FAULT_EMPTY ? JSON_FAULT_UNFINISHED : fault;
    r->fault_at = at;
    return NULL;
}

static inline const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static inline struct json_token *add(struct reading *r, enum json_kind kind, const uint8_t *at)
{
    struct json_tape *tape = r->tape;
    struct json_token *t;

    if (tape->n == tape->cap) {
        r->fault = JSON_FAULT_SIZE;
        r->fault_at = at;
        return NULL;
    }
    t = &tape->at[tape->n++];
    *t = (struct json_token){.kind = (uint8_t)kind, .at = (uint32_t)(at - r->start), .next = tape->n};
    return t;
}

/* ---- strings ---------------------------------------------------------------------------------------- */

/* To the first byte that is a quote, a backslash, a control character or not ASCII; `end` when there is none. */
static inline const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(' ');

    for (; end - p >= 16; p += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Bytes above 0x7F are negative here: one comparison finds them and the control characters. */
        __m128i special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, backslash)),
                                       _mm_cmplt_epi8(x, blank));
        int mask = _mm_movemask_epi8(special);

        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && *p >= ' ' && *p < 0x80)
        p++;
    return p;
}

/* From the backslash to behind the escape, both halves of a surrogate pair together. */
static const uint8_t *skip_escape(struct reading *r, const uint8_t *p)
{
    const uint8_t *first = p++;
    int32_t unit;

    if (p == r->end)
        return refuse(r, JSON_FAULT_UNFINISHED, p);
    if (*p != 'u')
        return memchr("\"\\/bfnrt", *p, 8) ? p + 1 : refuse(r, JSON_FAULT_ESCAPE, p);
    p++;
    unit = json_hex4(&p, r->end);
    if (unit < 0)
        return refuse(r, JSON_FAULT_ESCAPE, p);
    if (unit < 0xD800 || unit > 0xDFFF)
        return p;
    if (unit >= 0xDC00)
        return refuse(r, JSON_FAULT_SURROGATE, first);
    for (int i = 0; i < 2; i++, p++)
        if (p == r->end || *p != (uint8_t) "\\u"[i])
            return refuse(r, JSON_FAULT_SURROGATE, p == r->end ? p : first);
    unit = json_hex4(&p, r->end);
    if (unit < 0)
        return refuse(r, JSON_FAULT_ESCAPE, p);
    return unit >= 0xDC00 && unit <= 0xDFFF ? p : refuse(r, JSON_FAULT_SURROGATE, first);
}

/* From what skip_plain stopped at to the closing quote. */
static const uint8_t *skip_special(struct reading *r, const uint8_t *p, bool *ret_escaped)
{
    while (p < r->end && *p != '"') {
        if (*p == '\\') {
            *ret_escaped = true;
            p = skip_escape(r, p);
            if (!p)
                return NULL;
        } else if (*p < ' ') {
            return refuse(r, JSON_FAULT_CONTROL, p);
        } else {
            size_t n = wp_utf8_len(p, (size_t)(r->end - p));

            if (n == 0)
                return refuse(r, JSON_FAULT_UTF8, p);
            p += n;
        }
        p = skip_plain(p, r->end);
    }
    return p < r->end ? p : refuse(r, JSON_FAULT_UNFINISHED, p);
}

/* From the opening quote to behind the closing one. Inlined at both its places reading takes a fifth less time. */
static inline __attribute__((always_inline)) const uint8_t *read_string(struct reading *r, const uint8_t *p)
{
    const uint8_t *from = p + 1;
    struct json_token *t = add(r, JSON_STRING, from);

    if (!t)
        return NULL;
    p = skip_plain(from, r->end);
    if (p == r->end || *p != '"') {
        p = skip_special(r, p, &t->escaped);
        if (!p)
            return NULL;
    }
    t->n = (uint32_t)(p - from);
    return p + 1;
}

/* ---- numbers and words ------------------------------------------------------------------------------ */

static inline bool is_digit(const uint8_t *p, const uint8_t *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static inline const uint8_t *skip_digits(const uint8_t *p, const uint8_t *end)
{
    while (is_digit(p, end))
        p++;
    return p;
}

static inline const uint8_t *read_number(struct reading *r, const uint8_t *p)
{
    const uint8_t *from = p, *end = r->end;
    struct json_token *t = add(r, JSON_NUMBER, p);

    if (!t)
        return NULL;
    p += *p == '-';
    if (!is_digit(p, end))
        return refuse(r, JSON_FAULT_NUMBER, p);
    if (*p == '0' && is_digit(p + 1, end))
        return refuse(r, JSON_FAULT_LEADING_ZERO, p);
    p = skip_digits(p, end);
    if (p < end && *p == '.') {
        t->fraction = true;
        if (!is_digit(++p, end))
            return refuse(r, JSON_FAULT_NUMBER, p);
        p = skip_digits(p, end);
    }
    if (p < end && (*p | 0x20) == 'e') {
        t->fraction = true;
        p++;
        p += p < end && (*p == '+' || *p == '-');
        if (!is_digit(p, end))
            return refuse(r, JSON_FAULT_NUMBER, p);
        p = skip_digits(p, end);
    }
    t->n = (uint32_t)(p - from);
    return p;
}

static const uint8_t *read_word(struct reading *r, const uint8_t *p)
{
    static const char *const word[] = {"null", "false", "true"};
    enum json_kind kind = *p == 'n' ? JSON_NULL : *p == 'f' ? JSON_FALSE : JSON_TRUE;
    struct json_token *t = add(r, kind, p);

    if (!t)
        return NULL;
    for (const char *c = word[kind]; *c; c++, p++)
        if (p == r->end || *p != (uint8_t)*c)
            return refuse(r, JSON_FAULT_WORD, p);
    t->n = (uint32_t)strlen(word[kind]);
    return p;
}

/* ---- containers ------------------------------------------------------------------------------------- */

static void note_duplicate(struct json_tape *tape, uint32_t at)
{
    if (!tape->duplicate || at < tape->duplicate_at)
        tape->duplicate_at = at;
    tape->duplicate = true;
}

/* An earlier key has the same bit in the filter. The first few keys are compared at once, all others when the object
 * is complete, so that an object of n keys costs n log n comparisons and not n squared. */
static void look_for_key(struct reading *r)
{
    struct json_tape *tape = r->tape;
    uint32_t key = tape->n - 1;

    if (tape->at[r->open].count > KEYS_COMPARED_MAX)
        tape->at[r->open].suspect = true;
    else if (json_key_was_there(tape, r->open, key))
        note_duplicate(tape, tape->at[key].at);
}

/* Key and colon, to behind the colon. */
static inline const uint8_t *read_key(struct reading *r, const uint8_t *p)
{
    struct json_tape *tape = r->tape;
    struct json_token *object = &tape->at[r->open];
    struct json_token *key = &tape->at[tape->n];
    uint32_t bit;

    if (p == r->end || *p != '"')
        return refuse(r, JSON_FAULT_KEY, p);
    p = read_string(r, p);
    if (!p)
        return NULL;
    key->hash =
        key->escaped ? json_string_hash(tape, tape->n - 1) : json_hash_key(r->start + key->at, key->n);
    bit = 1u << (key->hash >> 27);
    if (object->n & bit)
        look_for_key(r);
    object->n |= bit;
    p = skip_blanks(p, r->end);
    if (p == r->end || *p != ':')
        return refuse(r, JSON_FAULT_COLON, p);
    return p + 1;
}

static inline const uint8_t *open_container(struct reading *r, const uint8_t *p)
{
    struct json_token *t;

    if (r->depth == r->depth_max)
        return refuse(r, JSON_FAULT_DEPTH, p);
    t = add(r, *p == '{' ? JSON_OBJECT : JSON_ARRAY, p);
    if (!t)
        return NULL;
    t->next = r->open;
    r->open = r->tape->n - 1;
    r->depth++;
    return p + 1;
}

static void look_for_duplicates(struct json_tape *tape, uint32_t object)
{
    uint32_t at;

    if (json_find_duplicate(tape, object, &at))
        note_duplicate(tape, at);
}

/* p is the closing bracket. */
static inline const uint8_t *close_container(struct reading *r, const uint8_t *p)
{
    uint32_t self = r->open;
    struct json_token *t = &r->tape->at[self];

    r->open = t->next;
    r->depth--;
    t->n = (uint32_t)(p + 1 - r->start) - t->at;
    t->next = r->tape->n;
    if (t->suspect)
        look_for_duplicates(r->tape, self);
    return p + 1;
}

/* A scalar to its end, or the opening bracket of a container; p is not the end of the text. */
static inline const uint8_t *read_value(struct reading *r, const uint8_t *p)
{
    switch (*p) {
    case '"': return read_string(r, p);
    case '{':
    case '[': return open_container(r, p);
    case 'n':
    case 'f':
    case 't': return read_word(r, p);
    default:
        if (*p == '-' || (*p >= '0' && *p <= '9'))
            return read_number(r, p);
        return refuse(r, JSON_FAULT_UNEXPECTED, p);
    }
}

/* From behind a value to the beginning of the next one, closing what ends between them; to the end of the text when
 * nothing is open any more. `opened`: what was read is an opening bracket, so no comma comes before a value. */
static inline const uint8_t *to_next(struct reading *r, const uint8_t *p, bool opened)
{
    for (; r->depth > 0; opened = false) {
        struct json_token *t = &r->tape->at[r->open];
        bool object = t->kind == JSON_OBJECT;

        p = skip_blanks(p, r->end);
        if (p == r->end)
            return refuse(r, JSON_FAULT_UNFINISHED, p);
        if (*p == (object ? '}' : ']')) {
            p = close_container(r, p);
            continue;
        }
        if (!opened) {
            if (*p != ',')
                return refuse(r, JSON_FAULT_COMMA, p);
            p = skip_blanks(p + 1, r->end);
        }
        t->count++;
        if (object)
            p = read_key(r, p);
        if (!p)
            return NULL;
        p = skip_blanks(p, r->end);
        return p < r->end ? p : refuse(r, JSON_FAULT_UNFINISHED, p);
    }
    p = skip_blanks(p, r->end);
    return p == r->end ? p : refuse(r, JSON_FAULT_TRAILING, p);
}

static const uint8_t *read_all(struct reading *r)
{
    const uint8_t *p = skip_blanks(r->start, r->end);

    if (p == r->end)
        return refuse(r, JSON_FAULT_EMPTY, p);
    if (r->end - p >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        return refuse(r, JSON_FAULT_BOM, p);
    do {
        unsigned depth = r->depth;

        p = read_value(r, p);
        if (p)
            p = to_next(r, p, r->depth > depth);
    } while (p && r->depth > 0);
    return p;
}

enum json_fault json_read(struct json_tape *tape, struct wp_slice text, unsigned depth_max, size_t *ret_at)
{
    struct reading r = {.tape = tape, .depth_max = depth_max, .fault = JSON_FAULT_EMPTY};

    tape->text = text;
    tape->n = 0;
    tape->duplicate = false;
    tape->duplicate_at = 0;
    if (text.n >= UINT32_MAX) {
        r.fault = JSON_FAULT_SIZE;
    } else if (text.n > 0) {
        r.start = text.p;
        r.end = text.p + text.n;
        if (read_all(&r))
            return JSON_FAULT_NONE;
    }
    if (ret_at)
        *ret_at = r.fault_at ? (size_t)(r.fault_at - r.start) : 0;
    return r.fault;
}
