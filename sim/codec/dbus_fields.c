/* Every field of a D-Bus message by name: the header, then the body as a tree.
 *
 *     body.0.dict=2                     a container and how many it holds: array, dict, struct
 *     body.0.0.key="Value"              an entry: its key, and its value beside it
 *     body.0.0.double=936.0             a value: its place, its type; what is in a variant stands in its place
 *     body.0.1.key="Min"
 *     body.0.1.array=0                  an array without elements says what it would hold
 *     body.0.1.of="i"
 *     body.1.bytes=0102                 an array of bytes is one value */
#include "sim/codec/dbus_iter.h"

#include <math.h>

enum {
    PATH_MAX_LEN = 95,
    VALUES_MAX = 65536, /* of a body; what is beyond is counted */
    NO_ID = DBUS_DEPTH_MAX + 2,
    AT_TYPE = 1,
    AT_FLAGS = 2,
    AT_SERIAL = 8,
};

struct tree {
    const struct dbus_message *m;
    wp_visit *visit;
    void *ctx;
    size_t n_values, hidden;
    size_t id_level; /* of the entry whose key names an id: what is in it is one; 0: of all, NO_ID: none */
    size_t n_path[DBUS_DEPTH_MAX + 2]; /* of the element that is said, by its level; level 0 is "body" */
    uint32_t next[DBUS_DEPTH_MAX + 2]; /* index of the next element in it */
    struct {
        uint8_t level; /* of the values in it */
        bool is_place; /* they have a place each; what is in a variant or entry stands where that does */
        bool has_key;  /* an entry whose key is next */
    } in[DBUS_DEPTH_MAX + 1]; /* by the cursor's depth */
    char path[PATH_MAX_LEN + 1];
};

static void say(const struct tree *t, const char *path, struct wp_value value, size_t first, size_t len,
                enum wp_role role)
{
    const struct wp_field field = {path, value, "", len ? first : 0, len, role};

    t->visit(t->ctx, &field);
}

/* ---- the header --------------------------------------------------------------------------------------- */

static void say_text(const struct tree *t, const char *path, struct wp_slice text, enum wp_role role)
{
    if (text.n > 0)
        say(t, path, wp_text_value(text), (size_t)(text.p - t->m->whole.p), text.n, role);
}

static void say_type(const struct tree *t)
{
    const char *text = dbus_type_text(t->m->type);

    say(t, "type", text ? wp_text_value(wp_text(text)) : wp_int(t->m->type), AT_TYPE, 1, WP_ROLE_KEY);
}

static void say_flag(const struct tree *t, const char *path, uint8_t flag)
{
    if (t->m->flags & flag)
        say(t, path, wp_bool(true), 0, 0, WP_ROLE_FIELD);
}

static void say_header(const struct tree *t)
{
    const struct dbus_message *m = t->m;

    say_type(t);
    say(t, "flags", wp_int(m->flags), AT_FLAGS, 1, WP_ROLE_FIELD);
    say_flag(t, "no_reply_expected", DBUS_NO_REPLY);
    say_flag(t, "no_auto_start", DBUS_NO_AUTO_START);
    say_flag(t, "allow_interactive_authorization", DBUS_INTERACTIVE);
    if (m->is_big_endian)
        say(t, "byte_order", wp_text_value(wp_text("big-endian")), 0, 1, WP_ROLE_FIELD);
    say(t, "serial", wp_int(m->serial), AT_SERIAL, 4, WP_ROLE_FIELD);
    if (m->reply_serial)
        say(t, "reply_serial", wp_int(m->reply_serial), m->reply_serial_at, 4, WP_ROLE_FIELD);
    say_text(t, "sender", m->sender, WP_ROLE_FIELD);
    say_text(t, "destination", m->destination, WP_ROLE_KEY);
    say_text(t, "path", m->path, WP_ROLE_KEY);
    say_text(t, "interface", m->interface, WP_ROLE_KEY);
    say_text(t, "member", m->member, WP_ROLE_KEY);
    say_text(t, "error_name", m->error_name, WP_ROLE_KEY);
    say_text(t, "signature", m->signature, WP_ROLE_FIELD);
    if (m->n_fds_at)
        say(t, "unix_fds", wp_int(m->n_fds), m->n_fds_at, 4, WP_ROLE_FIELD);
}

/* ---- the body ----------------------------------------------------------------------------------------- */

/* The field `name` of the element at this level. */
static void say_part(struct tree *t, size_t level, const char *name, struct wp_value value, size_t first,
                     size_t len, enum wp_role role)
{
    const size_t n = t->n_path[level], n_name = strlen(name);

    if (n + 1 + n_name > PATH_MAX_LEN || t->n_values >= VALUES_MAX) {
        t->hidden++;
        return;
    }
    t->path[n] = '.';
    memcpy(t->path + n + 1, name, n_name + 1);
    say(t, t->path, value, first, len, role);
}

/* The path of the next element of the container whose own path is that of `level` - 1. */
static void stand_at(struct tree *t, size_t level)
{
    struct wp_writer w = wp_writer(t->path, PATH_MAX_LEN);

    w.n = t->n_path[level - 1];
    wp_put_char(&w, '.');
    wp_put_uint(&w, t->next[level - 1]++);
    t->n_path[level] = w.full ? PATH_MAX_LEN : w.n;
    t->next[level] = 0;
}

static const char *name_of(uint8_t code)
{
    switch (code) {
    case 'y': return "byte";
    case 'b': return "boolean";
    case 'n': return "int16";
    case 'q': return "uint16";
    case 'i': return "int32";
    case 'u': return "uint32";
    case 'x': return "int64";
    case 't': return "uint64";
    case 'd': return "double";
    case 's': return "string";
    case 'o': return "object_path";
    case 'g': return "signature";
    default: return "unix_fd";
    }
}

/* Doubles that are no number have no JSON. */
static struct wp_value shown(struct wp_value v)
{
    if (v.kind != WP_REAL || isfinite(v.real))
        return v;
    return wp_text_value(wp_text(isnan(v.real) ? "NaN" : v.real < 0 ? "-Infinity" : "Infinity"));
}

/* Does the last element of the path or key name something that stands for one device alone? */
static bool is_id(struct wp_slice path)
{
    size_t at = path.n;

    while (at > 0 && path.p[at - 1] != '/')
        at--;
    path = wp_slice_from(path, at);
    return wp_slice_is(path, "Serial") || wp_slice_is(path, "UniqueId") || wp_slice_is(path, "CustomName");
}

static void say_key(struct tree *t, size_t level, struct dbus_iter *it)
{
    struct wp_value v;
    size_t n = dbus_alignment(dbus_next_type(it));

    dbus_get_value(it, &v);
    if (v.kind != WP_TEXT) {
        say_part(t, level, "key", shown(v), it->at - n, n, WP_ROLE_VALUE);
        return;
    }
    say_part(t, level, "key", v, (size_t)(v.bytes.p - it->p), v.bytes.n, WP_ROLE_VALUE);
    if (t->id_level == NO_ID && is_id(v.bytes))
        t->id_level = level;
}

static void say_basic(struct tree *t, size_t level, struct dbus_iter *it, const char *name)
{
    const uint8_t code = dbus_next_type(it);
    struct wp_value v;
    size_t n = dbus_alignment(code);

    dbus_get_value(it, &v);
    if (v.kind == WP_TEXT)
        say_part(t, level, name, v, (size_t)(v.bytes.p - it->p), v.bytes.n,
                 level >= t->id_level ? WP_ROLE_ID : WP_ROLE_VALUE);
    else
        say_part(t, level, name, shown(v), it->at - n, n, WP_ROLE_VALUE);
    t->n_values++;
}

/* How many the container that was just entered holds. */
static uint32_t count(const struct dbus_iter *it)
{
    struct dbus_iter ahead;
    uint32_t n = 0;

    ahead = *it;
    for (; dbus_next_type(&ahead); n++)
        dbus_skip(&ahead);
    return n;
}

static void say_bytes(struct tree *t, size_t level, struct dbus_iter *it)
{
    struct wp_slice bytes;

    dbus_enter(it);
    bytes = wp_slice(it->p + it->at, it->levels[it->depth].end - it->at);
    say_part(t, level, "bytes", wp_bytes_value(bytes), it->at, bytes.n, WP_ROLE_VALUE);
    dbus_leave(it);
    t->n_values++;
}

static void say_empty(struct tree *t, size_t level, struct dbus_iter *it)
{
    struct wp_slice type = dbus_next_signature(it);

    say_part(t, level, type.p[1] == '{' ? "dict" : "array", wp_int(0), 0, 0, WP_ROLE_FIELD);
    say_part(t, level, "of", wp_text_value(wp_slice_from(type, 1)), 0, 0, WP_ROLE_FIELD);
    dbus_skip(it);
    t->n_values++;
}

static void enter(struct tree *t, struct dbus_iter *it, uint8_t level, bool is_place, bool has_key)
{
    dbus_enter(it);
    t->in[it->depth].level = level;
    t->in[it->depth].is_place = is_place;
    t->in[it->depth].has_key = has_key;
}

/* Into an array or structure: its elements stand one level below. */
static void say_container(struct tree *t, uint8_t level, struct dbus_iter *it)
{
    const uint8_t *type = it->levels[it->depth].type;
    const char *name = *type == '(' ? "struct" : type[1] == '{' ? "dict" : "array";

    enter(t, it, level + 1, true, false);
    say_part(t, level, name, wp_int(count(it)), 0, 0, WP_ROLE_FIELD);
    t->n_values++;
}

/* The next value of the container that is open. */
static void say_next(struct tree *t, struct dbus_iter *it, uint8_t code)
{
    const uint8_t level = t->in[it->depth].level, *type = it->levels[it->depth].type;
    const bool is_key = t->in[it->depth].has_key;

    t->in[it->depth].has_key = false;
    if (t->in[it->depth].is_place) {
        stand_at(t, level);
        if (t->id_level >= level)
            t->id_level = NO_ID;
    }
    if (code == 'v' || code == '{')
        enter(t, it, level, false, code == '{');
    else if (dbus_is_empty_array(it))
        say_empty(t, level, it);
    else if (code == 'a' && type[1] == 'y')
        say_bytes(t, level, it);
    else if (code == 'a' || code == '(')
        say_container(t, level, it);
    else if (is_key)
        say_key(t, level, it);
    else
        say_basic(t, level, it, name_of(code));
}

static void say_body(struct tree *t)
{
    struct dbus_iter it;

    memcpy(t->path, "body", sizeof "body");
    t->n_path[0] = strlen(t->path);
    t->next[0] = 0;
    t->in[0].level = 1;
    t->in[0].is_place = true;
    t->in[0].has_key = false;
    t->n_values = t->hidden = 0;
    t->id_level = is_id(t->m->path) ? 0 : NO_ID;
    dbus_iter(&it, t->m);
    for (;;) {
        uint8_t code = dbus_next_type(&it);

        if (code)
            say_next(t, &it, code);
        else if (it.depth > 0)
            dbus_leave(&it);
        else
            break;
    }
    if (t->hidden == 0)
        return;
    t->n_values = 0;
    say_part(t, 0, "hidden", wp_int((int64_t)t->hidden), 0, 0, WP_ROLE_FIELD);
}

void dbus_fields(const void *message, wp_visit *visit, void *ctx)
{
    struct tree t;

    t.m = message;
    t.visit = visit;
    t.ctx = ctx;
    say_header(&t);
    say_body(&t);
}
