/* A cursor over values that were looked at before: what it enters and how it gets out again. */
#include "sim/codec/dbus_iter.h"

#include "sim/codec/dbus_impl.h"

#include <assert.h>

static void begin(struct dbus_iter *it, struct wp_slice values, size_t at, bool is_big)
{
    it->p = values.p;
    it->at = (uint32_t)at;
    it->n = (uint32_t)values.n;
    it->is_big_endian = is_big;
    it->wrong = false;
    it->depth = 0;
}

void dbus_iter(struct dbus_iter *it, const struct dbus_message *m)
{
    const struct wp_slice types = m->signature.n > 0 ? m->signature : wp_text("");

    begin(it, m->whole, m->whole.n - m->body.n, m->is_big_endian);
    it->levels[0] = (struct dbus_level){types.p, types.p + types.n, 0, false};
}

/* A tree is one variant: its type, then its value. */
void dbus_tree_iter(struct dbus_iter *it, struct wp_slice tree)
{
    static const uint8_t variant[] = "v";

    begin(it, tree, 0, false);
    it->levels[0] = (struct dbus_level){variant, variant + (tree.n > 0), 0, false};
    if (tree.n > 0)
        dbus_enter(it);
}

static struct dbus_level *here(struct dbus_iter *it)
{
    return &it->levels[it->depth];
}

uint8_t dbus_next_type(const struct dbus_iter *it)
{
    const struct dbus_level *l = &it->levels[it->depth];

    if (l->is_array)
        return it->at == l->end ? 0 : *l->type;
    if (l->type == l->type_end || *l->type == ')' || *l->type == '}')
        return 0;
    return *l->type;
}

static size_t type_length(const uint8_t *type)
{
    return dbus_type_length(wp_slice(type, DBUS_NAME_MAX));
}

struct wp_slice dbus_next_signature(const struct dbus_iter *it)
{
    const uint8_t *type = it->levels[it->depth].type;

    return dbus_next_type(it) ? wp_slice(type, type_length(type)) : wp_slice(NULL, 0);
}

/* ---- values ------------------------------------------------------------------------------------------- */

static void align(struct dbus_iter *it, size_t to)
{
    it->at = (uint32_t)dbus_padded(it->at, to);
}

/* A value of the type at the front was taken. */
static void pass(struct dbus_iter *it)
{
    struct dbus_level *l = here(it);

    if (!l->is_array)
        l->type++;
}

/* Where the next value's n bytes stand, which is as long as it is aligned. */
static const uint8_t *take(struct dbus_iter *it, size_t n)
{
    const uint8_t *p;

    align(it, n);
    p = it->p + it->at;
    assert(it->n - it->at >= n);
    it->at += (uint32_t)n;
    return p;
}

static uint32_t take_u32(struct dbus_iter *it)
{
    return dbus_u32(take(it, 4), it->is_big_endian);
}

static struct wp_slice take_text(struct dbus_iter *it, uint8_t code)
{
    uint32_t n = code == 'g' ? *take(it, 1) : take_u32(it);
    struct wp_slice text = wp_slice(it->p + it->at, n);

    assert(it->n - it->at > n);
    it->at += n + 1;
    return text;
}

static bool is_next(struct dbus_iter *it, uint8_t code)
{
    if (dbus_next_type(it) != code)
        it->wrong = true;
    return dbus_next_type(it) == code;
}

uint8_t dbus_get_u8(struct dbus_iter *it)
{
    uint8_t v;

    if (!is_next(it, 'y'))
        return 0;
    v = *take(it, 1);
    pass(it);
    return v;
}

static uint32_t get_word(struct dbus_iter *it, uint8_t code)
{
    uint32_t v;

    if (!is_next(it, code))
        return 0;
    v = take_u32(it);
    pass(it);
    return v;
}

bool dbus_get_bool(struct dbus_iter *it)
{
    return get_word(it, 'b') != 0;
}

uint32_t dbus_get_u32(struct dbus_iter *it)
{
    return get_word(it, 'u');
}

int32_t dbus_get_i32(struct dbus_iter *it)
{
    return (int32_t)get_word(it, 'i');
}

struct wp_slice dbus_get_text(struct dbus_iter *it)
{
    uint8_t code = dbus_next_type(it);
    struct wp_slice text;

    if (code != 's' && code != 'o' && code != 'g') {
        it->wrong = true;
        return wp_slice(NULL, 0);
    }
    text = take_text(it, code);
    pass(it);
    return text;
}

static double take_double(struct dbus_iter *it)
{
    uint64_t bits = dbus_u64(take(it, 8), it->is_big_endian);
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

static struct wp_value take_basic(struct dbus_iter *it, uint8_t code)
{
    bool is_big = it->is_big_endian;

    switch (code) {
    case 'y': return wp_int(*take(it, 1));
    case 'b': return wp_bool(take_u32(it) != 0);
    case 'n': return wp_int((int16_t)dbus_u16(take(it, 2), is_big));
    case 'q': return wp_int(dbus_u16(take(it, 2), is_big));
    case 'i': return wp_int((int32_t)take_u32(it));
    case 'u':
    case 'h': return wp_int(take_u32(it));
    case 'x': return wp_int((int64_t)dbus_u64(take(it, 8), is_big));
    case 't': return wp_uint(dbus_u64(take(it, 8), is_big));
    case 'd': return wp_real(take_double(it));
    default: return wp_text_value(take_text(it, code));
    }
}

/* ---- containers --------------------------------------------------------------------------------------- */

/* To an array's first element; returns where it ends. */
static uint32_t begin_array(struct dbus_iter *it, uint8_t element)
{
    uint32_t n = take_u32(it);

    align(it, dbus_alignment(element));
    assert(it->n - it->at >= n);
    return it->at + n;
}

bool dbus_is_empty_array(const struct dbus_iter *it)
{
    return dbus_next_type(it) == 'a' && dbus_u32(it->p + dbus_padded(it->at, 4), it->is_big_endian) == 0;
}

/* An array's type is passed here, a structure's by whoever leaves it: only there its end is known. */
bool dbus_enter(struct dbus_iter *it)
{
    const uint8_t code = dbus_next_type(it), *type = here(it)->type;
    struct dbus_level inner = {type + 1, NULL, 0, false};
    struct wp_slice text;

    if (dbus_is_basic(code) || code == 0) {
        it->wrong = true;
        return false;
    }
    switch (code) {
    case 'a':
        inner.end = begin_array(it, type[1]);
        inner.is_array = true;
        if (!here(it)->is_array)
            here(it)->type += type_length(type);
        break;
    case 'v':
        text = take_text(it, 'g');
        inner.type = text.p;
        inner.type_end = text.p + text.n;
        pass(it);
        break;
    default: align(it, DBUS_ALIGN); break;
    }
    assert(it->depth < DBUS_DEPTH_MAX);
    it->levels[++it->depth] = inner;
    return true;
}

/* Out of a level of which nothing is left. */
static void close_level(struct dbus_iter *it)
{
    const struct dbus_level *inner = here(it);
    struct dbus_level *outer = &it->levels[--it->depth];

    if (!inner->is_array && !inner->type_end && !outer->is_array)
        outer->type = inner->type + 1;
}

void dbus_skip(struct dbus_iter *it)
{
    const uint8_t depth = it->depth;

    do {
        uint8_t code = dbus_next_type(it);

        if (dbus_is_basic(code)) {
            take_basic(it, code);
            pass(it);
        } else if (code) {
            dbus_enter(it);
            if (here(it)->is_array)
                it->at = here(it)->end;
        } else if (it->depth > depth) {
            close_level(it);
        } else {
            it->wrong = true;
        }
    } while (it->depth > depth);
}

void dbus_leave(struct dbus_iter *it)
{
    if (it->depth == 0) {
        it->wrong = true;
        return;
    }
    if (here(it)->is_array)
        it->at = here(it)->end;
    while (dbus_next_type(it))
        dbus_skip(it);
    close_level(it);
}

/* A variant in a variant has the value of the innermost one. */
bool dbus_get_value(struct dbus_iter *it, struct wp_value *out)
{
    const uint8_t outer = it->depth;
    const uint32_t at = it->at;
    const struct dbus_level before = *here(it);
    uint8_t code;

    while ((code = dbus_next_type(it)) == 'v')
        dbus_enter(it);
    if (dbus_is_basic(code)) {
        *out = take_basic(it, code);
        pass(it);
    } else if (dbus_is_empty_array(it)) {
        dbus_skip(it);
        *out = wp_null();
    } else {
        it->wrong |= code == 0;
        it->depth = outer;
        it->at = at;
        *here(it) = before;
        return false;
    }
    while (it->depth > outer)
        close_level(it);
    return true;
}
