/* A-XDR: one Data of DLMS/COSEM, read by a cursor that needs no memory of its own.
 *
 *     tag | value                    numbers: big-endian, as wide as the tag says
 *     tag | length | octets          strings; of a bit-string the length counts bits, first bit = high bit
 *     tag | count | Data[count]      array, structure
 *     13 | description | length | contents          compact-array: types once, then values without tags
 *
 *     length, count: 00..7F, or 81..84 and as many octets, big-endian; need not be minimal
 *     description: a tag; behind 01 a count in 2 octets and one description; behind 02 a count and as many
 *
 * What is announced is held against what is there, against the nesting and against the number of elements before
 * anything is done with it, so a value costs time and memory by its octets alone.
 * source: IEC 62056-6-2, IEC 61334-6; vectors of proto axdr */
#ifndef WP_AXDR_H
#define WP_AXDR_H

#include "sim/core/decode.h"

/* X(name, tag, octets of a scalar, form, canonical prefix, name for people) */
#define AXDR_TYPES(X)                                                                                        \
    X(NULL_DATA, 0x00, 0, NOTHING, "n", "null-data")                                                         \
    X(ARRAY, 0x01, 0, CONTAINER, "A", "array")                                                               \
    X(STRUCTURE, 0x02, 0, CONTAINER, "S", "structure")                                                       \
    X(BOOLEAN, 0x03, 1, UNSIGNED, "b:", "boolean")                                                           \
    X(BIT_STRING, 0x04, 0, BITS, "bs:", "bit-string")                                                        \
    X(I32, 0x05, 4, SIGNED, "i32:", "double-long")                                                           \
    X(U32, 0x06, 4, UNSIGNED, "u32:", "double-long-unsigned")                                                \
    X(OCTET_STRING, 0x09, 0, STRING, "os:", "octet-string")                                                  \
    X(VISIBLE_STRING, 0x0A, 0, STRING, "vs:", "visible-string")                                              \
    X(UTF8_STRING, 0x0C, 0, STRING, "us:", "utf8-string")                                                    \
    X(BCD, 0x0D, 1, SIGNED, "bcd:", "bcd")                                                                   \
    X(I8, 0x0F, 1, SIGNED, "i8:", "integer")                                                                 \
    X(I16, 0x10, 2, SIGNED, "i16:", "long")                                                                  \
    X(U8, 0x11, 1, UNSIGNED, "u8:", "unsigned")                                                              \
    X(U16, 0x12, 2, UNSIGNED, "u16:", "long-unsigned")                                                       \
    X(COMPACT_ARRAY, 0x13, 0, COMPACT, "ca:", "compact-array")                                               \
    X(I64, 0x14, 8, SIGNED, "i64:", "long64")                                                                \
    X(U64, 0x15, 8, UNSIGNED, "u64:", "long64-unsigned")                                                     \
    X(ENUM, 0x16, 1, UNSIGNED, "e:", "enum")                                                                 \
    X(FLOAT32, 0x17, 4, OCTETS, "f32:", "float32")                                                           \
    X(FLOAT64, 0x18, 8, OCTETS, "f64:", "float64")                                                           \
    X(DATE_TIME, 0x19, 12, OCTETS, "dt:", "date-time")                                                       \
    X(DATE, 0x1A, 5, OCTETS, "d:", "date")                                                                   \
    X(TIME, 0x1B, 4, OCTETS, "t:", "time")                                                                   \
    X(DELTA_I8, 0x1C, 1, SIGNED, "di8:", "delta-integer")                                                    \
    X(DELTA_I16, 0x1D, 2, SIGNED, "di16:", "delta-long")                                                     \
    X(DELTA_I32, 0x1E, 4, SIGNED, "di32:", "delta-double-long")                                              \
    X(DELTA_U8, 0x1F, 1, UNSIGNED, "du8:", "delta-unsigned")                                                 \
    X(DELTA_U16, 0x20, 2, UNSIGNED, "du16:", "delta-long-unsigned")                                          \
    X(DELTA_U32, 0x21, 4, UNSIGNED, "du32:", "delta-double-long-unsigned")                                   \
    X(DONT_CARE, 0xFF, 0, NOTHING, "x", "dont-care")

/* How the octets of a type read. */
enum axdr_form {
    AXDR_NOTHING,
    AXDR_CONTAINER,
    AXDR_SIGNED,
    AXDR_UNSIGNED,
    AXDR_OCTETS, /* always as many, and no integer */
    AXDR_BITS,
    AXDR_STRING,
    AXDR_COMPACT,
};

struct axdr_type {
    const char *prefix, *text;
    uint8_t octets;
    uint8_t form; /* enum axdr_form */
};

enum axdr_tag {
#define X(name, tag, octets, form, prefix, text) AXDR_##name = tag,
    AXDR_TYPES(X)
#undef X
};

enum {
    AXDR_DEPTH_MAX = 16,    /* containers inside each other; what stands in the innermost is one deeper */
    AXDR_NODES_MAX = 8192,  /* elements of one value, containers and those of compact-arrays counted */
    AXDR_LENGTH_OCTETS = 5, /* the longest form of a length */
};

/* What a reader is willing to go through. Zero members stand for the default. */
struct axdr_limits {
    uint8_t depth;  /* default and at most AXDR_DEPTH_MAX */
    uint32_t nodes; /* default AXDR_NODES_MAX */
    size_t bytes;   /* default: any number */
};

/* One element. Slices borrow from the input. */
struct axdr_item {
    uint8_t tag;    /* enum axdr_tag */
    uint8_t depth;  /* 0: the value itself; 1: an element of it; ... */
    uint32_t count; /* elements of a container, bits of a bit-string, octets of a string; else 0 */
    size_t at;      /* offset of the tag; inside a compact-array: of the value, which has none */
    size_t n;       /* octets of the whole element, of a container: of its tag and count */
    /* The value's octets without tag and length; none of containers; of a compact-array all behind its tag, see
     * axdr_compact_parts. */
    struct wp_slice content;
};

/* Goes through one Data in the order in which it stands. Sticky: what is wrong ends the walk, and axdr_end tells. */
struct axdr_cursor {
    struct wp_slice in;
    size_t at;      /* the next octet that is read */
    uint32_t here;  /* elements to come in the innermost open container */
    uint32_t nodes; /* that are not yet announced and may still come */
    uint8_t depth;  /* open containers */
    uint8_t depth_max;
    enum wp_status status; /* WP_OK until something is missing or wrong */
    enum wp_fault fault;
    size_t fault_at, need;
    size_t bytes; /* that the value may have */
    /* Elements to come in each container around the innermost one; [0]: the value itself. */
    uint32_t left[AXDR_DEPTH_MAX];
};

/* A walk over the Data at the front of `in`; limits NULL: the defaults. */
void axdr_open(struct axdr_cursor *c, struct wp_slice in, const struct axdr_limits *limits);

/* By tag, one more than the octets of a type that always has as many; 0: other and unassigned types. */
extern const uint8_t axdr_fixed_size[256];

/* Leaves containers that are complete, as far as `depth`. */
static inline void axdr_leave(struct axdr_cursor *c, unsigned depth)
{
    while (c->here == 0 && c->depth > depth)
        c->here = c->left[--c->depth];
}

/* From `depth` on, without an item for each: numbers, short strings and short containers. Stops before what is long, odd
 * or not there, for axdr_next_slowly to say what it is. */
void axdr_pass_over(struct axdr_cursor *c, unsigned depth);

/* axdr_next for all that is no number, or has not come whole. */
bool axdr_next_slowly(struct axdr_cursor *c, struct axdr_item *out);

/* The next element. false: the value is complete, or something is missing or wrong: see axdr_end.
 * A container is given before its elements; a compact-array is one element, whose contents were looked through.
 * Here because a push is little else than numbers, one behind the other. */
static inline bool axdr_next(struct axdr_cursor *c, struct axdr_item *out)
{
    const size_t at = c->at, rest = c->in.n - at;
    size_t size;

    if (c->here == 0 || rest == 0)
        return axdr_next_slowly(c, out);
    size = axdr_fixed_size[c->in.p[at]];
    if (size == 0 || size > rest)
        return axdr_next_slowly(c, out);
    c->here--;
    c->at = at + size;
    out->tag = c->in.p[at];
    out->depth = c->depth;
    out->count = 0;
    out->at = at;
    out->n = size;
    out->content = wp_slice(c->in.p + at + 1, size - 1);
    return true;
}

/* Passes over the rest of `item`: the element that was given last, or a container that is still open around it; nothing
 * when it is no container. Then c->at is the first octet behind it: all of it are the c->at - item->at octets from
 * item->at on. false: something is missing or wrong. */
bool axdr_skip(struct axdr_cursor *c, const struct axdr_item *item);

/* What the walk came to, once axdr_next has said false.
 * WP_OK   used = octets of the value; more may stand behind it
 * WP_MORE need = octets missing, at least: every proper beginning of a good value. Who knows that no more will come
 *         says TRUNCATED
 * WP_BAD  at = offset, used 1
 *         TAG          an unassigned type, a compact-array in a description
 *         LENGTH_FORM  80, 85..FF
 *         COUNT        more elements than octets are left, and than would be read if they came
 *         DEPTH        nested too deep, or too many elements
 *         TRAILING     contents of a compact-array that end inside a row; at = where that row begins
 *         TOO_LARGE    beyond limits->bytes */
struct wp_decode axdr_end(const struct axdr_cursor *c);

/* Is the Data at the front of `in` whole and good? As axdr_end. */
struct wp_decode axdr_decode(struct wp_slice in, const struct axdr_limits *limits);

/* The same where nothing may stand behind it and nothing will come: WP_OK or WP_BAD, TRUNCATED and TRAILING too. */
struct wp_decode axdr_decode_whole(struct wp_slice in, const struct axdr_limits *limits);

/* An element's value: integers exact (enum and bcd too), boolean, floats as WP_REAL (perhaps no number), texts that are
 * what they claim to be as WP_TEXT, every other octets as WP_BYTES; null-data, dont-care and containers WP_NULL; a
 * compact-array WP_TREE. */
struct wp_value axdr_value(const struct axdr_item *item);

/* The number of an integer type (signed or not, enum, bcd, delta) without detours; false: another type, or beyond. */
bool axdr_int(const struct axdr_item *item, int64_t *ret_num);

/* NULL for a tag that is not assigned. */
const struct axdr_type *axdr_type(uint8_t tag);

/* "double-long-unsigned"; NULL for a tag that is not assigned. */
const char *axdr_type_text(uint8_t tag);

/* The length or count at the front of `in`, as APDUs have them too. WP_OK used = 1..5; WP_MORE; WP_BAD LENGTH_FORM. */
struct wp_decode axdr_length(struct wp_slice in, uint32_t *ret_n);

static inline bool axdr_is_container(uint8_t tag)
{
    return tag == AXDR_ARRAY || tag == AXDR_STRUCTURE;
}

/* ---- compact-array ---------------------------------------------------------------------------------- */

/* The type description at the front of `in`, of at most `nodes` types. WP_OK, WP_MORE, or WP_BAD TAG, LENGTH_FORM, COUNT,
 * DEPTH. */
struct wp_decode axdr_describe(struct wp_slice in, uint32_t nodes);

/* Where description and contents of a compact-array stand; its description in `ret_description`. */
void axdr_compact_parts(const struct axdr_item *item, struct wp_slice *ret_description,
                        struct wp_slice *ret_contents);

/* Goes through the values of a compact-array as if each had its tag: rows at depth 0, their members below. */
struct axdr_compact {
    struct wp_slice description, contents;
    size_t first;   /* offset of the contents in the input */
    size_t d, at;   /* where both are read */
    size_t row;     /* where the row began in the contents; SIZE_MAX before the first */
    uint32_t nodes; /* that may still come */
    uint8_t depth;
    enum wp_fault fault; /* NONE, TAG, LENGTH_FORM, COUNT, DEPTH, TRAILING */
    size_t fault_at;     /* offset in the input */
    struct {
        uint32_t left;
        size_t again; /* an array's description is read once for each element */
        bool is_array;
    } open[AXDR_DEPTH_MAX + 1];
};

/* item   a compact-array, from an axdr_cursor
 * nodes  so many elements at most */
void axdr_compact_open(struct axdr_compact *c, const struct axdr_item *item, uint32_t nodes);

/* false: all rows are read, or c->fault; never a fault when the cursor that gave the item had as many nodes left. */
bool axdr_compact_next(struct axdr_compact *c, struct axdr_item *out);

/* ---- text ------------------------------------------------------------------------------------------- */

/* The Data at the front of `in` in one line: "S3[u16:8 os:0000010000FF i8:2]", "ca:11:010203", "n".
 * Types by their prefix in AXDR_TYPES, integers decimal, all else in hex; A<n>[..] and S<n>[..] hold their elements.
 * -> as axdr_end; what was written before a fault stays. */
struct wp_decode axdr_put_canonical(struct wp_writer *w, struct wp_slice in);

/* ---- writing ---------------------------------------------------------------------------------------- */

/* Lengths in their shortest form. */
void axdr_put_length(struct wp_writer *w, uint32_t n);

/* A tag and the low `octets of that type` octets of `bits`: every scalar type of 0 to 8 octets. */
void axdr_put_scalar(struct wp_writer *w, enum axdr_tag tag, uint64_t bits);

static inline void axdr_put_null(struct wp_writer *w)
{
    wp_put_u8(w, AXDR_NULL_DATA);
}

static inline void axdr_put_bool(struct wp_writer *w, bool yes)
{
    axdr_put_scalar(w, AXDR_BOOLEAN, yes);
}

static inline void axdr_put_i8(struct wp_writer *w, int8_t v)
{
    axdr_put_scalar(w, AXDR_I8, (uint64_t)v);
}

static inline void axdr_put_i16(struct wp_writer *w, int16_t v)
{
    axdr_put_scalar(w, AXDR_I16, (uint64_t)v);
}

static inline void axdr_put_i32(struct wp_writer *w, int32_t v)
{
    axdr_put_scalar(w, AXDR_I32, (uint64_t)v);
}

static inline void axdr_put_i64(struct wp_writer *w, int64_t v)
{
    axdr_put_scalar(w, AXDR_I64, (uint64_t)v);
}

static inline void axdr_put_u8(struct wp_writer *w, uint8_t v)
{
    axdr_put_scalar(w, AXDR_U8, v);
}

static inline void axdr_put_u16(struct wp_writer *w, uint16_t v)
{
    axdr_put_scalar(w, AXDR_U16, v);
}

static inline void axdr_put_u32(struct wp_writer *w, uint32_t v)
{
    axdr_put_scalar(w, AXDR_U32, v);
}

static inline void axdr_put_u64(struct wp_writer *w, uint64_t v)
{
    axdr_put_scalar(w, AXDR_U64, v);
}

static inline void axdr_put_enum(struct wp_writer *w, uint8_t v)
{
    axdr_put_scalar(w, AXDR_ENUM, v);
}

void axdr_put_float32(struct wp_writer *w, float v);
void axdr_put_float64(struct wp_writer *w, double v);

/* octet-string, visible-string, utf8-string. */
void axdr_put_octets(struct wp_writer *w, struct wp_slice octets);
void axdr_put_visible(struct wp_writer *w, struct wp_slice text);
void axdr_put_utf8(struct wp_writer *w, struct wp_slice text);

/* n_bits from the high bit of the first octet on; the rest of the last octet is sent as it stands. */
void axdr_put_bits(struct wp_writer *w, const uint8_t *octets, uint32_t n_bits);

/* Tagged, without length: 12, 5 and 4 octets. */
void axdr_put_date_time(struct wp_writer *w, const uint8_t octets[12]);
void axdr_put_date(struct wp_writer *w, const uint8_t octets[5]);
void axdr_put_time(struct wp_writer *w, const uint8_t octets[4]);

/* Tag and count; as many elements must follow. */
void axdr_put_array(struct wp_writer *w, uint32_t count);
void axdr_put_structure(struct wp_writer *w, uint32_t count);

void axdr_put_compact(struct wp_writer *w, struct wp_slice description, struct wp_slice contents);

/* scaler_unit: structure{integer, enum}. */
void axdr_put_scaler_unit(struct wp_writer *w, int8_t scaler, uint8_t unit);

/* The element again, with its shortest length; of a container its tag and count. */
void axdr_put_item(struct wp_writer *w, const struct axdr_item *item);

/* ---- fields ----------------------------------------------------------------------------------------- */

/* Visit one whole good Data as a tree of paths below `path`: see axdr_fields.c.
 * path   at most 40 characters; of fields whose path does not fit behind it only their number is said, as "hidden"
 * first  where it begins, counted from the first byte of the frame */
void axdr_fields(struct wp_slice data, const char *path, size_t first, wp_visit *visit, void *ctx);

struct axdr_frame {
    struct wp_slice data; /* borrows from the decoded input */
};

/* A-XDR has no start by which it could be found in a stream: its probe says no. */
extern const struct wp_codec axdr_codec;

#endif
