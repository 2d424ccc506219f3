/* Keywords of arrays. */
#include "harness/schema_run.h"

#include <stdlib.h>

/* ---- prefixItems, items, additionalItems ------------------------------------------------------------ */

static bool run_prefix(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint32_t n = 0;
    bool good = true;

    JSON_EACH(r->tape, e, i)
    {
        if (n == op->n_nodes)
            break;
        good &= schema_eval(r, op->nodes[n++], e, 0);
        if (!good && !r->full)
            return false;
        schema_see(r, seen, i, e);
    }
    return good;
}

static bool run_items(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint32_t n = 0;
    bool good = true;

    if (op->node->trivial && !seen)
        return true;
    JSON_EACH(r->tape, e, i)
    {
        if (n++ < op->from)
            continue;
        good &= schema_eval(r, op->node, e, 0);
        if (!good && !r->full)
            return false;
        schema_see(r, seen, i, e);
    }
    return good;
}

void compile_prefix_items(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;
    const struct schema_node **nodes;
    uint32_t n = 0;
    struct op *op;

    if (tape->at[value].kind != JSON_ARRAY) {
        schema_refuse(b, value, "must be an array of schemas");
        return;
    }
    nodes = arena_get(&b->s->arena, tape->at[value].count * sizeof *nodes);
    JSON_EACH(tape, e, value)
    nodes[n++] = schema_child(b, e);
    op = schema_op(b, k, value, KIND_ARRAY);
    op->run = run_prefix;
    op->nodes = nodes;
    op->n_nodes = n;
}

static void items_from(struct builder *b, const struct keyword *k, uint32_t value, uint32_t from)
{
    struct op *op = schema_op(b, k, value, KIND_ARRAY);

    op->run = run_items;
    op->node = schema_child(b, value);
    op->from = from;
}

void compile_items(struct builder *b, const struct keyword *k, uint32_t value)
{
    uint32_t prefix = schema_sibling(b, "prefixItems");

    items_from(b, k, value, prefix ? b->node->doc->tape.at[prefix].count : 0);
}

void compile_items_7(struct builder *b, const struct keyword *k, uint32_t value)
{
    if (b->node->doc->tape.at[value].kind == JSON_ARRAY)
        compile_prefix_items(b, k, value);
    else
        items_from(b, k, value, 0);
}

/* Means something only behind an array of items. */
void compile_additional_items(struct builder *b, const struct keyword *k, uint32_t value)
{
    uint32_t items = schema_sibling(b, "items");

    if (items && b->node->doc->tape.at[items].kind == JSON_ARRAY)
        items_from(b, k, value, b->node->doc->tape.at[items].count);
}

/* ---- contains, minContains, maxContains ------------------------------------------------------------- */

static bool run_contains(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint32_t n = 0;

    JSON_EACH(r->tape, e, i)
    {
        if (!schema_holds(r, op->node, e, 0))
            continue;
        schema_see(r, seen, i, e);
        if (++n == op->least && op->most == UINT32_MAX && !seen)
            return true;
    }
    if (n < op->least)
        return schema_failed_with(
            r, op, i, "has %u elements of the kind it must contain, expected at least %u", n, op->least);
    if (n > op->most)
        return schema_failed_with(r, op, i, "has %u elements of the kind it may contain, expected at most %u",
                                  n, op->most);
    return true;
}

static uint32_t sibling_size(struct builder *b, const char *name, uint32_t fallback)
{
    uint32_t value = schema_sibling(b, name);
    size_t n;

    if (!value || b->resource->dialect->draft == SCHEMA_DRAFT_7 ||
        !(b->resource->dialect->vocabularies & VOCAB_VALIDATION) || !schema_size(b, value, &n))
        return fallback;
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

void compile_contains(struct builder *b, const struct keyword *k, uint32_t value)
{
    uint32_t least = sibling_size(b, "minContains", 1), most = sibling_size(b, "maxContains", UINT32_MAX);
    struct op *op = schema_op(b, k, value, KIND_ARRAY);

    op->run = run_contains;
    op->node = schema_child(b, value);
    op->least = least;
    op->most = most;
}

/* ---- uniqueItems ------------------------------------------------------------------------------------ */

enum { PAIRS_MAX = 16 }; /* up to here every pair is compared */

static bool same(struct run *r, const struct op *op, uint32_t i, uint32_t a, uint32_t b)
{
    uint32_t first = 0, second = 0, n = 0;

    if (!json_equal(r->tape, a, r->tape, b))
        return false;
    JSON_EACH(r->tape, e, i)
    {
        first = e == a ? n : first;
        second = e == b ? n : second;
        n++;
    }
    schema_failed_with(r, op, i, "has two equal elements, number %u and number %u",
                       first < second ? first : second, first < second ? second : first);
    return true;
}

static bool pairs_differ(struct run *r, const struct op *op, uint32_t i)
{
    JSON_EACH(r->tape, e, i)
    for (uint32_t before = i + 1; before < e; before = r->tape->at[before].next)
        if (same(r, op, i, before, e))
            return false;
    return true;
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Many elements: sorted by hash, only neighbours can be equal. */
static bool hashes_differ(struct run *r, const struct op *op, uint32_t i)
{
    size_t n = r->tape->at[i].count, start = schema_scratch(r, n), k = start;
    bool good = true;

    JSON_EACH(r->tape, e, i)
    r->scratch[k++] = (uint64_t)json_value_hash(r->tape, e) << 32 | e;
    qsort(r->scratch + start, n, sizeof *r->scratch, by_hash);
    for (k = start + 1; good && k < start + n; k++)
        for (size_t m = k; good && m-- > start && r->scratch[m] >> 32 == r->scratch[k] >> 32;)
            good = !same(r, op, i, (uint32_t)r->scratch[m], (uint32_t)r->scratch[k]);
    r->n_scratch = start;
    return good;
}

static bool run_unique(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return r->tape->at[i].count <= PAIRS_MAX ? pairs_differ(r, op, i) : hashes_differ(r, op, i);
}

void compile_unique(struct builder *b, const struct keyword *k, uint32_t value)
{
    unsigned kind = b->node->doc->tape.at[value].kind;

    if (kind == JSON_TRUE)
        schema_op(b, k, value, KIND_ARRAY)->run = run_unique;
    else if (kind != JSON_FALSE)
        schema_refuse(b, value, "must be true or false");
}

/* ---- unevaluatedItems ------------------------------------------------------------------------------- */

bool run_unevaluated_items(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    JSON_EACH(r->tape, e, i)
    {
        if (schema_is_seen(r, seen, i, e))
            continue;
        good &= op->node->never ? schema_failed(r, op, e) : schema_eval(r, op->node, e, 0);
        if (!good && !r->full)
            return false;
        schema_see(r, seen, i, e);
    }
    return good;
}

static void say_unevaluated(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    (void)r;
    (void)op;
    (void)i;
    wp_put_text(w, "is an element that is not described");
}

void compile_unevaluated_items(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = schema_op(b, k, value, KIND_ARRAY);

    op->run = run_unevaluated_items;
    op->info->say = say_unevaluated;
    op->node = schema_child(b, value);
}
