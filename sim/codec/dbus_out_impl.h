/* What dbus_out.c and dbus_put.c share: values into the writer, and the type that is next. Included by them only. */
#ifndef WP_DBUS_OUT_IMPL_H
#define WP_DBUS_OUT_IMPL_H

#include "sim/codec/dbus_impl.h"
#include "sim/codec/dbus_out.h"

/* From the message's first byte. */
static inline size_t dbus_out_place(const struct dbus_out *out)
{
    return out->w->n - out->start;
}

static inline void dbus_out_align(struct dbus_out *out, size_t to)
{
    static const uint8_t zeros[DBUS_ALIGN];
    const size_t at = dbus_out_place(out);

    wp_put_slice(out->w, wp_slice(zeros, dbus_padded(at, to) - at));
}

static inline void dbus_out_u32(struct dbus_out *out, uint32_t v)
{
    dbus_out_align(out, 4);
    wp_put_u32le(out->w, v);
}

/* s and o; g has its length in one byte. */
static inline void dbus_out_text(struct dbus_out *out, uint8_t code, struct wp_slice text)
{
    if (code == 'g')
        wp_put_u8(out->w, (uint8_t)text.n);
    else
        dbus_out_u32(out, (uint32_t)text.n);
    wp_put_slice(out->w, text);
    wp_put_u8(out->w, 0);
}

static inline struct dbus_out_level *dbus_out_here(struct dbus_out *out)
{
    return &out->levels[out->depth];
}

static inline size_t dbus_out_type_length(const char *type)
{
    return dbus_type_length(wp_slice(type, DBUS_NAME_MAX));
}

/* A value of the type at the front was put. */
static inline void dbus_out_pass(struct dbus_out *out)
{
    struct dbus_out_level *l = dbus_out_here(out);

    if (!l->is_array)
        l->type++;
}

#endif
