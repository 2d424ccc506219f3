#include "harness/ini.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

bool ini_fail(const struct ini *i, int line, int column, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(i->why, arena_print(i->arena, "%s:%d:%d: %s", i->file, line, column, text));
    return false;
}

/* ---- the tree --------------------------------------------------------------------------------------- */

struct node *ini_node(struct arena *a, enum node_kind kind, int line, int column)
{
    struct node *n = arena_get(a, sizeof *n);

    *n = (struct node){
        .kind = kind, .quoted = true, .line = line, .column = column, .key_line = line, .key_column = column};
    return n;
}

void ini_add(struct node *to, const char *key, struct node *n)
{
    struct node **tail = &to->first;

    while (*tail)
        tail = &(*tail)->next;
    n->key = key;
    *tail = n;
    to->count++;
}

struct node *ini_text(struct arena *a, const char *text, const struct node *at)
{
    struct node *n = ini_node(a, NODE_SCALAR, at->line, at->column);

    n->text = wp_text(text);
    n->key_line = at->key_line;
    n->key_column = at->key_column;
    return n;
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static struct wp_slice trim(struct wp_slice s)
{
    while (s.n > 0 && isspace(s.p[0]))
        s = wp_slice_from(s, 1);
    while (s.n > 0 && isspace(s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool is_comment(uint8_t c)
{
    return c == '#' || c == ';';
}

/* What stands behind a blank and a comment mark is for people; a mark inside a word belongs to it. */
static struct wp_slice without_comment(struct wp_slice line)
{
    for (size_t k = 0; k < line.n; k++)
        if (is_comment(line.p[k]) && (k == 0 || isspace(line.p[k - 1])))
            line.n = k;
    return trim(line);
}

/* "lxp  garage" is "lxp garage". */
static const char *section_name(struct arena *a, struct wp_slice inside)
{
    struct wp_writer w = wp_writer(arena_get(a, inside.n + 1), inside.n + 1);

    for (size_t k = 0; k < inside.n; k++)
        if (!isspace(inside.p[k]) || (k > 0 && !isspace(inside.p[k - 1])))
            wp_put_char(&w, isspace(inside.p[k]) ? ' ' : (char)inside.p[k]);
    return wp_put_end(&w);
}

static bool take_section(struct ini *i, struct wp_slice text, int line, int column, struct node **ret)
{
    const char *name;

    if (text.n < 3 || text.p[text.n - 1] != ']')
        return ini_fail(i, line, column, "a section is written [name]");
    name = section_name(i->arena, trim(wp_slice(text.p + 1, text.n - 2)));
    *ret = node_get(i->sections, name);
    if (!*ret) { /* one that stands there twice is one */
        *ret = ini_node(i->arena, NODE_MAP, line, column);
        ini_add(i->sections, name, *ret);
    }
    return true;
}

static bool take_value(struct ini *i, struct wp_slice text, int line, int column, struct node *section)
{
    const uint8_t *equals = memchr(text.p, '=', text.n);
    struct wp_slice key, value;
    struct node *n;
    const char *name;

    if (!equals)
        return ini_fail(i, line, column, "this is no section, no comment and no KEY = VALUE");
    key = trim(wp_slice(text.p, (size_t)(equals - text.p)));
    value = trim(wp_slice_from(text, (size_t)(equals - text.p) + 1));
    name = arena_text(i->arena, key);
    if (!section)
        return ini_fail(i, line, column, "'%s' stands before any section", name);
    if (node_get(section, name))
        return ini_fail(i, line, column, "key '%s' stands in [%s] a second time", name, section->key);
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = wp_slice(value.p + 1, value.n - 2);
    n = ini_node(i->arena, NODE_SCALAR, line, column + (int)(equals - text.p) + 1);
    n->key_column = column;
    n->text = wp_slice(arena_text(i->arena, value), value.n);
    ini_add(section, name, n);
    return true;
}

static bool take_lines(struct ini *i, struct wp_slice text)
{
    struct node *section = NULL;

    for (int line = 1; text.n > 0; line++) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        struct wp_slice all = wp_slice(text.p, n), bare = without_comment(all);
        int column = bare.n > 0 ? (int)(bare.p - all.p) + 1 : 1;
        bool good = true;

        if (memchr(all.p, 0, all.n))
            good = ini_fail(i, line, 1, "a NUL character cannot stand in a settings file");
        else if (bare.n > 0 && bare.p[0] == '[')
            good = take_section(i, bare, line, column, &section);
        else if (bare.n > 0)
            good = take_value(i, bare, line, column, section);
        if (!good)
            return false;
        text = wp_slice_from(text, end ? n + 1 : n);
    }
    return true;
}

struct node *ini_read(struct arena *a, const char *file, struct wp_slice text, struct wp_writer *why)
{
    struct ini i = {.arena = a, .file = file, .why = why, .sections = ini_node(a, NODE_MAP, 1, 1)};

    return take_lines(&i, text) ? i.sections : NULL;
}
