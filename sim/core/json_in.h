/* JSON from the wire, read strictly (RFC 8259) and once, from left to right, into a tape of tokens in the caller's
 * memory. No malloc, no recursion, every loop bounded by the text.
 *
 *     {"id":"7","list":[1,20]}
 *
 *     0 OBJECT  next 7  count 2      the root; its text is the whole text
 *     1 STRING  id                   a key stands right before its value
 *     2 STRING  7
 *     3 STRING  list
 *     4 ARRAY   next 7  count 2
 *     5 NUMBER  1
 *     6 NUMBER  20
 *
 * Number and string text are kept as they were sent; \u0000 survives; a key that stands twice is seen, and what that
 * means is the caller's to say. */
#ifndef WP_JSON_IN_H
#define WP_JSON_IN_H

#include "sim/core/value.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Why a text was refused; what stands in the middle of it goes before what is missing at its end. */
#define JSON_FAULTS(X)                                                                                       \
    X(NONE, "well-formed")                                                                                   \
    X(EMPTY, "no value")                                                                                     \
    X(BOM, "a byte order mark before the value")                                                             \
    X(UNEXPECTED, "unexpected character")                                                                    \
    X(UNFINISHED, "the text ends inside a value")                                                            \
    X(TRAILING, "text behind the value")                                                                     \
    X(KEY, "expected a key in quotes")                                                                       \
    X(COLON, "expected a colon")                                                                             \
    X(COMMA, "expected a comma or the closing bracket")                                                      \
    X(WORD, "a word that is not true, false or null")                                                        \
    X(NUMBER, "not a number as JSON writes them")                                                            \
    X(LEADING_ZERO, "a number with a leading zero")                                                          \
    X(CONTROL, "control character in a string")                                                              \
    X(ESCAPE, "unknown escape")                                                                              \
    X(SURROGATE, "half of a surrogate pair")                                                                 \
    X(UTF8, "not UTF-8")                                                                                     \
    X(DEPTH, "nested too deep")                                                                              \
    X(SIZE, "more values than the tape holds")

enum json_fault {
#define X(name, text) JSON_FAULT_##name,
    JSON_FAULTS(X)
#undef X
};

const char *json_fault_text(enum json_fault fault);

/* One value, or one key: a key is a JSON_STRING right before its value. */
struct json_token {
    uint8_t kind;
    bool escaped;   /* a string with a backslash in it */
    bool fraction;  /* a number with a point or an exponent */
    bool suspect;   /* the reader's own: an object of which two keys may be equal */
    uint32_t at, n; /* its text; strings without their quotes, arrays and objects with their brackets */
    uint32_t next;  /* index of the token behind the whole value */
    union {
        uint32_t count; /* elements, or members */
        uint32_t hash;  /* of a key: json_hash of what it says */
    };
};

/* Set `at` and `cap` to the caller's tokens; at[0] is the root once json_read has said JSON_FAULT_NONE. */
struct json_tape {
    struct wp_slice text; /* borrowed: tokens point into it */
    struct json_token *at;
    uint32_t n, cap;
    bool duplicate;        /* some object has a key twice */
    uint32_t duplicate_at; /* offset of the first key that its object had before */
};

enum { JSON_DEPTH = 64 };

/* Tokens that suffice for every well-formed text of n bytes. */
static inline size_t json_tokens_max(size_t n)
{
    return n / 2 + 1;
}

/* Objects and arrays may nest `depth_max` deep. `*ret_at` (may be NULL) is the offset of what was wrong, the text's
 * length when it ends too early. Texts of 4 GiB and more are refused as SIZE. */
enum json_fault json_read(struct json_tape *tape, struct wp_slice text, unsigned depth_max, size_t *ret_at);

/* Walk an array's elements, or the keys of an object (the value is at key + 1). */
#define JSON_EACH(tape, i, array)                                                                            \
    for (uint32_t i = (array) + 1; i < (tape)->at[array].next; i = (tape)->at[i].next)
#define JSON_EACH_KEY(tape, key, object)                                                                     \
    for (uint32_t key = (object) + 1; key < (tape)->at[object].next; key = (tape)->at[key + 1].next)

static inline struct wp_slice json_text(const struct json_tape *tape, uint32_t i)
{
    return wp_slice(tape->text.p + tape->at[i].at, tape->at[i].n);
}

/* Index of the value behind the object's member `key`, the last one where it stands twice; 0: none (0 is the root,
 * which nobody's member can be). */
uint32_t json_member(const struct json_tape *tape, uint32_t object, struct wp_slice key);
/* Index of the array's element number `k`, from 0; 0: it has fewer. */
uint32_t json_element(const struct json_tape *tape, uint32_t array, uint32_t k);

/* Is the string token this text? Escapes are understood. */
bool json_string_is(const struct json_tape *tape, uint32_t i, struct wp_slice text);
/* Do the two string tokens say the same? */
bool json_strings_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k);
/* The string without its escapes, as UTF-8; never more bytes than the token has. */
void json_put_string(const struct json_tape *tape, uint32_t i, struct wp_writer *w);
/* How many Unicode characters it has. */
size_t json_string_length(const struct json_tape *tape, uint32_t i);
/* What a key's token carries. Differs between machines, so it decides no order. */
uint32_t json_hash(struct wp_slice text);

/* A number, text (as sent: look at `escaped`), bool or null as a value; WP_TREE for arrays and objects. A number
 * beyond a double is WP_TEXT: only its digits are exact. */
struct wp_value json_value(const struct json_tape *tape, uint32_t i);
/* -1, 0, 1 by value, exact for every number that JSON can write. */
int json_number_cmp(struct wp_slice a, struct wp_slice b);
/* Has the number no fraction? 1.0 and 1e2 have none. */
bool json_number_is_whole(struct wp_slice text);
/* Is it a whole multiple, exactly (0.0075 is one of 0.0001)? The divisor is positive and has at most 18 significant
 * digits. */
bool json_number_is_multiple(struct wp_slice text, struct wp_slice divisor);
/* Digits from the first to the last that is not 0. */
size_t json_number_digits(struct wp_slice text);

/* Equal as JSON says it: numbers by value, objects without order. */
bool json_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k);

/* Equal values of one tape have equal hashes. Differs between machines. */
uint32_t json_value_hash(const struct json_tape *tape, uint32_t i);

/* The value on one line without blanks: strings with the fewest escapes, numbers as they were sent, members in their
 * order. The same for every way to write it, numbers apart. */
void json_print(const struct json_tape *tape, uint32_t i, struct wp_writer *w);
/* The same over several lines, indented by two, with a newline at its end. */
void json_pretty(const struct json_tape *tape, uint32_t i, struct wp_writer *w);

#endif
