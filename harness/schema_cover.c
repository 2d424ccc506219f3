/* Which members the rest of a schema speaks of. Where that does not depend on the instance, unevaluatedProperties
 * becomes as cheap as additionalProperties. */
#include "harness/schema_impl.h"

enum { HOPS_MAX = 64 };

uint64_t *schema_new_mask(struct builder *b)
{
    return arena_get(&b->s->arena, b->s->n_words * sizeof(uint64_t));
}

/* The members that are evaluated for certain when the schema holds, or only perhaps. */
struct cover {
    bool all, unknown; /* unknown: it depends on what cannot be known here */
    uint64_t *names;
    const struct schema_pattern **patterns;
    uint32_t n_patterns, cap_patterns;
};

struct covering {
    struct builder *b;
    struct cover sure, maybe;
    unsigned depth;
};

static void cover_schema(struct covering *c, const struct schema_node *n, bool sure, bool whole);

static void cover_pattern(struct covering *c, struct cover *to, const struct schema_pattern *p)
{
    if (to->n_patterns == to->cap_patterns) {
        const struct schema_pattern **bigger;

        to->cap_patterns = to->cap_patterns ? 2 * to->cap_patterns : 8;
        bigger = arena_get(&c->b->s->arena, to->cap_patterns * sizeof(const struct schema_pattern *));
        if (to->n_patterns > 0)
            memcpy(bigger, to->patterns, to->n_patterns * sizeof *bigger);
        to->patterns = bigger;
    }
    to->patterns[to->n_patterns++] = p;
}

static void cover_op(struct covering *c, const struct op *op, bool sure)
{
    struct cover *to = sure ? &c->sure : &c->maybe;

    if (op->run == run_properties) {
        for (uint32_t w = 0; w < c->b->s->n_words; w++)
            to->names[w] |= op->members->names.mask[w];
    } else if (op->run == run_pattern_properties) {
        for (uint32_t k = 0; k < op->patterns->n; k++)
            cover_pattern(c, to, op->patterns->at[k].pattern);
    } else if (op->run == run_rest || op->run == run_unevaluated_properties) {
        to->all = true;
    } else if (op->run == run_ref) {
        cover_schema(c, op->node, sure, true);
    } else if (op->run == run_dynamic_ref) {
        to->unknown = true;
    } else if (op->run == run_all_of || op->run == run_any_of || op->run == run_one_of) {
        for (uint32_t k = 0; k < op->n_nodes; k++)
            cover_schema(c, op->nodes[k], sure && op->run == run_all_of, true);
    } else if (op->run == run_if) {
        cover_schema(c, op->node, false, true);
        if (op->then)
            cover_schema(c, op->then, false, true);
        if (op->otherwise)
            cover_schema(c, op->otherwise, false, true);
    } else if (op->run == run_dependent_schemas) {
        for (uint32_t k = 0; k < op->n_dependencies; k++)
            if (op->dependencies[k].node)
                cover_schema(c, op->dependencies[k].node, false, true);
    }
}

/* `whole`: with its unevaluatedProperties too. */
static void cover_schema(struct covering *c, const struct schema_node *n, bool sure, bool whole)
{
    if (c->depth == HOPS_MAX) {
        c->sure.unknown = true;
        return;
    }
    c->depth++;
    for (const struct op *op = n->ops[JSON_OBJECT], *end = op + n->n_ops[JSON_OBJECT]; op < end; op++)
        if (whole || (op->run != run_unevaluated_properties && !(op->run == run_rest && op->rest->is_static)))
            cover_op(c, op, sure);
    c->depth--;
}

static bool has_pattern(const struct cover *in, const struct schema_pattern *p)
{
    for (uint32_t k = 0; k < in->n_patterns; k++)
        if (in->patterns[k] == p) /* each text is compiled once */
            return true;
    return false;
}

/* Nothing is evaluated perhaps that is not evaluated for certain. */
static bool is_certain(const struct covering *c)
{
    if (c->sure.unknown || c->maybe.unknown)
        return false;
    if (c->sure.all)
        return true;
    if (c->maybe.all)
        return false;
    for (uint32_t w = 0; w < c->b->s->n_words; w++)
        if (c->maybe.names[w] & ~c->sure.names[w])
            return false;
    for (uint32_t k = 0; k < c->maybe.n_patterns; k++)
        if (!has_pattern(&c->sure, c->maybe.patterns[k]))
            return false;
    return true;
}

static void set_covered(struct builder *b, struct rest *rest, const struct cover *by)
{
    rest->covered = by->patterns;
    rest->n_covered = by->n_patterns;
    rest->mask = by->names;
    for (uint32_t i = 0; i < b->s->n_names; i++)
        for (uint32_t k = 0; k < by->n_patterns; k++)
            if (schema_pattern_matches(by->patterns[k], b->s->names[i]))
                schema_set_bit(rest->mask, i);
}

/* additionalProperties: what stands beside it. */
void schema_link_additional(struct builder *b, struct rest *rest)
{
    struct covering c = {.b = b, .sure.names = schema_new_mask(b)};

    if (rest->members)
        memcpy(c.sure.names, rest->members->names.mask, b->s->n_words * sizeof(uint64_t));
    if (rest->patterns)
        for (uint32_t k = 0; k < rest->patterns->n; k++)
            cover_pattern(&c, &c.sure, rest->patterns->at[k].pattern);
    set_covered(b, rest, &c.sure);
}

void schema_link_unevaluated(struct builder *b, const struct schema_node *n, struct op *op)
{
    struct covering c = {.b = b, .sure.names = schema_new_mask(b), .maybe.names = schema_new_mask(b)};

    cover_schema(&c, n, true, false);
    if (!is_certain(&c))
        return;
    if (c.sure.all)
        memset(c.sure.names, 0xFF, b->s->n_words * sizeof(uint64_t));
    set_covered(b, op->rest, &c.sure);
    op->rest->all_covered = c.sure.all;
    op->rest->is_static = true;
    op->run = run_rest;
}
