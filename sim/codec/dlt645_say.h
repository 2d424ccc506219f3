/* What the two halves of the DL/T 645 fields share: saying one field. Included by dlt645_fields.c and
 * dlt645_reading.c only. */
#ifndef WP_DLT645_SAY_H
#define WP_DLT645_SAY_H

#include "sim/codec/dlt645.h"

enum { DLT645_AT_DATA = 10 }; /* D0, from the first 68 */

struct dlt645_visitor {
    const struct dlt645_frame *frame;
    wp_visit *visit;
    void *ctx;
};

static inline void say(const struct dlt645_visitor *v, const char *path, struct wp_value value,
                       const char *unit, size_t first, size_t len, enum wp_role role)
{
    struct wp_field field = {path, value, unit, len ? first : 0, len, role};

    v->visit(v->ctx, &field);
}

static inline void say_derived(const struct dlt645_visitor *v, const char *path, struct wp_value value)
{
    say(v, path, value, "", 0, 0, WP_ROLE_FIELD);
}

static inline void say_text(const struct dlt645_visitor *v, const char *path, const char *text)
{
    say_derived(v, path, wp_text_value(wp_text(text)));
}

/* A field of the data: `at` and `len` count from D0. */
static inline void say_data(const struct dlt645_visitor *v, const char *path, struct wp_value value,
                            size_t at, size_t len, enum wp_role role)
{
    say(v, path, value, "", v->frame->wakeup + DLT645_AT_DATA + at, len, role);
}

/* The data bytes themselves, as hexadecimal digits. */
static inline void say_bytes(const struct dlt645_visitor *v, const char *path, size_t at, size_t len,
                             enum wp_role role)
{
    say_data(v, path, wp_bytes_value(wp_slice(v->frame->data + at, len)), at, len, role);
}

/* n digits of a number, high byte first. */
static inline void say_number(const struct dlt645_visitor *v, const char *path, uint32_t number, size_t n,
                              size_t at, enum wp_role role)
{
    uint8_t high_first[4];

    for (size_t i = 0; i < n; i++)
        high_first[i] = (uint8_t)(number >> (8 * (n - 1 - i)));
    say_data(v, path, wp_bytes_value(wp_slice(high_first, n)), at, n, role);
}

/* The register values of a reply: quantity, unit, payload, value or values, notes. */
void dlt645_say_reading(const struct dlt645_visitor *v, const struct dlt645_body *body);

#endif
