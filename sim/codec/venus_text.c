/* Payloads of the Victron N/R/W API as they are published. */
#include "sim/codec/venus_text.h"

#include "sim/core/json_out.h"

static const char unknown_type[] = "unknown_type";

/* Has JSON no form for a value of this type? Of a dictionary the type of its keys is looked at. */
static bool is_unknown(struct wp_slice signature)
{
    switch (signature.p[0]) {
    case '(':
    case 'o':
    case 'g':
    case 'h': return true;
    case 'a': return signature.p[1] == '{' && signature.p[2] != 's';
    default: return false;
    }
}

/* Past the variants that stand around the next value, which are left again by leave_variants. */
static unsigned enter_variants(struct dbus_iter *it)
{
    unsigned n = 0;

    for (; dbus_next_type(it) == 'v'; n++)
        dbus_enter(it);
    return n;
}

static void leave_variants(struct dbus_iter *it, unsigned n)
{
    while (n-- > 0)
        dbus_leave(it);
}

bool venus_take_value(struct dbus_iter *it, struct wp_writer *memory, struct wp_value *out)
{
    const unsigned variants = enter_variants(it);
    bool is_taken = true;

    if (dbus_next_type(it) == 0) {
        is_taken = false;
    } else if (is_unknown(dbus_next_signature(it)) && !dbus_is_empty_array(it)) {
        dbus_skip(it);
        *out = wp_text_value(wp_text(unknown_type));
    } else {
        is_taken = dbus_get_tree(it, memory, out);
    }
    leave_variants(it, variants);
    return is_taken;
}

static void put_next(struct json_out *j, struct dbus_iter *it);

static void put_array(struct json_out *j, struct dbus_iter *it)
{
    json_open_array(j);
    dbus_enter(it);
    while (dbus_next_type(it) != 0)
        put_next(j, it);
    dbus_leave(it);
    json_close_array(j);
}

/* ---- dictionaries: a few keys at a time, in order ----------------------------------------------------- */

enum { BATCH = 32 };

struct entry {
    struct wp_slice key;
    uint32_t at; /* of the entry among the dictionary's bytes */
};

/* Into its place among the n smallest; the last of equal keys counts. */
static unsigned keep_smallest(struct entry *kept, unsigned n, struct entry entry)
{
    unsigned i = n;

    while (i > 0 && wp_slice_cmp(entry.key, kept[i - 1].key) < 0)
        i--;
    if (i > 0 && wp_slice_eq(kept[i - 1].key, entry.key)) {
        kept[i - 1] = entry;
        return n;
    }
    if (i == BATCH)
        return n;
    if (n == BATCH)
        n--;
    memmove(kept + i + 1, kept + i, (n - i) * sizeof *kept);
    kept[i] = entry;
    return n + 1;
}

/* The entries with the smallest keys behind `last`, which is NULL at first. The cursor stands at the dictionary's first
 * entry and ends behind its last one. */
static unsigned collect(struct dbus_iter *it, const struct wp_slice *last, struct entry kept[BATCH])
{
    unsigned n = 0;

    while (dbus_next_type(it) != 0) {
        struct entry entry = {.at = it->at};

        dbus_enter(it);
        entry.key = dbus_get_text(it);
        dbus_leave(it);
        if (!last || wp_slice_cmp(entry.key, *last) > 0)
            n = keep_smallest(kept, n, entry);
    }
    return n;
}

/* Between entries a cursor in a dictionary is nothing but its place, so it may go back there. */
static void put_dictionary(struct json_out *j, struct dbus_iter *it)
{
    struct entry kept[BATCH];
    struct wp_slice last;
    unsigned n = 0;
    uint32_t first, end;

    json_open_object(j);
    dbus_enter(it);
    first = it->at;
    do {
        it->at = first;
        n = collect(it, n > 0 ? &last : NULL, kept);
        end = it->at;
        for (unsigned i = 0; i < n; i++) {
            it->at = kept[i].at;
            dbus_enter(it);
            json_key_slice(j, dbus_get_text(it));
            put_next(j, it);
            dbus_leave(it);
            last = kept[i].key;
        }
        it->at = end;
    } while (n == BATCH);
    dbus_leave(it);
    json_close_object(j);
}

/* ---- values ------------------------------------------------------------------------------------------- */

static void put_basic(struct json_out *j, struct dbus_iter *it)
{
    struct wp_value v;

    if (dbus_get_value(it, &v))
        json_put_value(j, v);
    else
        json_put_null(j);
}

/* Recursion ends at VENUS_DEPTH_MAX. */
static void put_next(struct json_out *j, struct dbus_iter *it)
{
    const unsigned variants = enter_variants(it);
    const struct wp_slice signature = dbus_next_signature(it);

    if (signature.n == 0) {
        json_put_null(j);
    } else if (dbus_is_empty_array(it)) {
        dbus_skip(it);
        json_put_null(j);
    } else if (is_unknown(signature) || (signature.p[0] == 'a' && j->depth > VENUS_DEPTH_MAX)) {
        dbus_skip(it);
        json_put_text(j, wp_text(unknown_type));
    } else if (signature.p[0] != 'a') {
        put_basic(j, it);
    } else if (signature.p[1] == '{') {
        put_dictionary(j, it);
    } else {
        put_array(j, it);
    }
    leave_variants(it, variants);
}

static void put_value(struct json_out *j, struct wp_value value)
{
    struct dbus_iter it;

    if (value.kind != WP_TREE) {
        json_put_value(j, value);
        return;
    }
    dbus_tree_iter(&it, value.bytes);
    put_next(j, &it);
}

void venus_put_json(struct wp_writer *w, struct wp_value value)
{
    struct json_out j = json_out(w);

    put_value(&j, value);
}

static void put_member(struct json_out *j, const char *key, struct wp_value value)
{
    json_key(j, key);
    put_value(j, value);
}

void venus_put_payload(struct wp_writer *w, struct wp_value value, const struct wp_value *min,
                       const struct wp_value *max)
{
    struct json_out j = json_out(w);

    json_open_object(&j);
    if (max)
        put_member(&j, "max", *max);
    if (min)
        put_member(&j, "min", *min);
    put_member(&j, "value", value);
    json_close_object(&j);
}

void venus_put_completed(struct wp_writer *w, const struct wp_slice *echo, int64_t unix_s)
{
    struct json_out j = json_out(w);

    json_open_object(&j);
    if (echo)
        json_text_member(&j, "full-publish-completed-echo", *echo);
    json_int_member(&j, "value", unix_s);
    json_close_object(&j);
}

void venus_put_seconds(struct wp_writer *w, int64_t unix_s)
{
    venus_put_completed(w, NULL, unix_s);
}

/* ---- what is kept back -------------------------------------------------------------------------------- */

static bool ends_with(struct wp_slice path, const char *end)
{
    const size_t n = strlen(end);

    return path.n >= n && memcmp(path.p + path.n - n, end, n) == 0;
}

struct wp_value venus_shown(struct wp_slice type, struct wp_slice path, struct wp_value value)
{
    static const char *const passwords[] = {"/Settings/Services/AccessPointPassword",
                                            "/Settings/Ble/Service/Pincode"};

    if (value.kind != WP_TEXT || !wp_slice_is(type, "settings"))
        return value;
    for (size_t i = 0; i < sizeof passwords / sizeof passwords[0]; i++)
        if (wp_slice_is(path, passwords[i]))
            return wp_text_value(wp_text("******"));
    return value;
}

bool venus_is_blocked(struct wp_slice type, struct wp_slice path)
{
    return (wp_slice_is(type, "vebus") && ends_with(path, "/Interfaces/Mk2/Tunnel")) ||
           (wp_slice_is(type, "paygo") && ends_with(path, "/LVD/Threshold"));
}
