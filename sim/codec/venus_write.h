/* Payloads that clients of the Victron N/R/W API send: what W writes, and the options of a keep-alive.
 *
 *     {"value":-200}           i     a whole number is i where that is wide enough, else x
 *     {"value":1.0}            d     a point or an exponent makes it a double; whole numbers beyond 64 bits, too
 *     {"value":true}           b
 *     {"value":"text"}         s
 *     {"value":null}           ai    without elements: the item becomes invalid
 *     {"value":[]}             au    without elements
 *     {"value":[1,2]}          ai    elements of one type, arrays as well ([null] is aai); whole numbers together x
 *
 * source: api/venus.md; protocols/victron-dbus-and-vrm b.5, b.9 */
#ifndef WP_VENUS_WRITE_H
#define WP_VENUS_WRITE_H

#include "sim/core/json_in.h"

enum {
    VENUS_TOKENS_MAX = 1024,  /* values and keys in one payload */
    VENUS_PAYLOAD_MAX = 8192, /* bytes of a payload that is looked at */
    VENUS_ARRAYS_MAX = 16,    /* arrays in arrays */
};

/* Where one payload is taken apart; what comes out borrows from it until the next one. */
struct venus_room {
    struct json_token tokens[VENUS_TOKENS_MAX];
    uint8_t text[VENUS_PAYLOAD_MAX];
    uint8_t tree[6 * VENUS_PAYLOAD_MAX]; /* "0," becomes 4 bytes or 8, [] with its comma at most 12 */
};

#define VENUS_WRITE_FAULTS(X)                                                                                \
    X(NONE, "a value")                                                                                       \
    X(LONG, "the payload is too long")                                                                       \
    X(JSON, "the payload is not JSON")                                                                       \
    X(NO_OBJECT, "the payload is not a JSON object")                                                         \
    X(NO_VALUE, "the object has no member \"value\"")                                                        \
    X(IS_OBJECT, "an object cannot be written")                                                              \
    X(MIXED, "the elements of an array must be of one type")                                                 \
    X(NUMBER, "the number is too large for D-Bus")                                                           \
    X(TEXT, "a text with \\u0000 in it cannot be written")                                                   \
    X(DEPTH, "arrays are nested too deep")

enum venus_write_fault {
#define X(name, text) VENUS_WRITE_##name,
    VENUS_WRITE_FAULTS(X)
#undef X
};

const char *venus_write_fault_text(enum venus_write_fault fault);

/* The payload of a W as the value that dbus_put_variant gives the type above: whole numbers, WP_REAL, bool, text, null,
 * or a tree. Of a member "value" that stands twice the last one counts; others are ignored.
 * out  written only on VENUS_WRITE_NONE */
enum venus_write_fault venus_write_read(struct wp_slice payload, struct venus_room *room,
                                        struct wp_value *out);

/* What a keep-alive asks for. */
struct venus_keepalive {
    bool suppress; /* no full publish */
    bool has_echo;
    struct wp_slice echo; /* goes into the marker of the full publish; may be empty */
};

/* Never fails: what is not understood asks for a full publish without an echo.
 * - suppress: the payload has the characters suppress-republish anywhere in it, in an echo as well.
 * - echo: the last text "full-publish-completed-echo" of the objects in the array "keepalive-options"; the first object
 *   that has none, or something else there, ends the search. */
void venus_keepalive_read(struct wp_slice payload, struct venus_room *room, struct venus_keepalive *out);

#endif
