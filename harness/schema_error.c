/* What is wrong, for people: where in the instance, where in the schema, and a sentence. */
#include "harness/schema_run.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHORT = 60 };

/* The end of a text that is too long is cut at a character. */
static void put_shortened(struct wp_writer *w, struct wp_slice s, size_t most)
{
    size_t n = s.n;

    if (n > most) {
        n = most;
        while (n > 0 && (s.p[n] & 0xC0) == 0x80)
            n--;
    }
    wp_put_slice(w, wp_slice(s.p, n));
    if (n < s.n)
        wp_put_text(w, "...");
}

void schema_put_value(struct wp_writer *w, const struct json_tape *tape, uint32_t i)
{
    const struct json_token *t = &tape->at[i];

    if (t->kind == JSON_STRING) {
        wp_put_char(w, '"');
        put_shortened(w, json_text(tape, i), SHORT);
        wp_put_char(w, '"');
        return;
    }
    put_shortened(w, json_text(tape, i), SHORT);
}

void schema_put_instance(struct wp_writer *w, const struct json_tape *tape, uint32_t i)
{
    const struct json_token *t = &tape->at[i];

    switch ((enum json_kind)t->kind) {
    case JSON_NUMBER: wp_put_text(w, "the number "); break;
    case JSON_STRING: wp_put_text(w, "the string "); break;
    case JSON_ARRAY:
        wp_put_text(w, t->count == 1 ? "an array of 1 element" : "an array of ");
        if (t->count != 1) {
            wp_put_uint(w, t->count);
            wp_put_text(w, " elements");
        }
        return;
    case JSON_OBJECT: wp_put_text(w, "an object"); return;
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: break;
    }
    schema_put_value(w, tape, i);
}

/* Of what failed, else of the nearest on the way to it. */
static const struct schema_mark *statements_of(const struct run *r, const struct schema_mark *mark)
{
    for (const struct frame *f = r->frame; f && !mark; f = f->up)
        mark = f->node->around;
    return mark;
}

static bool report(struct run *r, const struct schema_node *node, const struct schema_mark *around,
                   uint32_t value, const char *keyword, uint32_t i, const char *reason)
{
    char instance[PATH_LENGTH], schema[PATH_LENGTH];
    struct wp_writer wi = wp_writer(instance, sizeof instance), ws = wp_writer(schema, sizeof schema);
    const struct schema_mark *mark = statements_of(r, around);
    struct schema_error e = {
        .token = i,
        .keyword = keyword,
        .reason = reason,
        .statements = mark ? mark->statements : NULL,
        .n_statements = mark ? mark->n_statements : 0,
        .undocumented = node->undocumented,
    };

    if (r->stopped)
        return false;
    schema_put_pointer(&wi, r->tape, r->at, i);
    schema_put_place(&ws, node->doc, value);
    e.instance_path = wp_put_end(&wi);
    e.schema_path = wp_put_end(&ws);
    r->stopped = !r->on_error(r->ctx, &e);
    return false;
}

bool schema_failed(struct run *r, const struct op *op, uint32_t i)
{
    char text[REASON_LENGTH];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!r->full || r->stopped)
        return false;
    op->info->say(r, op, i, &w);
    return report(r, op->info->home, op->info->around, op->info->value, op->info->keyword->name, i,
                  wp_put_end(&w));
}

bool schema_failed_with(struct run *r, const struct op *op, uint32_t i, const char *format, ...)
{
    char text[REASON_LENGTH];
    va_list args;

    if (!r->full)
        return false;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return report(r, op->info->home, op->info->around, op->info->value, op->info->keyword->name, i, text);
}

/* "a string", "an integer" ... as `type` lists them. */
static void put_types(struct wp_writer *w, const struct schema_node *node)
{
    const struct json_tape *tape = &node->doc->tape;
    uint32_t value = node->types_value;
    bool array = tape->at[value].kind == JSON_ARRAY;
    uint32_t k = array ? value + 1 : value, n = array ? tape->at[value].count : 1;

    for (uint32_t i = 0; i < n; i++, k++) {
        if (i > 0)
            wp_put_text(w, i + 1 < n ? ", " : " or ");
        if (!json_string_is(tape, k, wp_text("null")))
            wp_put_text(w, memchr("aio", tape->text.p[tape->at[k].at], 3) ? "an " : "a ");
        json_put_string(tape, k, w);
    }
}

bool schema_node_failed(struct run *r, const struct schema_node *node, const struct schema_mark *around,
                        uint32_t i)
{
    char text[REASON_LENGTH];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!r->full || r->stopped)
        return false;
    if (node->never)
        return report(r, node, around, node->token, "false", i, "must not be there");
    wp_put_text(&w, "is ");
    schema_put_instance(&w, r->tape, i);
    wp_put_text(&w, ", expected ");
    put_types(&w, node);
    return report(r, node, around, node->types_value, "type", i, wp_put_end(&w));
}
