/* Keywords that apply other schemas to the same value: references, allOf, anyOf, oneOf, not, if. */
#include "harness/schema_run.h"

#include "harness/schema_uri.h"

/* ---- references ------------------------------------------------------------------------------------- */

bool run_ref(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    return schema_eval(r, op->node, i, seen);
}

static bool find_target(struct builder *b, uint32_t value, struct place *out,
                        const struct anchor **ret_anchor)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct arena *a = &b->s->arena;
    char room[REASON_LENGTH];
    struct wp_writer ref, why = wp_writer(room, sizeof room);

    if (tape->at[value].kind != JSON_STRING) {
        schema_refuse(b, value, "must be a URI reference");
        return false;
    }
    ref = wp_writer(arena_get(a, tape->at[value].n), tape->at[value].n);
    json_put_string(tape, value, &ref);
    if (schema_find(b->set, uri_resolve(a, b->resource->uri, wp_written(&ref)), out, ret_anchor, &why))
        return true;
    schema_refuse(b, value, "%s", wp_put_end(&why));
    return false;
}

void compile_ref(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct place place;
    struct op *op;

    if (!find_target(b, value, &place, NULL))
        return;
    op = schema_op(b, k, value, KIND_ALL);
    op->run = run_ref;
    op->node = schema_node_at(b, place.doc, place.token);
}

/* The outermost resource that was entered on the way here and has the anchor says what it means. */
bool run_dynamic_ref(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    const struct schema_node *target = op->node;

    for (const struct frame *f = r->frame; f; f = f->up)
        if (op->dynamic->by_resource[f->node->resource])
            target = op->dynamic->by_resource[f->node->resource];
    return schema_eval(r, target, i, seen);
}

void schema_link_dynamic(struct builder *b, const struct op *op)
{
    struct dynamic *d = op->dynamic;

    d->by_resource = arena_get(&b->s->arena, b->n_resources * sizeof *d->by_resource);
    for (uint32_t k = 0; k < b->n_resources; k++) {
        const struct anchor *a = schema_anchor(b->set, b->resources[k], d->anchor);

        if (a && a->dynamic)
            d->by_resource[k] = schema_node_at(b, a->resource->doc, a->token);
    }
}

/* Without a dynamic anchor at its target it is an ordinary reference. */
void compile_dynamic_ref(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct anchor *anchor;
    struct place place;
    struct op *op;

    if (!find_target(b, value, &place, &anchor))
        return;
    op = schema_op(b, k, value, KIND_ALL);
    op->run = anchor ? run_dynamic_ref : run_ref;
    op->node = schema_node_at(b, place.doc, place.token);
    if (!anchor)
        return;
    op->dynamic = arena_get(&b->s->arena, sizeof *op->dynamic);
    op->dynamic->anchor = anchor->name;
    b->s->is_dynamic = true;
}

/* ---- lists ------------------------------------------------------------------------------------------ */

bool run_all_of(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    for (uint32_t k = 0; k < op->n_nodes && (good || r->full); k++)
        good &= schema_eval(r, op->nodes[k], i, seen);
    return good;
}

/* Applies one alternative; what it has seen counts only if it holds. */
static bool holds_and_sees(struct run *r, const struct schema_node *node, uint32_t i, seen_t seen)
{
    size_t scratch = r->n_scratch;
    seen_t own = seen ? schema_seen_new(r, i) : 0;
    bool holds = schema_holds(r, node, i, own);

    if (holds)
        schema_seen_add(r, i, seen, own);
    r->n_scratch = scratch;
    return holds;
}

/* How many alternatives hold; no more than `enough` are looked for. */
static uint32_t count_holding(struct run *r, const struct op *op, uint32_t i, seen_t seen, uint32_t enough,
                              uint32_t *ret_last)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < op->n_nodes && n < enough; k++)
        if (holds_and_sees(r, op->nodes[k], i, seen)) {
            n++;
            *ret_last = k;
        }
    return n;
}

bool run_any_of(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint32_t last, enough = seen ? UINT32_MAX : 1;

    if (count_holding(r, op, i, seen, enough, &last) > 0)
        return true;
    schema_seen_all(r, i, seen); /* where nothing fits, nothing more is said of the members */
    return schema_failed(r, op, i);
}

bool run_one_of(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint32_t last = 0, n = count_holding(r, op, i, seen, 2, &last);

    if (n == 1)
        return true;
    schema_seen_all(r, i, seen);
    if (n > 1)
        return schema_failed_with(r, op, i,
                                  "fits more than one of the %u alternatives, the last of them number %u",
                                  op->n_nodes, last + 1);
    return schema_failed(r, op, i);
}

/* The alternative that goes furthest before it fails says what is probably meant. */
static bool first_error(void *ctx, const struct schema_error *e)
{
    struct wp_writer *w = ctx;

    if (*e->instance_path) {
        wp_put_text(w, e->instance_path);
        wp_put_char(w, ' ');
    }
    wp_put_text(w, e->reason);
    return false;
}

static void say_none_of(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    char text[REASON_LENGTH];
    uint32_t best = 0, furthest = 0;

    wp_put_text(w, "fits none of the ");
    wp_put_uint(w, op->n_nodes);
    wp_put_text(w, " alternatives");
    if (r->explaining == EXPLAINING_MAX)
        return;
    for (uint32_t k = 0; k < op->n_nodes; k++) {
        struct wp_writer sentence = wp_writer(text, sizeof text);
        uint32_t reached = schema_explain(r, op->nodes[k], i, first_error, &sentence);

        if (reached > furthest) {
            furthest = reached;
            best = k;
        }
    }
    if (furthest > i) {
        struct wp_writer sentence = wp_writer(text, sizeof text);

        schema_explain(r, op->nodes[best], i, first_error, &sentence);
        wp_put_text(w, "; the nearest is number ");
        wp_put_uint(w, best + 1);
        wp_put_text(w, ": ");
        wp_put_text(w, wp_put_end(&sentence));
    }
}

static struct op *list_op(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;
    const struct schema_node **nodes;
    uint32_t n = 0;
    struct op *op;

    if (tape->at[value].kind != JSON_ARRAY || tape->at[value].count == 0) {
        schema_refuse(b, value, "must be an array of at least one schema");
        return schema_op(b, k, value, 0);
    }
    nodes = arena_get(&b->s->arena, tape->at[value].count * sizeof *nodes);
    JSON_EACH(tape, e, value)
    nodes[n++] = schema_child(b, e);
    op = schema_op(b, k, value, KIND_ALL);
    op->nodes = nodes;
    op->n_nodes = n;
    op->info->say = say_none_of;
    return op;
}

void compile_all_of(struct builder *b, const struct keyword *k, uint32_t value)
{
    list_op(b, k, value)->run = run_all_of;
}

void compile_any_of(struct builder *b, const struct keyword *k, uint32_t value)
{
    list_op(b, k, value)->run = run_any_of;
}

void compile_one_of(struct builder *b, const struct keyword *k, uint32_t value)
{
    list_op(b, k, value)->run = run_one_of;
}

/* ---- not, if ---------------------------------------------------------------------------------------- */

bool run_not(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    if (!op->node->trivial && !holds_and_sees(r, op->node, i, 0))
        return true;
    return schema_failed(r, op, i);
}

static void say_not(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    if (op->node->trivial) {
        wp_put_text(w, "must not be there");
        return;
    }
    wp_put_text(w, "is ");
    schema_put_instance(w, r->tape, i);
    wp_put_text(w, ", which is what is forbidden");
}

void compile_not(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = schema_op(b, k, value, KIND_ALL);

    op->run = run_not;
    op->info->say = say_not;
    op->node = schema_child(b, value);
}

/* The condition decides nothing, so it reaches no mark. */
bool run_if(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint64_t *reached = r->reached;
    const struct schema_node *branch;

    if (!op->then && !op->otherwise && !seen)
        return true;
    r->reached = r->nobody;
    branch = holds_and_sees(r, op->node, i, seen) ? op->then : op->otherwise;
    r->reached = reached;
    return !branch || schema_eval(r, branch, i, seen);
}

/* What is no object, or lacks the member, is none of the question's business. */
uint32_t schema_follow(struct run *r, const struct path *path, uint32_t i)
{
    for (uint32_t k = 0; k < path->n; k++) {
        const struct view *v;

        if (r->tape->at[i].kind != JSON_OBJECT)
            return 0;
        v = schema_view(r, i);
        if (!schema_has_bit(v->present, path->name[k]))
            return 0;
        i = schema_members(r, v)[path->name[k]];
    }
    return i;
}

bool schema_path_holds(struct run *r, const struct path *path, uint32_t i)
{
    uint32_t value = schema_follow(r, path, i);

    return !value || schema_is_choice(r, path->choice, value);
}

/* Several ifs in a row that ask for the same member: it is looked for once. */
bool run_switch(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    uint32_t value = seen ? 0 : schema_follow(r, op->cases[0].node->path, i);
    bool good = true;

    for (const struct op *c = op->cases; c < op->cases + op->n_cases && (good || r->full); c++) {
        const struct schema_node *branch;

        if (!value) {
            good &= run_if(r, c, i, seen);
            continue;
        }
        branch = schema_is_choice(r, c->node->path->choice, value) ? c->then : c->otherwise;
        good &= !branch || schema_eval(r, branch, i, 0);
    }
    return good;
}

void compile_if(struct builder *b, const struct keyword *k, uint32_t value)
{
    uint32_t then = schema_sibling(b, "then"), otherwise = schema_sibling(b, "else");
    const struct schema_node *condition = schema_child(b, value);
    const struct schema_node *then_node = then ? schema_child(b, then) : NULL;
    const struct schema_node *else_node = otherwise ? schema_child(b, otherwise) : NULL;
    struct op *op = schema_op(b, k, value, KIND_ALL);

    op->run = run_if;
    op->node = condition;
    op->then = then_node;
    op->otherwise = else_node;
}
