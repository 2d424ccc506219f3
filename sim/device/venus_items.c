/* The tree of one service: items in the order of their paths, found by halves, and what they hold. */
#include "sim/device/venus_items.h"

#include "sim/device/venus_items_impl.h"

#include <math.h>

/* ---- memory -------------------------------------------------------------------------------------------- */

enum {
    TEXT_ROOM = 64, /* for a later value of each text of the profile */
    REPLY_ROOM =
        320, /* of a message for an item besides its path and its texts: GetItems with everything in it */
    REPLY_BASE = 32768, /* for anything else */
    TEXTS_BASE = 4096,
    TEXTS_ROOM = 64,  /* of introspection for each item */
    TREE_AS_JSON = 6, /* an array of b takes 4 bytes each, and says false, */
};

static size_t rounded(size_t n)
{
    return (n + 15) / 16 * 16;
}

/* What every product has. source: protocols/victron-dbus-and-vrm a.7 */
static bool is_basic(const char *path)
{
    static const char *const basic[] = {"/DeviceInstance",  "/ProductId", "/ProductName", "/FirmwareVersion",
                                        "/HardwareVersion", "/Connected", "/Serial",      "/CustomName"};

    for (size_t i = 0; i < sizeof basic / sizeof basic[0]; i++)
        if (strcmp(path, basic[i]) == 0)
            return true;
    return strncmp(path, "/Mgmt/", 6) == 0;
}

static bool has_row(const struct venus_items_plan *plan, const struct venus_row *row)
{
    if (plan->rows == VENUS_ROWS_NONE)
        return strcmp(row->path, "/DeviceInstance") == 0;
    return plan->rows == VENUS_ROWS_ALL || is_basic(row->path);
}

static size_t n_rows(const struct venus_items_plan *plan)
{
    return plan->profile ? plan->profile->n : 0;
}

struct sizes {
    size_t items, texts, paths;
};

static struct sizes sizes_of(const struct venus_items_plan *plan)
{
    struct sizes s = {.items = plan->more_items, .texts = plan->text_bytes};

    for (size_t i = 0; i < n_rows(plan); i++) {
        const struct venus_row *row = &plan->profile->rows[i];

        if (!has_row(plan, row))
            continue;
        s.items++;
        s.paths += strlen(row->path);
        s.texts += row->type[0] == 's' ? TEXT_ROOM : 0;
    }
    assert(s.items <= VENUS_ITEMS_MAX);
    return s;
}

/* A text stands in a message twice, as it is and in Text. */
static size_t message_room(const struct sizes *s)
{
    return rounded(REPLY_BASE + s->items * REPLY_ROOM + s->paths + (TREE_AS_JSON + 1) * s->texts);
}

size_t venus_items_scratch(const struct venus_items_plan *plan)
{
    const struct sizes s = sizes_of(plan);

    return message_room(&s) + rounded(TEXTS_BASE + s.items * TEXTS_ROOM + s.paths + TREE_AS_JSON * s.texts);
}

size_t venus_items_size(const struct venus_items_plan *plan)
{
    const struct sizes s = sizes_of(plan);

    return rounded(sizeof(struct venus_items)) + rounded(s.items * sizeof(struct venus_item)) +
           3 * rounded(s.items * sizeof(uint32_t)) + rounded(s.texts) + rounded(plan->queue_bytes);
}

static void *cut(uint8_t **memory, size_t n)
{
    void *p = *memory;

    *memory += rounded(n);
    return p;
}

static void load_rows(struct venus_items *t)
{
    for (size_t i = 0; i < n_rows(t->plan); i++) {
        const struct venus_row *row = &t->plan->profile->rows[i];
        struct venus_item *item = &t->item[t->n];

        if (!has_row(t->plan, row))
            continue;
        *item = (struct venus_item){
            .path = wp_text(row->path),
            .unit = row->unit,
            .value = venus_row_value(row, row->value),
            .min = venus_row_value(row, row->min),
            .max = venus_row_value(row, row->max),
            .def = venus_row_value(row, row->def),
            .is_writable = row->is_writable,
        };
        assert(strlen(row->type) < sizeof item->type);
        memcpy(item->type, row->type, strlen(row->type));
        t->order[t->n] = t->n;
        t->n++;
    }
}

struct venus_items *venus_items_init(const struct venus_items_plan *plan, void *memory)
{
    const struct sizes s = sizes_of(plan);
    uint8_t *p = memory;
    struct venus_items *t = cut(&p, sizeof *t);

    *t = (struct venus_items){
        .plan = plan, .cap = (uint32_t)s.items, .redial = WP_NEVER, .queue_due = WP_NEVER};
    t->item = cut(&p, s.items * sizeof *t->item);
    t->order = cut(&p, s.items * sizeof *t->order);
    t->changed = cut(&p, s.items * sizeof *t->changed);
    t->spare = cut(&p, s.items * sizeof *t->spare);
    venus_slab_init(&t->slab, cut(&p, s.texts), s.texts);
    t->queue = cut(&p, plan->queue_bytes);
    t->queue_cap = plan->queue_bytes;
    t->scratch.p = plan->scratch;
    t->scratch.n = venus_items_scratch(plan);
    t->scratch.n_message = message_room(&s);
    load_rows(t);
    for (uint32_t i = t->cap; i > t->n; i--)
        t->spare[t->n_spare++] = i - 1;
    return t;
}

/* ---- finding ------------------------------------------------------------------------------------------- */

size_t venus_items_count(const struct venus_items *t)
{
    return t->n;
}

struct venus_item *venus_items_at(const struct venus_items *t, size_t i)
{
    assert(i < t->n);
    return &t->item[t->order[i]];
}

size_t venus_items_place(const struct venus_items *t, struct wp_slice path)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        const size_t middle = (low + high) / 2;

        if (wp_slice_cmp(t->item[t->order[middle]].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct venus_item *venus_items_find_slice(const struct venus_items *t, struct wp_slice path)
{
    const size_t at = venus_items_place(t, path);
    struct venus_item *item = at < t->n ? &t->item[t->order[at]] : NULL;

    return item && wp_slice_eq(item->path, path) ? item : NULL;
}

struct venus_item *venus_items_find(const struct venus_items *t, const char *path)
{
    return venus_items_find_slice(t, wp_text(path));
}

/* '/' is before every other character of a path, so what is below a node comes right behind it. */
bool venus_items_is_node(const struct venus_items *t, struct wp_slice path)
{
    size_t at;

    if (wp_slice_is(path, "/"))
        return true;
    at = venus_items_place(t, path);
    return at < t->n && venus_is_below(t->item[t->order[at]].path, path);
}

static bool is_below_item(const struct venus_items *t, struct wp_slice path)
{
    for (size_t i = 1; i < path.n; i++)
        if (path.p[i] == '/' && venus_items_find_slice(t, wp_slice(path.p, i)))
            return true;
    return false;
}

/* ---- adding and removing ------------------------------------------------------------------------------- */

static bool may_be_added(const struct venus_items *t, struct wp_slice path, struct wp_slice type)
{
    return path.n > 1 && path.n <= VENUS_PATH_MAX && dbus_is_path(path) && type.n <= VENUS_TYPE_MAX &&
           dbus_is_one_type(type) && type.p[0] != 'v' && !venus_items_find_slice(t, path) &&
           !venus_items_is_node(t, path) && !is_below_item(t, path);
}

struct venus_item *venus_items_add(struct venus_items *t, struct wp_slice path, struct wp_slice type)
{
    struct wp_slice kept;
    struct venus_item *item;
    uint32_t at;
    size_t place;

    if (!may_be_added(t, path, type) || t->n_spare == 0 || !venus_slab_put(&t->slab, path, &kept))
        return NULL;
    at = t->spare[--t->n_spare];
    place = venus_items_place(t, path);
    memmove(&t->order[place + 1], &t->order[place], (t->n - place) * sizeof t->order[0]);
    t->order[place] = at;
    t->n++;
    item = &t->item[at];
    *item = (struct venus_item){.path = kept, .unit = ""};
    memcpy(item->type, type.p, type.n);
    return item;
}

static void forget_change(struct venus_items *t, uint32_t at)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->n_changed; i++)
        if (t->changed[i] != at)
            t->changed[n++] = t->changed[i];
    t->n_changed = n;
}

static bool has_bytes(struct wp_value v)
{
    return v.kind == WP_TEXT || v.kind == WP_TREE || v.kind == WP_BYTES;
}

static void drop_value(struct venus_items *t, struct wp_value v)
{
    if (has_bytes(v))
        venus_slab_drop(&t->slab, v.bytes);
}

void venus_items_remove(struct venus_items *t, struct venus_item *item, struct wp_outbox *out)
{
    const uint32_t at = (uint32_t)(item - t->item);
    const size_t place = venus_items_place(t, item->path);

    venus_items_put(t, item, wp_null());
    venus_items_signal(t, out);
    if (item->is_changed)
        forget_change(t, at);
    drop_value(t, item->def);
    venus_slab_drop(&t->slab, wp_text_value(wp_slice(item->unit, strlen(item->unit) + 1)).bytes);
    venus_slab_drop(&t->slab, item->path);
    memmove(&t->order[place], &t->order[place + 1], (t->n - place - 1) * sizeof t->order[0]);
    t->n--;
    t->spare[t->n_spare++] = at;
    item->is_free = true;
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* As the bus would carry it: 0.0 is another one than -0.0, NaN the same as NaN. */
static bool is_same(struct wp_value a, struct wp_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == WP_REAL)
        return memcmp(&a.real, &b.real, sizeof a.real) == 0;
    return a.kind == WP_NULL || wp_value_eq(a, b);
}

void venus_items_mark(struct venus_items *t, struct venus_item *item)
{
    if (item->is_changed)
        return;
    item->is_changed = true;
    t->changed[t->n_changed++] = (uint32_t)(item - t->item);
}

static bool keep(struct venus_items *t, struct wp_value *at, struct wp_value value)
{
    if (has_bytes(value) && !venus_slab_put(&t->slab, value.bytes, &value.bytes))
        return false;
    drop_value(t, *at);
    *at = value;
    return true;
}

static bool store(struct venus_items *t, struct venus_item *item, struct wp_value value, bool is_other)
{
    if (!is_other && is_same(item->value, value))
        return true;
    if (!keep(t, &item->value, value))
        return false;
    venus_items_mark(t, item);
    return true;
}

/* Whole numbers of a physics that computes with doubles are rounded, not cut. */
static struct wp_value nearest(const struct venus_item *item, struct wp_value value)
{
    if (value.kind == WP_REAL && item->type[0] != 'd' && isfinite(value.real))
        return wp_real(round(value.real));
    return value;
}

/* Of a value that comes without one. */
static const char *type_of(struct wp_value v)
{
    switch (v.kind) {
    case WP_BOOL: return "b";
    case WP_UINT: return "t";
    case WP_REAL: return "d";
    case WP_TEXT: return "s";
    case WP_TREE: return (const char *)v.bytes.p + 1;
    default: return v.num >= INT32_MIN && v.num <= INT32_MAX ? "i" : "x";
    }
}

bool venus_items_put(struct venus_items *t, struct venus_item *item, struct wp_value value)
{
    struct wp_value coerced;

    assert(!item->is_free);
    if (!venus_item_coerce(item, nearest(item, value), &coerced))
        return venus_items_put_as(t, item, wp_text(type_of(value)), value);
    return store(t, item, coerced, false);
}

bool venus_items_put_as(struct venus_items *t, struct venus_item *item, struct wp_slice type,
                        struct wp_value value)
{
    struct venus_item as = *item;
    struct wp_value coerced;
    bool is_other;

    if (type.n > VENUS_TYPE_MAX || !dbus_is_one_type(type) || type.p[0] == 'v')
        return false;
    memset(as.type, 0, sizeof as.type);
    memcpy(as.type, type.p, type.n);
    is_other = value.kind != WP_NULL && strcmp(as.type, item->type) != 0;
    if (!venus_item_coerce(&as, value, &coerced) || !store(t, item, coerced, is_other))
        return false;
    memcpy(item->type, as.type, sizeof item->type);
    return true;
}

bool venus_items_limit(struct venus_items *t, struct venus_item *item, struct wp_value min,
                       struct wp_value max, struct wp_value def)
{
    item->min = wp_is_number(min) ? min : wp_null();
    item->max = wp_is_number(max) ? max : wp_null();
    return keep(t, &item->def, def);
}

static bool put_letters(struct venus_items *t, struct venus_item *item, uint64_t n)
{
    struct wp_writer w = venus_items_message(t);

    if (n > w.cap)
        return false;
    for (uint64_t i = 0; i < n; i++)
        wp_put_char(&w, 'x');
    return venus_items_put(t, item, wp_text_value(wp_written(&w)));
}

/* Made where the message would be, then copied. */
bool venus_items_count_up(struct venus_items *t, struct wp_slice path, uint64_t n)
{
    const struct wp_slice type = wp_text("ai");
    struct venus_item *item = venus_items_find_slice(t, path);
    struct wp_writer w = venus_items_message(t);
    struct dbus_out out;
    struct wp_value tree;

    if (item && strcmp(item->type, "s") == 0)
        return put_letters(t, item, n);
    if (n > w.cap / sizeof(int32_t))
        return false;
    dbus_begin_tree(&out, &w);
    dbus_open_variant(&out, "ai");
    dbus_open(&out);
    for (uint64_t i = 0; i < n; i++)
        dbus_put_int(&out, (int64_t)i);
    dbus_close(&out);
    dbus_close(&out);
    if (!dbus_end_tree(&out, &tree))
        return false;
    if (!item)
        item = venus_items_add(t, path, type);
    return item && venus_items_put_as(t, item, type, tree);
}

void venus_items_quiet(struct venus_items *t)
{
    for (uint32_t i = 0; i < t->n_changed; i++) {
        t->item[t->changed[i]].is_changed = false;
        t->item[t->changed[i]].tells_limits = false;
    }
    t->n_changed = 0;
}

struct venus_conduct *venus_items_conduct(struct venus_items *t)
{
    return &t->conduct;
}

const struct venus_items_plan *venus_items_plan_of(const struct venus_items *t)
{
    return t->plan;
}
