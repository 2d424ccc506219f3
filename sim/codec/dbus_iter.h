/* Reading the body of a D-Bus message: one cursor that enters containers and leaves them, without recursion.
 *
 *     dbus_iter(&it, &message);                       a{sv}
 *     dbus_enter(&it);                                into the array
 *     while (dbus_next_type(&it)) {
 *         dbus_enter(&it);                            into the entry
 *         key = dbus_get_text(&it);
 *         is_value = dbus_get_value(&it, &value);     out of the variant
 *         dbus_leave(&it);
 *     }
 *     dbus_leave(&it);
 *
 * Sticky: who asks for another type than the next one gets 0 or nothing, and `wrong` stays true, so that a reader takes
 * everything and looks once. Slices borrow from the message. */
#ifndef WP_DBUS_ITER_H
#define WP_DBUS_ITER_H

#include "sim/codec/dbus.h"

/* An open container, or the body itself. */
struct dbus_level {
    const uint8_t *type;     /* of the next value; in an array always that of its elements */
    const uint8_t *type_end; /* of the level's types */
    uint32_t end;            /* of an array: where its elements end */
    bool is_array;
};

/* Not to be zeroed first: levels above `depth` are never looked at. */
struct dbus_iter {
    const uint8_t *p; /* of offset 0 */
    uint32_t at, n;
    bool is_big_endian, wrong;
    uint8_t depth; /* of the open level; 0 is the body */
    struct dbus_level levels[DBUS_DEPTH_MAX + 1];
};

/* Over the body of a decoded message. */
void dbus_iter(struct dbus_iter *it, const struct dbus_message *m);

/* Over the one value of a tree that dbus_get_tree made. */
void dbus_tree_iter(struct dbus_iter *it, struct wp_slice tree);

/* The type code of the next value: a basic one's, 'a', '(', '{' or 'v'; 0 at the end of the open container. */
uint8_t dbus_next_type(const struct dbus_iter *it);

/* The next value's complete type: "a{sv}"; empty at the end. */
struct wp_slice dbus_next_signature(const struct dbus_iter *it);

/* Is it an array without elements? */
bool dbus_is_empty_array(const struct dbus_iter *it);

/* Into the next value, which is a container; false and wrong: it is none. */
bool dbus_enter(struct dbus_iter *it);

/* Out of the open container, behind it; what was not read is skipped. */
void dbus_leave(struct dbus_iter *it);

/* Over the next value, whatever it is. */
void dbus_skip(struct dbus_iter *it);

uint8_t dbus_get_u8(struct dbus_iter *it);
bool dbus_get_bool(struct dbus_iter *it);
uint32_t dbus_get_u32(struct dbus_iter *it);
int32_t dbus_get_i32(struct dbus_iter *it);
/* s, o or g */
struct wp_slice dbus_get_text(struct dbus_iter *it);

/* The next value, also out of a variant (of a variant). y n q i u x t h are whole numbers, d WP_REAL, s o g text; an
 * empty array of whatever type is null.
 * false: an array with elements, a structure or an entry: it is still the next value, see dbus_get_tree; or none left */
bool dbus_get_value(struct dbus_iter *it, struct wp_value *out);

/* The same, and of what is no basic type a WP_TREE, which is written to `memory`: the value as a variant, marshalled
 * low byte first from a multiple of 8. It is the same for the same value, wherever it stood; dbus_tree_iter reads it,
 * dbus_put_value writes it. An empty array is null, as above.
 * false: none left; or `memory` is full, or the value nested as deep as messages go: then it is passed all the same */
bool dbus_get_tree(struct dbus_iter *it, struct wp_writer *memory, struct wp_value *out);

#endif
