/* A schema, a zero byte, an instance: compiled or refused, valid or not; and whoever is asked says the same: the run
 * that stops at the first error, the one that tells all, a schema that only refers to this one, the instance printed
 * anew. Run with seeds of the form `schema\0instance`. */
#include "harness/schema.h"

#include "harness/arena.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SENTENCE = 1000, MARK_WORDS = 64 };

static bool count(void *ctx, const struct schema_error *e)
{
    size_t *n = ctx;

    assert(*e->reason);
    assert(*e->keyword);
    assert(*e->schema_path);
    ++*n;
    return *n < 1000;
}

static bool check_both_ways(const struct schema *s, const struct json_tape *tape)
{
    uint64_t reached[MARK_WORDS] = {0};
    bool room = schema_mark_words(schema_n_marks(s)) <= MARK_WORDS;
    size_t errors = 0;
    bool valid = schema_check(s, tape, 0, room ? reached : NULL, NULL, NULL);

    assert(valid == schema_check(s, tape, 0, NULL, count, &errors));
    assert(valid == (errors == 0));
    return valid;
}

static struct json_tape read_tape(struct arena *a, struct wp_slice text, bool *ret_good)
{
    struct json_tape tape = {.cap = (uint32_t)json_tokens_max(text.n)};

    tape.at = arena_get(a, tape.cap * sizeof *tape.at);
    *ret_good = json_read(&tape, text, JSON_DEPTH, NULL) == JSON_FAULT_NONE;
    return tape;
}

static void compare(struct schema_set *set, const struct schema *s, struct arena *a, struct wp_slice instance)
{
    char room[SENTENCE];
    struct wp_writer why = wp_writer(room, sizeof room), printed;
    const struct schema *other;
    struct json_tape tape, again;
    bool good, valid;

    tape = read_tape(a, instance, &good);
    if (!good)
        return;
    valid = check_both_ways(s, &tape);

    good = schema_set_add(set, "file:///f/other.json",
                          wp_text("{\"allOf\":[{\"$ref\":\"schema.json\"}],\"x-statement\":\"A\"}"), &why);
    assert(good);
    other = schema_compile(set, "file:///f/other.json", &why);
    /* Deeper by one it may be too deep, and dynamic references may then mean something else; validity is the same. */
    if (other)
        assert(check_both_ways(other, &tape) == valid);

    printed = wp_writer(arena_get(a, 6 * instance.n + 1), 6 * instance.n + 1);
    json_print(&tape, 0, &printed);
    again = read_tape(a, wp_written(&printed), &good);
    assert(good);
    assert(check_both_ways(s, &again) == valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t n = zero ? (size_t)(zero - data) : size;
    struct arena arena = {0};
    struct schema_set *set = schema_set_new();
    char room[SENTENCE];
    struct wp_writer why = wp_writer(room, sizeof room);
    const struct schema *s = NULL;

    schema_set_draft(set, size % 2 ? SCHEMA_DRAFT_7 : SCHEMA_2020_12);
    schema_set_formats(set, size % 3 == 0);
    schema_set_trusted(set, size % 16 != 0); /* seldom, for it takes most of the time */
    if (schema_set_add(set, "file:///f/schema.json", wp_slice(data, n), &why))
        s = schema_compile(set, "file:///f/schema.json", &why);
    if (s && zero)
        compare(set, s, &arena, wp_slice(zero + 1, size - n - 1));
    assert(s || why.n > 0);
    schema_set_free(set);
    arena_free(&arena);
    return 0;
}
