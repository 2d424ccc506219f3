/* The way of a check for the many instances that are valid: it stops at the first error and tells nothing, and the
 * keywords that most schemas are made of run without a call. Each of them decides here as it does in its own file. */
#include "harness/schema_run.h"

static bool fast_ops(struct run *r, const struct schema_node *n, uint32_t i);
static bool fast_properties(struct run *r, const struct op *op, uint32_t i);
static bool fast_if(struct run *r, const struct op *op, uint32_t i);

static inline bool fast_op(struct run *r, const struct op *op, uint32_t i)
{
    switch (op->code) {
    case OP_MARK: schema_reach(r, op->node); return true;
    case OP_TYPE: return schema_type_fits(r, op->node, &r->tape->at[i]);
    case OP_CHOICE: return schema_is_choice(r, op, i);
    case OP_PATTERN: return schema_pattern_matches(op->pattern, schema_string(r, i));
    case OP_MINIMUM: return schema_number_cmp(schema_number(r, i), op->number) >= 0;
    case OP_MAXIMUM: return schema_number_cmp(schema_number(r, i), op->number) <= 0;
    case OP_REQUIRED: return schema_has_names(r, op->names, i);
    case OP_PROPERTIES: return fast_properties(r, op, i);
    case OP_REST: return schema_has_no_rest(r, op->rest, i) || run_rest(r, op, i, 0);
    case OP_IF: return fast_if(r, op, i);
    case OP_SWITCH: return run_switch(r, op, i, 0);
    case OP_OTHER: break;
    }
    return op->run(r, op, i, 0);
}

/* All but several ops of a node. */
static inline bool fast_node(struct run *r, const struct schema_node *n, const struct json_token *t,
                             uint32_t i)
{
    unsigned state = n->state[t->kind];

    if (state & STATE_MARK)
        schema_reach(r, n);
    if (state & (STATE_REFUSED | STATE_WHOLE) && !schema_type_fits(r, n, t))
        return false;
    if (state & STATE_ONE)
        return fast_op(r, n->ops[t->kind], i);
    return !(state & STATE_MANY) || fast_ops(r, n, i);
}

bool schema_eval_fast(struct run *r, const struct schema_node *n, uint32_t i)
{
    return fast_node(r, n, &r->tape->at[i], i);
}

static bool fast_ops(struct run *r, const struct schema_node *n, uint32_t i)
{
    unsigned kind = r->tape->at[i].kind;

    if (n->counts >> kind & 1)
        return schema_eval_counting(r, n, i, 0);
    for (const struct op *op = n->ops[kind], *end = op + n->n_ops[kind]; op < end; op++)
        if (!fast_op(r, op, i))
            return false;
    return true;
}

static bool fast_properties(struct run *r, const struct op *op, uint32_t i)
{
    const struct json_token *token = r->tape->at;
    const struct members *m = op->members;
    struct view *v = schema_view(r, i);
    const uint32_t *member = schema_members(r, v);
    uint32_t n_words = r->s->n_words;

    for (uint32_t w = 0; w < n_words; w++)
        for (uint64_t bits = v->present[w] & m->names.mask[w]; bits; bits &= bits - 1) {
            uint32_t id = w * 64 + (uint32_t)__builtin_ctzll(bits), value = member[id];

            if (!fast_node(r, m->node[id - m->names.first], &token[value], value))
                return false;
            if (v->object != i) /* another object has taken its place */
                schema_look_up(r, v, i);
        }
    return true;
}

static bool fast_if(struct run *r, const struct op *op, uint32_t i)
{
    const struct schema_node *branch;

    if (!op->node->path)
        return run_if(r, op, i, 0);
    branch = schema_path_holds(r, op->node->path, i) ? op->then : op->otherwise;
    return !branch || schema_eval(r, branch, i, 0);
}
