/* Random D-Bus messages of every type, written by ours or by libdbus, and two readers that go through one side by side. */
#ifndef WP_DBUS_RIG_H
#define WP_DBUS_RIG_H

#include "sim/codec/dbus_out.h"
#include "sim/core/random.h"

#include <check.h>
#include <dbus/dbus.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_MESSAGE_MAX = 1 << 20, RIG_SIGNATURE_MAX = 200, RIG_DEPTH_MAX = 6 };

static const char rig_basic[] = "ybnqiuxtdsog";

/* ---- what is said --------------------------------------------------------------------------------------- */

static inline void rig_type(struct wp_random *r, struct wp_writer *w, unsigned depth)
{
    uint64_t kind = depth < RIG_DEPTH_MAX ? wp_random_below(r, 12) : 0;

    if (w->n > RIG_SIGNATURE_MAX / 2)
        kind = 0;
    switch (kind) {
    case 1: wp_put_char(w, 'v'); break;
    case 2:
    case 3:
        wp_put_char(w, 'a');
        rig_type(r, w, depth + 1);
        break;
    case 4:
        wp_put_char(w, '(');
        for (uint64_t n = 1 + wp_random_below(r, 3); n > 0; n--)
            rig_type(r, w, depth + 1);
        wp_put_char(w, ')');
        break;
    case 5:
        wp_put_text(w, "a{");
        wp_put_char(w, rig_basic[wp_random_below(r, sizeof rig_basic - 1)]);
        rig_type(r, w, depth + 1);
        wp_put_char(w, '}');
        break;
    default: wp_put_char(w, rig_basic[wp_random_below(r, sizeof rig_basic - 1)]); break;
    }
}

/* n complete types, ended by a 0. */
static inline const char *rig_signature(struct wp_random *r, char *memory, uint64_t n)
{
    struct wp_writer w = wp_writer(memory, DBUS_NAME_MAX + 1);

    for (; n > 0 && w.n < RIG_SIGNATURE_MAX / 2; n--)
        rig_type(r, &w, 0);
    return wp_put_end(&w);
}

/* Valid as what it is, ended by a 0. */
static inline const char *rig_text(struct wp_random *r, char code)
{
    static const char *const strings[] = {
        "", "936W", "com.victronenergy.grid", "20\xC2\xB0K", "\xF0\x9F\x94\x8B", "three\xE2\x82\xAC"};
    static const char *const paths[] = {"/", "/Ac/Power", "/Ac/L1/Energy/Forward", "/_0/A9"};
    static const char *const types[] = {"", "a{sv}", "(ii)s", "aai", "v"};

    switch (code) {
    case 's': return strings[wp_random_below(r, sizeof strings / sizeof strings[0])];
    case 'o': return paths[wp_random_below(r, sizeof paths / sizeof paths[0])];
    default: return types[wp_random_below(r, sizeof types / sizeof types[0])];
    }
}

static inline double rig_double(struct wp_random *r)
{
    uint64_t bits = wp_random_next(r);
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Bits of a number of this size, its edges often. */
static inline uint64_t rig_bits(struct wp_random *r, unsigned size)
{
    static const uint64_t edges[] = {0,      1,      0x7F,       0x80,       0xFF,
                                     0x7FFF, 0x8000, 0x7FFFFFFF, 0x80000000, UINT64_MAX};
    uint64_t v = wp_random_below(r, 2) ? wp_random_next(r) : edges[wp_random_below(r, 10)];

    return v & UINT64_MAX >> (64 - 8 * size);
}

/* ---- ours writes ---------------------------------------------------------------------------------------- */

static inline void rig_put(struct wp_random *r, struct dbus_out *out, unsigned depth)
{
    char memory[DBUS_NAME_MAX + 1];
    uint8_t code = dbus_wants(out);
    uint64_t n;

    switch (code) {
    case 'v':
        dbus_open_variant(out, rig_signature(r, memory, 1));
        rig_put(r, out, depth + 1);
        dbus_close(out);
        break;
    case 'a':
        n = wp_random_below(r, depth > RIG_DEPTH_MAX ? 2 : 4);
        dbus_open(out);
        for (; n > 0; n--)
            rig_put(r, out, depth + 1);
        dbus_close(out);
        break;
    case '(':
    case '{':
        dbus_open(out);
        while (dbus_wants(out))
            rig_put(r, out, depth + 1);
        dbus_close(out);
        break;
    case 's':
    case 'o':
    case 'g': dbus_put_text(out, wp_text(rig_text(r, (char)code))); break;
    case 'd': dbus_put_double(out, rig_double(r)); break;
    case 'b': dbus_put_bool(out, wp_random_below(r, 2)); break;
    case 'n': dbus_put_int(out, (int16_t)rig_bits(r, 2)); break;
    case 'i': dbus_put_int(out, (int32_t)rig_bits(r, 4)); break;
    case 'x': dbus_put_int(out, (int64_t)rig_bits(r, 8)); break;
    default: dbus_put_uint(out, rig_bits(r, dbus_alignment(code))); break;
    }
}

/* ---- libdbus writes ------------------------------------------------------------------------------------- */

static inline void rig_append(struct wp_random *r, DBusMessageIter *to, DBusSignatureIter *type,
                              unsigned depth);

static inline void rig_append_variant(struct wp_random *r, DBusMessageIter *to, unsigned depth)
{
    char memory[DBUS_NAME_MAX + 1];
    const char *signature = rig_signature(r, memory, 1);
    DBusMessageIter inner;
    DBusSignatureIter type;

    dbus_signature_iter_init(&type, signature);
    ck_assert(dbus_message_iter_open_container(to, DBUS_TYPE_VARIANT, signature, &inner));
    rig_append(r, &inner, &type, depth + 1);
    ck_assert(dbus_message_iter_close_container(to, &inner));
}

static inline void rig_append_array(struct wp_random *r, DBusMessageIter *to, DBusSignatureIter *type,
                                    unsigned depth)
{
    DBusSignatureIter element;
    DBusMessageIter inner;
    char *signature;

    dbus_signature_iter_recurse(type, &element);
    signature = dbus_signature_iter_get_signature(&element);
    ck_assert(dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, signature, &inner));
    for (uint64_t n = wp_random_below(r, depth > RIG_DEPTH_MAX ? 2 : 4); n > 0; n--)
        rig_append(r, &inner, &element, depth + 1);
    ck_assert(dbus_message_iter_close_container(to, &inner));
    dbus_free(signature);
}

static inline void rig_append_struct(struct wp_random *r, DBusMessageIter *to, DBusSignatureIter *type,
                                     unsigned depth)
{
    DBusSignatureIter member;
    DBusMessageIter inner;

    dbus_signature_iter_recurse(type, &member);
    ck_assert(dbus_message_iter_open_container(to, dbus_signature_iter_get_current_type(type), NULL, &inner));
    do
        rig_append(r, &inner, &member, depth + 1);
    while (dbus_signature_iter_next(&member));
    ck_assert(dbus_message_iter_close_container(to, &inner));
}

static inline void rig_append(struct wp_random *r, DBusMessageIter *to, DBusSignatureIter *type,
                              unsigned depth)
{
    int code = dbus_signature_iter_get_current_type(type);
    DBusBasicValue v = {0};

    switch (code) {
    case DBUS_TYPE_VARIANT: rig_append_variant(r, to, depth); return;
    case DBUS_TYPE_ARRAY: rig_append_array(r, to, type, depth); return;
    case DBUS_TYPE_STRUCT:
    case DBUS_TYPE_DICT_ENTRY: rig_append_struct(r, to, type, depth); return;
    case DBUS_TYPE_STRING:
    case DBUS_TYPE_OBJECT_PATH:
    case DBUS_TYPE_SIGNATURE: v.str = (char *)(uintptr_t)rig_text(r, (char)code); break;
    case DBUS_TYPE_BOOLEAN: v.bool_val = (dbus_bool_t)wp_random_below(r, 2); break;
    case DBUS_TYPE_DOUBLE: v.dbl = rig_double(r); break;
    default: v.u64 = rig_bits(r, dbus_alignment((uint8_t)code)); break;
    }
    ck_assert(dbus_message_iter_append_basic(to, code, &v));
}

/* ---- both read ------------------------------------------------------------------------------------------ */

/* One level of both; what they say must be the same. */
static inline void rig_compare(struct dbus_iter *it, DBusMessageIter *d)
{
    int code;

    while ((code = dbus_message_iter_get_arg_type(d)) != DBUS_TYPE_INVALID) {
        uint8_t ours = dbus_next_type(it);
        char *signature = dbus_message_iter_get_signature(d);
        DBusBasicValue v = {0};
        struct wp_value mine;
        DBusMessageIter inner;

        ck_assert_msg(wp_slice_is(dbus_next_signature(it), signature), "libdbus has %s next", signature);
        dbus_free(signature);
        if (code == DBUS_TYPE_STRUCT || code == DBUS_TYPE_DICT_ENTRY || code == DBUS_TYPE_VARIANT ||
            code == DBUS_TYPE_ARRAY) {
            dbus_message_iter_recurse(d, &inner);
            ck_assert(
                dbus_is_empty_array(it) ==
                (code == DBUS_TYPE_ARRAY && dbus_message_iter_get_arg_type(&inner) == DBUS_TYPE_INVALID));
            ck_assert(dbus_enter(it));
            rig_compare(it, &inner);
            dbus_leave(it);
        } else {
            ck_assert_int_eq(ours, code);
            dbus_message_iter_get_basic(d, &v);
            ck_assert(dbus_get_value(it, &mine));
            switch (code) {
            case DBUS_TYPE_STRING:
            case DBUS_TYPE_OBJECT_PATH:
            case DBUS_TYPE_SIGNATURE: ck_assert(wp_slice_is(mine.bytes, v.str)); break;
            case DBUS_TYPE_BOOLEAN: ck_assert(mine.yes == v.bool_val); break;
            case DBUS_TYPE_DOUBLE: ck_assert(memcmp(&mine.real, &v.dbl, sizeof v.dbl) == 0); break;
            case DBUS_TYPE_UNIX_FD: break; /* libdbus gives a file of its own for it */
            case DBUS_TYPE_BYTE: ck_assert(mine.num == v.byt); break;
            case DBUS_TYPE_INT16: ck_assert(mine.num == v.i16); break;
            case DBUS_TYPE_UINT16: ck_assert(mine.num == v.u16); break;
            case DBUS_TYPE_INT32: ck_assert(mine.num == v.i32); break;
            case DBUS_TYPE_UINT32: ck_assert(mine.num == v.u32); break;
            case DBUS_TYPE_INT64: ck_assert(mine.num == v.i64); break;
            default: ck_assert(wp_value_eq(mine, wp_uint(v.u64))); break;
            }
        }
        dbus_message_iter_next(d);
    }
    ck_assert_int_eq(dbus_next_type(it), 0);
    ck_assert(!it->wrong);
}

static inline bool rig_same(struct wp_slice ours, const char *theirs)
{
    return theirs ? ours.p && wp_slice_is(ours, theirs) : ours.p == NULL;
}

/* Everything that both say of the same message. */
static inline void rig_compare_messages(const struct dbus_message *m, DBusMessage *d)
{
    struct dbus_iter it;
    DBusMessageIter theirs;

    ck_assert_int_eq(m->type, dbus_message_get_type(d));
    ck_assert_uint_eq(m->serial, dbus_message_get_serial(d));
    ck_assert_uint_eq(m->reply_serial, dbus_message_get_reply_serial(d));
    ck_assert(rig_same(m->path, dbus_message_get_path(d)));
    ck_assert(rig_same(m->interface, dbus_message_get_interface(d)));
    ck_assert(rig_same(m->member, dbus_message_get_member(d)));
    ck_assert(rig_same(m->error_name, dbus_message_get_error_name(d)));
    ck_assert(rig_same(m->destination, dbus_message_get_destination(d)));
    ck_assert(rig_same(m->sender, dbus_message_get_sender(d)));
    ck_assert(wp_slice_is(m->signature, dbus_message_get_signature(d)));
    ck_assert(!(m->flags & DBUS_NO_REPLY) == !dbus_message_get_no_reply(d));
    dbus_iter(&it, m);
    if (dbus_message_iter_init(d, &theirs))
        rig_compare(&it, &theirs);
    ck_assert_int_eq(dbus_next_type(&it), 0);
}

/* libdbus on the bytes; NULL: refused. */
static inline DBusMessage *rig_demarshal(struct wp_slice bytes)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusMessage *d = dbus_message_demarshal((const char *)bytes.p, (int)bytes.n, &error);

    dbus_error_free(&error);
    return d;
}

/* ---- a message of the other byte order ------------------------------------------------------------------ */

static inline void rig_swap(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        uint8_t byte = p[i];

        p[i] = p[n - 1 - i];
        p[n - 1 - i] = byte;
    }
}

/* Turns the values of these types around, which are low byte first; returns where they end. */
static inline size_t rig_swap_values(uint8_t *p, size_t at, const char **type)
{
    char code = *(*type)++;
    unsigned size = dbus_alignment((uint8_t)code);
    const char *inner;
    uint32_t n;

    at = (at + size - 1) / size * size;
    switch (code) {
    case 'g': return at + p[at] + 2;
    case 'v': inner = (const char *)p + at + 1; return rig_swap_values(p, at + p[at] + 2, &inner);
    case '(':
    case '{':
        while (**type != ')' && **type != '}')
            at = rig_swap_values(p, at, type);
        ++*type;
        return at;
    default: break;
    }
    n = (uint32_t)(p[at] |
                   (code == 'a' || code == 's' || code == 'o' ? p[at + 1] << 8 | p[at + 2] << 16 : 0));
    rig_swap(p + at, size);
    at += size;
    if (code == 's' || code == 'o')
        return at + n + 1;
    if (code != 'a')
        return at;
    size = dbus_alignment((uint8_t) * *type);
    at = (at + size - 1) / size * size;
    n += (uint32_t)at;
    inner = *type;
    while (at < n) {
        inner = *type;
        at = rig_swap_values(p, at, &inner);
    }
    *type += dbus_type_length(wp_text(*type));
    return at;
}

/* The whole message, whose signature is this. */
static inline void rig_swap_message(uint8_t *p, const char *signature)
{
    const char *header = "yyyyuua(yv)";
    size_t at = 0;

    while (*header)
        at = rig_swap_values(p, at, &header);
    at = (at + 7) / 8 * 8;
    while (*signature)
        at = rig_swap_values(p, at, &signature);
    p[0] = 'B';
}

#endif
