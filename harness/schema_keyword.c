/* The table of keywords. Its order is the order in which they run: what fails at a glance before what walks. */
#include "harness/schema_impl.h"

static const struct keyword keywords[] = {
    /* name, draft-07, 2020-12, vocabulary, shape, how it is compiled */
    {"type", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_type},
    {"const", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_const},
    {"enum", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_enum},
    {"minimum", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_number},
    {"maximum", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_number},
    {"exclusiveMinimum", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_number},
    {"exclusiveMaximum", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_number},
    {"multipleOf", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_number},
    {"minLength", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_length},
    {"maxLength", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_length},
    {"pattern", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_pattern},
    {"format", true, true, VOCAB_OTHER, SHAPE_VALUE, compile_format},
    {"required", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_required},
    {"minProperties", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_count},
    {"maxProperties", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_count},
    {"minItems", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_count},
    {"maxItems", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_count},
    {"$ref", true, true, VOCAB_CORE, SHAPE_VALUE, compile_ref},
    {"$dynamicRef", false, true, VOCAB_CORE, SHAPE_VALUE, compile_dynamic_ref},
    {"dependentRequired", false, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_dependencies},
    {"propertyNames", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_property_names},
    {"properties", true, true, VOCAB_APPLICATOR, SHAPE_MAP, compile_properties},
    {"patternProperties", true, true, VOCAB_APPLICATOR, SHAPE_MAP, compile_pattern_properties},
    {"additionalProperties", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_additional_properties},
    {"dependencies", true, true, VOCAB_APPLICATOR, SHAPE_MIXED_MAP, compile_dependencies},
    {"dependentSchemas", false, true, VOCAB_APPLICATOR, SHAPE_MAP, compile_dependencies},
    {"prefixItems", false, true, VOCAB_APPLICATOR, SHAPE_SCHEMAS, compile_prefix_items},
    {"items", false, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_items},
    {"items", true, false, VOCAB_APPLICATOR, SHAPE_SCHEMA_OR_ARRAY, compile_items_7},
    {"additionalItems", true, false, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_additional_items},
    {"uniqueItems", true, true, VOCAB_VALIDATION, SHAPE_VALUE, compile_unique},
    {"contains", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_contains},
    {"allOf", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMAS, compile_all_of},
    {"anyOf", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMAS, compile_any_of},
    {"oneOf", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMAS, compile_one_of},
    {"not", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_not},
    {"if", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, compile_if},
    {"unevaluatedItems", false, true, VOCAB_UNEVALUATED, SHAPE_SCHEMA, compile_unevaluated_items},
    {"unevaluatedProperties", false, true, VOCAB_UNEVALUATED, SHAPE_SCHEMA, compile_unevaluated_properties},
    {"then", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, NULL},
    {"else", true, true, VOCAB_APPLICATOR, SHAPE_SCHEMA, NULL},
    {"$defs", false, true, VOCAB_CORE, SHAPE_MAP, NULL},
    {"definitions", true, true, VOCAB_CORE, SHAPE_MAP, NULL},
    {"contentSchema", false, true, VOCAB_OTHER, SHAPE_SCHEMA, NULL},
};

static bool is_in(const struct keyword *k, const struct dialect *dialect)
{
    return (dialect->draft == SCHEMA_DRAFT_7 ? k->in_7 : k->in_2020) &&
           (k->vocabulary & dialect->vocabularies);
}

const struct keyword *schema_keyword(const struct json_tape *tape, uint32_t key,
                                     const struct dialect *dialect)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (is_in(&keywords[i], dialect) && json_string_is(tape, key, wp_text(keywords[i].name)))
            return &keywords[i];
    return NULL;
}

int schema_keyword_order(const struct keyword *a, const struct keyword *b)
{
    return (a > b) - (a < b);
}
