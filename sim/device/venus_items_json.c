/* A JSON value as the value of a D-Bus type.
 *
 *     y n q i u x t d   numbers; d also NaN, Infinity, -Infinity     b true, false      s o g "text"
 *     aT (T..)          [..]                                         a{sT}  {..}        v what the value is by itself
 *     null              invalid, of every type */
#include "sim/device/venus_items_impl.h"

#include "sim/core/json_in.h"

#include <math.h>

enum { DEPTH_MAX = 16 };

const char venus_no_room[] = "there is no room left: see `spare` and `memory`";

/* One value that is being read. */
struct job {
    struct json_tape tape;
    struct wp_writer text; /* strings without their escapes */
    const char *why;
};

/* ---- scalars ---------------------------------------------------------------------------------------------- */

static struct wp_slice unescaped(struct job *j, uint32_t i)
{
    const size_t from = j->text.n;

    json_put_string(&j->tape, i, &j->text);
    return wp_slice(j->text.p + from, j->text.n - from);
}

/* As it is by itself: a number with a point is a double. */
static struct wp_value scalar(struct job *j, uint32_t i)
{
    const struct json_token *token = &j->tape.at[i];
    const struct wp_value v = json_value(&j->tape, i);

    if (token->kind == JSON_STRING)
        return wp_text_value(unescaped(j, i));
    if (token->kind == JSON_NUMBER && token->fraction && wp_is_number(v)) {
        const double real = wp_real_of(v);

        return wp_real(real == 0 && json_text(&j->tape, i).p[0] == '-' ? -0.0 : real);
    }
    return v;
}

static bool fits(struct wp_value v, const char *type, struct wp_value *out)
{
    struct venus_item item = {.type = {type[0]}};

    return venus_item_coerce(&item, v, out) && out->kind != WP_NULL;
}

static bool say(struct job *j, const char *why)
{
    j->why = why;
    return false;
}

/* ---- containers --------------------------------------------------------------------------------------------- */

static bool put(struct job *j, struct dbus_out *out, uint32_t i, unsigned depth);

static bool put_array(struct job *j, struct dbus_out *out, uint32_t i, unsigned depth)
{
    if (j->tape.at[i].kind != JSON_ARRAY)
        return say(j, "an array of D-Bus is one of JSON, such as [1,2]");
    dbus_open(out);
    JSON_EACH(&j->tape, element, i)
    if (!put(j, out, element, depth + 1))
        return false;
    dbus_close(out);
    return true;
}

static bool put_dictionary(struct job *j, struct dbus_out *out, uint32_t i, unsigned depth)
{
    if (j->tape.at[i].kind != JSON_OBJECT)
        return say(j, "a dictionary of D-Bus is an object of JSON");
    dbus_open(out);
    JSON_EACH_KEY(&j->tape, key, i)
    {
        dbus_open(out);
        if (dbus_wants(out) != 's')
            return say(j, "keys of dictionaries are texts: a{s..}");
        dbus_put_text(out, unescaped(j, key));
        if (!put(j, out, key + 1, depth + 1))
            return false;
        dbus_close(out);
    }
    dbus_close(out);
    return true;
}

static bool put_structure(struct job *j, struct dbus_out *out, uint32_t i, unsigned depth)
{
    if (j->tape.at[i].kind != JSON_ARRAY)
        return say(j, "a structure of D-Bus is an array of JSON");
    dbus_open(out);
    JSON_EACH(&j->tape, element, i)
    if (dbus_wants(out) == 0 || !put(j, out, element, depth + 1))
        return say(j, "an array has not what the structure of its type has");
    if (dbus_wants(out) != 0)
        return say(j, "an array has not what the structure of its type has");
    dbus_close(out);
    return true;
}

static bool put_by_itself(struct job *j, struct dbus_out *out, uint32_t i, unsigned depth)
{
    const uint8_t kind = j->tape.at[i].kind;

    if (kind != JSON_ARRAY && kind != JSON_OBJECT) {
        dbus_put_variant(out, scalar(j, i));
        return true;
    }
    dbus_open_variant(out, kind == JSON_ARRAY ? "av" : "a{sv}");
    if (!put(j, out, i, depth + 1))
        return false;
    dbus_close(out);
    return true;
}

static bool put_basic(struct job *j, struct dbus_out *out, uint32_t i)
{
    const char type[2] = {(char)dbus_wants(out), 0};
    const uint8_t kind = j->tape.at[i].kind;
    struct wp_value v;

    if (kind == JSON_ARRAY || kind == JSON_OBJECT || !fits(scalar(j, i), type, &v))
        return say(j, "the value is not of its D-Bus type");
    dbus_put_value(out, v);
    return true;
}

/* Bounded by DEPTH_MAX. */
static bool put(struct job *j, struct dbus_out *out, uint32_t i, unsigned depth)
{
    const uint8_t wants = dbus_wants(out);

    if (depth > DEPTH_MAX)
        return say(j, "the value is nested too deep");
    switch (wants) {
    case 'a': break;
    case '(': return put_structure(j, out, i, depth);
    case 'v': return put_by_itself(j, out, i, depth);
    default: return put_basic(j, out, i);
    }
    if (j->tape.at[i].kind == JSON_NULL) {
        dbus_put_value(out, wp_null());
        return true;
    }
    return out->levels[out->depth].type[1] == '{' ? put_dictionary(j, out, i, depth)
                                                  : put_array(j, out, i, depth);
}

/* ---- the value ------------------------------------------------------------------------------------------------ */

static bool read_tree(struct job *j, const char *type, struct wp_writer *memory, struct wp_value *out)
{
    struct dbus_out tree;
    bool is_put;

    dbus_begin_tree(&tree, memory);
    dbus_open_variant(&tree, type);
    is_put = put(j, &tree, 0, 1);
    if (!is_put)
        return false;
    dbus_close(&tree);
    return dbus_end_tree(&tree, out) || say(j, venus_no_room);
}

/* What JSON cannot say. */
static bool read_special(struct wp_slice json, char type, struct wp_value *out)
{
    if (wp_slice_is(json, "NaN"))
        *out = wp_real((double)NAN);
    else if (wp_slice_is(json, "Infinity"))
        *out = wp_real((double)INFINITY);
    else if (wp_slice_is(json, "-Infinity"))
        *out = wp_real(-(double)INFINITY);
    else
        return false;
    return type == 'd';
}

static size_t aligned(size_t n)
{
    return (n + 15) / 16 * 16;
}

/* The memory is cut into tokens, texts, and the tree. */
static bool begin(struct job *j, struct wp_slice json, struct venus_words_room room,
                  struct wp_writer *ret_tree)
{
    const size_t n_tokens = json_tokens_max(json.n);
    const size_t text_at = aligned(n_tokens * sizeof(struct json_token)), tree_at = text_at + aligned(json.n);
    uint8_t *p = room.p;

    if (tree_at >= room.n)
        return say(j, "the value is too long");
    j->tape = (struct json_tape){.at = (void *)p, .cap = (uint32_t)n_tokens};
    j->text = wp_writer(p + text_at, json.n);
    *ret_tree = wp_writer(p + tree_at, room.n - tree_at);
    return json_read(&j->tape, json, DEPTH_MAX, NULL) == JSON_FAULT_NONE || say(j, "the value is not JSON");
}

bool venus_words_value(struct wp_slice json, struct wp_slice type, struct venus_words_room room,
                       struct wp_value *out, const char **ret_why)
{
    char signature[VENUS_TYPE_MAX + 1] = {0};
    struct wp_writer tree;
    struct job j = {.why = ""};
    bool is_good;

    assert(type.n > 0 && type.n <= VENUS_TYPE_MAX);
    memcpy(signature, type.p, type.n);
    if (read_special(json, signature[0], out))
        return true;
    is_good = begin(&j, json, room, &tree);
    if (is_good && j.tape.at[0].kind == JSON_NULL)
        *out = wp_null();
    else if (is_good && dbus_is_basic((uint8_t)signature[0]))
        is_good = (j.tape.at[0].kind != JSON_ARRAY && j.tape.at[0].kind != JSON_OBJECT &&
                   fits(scalar(&j, 0), signature, out)) ||
                  say(&j, "the value is not of its D-Bus type");
    else if (is_good)
        is_good = read_tree(&j, signature, &tree, out);
    if (!is_good)
        *ret_why = j.why;
    return is_good;
}
