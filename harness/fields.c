#include "harness/fields.h"

#include <assert.h>

static void keep_path(char last[FIELDS_PATH_MAX], const char *path, size_t n)
{
    assert(n < FIELDS_PATH_MAX);
    memcpy(last, path, n + 1);
}

static bool is_element(const char *path, size_t n)
{
    return n > 2 && path[n - 2] == '[' && path[n - 1] == ']';
}

/* The kinds that most fields have are put by their parts: a value handed over whole would be waited for. */
static inline void put_json_value(struct json_out *j, const struct wp_value *v)
{
    if (v->kind == WP_DECIMAL && v->exp10 == 0)
        json_put_int(j, v->num);
    else if (v->kind == WP_TEXT)
        json_put_text(j, v->bytes);
    else
        json_put_value(j, *v);
}

/* ---- the line --------------------------------------------------------------------------------------- */

static bool is_plain(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == ',' || c == '=')
            return false;
    }
    return text.n > 0;
}

static void put_quoted(struct wp_writer *w, struct wp_slice text)
{
    struct json_out quoted = json_out(w);

    json_put_text(&quoted, text);
}

/* The beginning of a long text: whole characters. */
static struct wp_slice beginning(struct wp_slice text)
{
    size_t n = FIELDS_SHOWN;

    while (n > 0 && (text.p[n] & 0xC0) == 0x80)
        n--;
    return wp_slice(text.p, n);
}

static void put_long(struct wp_writer *w, struct wp_value v)
{
    v.bytes = beginning(v.bytes);
    if (v.kind == WP_TEXT && !is_plain(v.bytes))
        put_quoted(w, v.bytes);
    else
        wp_put_value(w, v);
    wp_put_text(w, "...");
}

static inline void put_line_value(struct wp_writer *w, const struct wp_value *v)
{
    if (v->kind == WP_DECIMAL && v->exp10 == 0)
        wp_put_int(w, v->num);
    else if ((v->kind == WP_TEXT || v->kind == WP_BYTES) && v->bytes.n > FIELDS_LONG)
        put_long(w, *v);
    else if (v->kind == WP_TEXT && !is_plain(v->bytes))
        put_quoted(w, v->bytes);
    else
        wp_put_value(w, *v);
}

void fields_put_value(struct wp_writer *w, const struct wp_value *value)
{
    put_line_value(w, value);
}

void fields_line_begin(struct fields_line *line, struct wp_writer *w, const char *name)
{
    line->w = w;
    line->last[0] = 0;
    wp_put_text(w, name);
}

void fields_line_visit(void *ctx, const struct wp_field *field)
{
    struct fields_line *line = ctx;
    size_t n;
    bool element;

    if (line->last[0] && strcmp(field->path, line->last) == 0) {
        wp_put_char(line->w, ',');
        put_line_value(line->w, &field->value);
        return;
    }
    n = strlen(field->path);
    element = is_element(field->path, n);
    wp_put_char(line->w, ' ');
    wp_put_slice(line->w, wp_slice(field->path, element ? n - 2 : n));
    wp_put_char(line->w, '=');
    put_line_value(line->w, &field->value);
    if (element)
        keep_path(line->last, field->path, n);
    else
        line->last[0] = 0;
}

void fields_put_line(struct wp_writer *w, const struct wp_codec *codec, const void *frame)
{
    struct fields_line line;

    fields_line_begin(&line, w, codec->name);
    codec->fields(frame, fields_line_visit, &line);
}

/* ---- the object ------------------------------------------------------------------------------------- */

size_t fields_common(const char *a, const char *b)
{
    size_t common = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.')
            common = i + 1;
    return common;
}

static unsigned dots(const char *path)
{
    unsigned n = 0;

    for (; *path; path++)
        n += *path == '.';
    return n;
}

static void close_array(struct fields_json *json)
{
    if (json->is_array)
        json_close_array(&json->out);
    json->is_array = false;
}

static void close_objects(struct fields_json *json, unsigned n)
{
    json->objects -= n;
    for (; n > 0; n--)
        json_close_object(&json->out);
}

void fields_json_begin(struct fields_json *json, struct wp_writer *w)
{
    json->out = json_out(w);
    json->is_array = false;
    json->objects = 0;
    json->last[0] = 0;
    json->n_secrets = 0;
    json_open_object(&json->out);
}

/* Closes the objects that the path does not stand in, opens those that it does. Returns its last name. */
static const char *go_to(struct fields_json *json, const char *path)
{
    const char *name = path + fields_common(json->last, path);

    close_objects(json, dots(json->last + (name - path)));
    for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        json_key_slice(&json->out, wp_slice(name, (size_t)(dot - name)));
        json_open_object(&json->out);
        json->objects++;
    }
    return name;
}

void fields_json_visit(void *ctx, const struct wp_field *field)
{
    struct fields_json *json = ctx;
    const char *name = field->path;
    size_t n;

    if (json->is_array && strcmp(field->path, json->last) == 0) {
        put_json_value(&json->out, &field->value);
        return;
    }
    n = strlen(field->path);
    close_array(json);
    if (json->objects > 0 || memchr(field->path, '.', n))
        name = go_to(json, field->path);
    json->is_array = is_element(field->path, n);
    json_key_slice(&json->out, wp_slice(name, (size_t)(field->path + n - name) - (json->is_array ? 2 : 0)));
    if (json->is_array)
        json_open_array(&json->out);
    put_json_value(&json->out, &field->value);
    keep_path(json->last, field->path, n);
    if (field->role == WP_ROLE_SECRET && field->len && json->n_secrets < FIELDS_SECRETS_MAX) {
        json->secret[json->n_secrets].first = field->first;
        json->secret[json->n_secrets++].len = field->len;
    }
}

void fields_json_end(struct fields_json *json)
{
    close_array(json);
    close_objects(json, json->objects);
    json_close_object(&json->out);
}

void fields_put_json(struct wp_writer *w, const struct wp_codec *codec, const void *frame)
{
    struct fields_json json;

    fields_json_begin(&json, w);
    codec->fields(frame, fields_json_visit, &json);
    fields_json_end(&json);
}

void fields_json_wire(const struct fields_json *json, struct json_out *out, struct wp_slice wire)
{
    size_t at = 0;

    json_key(out, "wire");
    json_put_raw(out, wp_text("\"")); /* not quoted as a value: it is put in pieces */
    for (size_t i = 0; i < json->n_secrets; i++) {
        wp_put_hex(out->w, wp_slice(wire.p + at, json->secret[i].first - at));
        for (size_t n = 0; n < json->secret[i].len; n++)
            wp_put_text(out->w, "2A");
        at = json->secret[i].first + json->secret[i].len;
    }
    wp_put_hex(out->w, wp_slice_from(wire, at));
    wp_put_char(out->w, '"');
}
