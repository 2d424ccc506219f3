/* The tree that yaml_read makes: looking things up, what scalars mean, JSON out of it. */
#include "harness/yaml.h"
#include "sim/core/json_out.h"

#include <stdlib.h>

struct node *node_get(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (struct node *n = map->first; n; n = n->next)
        if (strcmp(n->key, key) == 0)
            return n;
    return NULL;
}

const char *node_text(const struct node *n, const char *fallback)
{
    return n && n->kind == NODE_SCALAR ? (const char *)n->text.p : fallback;
}

bool node_is(const struct node *n, const char *text)
{
    return n && n->kind == NODE_SCALAR && wp_slice_is(n->text, text);
}

struct wp_value node_value(const struct node *n)
{
    struct wp_value v;

    if (n->quoted)
        return wp_text_value(n->text);
    if (n->text.n == 0 || node_is(n, "null") || node_is(n, "~"))
        return wp_null();
    if (node_is(n, "true") || node_is(n, "false"))
        return wp_bool(node_is(n, "true"));
    if (wp_number_read(n->text, &v))
        return v;
    return wp_text_value(n->text);
}

/* One reference token of a JSON pointer: ~1 is a slash, ~0 a tilde (RFC 6901). */
static bool token_is(struct wp_slice token, const char *key)
{
    size_t at = 0;

    for (; *key; key++) {
        uint8_t c;

        if (at == token.n)
            return false;
        c = token.p[at++];
        if (c == '~' && at < token.n)
            c = token.p[at++] == '1' ? '/' : '~';
        if (c != (uint8_t)*key)
            return false;
    }
    return at == token.n;
}

static const struct node *child(const struct node *n, struct wp_slice token)
{
    size_t index = 0;

    if (n->kind == NODE_MAP) {
        for (const struct node *c = n->first; c; c = c->next)
            if (token_is(token, c->key))
                return c;
        return NULL;
    }
    if (n->kind == NODE_SCALAR || token.n == 0)
        return NULL;
    for (size_t i = 0; i < token.n; i++)
        index = index * 10 + (size_t)(token.p[i] - '0');
    for (const struct node *c = n->first; c; c = c->next)
        if (index-- == 0)
            return c;
    return NULL;
}

const struct node *node_at(const struct node *root, struct wp_slice pointer)
{
    while (pointer.n > 0) {
        const uint8_t *slash = pointer.n > 1 ? memchr(pointer.p + 1, '/', pointer.n - 1) : NULL;
        size_t n = slash ? (size_t)(slash - pointer.p) : pointer.n;
        const struct node *next = child(root, wp_slice(pointer.p + 1, n - 1));

        if (!next)
            break;
        root = next;
        pointer = wp_slice_from(pointer, n);
    }
    return root;
}

/* The scalar's text with "${name}" replaced, or the text itself when it is not there. */
static struct wp_slice fill_text(struct arena *a, struct wp_slice text, const char *name, const char *value)
{
    const char *mark = arena_print(a, "${%s}", name);
    size_t n_mark = strlen(mark), n_value = strlen(value);
    const char *in = (const char *)text.p, *hit;
    struct wp_writer w;

    if (!strstr(in, mark))
        return text;
    w = wp_writer(arena_get(a, text.n * (n_value + 1) + 1), text.n * (n_value + 1) + 1);
    for (; (hit = strstr(in, mark)); in = hit + n_mark) {
        wp_put_slice(&w, wp_slice(in, (size_t)(hit - in)));
        wp_put_text(&w, value);
    }
    wp_put_text(&w, in);
    wp_put_end(&w);
    return wp_written(&w);
}

struct node *node_fill(struct arena *a, const struct node *n, const char *name, const char *text)
{
    struct node *copy = arena_get(a, sizeof *copy), **tail = &copy->first;

    *copy = *n;
    copy->next = NULL;
    copy->first = NULL;
    if (n->key)
        copy->key = (const char *)fill_text(a, wp_text(n->key), name, text).p;
    if (n->kind == NODE_SCALAR) {
        copy->text = fill_text(a, n->text, name, text);
        /* "${name}" alone takes the kind of its value: YAML wants the quotes, not the author. A `text` is text. */
        if (copy->text.p != n->text.p && n->text.n == strlen(name) + 3 &&
            (!n->key || strcmp(n->key, "text") != 0))
            copy->quoted = false;
        return copy;
    }
    for (const struct node *c = n->first; c; c = c->next) {
        *tail = node_fill(a, c, name, text);
        tail = &(*tail)->next;
    }
    return copy;
}

static void put_node(const struct node *n, struct json_out *j)
{
    if (n->kind == NODE_SCALAR) {
        json_put_value(j, node_value(n));
        return;
    }
    if (n->kind == NODE_MAP)
        json_open_object(j);
    else
        json_open_array(j);
    for (const struct node *c = n->first; c; c = c->next) {
        if (n->kind == NODE_MAP)
            json_key_slice(j, wp_text(c->key));
        put_node(c, j);
    }
    if (n->kind == NODE_MAP)
        json_close_object(j);
    else
        json_close_array(j);
}

void node_put_json(const struct node *n, struct wp_writer *w)
{
    struct json_out j = json_out(w);

    put_node(n, &j);
}

/* An upper bound for the JSON text: six characters for each that may need an escape, and punctuation. */
static size_t json_bound(const struct node *n)
{
    size_t sum = 8 + 6 * n->text.n + (n->key ? 6 * strlen(n->key) + 4 : 0);

    for (const struct node *c = n->kind == NODE_SCALAR ? NULL : n->first; c; c = c->next)
        sum += json_bound(c);
    return sum;
}

char *node_json(struct arena *a, const struct node *n)
{
    size_t cap = json_bound(n);
    struct wp_writer w = wp_writer(arena_get(a, cap), cap);

    node_put_json(n, &w);
    return (char *)wp_put_end(&w) ? (char *)w.p : NULL;
}
