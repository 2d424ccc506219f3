/* What the two halves of the LuxPower fields share: saying one field. Included by lxp_fields.c and
 * lxp_register_fields.c only. */
#ifndef WP_LXP_SAY_H
#define WP_LXP_SAY_H

#include "sim/codec/lxp.h"

struct lxp_visitor {
    const struct lxp_frame *frame;
    wp_visit *visit;
    void *ctx;
};

/* A field on the wire; first counts from the frame's first byte. */
static inline void say(const struct lxp_visitor *v, const char *path, struct wp_value value, size_t first,
                       size_t len, enum wp_role role)
{
    const struct wp_field field = {path, value, "", len ? first : 0, len, role};

    v->visit(v->ctx, &field);
}

static inline void say_derived(const struct lxp_visitor *v, const char *path, struct wp_value value)
{
    say(v, path, value, 0, 0, WP_ROLE_FIELD);
}

static inline void say_text(const struct lxp_visitor *v, const char *path, const char *text)
{
    if (text)
        say_derived(v, path, wp_text_value(wp_text(text)));
}

/* Bytes that should be text, and are printed as bytes where they are none. */
static inline struct wp_value lxp_text_or_bytes(struct wp_slice bytes)
{
    return wp_slice_is_printable(bytes) ? wp_text_value(bytes) : wp_bytes_value(bytes);
}

/* Where on the wire a slice of the frame stands. */
static inline size_t lxp_place(const struct lxp_visitor *v, struct wp_slice part)
{
    return (size_t)(part.p - v->frame->whole.p);
}

/* Every register in the values of a data frame, by number, name, value and unit. */
void lxp_say_registers(const struct lxp_visitor *v);

#endif
