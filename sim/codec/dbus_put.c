/* Values into messages: each basic type, what a value of ours is on a bus, and copies of what came from one. */
#include "sim/codec/dbus_out_impl.h"

#include <assert.h>

/* ---- numbers and texts -------------------------------------------------------------------------------- */

/* The low `size` bytes of a number. */
static void put_bits(struct dbus_out *out, uint64_t v, unsigned size)
{
    uint8_t bytes[8];

    dbus_out_align(out, size);
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(v >> 8 * i);
    wp_put_slice(out->w, wp_slice(bytes, size));
    dbus_out_pass(out);
}

static bool is_whole_type(uint8_t code)
{
    return code != 0 && strchr("ynqiuxth", code) != NULL;
}

static bool is_signed(uint8_t code)
{
    return code == 'n' || code == 'i' || code == 'x';
}

/* The largest number of an integer type; negative ones go one further. */
static uint64_t most(uint8_t code)
{
    return UINT64_MAX >> (64 - 8 * dbus_alignment(code)) >> is_signed(code);
}

void dbus_put_uint(struct dbus_out *out, uint64_t v)
{
    const uint8_t code = dbus_wants(out);

    assert(is_whole_type(code));
    out->wrong |= v > most(code);
    put_bits(out, v, dbus_alignment(code));
}

void dbus_put_int(struct dbus_out *out, int64_t v)
{
    const uint8_t code = dbus_wants(out);

    if (v >= 0) {
        dbus_put_uint(out, (uint64_t)v);
        return;
    }
    assert(is_whole_type(code));
    out->wrong |= !is_signed(code) || (uint64_t) - (v + 1) > most(code);
    put_bits(out, (uint64_t)v, dbus_alignment(code));
}

void dbus_put_bool(struct dbus_out *out, bool v)
{
    assert(dbus_wants(out) == 'b');
    put_bits(out, v, 4);
}

void dbus_put_double(struct dbus_out *out, double v)
{
    uint64_t bits;

    assert(dbus_wants(out) == 'd');
    memcpy(&bits, &v, sizeof bits);
    put_bits(out, bits, 8);
}

static bool is_valid(uint8_t code, struct wp_slice text)
{
    switch (code) {
    case 's': return text.n < DBUS_MESSAGE_MAX && dbus_is_string(text);
    case 'o': return text.n < DBUS_MESSAGE_MAX && dbus_is_path(text);
    default: return dbus_is_signature(text);
    }
}

void dbus_put_text(struct dbus_out *out, struct wp_slice text)
{
    const uint8_t code = dbus_wants(out);

    assert(code == 's' || code == 'o' || code == 'g');
    out->wrong |= !is_valid(code, text);
    dbus_out_text(out, code, text);
    dbus_out_pass(out);
}

/* ---- values of ours ----------------------------------------------------------------------------------- */

/* Nothing that fits is there: what comes next is put as if it had been. */
static void refuse(struct dbus_out *out)
{
    struct dbus_out_level *l = dbus_out_here(out);

    out->wrong = true;
    if (!l->is_array)
        l->type += dbus_out_type_length(l->type);
}

static void put_number(struct dbus_out *out, uint8_t code, struct wp_value v)
{
    int64_t whole;

    if (code == 'd')
        dbus_put_double(out, wp_real_of(v));
    else if (!is_whole_type(code))
        refuse(out);
    else if (v.kind == WP_UINT)
        dbus_put_uint(out, v.uint);
    else if (wp_decimal_at(v, 0, &whole))
        dbus_put_int(out, whole);
    else
        refuse(out);
}

/* An array of bytes; NULL: without elements, of whatever type. */
static void put_array(struct dbus_out *out, const struct wp_slice *bytes)
{
    dbus_open(out);
    if (bytes)
        wp_put_slice(out->w, *bytes);
    dbus_close(out);
}

/* The cursor stands at the tree's one value. */
static void put_tree(struct dbus_out *out, struct wp_slice tree)
{
    struct dbus_iter it;
    struct wp_slice type;
    size_t n = dbus_out_type_length(dbus_out_here(out)->type);

    dbus_tree_iter(&it, tree);
    type = dbus_next_signature(&it);
    if (type.n > 0 && wp_slice_eq(type, wp_slice(dbus_out_here(out)->type, n)))
        dbus_put_copy(out, &it);
    else
        refuse(out);
}

void dbus_put_value(struct dbus_out *out, struct wp_value v)
{
    const uint8_t code = dbus_wants(out);
    const char *type = dbus_out_here(out)->type;

    assert(code != 0);
    if (out->depth == DBUS_DEPTH_MAX && !dbus_is_basic(code))
        refuse(out);
    else if (code == 'v')
        dbus_put_variant(out, v);
    else if (wp_is_number(v))
        put_number(out, code, v);
    else if (v.kind == WP_BOOL && code == 'b')
        dbus_put_bool(out, v.yes);
    else if (v.kind == WP_TEXT && (code == 's' || code == 'o' || code == 'g'))
        dbus_put_text(out, v.bytes);
    else if (v.kind == WP_NULL && code == 'a')
        put_array(out, NULL);
    else if (v.kind == WP_BYTES && code == 'a' && type[1] == 'y')
        put_array(out, &v.bytes);
    else if (v.kind == WP_TREE)
        put_tree(out, v.bytes);
    else
        refuse(out);
}

static const char *type_of_number(struct wp_value v)
{
    int64_t whole;

    if (v.kind == WP_UINT)
        return "t";
    if (v.kind == WP_REAL || v.exp10 != 0 || !wp_decimal_at(v, 0, &whole))
        return "d";
    return whole >= INT32_MIN && whole <= INT32_MAX ? "i" : "x";
}

/* A tree is a variant; its type ends with a 0 there. */
static const char *type_of_tree(struct wp_slice tree)
{
    return tree.n > 1 ? (const char *)tree.p + 1 : "ai";
}

static const char *type_of(struct wp_value v)
{
    switch (v.kind) {
    case WP_NULL: return "ai";
    case WP_BOOL: return "b";
    case WP_TEXT: return "s";
    case WP_BYTES: return "ay";
    case WP_TREE: return type_of_tree(v.bytes);
    default: return type_of_number(v);
    }
}

void dbus_put_variant_as(struct dbus_out *out, const char *type, struct wp_value v)
{
    if (out->depth == DBUS_DEPTH_MAX) {
        refuse(out);
        return;
    }
    dbus_open_variant(out, type);
    dbus_put_value(out, v);
    dbus_close(out);
}

void dbus_put_variant(struct dbus_out *out, struct wp_value v)
{
    dbus_put_variant_as(out, type_of(v), v);
}

/* ---- what came from a bus ----------------------------------------------------------------------------- */

static void copy_basic(struct dbus_out *out, struct dbus_iter *it, uint8_t code)
{
    struct wp_value v;

    dbus_get_value(it, &v);
    if (code == 'd')
        dbus_put_double(out, v.real);
    else
        dbus_put_value(out, v);
}

static void copy_open(struct dbus_out *out, struct dbus_iter *it, uint8_t code)
{
    dbus_enter(it);
    if (code == 'v')
        dbus_open_variant(out, (const char *)it->levels[it->depth].type);
    else
        dbus_open(out);
}

void dbus_put_copy(struct dbus_out *out, struct dbus_iter *it)
{
    const uint8_t depth = it->depth;

    assert(wp_slice_eq(dbus_next_signature(it),
                       wp_slice(dbus_out_here(out)->type, dbus_out_type_length(dbus_out_here(out)->type))));
    do {
        uint8_t code = dbus_next_type(it);

        if (dbus_is_basic(code)) {
            copy_basic(out, it, code);
        } else if (code == 0) {
            dbus_leave(it);
            dbus_close(out);
        } else if (out->depth == DBUS_DEPTH_MAX) {
            dbus_skip(it);
            refuse(out);
        } else {
            copy_open(out, it, code);
        }
    } while (it->depth > depth);
}

/* ---- trees -------------------------------------------------------------------------------------------- */

void dbus_begin_tree(struct dbus_out *out, struct wp_writer *memory)
{
    out->w = memory;
    out->start = memory->n;
    out->body = 0;
    out->wrong = false;
    out->depth = 0;
    out->levels[0] = (struct dbus_out_level){.type = "v"};
}

bool dbus_end_tree(struct dbus_out *out, struct wp_value *ret)
{
    assert(out->depth == 0);
    assert(dbus_wants(out) == 0);
    if (out->w->full || out->wrong) {
        out->w->n = out->start;
        return false;
    }
    *ret = (struct wp_value){.kind = WP_TREE, .bytes = wp_slice(out->w->p + out->start, dbus_out_place(out))};
    return true;
}

bool dbus_get_tree(struct dbus_iter *it, struct wp_writer *memory, struct wp_value *out)
{
    const uint8_t outer = it->depth;
    char type[DBUS_NAME_MAX + 1];
    struct dbus_out tree;

    if (dbus_get_value(it, out))
        return true;
    if (dbus_next_type(it) == 0)
        return false;
    while (dbus_next_type(it) == 'v')
        dbus_enter(it);
    memcpy(type, dbus_next_signature(it).p, dbus_next_signature(it).n);
    type[dbus_next_signature(it).n] = 0;
    dbus_begin_tree(&tree, memory);
    dbus_open_variant(&tree, type);
    dbus_put_copy(&tree, it);
    dbus_close(&tree);
    while (it->depth > outer)
        dbus_leave(it);
    return dbus_end_tree(&tree, out);
}
