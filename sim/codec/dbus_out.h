/* Writing D-Bus messages: begin one with its signature, put the values in its order, end it.
 *
 *     struct dbus_out out;
 *
 *     dbus_begin_signal(&out, &w, serial, path, interface, member, "a{sv}");
 *     dbus_open(&out);                      the array
 *     dbus_open(&out);                      an entry
 *     dbus_put_text(&out, wp_text("Value"));
 *     dbus_put_variant(&out, wp_real(936.0));
 *     dbus_close(&out);
 *     dbus_close(&out);
 *     is_whole = dbus_end(&out);
 *
 * To put another type than the signature has next is a bug of the caller's, and an assert. What comes from elsewhere
 * (text, names, values, how much it is) may be wrong: that is sticky, and dbus_end takes the message back. */
#ifndef WP_DBUS_OUT_H
#define WP_DBUS_OUT_H

#include "sim/codec/dbus_iter.h"

/* Not to be zeroed first. */
struct dbus_out {
    struct wp_writer *w;
    size_t start; /* of the message in the writer */
    size_t body;  /* of its body, from `start` */
    bool wrong;   /* a text, name or value that may not be */
    uint8_t depth;
    struct dbus_out_level {
        const char *type;        /* what is still to be put; of an array its elements' */
        size_t length_at, first; /* of an array */
        bool is_array;
    } levels[DBUS_DEPTH_MAX + 1];
};

/* The header of a message. Empty slices are not written. */
struct dbus_head {
    uint8_t type, flags;
    uint32_t serial;       /* not 0 */
    uint32_t reply_serial; /* 0: none */
    struct wp_slice path, interface, member, error_name, destination, sender;
};

/* signature: of the body; it and those given to dbus_open_variant are kept until what they describe is closed. */
void dbus_begin(struct dbus_out *out, struct wp_writer *w, const struct dbus_head *head,
                const char *signature);

/* The usual ones; empty slices are not written. A reply or error goes to the call's sender. */
void dbus_begin_call(struct dbus_out *out, struct wp_writer *w, uint32_t serial, struct wp_slice destination,
                     struct wp_slice path, struct wp_slice interface, struct wp_slice member,
                     const char *signature);
void dbus_begin_signal(struct dbus_out *out, struct wp_writer *w, uint32_t serial, struct wp_slice path,
                       struct wp_slice interface, struct wp_slice member, const char *signature);
void dbus_begin_reply(struct dbus_out *out, struct wp_writer *w, uint32_t serial,
                      const struct dbus_message *call, const char *signature);
/* With its text as the one value, as everybody sends it. */
bool dbus_put_error(struct wp_writer *w, uint32_t serial, const struct dbus_message *call, const char *name,
                    struct wp_slice text);

/* The type code that is to be put next; 0 at the end of the open container, where an array never is. */
uint8_t dbus_wants(const struct dbus_out *out);

/* Into the next value: an array, structure or entry. */
void dbus_open(struct dbus_out *out);
/* Into a variant of this one complete type. */
void dbus_open_variant(struct dbus_out *out, const char *type);
/* Out of the innermost one; everything that its type says was put. */
void dbus_close(struct dbus_out *out);

void dbus_put_bool(struct dbus_out *out, bool v);
/* y n q i u x t h; beyond the type's range: wrong. */
void dbus_put_int(struct dbus_out *out, int64_t v);
void dbus_put_uint(struct dbus_out *out, uint64_t v);
void dbus_put_double(struct dbus_out *out, double v);
/* s o g; what the type does not allow: wrong. */
void dbus_put_text(struct dbus_out *out, struct wp_slice text);

/* The value as the type that is next, whichever it is. A number goes into every type of whole numbers that holds it
 * exactly, and into d as the nearest double, a double into d alone; null into an array: without elements; bytes into
 * ay; a tree into its own type; anything into a variant, as dbus_put_variant does. What does not go: wrong. */
void dbus_put_value(struct dbus_out *out, struct wp_value v);

/* A variant of the type that the value has by itself: null ai (without elements), boolean b, whole numbers without exponent i, x where
 * that is too small, t beyond it, other numbers d, text s, bytes ay, a tree its own. */
void dbus_put_variant(struct dbus_out *out, struct wp_value v);
/* A variant of this type. */
void dbus_put_variant_as(struct dbus_out *out, const char *type, struct wp_value v);

/* The next value of `it`, which is taken; both have the same type next. */
void dbus_put_copy(struct dbus_out *out, struct dbus_iter *it);

/* Writes the lengths. false: the writer was full (and is), or something was wrong; it holds then what it held before. */
bool dbus_end(struct dbus_out *out);

/* A tree (see dbus_get_tree) instead of a message: what is put between is its one variant.
 * false: as dbus_end */
void dbus_begin_tree(struct dbus_out *out, struct wp_writer *memory);
bool dbus_end_tree(struct dbus_out *out, struct wp_value *ret);

#endif
