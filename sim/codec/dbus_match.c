/* Match rules: read, applied, compared.
 *
 * Arguments are packed one after the other: index 1, kind 1, length 2, value. A rule is read twice, first for what has a
 * place of its own and then for these, so that they stand together. */
#include "sim/codec/dbus_match.h"

#include "sim/codec/dbus_iter.h"

enum { ARG_HEAD = 4, AT_ARG_KIND = 1, AT_ARG_LENGTH = 2 };

enum arg_kind { ARG_STRING, ARG_PATH, ARG_NAMESPACE };

struct arg {
    uint8_t index, kind;
    struct wp_slice value;
};

static bool next_arg(struct wp_reader *r, struct arg *out)
{
    if (wp_left(r) == 0)
        return false;
    out->index = wp_get_u8(r);
    out->kind = wp_get_u8(r);
    out->value = wp_get_slice(r, wp_get_u16le(r));
    return true;
}

static bool find_arg(struct wp_slice args, uint8_t index, struct arg *out)
{
    struct wp_reader r = wp_reader(args);

    while (next_arg(&r, out))
        if (out->index == index)
            return true;
    return false;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

struct rule_reader {
    struct wp_reader in;
    struct wp_writer *memory;
    struct dbus_match *out;
    size_t args_at; /* in memory */
    bool wants_args;
    const char *why;
};

static bool fails(struct rule_reader *r, const char *why)
{
    r->why = why;
    return false;
}

static uint8_t peek(const struct wp_reader *in)
{
    return in->at < in->in.n ? in->in.p[in->at] : 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct wp_reader *in)
{
    while (is_blank(peek(in)))
        in->at++;
}

/* To behind its '='; an empty one ends the rule, whatever follows. */
static bool read_key(struct rule_reader *r, struct wp_slice *out)
{
    struct wp_reader *in = &r->in;
    size_t from;

    skip_blanks(in);
    from = in->at;
    while (wp_left(in) > 0 && peek(in) != '=' && !is_blank(peek(in)))
        in->at++;
    *out = wp_slice(in->in.p + from, in->at - from);
    skip_blanks(in);
    if (out->n == 0)
        return true;
    return wp_get_u8(in) == '=' || fails(r, "a key without '='");
}

/* Without its quotes, to behind the comma that ends it. to: NULL, or receives it */
static bool pass_value(struct rule_reader *r, struct wp_writer *to)
{
    struct wp_reader *in = &r->in;
    bool is_quoted = false;

    while (wp_left(in) > 0 && (is_quoted || peek(in) != ',')) {
        uint8_t c = wp_get_u8(in);

        if (c == '\'') {
            is_quoted = !is_quoted;
            continue;
        }
        if (c == '\\' && !is_quoted && peek(in) == '\'')
            c = wp_get_u8(in);
        if (to)
            wp_put_u8(to, c);
    }
    if (is_quoted)
        return fails(r, "quotation marks that do not close");
    if (wp_left(in) > 0)
        wp_get_u8(in);
    return true;
}

static bool read_value(struct rule_reader *r, struct wp_slice *out)
{
    const size_t from = r->memory->n;

    if (!pass_value(r, r->memory))
        return false;
    *out = wp_slice(r->memory->p + from, r->memory->n - from);
    return !r->memory->full || fails(r, "no memory for so long a rule");
}

static bool take_type(struct rule_reader *r, struct wp_slice value)
{
    if (r->out->type)
        return fails(r, "a key twice");
    for (uint8_t type = DBUS_CALL; type <= DBUS_SIGNAL; type++)
        if (wp_slice_is(value, dbus_type_text(type)))
            r->out->type = type;
    return r->out->type || fails(r, "no such type of message");
}

static bool take_eavesdrop(struct rule_reader *r, struct wp_slice value)
{
    r->out->eavesdrop = wp_slice_is(value, "true");
    return r->out->eavesdrop || wp_slice_is(value, "false") || fails(r, "eavesdrop is 'true' or 'false'");
}

struct key {
    const char *name;
    bool (*is_valid)(struct wp_slice value);
    struct wp_slice *slot;
};

static bool take_text(struct rule_reader *r, struct wp_slice name, struct wp_slice value)
{
    struct dbus_match *m = r->out;
    const struct key keys[] = {
        {"sender", dbus_is_bus_name, &m->sender},
        {"interface", dbus_is_interface, &m->interface},
        {"member", dbus_is_member, &m->member},
        {"path", dbus_is_path, &m->path},
        {"path_namespace", dbus_is_path, &m->path_namespace},
        {"destination", dbus_is_bus_name, &m->destination},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!wp_slice_is(name, keys[i].name))
            continue;
        if (keys[i].slot->p)
            return fails(r, "a key twice");
        if (!keys[i].is_valid(value))
            return fails(r, "not a name or path");
        *keys[i].slot = value;
        return !(m->path.p && m->path_namespace.p) || fails(r, "path and path_namespace exclude each other");
    }
    return fails(r, "a key that nobody knows");
}

/* ---- arguments ---------------------------------------------------------------------------------------- */

static bool begins(struct wp_slice text, const char *with)
{
    return text.n >= strlen(with) && memcmp(text.p, with, strlen(with)) == 0;
}

/* "arg0", "arg12path", "arg0namespace" */
static bool read_arg_key(struct rule_reader *r, struct wp_slice key, struct arg *out)
{
    size_t at = 3, index = 0;
    struct wp_slice kind;

    for (; at < key.n && key.p[at] >= '0' && key.p[at] <= '9' && index <= DBUS_MATCH_ARG_MAX; at++)
        index = index * 10 + (size_t)(key.p[at] - '0');
    if (at == 3)
        return fails(r, "arg without a number");
    if (index > DBUS_MATCH_ARG_MAX)
        return fails(r, "arguments beyond 63 are not looked at");
    kind = wp_slice_from(key, at);
    out->index = (uint8_t)index;
    out->kind = kind.n == 0 ? ARG_STRING : wp_slice_is(kind, "path") ? ARG_PATH : ARG_NAMESPACE;
    if (out->kind == ARG_NAMESPACE && (index != 0 || !wp_slice_is(kind, "namespace")))
        return fails(r, "a key that nobody knows");
    return true;
}

/* A bus name, or the first elements of one: one will do. */
static bool is_namespace(struct wp_slice text)
{
    return dbus_is_well_known(text) || dbus_is_member(text) || dbus_is_bus_name(text);
}

static bool take_arg(struct rule_reader *r, struct wp_slice key)
{
    struct wp_writer *memory = r->memory;
    const size_t at = memory->n;
    const uint8_t head[ARG_HEAD] = {0};
    struct arg arg, other;

    if (!read_arg_key(r, key, &arg))
        return false;
    if (find_arg(wp_slice(memory->p + r->args_at, at - r->args_at), arg.index, &other))
        return fails(r, "an argument twice");
    wp_put_slice(memory, wp_slice(head, sizeof head));
    if (!read_value(r, &arg.value))
        return false;
    if (arg.kind == ARG_NAMESPACE && !is_namespace(arg.value))
        return fails(r, "not a name or path");
    memory->p[at] = arg.index;
    memory->p[at + AT_ARG_KIND] = arg.kind;
    memory->p[at + AT_ARG_LENGTH] = (uint8_t)arg.value.n;
    memory->p[at + AT_ARG_LENGTH + 1] = (uint8_t)(arg.value.n >> 8);
    return true;
}

/* ---- the rule ----------------------------------------------------------------------------------------- */

static bool take_key(struct rule_reader *r, struct wp_slice key)
{
    struct wp_slice value;

    if (begins(key, "arg") != r->wants_args)
        return pass_value(r, NULL);
    if (r->wants_args)
        return take_arg(r, key);
    if (!read_value(r, &value))
        return false;
    if (wp_slice_is(key, "type"))
        return take_type(r, value);
    if (wp_slice_is(key, "eavesdrop"))
        return take_eavesdrop(r, value);
    return take_text(r, key, value);
}

static bool read_all(struct rule_reader *r, struct wp_slice rule, bool wants_args)
{
    struct wp_slice key;

    r->in = wp_reader(rule);
    r->wants_args = wants_args;
    while (read_key(r, &key)) {
        if (key.n == 0)
            return true;
        if (!take_key(r, key))
            return false;
    }
    return false;
}

bool dbus_match_read(struct wp_slice rule, struct wp_writer *memory, struct dbus_match *out,
                     const char **ret_why)
{
    struct rule_reader r = {.memory = memory, .out = out};
    const size_t before = memory->n;

    *out = (struct dbus_match){0};
    if (rule.n > DBUS_MATCH_RULE_MAX) {
        *ret_why = "longer than 1024 bytes";
        return false;
    }
    if (read_all(&r, rule, false)) {
        r.args_at = memory->n;
        if (read_all(&r, rule, true)) {
            out->args = wp_slice(memory->p + r.args_at, memory->n - r.args_at);
            return true;
        }
    }
    memory->n = before;
    *ret_why = r.why;
    return false;
}

/* ---- applying ----------------------------------------------------------------------------------------- */

static bool is_same(struct wp_slice wanted, struct wp_slice is)
{
    return wanted.n == 0 || wp_slice_eq(wanted, is);
}

/* Names of one connection: the same, or of the same owner. */
static bool is_same_peer(struct wp_slice wanted, struct wp_slice is, const struct dbus_owners *owners)
{
    struct wp_slice owner;

    if (is_same(wanted, is))
        return true;
    if (is.n == 0)
        return false;
    owner = owners->owner(owners->ctx, wanted);
    return owner.n > 0 && wp_slice_eq(owner, owners->owner(owners->ctx, is));
}

/* Is `text` the same as `front`, or does it go on with `between` behind it? */
static bool is_below(struct wp_slice text, struct wp_slice front, uint8_t between)
{
    if (text.n < front.n || memcmp(text.p, front.p, front.n) != 0)
        return false;
    return text.n == front.n || text.p[front.n] == between;
}

static bool is_in_namespace(struct wp_slice wanted, struct wp_slice path)
{
    return wanted.n == 0 || wp_slice_is(wanted, "/") || is_below(path, wanted, '/');
}

/* The same, or one ends with '/' and the other begins with it. */
static bool is_path_like(struct wp_slice wanted, struct wp_slice is)
{
    const struct wp_slice shorter = wanted.n < is.n ? wanted : is;

    if (wanted.n != is.n && (shorter.n == 0 || shorter.p[shorter.n - 1] != '/'))
        return false;
    return memcmp(wanted.p, is.p, shorter.n) == 0;
}

static bool takes_value(const struct arg *arg, uint8_t type, struct wp_slice value)
{
    switch (arg->kind) {
    case ARG_PATH: return (type == 's' || type == 'o') && is_path_like(arg->value, value);
    case ARG_NAMESPACE: return type == 's' && is_below(value, arg->value, '.');
    default: return type == 's' && wp_slice_eq(arg->value, value);
    }
}

/* One walk over the body; every argument that is asked for must be met in it. */
static bool takes_args(const struct dbus_match *rule, const struct dbus_message *m)
{
    struct wp_reader r = wp_reader(rule->args);
    size_t n_wanted = 0, n_met = 0;
    struct dbus_iter it;
    struct arg arg;
    uint8_t type;

    while (next_arg(&r, &arg))
        n_wanted++;
    if (n_wanted == 0)
        return true;
    dbus_iter(&it, m);
    for (uint8_t i = 0; i <= DBUS_MATCH_ARG_MAX && n_met < n_wanted; i++) {
        type = dbus_next_type(&it);
        if (type == 0)
            return false;
        if (!find_arg(rule->args, i, &arg)) {
            dbus_skip(&it);
            continue;
        }
        if ((type != 's' && type != 'o') || !takes_value(&arg, type, dbus_get_text(&it)))
            return false;
        n_met++;
    }
    return n_met == n_wanted;
}

bool dbus_match_takes(const struct dbus_match *rule, const struct dbus_message *m,
                      const struct dbus_owners *owners)
{
    return (rule->type == 0 || rule->type == m->type) && is_same(rule->member, m->member) &&
           is_same(rule->interface, m->interface) && is_same(rule->path, m->path) &&
           is_in_namespace(rule->path_namespace, m->path) && is_same_peer(rule->sender, m->sender, owners) &&
           is_same_peer(rule->destination, m->destination, owners) && takes_args(rule, m);
}

/* ---- comparing ---------------------------------------------------------------------------------------- */

/* No argument stands twice in a rule, so as many, and each of one in the other, are the same. */
static bool are_args_eq(struct wp_slice a, struct wp_slice b)
{
    struct wp_reader r = wp_reader(a);
    struct arg mine, other;

    if (a.n != b.n)
        return false;
    while (next_arg(&r, &mine))
        if (!find_arg(b, mine.index, &other) || other.kind != mine.kind ||
            !wp_slice_eq(other.value, mine.value))
            return false;
    return true;
}

bool dbus_match_eq(const struct dbus_match *a, const struct dbus_match *b)
{
    return a->type == b->type && a->eavesdrop == b->eavesdrop && wp_slice_eq(a->sender, b->sender) &&
           wp_slice_eq(a->interface, b->interface) && wp_slice_eq(a->member, b->member) &&
           wp_slice_eq(a->path, b->path) && wp_slice_eq(a->path_namespace, b->path_namespace) &&
           wp_slice_eq(a->destination, b->destination) && are_args_eq(a->args, b->args);
}
