/* For tests of the message bus: a machine that keeps silent, calls by it, and what it hears as lines of text. */
#ifndef WP_BUS_PUPPET_H
#define WP_BUS_PUPPET_H

#include "sim/codec/dbus_bus.h"
#include "tests/world_trace.h"

/* The texts of an array. What ListNames answers has an order of the bus's own, but for its own name. */
static inline void bus_put_texts(struct wp_writer *w, struct dbus_iter *it)
{
    enum { TEXTS_MAX = 64 };
    struct wp_slice text[TEXTS_MAX];
    size_t n = 0, i;

    while (dbus_next_type(it) == 's' && n < TEXTS_MAX) {
        struct wp_slice t = dbus_get_text(it);

        for (i = n++; i > 1 && wp_slice_is(text[0], DBUS_BUS) && wp_slice_cmp(t, text[i - 1]) < 0; i--)
            text[i] = text[i - 1];
        text[i] = t;
    }
    for (i = 0; i < n; i++) {
        wp_put_char(w, ' ');
        wp_put_slice(w, text[i]);
    }
}

/* "method_call :1.0 > a.B /a a.B.C 'text' 4", without serials and what the bus's own words are for an error. */
static inline void bus_put_message(struct wp_writer *w, struct wp_slice bytes)
{
    struct dbus_message m;
    struct dbus_iter it;
    char number[32];

    if (dbus_decode(bytes, &m).status != WP_OK) {
        wp_put_text(w, "no message");
        return;
    }
    wp_put_text(w, dbus_type_text(m.type) ? dbus_type_text(m.type) : "unknown");
    wp_put_char(w, ' ');
    wp_put_slice(w, wp_slice_is(m.sender, DBUS_BUS) ? wp_text("bus") : m.sender);
    wp_put_text(w, " > ");
    wp_put_slice(w, wp_slice_is(m.destination, DBUS_BUS) ? wp_text("bus") : m.destination);
    if (m.reply_serial) {
        snprintf(number, sizeof number, " to %u", (unsigned)m.reply_serial);
        wp_put_text(w, number);
    }
    if (m.member.n > 0) {
        wp_put_char(w, ' ');
        wp_put_slice(w, m.path);
        wp_put_char(w, ' ');
        wp_put_slice(w, m.member);
    }
    if (m.error_name.n > 0) {
        wp_put_char(w, ' ');
        wp_put_slice(w, m.error_name);
        if (wp_slice_is(m.sender, DBUS_BUS))
            return;
    }
    dbus_iter(&it, &m);
    while (dbus_next_type(&it)) {
        struct wp_value v;

        wp_put_char(w, ' ');
        if (dbus_get_value(&it, &v)) {
            wp_put_value(w, v);
        } else if (dbus_enter(&it)) {
            wp_put_char(w, '[');
            bus_put_texts(w, &it);
            wp_put_text(w, " ]");
            dbus_leave(&it);
        }
    }
}

#endif
