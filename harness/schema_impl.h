/* What the files behind schema.h share: documents, compiled schemas, a check under way.
 *
 *     schema_set      documents and what their URIs and anchors mean
 *     schema_keyword  the table of keywords: where subschemas stand, how each is compiled, run and explained
 *     schema_compile  one node for each schema object that can be reached; one op for each keyword of a node
 *     schema_link     when all nodes are there: names become bits, unevaluatedProperties often becomes static
 *     schema_check    runs nodes over a tape (schema_run.h);  _value _object _array _logic: the keywords
 *     schema_fast     the same for valid instances, without reports
 *     schema_lookup   what a check looks up once: keys of objects, numbers, strings without escapes
 *     schema_error    paths and sentences */
#ifndef WP_SCHEMA_IMPL_H
#define WP_SCHEMA_IMPL_H

#include "harness/arena.h"
#include "harness/schema.h"
#include "harness/schema_pattern.h"

enum { REASON_LENGTH = 600, PATH_LENGTH = 1000 };

/* ---- documents -------------------------------------------------------------------------------------- */

enum { VOCAB_CORE = 1, VOCAB_APPLICATOR = 2, VOCAB_UNEVALUATED = 4, VOCAB_VALIDATION = 8, VOCAB_OTHER = 16 };

struct dialect {
    enum schema_draft draft;
    unsigned vocabularies;
    bool formats;     /* format is an assertion whatever the set says */
    const char *meta; /* URI of the meta-schema */
    struct dialect *next;
};

struct schema_doc {
    const char *uri;    /* under which it was added */
    const char *folder; /* of the file it was read from, with a slash at its end; NULL: no file */
    const char *name;   /* for sentences: the last part of the URI */
    struct json_tape tape;
    bool checked; /* against its meta-schema */
    struct schema_doc *next;
};

/* A schema with a URI of its own: a document's root, or an object with $id. */
struct resource {
    struct schema_doc *doc;
    uint32_t root;
    const char *uri;
    const struct dialect *dialect;
    struct resource *next;
};

struct anchor {
    const struct resource *resource;
    struct wp_slice name;
    uint32_t token;
    bool dynamic;
    struct anchor *next;
};

struct schema_set {
    struct arena arena;
    enum schema_draft draft;
    bool formats, trusted;
    const char *remote_prefix, *remote_folder;
    struct schema_doc *docs;
    struct resource *resources;
    struct anchor *anchors;
    struct dialect *dialects;
    struct schema *schemas;
    unsigned n_metas_open; /* being read to know the dialect of another */
    bool has_meta[2];      /* by schema_draft: the meta-schemas were added */
};

/* A place in a document. */
struct place {
    struct schema_doc *doc;
    uint32_t token;
};

/* The innermost resource around a place, or the one that it is the root of. */
const struct resource *schema_resource_at(const struct schema_set *set, const struct schema_doc *doc,
                                          uint32_t token);
/* The place that an absolute URI means; documents are loaded where the set knows how. `ret_anchor` (may be NULL) is
 * the dynamic anchor that its fragment names, else NULL. false: one sentence in `why`. */
bool schema_find(struct schema_set *set, const char *uri, struct place *out, const struct anchor **ret_anchor,
                 struct wp_writer *why);
const struct anchor *schema_anchor(const struct schema_set *set, const struct resource *resource,
                                   struct wp_slice name);
const struct dialect *schema_dialect(struct schema_set *set, const char *meta, struct wp_writer *why);
/* NULL: no document with that URI (without fragment) is there yet. */
const struct resource *schema_resource(const struct schema_set *set, const char *uri);
/* schema_set_add for a document of a folder. */
bool schema_add_document(struct schema_set *set, const char *uri, const char *folder, struct wp_slice text,
                         struct wp_writer *why);
/* "telemetry.schema.json#/properties/value" */
void schema_put_place(struct wp_writer *w, const struct schema_doc *doc, uint32_t token);
/* The JSON pointer from `from` to `to`, which stands within it. */
void schema_put_pointer(struct wp_writer *w, const struct json_tape *tape, uint32_t from, uint32_t to);

/* ---- keywords --------------------------------------------------------------------------------------- */

enum keyword_shape {
    SHAPE_VALUE,
    SHAPE_SCHEMA,
    SHAPE_SCHEMAS,         /* an array of them */
    SHAPE_MAP,             /* an object of them */
    SHAPE_SCHEMA_OR_ARRAY, /* items of draft-07 */
    SHAPE_MIXED_MAP,       /* dependencies: schemas, or arrays of names */
};

struct builder;
struct run;
struct op;

struct keyword {
    const char *name;
    bool in_7, in_2020;
    unsigned vocabulary;
    enum keyword_shape shape;
    /* Compiles it, as the schema has it at `value`; NULL: it is only an annotation or another one's helper. */
    void (*compile)(struct builder *b, const struct keyword *k, uint32_t value);
};

/* NULL: the dialect has no such keyword. */
const struct keyword *schema_keyword(const struct json_tape *tape, uint32_t key,
                                     const struct dialect *dialect);
/* Keywords run in the order of the table. */
int schema_keyword_order(const struct keyword *a, const struct keyword *b);

/* ---- compiled schemas ------------------------------------------------------------------------------- */

enum {
    PATH_STEPS_MAX = 4,
    KINDS = 7, /* of enum json_kind */
    KIND_ALL = 127,
    KIND_NUMBER = 1 << JSON_NUMBER,
    KIND_STRING = 1 << JSON_STRING,
    KIND_ARRAY = 1 << JSON_ARRAY,
    KIND_OBJECT = 1 << JSON_OBJECT,
};

/* What has been evaluated of one object or array: an offset of bits in the run's scratch memory, a bit for each
 * token of the value, plus 1; 0: nobody wants to know. */
typedef size_t seen_t;

/* Property names: their numbers within the schema and, once linked, the same as bits. */
struct names {
    uint32_t n, first; /* first: the lowest number */
    uint32_t *id;
    uint64_t *mask;
    struct names *next;
};

struct members { /* properties */
    struct names names;
    const struct schema_node **node; /* by number - names.first; NULL: another one's name */
};

struct name_pattern { /* one of patternProperties */
    const struct schema_pattern *pattern;
    const struct schema_node *node;
    uint64_t *mask; /* the known names that it matches */
};

struct patterns {
    uint32_t n;
    struct name_pattern *at;
};

struct rest { /* additionalProperties, unevaluatedProperties */
    const struct members *members;
    const struct patterns *patterns;
    const struct schema_node *node;
    uint64_t *mask;   /* known names that others speak of */
    bool forbidden;   /* node is false */
    bool is_static;   /* unevaluatedProperties: what others speak of does not depend on the instance */
    bool all_covered; /* others speak of every member */
    const struct schema_pattern **covered; /* the same for patterns */
    uint32_t n_covered;
};

struct dependency {
    uint32_t name;
    struct names required;          /* either this */
    const struct schema_node *node; /* or that */
};

struct number {
    struct wp_slice text;
    bool is_small; /* num * 10^exp10 is the whole number */
    int32_t exp10;
    int64_t num;
};

struct choice { /* enum, const */
    uint32_t n;
    unsigned kinds;
    uint32_t *token; /* in the home's document */
    uint32_t *hash;
    struct wp_slice *text; /* of strings, without escapes; else p NULL */
};

/* What an error needs to know of an op. */
struct op_info {
    /* The sentence of an error. */
    void (*say)(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w);
    const struct keyword *keyword;
    const struct schema_node *home;
    const struct schema_mark *around; /* the nearest mark of its home, or on the way to where it was moved */
    uint32_t value;                   /* the keyword's value in the home's document */
    unsigned kinds;
};

/* What a check does without a call. */
enum op_code {
    OP_OTHER,
    OP_MARK,
    OP_TYPE,
    OP_CHOICE,
    OP_PATTERN,
    OP_MINIMUM,
    OP_MAXIMUM,
    OP_REQUIRED,
    OP_PROPERTIES,
    OP_REST,
    OP_IF,
    OP_SWITCH,
};

/* What a node has to say of a kind. */
enum node_state {
    STATE_REFUSED = 1, /* the kind is none of its types */
    STATE_WHOLE = 2,   /* numbers without fraction only */
    STATE_MARK = 4,
    STATE_ONE = 8,   /* it has one op */
    STATE_MANY = 16, /* it has several, or must count what was seen */
};

/* Small, because many are looked at for each instance. */
struct op {
    enum op_code code;
    /* Applies it to the instance at `i`. In full mode it reports and goes on. */
    bool (*run)(struct run *r, const struct op *op, uint32_t i, seen_t seen);
    struct op_info *info;
    const struct schema_node *node;
    union {
        struct {
            const struct schema_node *then, *otherwise;
        };
        struct {
            const struct op *cases; /* ifs that ask for the same member */
            uint32_t n_cases;
        };
        struct {
            const struct schema_node **nodes;
            uint32_t n_nodes;
        };
        struct {
            struct dependency *dependencies;
            uint32_t n_dependencies;
        };
        struct {
            uint32_t from;        /* items: first element */
            uint32_t least, most; /* contains */
        };
        struct dynamic *dynamic;
        size_t limit;
        const struct number *number;
        const struct schema_pattern *pattern;
        bool (*format)(struct wp_slice text);
        struct names *names;
        struct members *members;
        struct patterns *patterns;
        struct rest *rest;
        struct choice *choice;
    };
};

struct dynamic { /* a dynamic reference */
    struct wp_slice anchor;
    const struct schema_node **by_resource; /* by resource number; NULL: it has no such anchor */
};

/* A schema that only asks whether a member of a member is one of some values. */
struct path {
    uint32_t n;
    uint32_t name[PATH_STEPS_MAX];
    const struct op *choice;
};

struct schema_node {
    uint8_t types;      /* kinds that are allowed */
    bool whole;         /* of numbers only those without fraction */
    bool never;         /* the schema false */
    bool trivial;       /* allows everything and says nothing */
    uint8_t mark_kinds; /* kinds that its keywords speak of */
    uint8_t counts;     /* kinds for which unevaluated keywords must know what was seen */
    bool undocumented;
    uint8_t n_ops[KINDS];
    uint8_t state[KINDS];              /* enum node_state */
    uint32_t mark;                     /* number of its own mark + 1 */
    const struct schema_node *forward; /* it only refers to this one */
    const struct op *ops[KINDS];       /* what is applied to a value of the kind */
    const struct path *path;           /* the same as a question; NULL: it is none */
    const struct schema_mark *around;  /* the nearest mark: its own or that of an object around it */
    struct schema_doc *doc;
    uint32_t token;
    uint32_t types_value; /* of `type`; 0: none */
    uint32_t resource;    /* number of its resource */
    uint32_t height;      /* schemas above each other over one value, from here on */
    bool measuring;
    struct schema_node *next;
};

struct pattern_list { /* each regular expression once */
    struct schema_pattern *pattern;
    struct pattern_list *next;
};

struct name_slot {
    uint32_t hash, id; /* id: number + 1; 0: empty */
    uint32_t mask;     /* a bit for each byte, of up to 16 */
    uint8_t first[16]; /* its first bytes */
    struct wp_slice text;
};

struct schema {
    struct arena arena;
    struct schema_set *set;
    const char *uri;
    const struct schema_node *root;
    struct schema_node *nodes; /* all of them */
    struct pattern_list *patterns;
    struct schema_mark *marks;
    size_t n_marks;
    uint32_t n_names, n_words; /* n_words: 64-bit words that a bit for each name needs, at least 1 */
    struct wp_slice *names;
    struct name_slot *slots;
    uint32_t slot_mask;
    bool is_dynamic; /* some reference depends on the way that led to it */
    struct run *run;
    struct schema *next;
};

void schema_free(struct schema *s);
struct run *schema_run_new(const struct schema *s);
void schema_run_free(struct run *r);

/* ---- compiling -------------------------------------------------------------------------------------- */

struct builder {
    struct schema *s;
    struct schema_set *set;
    struct wp_writer *why; /* the first thing that is wrong */
    bool failed;
    struct schema_node *node; /* being compiled */
    const struct resource *resource;
    struct op *ops; /* of this node */
    size_t n_ops, cap_ops;
    struct names *name_sets;
    struct node_table *tables; /* node of each token, by document */
    struct schema_node *queue_end;
    const struct resource **resources; /* by number */
    uint32_t n_resources;
    uint32_t cap_names, cap_marks, cap_resources;
};

/* One sentence, once; `value` is the place that it speaks of. */
void schema_refuse(struct builder *b, uint32_t value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The node of a schema; it is compiled later. */
const struct schema_node *schema_node_at(struct builder *b, struct schema_doc *doc, uint32_t token);
/* The same within the document being compiled. */
const struct schema_node *schema_child(struct builder *b, uint32_t token);
/* A new op of the node being compiled, valid until the next one. */
struct op *schema_op(struct builder *b, const struct keyword *k, uint32_t value, unsigned kinds);
/* The keyword beside the one being compiled; 0: there is none. */
uint32_t schema_sibling(struct builder *b, const char *name);
uint32_t schema_name(struct builder *b, uint32_t string);
/* The strings of an array as a set of names. */
void schema_names(struct builder *b, uint32_t array, struct names *out);
void schema_keep_names(struct builder *b, struct names *names);
const struct schema_pattern *schema_pattern_at(struct builder *b, uint32_t string);
bool schema_size(struct builder *b, uint32_t value, size_t *out);

void schema_link(struct builder *b);
uint64_t *schema_new_mask(struct builder *b);
void schema_link_additional(struct builder *b, struct rest *rest);
void schema_link_unevaluated(struct builder *b, const struct schema_node *n, struct op *op);

static inline void schema_set_bit(uint64_t *mask, uint32_t i)
{
    mask[i / 64] |= UINT64_C(1) << (i % 64);
}

/* schema_logic's, for the linker: compiles what a dynamic reference may mean in the resources known so far. */
void schema_link_dynamic(struct builder *b, const struct op *op);

#define COMPILE(name) void name(struct builder *b, const struct keyword *k, uint32_t value)
COMPILE(compile_type);
COMPILE(compile_const);
COMPILE(compile_enum);
COMPILE(compile_number);
COMPILE(compile_length);
COMPILE(compile_pattern);
COMPILE(compile_format);
COMPILE(compile_count);
COMPILE(compile_required);
COMPILE(compile_properties);
COMPILE(compile_pattern_properties);
COMPILE(compile_additional_properties);
COMPILE(compile_property_names);
COMPILE(compile_dependencies);
COMPILE(compile_unevaluated_properties);
COMPILE(compile_prefix_items);
COMPILE(compile_items);
COMPILE(compile_items_7);
COMPILE(compile_additional_items);
COMPILE(compile_contains);
COMPILE(compile_unique);
COMPILE(compile_unevaluated_items);
COMPILE(compile_ref);
COMPILE(compile_dynamic_ref);
COMPILE(compile_all_of);
COMPILE(compile_any_of);
COMPILE(compile_one_of);
COMPILE(compile_not);
COMPILE(compile_if);
#undef COMPILE

#define RUN(name) bool name(struct run *r, const struct op *op, uint32_t i, seen_t seen)
RUN(run_properties);
RUN(run_pattern_properties);
RUN(run_rest);
RUN(run_choice);
RUN(run_type);
RUN(run_mark);
RUN(run_unevaluated_properties);
RUN(run_ref);
RUN(run_dynamic_ref);
RUN(run_all_of);
RUN(run_any_of);
RUN(run_one_of);
RUN(run_not);
RUN(run_if);
RUN(run_switch);
RUN(run_required);
RUN(run_pattern);
RUN(run_minimum);
RUN(run_maximum);
RUN(run_dependent_schemas);
RUN(run_unevaluated_items);
#undef RUN

#endif
