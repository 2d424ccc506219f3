#include "harness/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { DEPTH_MAX = 28, FILE_MAX = 64 * 1024 * 1024 };

struct loader {
    struct arena *arena;
    const char *file;
    struct wp_writer *why;
    yaml_parser_t parser;
    struct node *stack[DEPTH_MAX];
    struct node *tail[DEPTH_MAX]; /* last child of each open node */
    size_t depth;
    struct node *root;
    const char *key; /* read, its value not yet */
    yaml_mark_t key_mark;
};

static bool fail(struct loader *l, yaml_mark_t mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct loader *l, yaml_mark_t mark, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(l->why,
                arena_print(l->arena, "%s:%zu:%zu: %s", l->file, mark.line + 1, mark.column + 1, text));
    return false;
}

/* Reader errors carry a byte offset only. */
static yaml_mark_t mark_of_offset(struct wp_slice text, size_t offset)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0; i < offset && i < text.n; i++) {
        mark.column++;
        if (text.p[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static bool wants_key(const struct loader *l)
{
    return l->depth > 0 && l->stack[l->depth - 1]->kind == NODE_MAP && !l->key;
}

static bool add(struct loader *l, struct node *n)
{
    if (l->depth == 0) {
        l->root = n;
        return true;
    }
    n->key = l->key;
    n->key_line = (int)l->key_mark.line + 1;
    n->key_column = (int)l->key_mark.column + 1;
    l->key = NULL;
    if (l->tail[l->depth - 1])
        l->tail[l->depth - 1]->next = n;
    else
        l->stack[l->depth - 1]->first = n;
    l->tail[l->depth - 1] = n;
    l->stack[l->depth - 1]->count++;
    return true;
}

static struct node *make(struct loader *l, enum node_kind kind, yaml_mark_t mark)
{
    struct node *n = arena_get(l->arena, sizeof *n);

    n->kind = kind;
    n->line = (int)mark.line + 1;
    n->column = (int)mark.column + 1;
    return n;
}

static bool take_scalar(struct loader *l, const yaml_event_t *e)
{
    struct wp_slice text = wp_slice(e->data.scalar.value, e->data.scalar.length);
    struct node *n;

    if (e->data.scalar.anchor)
        return fail(l, e->start_mark, "anchors are not allowed here: write the value out");
    if (e->data.scalar.tag)
        return fail(l, e->start_mark, "tags are not allowed here: quote the value to make it text");
    if (memchr(text.p, 0, text.n))
        return fail(l, e->start_mark, "a NUL character cannot stand in a value");
    if (wants_key(l)) {
        if (wp_slice_is(text, "<<") && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
            return fail(l, e->start_mark, "merge keys are not allowed here: write the members out");
        l->key = arena_text(l->arena, text);
        l->key_mark = e->start_mark;
        if (node_get(l->stack[l->depth - 1], l->key))
            return fail(l, e->start_mark, "key '%s' stands here a second time", l->key);
        return true;
    }
    n = make(l, NODE_SCALAR, e->start_mark);
    n->text = wp_slice(arena_text(l->arena, text), text.n);
    n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return add(l, n);
}

static bool take_open(struct loader *l, const yaml_event_t *e, enum node_kind kind)
{
    bool map = kind == NODE_MAP;
    struct node *n;

    if (map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor)
        return fail(l, e->start_mark, "anchors are not allowed here: write the value out");
    if (map ? e->data.mapping_start.tag : e->data.sequence_start.tag)
        return fail(l, e->start_mark, "tags are not allowed here");
    if (wants_key(l))
        return fail(l, e->start_mark, "a key must be plain text");
    if (l->depth == DEPTH_MAX)
        return fail(l, e->start_mark, "nested deeper than %d levels", DEPTH_MAX);
    n = make(l, kind, e->start_mark);
    add(l, n);
    l->tail[l->depth] = NULL;
    l->stack[l->depth++] = n;
    return true;
}

static bool take(struct loader *l, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT: return take_scalar(l, e);
    case YAML_MAPPING_START_EVENT: return take_open(l, e, NODE_MAP);
    case YAML_SEQUENCE_START_EVENT: return take_open(l, e, NODE_LIST);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: l->depth--; return true;
    case YAML_ALIAS_EVENT: return fail(l, e->start_mark, "aliases are not allowed here: write the value out");
    case YAML_DOCUMENT_START_EVENT:
        if (l->root)
            return fail(l, e->start_mark, "a second document: one file holds one");
        if (e->data.document_start.version_directive ||
            e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
            return fail(l, e->start_mark, "directives are not allowed here");
        return true;
    default: return true;
    }
}

static bool parse(struct loader *l, struct wp_slice text)
{
    for (;;) {
        yaml_event_t event;
        bool end, good;

        if (!yaml_parser_parse(&l->parser, &event)) {
            const char *problem = l->parser.problem ? l->parser.problem : "not YAML";

            if (l->parser.error == YAML_READER_ERROR)
                return fail(l, mark_of_offset(text, l->parser.problem_offset), "%s", problem);
            return fail(l, l->parser.problem_mark, "%s", problem);
        }
        end = event.type == YAML_STREAM_END_EVENT;
        good = take(l, &event);
        yaml_event_delete(&event);
        if (!good)
            return false;
        if (end)
            break;
    }
    if (!l->root)
        return fail(l, (yaml_mark_t){0}, "the file is empty");
    return true;
}

struct node *yaml_read(struct arena *a, const char *file, struct wp_slice text, struct wp_writer *why)
{
    struct loader l = {.arena = a, .file = file, .why = why};
    bool good;

    if (!yaml_parser_initialize(&l.parser)) {
        wp_put_text(why, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING); /* otherwise UTF-16 is taken too */
    yaml_parser_set_input_string(&l.parser, text.p ? text.p : (const uint8_t *)"", text.n);
    good = parse(&l, text);
    yaml_parser_delete(&l.parser);
    return good ? l.root : NULL;
}

struct wp_slice file_read(struct arena *a, const char *file, struct wp_writer *why)
{
    FILE *f = fopen(file, "rb");
    struct wp_slice text = {NULL, 0};
    uint8_t *copy;
    long size;

    if (!f) {
        wp_put_text(why, arena_print(a, "%s: %s", file, strerror(errno)));
        return text;
    }
    if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || size > FILE_MAX) {
        wp_put_text(why, arena_print(a, "%s: not a file of at most %d MiB", file, FILE_MAX >> 20));
        fclose(f);
        return text;
    }
    rewind(f);
    copy = arena_get(a, (size_t)size + 1);
    if (fread(copy, 1, (size_t)size, f) == (size_t)size)
        text = wp_slice(copy, (size_t)size);
    else
        wp_put_text(why, arena_print(a, "%s: %s", file, strerror(errno)));
    fclose(f);
    return text;
}

struct node *yaml_read_file(struct arena *a, const char *file, struct wp_writer *why)
{
    struct wp_slice text = file_read(a, file, why);

    return text.p ? yaml_read(a, file, text, why) : NULL;
}
