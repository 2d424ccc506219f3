/* Any bytes as D-Bus messages: whole and split give the same, every message can be read to its end in any way, said
 * again with the same body, kept as trees, and handed on; and any bytes as a match rule. */
#include "sim/codec/dbus_bus.h"
#include "sim/codec/dbus_match.h"
#include "tests/fuzz/codec_fuzz.h"

enum { AGAIN_MAX = 8 * CODEC_FUZZ_MAX };

static uint8_t again[AGAIN_MAX], kept[AGAIN_MAX];

static void check_skip(const struct dbus_message *m)
{
    struct dbus_iter it;

    dbus_iter(&it, m);
    while (dbus_next_type(&it))
        dbus_skip(&it);
    assert(it.at == m->whole.n);
    assert(!it.wrong);
}

/* Low byte first the copy has the very bytes of the body. */
static void check_copy(const struct dbus_message *m)
{
    const struct dbus_head head = {.type = 77, .serial = 1};
    char signature[DBUS_NAME_MAX + 1];
    struct wp_writer w = wp_writer(again, sizeof again);
    struct dbus_message copy;
    struct dbus_out out;
    struct dbus_iter it;

    if (m->signature.n > 0)
        memcpy(signature, m->signature.p, m->signature.n);
    signature[m->signature.n] = 0;
    dbus_iter(&it, m);
    dbus_begin(&out, &w, &head, signature);
    while (dbus_wants(&out))
        dbus_put_copy(&out, &it);
    assert(dbus_end(&out));
    assert(dbus_decode(wp_written(&w), &copy).status == WP_OK);
    assert(copy.body.n == m->body.n);
    assert(m->is_big_endian || wp_slice_eq(copy.body, m->body));
}

/* A tree in a variant of its own is one level deeper than it was: only there it may be refused. */
static void check_trees(const struct dbus_message *m)
{
    struct wp_writer memory = wp_writer(kept, sizeof kept), w = wp_writer(again, sizeof again);
    struct dbus_iter it, tree;
    struct wp_value v;
    struct dbus_out out;

    dbus_iter(&it, m);
    while (dbus_next_type(&it)) {
        if (!dbus_get_tree(&it, &memory, &v))
            continue;
        if (v.kind == WP_TREE) {
            dbus_tree_iter(&tree, v.bytes);
            dbus_skip(&tree);
            assert(tree.at == v.bytes.n);
        }
        dbus_begin_tree(&out, &w);
        dbus_put_variant(&out, v);
        assert(dbus_end_tree(&out, &v));
    }
}

static void check_from(const struct dbus_message *m)
{
    struct wp_writer w = wp_writer(again, sizeof again);
    struct dbus_message after;

    assert(dbus_put_from(&w, m, wp_text(":1.42")));
    assert(dbus_decode_seen(wp_written(&w), &after).status == WP_OK);
    assert(wp_slice_is(after.sender, ":1.42"));
    assert(wp_slice_eq(after.path, m->path) && wp_slice_eq(after.body, m->body));
}

static void check_message(const void *frame, struct wp_slice wire)
{
    const struct dbus_message *m = frame;

    assert(wp_slice_eq(m->whole, wire));
    check_skip(m);
    check_copy(m);
    check_trees(m);
    check_from(m);
}

static struct wp_slice owner(const void *ctx, struct wp_slice name)
{
    (void)ctx;
    return name;
}

/* The rule, and the message behind it as far as there is one. */
static void check_rule(struct wp_slice rule, struct wp_slice message)
{
    const struct dbus_owners owners = {owner, NULL};
    struct wp_writer memory = wp_writer(kept, rule.n);
    struct dbus_match match;
    struct dbus_message m;
    const char *why = NULL;

    if (!dbus_match_read(rule, &memory, &match, &why)) {
        assert(why);
        return;
    }
    assert(dbus_match_eq(&match, &match));
    if (dbus_decode(message, &m).status == WP_OK)
        dbus_match_takes(&match, &m, &owners);
}

/* The lengths are hard to guess: so many bytes of fields, and the rest is the body. */
static void made_whole(uint8_t *p, size_t n, size_t n_fields)
{
    size_t body = (DBUS_FIXED + n_fields + 7) / 8 * 8;

    if (n < DBUS_FIXED || body > n)
        return;
    p[3] = 1;
    for (size_t i = 0; i < 4; i++) {
        p[4 + i] = (uint8_t)((n - body) >> (p[0] == 'B' ? 24 - 8 * i : 8 * i));
        p[12 + i] = (uint8_t)(n_fields >> (p[0] == 'B' ? 24 - 8 * i : 8 * i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[CODEC_FUZZ_MAX];

    if (size < 4 || size > sizeof copy)
        return 0;
    memcpy(copy, data, size);
    if (data[0] & 0x40 && data[1] < size) {
        check_rule(wp_slice(data + 2, data[1] < size - 2 ? data[1] : size - 2),
                   wp_slice_from(wp_slice(data, size), 2 + (size_t)data[1]));
        return 0;
    }
    if (data[0] & 0x20)
        made_whole(copy + 2, size - 2, data[1]);
    copy[1] = copy[0];
    return codec_fuzz(&dbus_codec, WP_SIDE_UNKNOWN, copy + 1, size - 1, check_message);
}
