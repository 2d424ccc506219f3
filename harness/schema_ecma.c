/* Regular expressions of ECMA-262 (2023, section 22.2, with the u flag) in the words of PCRE2.
 *
 * What both write alike and mean alike is copied; what they mean differently is spelled out: \s and its opposite,
 * the dot, [] and [^], \cX, \uXXXX, \p{Letter}. What only PCRE2 knows (\A, (?i), (*VERB), a++, [:alpha:]) is refused,
 * or was never special in ECMA-262 and is escaped. Stray brackets and needless escapes of punctuation are taken, as
 * engines do without the u flag. */
#include "harness/schema_pattern.h"

#include <stdio.h>

struct translation {
    const uint8_t *p, *end;
    struct wp_writer *out, *why;
    unsigned groups, open; /* opened so far, and not closed yet */
    bool quantifiable;     /* something stands here that a quantifier may follow */
};

/* \s of ECMA-262: white space and line terminators. */
static const char spaces[] =
    "\\t\\n\\x{b}\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
    "\\x{205f}\\x{3000}\\x{feff}";
static const char not_spaces[] =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-"
    "\\x{202e}"
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

static bool refuse(struct translation *t, const char *sentence)
{
    wp_put_text(t->why, sentence);
    return false;
}

static void put_code(struct wp_writer *w, uint32_t c)
{
    char text[16];

    snprintf(text, sizeof text, "\\x{%x}", (unsigned)c);
    wp_put_text(w, text);
}

/* A character that stands for itself. */
static void put_literal(struct wp_writer *w, uint8_t c)
{
    if (c < 0x80 && strchr("\\^$.|?*+()[]{}-#&~/", c) && c)
        wp_put_char(w, '\\');
    wp_put_u8(w, c);
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* n hex digits, or -1. */
static int32_t read_hex(struct translation *t, int n)
{
    int32_t v = 0;

    for (int i = 0; i < n; i++, t->p++) {
        uint8_t c = t->p < t->end ? *t->p : 0, low = c | 0x20;

        if (c >= '0' && c <= '9')
            v = v << 4 | (c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v << 4 | (low - 'a' + 10);
        else
            return -1;
    }
    return v;
}

/* Behind \u: XXXX, a surrogate pair, or {X}. -1: none of them. */
static int32_t read_unicode(struct translation *t)
{
    int32_t c, low;

    if (t->p < t->end && *t->p == '{') {
        int n = 0;

        for (c = 0, t->p++; t->p < t->end && *t->p != '}'; n++) {
            int32_t digit = read_hex(t, 1);

            if (digit < 0 || c > 0x10FFFF >> 4)
                return -1;
            c = c << 4 | digit;
        }
        if (t->p == t->end || n == 0 || c > 0x10FFFF)
            return -1;
        t->p++;
        return c;
    }
    c = read_hex(t, 4);
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c > 0xDBFF || t->end - t->p < 6 || t->p[0] != '\\' || t->p[1] != 'u')
        return -1;
    t->p += 2;
    low = read_hex(t, 4);
    return low < 0xDC00 || low > 0xDFFF ? -1 : 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

/* ---- properties ------------------------------------------------------------------------------------- */

/* The long names of general categories; PCRE2 knows scripts and binary properties by their own names. */
static const char *const categories[][2] = {
    {"Letter", "L"},
    {"Cased_Letter", "L&"},
    {"LC", "L&"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Surrogate", "Cs"},
    {"Private_Use", "Co"},
    {"Unassigned", "Cn"},
};

static bool cut_prefix(struct wp_slice *s, const char *prefix)
{
    size_t n = strlen(prefix);

    if (s->n < n || memcmp(s->p, prefix, n) != 0)
        return false;
    *s = wp_slice(s->p + n, s->n - n);
    return true;
}

/* Behind \p or \P. */
static bool put_property(struct translation *t, char letter)
{
    const uint8_t *close = t->p < t->end && *t->p == '{' ? memchr(t->p, '}', (size_t)(t->end - t->p)) : NULL;
    struct wp_slice name;
    const char *scripts = "";

    if (!close)
        return refuse(t, "\\p must be followed by {a property}");
    name = wp_slice(t->p + 1, (size_t)(close - t->p - 1));
    t->p = close + 1;
    if (!cut_prefix(&name, "General_Category="))
        cut_prefix(&name, "gc=");
    if (cut_prefix(&name, "Script=") || cut_prefix(&name, "sc="))
        scripts = "sc:";
    else if (cut_prefix(&name, "Script_Extensions=") || cut_prefix(&name, "scx="))
        scripts = "scx:";
    for (size_t i = 0; i < name.n; i++)
        if (!is_alnum(name.p[i]) && name.p[i] != '_')
            return refuse(t, "a property has a name of letters, digits and _");
    if (wp_slice_is(name, "Assigned")) {
        letter = letter == 'p' ? 'P' : 'p';
        name = wp_text("Cn");
    }
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++)
        if (!*scripts && wp_slice_is(name, categories[i][0]))
            name = wp_text(categories[i][1]);
    wp_put_char(t->out, '\\');
    wp_put_char(t->out, letter);
    wp_put_char(t->out, '{');
    wp_put_text(t->out, scripts);
    wp_put_slice(t->out, name);
    wp_put_char(t->out, '}');
    return true;
}

/* ---- escapes ---------------------------------------------------------------------------------------- */

/* Escapes that are one character, in a class or not. -1: it is none; -2: refused. */
static int32_t read_character_escape(struct translation *t, uint8_t c)
{
    static const char letters[] = "tnvfr", codes[] = "\t\n\v\f\r";
    const char *hit = c ? strchr(letters, c) : NULL;
    int32_t code;

    if (hit)
        return codes[hit - letters];
    switch (c) {
    case '0':
        if (t->p == t->end || *t->p < '0' || *t->p > '9')
            return 0;
        refuse(t, "an octal escape");
        return -2;
    case 'c':
        if (t->p < t->end && (*t->p | 0x20) >= 'a' && (*t->p | 0x20) <= 'z')
            return *t->p++ & 31;
        refuse(t, "\\c must be followed by a letter");
        return -2;
    case 'x': code = read_hex(t, 2); break;
    case 'u': code = read_unicode(t); break;
    default: return -1;
    }
    if (code < 0) {
        refuse(t, "\\x and \\u must be followed by the code of a character");
        return -2;
    }
    return code;
}

static bool put_backreference(struct translation *t, uint8_t first)
{
    unsigned n = (unsigned)(first - '0');
    char text[24];

    while (t->p < t->end && *t->p >= '0' && *t->p <= '9' && n < 1000)
        n = n * 10 + (unsigned)(*t->p++ - '0');
    snprintf(text, sizeof text, "\\g{%u}", n);
    wp_put_text(t->out, text);
    return true;
}

/* \k<name> */
static bool put_named_reference(struct translation *t)
{
    const uint8_t *close = t->p < t->end && *t->p == '<' ? memchr(t->p, '>', (size_t)(t->end - t->p)) : NULL;

    if (!close)
        return refuse(t, "\\k must be followed by <a name>");
    wp_put_text(t->out, "\\k");
    wp_put_slice(t->out, wp_slice(t->p, (size_t)(close + 1 - t->p)));
    t->p = close + 1;
    return true;
}

/* Behind a backslash. */
static bool put_escape(struct translation *t, bool in_class)
{
    uint8_t c;
    int32_t code;

    if (t->p == t->end)
        return refuse(t, "a backslash at the end");
    c = *t->p++;
    code = read_character_escape(t, c);
    if (code == -2)
        return false;
    if (code >= 0) {
        put_code(t->out, (uint32_t)code);
        return true;
    }
    if (c == 'd' || c == 'D' || c == 'w' || c == 'W') { /* ASCII only in both, for PCRE2_UCP is off */
        wp_put_char(t->out, '\\');
        wp_put_u8(t->out, c);
        return true;
    }
    if (c == 's' || c == 'S') {
        wp_put_text(t->out, in_class ? "" : "[");
        wp_put_text(t->out, c == 's' ? spaces : not_spaces);
        wp_put_text(t->out, in_class ? "" : "]");
        return true;
    }
    if (c == 'p' || c == 'P')
        return put_property(t, (char)c);
    if (in_class && c == 'b') {
        wp_put_text(t->out, "\\x{8}");
        return true;
    }
    if (!in_class && (c == 'b' || c == 'B')) {
        wp_put_char(t->out, '\\');
        wp_put_u8(t->out, c);
        t->quantifiable = false;
        return true;
    }
    if (!in_class && c >= '1' && c <= '9')
        return put_backreference(t, c);
    if (!in_class && c == 'k')
        return put_named_reference(t);
    if (is_alnum(c))
        return refuse(t, "an escape that ECMA-262 does not know");
    put_literal(t->out, c);
    return true;
}

/* ---- classes ---------------------------------------------------------------------------------------- */

static bool is_set_escape(const struct translation *t)
{
    return t->end - t->p >= 2 && t->p[0] == '\\' && t->p[1] && strchr("dDwWsSpP", t->p[1]);
}

/* One character, or one escape; a multi-byte character is copied whole by its bytes. */
static bool put_class_atom(struct translation *t)
{
    uint8_t c = *t->p++;

    if (c == '\\')
        return put_escape(t, true);
    put_literal(t->out, c);
    while (t->p < t->end && c >= 0xC0 && (*t->p & 0xC0) == 0x80)
        wp_put_u8(t->out, *t->p++);
    return true;
}

/* Behind [ or [^. */
static bool put_class_items(struct translation *t)
{
    while (t->p < t->end && *t->p != ']') {
        bool set = is_set_escape(t);

        if (!put_class_atom(t))
            return false;
        if (t->end - t->p < 2 || t->p[0] != '-' || t->p[1] == ']')
            continue;
        t->p++;
        if (set || is_set_escape(t))
            return refuse(t, "a range whose end is a class");
        wp_put_char(t->out, '-');
        if (!put_class_atom(t))
            return false;
    }
    return t->p < t->end || refuse(t, "a class that is not closed");
}

static bool put_class(struct translation *t)
{
    bool inverted = t->p < t->end && *t->p == '^';

    t->p += inverted;
    if (t->p < t->end && *t->p == ']') {
        t->p++;
        wp_put_text(t->out, inverted ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
        return true;
    }
    wp_put_text(t->out, inverted ? "[^" : "[");
    if (!put_class_items(t))
        return false;
    t->p++;
    wp_put_char(t->out, ']');
    return true;
}

/* ---- groups and quantifiers ------------------------------------------------------------------------- */

static bool put_group(struct translation *t)
{
    static const char *const known[] = {"?:", "?=", "?!", "?<=", "?<!"};
    struct wp_slice rest = wp_slice(t->p, (size_t)(t->end - t->p));

    t->open++;
    t->quantifiable = false;
    wp_put_char(t->out, '(');
    if (rest.n == 0 || rest.p[0] != '?')
        return rest.n == 0 || rest.p[0] != '*' || refuse(t, "nothing to repeat");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (cut_prefix(&rest, known[i])) {
            wp_put_text(t->out, known[i]);
            t->p = rest.p;
            return true;
        }
    if (!cut_prefix(&rest, "?<") || rest.n == 0 || (!is_alnum(*rest.p) && *rest.p != '_'))
        return refuse(t, "a group that ECMA-262 does not know");
    wp_put_text(t->out, "?<");
    t->p = rest.p;
    return true;
}

/* {n}, {n,} or {n,m}: its length, 0 when it is none. */
static size_t braces(const struct translation *t)
{
    const uint8_t *p = t->p + 1;
    size_t digits = 0;

    for (; p < t->end && *p >= '0' && *p <= '9'; p++)
        digits++;
    if (p < t->end && *p == ',')
        for (p++; p < t->end && *p >= '0' && *p <= '9';)
            p++;
    return digits > 0 && p < t->end && *p == '}' ? (size_t)(p + 1 - t->p) : 0;
}

static bool put_quantifier(struct translation *t, size_t n)
{
    if (!t->quantifiable)
        return refuse(t, "nothing to repeat");
    wp_put_slice(t->out, wp_slice(t->p, n));
    t->p += n;
    if (t->p < t->end && *t->p == '?') {
        wp_put_char(t->out, '?');
        t->p++;
    }
    t->quantifiable = false;
    return true;
}

/* One thing outside of classes. */
static bool put_term(struct translation *t)
{
    uint8_t c = *t->p;
    size_t n = c == '{' ? braces(t) : 0;

    if (c == '*' || c == '+' || c == '?' || n > 0)
        return put_quantifier(t, n ? n : 1);
    t->p++;
    t->quantifiable = true;
    switch (c) {
    case '\\': return put_escape(t, false);
    case '[': return put_class(t);
    case '(': return put_group(t);
    case ')':
        if (t->open-- == 0)
            return refuse(t, "a group that is closed but not opened");
        wp_put_char(t->out, ')');
        return true;
    case '.': wp_put_text(t->out, "[^\\n\\r\\x{2028}\\x{2029}]"); return true;
    case '^':
    case '$':
    case '|':
        t->quantifiable = false;
        wp_put_u8(t->out, c);
        return true;
    default:
        put_literal(t->out, c);
        while (t->p < t->end && c >= 0xC0 && (*t->p & 0xC0) == 0x80)
            wp_put_u8(t->out, *t->p++);
        return true;
    }
}

bool schema_ecma_translate(struct wp_slice text, struct wp_writer *out, struct wp_writer *why)
{
    struct translation t = {.p = text.p, .end = text.p + text.n, .out = out, .why = why};

    while (t.p < t.end)
        if (!put_term(&t))
            return false;
    if (t.open > 0)
        return refuse(&t, "a group that is not closed");
    return !out->full || refuse(&t, "it is too long");
}
