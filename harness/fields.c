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

static void put_line_value(struct wp_writer *w, struct wp_value v)
{
    struct json_out quoted = json_out(w);

    if (v.kind == WP_TEXT && !is_plain(v.bytes))
        json_put_text(&quoted, v.bytes);
    else
        wp_put_value(w, v);
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
    size_t n = strlen(field->path);
    bool element = is_element(field->path, n);

    if (element && strcmp(line->last, field->path) == 0) {
        wp_put_char(line->w, ',');
    } else {
        wp_put_char(line->w, ' ');
        wp_put_slice(line->w, wp_slice(field->path, element ? n - 2 : n));
        wp_put_char(line->w, '=');
    }
    put_line_value(line->w, field->value);
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

/* How many characters two paths' objects have in common, the last dot included: "a.b.c" and "a.b.d" have "a.b.". */
static size_t common_objects(const char *a, const char *b)
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

/* Close what the next path is not inside of: the array, and the objects behind the common ones. */
static void close_to(struct fields_json *json, size_t common)
{
    if (is_element(json->last, strlen(json->last)))
        json_close_array(&json->out);
    for (unsigned n = dots(json->last + common); n > 0; n--)
        json_close_object(&json->out);
}

void fields_json_begin(struct fields_json *json, struct wp_writer *w)
{
    json->out = json_out(w);
    json->last[0] = 0;
    json_open_object(&json->out);
}

void fields_json_visit(void *ctx, const struct wp_field *field)
{
    struct fields_json *json = ctx;
    size_t n = strlen(field->path);
    bool element = is_element(field->path, n);
    const char *name, *end = field->path + (element ? n - 2 : n);

    if (!element || strcmp(json->last, field->path) != 0) {
        name = field->path + common_objects(json->last, field->path);
        close_to(json, (size_t)(name - field->path));
        for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
            json_key_slice(&json->out, wp_slice(name, (size_t)(dot - name)));
            json_open_object(&json->out);
        }
        json_key_slice(&json->out, wp_slice(name, (size_t)(end - name)));
        if (element)
            json_open_array(&json->out);
    }
    json_put_value(&json->out, field->value);
    keep_path(json->last, field->path, n);
}

void fields_json_end(struct fields_json *json)
{
    close_to(json, 0);
    json_close_object(&json->out);
}

void fields_put_json(struct wp_writer *w, const struct wp_codec *codec, const void *frame)
{
    struct fields_json json;

    fields_json_begin(&json, w);
    codec->fields(frame, fields_json_visit, &json);
    fields_json_end(&json);
}
