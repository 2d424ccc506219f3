/* JSON Schema, draft-07 and 2020-12: compiled once, then run over the tape of json_in.
 *
 *     struct schema_set *set = schema_set_new();
 *     schema_set_add(set, "file:///s/telemetry.schema.json", text, &why);
 *     const struct schema *s = schema_compile(set, "file:///s/telemetry.schema.json", &why);
 *     if (!schema_check(s, &tape, 0, NULL, on_error, ctx)) ...
 *
 * The dialect is the document's own ($schema), else the set's. A schema is itself checked against its meta-schema;
 * what it says wrongly, refers to in vain or asks beyond our means is refused with a sentence when it is compiled,
 * never passed over. Two keywords of our own are annotations for who judges:
 *
 *     x-statement      a string or an array of strings: what the keywords beside and below decide
 *     x-undocumented   true: an error of a keyword beside it is a finding of another kind
 *
 * A compiled schema has working memory of its own: one check at a time. */
#ifndef WP_SCHEMA_H
#define WP_SCHEMA_H

#include "sim/core/json_in.h"

struct schema_set;
struct schema;

enum schema_draft { SCHEMA_2020_12, SCHEMA_DRAFT_7 };

enum { SCHEMA_DEPTH = 256 }; /* how deep a schema document may nest */

/* ---- documents -------------------------------------------------------------------------------------- */

struct schema_set *schema_set_new(void);
/* Frees the schemas compiled from it too. NULL is fine. */
void schema_set_free(struct schema_set *set);

/* Before the first document: the dialect of documents without $schema (2020-12 unless set)... */
void schema_set_draft(struct schema_set *set, enum schema_draft draft);
/* ...whether `format` is an assertion (else only where a meta-schema's vocabulary says so)... */
void schema_set_formats(struct schema_set *set, bool asserted);
/* ...whether documents are compiled without asking their meta-schema first (what cannot be compiled is refused all the
 * same)... */
void schema_set_trusted(struct schema_set *set, bool trusted);
/* ...and where documents lie whose URI begins with `prefix` ("http://localhost:1234/"): at `folder` + the rest. */
void schema_set_remotes(struct schema_set *set, const char *prefix, const char *folder);

/* Adds a document, known under `uri` (absolute, without fragment) and under its own $id. The text is copied.
 * false: `why` has one sentence. */
bool schema_set_add(struct schema_set *set, const char *uri, struct wp_slice text, struct wp_writer *why);
/* The same with a file; its URI is file:// and its absolute path. `ret_uri` (may be NULL) lives as long as the set.
 * A document that one of its references names by a path is found beside it. */
bool schema_set_load(struct schema_set *set, const char *path, const char **ret_uri, struct wp_writer *why);

/* ---- compiling -------------------------------------------------------------------------------------- */

/* The schema at `uri`: a document's, or one within it ("...#/$defs/meant", "...#anchor"). Compiled once for each uri.
 * NULL: `why` has one sentence. It lives as long as the set. */
const struct schema *schema_compile(struct schema_set *set, const char *uri, struct wp_writer *why);

/* A schema object with x-statement. */
struct schema_mark {
    const char *const *statements;
    size_t n_statements;
    const char *path; /* "telemetry.schema.json#/properties/value": file, then pointer */
    bool undocumented;
};

/* Every one that the schema can reach, in a fixed order. */
size_t schema_n_marks(const struct schema *s);
const struct schema_mark *schema_mark(const struct schema *s, size_t i);

/* 64-bit words that a bit for each mark needs. */
static inline size_t schema_mark_words(size_t n_marks)
{
    return (n_marks + 63) / 64;
}

/* ---- checking --------------------------------------------------------------------------------------- */

/* Texts are borrowed for the call. */
struct schema_error {
    const char *instance_path;     /* JSON pointer from the value that is checked; "" for itself */
    uint32_t token;                /* the same on the tape */
    const char *schema_path;       /* the keyword: "telemetry.schema.json#/properties/value/type" */
    const char *keyword;           /* "type" */
    const char *reason;            /* "is the string \"x\", expected a number" */
    const char *const *statements; /* x-statement of the keyword's object, else of the nearest around it */
    size_t n_statements;
    bool undocumented; /* x-undocumented stands beside the keyword */
};

/* false: enough, call no more. */
typedef bool schema_on_error(void *ctx, const struct schema_error *error);

/* Is the value at `at` valid? With `on_error` every error is told; without, the first one ends the check.
 * `reached` (may be NULL): schema_mark_words(schema_n_marks(s)) words, in which the bit of each mark is set of which
 * a keyword was applied to the instance: its keywords speak of the type that was met, and it was not only looked at
 * to decide an `if`. Bits are never cleared. */
bool schema_check(const struct schema *s, const struct json_tape *tape, uint32_t at, uint64_t *reached,
                  schema_on_error *on_error, void *ctx);

#endif
