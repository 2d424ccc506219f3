/* What the parts of the D-Bus codec share: numbers on the wire, and the check of values. Included by them only. */
#ifndef WP_DBUS_IMPL_H
#define WP_DBUS_IMPL_H

#include "sim/codec/dbus.h"

/* Header fields by their code; 0 is none, others are to be ignored. */
enum dbus_field {
    DBUS_FIELD_PATH = 1,
    DBUS_FIELD_INTERFACE,
    DBUS_FIELD_MEMBER,
    DBUS_FIELD_ERROR_NAME,
    DBUS_FIELD_REPLY_SERIAL,
    DBUS_FIELD_DESTINATION,
    DBUS_FIELD_SENDER,
    DBUS_FIELD_SIGNATURE,
    DBUS_FIELD_UNIX_FDS,
    DBUS_N_FIELDS,
};

/* The next multiple of `to`, which is a power of two. */
static inline size_t dbus_padded(size_t at, size_t to)
{
    return (at + to - 1) & ~(to - 1);
}

static inline uint16_t dbus_u16(const uint8_t *p, bool is_big)
{
    if (is_big)
        return (uint16_t)(p[0] << 8 | p[1]);
    return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t dbus_u32(const uint8_t *p, bool is_big)
{
    return is_big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                  : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t dbus_u64(const uint8_t *p, bool is_big)
{
    uint64_t first = dbus_u32(p, is_big), second = dbus_u32(p + 4, is_big);

    return is_big ? first << 32 | second : second << 32 | first;
}

/* A place in a message that is looked at, and what was wrong there. */
struct dbus_check {
    const uint8_t *p; /* of offset 0 */
    size_t at;
    size_t end; /* values may not reach beyond it */
    bool is_big;
    enum wp_fault fault;
};

/* Each: false and a fault with its place in `at`, or `at` behind it. */
bool dbus_check_padding(struct dbus_check *c, size_t to);
/* s, o and g: the length, the text and its 0. */
bool dbus_check_text(struct dbus_check *c, uint8_t code, struct wp_slice *out);
/* Values of these types, which are a valid signature, inside of `depth` containers. */
bool dbus_check_values(struct dbus_check *c, struct wp_slice signature, unsigned depth);

static inline bool dbus_is_wrong(struct dbus_check *c, enum wp_fault fault, size_t at)
{
    c->fault = fault;
    c->at = at;
    return false;
}

#endif
