/* Keywords that look at one value: type, const, enum, numbers, lengths, pattern, format. */
#include "harness/schema_run.h"

#include "harness/schema_format.h"

#include <stdio.h>

static const struct json_tape *tape_of(const struct op *op)
{
    return &op->info->home->doc->tape;
}

/* ---- type ------------------------------------------------------------------------------------------- */

static bool add_type(struct builder *b, uint32_t value)
{
    static const struct {
        const char *name;
        uint8_t kinds;
    } types[] = {
        {"null", 1 << JSON_NULL}, {"boolean", 1 << JSON_FALSE | 1 << JSON_TRUE},
        {"number", KIND_NUMBER},  {"string", KIND_STRING},
        {"array", KIND_ARRAY},    {"object", KIND_OBJECT},
    };
    const struct json_tape *tape = &b->node->doc->tape;

    if (tape->at[value].kind != JSON_STRING)
        return false;
    if (json_string_is(tape, value, wp_text("integer"))) {
        b->node->whole |= !(b->node->types & KIND_NUMBER);
        b->node->types |= KIND_NUMBER;
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!json_string_is(tape, value, wp_text(types[i].name)))
            continue;
        b->node->types |= types[i].kinds;
        if (types[i].kinds == KIND_NUMBER)
            b->node->whole = false;
        return true;
    }
    return false;
}

/* Not an op: every node looks at the type first. */
void compile_type(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;
    bool array = tape->at[value].kind == JSON_ARRAY, good = true;

    (void)k;
    b->node->types = 0;
    b->node->types_value = value;
    if (!array)
        good = add_type(b, value);
    else
        JSON_EACH(tape, i, value)
    good &= add_type(b, i);
    if (!good || b->node->types == 0)
        schema_refuse(b, value, "must be a type or an array of types");
}

/* ---- const, enum ------------------------------------------------------------------------------------ */

bool schema_is_one_of(struct run *r, const struct op *op, uint32_t i)
{
    const struct choice *c = op->choice;
    uint32_t hash;

    if (!(c->kinds >> r->tape->at[i].kind & 1))
        return false;
    hash = json_value_hash(r->tape, i);
    for (uint32_t k = 0; k < c->n; k++)
        if (c->hash[k] == hash && json_equal(r->tape, i, tape_of(op), c->token[k]))
            return true;
    return false;
}

bool run_choice(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_is_choice(r, op, i) || schema_failed(r, op, i);
}

static void say_choice(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    const struct choice *c = op->choice;

    wp_put_text(w, "is ");
    schema_put_instance(w, r->tape, i);
    wp_put_text(w, c->n == 1 ? ", expected " : ", expected one of ");
    for (uint32_t k = 0; k < c->n; k++) {
        if (k > 0)
            wp_put_text(w, ", ");
        if (k == 12) {
            wp_put_text(w, "...");
            break;
        }
        schema_put_value(w, tape_of(op), c->token[k]);
    }
}

static struct choice *new_choice(struct builder *b, const struct keyword *k, uint32_t value, uint32_t n)
{
    struct op *op = schema_op(b, k, value, KIND_ALL);
    struct choice *c = arena_get(&b->s->arena, sizeof *c);

    c->token = arena_get(&b->s->arena, n * sizeof *c->token);
    c->hash = arena_get(&b->s->arena, n * sizeof *c->hash);
    c->text = arena_get(&b->s->arena, n * sizeof *c->text);
    op->run = run_choice;
    op->info->say = say_choice;
    op->choice = c;
    return c;
}

static void add_choice(struct builder *b, struct choice *c, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;

    c->kinds |= 1u << tape->at[value].kind;
    c->token[c->n] = value;
    if (tape->at[value].kind == JSON_STRING) {
        struct wp_writer w = wp_writer(arena_get(&b->s->arena, tape->at[value].n + 1), tape->at[value].n);

        json_put_string(tape, value, &w);
        c->text[c->n] = wp_written(&w);
    }
    c->hash[c->n++] = json_value_hash(tape, value);
}

void compile_const(struct builder *b, const struct keyword *k, uint32_t value)
{
    add_choice(b, new_choice(b, k, value, 1), value);
}

void compile_enum(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct choice *c;

    if (tape->at[value].kind != JSON_ARRAY) {
        schema_refuse(b, value, "must be an array");
        return;
    }
    c = new_choice(b, k, value, tape->at[value].count);
    JSON_EACH(tape, i, value)
    add_choice(b, c, i);
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

bool run_minimum(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_number_cmp(schema_number(r, i), op->number) >= 0 || schema_failed(r, op, i);
}

bool run_maximum(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_number_cmp(schema_number(r, i), op->number) <= 0 || schema_failed(r, op, i);
}

static bool run_above(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_number_cmp(schema_number(r, i), op->number) > 0 || schema_failed(r, op, i);
}

static bool run_below(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_number_cmp(schema_number(r, i), op->number) < 0 || schema_failed(r, op, i);
}

static bool run_multiple(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return json_number_is_multiple(json_text(r->tape, i), op->number->text) || schema_failed(r, op, i);
}

static const struct {
    const char *name;
    bool (*run)(struct run *, const struct op *, uint32_t, seen_t);
    const char *words;
} number_keywords[] = {
    {"minimum", run_minimum, "expected at least"},
    {"maximum", run_maximum, "expected at most"},
    {"exclusiveMinimum", run_above, "expected more than"},
    {"exclusiveMaximum", run_below, "expected less than"},
    {"multipleOf", run_multiple, "expected a multiple of"},
};

static void say_number(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    wp_put_text(w, "is ");
    schema_put_instance(w, r->tape, i);
    for (size_t k = 0; k < sizeof number_keywords / sizeof number_keywords[0]; k++)
        if (op->run == number_keywords[k].run) {
            wp_put_text(w, ", ");
            wp_put_text(w, number_keywords[k].words);
            wp_put_char(w, ' ');
        }
    wp_put_slice(w, op->number->text);
}

void compile_number(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct wp_slice text = json_text(tape, value);
    struct number *number = arena_get(&b->s->arena, sizeof *number);
    struct op *op;

    if (tape->at[value].kind != JSON_NUMBER) {
        schema_refuse(b, value, "must be a number");
        return;
    }
    schema_number_read(text, number);
    op = schema_op(b, k, value, KIND_NUMBER);
    op->number = number;
    op->info->say = say_number;
    for (size_t i = 0; i < sizeof number_keywords / sizeof number_keywords[0]; i++)
        if (strcmp(number_keywords[i].name, k->name) == 0)
            op->run = number_keywords[i].run;
    if (op->run != run_multiple)
        return;
    if (json_number_cmp(text, wp_text("0")) <= 0)
        schema_refuse(b, value, "must be more than 0");
    else if (json_number_digits(text) > 18)
        schema_refuse(b, value, "has more than 18 significant digits");
}

/* ---- strings ---------------------------------------------------------------------------------------- */

/* A character is one to four bytes, so few strings need counting. */
static bool run_min_length(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    if (!r->tape->at[i].escaped && r->tape->at[i].n / 4 >= op->limit)
        return true;
    if (r->tape->at[i].n >= op->limit && json_string_length(r->tape, i) >= op->limit)
        return true;
    return schema_failed(r, op, i);
}

static bool run_max_length(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    if (r->tape->at[i].n <= op->limit || json_string_length(r->tape, i) <= op->limit)
        return true;
    return schema_failed(r, op, i);
}

static void say_length(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    wp_put_text(w, "has ");
    wp_put_uint(w, json_string_length(r->tape, i));
    wp_put_text(w, op->run == run_min_length ? " characters, expected at least "
                                             : " characters, expected at most ");
    wp_put_uint(w, op->limit);
}

void compile_length(struct builder *b, const struct keyword *k, uint32_t value)
{
    size_t limit;
    struct op *op;

    if (!schema_size(b, value, &limit))
        return;
    op = schema_op(b, k, value, KIND_STRING);
    op->run = strcmp(k->name, "minLength") == 0 ? run_min_length : run_max_length;
    op->info->say = say_length;
    op->limit = limit;
}

bool run_pattern(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_pattern_matches(op->pattern, schema_string(r, i)) || schema_failed(r, op, i);
}

static void say_pattern(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    wp_put_text(w, "is ");
    schema_put_instance(w, r->tape, i);
    wp_put_text(w, ", which does not match ");
    wp_put_slice(w, schema_pattern_text(op->pattern));
}

void compile_pattern(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct schema_pattern *pattern;
    struct op *op;

    if (b->node->doc->tape.at[value].kind != JSON_STRING) {
        schema_refuse(b, value, "must be a regular expression");
        return;
    }
    pattern = schema_pattern_at(b, value);
    op = schema_op(b, k, value, KIND_STRING);
    op->run = run_pattern;
    op->info->say = say_pattern;
    op->pattern = pattern;
}

static bool run_format(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return op->format(schema_string(r, i)) || schema_failed(r, op, i);
}

static void say_format(struct run *r, const struct op *op, uint32_t i, struct wp_writer *w)
{
    wp_put_text(w, "is ");
    schema_put_instance(w, r->tape, i);
    wp_put_text(w, ", which is not of the format ");
    json_put_string(tape_of(op), op->info->value, w);
}

/* An annotation unless the set or the meta-schema makes it an assertion; a name that is not known always is. */
void compile_format(struct builder *b, const struct keyword *k, uint32_t value)
{
    const struct json_tape *tape = &b->node->doc->tape;
    struct op *op;

    if (tape->at[value].kind != JSON_STRING) {
        schema_refuse(b, value, "must be the name of a format");
        return;
    }
    if (!b->set->formats && !b->resource->dialect->formats)
        return;
    for (const struct schema_format *f = schema_formats; f->name; f++)
        if (json_string_is(tape, value, wp_text(f->name)) &&
            (!f->only_2020 || b->resource->dialect->draft != SCHEMA_DRAFT_7)) {
            op = schema_op(b, k, value, KIND_STRING);
            op->run = run_format;
            op->info->say = say_format;
            op->format = f->check;
        }
}
