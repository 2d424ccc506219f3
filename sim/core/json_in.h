/* JSON from the wire, read strictly (RFC 8259) into a tape of tokens in the caller's memory.
 *
 * Number and string text are kept as they were sent; \u0000 survives; a key that stands twice is seen. No malloc,
 * no recursion, every loop bounded by the text. */
#ifndef WP_JSON_IN_H
#define WP_JSON_IN_H

#include "sim/core/value.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

#define JSON_FAULTS(X)                                                                                       \
    X(NONE, "well-formed")                                                                                   \
    X(EMPTY, "no value")                                                                                     \
    X(UNEXPECTED, "unexpected character")                                                                    \
    X(UNFINISHED, "the text ends inside a value")                                                            \
    X(TRAILING, "text behind the value")                                                                     \
    X(NUMBER, "not a number as JSON writes them")                                                            \
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
    uint32_t at, n; /* its text; strings without their quotes, arrays and objects with their brackets */
    uint32_t next;  /* index of the token behind the whole value */
    uint32_t count; /* elements, or members */
};

/* Set `at` and `cap` to the caller's tokens; at[0] is the root once json_read has said JSON_FAULT_NONE. */
struct json_tape {
    struct wp_slice text; /* borrowed: tokens point into it */
    struct json_token *at;
    uint32_t n, cap;
    bool duplicate;        /* some object has a key twice */
    uint32_t duplicate_at; /* offset of the first such key */
};

enum { JSON_DEPTH = 64 };

/* `*ret_at` (may be NULL) is the offset of what was wrong. Texts of 4 GiB and more are refused as SIZE. */
enum json_fault json_read(struct json_tape *tape, struct wp_slice text, unsigned depth_max, size_t *ret_at);

static inline struct wp_slice json_text(const struct json_tape *tape, uint32_t i)
{
    return wp_slice(tape->text.p + tape->at[i].at, tape->at[i].n);
}

/* Index of the value behind the object's member `key`, the last one where it stands twice; 0: none (0 is the root,
 * which nobody's member can be). */
uint32_t json_member(const struct json_tape *tape, uint32_t object, struct wp_slice key);

/* Is the string token this text? Escapes are understood. */
bool json_string_is(const struct json_tape *tape, uint32_t i, struct wp_slice text);
/* The string without its escapes, as UTF-8. */
void json_put_string(const struct json_tape *tape, uint32_t i, struct wp_writer *w);
/* How many Unicode characters it has. */
size_t json_string_length(const struct json_tape *tape, uint32_t i);

/* A number, text (as sent: look at `escaped`), bool or null as a value; WP_TREE for arrays and objects. */
struct wp_value json_value(const struct json_tape *tape, uint32_t i);

/* Equal as JSON says it: numbers by value, objects without order. */
bool json_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k);

#endif
