/* A check under way, and what keywords ask it. */
#ifndef WP_SCHEMA_RUN_H
#define WP_SCHEMA_RUN_H

#include "harness/schema_impl.h"

/* ---- a check ---------------------------------------------------------------------------------------- */

enum { VIEWS = 8, FRAMES_MAX = 1000, EXPLAINING_MAX = 3 };

/* An object with its keys looked up once. */
struct view {
    uint64_t run;     /* of which it is */
    uint32_t object;  /* token */
    uint32_t unknown; /* members that the schema has no name for */
    /* uint64_t present[n_words]; uint32_t member[n_names]: the value's token, where the bit is set */
    uint64_t present[];
};

struct frame {
    const struct schema_node *node;
    const struct frame *up;
};

struct run {
    const struct schema *s;
    const struct json_tape *tape;
    uint64_t number; /* of the run */
    uint32_t at;     /* the value that is checked */
    bool busy;
    bool fast;    /* neither is anything reported nor does the way matter */
    bool full;    /* report every error and go on */
    bool stopped; /* somebody has had enough of errors */
    bool too_deep;
    unsigned depth, explaining;
    const struct frame *frame;
    uint64_t *reached, *nobody; /* nobody: for who does not want to know */
    size_t view_size;
    uint8_t *views;
    uint32_t number_token; /* whose value is in `value`; plus 1 */
    struct number value;
    uint64_t *scratch;
    size_t n_scratch, cap_scratch;
    uint8_t *text; /* an unescaped string */
    size_t cap_text;
    schema_on_error *on_error;
    void *ctx;
};

/* Does the node hold for the value? */
bool schema_eval(struct run *r, const struct schema_node *node, uint32_t i, seen_t seen);
/* The same where neither anything is reported nor the way matters nor anybody counts (schema_fast). */
bool schema_eval_fast(struct run *r, const struct schema_node *node, uint32_t i);
/* The same with somebody who counts. */
bool schema_eval_counting(struct run *r, const struct schema_node *node, uint32_t i, seen_t seen);
/* Is it valid? Without reports, whatever the mode. */
bool schema_holds(struct run *r, const struct schema_node *node, uint32_t i, seen_t seen);

struct view *schema_look_up(struct run *r, struct view *v, uint32_t object);
/* Number of the name + 1; 0: the schema has no such name. */
uint32_t schema_name_id(const struct schema *s, const struct json_tape *tape, uint32_t key);

/* Good until another object is looked at: that may take its place. */
static inline struct view *schema_view(struct run *r, uint32_t object)
{
    struct view *v = (struct view *)(void *)(r->views + object % VIEWS * r->view_size);

    return v->object == object && v->run == r->number ? v : schema_look_up(r, v, object);
}

static inline const uint32_t *schema_members(const struct run *r, const struct view *v)
{
    return (const uint32_t *)(const void *)(v->present + r->s->n_words);
}

/* memcmp for the short texts that most values are. */
static inline bool schema_same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint64_t x, y, u, v;

    if (n < 8 || n > 16)
        return memcmp(a, b, n) == 0;
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    memcpy(&u, a + n - 8, 8);
    memcpy(&v, b + n - 8, 8);
    return x == y && u == v;
}

static inline bool schema_has_bit(const uint64_t *mask, uint32_t i)
{
    return mask[i / 64] >> (i % 64) & 1;
}

/* Runs the node in full mode for somebody else: the token of its first error, `i` when there is none. */
uint32_t schema_explain(struct run *r, const struct schema_node *node, uint32_t i, schema_on_error *on_error,
                        void *ctx);

/* The first of n more words; they are given back by setting r->n_scratch to what it was. */
size_t schema_scratch(struct run *r, size_t n);
seen_t schema_seen_new(struct run *r, uint32_t i);
/* Adds what `from` has, if it is of the same value; both may be 0. */
void schema_seen_add(struct run *r, uint32_t i, seen_t to, seen_t from);
void schema_seen_all(struct run *r, uint32_t i, seen_t seen);

static inline void schema_see(struct run *r, seen_t seen, uint32_t i, uint32_t value)
{
    if (seen)
        r->scratch[seen - 1 + (value - i) / 64] |= UINT64_C(1) << ((value - i) % 64);
}

static inline bool schema_is_seen(const struct run *r, seen_t seen, uint32_t i, uint32_t value)
{
    return r->scratch[seen - 1 + (value - i) / 64] >> ((value - i) % 64) & 1;
}

struct wp_slice schema_unescaped(struct run *r, uint32_t i);

/* The string at `i` without escapes; good until the next one. */
static inline struct wp_slice schema_string(struct run *r, uint32_t i)
{
    return r->tape->at[i].escaped ? schema_unescaped(r, i) : json_text(r->tape, i);
}

const struct number *schema_number(struct run *r, uint32_t i);
void schema_number_read(struct wp_slice text, struct number *out);
int schema_number_cmp(const struct number *a, const struct number *b);
bool schema_path_holds(struct run *r, const struct path *path, uint32_t i);
/* Where the path leads from `i`; 0: nowhere. */
uint32_t schema_follow(struct run *r, const struct path *path, uint32_t i);
bool schema_is_one_of(struct run *r, const struct op *op, uint32_t i);

/* Always false. In full mode it reports an error of `op` at `i`, with the sentence of op->say... */
bool schema_failed(struct run *r, const struct op *op, uint32_t i);
/* ...or with this one. */
bool schema_failed_with(struct run *r, const struct op *op, uint32_t i, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for what is a node's own: `type`, and the schema false. */
bool schema_node_failed(struct run *r, const struct schema_node *node, const struct schema_mark *around,
                        uint32_t i);
/* "the string \"x\"", shortened where it is long */
void schema_put_instance(struct wp_writer *w, const struct json_tape *tape, uint32_t i);
/* A JSON value of the schema, shortened. */
void schema_put_value(struct wp_writer *w, const struct json_tape *tape, uint32_t i);

/* ---- keywords that most schemas are made of --------------------------------------------------------- */

static inline bool schema_type_fits(const struct run *r, const struct schema_node *n,
                                    const struct json_token *t)
{
    if (!(n->types >> t->kind & 1))
        return false;
    return !n->whole || !t->fraction || json_number_is_whole(wp_slice(r->tape->text.p + t->at, t->n));
}

static inline void schema_reach(struct run *r, const struct schema_node *n)
{
    r->reached[(n->mark - 1) / 64] |= UINT64_C(1) << ((n->mark - 1) % 64);
}

static inline bool schema_has_names(struct run *r, const struct names *names, uint32_t i)
{
    const struct view *v = schema_view(r, i);
    bool all = true;

    for (uint32_t w = 0; w < r->s->n_words; w++)
        all &= (names->mask[w] & ~v->present[w]) == 0;
    return all;
}

/* Is every member spoken of by others? */
static inline bool schema_has_no_rest(struct run *r, const struct rest *rest, uint32_t i)
{
    const struct view *v = schema_view(r, i);
    bool none = v->unknown == 0;

    for (uint32_t w = 0; w < r->s->n_words; w++)
        none &= (v->present[w] & ~rest->mask[w]) == 0;
    return none;
}

enum { COMPARED_MAX = 8 }; /* up to here strings are compared with each choice, above that their hashes */

static inline bool schema_is_choice(struct run *r, const struct op *op, uint32_t i)
{
    const struct choice *c = op->choice;
    const struct json_token *t = &r->tape->at[i];

    if (t->kind != JSON_STRING || t->escaped || c->n > COMPARED_MAX)
        return schema_is_one_of(r, op, i);
    for (uint32_t k = 0; k < c->n; k++)
        if (c->text[k].n == t->n && c->text[k].p &&
            schema_same_bytes(c->text[k].p, r->tape->text.p + t->at, t->n))
            return true;
    return false;
}

#endif
