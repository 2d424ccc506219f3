/* Payloads of the Victron N/R/W API as they are published: {"max":1,"min":0,"value":1}, compact, keys in order.
 *
 *     y n q i u x t   936                      all 64 bits
 *     d               936.0                    see wp_put_real; NaN and the infinities null
 *     b               true
 *     s               "text"                   UTF-8 as it is; \" \\ \b \f \n \r \t, others below 20 as \u001f
 *     arrays          [1,2]                    of variants, too; without elements null
 *     a{s.}           {"a":1,"b":2}            keys in order of their bytes; without entries null
 *     ( o g h, other dictionaries              "unknown_type"
 *
 * source: api/venus.md; protocols/victron-dbus-and-vrm b.2 */
#ifndef WP_VENUS_TEXT_H
#define WP_VENUS_TEXT_H

#include "sim/codec/dbus_iter.h"

enum { VENUS_DEPTH_MAX = 24 }; /* containers in containers that are written; deeper ones are "unknown_type" */

/* The next value of `it` as an item has it: basic values and null as such, arrays and dictionaries as a WP_TREE in
 * `memory`, what JSON has no form for as the text unknown_type.
 * false: `memory` is full, or none left */
bool venus_take_value(struct dbus_iter *it, struct wp_writer *memory, struct wp_value *out);

/* The value of an item as JSON. */
void venus_put_json(struct wp_writer *w, struct wp_value value);

/* A whole payload. min, max: NULL where the service announced none. */
void venus_put_payload(struct wp_writer *w, struct wp_value value, const struct wp_value *min,
                       const struct wp_value *max);

/* {"value":1702459522}: of heartbeats, and of the end of a full publish without an echo. */
void venus_put_seconds(struct wp_writer *w, int64_t unix_s);

/* The end of a full publish: {"full-publish-completed-echo":"Ucq2YLVt6ZWdgUNf","value":1718860914}; echo NULL: none. */
void venus_put_completed(struct wp_writer *w, const struct wp_slice *echo, int64_t unix_s);

/* What is published of the item's value: a password is ******, if it is a text. */
struct wp_value venus_shown(struct wp_slice type, struct wp_slice path, struct wp_value value);

/* Is the item never published at all? */
bool venus_is_blocked(struct wp_slice type, struct wp_slice path);

#endif
