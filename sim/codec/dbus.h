/* D-Bus: one whole message, as it goes over a bus connection and stands in captures of dbus-monitor.
 *
 *     order | type | flags | 01 | body_len 4 | serial 4 | fields_len 4 | fields | 00.. | body
 *
 * - order: 6C ('l') all numbers low byte first, 42 ('B') high byte first. Both are read, 'l' is written.
 * - fields_len: of the fields alone. The body begins at the next multiple of 8, and is what SIGNATURE says.
 * - fields: one after the other, each from a multiple of 8: code 1 | value as a variant.
 * Every value stands at a multiple of its own size, counted from the first byte; what is between is 00:
 *
 *     y 1   n q 2   b i u h 4   x t d 8   s o: 4 length | text | 00   g: 1 length | text | 00
 *     a: 4 length of the elements | 00.. up to the first one, also of none | elements     ( and {: from a multiple of 8
 *     v: g of one complete type | its value
 *
 * dbus_iter.h reads bodies, dbus_out.h writes messages, dbus_bus.h has the calls of the bus itself, dbus_match.h its
 * match rules.
 * source: D-Bus Specification ("Type System", "Message Protocol"), as it comes with D-Bus 1.14 */
#ifndef WP_DBUS_H
#define WP_DBUS_H

#include "sim/core/decode.h"

enum {
    DBUS_FIXED = 16,            /* bytes that tell how long the message is */
    DBUS_MESSAGE_MAX = 1 << 27, /* bytes of a message, header included */
    DBUS_ARRAY_MAX = 1 << 26,   /* bytes of an array's elements */
    DBUS_NAME_MAX = 255,        /* characters of an interface, member, error or bus name; of a signature */
    DBUS_NESTED_MAX = 32,       /* arrays in arrays in a signature; likewise structures */
    DBUS_DEPTH_MAX = 64,        /* containers in containers, variants included */
    DBUS_ALIGN = 8,             /* of a message and its body */
};

/* Other types than these are read too, and are to be ignored; 0 is none. */
#define DBUS_TYPES(X)                                                                                        \
    X(CALL, 1, "method_call")                                                                                \
    X(RETURN, 2, "method_return")                                                                            \
    X(ERROR, 3, "error")                                                                                     \
    X(SIGNAL, 4, "signal")

enum dbus_type {
#define X(name, code, text) DBUS_##name = code,
    DBUS_TYPES(X)
#undef X
};

/* Flags; other bits are to be ignored. */
enum {
    DBUS_NO_REPLY = 1,      /* a call that nobody is to answer */
    DBUS_NO_AUTO_START = 2, /* do not start who has the name */
    DBUS_INTERACTIVE = 4,   /* the caller can wait for a user to allow it */
};

/* One message; the slices borrow from the decoded input. What the message does not have is empty with p NULL, or 0. */
struct dbus_message {
    bool is_big_endian;
    uint8_t type;  /* enum dbus_type, or another */
    uint8_t flags; /* as on the wire */
    uint32_t serial;
    uint32_t reply_serial; /* of a return or error: the serial of its call */
    uint32_t n_fds; /* file descriptors that went beside the message: they are counted, never carried */
    struct wp_slice path, interface, member, error_name, destination, sender;
    struct wp_slice signature; /* of the body: any number of complete types */
    struct wp_slice body;
    struct wp_slice whole;              /* the message's own bytes */
    uint32_t reply_serial_at, n_fds_at; /* where they stand in `whole`; 0: not there */
};

/* Decode one message from the front of `in`; everything in it is looked at, so that a dbus_iter over it cannot fail.
 * out  written only on WP_OK
 * WP_MORE need = bytes still missing: up to DBUS_FIXED, then exact
 * WP_BAD START (no byte order), TYPE (0), VERSION, LENGTH (more than the limits allow): used = bytes up to the next
 *        place where a message could begin
 *        SERIAL, HEADER_FIELD (twice, or of another type than it must have), MISSING (a field that this type of message
 *        must have), OBJECT_PATH, NAME, SIGNATURE, UTF8, PADDING, BOOLEAN, COUNT (more bytes announced than there are),
 *        DEPTH, END (no 0 behind a text), EXTRA (more body than the signature says): used = the whole message
 * source: D-Bus Specification, "Message Format", "Valid Object Paths", "Valid Names", "Valid Signatures" */
struct wp_decode dbus_decode(struct wp_slice in, struct dbus_message *out);

/* The same for what was captured: a monitor also writes down what its own library tells it when the connection ends, a
 * signal of org.freedesktop.DBus.Local without a serial.
 * seen: dbus-monitor 1.14 --pcap, the last packet when the daemon ends first */
struct wp_decode dbus_decode_seen(struct wp_slice in, struct dbus_message *out);

/* The whole length of a message that begins so, from its first DBUS_FIXED bytes; 0: `in` is shorter, or begins none. */
size_t dbus_length(struct wp_slice in);

/* "method_call"; NULL for a type that nobody knows. */
const char *dbus_type_text(uint8_t type);

/* ---- names ------------------------------------------------------------------------------------------- */

/* "/", or elements [A-Za-z0-9_]+ each behind its '/'. Of any length. */
bool dbus_is_path(struct wp_slice text);
/* Two or more elements [A-Za-z_][A-Za-z0-9_]* with '.' between them; error names too. */
bool dbus_is_interface(struct wp_slice text);
/* One such element. */
bool dbus_is_member(struct wp_slice text);
/* Unique (":1.42") or well-known; like an interface, but '-' is a letter, and elements of unique ones may begin with a
 * digit. */
bool dbus_is_bus_name(struct wp_slice text);
bool dbus_is_well_known(struct wp_slice text);
/* Complete types, or none at all. */
bool dbus_is_signature(struct wp_slice text);
/* Exactly one complete type, as in a variant. */
bool dbus_is_one_type(struct wp_slice text);
/* What a value of type s may be: UTF-8 without a 0. */
bool dbus_is_string(struct wp_slice text);

/* Length of the first complete type of a valid signature; 0: it is empty. */
size_t dbus_type_length(struct wp_slice signature);
/* What values of this type code begin at a multiple of: 1, 2, 4 or 8; 0: no type. */
unsigned dbus_alignment(uint8_t code);
/* ybnqiuxtdsogh */
bool dbus_is_basic(uint8_t code);

/* ---- the catalog row --------------------------------------------------------------------------------- */

void dbus_fields(const void *message, wp_visit *visit, void *ctx);
/* A call asks, unless nobody is to reply; its return or error answers, by the serial and the two who talk. */
struct wp_turn dbus_turn(const void *message);
bool dbus_answers(const struct wp_turn *answer, const struct wp_turn *question);

/* asker "caller", answerer "service" */
extern const struct wp_codec dbus_codec;

#endif
