/* What texts on a bus may look like: paths, names, signatures, strings. */
#include "sim/codec/dbus.h"

/* What a character may be in. */
enum { IN_PATH = 1, IN_NAME = 2, IN_BUS_NAME = 4, DIGIT = 8 };

#define WORD (IN_PATH | IN_NAME | IN_BUS_NAME)

static const uint8_t kind_of[256] = {
    ['0'] = WORD | DIGIT, ['1'] = WORD | DIGIT, ['2'] = WORD | DIGIT, ['3'] = WORD | DIGIT,
    ['4'] = WORD | DIGIT, ['5'] = WORD | DIGIT, ['6'] = WORD | DIGIT, ['7'] = WORD | DIGIT,
    ['8'] = WORD | DIGIT, ['9'] = WORD | DIGIT, ['A'] = WORD,         ['B'] = WORD,
    ['C'] = WORD,         ['D'] = WORD,         ['E'] = WORD,         ['F'] = WORD,
    ['G'] = WORD,         ['H'] = WORD,         ['I'] = WORD,         ['J'] = WORD,
    ['K'] = WORD,         ['L'] = WORD,         ['M'] = WORD,         ['N'] = WORD,
    ['O'] = WORD,         ['P'] = WORD,         ['Q'] = WORD,         ['R'] = WORD,
    ['S'] = WORD,         ['T'] = WORD,         ['U'] = WORD,         ['V'] = WORD,
    ['W'] = WORD,         ['X'] = WORD,         ['Y'] = WORD,         ['Z'] = WORD,
    ['_'] = WORD,         ['a'] = WORD,         ['b'] = WORD,         ['c'] = WORD,
    ['d'] = WORD,         ['e'] = WORD,         ['f'] = WORD,         ['g'] = WORD,
    ['h'] = WORD,         ['i'] = WORD,         ['j'] = WORD,         ['k'] = WORD,
    ['l'] = WORD,         ['m'] = WORD,         ['n'] = WORD,         ['o'] = WORD,
    ['p'] = WORD,         ['q'] = WORD,         ['r'] = WORD,         ['s'] = WORD,
    ['t'] = WORD,         ['u'] = WORD,         ['v'] = WORD,         ['w'] = WORD,
    ['x'] = WORD,         ['y'] = WORD,         ['z'] = WORD,         ['-'] = IN_BUS_NAME,
};

bool dbus_is_path(struct wp_slice text)
{
    if (text.n == 0 || text.p[0] != '/')
        return false;
    if (text.n == 1)
        return true;
    for (size_t i = 1; i < text.n; i++)
        if (!(kind_of[text.p[i]] & IN_PATH) && (text.p[i] != '/' || text.p[i - 1] == '/'))
            return false;
    return text.p[text.n - 1] != '/';
}

/* Elements of these characters with a '.' between them. *ret_dots: how many. */
static bool is_dotted(struct wp_slice text, uint8_t characters, bool digits_first, size_t *ret_dots)
{
    bool begins = true; /* an element */

    *ret_dots = 0;
    if (text.n == 0 || text.n > DBUS_NAME_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t kind = kind_of[text.p[i]];

        if (text.p[i] == '.' && !begins) {
            ++*ret_dots;
            begins = true;
            continue;
        }
        if (!(kind & characters) || (begins && !digits_first && kind & DIGIT))
            return false;
        begins = false;
    }
    return !begins;
}

bool dbus_is_interface(struct wp_slice text)
{
    size_t dots;

    return is_dotted(text, IN_NAME, false, &dots) && dots > 0;
}

bool dbus_is_member(struct wp_slice text)
{
    size_t dots;

    return is_dotted(text, IN_NAME, false, &dots) && dots == 0;
}

bool dbus_is_well_known(struct wp_slice text)
{
    size_t dots;

    return is_dotted(text, IN_BUS_NAME, false, &dots) && dots > 0;
}

/* The specification wants a '.' in unique names, too; a bus never gives one without, and libdbus does not look. */
bool dbus_is_bus_name(struct wp_slice text)
{
    size_t dots;

    if (text.n == 0 || text.p[0] != ':')
        return dbus_is_well_known(text);
    return text.n <= DBUS_NAME_MAX && is_dotted(wp_slice_from(text, 1), IN_BUS_NAME, true, &dots);
}

/* ---- strings ----------------------------------------------------------------------------------------- */

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

/* Bytes at the front that are ASCII and not 0, at least those before the first one that is not, less than a word. */
static size_t plain_front(struct wp_slice text)
{
    size_t at = 0;
    uint64_t word;

    for (; text.n - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text.p + at, sizeof word);
        if ((word | (word - EACH_BYTE(0x01))) & EACH_BYTE(0x80))
            break;
    }
    return at;
}

bool dbus_is_string(struct wp_slice text)
{
    for (size_t at = plain_front(text); at < text.n;) {
        size_t n = 1;

        if (text.p[at] == 0)
            return false;
        if (text.p[at] >= 0x80 && (n = wp_utf8_len(text.p + at, text.n - at)) == 0)
            return false;
        at += n;
    }
    return true;
}

/* ---- signatures -------------------------------------------------------------------------------------- */

/* 0: no type. Structures and entries begin at a multiple of 8. */
static const uint8_t alignment_of[128] = {
    ['y'] = 1, ['b'] = 4, ['n'] = 2, ['q'] = 2, ['i'] = 4, ['u'] = 4, ['x'] = 8, ['t'] = 8, ['d'] = 8,
    ['s'] = 4, ['o'] = 4, ['g'] = 1, ['h'] = 4, ['a'] = 4, ['v'] = 1, ['('] = 8, ['{'] = 8,
};

unsigned dbus_alignment(uint8_t code)
{
    return code < 128 ? alignment_of[code] : 0;
}

bool dbus_is_basic(uint8_t code)
{
    return dbus_alignment(code) != 0 && code != 'a' && code != 'v' && code != '(' && code != '{';
}

/* Where the reader of a signature is: the containers that are open, innermost last. */
struct nesting {
    uint8_t arrays, structs, depth;
    struct {
        uint8_t code;  /* 'a' '(' '{' */
        uint8_t types; /* complete ones in it so far */
    } open[3 * DBUS_NESTED_MAX];
};

static bool open_container(struct nesting *n, uint8_t code)
{
    uint8_t *count = code == 'a' ? &n->arrays : &n->structs;

    /* An entry stands only in an array, so entries have their limit from there. */
    if (code == '{' ? n->depth == 0 || n->open[n->depth - 1].code != 'a' : ++*count > DBUS_NESTED_MAX)
        return false;
    n->open[n->depth].code = code;
    n->open[n->depth++].types = 0;
    return true;
}

/* A complete type has ended: so have the arrays that it is the element of. */
static bool end_type(struct nesting *n)
{
    while (n->depth > 0 && n->open[n->depth - 1].code == 'a') {
        n->arrays--;
        n->depth--;
    }
    /* More types than an entry has are not counted beyond that. */
    if (n->depth > 0 && n->open[n->depth - 1].types < UINT8_MAX)
        n->open[n->depth - 1].types++;
    return true;
}

static bool close_container(struct nesting *n, uint8_t code)
{
    uint8_t types;

    if (n->depth == 0 || n->open[n->depth - 1].code != (code == ')' ? '(' : '{'))
        return false;
    types = n->open[--n->depth].types;
    if (code == ')') {
        n->structs--;
        return types > 0 && end_type(n);
    }
    return types == 2 && end_type(n);
}

static bool take_code(struct nesting *n, uint8_t code)
{
    bool is_key = n->depth > 0 && n->open[n->depth - 1].code == '{' && n->open[n->depth - 1].types == 0;

    if (code == ')' || code == '}')
        return close_container(n, code);
    if (is_key && !dbus_is_basic(code))
        return false;
    if (code == 'a' || code == '(' || code == '{')
        return open_container(n, code);
    return dbus_alignment(code) != 0 && end_type(n);
}

/* *ret_types: complete ones. */
static bool read_signature(struct wp_slice text, size_t *ret_types)
{
    struct nesting n;

    n.arrays = n.structs = n.depth = 0;
    *ret_types = 0;
    if (text.n > DBUS_NAME_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!take_code(&n, text.p[i]))
            return false;
        *ret_types += n.depth == 0;
    }
    return n.depth == 0;
}

static bool is_one_code(uint8_t code)
{
    return dbus_is_basic(code) || code == 'v';
}

/* Most are of one character, and of every variant there is one. */
bool dbus_is_signature(struct wp_slice text)
{
    size_t types;

    return text.n == 1 ? is_one_code(text.p[0]) : read_signature(text, &types);
}

bool dbus_is_one_type(struct wp_slice text)
{
    size_t types;

    if (text.n == 1)
        return is_one_code(text.p[0]);
    return read_signature(text, &types) && types == 1;
}

size_t dbus_type_length(struct wp_slice signature)
{
    size_t n = 0, depth = 0;

    for (; n < signature.n; n++) {
        uint8_t code = signature.p[n];

        if (code == 'a')
            continue;
        depth += code == '(' || code == '{';
        depth -= code == ')' || code == '}';
        if (depth == 0)
            return n + 1;
    }
    return 0;
}
