/* A decoded frame as text: one printed line, or one JSON object with the member names of the published vectors. */
#ifndef WP_FIELDS_H
#define WP_FIELDS_H

#include "sim/core/decode.h"
#include "sim/core/json_out.h"

enum {
    FIELDS_PATH_MAX = 128,
    FIELDS_LONG = 4096, /* a longer text or byte string is cut in the line ... */
    FIELDS_SHOWN = 256, /* ... to so many bytes, with "..." behind them */
    FIELDS_SECRETS_MAX = 4,
};

/* "dlt645 preamble=4 address=000000001234 errors=other,no-requested-data quantity="voltage A"", no line end.
 * Bytes are upper-case hex, numbers exact; text that is not plain is quoted as JSON does. */
void fields_put_line(struct wp_writer *w, const struct wp_codec *codec, const void *frame);

/* The same for people, a line each and what belongs together below what it belongs to; no line end behind the last:
 *
 *     wrapper
 *       src 1
 *       apdu
 *         tag 0F
 *         body  structure 2
 *           0  octet-string 0100200700FF  obis 1-0:32.7.0.255  name "Voltage L1"
 *           1  long-unsigned 2301  scaled 230.1 V
 *
 * An object's fields have a line each where it belongs to the frame itself, else they share its line. */
void fields_put_tree(struct wp_writer *w, const struct wp_codec *codec, const void *frame);

/* {"preamble":4,...,"wrapper":{"version":1},"errors":["other"]} */
void fields_put_json(struct wp_writer *w, const struct wp_codec *codec, const void *frame);

/* The same, piece by piece, for who has fields of its own to put before or after the codec's. */
struct fields_line {
    struct wp_writer *w;
    char last[FIELDS_PATH_MAX]; /* path of the array that is open, or "" */
};

struct fields_json {
    struct json_out out;
    bool is_array;    /* open: the last field was an element */
    unsigned objects; /* open: the dots in `last` */
    char last[FIELDS_PATH_MAX];
    struct {
        size_t first, len;
    } secret[FIELDS_SECRETS_MAX]; /* where on the wire secrets stand */
    size_t n_secrets;
};

void fields_line_begin(struct fields_line *line, struct wp_writer *w, const char *name);
void fields_line_visit(void *line, const struct wp_field *field);

/* The value as both print it. */
void fields_put_value(struct wp_writer *w, const struct wp_value *value);

/* How many characters two paths' objects have in common, the last dot included: "a.b.c" and "a.b.d" have "a.b.". */
size_t fields_common(const char *a, const char *b);

void fields_json_begin(struct fields_json *json, struct wp_writer *w);
void fields_json_visit(void *json, const struct wp_field *field);
void fields_json_end(struct fields_json *json);

/* "wire":"102B...", the frame's bytes with each one of a secret as 2A, which is '*'. After fields_json_end of the
 * same `json`, into an object that is open in `out`. */
void fields_json_wire(const struct fields_json *json, struct json_out *out, struct wp_slice wire);

#endif
