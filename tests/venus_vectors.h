/* The published Victron vectors: JSON texts made D-Bus values. vector_file() has their files. */
#ifndef WP_VENUS_VECTORS_H
#define WP_VENUS_VECTORS_H

#include "sim/codec/dbus_out.h"
#include "sim/core/json_in.h"
#include "tests/vector_file.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static inline const char *venus_vector_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static inline void venus_put_variant(struct dbus_out *out, const struct json_tape *tape, uint32_t i);

static inline void venus_put_members(struct dbus_out *out, const struct json_tape *tape, uint32_t object)
{
    char key[256];

    dbus_open(out);
    JSON_EACH_KEY(tape, k, object)
    {
        struct wp_writer w = wp_writer(key, sizeof key);

        json_put_string(tape, k, &w);
        dbus_open(out);
        dbus_put_text(out, wp_written(&w));
        venus_put_variant(out, tape, k + 1);
        dbus_close(out);
    }
    dbus_close(out);
}

/* A JSON value as a service might have it: numbers with a point or an exponent as d, others as i, x or t, objects as
 * a{sv}, arrays as av, null as an empty ai. */
static inline void venus_put_variant(struct dbus_out *out, const struct json_tape *tape, uint32_t i)
{
    struct wp_value v = json_value(tape, i);
    char text[8192];
    struct wp_writer w = wp_writer(text, sizeof text);

    switch (tape->at[i].kind) {
    case JSON_OBJECT:
        dbus_open_variant(out, "a{sv}");
        venus_put_members(out, tape, i);
        dbus_close(out);
        break;
    case JSON_ARRAY:
        dbus_open_variant(out, "av");
        dbus_open(out);
        JSON_EACH(tape, k, i)
        {
            venus_put_variant(out, tape, k);
        }
        dbus_close(out);
        dbus_close(out);
        break;
    case JSON_STRING:
        json_put_string(tape, i, &w);
        ck_assert(!w.full);
        dbus_put_variant(out, wp_text_value(wp_written(&w)));
        break;
    case JSON_NUMBER:
        if (tape->at[i].fraction)
            v = wp_real(strtod((const char *)json_text(tape, i).p, NULL)); /* -0.0 keeps its sign */
        dbus_put_variant(out, v);
        break;
    default: dbus_put_variant(out, v);
    }
}

#endif
