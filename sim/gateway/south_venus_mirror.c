/* The mirror: which services there are, which devices they are, and what their items were last heard to be. */
#include "sim/gateway/south_venus_impl.h"

#include "sim/codec/venus_text.h"

#include <assert.h>

/* ---- values, in the text store ------------------------------------------------------------------------ */

static bool is_stored(const struct wp_value *v)
{
    return v->kind == WP_TEXT || v->kind == WP_TREE;
}

static void give_back(struct venus_south *so, struct wp_value *v)
{
    if (is_stored(v) && v->bytes.n > 0)
        text_store_return(&so->text, v->bytes.p, v->bytes.n);
    *v = wp_null();
}

/* Where n bytes for *of may stand: where its old ones did, if they are alike. */
static uint8_t *make_room(struct venus_south *so, struct wp_value *of, size_t n)
{
    if (is_stored(of) && of->bytes.n > 0 && text_store_is_same_block(of->bytes.n, n))
        return so->text.p + (of->bytes.p - so->text.p);
    give_back(so, of);
    return text_store_borrow(&so->text, n);
}

static bool keep_text(struct venus_south *so, struct wp_value *of, struct wp_slice text)
{
    uint8_t *p;

    if (text.n == 0) {
        give_back(so, of);
        *of = wp_text_value(wp_slice(NULL, 0));
        return true;
    }
    p = make_room(so, of, text.n);
    if (!p)
        return false;
    memcpy(p, text.p, text.n);
    *of = wp_text_value(wp_slice(p, text.n));
    return true;
}

/* A tree is what stood in the message, in front of it its type and what aligns them. */
static bool keep_tree(struct venus_south *so, struct wp_value *of, struct dbus_iter *it, size_t n_wire)
{
    const size_t n = n_wire + DBUS_NAME_MAX + 2 + 2 * DBUS_ALIGN;
    struct wp_writer w;
    uint8_t *p;

    give_back(so, of);
    p = text_store_borrow(&so->text, n);
    if (!p)
        return false;
    w = wp_writer(p, n);
    if (!venus_take_value(it, &w, of) || !is_stored(of)) {
        text_store_return(&so->text, p, n);
        *of = wp_null();
        return false;
    }
    text_store_shrink(&so->text, p, n, of->bytes.n);
    return true;
}

void south_venus_take(struct venus_south *so, const struct venus_service *s, struct wp_value *of,
                      struct dbus_iter *it)
{
    struct wp_writer none = wp_writer(NULL, 0);
    struct dbus_iter before = *it;
    bool is_kept = true;
    struct wp_value v;

    if (!venus_take_value(it, &none, &v)) {
        is_kept = keep_tree(so, of, &before, it->at - before.at);
    } else if (v.kind == WP_TEXT) {
        is_kept = keep_text(so, of, v.bytes);
    } else {
        give_back(so, of);
        *of = v;
    }
    if (!is_kept)
        south_venus_count(so, VENUS_N_TEXT_FULL, venus_service_name(s));
}

/* ---- items -------------------------------------------------------------------------------------------- */

/* What an item's path may be; `memory` has room for the slash that it may lack. */
static bool is_path(struct wp_slice path, uint8_t *memory, struct wp_slice *out)
{
    const bool lacks_slash = path.n > 0 && path.p[0] != '/';

    if (path.n == 0 || path.n + lacks_slash > VENUS_PATH_MAX)
        return false;
    memory[0] = '/';
    memcpy(memory + lacks_slash, path.p, path.n);
    *out = wp_slice(memory, path.n + lacks_slash);
    return out->n > 1 && dbus_is_path(*out);
}

static struct wp_slice put_key(uint8_t *memory, const struct venus_service *s, struct wp_slice path)
{
    memcpy(memory, &s->number, VENUS_KEY_HEAD);
    memcpy(memory + VENUS_KEY_HEAD, path.p, path.n);
    return wp_slice(memory, VENUS_KEY_HEAD + path.n);
}

struct venus_item *south_venus_find(const struct venus_south *so, const struct venus_service *s,
                                    struct wp_slice path)
{
    uint8_t memory[VENUS_KEY_HEAD + VENUS_PATH_MAX];

    return path.n > VENUS_PATH_MAX ? NULL : wp_map_find(&so->by_key, put_key(memory, s, path));
}

static struct venus_item *add_item(struct venus_south *so, struct venus_service *s, struct wp_slice key)
{
    struct venus_item *item = wp_pool_borrow(&so->items);

    if (!item) {
        south_venus_count_of(so, VENUS_N_ITEMS_FULL, s, wp_slice_from(key, VENUS_KEY_HEAD));
        return NULL;
    }
    item->key = text_store_borrow(&so->text, key.n);
    if (!item->key) {
        wp_pool_return(&so->items, item);
        south_venus_count_of(so, VENUS_N_TEXT_FULL, s, wp_slice_from(key, VENUS_KEY_HEAD));
        return NULL;
    }
    memcpy(item->key, key.p, key.n);
    item->n_path = (uint16_t)(key.n - VENUS_KEY_HEAD);
    wp_map_add(&so->by_key, wp_slice(item->key, key.n), item);
    if (s->last)
        s->last->next = item;
    else
        s->first = item;
    s->last = item;
    return item;
}

struct venus_item *south_venus_item(struct venus_south *so, struct venus_service *s, struct wp_slice path)
{
    uint8_t memory[VENUS_KEY_HEAD + VENUS_PATH_MAX];
    struct venus_item *item;
    struct wp_slice key;

    if (!is_path(path, memory + VENUS_KEY_HEAD, &path)) {
        south_venus_count_of(so, VENUS_N_PATH, s, path);
        return NULL;
    }
    memcpy(memory, &s->number, VENUS_KEY_HEAD);
    key = wp_slice(memory, VENUS_KEY_HEAD + path.n);
    item = wp_map_find(&so->by_key, key);
    return item ? item : add_item(so, s, key);
}

static void free_items(struct venus_south *so, struct venus_service *s)
{
    while (s->first) {
        struct venus_item *item = s->first;
        const struct wp_slice key = wp_slice(item->key, VENUS_KEY_HEAD + item->n_path);

        s->first = item->next;
        wp_map_remove(&so->by_key, key);
        text_store_return(&so->text, key.p, key.n);
        give_back(so, &item->value);
        give_back(so, &item->min);
        give_back(so, &item->max);
        wp_pool_return(&so->items, item);
    }
    s->last = NULL;
}

/* ---- devices ------------------------------------------------------------------------------------------ */

static void link_last(struct venus_device *d, struct venus_service *s)
{
    s->device = d;
    s->next = NULL;
    s->prev = d->last;
    if (d->last)
        d->last->next = s;
    else
        d->first = s;
    d->last = s;
}

static void unlink_service(struct venus_service *s)
{
    struct venus_device *d = s->device;

    if (s->prev)
        s->prev->next = s->next;
    else
        d->first = s->next;
    if (s->next)
        s->next->prev = s->prev;
    else
        d->last = s->prev;
    s->device = NULL;
    s->next = s->prev = NULL;
}

void south_venus_speak(struct venus_service *s)
{
    struct venus_device *d = s->device;

    if (d && d->last != s) {
        unlink_service(s);
        link_last(d, s);
    }
}

/* Norths hear of every path that it is gone; of another service's with the same name, too: topics do not tell them
 * apart. Commands do not reach it any more. */
static void leave(struct venus_south *so, struct venus_service *s)
{
    struct venus_device *d = s->device;
    struct venus_batch b;

    if (!d)
        return;
    unlink_service(s);
    south_venus_batch(&b, d, WP_PUSHED);
    b.is_leaving = true;
    for (const struct venus_item *item = s->first; item; item = item->next)
        south_venus_tell(so, &b, item);
    south_venus_tell_end(so, &b);
    if (d->first)
        return;
    south_venus_presence(so, d, false);
    wp_map_remove(&so->by_device, venus_device_name(d));
    wp_pool_return(&so->devices, d);
}

static void note_same(struct venus_south *so, const struct venus_service *s, const struct venus_device *d)
{
    char memory[3 * DBUS_NAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_slice(&w, venus_service_name(d->last));
    wp_put_text(&w, " and ");
    wp_put_slice(&w, venus_service_name(s));
    wp_put_text(&w, " are both ");
    wp_put_slice(&w, venus_device_name(d));
    south_venus_count(so, VENUS_N_SAME, wp_written(&w));
}

bool south_venus_join(struct venus_south *so, struct venus_service *s, struct wp_slice name)
{
    struct venus_device *d;

    if (s->device && wp_slice_eq(venus_device_name(s->device), name)) {
        south_venus_speak(s);
        return true;
    }
    leave(so, s);
    if (name.n > sizeof d->name) {
        south_venus_count_of(so, VENUS_N_LONG_NAME, s, name);
        return false;
    }
    d = wp_map_find(&so->by_device, name);
    if (d) {
        note_same(so, s, d);
        link_last(d, s);
        return true;
    }
    d = wp_pool_borrow(&so->devices);
    assert(d); /* there are as many as services */
    d->n_name = (uint8_t)name.n;
    memcpy(d->name, name.p, name.n);
    wp_map_add(&so->by_device, venus_device_name(d), d);
    link_last(d, s);
    south_venus_presence(so, d, true);
    return true;
}

/* ---- services ----------------------------------------------------------------------------------------- */

struct venus_service *south_venus_add(struct venus_south *so, struct wp_slice name)
{
    struct venus_service *s = wp_pool_borrow(&so->services);

    if (!s) {
        south_venus_count(so, VENUS_N_SERVICES_FULL, name);
        return NULL;
    }
    assert(name.n <= sizeof s->name);
    s->number = (uint32_t)((size_t)((const uint8_t *)s - so->services.cells) / so->services.cell_size);
    s->n_name = (uint8_t)name.n;
    memcpy(s->name, name.p, name.n);
    wp_map_add(&so->by_name, venus_service_name(s), s);
    return s;
}

static struct wp_slice owner_of(const struct venus_service *s)
{
    return wp_slice(s->owner, s->n_owner);
}

static void stop_hearing(struct venus_south *so, struct venus_service *s)
{
    if (s->is_heard)
        wp_map_remove(&so->by_owner, owner_of(s));
    s->is_heard = false;
}

void south_venus_set_owner(struct venus_south *so, struct venus_service *s, struct wp_slice owner)
{
    struct venus_service *before = owner.n > 0 ? wp_map_find(&so->by_owner, owner) : NULL;

    assert(owner.n <= sizeof s->owner);
    if (before)
        stop_hearing(so, before);
    stop_hearing(so, s);
    s->n_owner = (uint8_t)owner.n;
    if (owner.n == 0)
        return;
    memcpy(s->owner, owner.p, owner.n);
    s->is_heard = wp_map_add(&so->by_owner, owner_of(s), s);
}

static void stop_waiting(struct venus_south *so, struct venus_service *s)
{
    struct venus_service **at = &so->first_waiting, *before = NULL;

    if (!s->is_waiting)
        return;
    while (*at != s) {
        before = *at;
        at = &(*at)->waiting;
    }
    *at = s->waiting;
    if (so->last_waiting == s)
        so->last_waiting = before;
    s->is_waiting = false;
    s->waiting = NULL;
}

/* A north may give the next command while it is answered, as long as the service is one of its device. */
void south_venus_remove(struct venus_south *so, struct venus_service *s)
{
    static const char fault[] = "The service has left the bus";

    wp_map_remove(&so->by_name, venus_service_name(s));
    south_venus_set_owner(so, s, wp_slice(NULL, 0));
    south_venus_drop_signals(so, s);
    stop_waiting(so, s);
    south_venus_end_calls(so, s, fault);
    leave(so, s);
    south_venus_end_calls(so, s, fault);
    free_items(so, s);
    wp_pool_return(&so->services, s);
}

void south_venus_remove_all(struct venus_south *so)
{
    while (so->by_name.n > 0)
        south_venus_remove(so, so->by_name.entry[so->by_name.n - 1].value);
}
