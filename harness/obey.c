#include "harness/obey.h"
#include "harness/home.h"
#include "harness/nearest.h"
#include "harness/schema.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOKENS_MAX = 1 << 17, NAMES_MAX = 200, ERRORS_SHOWN = 8, FILES_MAX = 4 };

/* A schema, and every word that it knows, for "did you mean". */
struct compiled {
    const char *file;
    struct schema_set *set;
    const struct schema *schema;
    struct arena arena;
    const char *names[NAMES_MAX];
    size_t n_names;
};

static struct compiled all[FILES_MAX];

static void end_all(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        schema_set_free(all[i].set);
        arena_free(&all[i].arena);
    }
}

static void collect_names(struct compiled *c, const struct node *n)
{
    const struct node *properties = node_get(n, "properties");

    for (const struct node *p = properties && properties->kind == NODE_MAP ? properties->first : NULL; p;
         p = p->next)
        if (c->n_names < NAMES_MAX)
            c->names[c->n_names++] = p->key;
    for (const struct node *m = n->kind == NODE_SCALAR ? NULL : n->first; m; m = m->next)
        collect_names(c, m);
}

static bool compile(struct compiled *c, const char *file, struct wp_writer *why)
{
    const char *path = arena_print(&c->arena, "%s/%s", home_dir(), file), *uri;
    struct wp_slice text = file_read(&c->arena, path, why);
    const struct node *root =
        text.p ? yaml_read(&c->arena, path, text, why) : NULL; /* JSON without surrogates is YAML */

    if (!root)
        return false;
    collect_names(c, root);
    c->set = schema_set_new();
    if (schema_set_load(c->set, path, &uri, why))
        c->schema = schema_compile(c->set, uri, why);
    c->file = c->schema ? file : NULL;
    return c->schema != NULL;
}

static struct compiled *find(const char *file, struct wp_writer *why)
{
    static bool registered;

    if (!registered)
        atexit(end_all);
    registered = true;
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (all[i].file && strcmp(all[i].file, file) == 0)
            return &all[i];
        if (!all[i].set)
            return compile(&all[i], file, why) ? &all[i] : NULL;
    }
    wp_put_text(why, "more schemas than there is room for\n");
    return NULL;
}

struct telling {
    const struct compiled *compiled;
    struct arena *arena;
    const char *file, *whole;
    const struct node *root;
    struct wp_writer *why;
    size_t n;
};

static void tell_unknown(struct telling *t, const struct node *member)
{
    const char *near = nearest(member->key, t->compiled->names, t->compiled->n_names);

    if (near && strcmp(near, member->key) == 0) /* a word that belongs elsewhere in the file */
        near = NULL;
    wp_put_text(t->why, arena_print(t->arena, "%s:%d:%d: unknown key '%s'%s%s%s\n", t->file, member->key_line,
                                    member->key_column, member->key, near ? ": did you mean '" : "",
                                    near ? near : "", near ? "'?" : ""));
}

static bool on_error(void *ctx, const struct schema_error *e)
{
    struct telling *t = ctx;
    const struct node *where = node_at(t->root, wp_text(e->instance_path));

    if (strcmp(e->keyword, "additionalProperties") == 0 && where->key)
        tell_unknown(t, where);
    else
        wp_put_text(t->why, arena_print(t->arena, "%s:%d:%d: %s %s\n", t->file, where->line, where->column,
                                        e->instance_path[0] ? e->instance_path : t->whole, e->reason));
    return ++t->n < ERRORS_SHOWN;
}

bool obeys_schema(const char *schema, struct arena *a, const char *file, const struct node *root,
                  const char *whole, struct wp_writer *why)
{
    static struct json_token tokens[TOKENS_MAX];
    struct json_tape tape = {.at = tokens, .cap = TOKENS_MAX};
    struct compiled *c = find(schema, why);
    struct telling t = {.compiled = c, .arena = a, .file = file, .whole = whole, .root = root, .why = why};

    if (!c)
        return false;
    if (json_read(&tape, wp_text(node_json(a, root)), JSON_DEPTH, NULL) != JSON_FAULT_NONE) {
        wp_put_text(why,
                    arena_print(a, "%s:%d:%d: %s is too large\n", file, root->line, root->column, whole));
        return false;
    }
    return schema_check(c->schema, &tape, 0, NULL, on_error, &t);
}
