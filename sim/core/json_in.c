#include "sim/core/json_in.h"

#include <assert.h>

enum {
    KEYS_COMPARED_MAX = 16
}; /* up to here all pairs of keys are compared, above that a hash table is used */

const char *json_fault_text(enum json_fault fault)
{
    static const char *const text[] = {
#define X(name, text) text,
        JSON_FAULTS(X)
#undef X
    };

    return text[fault];
}

/* While a container is read its `next` holds the index of the container around it. */
struct reading {
    struct json_tape *tape;
    const uint8_t *start, *p, *end;
    uint32_t open;
    unsigned depth, depth_max;
};

static void skip_blanks(struct reading *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

static struct json_token *add(struct reading *r, enum json_kind kind, const uint8_t *at)
{
    struct json_token *t;

    if (r->tape->n == r->tape->cap)
        return NULL;
    t = &r->tape->at[r->tape->n++];
    *t = (struct json_token){.kind = (uint8_t)kind, .at = (uint32_t)(at - r->start), .next = r->tape->n};
    return t;
}

/* ---- strings ---------------------------------------------------------------------------------------- */

static int hex4(const uint8_t *p)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* At a backslash; moves behind the escape, both halves of a surrogate pair together. */
static enum json_fault skip_escape(struct reading *r)
{
    const uint8_t *p = r->p;
    int unit, low;

    if (r->end - p < 2)
        return JSON_FAULT_UNFINISHED;
    if (memchr("\"\\/bfnrt", p[1], 8)) {
        r->p += 2;
        return JSON_FAULT_NONE;
    }
    if (p[1] != 'u')
        return JSON_FAULT_ESCAPE;
    if (r->end - p < 6)
        return JSON_FAULT_UNFINISHED;
    unit = hex4(p + 2);
    if (unit < 0)
        return JSON_FAULT_ESCAPE;
    r->p += 6;
    if (unit < 0xD800 || unit > 0xDFFF)
        return JSON_FAULT_NONE;
    if (unit > 0xDBFF || r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u')
        return JSON_FAULT_SURROGATE;
    low = hex4(r->p + 2);
    if (low < 0xDC00 || low > 0xDFFF)
        return JSON_FAULT_SURROGATE;
    r->p += 6;
    return JSON_FAULT_NONE;
}

/* Does some byte of the eight need a closer look: a quote, a backslash, a control character, beyond ASCII? */
static bool is_special(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (w - ones * 0x20) | w) & tops;
}

static enum json_fault read_string(struct reading *r)
{
    struct json_token *t = add(r, JSON_STRING, r->p + 1);
    const uint8_t *from = ++r->p;
    bool wide = false;

    if (!t)
        return JSON_FAULT_SIZE;
    for (;;) {
        uint64_t eight;

        while (r->end - r->p >= 8) {
            memcpy(&eight, r->p, 8);
            if (is_special(eight))
                break;
            r->p += 8;
        }
        while (r->p < r->end && *r->p != '"' && *r->p != '\\' && *r->p >= 0x20 && *r->p < 0x80)
            r->p++;
        if (r->p == r->end)
            return JSON_FAULT_UNFINISHED;
        if (*r->p == '"')
            break;
        if (*r->p == '\\') {
            enum json_fault fault = skip_escape(r);

            if (fault)
                return fault;
            t->escaped = true;
        } else if (*r->p < 0x20) {
            return JSON_FAULT_CONTROL;
        } else {
            wide = true;
            r->p++;
        }
    }
    t->n = (uint32_t)(r->p - from);
    if (wide && !wp_slice_is_utf8(wp_slice(from, t->n))) {
        r->p = from;
        return JSON_FAULT_UTF8;
    }
    r->p++;
    return JSON_FAULT_NONE;
}

/* ---- numbers and words ------------------------------------------------------------------------------ */

static bool skip_digits(struct reading *r)
{
    const uint8_t *from = r->p;

    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > from;
}

static enum json_fault read_number(struct reading *r)
{
    const uint8_t *from = r->p;
    struct json_token *t = add(r, JSON_NUMBER, from);

    if (!t)
        return JSON_FAULT_SIZE;
    r->p += *r->p == '-';
    if (r->p < r->end && *r->p == '0')
        r->p++;
    else if (!skip_digits(r))
        return JSON_FAULT_NUMBER;
    if (r->p < r->end && *r->p == '.') {
        r->p++;
        if (!skip_digits(r))
            return JSON_FAULT_NUMBER;
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
            r->p++;
        if (!skip_digits(r))
            return JSON_FAULT_NUMBER;
    }
    if (r->p < r->end && *r->p >= '0' && *r->p <= '9') /* 01 */
        return JSON_FAULT_NUMBER;
    t->n = (uint32_t)(r->p - from);
    return JSON_FAULT_NONE;
}

static enum json_fault read_word(struct reading *r, const char *word, enum json_kind kind)
{
    size_t n = strlen(word);
    struct json_token *t;

    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return JSON_FAULT_UNEXPECTED;
    t = add(r, kind, r->p);
    if (!t)
        return JSON_FAULT_SIZE;
    t->n = (uint32_t)n;
    r->p += n;
    return JSON_FAULT_NONE;
}

static enum json_fault read_scalar(struct reading *r)
{
    switch (*r->p) {
    case '"': return read_string(r);
    case 't': return read_word(r, "true", JSON_TRUE);
    case 'f': return read_word(r, "false", JSON_FALSE);
    case 'n': return read_word(r, "null", JSON_NULL);
    default:
        if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9'))
            return read_number(r);
        return JSON_FAULT_UNEXPECTED;
    }
}

/* ---- keys that stand twice -------------------------------------------------------------------------- */

/* The next character of a string, escapes taken off; 0 bytes at its end. */
static size_t next_char(const uint8_t **p, const uint8_t *end, uint8_t out[4])
{
    uint32_t c;

    if (*p == end)
        return 0;
    if (**p != '\\') {
        out[0] = *(*p)++;
        return 1;
    }
    c = (*p)[1];
    if (c != 'u') {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

        out[0] = (uint8_t)to[strchr(from, (int)c) - from];
        *p += 2;
        return 1;
    }
    c = (uint32_t)hex4(*p + 2);
    *p += 6;
    if (c >= 0xD800 && c <= 0xDBFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)hex4(*p + 2) - 0xDC00);
        *p += 6;
    }
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

static bool strings_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    struct wp_slice x = json_text(a, i), y = json_text(b, k);
    const uint8_t *p = x.p, *q = y.p;
    uint8_t left[4], right[4];
    size_t n_left = 0, n_right = 0, at_left = 0, at_right = 0;

    if (!a->at[i].escaped && !b->at[k].escaped)
        return wp_slice_eq(x, y);
    for (;;) {
        if (at_left == n_left) {
            n_left = next_char(&p, x.p + x.n, left);
            at_left = 0;
        }
        if (at_right == n_right) {
            n_right = next_char(&q, y.p + y.n, right);
            at_right = 0;
        }
        if (n_left == 0 || n_right == 0)
            return n_left == n_right;
        if (left[at_left++] != right[at_right++])
            return false;
    }
}

static uint64_t key_hash(const struct json_tape *tape, uint32_t i)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    uint64_t h = wp_slice_hash((struct wp_slice){NULL, 0});
    size_t n;

    if (!tape->at[i].escaped)
        return wp_slice_hash(s);
    while ((n = next_char(&p, s.p + s.n, bytes)) > 0)
        for (size_t k = 0; k < n; k++)
            h = (h ^ bytes[k]) * 0x100000001b3u;
    return h;
}

static void found_twice(struct json_tape *tape, uint32_t key)
{
    if (!tape->duplicate)
        tape->duplicate_at = tape->at[key].at;
    tape->duplicate = true;
}

/* Few keys: every pair, told apart by length first. */
static void compare_keys(struct json_tape *tape, uint32_t object)
{
    uint32_t end = tape->n;

    for (uint32_t i = object + 1; i < end; i = tape->at[i + 1].next)
        for (uint32_t k = object + 1; k < i; k = tape->at[k + 1].next)
            if ((tape->at[i].n == tape->at[k].n || tape->at[i].escaped || tape->at[k].escaped) &&
                strings_equal(tape, i, tape, k))
                found_twice(tape, i);
}

/* Many: a hash table in the unused end of the tape. false: there is no room for it. */
static bool hash_keys(struct json_tape *tape, uint32_t object)
{
    uint32_t slots = 64;
    uint32_t *table = (uint32_t *)(void *)(tape->at + tape->n);

    while (slots < 2 * tape->at[object].count)
        slots *= 2;
    if ((uint64_t)(tape->cap - tape->n) * sizeof *tape->at < (uint64_t)slots * sizeof *table)
        return false;
    memset(table, 0, slots * sizeof *table);
    for (uint32_t i = object + 1; i < tape->n; i = tape->at[i + 1].next) {
        uint64_t slot = key_hash(tape, i) & (slots - 1);

        while (table[slot] && !strings_equal(tape, i, tape, table[slot]))
            slot = (slot + 1) & (slots - 1);
        if (table[slot])
            found_twice(tape, i);
        table[slot] = i;
    }
    return true;
}

/* ---- containers ------------------------------------------------------------------------------------- */

static enum json_fault open_container(struct reading *r)
{
    struct json_token *t = add(r, *r->p == '{' ? JSON_OBJECT : JSON_ARRAY, r->p);

    if (!t)
        return JSON_FAULT_SIZE;
    if (r->depth == r->depth_max)
        return JSON_FAULT_DEPTH;
    t->next = r->open;
    r->open = r->tape->n - 1;
    r->depth++;
    r->p++;
    return JSON_FAULT_NONE;
}

static enum json_fault close_container(struct reading *r)
{
    uint32_t self = r->open;
    struct json_token *t = &r->tape->at[self];

    r->p++;
    r->open = t->next;
    r->depth--;
    t->n = (uint32_t)(r->p - r->start) - t->at;
    t->next = r->tape->n;
    if (t->kind != JSON_OBJECT || t->count < 2)
        return JSON_FAULT_NONE;
    if (t->count <= KEYS_COMPARED_MAX)
        compare_keys(r->tape, self);
    else if (!hash_keys(r->tape, self))
        return JSON_FAULT_SIZE;
    return JSON_FAULT_NONE;
}

static enum json_fault read_key(struct reading *r)
{
    enum json_fault fault;

    if (r->p == r->end)
        return JSON_FAULT_UNFINISHED;
    if (*r->p != '"')
        return JSON_FAULT_UNEXPECTED;
    fault = read_string(r);
    if (fault)
        return fault;
    skip_blanks(r);
    if (r->p == r->end)
        return JSON_FAULT_UNFINISHED;
    if (*r->p++ != ':') {
        r->p--;
        return JSON_FAULT_UNEXPECTED;
    }
    skip_blanks(r);
    return JSON_FAULT_NONE;
}

/* From behind a whole value to the beginning of the next one, closing what ends here.
 * `*ret_end`: the root is complete. */
static enum json_fault go_on(struct reading *r, bool *ret_end)
{
    for (;;) {
        struct json_token *t = &r->tape->at[r->open];
        enum json_fault fault;

        if (r->depth == 0) {
            *ret_end = true;
            return JSON_FAULT_NONE;
        }
        t->count++;
        skip_blanks(r);
        if (r->p == r->end)
            return JSON_FAULT_UNFINISHED;
        if (*r->p == ',') {
            r->p++;
            skip_blanks(r);
            return t->kind == JSON_OBJECT ? read_key(r) : JSON_FAULT_NONE;
        }
        if (*r->p != (t->kind == JSON_OBJECT ? '}' : ']'))
            return JSON_FAULT_UNEXPECTED;
        fault = close_container(r);
        if (fault)
            return fault;
    }
}

/* One value begins here: a scalar is read, a container opened, an empty one closed at once. */
static enum json_fault begin_value(struct reading *r, bool *ret_opened)
{
    enum json_fault fault;
    bool object;

    *ret_opened = false;
    if (r->p == r->end)
        return JSON_FAULT_UNFINISHED;
    if (*r->p != '{' && *r->p != '[')
        return read_scalar(r);
    object = *r->p == '{';
    fault = open_container(r);
    if (fault)
        return fault;
    skip_blanks(r);
    if (r->p < r->end && *r->p == (object ? '}' : ']'))
        return close_container(r);
    *ret_opened = true;
    return object ? read_key(r) : JSON_FAULT_NONE;
}

static enum json_fault read_all(struct reading *r)
{
    bool end = false, opened;
    enum json_fault fault;

    skip_blanks(r);
    if (r->p == r->end)
        return JSON_FAULT_EMPTY;
    while (!end) {
        fault = begin_value(r, &opened);
        if (!fault && !opened)
            fault = go_on(r, &end);
        if (fault)
            return fault;
    }
    skip_blanks(r);
    return r->p == r->end ? JSON_FAULT_NONE : JSON_FAULT_TRAILING;
}

enum json_fault json_read(struct json_tape *tape, struct wp_slice text, unsigned depth_max, size_t *ret_at)
{
    struct reading r = {.tape = tape, .depth_max = depth_max};
    enum json_fault fault;

    tape->text = text;
    tape->n = 0;
    tape->duplicate = false;
    if (text.n == 0 || text.n > UINT32_MAX - 1) {
        if (ret_at)
            *ret_at = 0;
        return text.n == 0 ? JSON_FAULT_EMPTY : JSON_FAULT_SIZE;
    }
    r.start = r.p = text.p;
    r.end = text.p + text.n;
    fault = read_all(&r);
    if (ret_at)
        *ret_at = (size_t)(r.p - r.start);
    return fault;
}

/* ---- looking things up ------------------------------------------------------------------------------ */

bool json_string_is(const struct json_tape *tape, uint32_t i, struct wp_slice text)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    size_t n, at = 0;

    if (!tape->at[i].escaped)
        return wp_slice_eq(s, text);
    while ((n = next_char(&p, s.p + s.n, bytes)) > 0) {
        if (text.n - at < n || memcmp(text.p + at, bytes, n) != 0)
            return false;
        at += n;
    }
    return at == text.n;
}

uint32_t json_member(const struct json_tape *tape, uint32_t object, struct wp_slice key)
{
    uint32_t found = 0, end = tape->at[object].next;

    if (tape->at[object].kind != JSON_OBJECT)
        return 0;
    for (uint32_t i = object + 1; i < end; i = tape->at[i + 1].next)
        if (json_string_is(tape, i, key))
            found = i + 1;
    return found;
}

void json_put_string(const struct json_tape *tape, uint32_t i, struct wp_writer *w)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    size_t n;

    if (!tape->at[i].escaped) {
        wp_put_slice(w, s);
        return;
    }
    while ((n = next_char(&p, s.p + s.n, bytes)) > 0)
        wp_put_slice(w, wp_slice(bytes, n));
}

size_t json_string_length(const struct json_tape *tape, uint32_t i)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    size_t n, length = 0;

    while ((n = next_char(&p, s.p + s.n, bytes)) > 0)
        length += n > 1 || (bytes[0] & 0xC0) != 0x80; /* raw UTF-8 comes byte by byte: count the first ones */
    return length;
}

struct wp_value json_value(const struct json_tape *tape, uint32_t i)
{
    struct wp_slice s = json_text(tape, i);
    struct wp_value v;

    switch ((enum json_kind)tape->at[i].kind) {
    case JSON_NULL: return wp_null();
    case JSON_FALSE: return wp_bool(false);
    case JSON_TRUE: return wp_bool(true);
    case JSON_NUMBER:
        if (wp_number_read(s, &v))
            return v;
        return wp_text_value(s); /* beyond a double: only its text is exact */
    case JSON_STRING: return wp_text_value(s);
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    v = wp_bytes_value(s);
    v.kind = WP_TREE;
    return v;
}

static bool scalars_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    if (a->at[i].kind == JSON_STRING)
        return strings_equal(a, i, b, k);
    if (a->at[i].kind != JSON_NUMBER)
        return true; /* null, false, true: the kind says it all */
    return wp_value_eq(json_value(a, i), json_value(b, k));
}

static uint32_t member_like(const struct json_tape *a, uint32_t key, const struct json_tape *b,
                            uint32_t object)
{
    uint32_t found = 0;

    for (uint32_t k = object + 1; k < b->at[object].next; k = b->at[k + 1].next)
        if (strings_equal(a, key, b, k))
            found = k + 1;
    return found;
}

/* Recursion is bounded by the depth that json_read allowed. */
bool json_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    if (a->at[i].kind != b->at[k].kind || a->at[i].count != b->at[k].count)
        return false;
    if (a->at[i].kind < JSON_ARRAY)
        return scalars_equal(a, i, b, k);
    if (a->at[i].kind == JSON_ARRAY) {
        uint32_t y = k + 1;

        for (uint32_t x = i + 1; x < a->at[i].next; x = a->at[x].next, y = b->at[y].next)
            if (!json_equal(a, x, b, y))
                return false;
        return true;
    }
    for (uint32_t x = i + 1; x < a->at[i].next; x = a->at[x + 1].next) {
        uint32_t y = member_like(a, x, b, k);

        if (y == 0 || !json_equal(a, x + 1, b, y))
            return false;
    }
    return true;
}
