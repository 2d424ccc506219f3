/* com.victronenergy.Settings: settings that others add, with a type, limits and a default.
 *
 * - A path that is given is below the object that is called: "Test" of /Settings/Gui is /Settings/Gui/Test; AddSetting of "/"
 *   adds below /Settings.
 * - min = max = 0: no limits. Texts have none.
 * - An existing setting keeps its value; its default and limits are the new ones.
 * - .../Devices/<id>/ClassAndVrmInstance is <class>:<instance>, and no two devices have the same: the next one that is free.
 * source: protocols/victron-dbus-and-vrm a.3 (localsettings) */
#include "sim/device/venus_items_impl.h"

#define SETTINGS "com.victronenergy.Settings"
#define ROOT     "/Settings"

enum setting_error {
    SETTING_DONE = 0,
    SETTING_UNDERSCORE = -2,
    SETTING_TYPE = -3,
    SETTING_PATH = -4,
    SETTING_OTHER_TYPE = -5,
    SETTING_DEFAULT = -6,
    SETTING_RANGE = -7,
    SETTING_GROUP = -8,
    SETTING_OUTSIDE = -9,
    SETTING_NO_ROOM = -4, /* localsettings knows no such thing */
};

/* ---- instances --------------------------------------------------------------------------------------------- */

enum { INSTANCE_TEXT_MAX = 64, INSTANCES_MAX = 100000 };

static bool is_instance_path(struct wp_slice path)
{
    static const char first[] = ROOT "/Devices/", last[] = "/ClassAndVrmInstance";

    return path.n > sizeof first + sizeof last - 2 && memcmp(path.p, first, sizeof first - 1) == 0 &&
           memcmp(path.p + path.n - (sizeof last - 1), last, sizeof last - 1) == 0;
}

/* "grid:30"; false: it is none. */
static bool read_instance(struct wp_slice text, struct wp_slice *ret_class, int64_t *ret_instance)
{
    const uint8_t *colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
    struct wp_value v;

    if (!colon || !wp_number_read(wp_slice_from(text, (size_t)(colon - text.p) + 1), &v) ||
        v.kind != WP_DECIMAL || v.exp10 != 0)
        return false;
    *ret_class = wp_slice(text.p, (size_t)(colon - text.p));
    *ret_instance = v.num;
    return true;
}

static bool is_taken(const struct venus_items *t, struct wp_slice path, struct wp_slice class,
                     int64_t instance)
{
    struct wp_slice other;
    int64_t n;

    for (size_t i = venus_items_place(t, wp_text(ROOT "/Devices")); i < t->n; i++) {
        const struct venus_item *item = venus_items_at(t, i);

        if (!venus_is_below(item->path, wp_text(ROOT "/Devices")))
            return false;
        if (is_instance_path(item->path) && !wp_slice_eq(item->path, path) && item->value.kind == WP_TEXT &&
            read_instance(item->value.bytes, &other, &n) && wp_slice_eq(other, class) && n == instance)
            return true;
    }
    return false;
}

/* The text itself, or one with the next instance that nobody has. */
static struct wp_value free_instance(const struct venus_items *t, struct wp_slice path, struct wp_value v,
                                     struct wp_writer *text)
{
    const size_t from = text->n;
    struct wp_slice class;
    int64_t instance;

    if (v.kind != WP_TEXT || !is_instance_path(path) || !read_instance(v.bytes, &class, &instance) ||
        instance > INSTANCES_MAX || class.n > INSTANCE_TEXT_MAX)
        return v;
    while (is_taken(t, path, class, instance))
        instance++;
    wp_put_slice(text, class);
    wp_put_char(text, ':');
    wp_put_int(text, instance);
    return text->full ? v : wp_text_value(wp_slice(text->p + from, text->n - from));
}

/* ---- values ------------------------------------------------------------------------------------------------- */

/* A number goes into a text, as str() of localsettings makes it. */
static bool coerce(const struct venus_item *item, struct wp_value in, struct wp_writer *text,
                   struct wp_value *out)
{
    const size_t from = text->n;

    if (in.kind == WP_NULL)
        return false;
    if (item->type[0] != 's' || !wp_is_number(in))
        return venus_item_coerce(item, in, out);
    wp_put_value(text, in);
    *out = wp_text_value(wp_slice(text->p + from, text->n - from));
    return !text->full;
}

static bool is_platform(const struct venus_items *t, struct wp_slice sender)
{
    return t->n_platform > 0 && wp_slice_eq(sender, wp_slice(t->platform, t->n_platform));
}

int32_t venus_setting_value(const struct venus_call *call, struct venus_item *item, struct wp_value in,
                            struct wp_writer *text, struct wp_value *out)
{
    struct wp_value v;

    if (!item->is_writable || !coerce(item, in, text, &v) || !venus_item_allows(item, v))
        return VENUS_SET_NO_SETTING;
    if (wp_slice_is(item->path, ROOT "/System/SecurityProfile") && !is_platform(call->t, call->m->sender))
        return VENUS_SET_NO_SETTING;
    *out = free_instance(call->t, item->path, v, text);
    return VENUS_SET_DONE;
}

/* ---- paths ---------------------------------------------------------------------------------------------------- */

static void put_below(struct wp_writer *w, struct wp_slice name)
{
    if (name.n > 0 && name.p[0] != '/' && (w->n == 0 || w->p[w->n - 1] != '/'))
        wp_put_char(w, '/');
    wp_put_slice(w, name);
}

static bool has_underscore(struct wp_slice path)
{
    for (size_t i = 0; i + 1 < path.n; i++)
        if (path.p[i] == '/' && path.p[i + 1] == '_')
            return true;
    return false;
}

static enum setting_error check_path(const struct venus_items *t, struct wp_slice path)
{
    if (has_underscore(path))
        return SETTING_UNDERSCORE;
    if (path.n > VENUS_PATH_MAX || !dbus_is_path(path))
        return SETTING_PATH;
    if (!venus_is_below(path, wp_text(ROOT)))
        return SETTING_OUTSIDE;
    return venus_items_is_node(t, path) ? SETTING_GROUP : SETTING_DONE;
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

struct wanted {
    struct wp_slice path;
    char type[2]; /* of D-Bus; "": unknown */
    struct wp_value def, min, max;
    bool is_silent;
};

static struct wp_value limit(const struct venus_item *as, struct wp_value v)
{
    struct wp_value out;

    return as->type[0] != 's' && venus_item_coerce(as, v, &out) ? out : wp_null();
}

static bool is_zero(struct wp_value v)
{
    return v.kind == WP_NULL || (wp_is_number(v) && wp_number_cmp(v, wp_int(0)) == 0);
}

/* What the setting would be. */
static enum setting_error shape(const struct venus_items *t, const struct wanted *wanted,
                                struct wp_writer *text, struct venus_item *as)
{
    const enum setting_error error = check_path(t, wanted->path);
    const struct venus_item *old = venus_items_find_slice(t, wanted->path);

    if (error != SETTING_DONE)
        return error;
    if (wanted->type[0] == 0)
        return SETTING_TYPE;
    *as = (struct venus_item){.path = wanted->path, .is_silent = wanted->is_silent};
    as->type[0] = wanted->type[0];
    if (old && strcmp(old->type, as->type) != 0)
        return SETTING_OTHER_TYPE;
    if (!coerce(as, wanted->def, text, &as->def))
        return SETTING_DEFAULT;
    if (!is_zero(wanted->min) || !is_zero(wanted->max)) {
        as->min = limit(as, wanted->min);
        as->max = limit(as, wanted->max);
    }
    return venus_item_allows(as, as->def) ? SETTING_DONE : SETTING_RANGE;
}

static bool is_as_before(const struct venus_item *a, const struct venus_item *b)
{
    return wp_value_eq(a->min, b->min) && wp_value_eq(a->max, b->max) && wp_value_eq(a->def, b->def);
}

static enum setting_error add(struct venus_items *t, const struct wanted *wanted, struct wp_writer *text,
                              struct venus_item **ret)
{
    struct venus_item as, *item;
    enum setting_error error = shape(t, wanted, text, &as);

    if (error != SETTING_DONE)
        return error;
    item = venus_items_find_slice(t, wanted->path);
    *ret = item;
    if (item && is_as_before(item, &as))
        return SETTING_DONE;
    if (!item) {
        item = venus_items_add(t, wanted->path, wp_text(as.type));
        if (!item)
            return SETTING_NO_ROOM;
        item->is_writable = true;
        if (!venus_items_put(t, item, free_instance(t, item->path, as.def, text)))
            return SETTING_NO_ROOM; /* the setting is there, and invalid */
    }
    item->is_silent = as.is_silent;
    *ret = item;
    item->tells_limits = true;
    venus_items_mark(t, item);
    return venus_items_limit(t, item, as.min, as.max, as.def) ? SETTING_DONE : SETTING_NO_ROOM;
}

/* ---- AddSetting ----------------------------------------------------------------------------------------------------- */

static void put_type(struct wanted *wanted, struct wp_slice code)
{
    static const char *const codes[][2] = {{"i", "i"}, {"f", "d"}, {"s", "s"}};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (wp_slice_is(code, codes[i][0]))
            wanted->type[0] = codes[i][1][0];
}

static struct wp_value take_value(struct dbus_iter *it)
{
    struct wp_value v;

    if (dbus_get_value(it, &v))
        return v;
    dbus_skip(it);
    return wp_null();
}

static void begin_path(const struct venus_call *call, struct wp_writer *text, bool is_added_alone)
{
    text->n = 0;
    if (!wp_slice_is(call->m->path, "/"))
        wp_put_slice(text, call->m->path);
    else if (is_added_alone)
        wp_put_text(text, ROOT);
}

/* Kept in the text room, whose rest is free again. */
static struct wp_slice end_path(struct wp_writer *text, struct wp_writer *ret_rest)
{
    const struct wp_slice path = wp_written(text);

    *ret_rest = wp_writer(text->p + text->n, text->cap - text->n);
    return text->full ? wp_text("") : path;
}

static void serve_add(const struct venus_call *call, bool is_silent)
{
    struct wp_writer text = venus_items_text_room(call->t), rest;
    struct wanted wanted = {.is_silent = is_silent};
    struct venus_item *item;
    struct dbus_iter it;
    struct wp_slice group, name;

    if (!venus_has_arguments(call, "ssvsvv"))
        return;
    dbus_iter(&it, call->m);
    group = dbus_get_text(&it);
    name = dbus_get_text(&it);
    begin_path(call, &text, true);
    put_below(&text, group);
    put_below(&text, name);
    wanted.path = end_path(&text, &rest);
    wanted.def = take_value(&it);
    put_type(&wanted, dbus_get_text(&it));
    wanted.min = take_value(&it);
    wanted.max = take_value(&it);
    venus_reply_i32(call, add(call->t, &wanted, &rest, &item));
    venus_items_signal(call->t, call->out);
}

/* ---- AddSettings ---------------------------------------------------------------------------------------------------- */

static void type_by_default(struct wanted *wanted)
{
    switch (wanted->def.kind) {
    case WP_BOOL:
    case WP_UINT:
    case WP_DECIMAL: wanted->type[0] = 'i'; break;
    case WP_REAL: wanted->type[0] = 'd'; break;
    case WP_TEXT: wanted->type[0] = 's'; break;
    default: break;
    }
}

/* The entry's keys, in whatever order. */
static void take_wanted(struct dbus_iter *it, struct wanted *out, struct wp_slice *ret_name)
{
    *out = (struct wanted){0};
    *ret_name = (struct wp_slice){0};
    dbus_enter(it);
    while (dbus_next_type(it)) {
        struct wp_slice key;
        struct wp_value v;

        dbus_enter(it);
        key = dbus_get_text(it);
        v = take_value(it);
        dbus_leave(it);
        if (wp_slice_is(key, "path") && v.kind == WP_TEXT)
            *ret_name = v.bytes;
        else if (wp_slice_is(key, "default"))
            out->def = v;
        else if (wp_slice_is(key, "min"))
            out->min = v;
        else if (wp_slice_is(key, "max"))
            out->max = v;
        else if (wp_slice_is(key, "silent"))
            out->is_silent = !is_zero(v) && (v.kind != WP_BOOL || v.yes);
    }
    dbus_leave(it);
    type_by_default(out);
}

static void put_member(struct dbus_out *out, const char *key, struct wp_value v)
{
    dbus_open(out);
    dbus_put_text(out, wp_text(key));
    dbus_put_variant(out, v);
    dbus_close(out);
}

static void put_outcome(struct dbus_out *reply, struct wp_slice name, enum setting_error error,
                        const struct venus_item *item)
{
    dbus_open(reply);
    put_member(reply, "path", wp_text_value(name));
    put_member(reply, "error", wp_int(error));
    if (error == SETTING_DONE)
        put_member(reply, "value", item->value);
    dbus_close(reply);
}

static void serve_add_all(const struct venus_call *call)
{
    struct wp_writer w;
    struct dbus_out reply;
    struct dbus_iter it;

    if (!venus_has_arguments(call, "aa{sv}"))
        return;
    venus_begin_reply(call, &w, &reply, "aa{sv}");
    dbus_open(&reply);
    dbus_iter(&it, call->m);
    dbus_enter(&it);
    while (dbus_next_type(&it)) {
        struct wp_writer text = venus_items_text_room(call->t), rest;
        struct venus_item *item = NULL;
        struct wanted wanted;
        struct wp_slice name;
        enum setting_error error;

        take_wanted(&it, &wanted, &name);
        begin_path(call, &text, false);
        put_below(&text, name);
        wanted.path = end_path(&text, &rest);
        error = add(call->t, &wanted, &rest, &item);
        put_outcome(&reply, name, error, item);
    }
    dbus_close(&reply);
    venus_end_reply(call, &w, &reply);
    venus_items_signal(call->t, call->out);
}

/* ---- RemoveSettings, GetSilent, GetAttributes ------------------------------------------------------------------------- */

static void put_path_of(const struct venus_call *call, struct dbus_iter *it, struct wp_writer *text)
{
    begin_path(call, text, false);
    put_below(text, dbus_get_text(it));
}

/* The reply first: removing says something by itself, in the same memory. */
static void serve_remove(const struct venus_call *call)
{
    struct wp_writer text = venus_items_text_room(call->t), w;
    struct dbus_out reply;
    struct dbus_iter it, again;

    if (!venus_has_arguments(call, "as"))
        return;
    venus_begin_reply(call, &w, &reply, "ai");
    dbus_open(&reply);
    dbus_iter(&it, call->m);
    dbus_enter(&it);
    again = it;
    while (dbus_next_type(&it)) {
        put_path_of(call, &it, &text);
        dbus_put_int(&reply, venus_items_find_slice(call->t, wp_written(&text)) ? 0 : -1);
    }
    dbus_close(&reply);
    venus_end_reply(call, &w, &reply);
    while (dbus_next_type(&again)) {
        struct venus_item *item;

        put_path_of(call, &again, &text);
        item = venus_items_find_slice(call->t, wp_written(&text));
        if (item)
            venus_items_remove(call->t, item, call->out);
    }
}

static void serve_silent(const struct venus_call *call, const struct venus_item *item)
{
    struct wp_writer w;
    struct dbus_out reply;

    venus_begin_reply(call, &w, &reply, "b");
    dbus_put_bool(&reply, item->is_silent);
    venus_end_reply(call, &w, &reply);
}

static void put_attribute(struct dbus_out *reply, const struct venus_item *item, struct wp_value v, int none)
{
    if (v.kind == WP_NULL)
        dbus_put_variant(reply, wp_int(none));
    else
        venus_put_item_value(reply, item, v);
}

static void serve_attributes(const struct venus_call *call, const struct venus_item *item)
{
    struct wp_writer w;
    struct dbus_out reply;

    venus_begin_reply(call, &w, &reply, "vvvi");
    put_attribute(&reply, item, item->def, -1);
    put_attribute(&reply, item, item->min, 0);
    put_attribute(&reply, item, item->max, 0);
    dbus_put_int(&reply, item->is_silent);
    venus_end_reply(call, &w, &reply);
}

/* ---- calls -------------------------------------------------------------------------------------------------------------- */

static bool calls(const struct venus_call *call, const char *member)
{
    return dbus_is(call->m, DBUS_CALL, SETTINGS, member);
}

static bool serve_group(const struct venus_call *call)
{
    if (calls(call, "AddSetting"))
        serve_add(call, false);
    else if (calls(call, "AddSilentSetting"))
        serve_add(call, true);
    else if (calls(call, "AddSettings"))
        serve_add_all(call);
    else if (calls(call, "RemoveSettings"))
        serve_remove(call);
    else
        return false;
    return true;
}

bool venus_serve_settings(const struct venus_call *call)
{
    const struct venus_item *item = venus_items_find_slice(call->t, call->m->path);

    if (!item)
        return serve_group(call);
    if (calls(call, "GetSilent"))
        serve_silent(call, item);
    else if (calls(call, "GetAttributes"))
        serve_attributes(call, item);
    else
        return false;
    return true;
}
