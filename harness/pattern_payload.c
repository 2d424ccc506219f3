/* The other half of matching: what a payload or a frame says. */
#include "harness/pattern_impl.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOKENS_MAX = 65536 };

const struct json_tape *payload_tape(struct wp_slice payload, struct wp_writer *why)
{
    static struct json_token tokens[TOKENS_MAX]; /* one thread, one payload at a time */
    static struct json_tape tape = {.at = tokens, .cap = TOKENS_MAX};
    size_t at;
    enum json_fault fault = json_read(&tape, payload, JSON_DEPTH, &at);

    if (fault == JSON_FAULT_NONE)
        return &tape;
    if (why) {
        wp_put_text(why, "the payload is not JSON: ");
        wp_put_text(why, json_fault_text(fault));
        wp_put_text(why, " at byte ");
        wp_put_uint(why, at);
    }
    return NULL;
}

struct wp_slice pattern_level(const struct pattern *p, const struct wp_record *record, struct wp_slice name)
{
    struct wp_slice filter = p->key, topic = record->message.topic;

    while (filter.n > 0) {
        const uint8_t *a = memchr(filter.p, '/', filter.n),
                      *b = topic.n ? memchr(topic.p, '/', topic.n) : NULL;
        size_t n = a ? (size_t)(a - filter.p) : filter.n, m = b ? (size_t)(b - topic.p) : topic.n;

        if (n == name.n && memcmp(filter.p, name.p, n) == 0)
            return wp_slice(topic.p, m);
        filter = wp_slice_from(filter, n + 1);
        topic = wp_slice_from(topic, m + 1);
    }
    return (struct wp_slice){NULL, 0};
}

static void put_came(struct wp_writer *w, const struct json_tape *tape, uint32_t at)
{
    struct wp_slice text = json_text(tape, at);
    bool string = tape->at[at].kind == JSON_STRING;

    if (string)
        wp_put_char(w, '"');
    wp_put_slice(w, wp_slice(text.p, text.n > 120 ? 120 : text.n));
    wp_put_text(w, text.n > 120 ? "..." : "");
    if (string)
        wp_put_char(w, '"');
}

static bool differs(struct wp_writer *why, const char *path, const struct node *expected,
                    struct wp_slice bound, const struct json_tape *tape, uint32_t at)
{
    if (!why)
        return false;
    wp_put_text(why, path[0] ? path : "payload");
    wp_put_text(why, ": expected ");
    if (bound.n > 0)
        wp_put_slice(why, bound);
    else
        node_put_json(expected, why);
    wp_put_text(why, ", came ");
    put_came(why, tape, at);
    return false;
}

static bool is_binding(struct wp_slice text)
{
    return text.n > 2 && text.p[0] == '{' && text.p[text.n - 1] == '}';
}

static bool scalar_fits(const struct pattern *p, const struct wp_record *record, const struct json_tape *tape,
                        uint32_t at, const struct node *expected, const char *path, struct wp_writer *why)
{
    struct wp_value want = node_value(expected), got = json_value(tape, at);
    struct wp_slice bound = {NULL, 0};
    bool fits;

    if (want.kind == WP_TEXT && is_binding(want.bytes)) {
        bound = pattern_level(p, record, want.bytes);
        if (bound.n > 0)
            want.bytes = bound;
    }
    if (want.kind == WP_TEXT)
        fits = tape->at[at].kind == JSON_STRING && json_string_is(tape, at, want.bytes);
    else
        fits = tape->at[at].kind != JSON_STRING && got.kind != WP_TREE && wp_value_eq(want, got);
    return fits || differs(why, path, expected, bound, tape, at);
}

static bool missing(struct wp_writer *why, const char *path)
{
    if (why) {
        wp_put_text(why, path);
        wp_put_text(why, ": missing");
    }
    return false;
}

static bool map_fits(const struct pattern *p, const struct wp_record *record, const struct json_tape *tape,
                     uint32_t at, const struct node *expected, const char *path, struct wp_writer *why)
{
    if (tape->at[at].kind != JSON_OBJECT)
        return differs(why, path, expected, (struct wp_slice){NULL, 0}, tape, at);
    for (const struct node *n = expected->first; n; n = n->next) {
        uint32_t member = json_member(tape, at, wp_text(n->key));
        char deeper[200];

        snprintf(deeper, sizeof deeper, "%s%s%s", path, path[0] ? "." : "", n->key);
        if (member == 0)
            return missing(why, deeper);
        if (!payload_fits(p, record, tape, member, n, deeper, why))
            return false;
    }
    return true;
}

static bool list_fits(const struct pattern *p, const struct wp_record *record, const struct json_tape *tape,
                      uint32_t at, const struct node *expected, const char *path, struct wp_writer *why)
{
    uint32_t element = at + 1;
    size_t i = 0;

    if (tape->at[at].kind != JSON_ARRAY || tape->at[at].count != expected->count)
        return differs(why, path, expected, (struct wp_slice){NULL, 0}, tape, at);
    for (const struct node *n = expected->first; n; n = n->next, element = tape->at[element].next) {
        char deeper[200];

        snprintf(deeper, sizeof deeper, "%s[%zu]", path, i++);
        if (!payload_fits(p, record, tape, element, n, deeper, why))
            return false;
    }
    return true;
}

bool payload_fits(const struct pattern *p, const struct wp_record *record, const struct json_tape *tape,
                  uint32_t at, const struct node *expected, const char *path, struct wp_writer *why)
{
    switch (expected->kind) {
    case NODE_MAP: return map_fits(p, record, tape, at, expected, path, why);
    case NODE_LIST: return list_fits(p, record, tape, at, expected, path, why);
    case NODE_SCALAR: return scalar_fits(p, record, tape, at, expected, path, why);
    }
    return false;
}

uint32_t payload_member(const struct json_tape *tape, const char *path)
{
    uint32_t at = 0;

    while (*path) {
        size_t n = strcspn(path, ".[");

        if (n > 0) {
            at = json_member(tape, at, wp_slice(path, n));
            if (at == 0)
                return UINT32_MAX;
        }
        path += n;
        if (*path == '[') {
            char *end;
            unsigned long index = strtoul(path + 1, &end, 10);
            uint32_t element = at + 1;

            if (tape->at[at].kind != JSON_ARRAY || index >= tape->at[at].count || *end != ']')
                return UINT32_MAX;
            while (index-- > 0)
                element = tape->at[element].next;
            at = element;
            path = end + 1;
        }
        path += *path == '.';
    }
    return at;
}

/* ---- frames ----------------------------------------------------------------------------------------- */

struct field_search {
    const struct node *wanted;
    bool (*is_it)(const struct node *wanted, struct wp_value value);
    char text[600];
    bool found, fits;
};

static bool field_matches(const struct node *expression, struct wp_value value)
{
    char text[600];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, value);
    return !w.full && pattern_text_matches(wp_written(&w), node_text(expression, ""));
}

static bool field_fits(const struct node *wanted, struct wp_value value)
{
    struct wp_value want = node_value(wanted);
    char hex[600];
    struct wp_writer w = wp_writer(hex, sizeof hex);

    if (value.kind == WP_BYTES || value.kind == WP_TREE) { /* hex digits, in whatever case they are written */
        uint8_t octets[300];
        size_t n;

        return wp_hex_read(wanted->text, octets, sizeof octets, &n) &&
               wp_slice_eq(wp_slice(octets, n), value.bytes);
    }
    wp_put_value(&w, value);
    if (want.kind == WP_TEXT || value.kind == WP_TEXT)
        return !w.full && wp_slice_eq(wp_written(&w), wanted->text);
    return wp_value_eq(want, value);
}

static void look_at_field(void *ctx, const struct wp_field *field)
{
    struct field_search *s = ctx;
    struct wp_writer w = wp_writer(s->text, sizeof s->text);

    if (strcmp(field->path, s->wanted->key) != 0 || (s->found && s->fits))
        return;
    s->found = true;
    s->fits = s->is_it(s->wanted, field->value);
    wp_put_value(&w, field->value);
    wp_put_end(&w);
}

static bool fields_are(const struct wp_record *record, const struct node *fields,
                       bool (*is_it)(const struct node *wanted, struct wp_value value), struct wp_writer *why)
{
    for (const struct node *n = fields ? fields->first : NULL; n; n = n->next) {
        struct field_search s = {.wanted = n, .is_it = is_it};

        record->frame.codec->fields(record->frame.frame, look_at_field, &s);
        if (s.fits)
            continue;
        if (why) {
            wp_put_text(why, n->key);
            wp_put_text(why, s.found ? ": expected " : ": missing, expected ");
            node_put_json(n, why);
            wp_put_text(why, s.found ? ", came " : "");
            wp_put_text(why, s.found ? s.text : "");
        }
        return false;
    }
    return true;
}

bool frame_fits(const struct wp_record *record, const struct node *fields, const struct node *expressions,
                struct wp_writer *why)
{
    return fields_are(record, fields, field_fits, why) && fields_are(record, expressions, field_matches, why);
}

static size_t count_misfits(const struct wp_record *record, const struct node *fields,
                            bool (*is_it)(const struct node *wanted, struct wp_value value))
{
    size_t misfits = 0;

    for (const struct node *n = fields ? fields->first : NULL; n; n = n->next) {
        struct field_search s = {.wanted = n, .is_it = is_it};

        record->frame.codec->fields(record->frame.frame, look_at_field, &s);
        misfits += !s.fits;
    }
    return misfits;
}

size_t frame_misfits(const struct wp_record *record, const struct node *fields,
                     const struct node *expressions)
{
    return count_misfits(record, fields, field_fits) + count_misfits(record, expressions, field_matches);
}
