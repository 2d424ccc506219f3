/* Are the values of a message what its signature says? One walk over the bytes, without recursion.
 *
 * The signature is its own program: '(' opens a level and ')' closes it, so that no nesting is searched for its end. */
#include "sim/codec/dbus_impl.h"

bool dbus_check_padding(struct dbus_check *c, size_t to)
{
    size_t at = dbus_padded(c->at, to);

    if (at > c->end)
        return dbus_is_wrong(c, WP_FAULT_COUNT, c->at);
    for (; c->at < at; c->at++)
        if (c->p[c->at] != 0)
            return dbus_is_wrong(c, WP_FAULT_PADDING, c->at);
    return true;
}

static bool has(struct dbus_check *c, size_t n)
{
    return c->end - c->at >= n || dbus_is_wrong(c, WP_FAULT_COUNT, c->at);
}

static bool check_length(struct dbus_check *c, uint32_t *out)
{
    if (!dbus_check_padding(c, 4) || !has(c, 4))
        return false;
    *out = dbus_u32(c->p + c->at, c->is_big);
    c->at += 4;
    return true;
}

bool dbus_check_text(struct dbus_check *c, uint8_t code, struct wp_slice *out)
{
    struct wp_slice text;
    uint32_t n;

    if (code == 'g') {
        if (!has(c, 1))
            return false;
        n = c->p[c->at++];
    } else if (!check_length(c, &n)) {
        return false;
    }
    if (c->end - c->at <= n) /* the 0 behind it counts */
        return dbus_is_wrong(c, WP_FAULT_COUNT, c->at - (code == 'g' ? 1 : 4));
    text = wp_slice(c->p + c->at, n);
    if (code == 's' && !dbus_is_string(text))
        return dbus_is_wrong(c, WP_FAULT_UTF8, c->at);
    if (code == 'o' && !dbus_is_path(text))
        return dbus_is_wrong(c, WP_FAULT_OBJECT_PATH, c->at);
    if (code == 'g' && !dbus_is_signature(text))
        return dbus_is_wrong(c, WP_FAULT_SIGNATURE, c->at);
    if (text.p[n] != 0)
        return dbus_is_wrong(c, WP_FAULT_END, c->at + n);
    c->at += n + 1;
    *out = text;
    return true;
}

static bool check_bool(struct dbus_check *c)
{
    uint32_t yes;

    if (!check_length(c, &yes))
        return false;
    return yes <= 1 || dbus_is_wrong(c, WP_FAULT_BOOLEAN, c->at - 4);
}

/* What is as long as it is aligned. */
static bool check_number(struct dbus_check *c, unsigned size)
{
    if (!dbus_check_padding(c, size) || !has(c, size))
        return false;
    c->at += size;
    return true;
}

static bool check_basic(struct dbus_check *c, uint8_t code)
{
    struct wp_slice unused;

    switch (code) {
    case 's':
    case 'o':
    case 'g': return dbus_check_text(c, code, &unused);
    case 'b': return check_bool(c);
    default: return check_number(c, dbus_alignment(code));
    }
}

/* ---- containers --------------------------------------------------------------------------------------- */

struct level {
    const uint8_t *type, *type_end; /* type_end: of a variant, the body, and an array's element */
    size_t array_end;               /* of an array; 0: none */
    size_t outer_end;               /* what `end` was outside of an array */
};

struct walk {
    struct dbus_check *c;
    unsigned depth, depth_max;
    struct level levels[DBUS_DEPTH_MAX + 1];
};

static struct level *open_level(struct walk *w, struct level level)
{
    if (w->depth == w->depth_max) {
        dbus_is_wrong(w->c, WP_FAULT_DEPTH, w->c->at);
        return NULL;
    }
    w->levels[++w->depth] = level;
    return &w->levels[w->depth];
}

static size_t element_length(const struct level *outer)
{
    /* The types behind it are no matter: a complete type knows its own end. */
    return dbus_type_length(wp_slice(outer->type + 1, DBUS_NAME_MAX));
}

/* Numbers need not be looked at one by one. */
static bool is_plain(uint8_t code)
{
    return dbus_is_basic(code) && code != 's' && code != 'o' && code != 'g' && code != 'b';
}

/* The array at `outer`'s type: to its elements, or behind it when there is nothing to see in them. */
static bool open_array(struct walk *w, struct level *outer)
{
    struct dbus_check *c = w->c;
    const uint8_t *type = outer->type + 1;
    unsigned align = dbus_alignment(*type);
    uint32_t n;

    if (!check_length(c, &n))
        return false;
    if (n > DBUS_ARRAY_MAX)
        return dbus_is_wrong(c, WP_FAULT_LENGTH, c->at - 4);
    if (w->depth == w->depth_max)
        return dbus_is_wrong(c, WP_FAULT_DEPTH, c->at - 4);
    if (!dbus_check_padding(c, align) || !has(c, n))
        return false;
    if (n > 0 && !is_plain(*type)) {
        struct level inner = {type, type, c->at + n, c->end};

        c->end = inner.array_end;
        return open_level(w, inner) != NULL;
    }
    if (n % align != 0 && is_plain(*type))
        return dbus_is_wrong(c, WP_FAULT_COUNT, c->at + n - n % align);
    c->at += n;
    if (!outer->array_end)
        outer->type += 1 + element_length(outer);
    return true;
}

static bool open_variant(struct walk *w, struct level *outer)
{
    struct wp_slice type;

    if (!dbus_check_text(w->c, 'g', &type))
        return false;
    if (!dbus_is_one_type(type))
        return dbus_is_wrong(w->c, WP_FAULT_SIGNATURE, w->c->at - type.n - 1);
    if (!outer->array_end)
        outer->type++;
    return open_level(w, (struct level){type.p, type.p + type.n, 0, 0}) != NULL;
}

static bool open_struct(struct walk *w, const struct level *outer)
{
    return dbus_check_padding(w->c, DBUS_ALIGN) &&
           open_level(w, (struct level){outer->type + 1, NULL, 0, 0}) != NULL;
}

static bool check_next(struct walk *w, struct level *level)
{
    switch (*level->type) {
    case 'a': return open_array(w, level);
    case 'v': return open_variant(w, level);
    case '(':
    case '{': return open_struct(w, level);
    default:
        if (!check_basic(w->c, *level->type))
            return false;
        if (!level->array_end)
            level->type++;
        return true;
    }
}

static bool is_over(const struct level *level, const struct dbus_check *c)
{
    if (level->array_end)
        return c->at == level->array_end;
    return level->type == level->type_end || *level->type == ')' || *level->type == '}';
}

static void close_level(struct walk *w)
{
    struct level *inner = &w->levels[w->depth], *outer = &w->levels[--w->depth];

    if (inner->array_end)
        w->c->end = inner->outer_end;
    if (outer->array_end)
        return;
    if (inner->array_end)
        outer->type += 1 + element_length(outer);
    else if (inner->type_end == NULL)
        outer->type = inner->type + 1; /* behind the ')' */
}

bool dbus_check_values(struct dbus_check *c, struct wp_slice signature, unsigned depth)
{
    struct walk w;

    if (signature.n == 0)
        return true;
    w.c = c;
    w.depth = 0;
    w.depth_max = DBUS_DEPTH_MAX - depth;
    w.levels[0] = (struct level){signature.p, signature.p + signature.n, 0, 0};
    for (;;) {
        struct level *level = &w.levels[w.depth];

        if (!is_over(level, c)) {
            if (!check_next(&w, level))
                return false;
        } else if (w.depth == 0) {
            return true;
        } else {
            close_level(&w);
        }
    }
}
