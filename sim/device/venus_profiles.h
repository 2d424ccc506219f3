/* The trees of Victron's services as data: what each type of service has on the bus, its usual value, and what of it may
 * be written within which limits.
 *
 * Rows are in the order of their paths' bytes; no path is also the beginning of another one. The values are of one
 * plausible moment; what belongs together in a whole system is the device's to compute.
 * source: protocols/victron-dbus-and-vrm a.7, e */
#ifndef WP_VENUS_PROFILES_H
#define WP_VENUS_PROFILES_H

#include "sim/core/value.h"

struct venus_row {
    const char *path;  /* "/Ac/Power" */
    const char *type;  /* D-Bus: y n q i u x t d b s, or that of an array, which has no usual value */
    const char *value; /* "936.0"; NULL: exported but invalid */
    const char *unit;  /* "W", as in GetText; "" */
    bool is_writable;
    const char *min, *max; /* "0.0", "Infinity"; NULL: none is announced */
    const char *def;       /* a setting's default; NULL: it is no setting */
};

struct venus_profile {
    const char *type;   /* "pvinverter" */
    const char *suffix; /* of com.victronenergy.<type>.<suffix>; "": there is one only, without a suffix */
    const char *name;   /* for people */
    int instance;
    const struct venus_row *rows;
    size_t n;
};

size_t venus_profile_count(void);
/* i below the count; in the order of their types. */
const struct venus_profile *venus_profile_at(size_t i);
/* NULL: no such type. */
const struct venus_profile *venus_profile_find(struct wp_slice type);

/* NULL: the service has no such item. */
const struct venus_row *venus_profile_row(const struct venus_profile *profile, struct wp_slice path);

/* The row's value, min, max or default as its type has it: whole numbers, WP_REAL, bool, text; null for NULL and for what
 * is no such value. */
struct wp_value venus_row_value(const struct venus_row *row, const char *text);

#endif
