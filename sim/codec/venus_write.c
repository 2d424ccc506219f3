/* Payloads that clients of the Victron N/R/W API send. */
#include "sim/codec/venus_write.h"

#include "sim/codec/dbus_out.h"

#include <assert.h>
#include <math.h>

const char *venus_write_fault_text(enum venus_write_fault fault)
{
    static const char *const texts[] = {
#define X(name, text) text,
        VENUS_WRITE_FAULTS(X)
#undef X
    };

    return texts[fault];
}

static bool read_json(struct wp_slice payload, struct venus_room *room, struct json_tape *tape)
{
    *tape = (struct json_tape){.at = room->tokens, .cap = VENUS_TOKENS_MAX};
    return json_read(tape, payload, JSON_DEPTH, NULL) == JSON_FAULT_NONE;
}

/* What the string says, behind the texts before; those of one payload always fit. */
static struct wp_slice unescaped(const struct json_tape *tape, uint32_t i, struct wp_writer *text)
{
    const size_t from = text->n;

    json_put_string(tape, i, text);
    assert(!text->full);
    return wp_slice(text->p + from, text->n - from);
}

/* ---- scalars ------------------------------------------------------------------------------------------ */

static enum venus_write_fault read_number(const struct json_tape *tape, uint32_t i, struct wp_value *out)
{
    const struct wp_value v = json_value(tape, i);
    double real;

    if (!wp_is_number(v) || (v.kind == WP_UINT && !tape->at[i].fraction))
        return VENUS_WRITE_NUMBER; /* beyond a double; beyond x, where the original wraps it to a negative one */
    if (!tape->at[i].fraction && v.kind != WP_REAL) {
        *out = v;
        return VENUS_WRITE_NONE;
    }
    real = wp_real_of(v);
    if (!isfinite(real))
        return VENUS_WRITE_NUMBER;
    *out = wp_real(real == 0 && json_text(tape, i).p[0] == '-' ? -0.0 : real); /* a decimal 0 has no sign */
    return VENUS_WRITE_NONE;
}

static enum venus_write_fault read_text(const struct json_tape *tape, uint32_t i, struct wp_writer *text,
                                        struct wp_value *out)
{
    const struct wp_slice said = unescaped(tape, i, text);

    if (!dbus_is_string(said))
        return VENUS_WRITE_TEXT;
    *out = wp_text_value(said);
    return VENUS_WRITE_NONE;
}

static enum venus_write_fault read_scalar(const struct json_tape *tape, uint32_t i, struct wp_writer *text,
                                          struct wp_value *out)
{
    switch (tape->at[i].kind) {
    case JSON_NUMBER: return read_number(tape, i, out);
    case JSON_STRING: return read_text(tape, i, text, out);
    case JSON_OBJECT: return VENUS_WRITE_IS_OBJECT;
    default: *out = json_value(tape, i); return VENUS_WRITE_NONE;
    }
}

/* ---- arrays ------------------------------------------------------------------------------------------- */

/* A type: so many arrays around a basic one; a code of 0 is not known yet. */
struct shape {
    unsigned arrays;
    uint8_t code;
};

static uint8_t code_of(struct wp_value v)
{
    switch (v.kind) {
    case WP_BOOL: return 'b';
    case WP_REAL: return 'd';
    case WP_TEXT: return 's';
    default: return v.num >= INT32_MIN && v.num <= INT32_MAX ? 'i' : 'x';
    }
}

/* null is ai and [] is au, as when they stand alone. */
static enum venus_write_fault shape_of(const struct json_tape *tape, uint32_t i, unsigned arrays,
                                       struct wp_writer *text, struct shape *out)
{
    const uint8_t kind = tape->at[i].kind;
    const size_t before = text->n;
    enum venus_write_fault fault;
    struct wp_value v = wp_null();

    if (kind == JSON_NULL || kind == JSON_ARRAY) {
        *out = (struct shape){arrays + 1, kind == JSON_NULL ? 'i' : 'u'};
        return VENUS_WRITE_NONE;
    }
    fault = read_scalar(tape, i, text, &v);
    text->n = before;
    if (fault == VENUS_WRITE_NONE)
        *out = (struct shape){arrays, code_of(v)};
    return fault;
}

static bool joins(struct shape *all, struct shape one)
{
    if (all->code == 0)
        *all = one;
    if (all->arrays != one.arrays)
        return false;
    if ((all->code == 'i' && one.code == 'x') || (all->code == 'x' && one.code == 'i'))
        all->code = 'x';
    else
        return all->code == one.code;
    return true;
}

/* The one type of all that stands in the array; the tape has them in their order, so nothing recurs. An array with
 * elements says nothing by itself, which its elements do. */
static enum venus_write_fault shape_of_all(const struct json_tape *tape, uint32_t root,
                                           struct wp_writer *text, struct shape *out)
{
    uint32_t ends[VENUS_ARRAYS_MAX];
    unsigned depth = 0;
    struct shape all = {0};

    for (uint32_t i = root; i < tape->at[root].next; i++) {
        const struct json_token *t = &tape->at[i];
        struct shape one;
        enum venus_write_fault fault;

        while (depth > 0 && i == ends[depth - 1])
            depth--;
        if (t->kind == JSON_ARRAY && depth == VENUS_ARRAYS_MAX)
            return VENUS_WRITE_DEPTH;
        if (t->kind == JSON_ARRAY && t->count > 0) {
            ends[depth++] = t->next;
            continue;
        }
        fault = shape_of(tape, i, depth, text, &one);
        if (fault != VENUS_WRITE_NONE)
            return fault;
        if (!joins(&all, one))
            return VENUS_WRITE_MIXED;
    }
    *out = all;
    return VENUS_WRITE_NONE;
}

/* What shape_of_all said yes to. */
static void put_all(struct dbus_out *out, const struct json_tape *tape, uint32_t root, struct wp_writer *text)
{
    uint32_t ends[VENUS_ARRAYS_MAX];
    unsigned depth = 0;

    for (uint32_t i = root; i < tape->at[root].next; i++) {
        const struct json_token *t = &tape->at[i];
        struct wp_value v = wp_null();

        for (; depth > 0 && i == ends[depth - 1]; depth--)
            dbus_close(out);
        if (t->kind == JSON_ARRAY && t->count > 0) {
            ends[depth++] = t->next;
            dbus_open(out);
        } else {
            if (t->kind != JSON_ARRAY)
                (void)read_scalar(tape, i, text, &v);
            dbus_put_value(out, v);
        }
    }
    while (depth-- > 0)
        dbus_close(out);
}

static enum venus_write_fault read_array(const struct json_tape *tape, uint32_t i, struct venus_room *room,
                                         struct wp_writer *text, struct wp_value *out)
{
    struct wp_writer memory = wp_writer(room->tree, sizeof room->tree);
    char signature[VENUS_ARRAYS_MAX + 3];
    struct dbus_out tree;
    struct shape shape;
    const enum venus_write_fault fault = shape_of_all(tape, i, text, &shape);

    if (fault != VENUS_WRITE_NONE)
        return fault;
    memset(signature, 'a', shape.arrays);
    signature[shape.arrays] = (char)shape.code;
    signature[shape.arrays + 1] = 0;
    dbus_begin_tree(&tree, &memory);
    dbus_open_variant(&tree, signature);
    put_all(&tree, tape, i, text);
    dbus_close(&tree);
    return dbus_end_tree(&tree, out) ? VENUS_WRITE_NONE : VENUS_WRITE_LONG;
}

enum venus_write_fault venus_write_read(struct wp_slice payload, struct venus_room *room,
                                        struct wp_value *out)
{
    struct wp_writer text = wp_writer(room->text, sizeof room->text);
    struct json_tape tape;
    uint32_t i;

    if (payload.n > VENUS_PAYLOAD_MAX)
        return VENUS_WRITE_LONG;
    if (!read_json(payload, room, &tape))
        return VENUS_WRITE_JSON;
    if (tape.at[0].kind != JSON_OBJECT)
        return VENUS_WRITE_NO_OBJECT;
    i = json_member(&tape, 0, wp_text("value"));
    if (i == 0)
        return VENUS_WRITE_NO_VALUE;
    if (tape.at[i].kind == JSON_ARRAY)
        return read_array(&tape, i, room, &text, out);
    return read_scalar(&tape, i, &text, out);
}

/* ---- keep-alive --------------------------------------------------------------------------------------- */

static bool contains(struct wp_slice text, const char *part)
{
    const size_t n = strlen(part);

    for (size_t i = 0; i + n <= text.n; i++)
        if (memcmp(text.p + i, part, n) == 0)
            return true;
    return false;
}

/* The string that the last object says; 0: none. */
static uint32_t find_echo(const struct json_tape *tape, uint32_t options)
{
    uint32_t found = 0;

    JSON_EACH(tape, i, options)
    {
        uint32_t echo;

        if (tape->at[i].kind != JSON_OBJECT)
            continue;
        echo = json_member(tape, i, wp_text("full-publish-completed-echo"));
        if (echo == 0 || tape->at[echo].kind != JSON_STRING)
            break;
        found = echo;
    }
    return found;
}

void venus_keepalive_read(struct wp_slice payload, struct venus_room *room, struct venus_keepalive *out)
{
    struct wp_writer text = wp_writer(room->text, sizeof room->text);
    struct json_tape tape;
    uint32_t options, echo = 0;

    *out = (struct venus_keepalive){.suppress = contains(payload, "suppress-republish")};
    if (out->suppress || payload.n == 0 || payload.n > VENUS_PAYLOAD_MAX ||
        !read_json(payload, room, &tape) || tape.at[0].kind != JSON_OBJECT)
        return;
    options = json_member(&tape, 0, wp_text("keepalive-options"));
    if (options != 0 && tape.at[options].kind == JSON_ARRAY)
        echo = find_echo(&tape, options);
    out->has_echo = echo != 0;
    if (echo != 0)
        out->echo = unescaped(&tape, echo, &text);
}
