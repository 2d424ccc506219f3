/* When all nodes are there: names get their bits, references their shortest way, and keywords of schemas that apply
 * to the same value are moved together. */
#include "harness/schema_run.h"

enum { HOPS_MAX = 64, HEIGHT_MAX = 200, MOVED_MAX = 48, MOVES_MAX = 8 };

#define EACH_NODE(b, n) for (struct schema_node *n = (b)->s->nodes; n; n = n->next)
#define EACH_OP(n, kind, op)                                                                                 \
    for (struct op *op = (struct op *)(n)->ops[kind], *end_ = op + (n)->n_ops[kind]; op < end_; op++)

/* ---- names ------------------------------------------------------------------------------------------ */

static void build_slots(struct schema *s)
{
    uint32_t size = 4;

    while (size < 4 * s->n_names) /* seldom more than one look */
        size *= 2;
    s->slots = arena_get(&s->arena, size * sizeof *s->slots);
    s->slot_mask = size - 1;
    for (uint32_t i = 0; i < s->n_names; i++) {
        uint32_t hash = json_hash(s->names[i]), at = hash & s->slot_mask;

        while (s->slots[at].id)
            at = (at + 1) & s->slot_mask;
        s->slots[at] = (struct name_slot){.hash = hash, .id = i + 1, .text = s->names[i]};
        if (s->names[i].n <= sizeof s->slots[at].first) {
            memcpy(s->slots[at].first, s->names[i].p, s->names[i].n);
            s->slots[at].mask = (1u << s->names[i].n) - 1;
        }
    }
}

static void link_names(struct builder *b)
{
    struct schema *s = b->s;

    s->n_words = s->n_names ? (s->n_names + 63) / 64 : 1;
    build_slots(s);
    for (struct names *n = b->name_sets; n; n = n->next) {
        n->mask = schema_new_mask(b);
        for (uint32_t i = 0; i < n->n; i++)
            schema_set_bit(n->mask, n->id[i]);
    }
}

static void link_patterns(struct builder *b, struct patterns *p)
{
    for (uint32_t k = 0; k < p->n; k++) {
        p->at[k].mask = schema_new_mask(b);
        for (uint32_t i = 0; i < b->s->n_names; i++)
            if (schema_pattern_matches(p->at[k].pattern, b->s->names[i]))
                schema_set_bit(p->at[k].mask, i);
    }
}

static void link_members(struct builder *b)
{
    EACH_NODE(b, n)
    EACH_OP(n, JSON_OBJECT, op)
    {
        if (op->run == run_pattern_properties)
            link_patterns(b, op->patterns);
        else if (op->run == run_rest)
            schema_link_additional(b, op->rest);
    }
    EACH_NODE(b, n)
    EACH_OP(n, JSON_OBJECT, op)
    if (op->run == run_unevaluated_properties)
        schema_link_unevaluated(b, n, op);
}

/* ---- marks, and what must be counted ---------------------------------------------------------------- */

static void link_marks(struct builder *b)
{
    EACH_NODE(b, n)
    if (n->mark)
        n->around = &b->s->marks[n->mark - 1];
    EACH_NODE(b, n)
    for (unsigned kind = 0; kind < KINDS; kind++)
        EACH_OP(n, kind, op)
        {
            op->info->around = n->around;
            if (op->run == run_unevaluated_properties || op->run == run_unevaluated_items)
                n->counts |= (uint8_t)(1u << kind);
        }
}

/* ---- schemas that refer, or ask --------------------------------------------------------------------- */

static bool has_ops(const struct schema_node *n, unsigned kinds, uint8_t count,
                    bool (*run)(struct run *, const struct op *, uint32_t, seen_t))
{
    for (unsigned kind = 0; kind < KINDS; kind++)
        if (kinds >> kind & 1 ? n->n_ops[kind] != count || n->ops[kind]->run != run : n->n_ops[kind] != 0)
            return false;
    return true;
}

static bool says_more(const struct schema_node *n)
{
    return n->types != KIND_ALL || n->whole || n->mark;
}

/* A reference in another resource counts for dynamic references, so only without them it may be passed over. */
static void link_forward(struct builder *b, struct schema_node *n)
{
    const struct schema_node *to = n;
    unsigned hops = 0;

    for (; !says_more(to) && has_ops(to, KIND_ALL, 1, run_ref); to = to->ops[0]->node)
        if ((b->s->is_dynamic && to->ops[0]->node->resource != n->resource) || ++hops == HOPS_MAX)
            break;
    n->forward = to == n ? NULL : to;
}

static const struct schema_node *target_of(const struct schema_node *n)
{
    return n->forward ? n->forward : n;
}

/* {"properties": {"a": {"properties": {"b": {"const": 1}}}}} */
static void link_path(struct builder *b, struct schema_node *node)
{
    const struct schema_node *n = target_of(node);
    struct path path = {0};

    for (; !says_more(n) && has_ops(n, KIND_OBJECT, 1, run_properties); n = target_of(n)) {
        const struct members *m = n->ops[JSON_OBJECT]->members;

        if (m->names.n != 1 || path.n == PATH_STEPS_MAX)
            return;
        path.name[path.n++] = m->names.id[0];
        n = m->node[0];
    }
    if (path.n == 0 || says_more(n) || !has_ops(n, KIND_ALL, 1, run_choice))
        return;
    path.choice = n->ops[0];
    {
        struct path *copy = arena_get(&b->s->arena, sizeof *copy);

        *copy = path;
        node->path = copy;
    }
}

/* ---- schemas that apply themselves ------------------------------------------------------------------ */

static uint32_t height_of(struct builder *b, const struct schema_node *n, uint32_t depth);

static uint32_t higher(struct builder *b, const struct schema_node *n, uint32_t depth, uint32_t height)
{
    uint32_t own = n ? height_of(b, n, depth + 1) : 0;

    return own > height ? own : height;
}

static uint32_t op_height(struct builder *b, const struct op *op, uint32_t depth)
{
    uint32_t h = 0;

    if (op->run == run_ref || op->run == run_not || op->run == run_if)
        h = higher(b, op->node, depth, h);
    if (op->run == run_if) {
        h = higher(b, op->then, depth, h);
        h = higher(b, op->otherwise, depth, h);
    }
    if (op->run == run_all_of || op->run == run_any_of || op->run == run_one_of)
        for (uint32_t k = 0; k < op->n_nodes; k++)
            h = higher(b, op->nodes[k], depth, h);
    if (op->run == run_dependent_schemas)
        for (uint32_t k = 0; k < op->n_dependencies; k++)
            h = higher(b, op->dependencies[k].node, depth, h);
    return h;
}

/* How many schemas lie above each other over one value. What comes back to itself would never end; dynamic references
 * are left to the check. */
static uint32_t height_of(struct builder *b, const struct schema_node *node, uint32_t depth)
{
    struct schema_node *n = (struct schema_node *)node;
    uint32_t height = 0;

    if (n->height > 0 || b->failed)
        return n->height;
    b->node = n;
    if (n->measuring || depth == HEIGHT_MAX) {
        schema_refuse(b, n->token,
                      n->measuring ? "applies itself to the same value without end"
                                   : "lies under too many schemas that apply to the same value");
        return 0;
    }
    n->measuring = true;
    for (unsigned kind = 0; kind < KINDS; kind++)
        EACH_OP(n, kind, op)
        {
            uint32_t h = op_height(b, op, depth);

            height = h > height ? h : height;
        }
    n->measuring = false;
    n->height = height + 1;
    return n->height;
}

/* ---- keywords that apply to the same value ---------------------------------------------------------- */

struct moving {
    struct builder *b;
    struct op list[MOVED_MAX];
    size_t n;
    unsigned kind;
    bool full;
};

static void append(struct moving *m, struct op op, const struct schema_mark *around)
{
    if (m->n == MOVED_MAX) {
        m->full = true;
        return;
    }
    if (!op.info->around && around) {
        struct op_info *copy = arena_get(&m->b->s->arena, sizeof *copy);

        *copy = *op.info;
        copy->around = around;
        op.info = copy;
    }
    m->list[m->n++] = op;
}

static void append_own(struct moving *m, const struct schema_node *n,
                       bool (*run)(struct run *, const struct op *, uint32_t, seen_t),
                       const struct schema_mark *around)
{
    struct op op = {.run = run, .node = n, .info = arena_get(&m->b->s->arena, sizeof *op.info)};

    op.info->home = n;
    op.info->around = n->around;
    append(m, op, around);
}

static void gather_ops(struct moving *m, const struct schema_node *n, const struct schema_mark *around,
                       unsigned depth);

/* All that a schema says of values of the kind: that it was reached, the type, its keywords. */
static void gather(struct moving *m, const struct op *op, const struct schema_node *n,
                   const struct schema_mark *around, unsigned depth)
{
    n = target_of(n);
    if (depth == MOVES_MAX || n->counts >> m->kind & 1) {
        struct op ref = *op;

        ref.run = run_ref;
        ref.node = n;
        append(m, ref, around);
        return;
    }
    if (n->mark && n->mark_kinds >> m->kind & 1)
        append_own(m, n, run_mark, around);
    if (!(n->types >> m->kind & 1) || (n->whole && m->kind == JSON_NUMBER))
        append_own(m, n, run_type, around);
    gather_ops(m, n, n->around ? n->around : around, depth + 1);
}

static void gather_ops(struct moving *m, const struct schema_node *n, const struct schema_mark *around,
                       unsigned depth)
{
    EACH_OP(n, m->kind, op)
    {
        const struct schema_mark *nearest = op->info->around ? op->info->around : around;

        if (op->run == run_ref)
            gather(m, op, op->node, nearest, depth);
        else if (op->run == run_all_of)
            for (uint32_t k = 0; k < op->n_nodes; k++)
                gather(m, op, op->nodes[k], nearest, depth);
        else
            append(m, *op, around);
    }
}

struct moved {
    const struct op *ops[KINDS];
    uint8_t n_ops[KINDS];
};

static bool asks(const struct op *op)
{
    return op->run == run_if && op->node->path;
}

static bool asks_the_same(const struct op *a, const struct op *b)
{
    const struct path *x, *y;

    if (!asks(b))
        return false;
    x = a->node->path;
    y = b->node->path;
    return x->n == y->n && memcmp(x->name, y->name, x->n * sizeof *x->name) == 0;
}

/* Ifs in a row that ask for the same member become one op. */
static void merge_ifs(struct moving *m)
{
    size_t n = 0, end;

    for (size_t i = 0; i < m->n; i = end) {
        struct op op = m->list[i], *cases;

        for (end = i + 1; asks(&op) && end < m->n && asks_the_same(&op, &m->list[end]);)
            end++;
        if (end - i > 1) {
            cases = arena_get(&m->b->s->arena, (end - i) * sizeof *cases);
            memcpy(cases, &m->list[i], (end - i) * sizeof *cases);
            op.run = run_switch;
            op.cases = cases;
            op.n_cases = (uint32_t)(end - i);
        }
        m->list[n++] = op;
    }
    m->n = n;
}

static enum op_code code_of(const struct op *op)
{
    static const struct {
        bool (*run)(struct run *, const struct op *, uint32_t, seen_t);
        enum op_code code;
    } known[] = {
        {run_mark, OP_MARK},       {run_type, OP_TYPE},         {run_choice, OP_CHOICE},
        {run_pattern, OP_PATTERN}, {run_required, OP_REQUIRED}, {run_properties, OP_PROPERTIES},
        {run_rest, OP_REST},       {run_minimum, OP_MINIMUM},   {run_maximum, OP_MAXIMUM},
        {run_if, OP_IF},           {run_switch, OP_SWITCH},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (op->run == known[i].run)
            return known[i].code;
    return OP_OTHER;
}

static void move_node(struct builder *b, const struct schema_node *n, struct moved *out)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct moving m = {.b = b, .kind = kind};
        struct op *copy;

        gather_ops(&m, n, NULL, 0);
        out->ops[kind] = n->ops[kind];
        out->n_ops[kind] = n->n_ops[kind];
        if (m.full)
            continue;
        merge_ifs(&m);
        for (size_t i = 0; i < m.n; i++)
            m.list[i].code = code_of(&m.list[i]);
        copy = arena_get(&b->s->arena, m.n * sizeof *copy);
        memcpy(copy, m.list, m.n * sizeof *copy);
        out->ops[kind] = copy;
        out->n_ops[kind] = (uint8_t)m.n;
    }
}

/* With dynamic references the way to a schema matters, so there everything stays where it is. All nodes are read
 * before the first is changed. */
static void move_together(struct builder *b)
{
    size_t n_nodes = 0, i = 0;
    struct moved *moved;

    if (b->s->is_dynamic)
        return;
    EACH_NODE(b, n)
    n_nodes++;
    moved = arena_get(&b->s->arena, n_nodes * sizeof *moved);
    EACH_NODE(b, n)
    move_node(b, n, &moved[i++]);
    i = 0;
    EACH_NODE(b, n)
    {
        memcpy(n->ops, moved[i].ops, sizeof n->ops);
        memcpy(n->n_ops, moved[i].n_ops, sizeof n->n_ops);
        i++;
    }
}

/* ---- what a check asks first ------------------------------------------------------------------------ */

static void link_state(struct schema_node *n)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        unsigned state = n->types >> kind & 1 ? 0 : STATE_REFUSED;

        if (n->whole && kind == JSON_NUMBER)
            state |= STATE_WHOLE;
        if (n->mark && n->mark_kinds >> kind & 1)
            state |= STATE_MARK;
        if (n->counts >> kind & 1 || n->n_ops[kind] > 1)
            state |= STATE_MANY;
        else if (n->n_ops[kind] == 1)
            state |= STATE_ONE;
        n->state[kind] = (uint8_t)state;
    }
}

static void link_targets(struct schema_node *n)
{
    EACH_OP(n, JSON_OBJECT, op)
    if (op->run == run_properties)
        for (uint32_t k = 0; k < op->members->names.n; k++) {
            const struct schema_node **node =
                &op->members->node[op->members->names.id[k] - op->members->names.first];

            *node = target_of(*node);
        }
}

void schema_link(struct builder *b)
{
    link_names(b);
    link_members(b);
    link_marks(b);
    EACH_NODE(b, n)
    link_forward(b, n);
    EACH_NODE(b, n)
    {
        link_path(b, n);
        height_of(b, n, 0);
    }
    if (b->failed)
        return;
    move_together(b);
    EACH_NODE(b, n)
    {
        link_state(n);
        link_targets(n);
    }
}
