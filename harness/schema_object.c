/* Keywords of objects. Names are looked up once for each object (schema_view), then they are bits. */
#include "harness/schema_run.h"

static struct op *object_op(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;

    if (tape->at[value].kind != JSON_OBJECT) {
        schema_refuse(b, value, "must be an object");
        return NULL;
    }
    return schema_op(b, k, value, KIND_OBJECT);
}

/* ---- required, minProperties, maxProperties (and minItems, maxItems) -------------------------------- */

/* Reports each name that is missing. */
static bool has_names(struct run *r, const struct op *op, const struct names *names, uint32_t i,
                      const char *because, struct wp_slice of)
{
    bool all = schema_has_names(r, names, i);

    if (all || !r->full)
        return all;
    for (uint32_t k = 0; k < names->n; k++) {
        struct wp_slice name = r->s->names[names->id[k]];

        if (!schema_has_bit(schema_view(r, i)->present, names->id[k]))
            schema_failed_with(r, op, i, "lacks the member \"%.*s\"%s%.*s", WP_FMT(name), because,
                               WP_FMT(of));
    }
    return false;
}

bool run_required(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return has_names(r, op, op->names, i, "", wp_text(""));
}

void compile_required(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct names *names = arena_get(&b->s->arena, sizeof *names);
    struct op *op;

    schema_names(b, value, names);
    op = schema_op(b, k, value, KIND_OBJECT);
    op->run = run_required;
    op->names = names;
}

static bool run_min_count(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return r->tape->at[i].count >= op->limit || schema_failed(r, op, i);
}

static bool run_max_count(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return r->tape->at[i].count <= op->limit || schema_failed(r, op, i);
}

static void say_count(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    wp_put_text(w, "has ");
    wp_put_uint(w, r->tape->at[i].count);
    wp_put_text(w, r->tape->at[i].kind == JSON_OBJECT ? " members" : " elements");
    wp_put_text(w, op->run == run_min_count ? ", expected at least " : ", expected at most ");
    wp_put_uint(w, op->limit);
}

void compile_count(struct builder *b, const struct keyword *k, uint32_t value)
{
    bool least = strncmp(k->name, "min", 3) == 0, members = strcmp(k->name + 3, "Properties") == 0;
    size_t limit;
    struct op *op;

    if (!schema_size(b, value, &limit))
        return;
    op = schema_op(b, k, value, members ? KIND_OBJECT : KIND_ARRAY);
    op->run = least ? run_min_count : run_max_count;
    op->info->say = say_count;
    op->limit = limit;
}

/* ---- properties ------------------------------------------------------------------------------------- */

bool run_properties(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    const struct members *m = op->members;
    struct view *v = schema_view(r, i);
    const uint32_t *member = schema_members(r, v);
    uint32_t n_words = r->s->n_words;
    bool good = true;

    for (uint32_t w = 0; w < n_words; w++) {
        for (uint64_t bits = v->present[w] & m->names.mask[w]; bits; bits &= bits - 1) {
            uint32_t id = w * 64 + (uint32_t)__builtin_ctzll(bits), value = member[id];

            if (!schema_eval(r, m->node[id - m->names.first], value, 0)) {
                good = false;
                if (!r->full)
                    return false;
            }
            schema_see(r, seen, i, value);
            if (v->object != i) /* another object has taken its place */
                schema_look_up(r, v, i);
        }
    }
    return good;
}

static struct members *read_members(struct builder *b, uint32_t object)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct members *m = arena_get(&b->s->arena, sizeof *m);
    uint32_t n = tape->at[object].count, last = 0, at = 0;

    m->names.id = arena_get(&b->s->arena, n * sizeof *m->names.id);
    m->names.first = UINT32_MAX;
    JSON_EACH_KEY(tape, k, object)
    {
        uint32_t id = schema_name(b, k);

        m->names.id[m->names.n++] = id;
        m->names.first = id < m->names.first ? id : m->names.first;
        last = id > last ? id : last;
    }
    m->node = arena_get(&b->s->arena, (n ? last - m->names.first + 1 : 0) * sizeof *m->node);
    JSON_EACH_KEY(tape, k, object)
    m->node[m->names.id[at++] - m->names.first] = schema_child(b, k + 1);
    schema_keep_names(b, &m->names);
    return m;
}

void compile_properties(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = object_op(b, k, value);

    if (!op)
        return;
    op->run = run_properties;
    op->members = read_members(b, value);
}

/* ---- patternProperties ------------------------------------------------------------------------------ */

static bool name_matches(struct run *r, const struct name_pattern *p, uint32_t key)
{
    uint32_t id = schema_name_id(r->s, r->tape, key);

    return id ? schema_has_bit(p->mask, id - 1) : schema_pattern_matches(p->pattern, schema_string(r, key));
}

bool run_pattern_properties(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    JSON_EACH_KEY(r->tape, key, i)
    for (uint32_t k = 0; k < op->patterns->n; k++) {
        if (!name_matches(r, &op->patterns->at[k], key))
            continue;
        good &= schema_eval(r, op->patterns->at[k].node, key + 1, 0);
        if (!good && !r->full)
            return false;
        schema_see(r, seen, i, key + 1);
    }
    return good;
}

static struct patterns *read_patterns(struct builder *b, uint32_t object)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct patterns *p = arena_get(&b->s->arena, sizeof *p);

    p->at = arena_get(&b->s->arena, tape->at[object].count * sizeof *p->at);
    JSON_EACH_KEY(tape, k, object)
    {
        struct name_pattern *one = &p->at[p->n++];

        one->pattern = schema_pattern_at(b, k);
        one->node = schema_child(b, k + 1);
    }
    return p;
}

void compile_pattern_properties(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = object_op(b, k, value);

    if (!op)
        return;
    op->run = run_pattern_properties;
    op->patterns = read_patterns(b, value);
}

/* ---- additionalProperties, unevaluatedProperties ---------------------------------------------------- */

static bool is_covered(struct run *r, const struct rest *rest, uint32_t key)
{
    uint32_t id = schema_name_id(r->s, r->tape, key);

    if (id)
        return schema_has_bit(rest->mask, id - 1);
    for (uint32_t k = 0; k < rest->n_covered; k++)
        if (schema_pattern_matches(rest->covered[k], schema_string(r, key)))
            return true;
    return false;
}

/* One member that nobody else speaks of. */
static bool eval_rest(struct run *r, const struct op *op, uint32_t i, uint32_t key, seen_t seen)
{
    bool good =
        op->rest->forbidden ? schema_failed(r, op, key + 1) : schema_eval(r, op->rest->node, key + 1, 0);

    schema_see(r, seen, i, key + 1);
    return good;
}

bool run_rest(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    if (op->rest->all_covered || (op->rest->node->trivial && !seen) || schema_has_no_rest(r, op->rest, i))
        return true;
    JSON_EACH_KEY(r->tape, key, i)
    {
        if (is_covered(r, op->rest, key))
            continue;
        good &= eval_rest(r, op, i, key, seen);
        if (!good && !r->full)
            return false;
    }
    return good;
}

static void say_rest(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    (void)r;
    (void)op;
    (void)i;
    wp_put_text(w, "is a member that is not described");
}

static struct rest *rest_op(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = schema_op(b, k, value, KIND_OBJECT);
    struct rest *rest = arena_get(&b->s->arena, sizeof *rest);

    op->run = run_rest;
    op->info->say = say_rest;
    op->rest = rest;
    rest->node = schema_child(b, value);
    rest->forbidden = b->node->doc->tape.at[value].kind == JSON_FALSE;
    return rest;
}

void compile_additional_properties(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct rest *rest = rest_op(b, k, value);
    uint32_t members = schema_sibling(b, "properties"), patterns = schema_sibling(b, "patternProperties");

    if (members && b->node->doc->tape.at[members].kind == JSON_OBJECT)
        rest->members = read_members(b, members);
    if (patterns && b->node->doc->tape.at[patterns].kind == JSON_OBJECT)
        rest->patterns = read_patterns(b, patterns);
}

/* What the linker has not made static: the members that nobody has seen. */
bool run_unevaluated_properties(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    JSON_EACH_KEY(r->tape, key, i)
    {
        if (schema_is_seen(r, seen, i, key + 1))
            continue;
        good &= eval_rest(r, op, i, key, seen);
        if (!good && !r->full)
            return false;
    }
    return good;
}

void compile_unevaluated_properties(struct builder *b, const struct keyword *k, uint32_t value)
{
    rest_op(b, k, value);
    b->ops[b->n_ops - 1].run = run_unevaluated_properties;
}

/* ---- propertyNames ---------------------------------------------------------------------------------- */

static bool run_property_names(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    (void)seen;
    JSON_EACH_KEY(r->tape, key, i)
    {
        good &= schema_eval(r, op->node, key, 0);
        if (!good && !r->full)
            return false;
    }
    return good;
}

void compile_property_names(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = schema_op(b, k, value, KIND_OBJECT);

    op->run = run_property_names;
    op->node = schema_child(b, value);
}

/* ---- dependentRequired, dependentSchemas, dependencies ---------------------------------------------- */

bool run_dependent_schemas(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    bool good = true;

    for (uint32_t k = 0; k < op->n_dependencies; k++) {
        const struct dependency *d = &op->dependencies[k];

        if (!schema_has_bit(schema_view(r, i)->present, d->name))
            continue;
        if (d->node)
            good &= schema_eval(r, d->node, i, seen);
        else
            good &= has_names(r, op, &d->required, i, ", which goes with ", r->s->names[d->name]);
        if (!good && !r->full)
            return false;
    }
    return good;
}

void compile_dependencies(struct builder *b, const struct keyword *k, uint32_t value)
{
    struct op *op = object_op(b, k, value);
    const struct json_tape *tape = &b->node->doc->tape;
    struct dependency *d;
    uint32_t n = 0;

    if (!op)
        return;
    d = arena_get(&b->s->arena, tape->at[value].count * sizeof *d);
    JSON_EACH_KEY(tape, key, value)
    {
        d[n].name = schema_name(b, key);
        if (k->shape == SHAPE_VALUE || (k->shape == SHAPE_MIXED_MAP && tape->at[key + 1].kind == JSON_ARRAY))
            schema_names(b, key + 1, &d[n].required);
        else
            d[n].node = schema_child(b, key + 1);
        n++;
    }
    op = &b->ops[b->n_ops - 1];
    op->run = run_dependent_schemas;
    op->dependencies = d;
    op->n_dependencies = n;
}
