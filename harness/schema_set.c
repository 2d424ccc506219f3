/* Schema documents, and what their URIs, $id and anchors mean. */
#include "harness/schema_impl.h"

#include "harness/schema_meta.h"
#include "harness/schema_uri.h"

#include <assert.h>

struct schema_set *schema_set_new(void)
{
    struct arena arena = {0};
    struct schema_set *set = arena_get(&arena, sizeof *set);

    set->arena = arena; /* the set lies in its own arena */
    return set;
}

void schema_set_free(struct schema_set *set)
{
    struct arena arena;

    if (!set)
        return;
    for (struct schema *s = set->schemas; s; s = s->next)
        schema_free(s);
    arena = set->arena;
    arena_free(&arena);
}

void schema_set_draft(struct schema_set *set, enum schema_draft draft)
{
    set->draft = draft;
}

void schema_set_formats(struct schema_set *set, bool asserted)
{
    set->formats = asserted;
}

void schema_set_trusted(struct schema_set *set, bool trusted)
{
    set->trusted = trusted;
}

void schema_set_remotes(struct schema_set *set, const char *prefix, const char *folder)
{
    set->remote_prefix = arena_text(&set->arena, wp_text(prefix));
    set->remote_folder = arena_text(&set->arena, wp_text(folder));
}

/* ---- resources and anchors -------------------------------------------------------------------------- */

const struct resource *schema_resource(const struct schema_set *set, const char *uri)
{
    for (const struct resource *r = set->resources; r; r = r->next)
        if (strcmp(r->uri, uri) == 0)
            return r;
    return NULL;
}

const struct resource *schema_resource_at(const struct schema_set *set, const struct schema_doc *doc,
                                          uint32_t token)
{
    const struct resource *best = NULL;

    for (const struct resource *r = set->resources; r; r = r->next)
        if (r->doc == doc && r->root <= token && token < doc->tape.at[r->root].next &&
            (!best || r->root > best->root))
            best = r;
    assert(best);
    return best;
}

const struct anchor *schema_anchor(const struct schema_set *set, const struct resource *resource,
                                   struct wp_slice name)
{
    for (const struct anchor *a = set->anchors; a; a = a->next)
        if (a->resource == resource && wp_slice_eq(a->name, name))
            return a;
    return NULL;
}

static void add_anchor(struct schema_set *set, const struct resource *resource, struct wp_slice name,
                       uint32_t token, bool dynamic)
{
    struct anchor *a = arena_get(&set->arena, sizeof *a);

    *a = (struct anchor){resource, name, token, dynamic, set->anchors};
    set->anchors = a;
}

/* A resource under another URI is one more entry of the list. */
static struct resource *add_resource(struct schema_set *set, struct schema_doc *doc, uint32_t root,
                                     const char *uri, const struct dialect *dialect)
{
    struct resource *r = arena_get(&set->arena, sizeof *r);

    *r = (struct resource){doc, root, uri, dialect, set->resources};
    set->resources = r;
    return r;
}

/* ---- dialects --------------------------------------------------------------------------------------- */

enum { METAS_OPEN_MAX = 8 }; /* meta-schemas of meta-schemas */

static const char *meta_of(enum schema_draft draft)
{
    return draft == SCHEMA_DRAFT_7 ? schema_meta_7.uri : schema_meta_2020[0].uri;
}

static struct dialect *add_dialect(struct schema_set *set, enum schema_draft draft, const char *meta)
{
    struct dialect *d = arena_get(&set->arena, sizeof *d);

    *d = (struct dialect){.draft = draft, .vocabularies = ~0u, .meta = meta, .next = set->dialects};
    set->dialects = d;
    return d;
}

static unsigned vocabulary_bit(struct wp_slice uri)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {
        {"core", VOCAB_CORE},
        {"applicator", VOCAB_APPLICATOR},
        {"unevaluated", VOCAB_UNEVALUATED},
        {"validation", VOCAB_VALIDATION},
        {"meta-data", VOCAB_OTHER},
        {"format-annotation", VOCAB_OTHER},
        {"format-assertion", VOCAB_OTHER},
        {"content", VOCAB_OTHER},
    };
    static const char prefix[] = "https://json-schema.org/draft/2020-12/vocab/";
    size_t n = sizeof prefix - 1;

    if (uri.n < n || memcmp(uri.p, prefix, n) != 0)
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (wp_slice_is(wp_slice_from(uri, n), known[i].name))
            return known[i].bit;
    return 0;
}

/* A meta-schema of somebody's own: its $vocabulary says which keywords there are. */
static const struct dialect *read_dialect(struct schema_set *set, const char *meta, struct wp_writer *why)
{
    const struct resource *r = NULL;
    const struct json_tape *tape;
    struct dialect *d;
    struct place place;
    uint32_t vocabulary;

    if (set->n_metas_open++ == METAS_OPEN_MAX) {
        wp_put_text(why, arena_print(&set->arena, "the meta-schema %s needs itself to be read", meta));
        return NULL;
    }
    if (!schema_find(set, meta, &place, NULL, why))
        return NULL;
    set->n_metas_open--;
    r = schema_resource_at(set, place.doc, place.token);
    tape = &place.doc->tape;
    d = add_dialect(set, r->dialect->draft, arena_text(&set->arena, wp_text(meta)));
    vocabulary = tape->at[place.token].kind == JSON_OBJECT
                     ? json_member(tape, place.token, wp_text("$vocabulary"))
                     : 0;
    if (!vocabulary || tape->at[vocabulary].kind != JSON_OBJECT)
        return d;
    d->vocabularies = VOCAB_CORE;
    JSON_EACH_KEY(tape, k, vocabulary)
    {
        unsigned bit = vocabulary_bit(json_text(tape, k));

        if (!bit && tape->at[k + 1].kind == JSON_TRUE) {
            wp_put_text(why, arena_print(&set->arena, "%s requires the vocabulary %.*s, which is not known",
                                         meta, WP_FMT(json_text(tape, k))));
            set->dialects = d->next;
            return NULL;
        }
        d->vocabularies |= bit;
        d->formats |=
            wp_slice_is(json_text(tape, k), "https://json-schema.org/draft/2020-12/vocab/format-assertion");
    }
    return d;
}

const struct dialect *schema_dialect(struct schema_set *set, const char *meta, struct wp_writer *why)
{
    for (const struct dialect *d = set->dialects; d; d = d->next)
        if (strcmp(d->meta, meta) == 0)
            return d;
    if (strcmp(meta, meta_of(SCHEMA_DRAFT_7)) == 0)
        return add_dialect(set, SCHEMA_DRAFT_7, meta_of(SCHEMA_DRAFT_7));
    if (strcmp(meta, meta_of(SCHEMA_2020_12)) == 0)
        return add_dialect(set, SCHEMA_2020_12, meta_of(SCHEMA_2020_12));
    if (strncmp(meta, "http://json-schema.org/", 23) == 0 ||
        strncmp(meta, "https://json-schema.org/", 24) == 0) {
        wp_put_text(why, arena_print(&set->arena,
                                     "the dialect %s is not supported, only draft-07 and 2020-12", meta));
        return NULL;
    }
    return read_dialect(set, meta, why);
}

/* ---- $id and anchors of a document ------------------------------------------------------------------ */

struct indexing {
    struct schema_set *set;
    struct schema_doc *doc;
    struct wp_writer *why;
};

static bool index_schema(struct indexing *x, uint32_t i, const struct resource *around);

static bool complain(struct indexing *x, uint32_t i, const char *sentence)
{
    schema_put_place(x->why, x->doc, i);
    wp_put_text(x->why, ": ");
    wp_put_text(x->why, sentence);
    return false;
}

/* The text of a member that must be a string; p NULL: there is none. Escapes are taken off. */
static bool string_member(struct indexing *x, uint32_t object, const char *key, struct wp_slice *out)
{
    const struct json_tape *tape = &x->doc->tape;
    uint32_t value = json_member(tape, object, wp_text(key));
    struct wp_writer w;

    *out = (struct wp_slice){NULL, 0};
    if (!value)
        return true;
    if (tape->at[value].kind != JSON_STRING)
        return complain(x, value, "must be a string");
    w = wp_writer(arena_get(&x->set->arena, tape->at[value].n + 1), tape->at[value].n);
    json_put_string(tape, value, &w);
    *out = wp_written(&w);
    return true;
}

static const char *without_fragment(struct arena *a, const char *uri)
{
    return arena_text(a, wp_slice(uri, strcspn(uri, "#")));
}

/* The dialect of a resource: its own $schema, else that of what is around it, else the set's. */
static const struct dialect *dialect_of(struct indexing *x, uint32_t i, const struct resource *around)
{
    struct wp_slice meta;

    if (!string_member(x, i, "$schema", &meta))
        return NULL;
    if (meta.p)
        return schema_dialect(x->set, without_fragment(&x->set->arena, (const char *)meta.p), x->why);
    if (around)
        return around->dialect;
    return schema_dialect(x->set, meta_of(x->set->draft), x->why);
}

static bool has_member(const struct json_tape *tape, uint32_t object, const char *key)
{
    return json_member(tape, object, wp_text(key)) != 0;
}

/* An $id begins a resource; in draft-07 one that is only a fragment is an anchor. */
static bool index_id(struct indexing *x, uint32_t i, const struct resource **around)
{
    struct wp_slice id, fragment;
    const struct dialect *dialect;
    const char *uri;

    if (!string_member(x, i, "$id", &id))
        return false;
    if (!id.p)
        return true;
    fragment = uri_split(id).fragment;
    if ((*around)->dialect->draft == SCHEMA_DRAFT_7 && fragment.n > 0)
        add_anchor(x->set, *around, fragment, i, false);
    else if (fragment.n > 0)
        return complain(x, json_member(&x->doc->tape, i, wp_text("$id")), "must have no fragment");
    if (id.n == 0 || *id.p == '#')
        return true;
    uri = without_fragment(&x->set->arena, uri_resolve(&x->set->arena, (*around)->uri, id));
    dialect = dialect_of(x, i, *around);
    if (!dialect)
        return false;
    if (i == 0 && strcmp(uri, (*around)->uri) == 0)
        return true;
    if (schema_resource(x->set, uri))
        return complain(x, i, arena_print(&x->set->arena, "the $id %s is taken already", uri));
    *around = add_resource(x->set, x->doc, i, uri, dialect);
    return true;
}

static bool index_anchors(struct indexing *x, uint32_t i, const struct resource *around)
{
    struct wp_slice name;

    if (around->dialect->draft == SCHEMA_DRAFT_7)
        return true;
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        if (!string_member(x, i, dynamic ? "$dynamicAnchor" : "$anchor", &name))
            return false;
        if (name.p)
            add_anchor(x->set, around, name, i, dynamic);
    }
    return true;
}

static bool index_each(struct indexing *x, uint32_t container, const struct resource *around)
{
    const struct json_tape *tape = &x->doc->tape;
    bool object = tape->at[container].kind == JSON_OBJECT, good = true;

    for (uint32_t k = container + 1; good && k < tape->at[container].next; k = tape->at[k].next) {
        k += object;
        good = index_schema(x, k, around);
    }
    return good;
}

static bool index_keyword(struct indexing *x, const struct keyword *keyword, uint32_t value,
                          const struct resource *around)
{
    unsigned kind = x->doc->tape.at[value].kind;

    switch (keyword->shape) {
    case SHAPE_VALUE: return true;
    case SHAPE_SCHEMA: return index_schema(x, value, around);
    case SHAPE_SCHEMAS: return kind != JSON_ARRAY || index_each(x, value, around);
    case SHAPE_MAP:
    case SHAPE_MIXED_MAP: return kind != JSON_OBJECT || index_each(x, value, around);
    case SHAPE_SCHEMA_OR_ARRAY:
        return kind == JSON_ARRAY ? index_each(x, value, around) : index_schema(x, value, around);
    }
    return true;
}

/* Recursion is bounded by SCHEMA_DEPTH. What has not the shape of a schema is left to the meta-schema. */
static bool index_schema(struct indexing *x, uint32_t i, const struct resource *around)
{
    const struct json_tape *tape = &x->doc->tape;

    if (tape->at[i].kind != JSON_OBJECT)
        return true;
    if (around->dialect->draft == SCHEMA_DRAFT_7 && has_member(tape, i, "$ref")) {
        /* draft-07: what stands beside $ref means nothing; only definitions are looked into, for pointers. */
        uint32_t definitions = json_member(tape, i, wp_text("definitions"));

        return !definitions || tape->at[definitions].kind != JSON_OBJECT ||
               index_each(x, definitions, around);
    }
    if (!index_id(x, i, &around) || !index_anchors(x, i, around))
        return false;
    JSON_EACH_KEY(tape, k, i)
    {
        const struct keyword *keyword = schema_keyword(tape, k, around->dialect);

        if (keyword && !index_keyword(x, keyword, k + 1, around))
            return false;
    }
    return true;
}

/* ---- documents -------------------------------------------------------------------------------------- */

static bool read_document(struct schema_set *set, struct schema_doc *doc, struct wp_slice text,
                          struct wp_writer *why)
{
    size_t cap = json_tokens_max(text.n), at;
    enum json_fault fault;

    doc->tape.at = arena_get(&set->arena, cap * sizeof *doc->tape.at);
    doc->tape.cap = (uint32_t)cap;
    text = wp_slice(arena_text(&set->arena, text), text.n);
    fault = json_read(&doc->tape, text, SCHEMA_DEPTH, &at);
    if (fault != JSON_FAULT_NONE)
        wp_put_text(why, arena_print(&set->arena, "%s: is no JSON: %s at byte %zu", doc->uri,
                                     json_fault_text(fault), at));
    else if (doc->tape.duplicate)
        wp_put_text(why, arena_print(&set->arena, "%s: has a key twice in one object, at byte %u", doc->uri,
                                     doc->tape.duplicate_at));
    return fault == JSON_FAULT_NONE && !doc->tape.duplicate;
}

bool schema_add_document(struct schema_set *set, const char *uri, const char *folder, struct wp_slice text,
                         struct wp_writer *why)
{
    struct schema_doc *doc = arena_get(&set->arena, sizeof *doc);
    struct indexing x = {set, doc, why};
    const struct dialect *dialect;

    doc->uri = without_fragment(&set->arena, uri);
    doc->folder = folder;
    doc->name = strrchr(doc->uri, '/') ? strrchr(doc->uri, '/') + 1 : doc->uri;
    if (schema_resource(set, doc->uri)) {
        wp_put_text(why, arena_print(&set->arena, "%s was added twice", doc->uri));
        return false;
    }
    if (!read_document(set, doc, text, why))
        return false;
    dialect = doc->tape.at[0].kind == JSON_OBJECT ? dialect_of(&x, 0, NULL)
                                                  : schema_dialect(set, meta_of(set->draft), why);
    if (!dialect)
        return false;
    doc->next = set->docs;
    set->docs = doc;
    return index_schema(&x, 0, add_resource(set, doc, 0, doc->uri, dialect));
}

bool schema_set_add(struct schema_set *set, const char *uri, struct wp_slice text, struct wp_writer *why)
{
    return schema_add_document(set, uri, NULL, text, why);
}
