/* scenario.schema.json is enforced, and each error is told where it stands, with what was probably meant. */
#include "harness/home.h"
#include "harness/scenario_impl.h"
#include "harness/schema.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOKENS_MAX = 1 << 17, NAMES_MAX = 200, ERRORS_SHOWN = 8 };

/* Compiled once for the whole process; every word that the schema knows, for "did you mean". */
static struct {
    struct schema_set *set;
    const struct schema *schema;
    struct arena arena;
    const char *names[NAMES_MAX];
    size_t n_names;
} compiled;

static void end_compiled(void)
{
    schema_set_free(compiled.set);
    arena_free(&compiled.arena);
}

static void collect_names(const struct node *n)
{
    const struct node *properties = node_get(n, "properties");

    for (const struct node *p = properties && properties->kind == NODE_MAP ? properties->first : NULL; p;
         p = p->next)
        if (compiled.n_names < NAMES_MAX)
            compiled.names[compiled.n_names++] = p->key;
    for (const struct node *c = n->kind == NODE_SCALAR ? NULL : n->first; c; c = c->next)
        collect_names(c);
}

static bool compile(struct wp_writer *why)
{
    char path[1024];
    struct wp_slice text;
    const struct node *root;

    if (compiled.schema)
        return true;
    snprintf(path, sizeof path, "%s/scenarios/scenario.schema.json", home_dir());
    text = file_read(&compiled.arena, path, why);
    root = text.p ? yaml_read(&compiled.arena, path, text, why) : NULL; /* JSON without surrogates is YAML */
    if (!root)
        return false;
    collect_names(root);
    compiled.set = schema_set_new();
    if (schema_set_add(compiled.set, "file:///scenario.schema.json", text, why))
        compiled.schema = schema_compile(compiled.set, "file:///scenario.schema.json", why);
    atexit(end_compiled);
    return compiled.schema != NULL;
}

struct telling {
    struct scenario *s;
    struct wp_writer *why;
    size_t n;
};

static bool tell_unknown(struct telling *t, const struct node *member)
{
    const char *near = nearest(member->key, compiled.names, compiled.n_names);
    struct node key = *member;

    key.line = member->key_line;
    key.column = member->key_column;
    return scenario_fail(t->s, &key, t->why, "unknown key '%s'%s%s%s", member->key,
                         near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool on_error(void *ctx, const struct schema_error *e)
{
    struct telling *t = ctx;
    const struct node *where = node_at(t->s->root, wp_text(e->instance_path));

    if (strcmp(e->keyword, "additionalProperties") == 0 && where->key)
        tell_unknown(t, where);
    else
        scenario_fail(t->s, where, t->why, "%s %s", e->instance_path[0] ? e->instance_path : "the scenario",
                      e->reason);
    return ++t->n < ERRORS_SHOWN;
}

bool scenario_obeys_schema(struct scenario *s, struct wp_writer *why)
{
    static struct json_token tokens[TOKENS_MAX];
    struct json_tape tape = {.at = tokens, .cap = TOKENS_MAX};
    struct telling t = {.s = s, .why = why};

    if (!compile(why))
        return false;
    if (json_read(&tape, wp_text(node_json(&s->arena, s->root)), JSON_DEPTH, NULL) != JSON_FAULT_NONE)
        return scenario_fail(s, s->root, why, "the scenario is too large");
    return schema_check(compiled.schema, &tape, 0, NULL, on_error, &t);
}
