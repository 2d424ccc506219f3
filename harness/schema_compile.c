/* From documents to nodes: one for each schema object that can be reached, one op for each of its keywords. */
#include "harness/schema_impl.h"

#include "harness/schema_uri.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The node of each token of a document, once it is wanted. */
struct node_table {
    const struct schema_doc *doc;
    struct schema_node **at;
    struct node_table *next;
};

void schema_refuse(struct builder *b, uint32_t value, const char *format, ...)
{
    char text[REASON_LENGTH];
    va_list args;

    if (b->failed)
        return;
    b->failed = true;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    schema_put_place(b->why, b->node->doc, value);
    wp_put_text(b->why, ": ");
    wp_put_text(b->why, text);
}

/* Room for one more in an arena's array that doubles. */
static void *grow(struct arena *a, void *old, size_t n, uint32_t *cap, size_t size)
{
    void *bigger;

    if (n < *cap)
        return old;
    *cap = *cap ? 2 * *cap : 16;
    bigger = arena_get(a, *cap * size);
    if (n > 0)
        memcpy(bigger, old, n * size);
    return bigger;
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

static struct schema_node **slot_of(struct builder *b, const struct schema_doc *doc, uint32_t token)
{
    struct node_table *t = b->tables;

    while (t && t->doc != doc)
        t = t->next;
    if (!t) {
        t = arena_get(&b->s->arena, sizeof *t);
        *t = (struct node_table){doc, arena_get(&b->s->arena, doc->tape.n * sizeof *t->at), b->tables};
        b->tables = t;
    }
    return &t->at[token];
}

const struct schema_node *schema_node_at(struct builder *b, struct schema_doc *doc, uint32_t token)
{
    struct schema_node **slot = slot_of(b, doc, token), *n;

    if (*slot)
        return *slot;
    n = *slot = arena_get(&b->s->arena, sizeof *n);
    n->doc = doc;
    n->token = token;
    n->types = KIND_ALL;
    *(b->queue_end ? &b->queue_end->next : &b->s->nodes) = n;
    b->queue_end = n;
    return n;
}

const struct schema_node *schema_child(struct builder *b, uint32_t token)
{
    return schema_node_at(b, b->node->doc, token);
}

struct op *schema_op(struct builder *b, const struct keyword *k, uint32_t value, unsigned kinds)
{
    struct op *op;

    if (b->n_ops == b->cap_ops) {
        b->cap_ops = b->cap_ops ? 2 * b->cap_ops : 16;
        op = realloc(b->ops, b->cap_ops * sizeof *op);
        if (!op)
            abort();
        b->ops = op;
    }
    op = &b->ops[b->n_ops++];
    *op = (struct op){.info = arena_get(&b->s->arena, sizeof *op->info)};
    *op->info = (struct op_info){.keyword = k, .home = b->node, .value = value, .kinds = kinds};
    return op;
}

uint32_t schema_sibling(struct builder *b, const char *name)
{
    return json_member(&b->node->doc->tape, b->node->token, wp_text(name));
}

/* ---- names, patterns, sizes ------------------------------------------------------------------------- */

uint32_t schema_name(struct builder *b, uint32_t string)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct schema *s = b->s;
    struct wp_writer w;

    for (uint32_t i = 0; i < s->n_names; i++)
        if (json_string_is(tape, string, s->names[i]))
            return i;
    s->names = grow(&s->arena, s->names, s->n_names, &b->cap_names, sizeof *s->names);
    w = wp_writer(arena_get(&s->arena, tape->at[string].n + 1), tape->at[string].n);
    json_put_string(tape, string, &w);
    s->names[s->n_names] = wp_written(&w);
    return s->n_names++;
}

void schema_keep_names(struct builder *b, struct names *names)
{
    names->next = b->name_sets;
    b->name_sets = names;
}

void schema_names(struct builder *b, uint32_t array, struct names *out)
{
    const struct json_tape *tape = &b->node->doc->tape;

    *out = (struct names){0};
    if (tape->at[array].kind != JSON_ARRAY) {
        schema_refuse(b, array, "must be an array of names");
        return;
    }
    out->id = arena_get(&b->s->arena, tape->at[array].count * sizeof *out->id);
    JSON_EACH(tape, i, array)
    {
        if (tape->at[i].kind != JSON_STRING)
            schema_refuse(b, i, "must be a name");
        else
            out->id[out->n++] = schema_name(b, i);
    }
    schema_keep_names(b, out);
}

const struct schema_pattern *schema_pattern_at(struct builder *b, uint32_t string)
{
    const struct json_tape *tape = &b->node->doc->tape;
    size_t n = tape->at[string].n;
    struct wp_writer text = wp_writer(arena_get(&b->s->arena, n + 1), n), why;
    char room[REASON_LENGTH];
    struct schema_pattern *p;

    why = wp_writer(room, sizeof room);
    json_put_string(tape, string, &text);
    for (const struct pattern_list *l = b->s->patterns; l; l = l->next)
        if (wp_slice_eq(schema_pattern_text(l->pattern), wp_written(&text)))
            return l->pattern;
    p = schema_pattern_new(&b->s->arena, wp_written(&text), &why);
    if (!p) {
        schema_refuse(b, string, "the pattern %.*s cannot be used: %s", WP_FMT(wp_written(&text)),
                      wp_put_end(&why));
        return NULL;
    }
    {
        struct pattern_list *l = arena_get(&b->s->arena, sizeof *l);

        *l = (struct pattern_list){p, b->s->patterns};
        b->s->patterns = l;
    }
    return p;
}

bool schema_size(struct builder *b, uint32_t value, size_t *out)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct wp_value v;
    int64_t num;

    if (tape->at[value].kind != JSON_NUMBER || !wp_number_read(json_text(tape, value), &v) ||
        !wp_decimal_at(v, 0, &num) || num < 0) {
        schema_refuse(b, value, "must be a whole number of at least 0");
        return false;
    }
    *out = (size_t)num;
    return true;
}

/* ---- marks ------------------------------------------------------------------------------------------ */

/* What x-statement says; false: it is not as it should be. */
static bool read_statements(struct arena *a, const struct json_tape *tape, uint32_t value,
                            struct schema_mark *out)
{
    bool array = tape->at[value].kind == JSON_ARRAY;
    uint32_t n = array ? tape->at[value].count : 1;
    const char **list = arena_get(a, (n + 1) * sizeof *list);

    *out = (struct schema_mark){.statements = list};
    for (uint32_t k = array ? value + 1 : value; out->n_statements < n; k = tape->at[k].next) {
        struct wp_writer w;

        if (tape->at[k].kind != JSON_STRING)
            return false;
        w = wp_writer(arena_get(a, tape->at[k].n + 1), tape->at[k].n);
        json_put_string(tape, k, &w);
        list[out->n_statements++] = (const char *)w.p;
    }
    return true;
}

/* The x-statement nearest to a schema, outwards; 0: there is none. */
static uint32_t statements_around(const struct json_tape *tape, uint32_t token)
{
    uint32_t at = 0, found = 0;

    for (;;) {
        bool object = tape->at[at].kind == JSON_OBJECT;
        uint32_t own = object ? json_member(tape, at, wp_text("x-statement")) : 0;
        uint32_t k = at + 1;

        if (own && (tape->at[own].kind == JSON_STRING || tape->at[own].kind == JSON_ARRAY))
            found = own;
        if (at == token)
            return found;
        while (tape->at[k + object].next <= token)
            k = tape->at[k + object].next;
        at = k + object;
    }
}

static const char *place_text(struct builder *b, const struct schema_doc *doc, uint32_t token)
{
    char room[PATH_LENGTH];
    struct wp_writer w = wp_writer(room, sizeof room);

    schema_put_place(&w, doc, token);
    return arena_text(&b->s->arena, wp_text(wp_put_end(&w)));
}

static void read_marks(struct builder *b, struct schema_node *n)
{
    const struct json_tape *tape = &n->doc->tape;
    uint32_t own = 0, undocumented = 0, around = statements_around(tape, n->token);
    struct schema *s = b->s;
    struct schema_mark mark;

    if (tape->at[n->token].kind == JSON_OBJECT) {
        own = json_member(tape, n->token, wp_text("x-statement"));
        undocumented = json_member(tape, n->token, wp_text("x-undocumented"));
    }
    n->undocumented = undocumented && tape->at[undocumented].kind == JSON_TRUE;
    if (!own) {
        if (around && read_statements(&s->arena, tape, around, &mark)) {
            struct schema_mark *copy = arena_get(&s->arena, sizeof *copy);

            *copy = mark;
            n->around = copy;
        }
        return;
    }
    if (!read_statements(&s->arena, tape, own, &mark)) {
        schema_refuse(b, own, "must be a string or an array of strings");
        return;
    }
    mark.path = place_text(b, n->doc, n->token);
    mark.undocumented = n->undocumented;
    s->marks = grow(&s->arena, s->marks, s->n_marks, &b->cap_marks, sizeof *s->marks);
    s->marks[s->n_marks++] = mark;
    n->mark = (uint32_t)s->n_marks; /* `around` is set when the array moves no more */
}

/* ---- one schema ------------------------------------------------------------------------------------- */

static uint32_t number_of(struct builder *b, const struct resource *resource)
{
    for (uint32_t i = 0; i < b->n_resources; i++)
        if (b->resources[i] == resource)
            return i;
    b->resources = grow(&b->s->arena, b->resources, b->n_resources, &b->cap_resources, sizeof *b->resources);
    b->resources[b->n_resources] = resource;
    return b->n_resources++;
}

static int by_keyword(const void *a, const void *b)
{
    const struct op_info *x = ((const struct op *)a)->info, *y = ((const struct op *)b)->info;
    int order = schema_keyword_order(x->keyword, y->keyword);

    return order ? order : (x->value > y->value) - (x->value < y->value);
}

/* Each kind gets its own list of the ops that speak of it. */
static void deal_ops(struct builder *b, struct schema_node *n)
{
    if (b->n_ops > 0)
        qsort(b->ops, b->n_ops, sizeof *b->ops, by_keyword);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct op *list = arena_get(&b->s->arena, b->n_ops * sizeof *list);
        size_t count = 0;

        for (size_t i = 0; i < b->n_ops; i++)
            if (b->ops[i].info->kinds >> kind & 1)
                list[count++] = b->ops[i];
        n->ops[kind] = list;
        n->n_ops[kind] = (uint8_t)count; /* there are fewer keywords than that */
    }
}

static void compile_keywords(struct builder *b, struct schema_node *n)
{
    const struct json_tape *tape = &n->doc->tape;
    bool only_ref = b->resource->dialect->draft == SCHEMA_DRAFT_7 && schema_sibling(b, "$ref");
    unsigned kinds = 0;

    JSON_EACH_KEY(tape, k, n->token)
    {
        const struct keyword *keyword = schema_keyword(tape, k, b->resource->dialect);

        if (keyword && keyword->compile && (!only_ref || keyword->compile == compile_ref))
            keyword->compile(b, keyword, k + 1);
    }
    for (size_t i = 0; i < b->n_ops; i++)
        kinds |= b->ops[i].info->kinds;
    if (n->types_value || kinds == 0)
        kinds = KIND_ALL;
    n->mark_kinds = (uint8_t)kinds;
    n->trivial = b->n_ops == 0 && !n->types_value && !n->mark;
}

static void compile_node(struct builder *b, struct schema_node *n)
{
    unsigned kind = n->doc->tape.at[n->token].kind;

    b->node = n;
    b->n_ops = 0;
    b->resource = schema_resource_at(b->set, n->doc, n->token);
    n->resource = number_of(b, b->resource);
    read_marks(b, n);
    n->trivial = kind == JSON_TRUE;
    n->never = kind == JSON_FALSE;
    if (n->never)
        n->types = 0;
    if (kind == JSON_OBJECT)
        compile_keywords(b, n);
    else if (kind != JSON_TRUE && kind != JSON_FALSE)
        schema_refuse(b, n->token, "a schema is an object, true or false");
    deal_ops(b, n);
}

/* ---- a schema against its meta-schema --------------------------------------------------------------- */

static bool first_error(void *ctx, const struct schema_error *e)
{
    struct builder *b = ctx;

    schema_refuse(b, e->token, "%s, which is no valid schema (%s)", e->reason, e->schema_path);
    return false;
}

static void check_document(struct builder *b, struct schema_doc *doc)
{
    const struct dialect *dialect = schema_resource_at(b->set, doc, 0)->dialect;
    const struct resource *meta;
    const struct schema *s;
    struct place place;

    if (doc->checked || b->set->trusted || b->failed)
        return;
    doc->checked = true;
    if (!schema_find(b->set, dialect->meta, &place, NULL, b->why)) {
        b->failed = true;
        return;
    }
    meta = schema_resource_at(b->set, place.doc, place.token);
    if (meta->doc == doc)
        return;
    s = schema_compile(b->set, dialect->meta, b->why);
    b->failed |= !s;
    if (s)
        schema_check(s, &doc->tape, 0, NULL, first_error, b);
}

/* ---- all of it -------------------------------------------------------------------------------------- */

/* A list that grows while it is walked: compiling one node finds others. */
static void compile_from(struct builder *b, struct schema_node *n)
{
    for (; n && !b->failed; n = n->next) {
        b->node = n;
        check_document(b, n->doc);
        if (!b->failed)
            compile_node(b, n);
    }
}

/* What dynamic references may mean is known only when all resources are, and may bring new ones. */
static void compile_all(struct builder *b)
{
    struct schema_node *last = NULL;

    compile_from(b, b->s->nodes);
    while (!b->failed && last != b->queue_end) {
        last = b->queue_end;
        for (struct schema_node *n = b->s->nodes; n; n = n->next)
            for (unsigned kind = 0; kind < KINDS; kind++)
                for (size_t i = 0; i < n->n_ops[kind]; i++)
                    if (n->ops[kind][i].run == run_dynamic_ref)
                        schema_link_dynamic(b, &n->ops[kind][i]);
        compile_from(b, last->next);
    }
}

static const struct schema *compiled_before(const struct schema_set *set, const char *uri)
{
    for (const struct schema *s = set->schemas; s; s = s->next)
        if (strcmp(s->uri, uri) == 0)
            return s;
    return NULL;
}

const struct schema *schema_compile(struct schema_set *set, const char *uri, struct wp_writer *why)
{
    const struct schema *before = compiled_before(set, uri);
    struct builder b = {.set = set, .why = why};
    struct place place;
    struct schema *s;

    if (before)
        return before;
    if (!schema_find(set, uri, &place, NULL, why))
        return NULL;
    b.s = s = arena_get(&set->arena, sizeof *s);
    s->set = set;
    s->uri = arena_text(&set->arena, wp_text(uri));
    s->root = schema_node_at(&b, place.doc, place.token);
    compile_all(&b);
    if (!b.failed)
        schema_link(&b);
    free(b.ops);
    if (b.failed) {
        schema_free(s);
        return NULL;
    }
    s->run = schema_run_new(s);
    s->next = set->schemas;
    set->schemas = s;
    return s;
}

void schema_free(struct schema *s)
{
    for (struct pattern_list *l = s->patterns; l; l = l->next)
        schema_pattern_free(l->pattern);
    schema_run_free(s->run);
    arena_free(&s->arena);
}

size_t schema_n_marks(const struct schema *s)
{
    return s->n_marks;
}

const struct schema_mark *schema_mark(const struct schema *s, size_t i)
{
    return &s->marks[i];
}
