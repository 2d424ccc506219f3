/* A pattern is matched by our own loop where that suffices, else by PCRE2. */
#include "harness/schema_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    STEPS_MAX = 1000000, /* of backtracking; far beyond what an honest pattern needs on an honest text */
    GROWTH = 130,        /* the longest thing that one character becomes (\S) */
};

struct schema_pattern {
    struct wp_slice text;
    const struct schema_plain *plain;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

static bool compile(struct arena *a, struct schema_pattern *p, struct wp_writer *why)
{
    size_t room = GROWTH * p->text.n + 1, offset;
    struct wp_writer w = wp_writer(arena_get(a, room), room);
    int error;

    if (!schema_ecma_translate(p->text, &w, why))
        return false;
    p->code = pcre2_compile(w.p, w.n, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF, &error,
                            &offset, NULL);
    if (!p->code) {
        uint8_t message[120];

        pcre2_get_error_message(error, message, sizeof message);
        wp_put_text(why, (const char *)message);
        return false;
    }
    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE); /* without it the interpreter does the same */
    p->match = pcre2_match_data_create(1, NULL);
    p->limits = pcre2_match_context_create(NULL);
    if (!p->match || !p->limits) {
        wp_put_text(why, "no memory is left");
        return false;
    }
    pcre2_set_match_limit(p->limits, STEPS_MAX);
    return true;
}

struct schema_pattern *schema_pattern_new(struct arena *a, struct wp_slice text, struct wp_writer *why)
{
    struct schema_pattern *p = arena_get(a, sizeof *p);

    p->text = text;
    p->plain = schema_plain_new(a, text);
    if (p->plain || compile(a, p, why))
        return p;
    schema_pattern_free(p);
    return NULL;
}

void schema_pattern_free(struct schema_pattern *p)
{
    pcre2_match_context_free(p->limits);
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
}

struct wp_slice schema_pattern_text(const struct schema_pattern *p)
{
    return p->text;
}

bool schema_pattern_matches(const struct schema_pattern *p, struct wp_slice text)
{
    int found;

    if (p->plain)
        return schema_plain_matches(p->plain, text);
    if (!text.p)
        text = wp_text("");
    found = pcre2_match(p->code, text.p, text.n, 0, PCRE2_NO_UTF_CHECK, p->match, p->limits);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found =
            pcre2_match(p->code, text.p, text.n, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, p->match, p->limits);
    return found >= 0;
}
