/* Names of the bus: their owners, who waits for them, and what everybody is told of it.
 *
 *     RequestName --free--> owner --replaced, with its leave--> queue --the owner goes--> owner
 *                 --taken--> queue, unless it will not wait */
#include "sim/world/bus_state.h"
#include "sim/world/map_room.h"

#include <assert.h>

struct bus_name *bus_find_name(const struct bus *b, struct wp_slice name)
{
    return b->names.n > 0 ? wp_map_find(&b->names, name) : NULL;
}

struct bus_client *bus_owner(const struct bus *b, struct wp_slice name)
{
    const struct bus_name *found = bus_find_name(b, name);

    return found ? found->first->client : NULL;
}

/* ---- what is said -------------------------------------------------------------------------------------- */

static struct wp_slice unique_of(const struct bus_client *c)
{
    return c ? bus_unique(c) : wp_text("");
}

/* NULL: nobody */
static void say_change(struct bus *b, const struct bus_name *name, const struct bus_client *before,
                       const struct bus_client *after)
{
    const struct dbus_owner_change change = {bus_name_text(name), unique_of(before), unique_of(after)};
    struct wp_writer w = bus_writer(b, name->n);
    bool is_whole = dbus_put_owner_change(&w, bus_serial(b), &change);

    assert(is_whole);
    bus_announce(b, wp_written(&w));
}

static bool is_here(const struct bus *b, const struct bus_client *c)
{
    return c->prev ? c->prev->next == c : b->first == c;
}

/* "NameAcquired" or "NameLost", to whom it concerns; not to one that has gone. */
static void say_own(struct bus *b, struct bus_client *c, const struct bus_name *name, const char *member)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = bus_serial(b),
                                   .path = wp_text(DBUS_BUS_PATH),
                                   .interface = wp_text(DBUS_BUS),
                                   .member = wp_text(member),
                                   .destination = bus_unique(c),
                                   .sender = wp_text(DBUS_BUS)};
    struct wp_writer w = bus_writer(b, name->n);
    struct dbus_out out;
    bool is_whole;

    if (!is_here(b, c))
        return;
    dbus_begin(&out, &w, &head, "s");
    dbus_put_text(&out, bus_name_text(name));
    is_whole = dbus_end(&out);
    assert(is_whole);
    bus_tell(b, c, wp_written(&w));
}

/* ---- places in a queue ---------------------------------------------------------------------------------- */

static struct bus_place **find_place(struct bus_name *name, const struct bus_client *c)
{
    struct bus_place **p = &name->first;

    while (*p && (*p)->client != c)
        p = &(*p)->next;
    return p;
}

static struct bus_place *new_place(struct bus *b, struct bus_name *name, struct bus_client *c)
{
    struct bus_place *place = blocks_get(b->blocks, sizeof *place);

    *place = (struct bus_place){.client = c, .name = name, .older = c->latest};
    if (c->latest)
        c->latest->newer = place;
    c->latest = place;
    return place;
}

static void free_place(struct bus *b, struct bus_place *place)
{
    *(place->newer ? &place->newer->older : &place->client->latest) = place->older;
    if (place->older)
        place->older->newer = place->newer;
    blocks_put(b->blocks, place);
}

/* Who wants to replace stands behind the owner, everybody else at the end. */
static void put_in_queue(struct bus_name *name, struct bus_place *place, bool in_front)
{
    struct bus_place **p = &name->first;

    while (*p && (!in_front || p == &name->first))
        p = &(*p)->next;
    place->next = *p;
    *p = place;
}

/* One that waits already keeps its place, unless it wants to replace now. */
static void queue_up(struct bus *b, struct bus_name *name, struct bus_client *c, uint32_t flags)
{
    struct bus_place **old = find_place(name, c), *place = *old;
    bool in_front = flags & DBUS_NAME_REPLACE_EXISTING;

    if (!place)
        place = new_place(b, name, c);
    else if (in_front)
        *old = place->next;
    if (!*old || in_front)
        put_in_queue(name, place, in_front);
    place->flags = flags;
}

static void drop_name(struct bus *b, struct bus_name *name)
{
    wp_map_remove(&b->names, bus_name_text(name));
    blocks_put(b->blocks, name);
}

/* The place is given up; the next one in the queue has the name. */
static void leave_queue(struct bus *b, struct bus_place **at)
{
    struct bus_place *place = *at;
    struct bus_name *name = place->name;
    bool had_it = at == &name->first;
    struct bus_place *next = place->next;

    if (had_it) {
        say_own(b, place->client, name, "NameLost");
        *at = next;
        say_change(b, name, place->client, next ? next->client : NULL);
        if (next)
            say_own(b, next->client, name, "NameAcquired");
    } else {
        *at = next;
    }
    free_place(b, place);
    if (!name->first)
        drop_name(b, name);
}

/* The owner waits behind the one who takes its name. */
static void swap(struct bus *b, struct bus_name *name)
{
    struct bus_place *old = name->first, *new = old->next;

    say_own(b, old->client, name, "NameLost");
    old->next = new->next;
    new->next = old;
    name->first = new;
    say_change(b, name, old->client, new->client);
    say_own(b, new->client, name, "NameAcquired");
}

/* ---- requests ------------------------------------------------------------------------------------------- */

static uint32_t take_free(struct bus *b, struct bus_client *c, struct wp_slice text, uint32_t flags)
{
    struct bus_name *name = blocks_get(b->blocks, sizeof *name + text.n);

    *name = (struct bus_name){.n = text.n};
    memcpy(name->text, text.p, text.n);
    map_make_room(&b->names);
    wp_map_add(&b->names, bus_name_text(name), name);
    queue_up(b, name, c, flags);
    say_change(b, name, NULL, c);
    say_own(b, c, name, "NameAcquired");
    return DBUS_NAME_PRIMARY_OWNER;
}

uint32_t bus_acquire(struct bus *b, struct bus_client *c, struct wp_slice text, uint32_t flags)
{
    struct bus_name *name = bus_find_name(b, text);
    struct bus_place **waiting;
    bool replaces, waits = !(flags & DBUS_NAME_DO_NOT_QUEUE);

    if (!name)
        return take_free(b, c, text, flags);
    if (name->first->client == c) {
        name->first->flags = flags;
        return DBUS_NAME_ALREADY_OWNER;
    }
    replaces = flags & DBUS_NAME_REPLACE_EXISTING && name->first->flags & DBUS_NAME_ALLOW_REPLACEMENT;
    if (!replaces && !waits) {
        waiting = find_place(name, c);
        if (*waiting)
            leave_queue(b, waiting);
        return DBUS_NAME_EXISTS;
    }
    queue_up(b, name, c, flags);
    if (!replaces)
        return DBUS_NAME_IN_QUEUE;
    if (name->first->flags & DBUS_NAME_DO_NOT_QUEUE)
        leave_queue(b, &name->first);
    else
        swap(b, name);
    return DBUS_NAME_PRIMARY_OWNER;
}

uint32_t bus_release(struct bus *b, struct bus_client *c, struct wp_slice text)
{
    struct bus_name *name = bus_find_name(b, text);
    struct bus_place **place = name ? find_place(name, c) : NULL;

    if (!name)
        return DBUS_NAME_NON_EXISTENT;
    if (!*place)
        return DBUS_NAME_NOT_OWNER;
    leave_queue(b, place);
    return DBUS_NAME_RELEASED;
}

void bus_release_all(struct bus *b, struct bus_client *c)
{
    while (c->latest)
        leave_queue(b, find_place(c->latest->name, c));
}

void bus_free_names(struct bus *b)
{
    while (b->names.n > 0) {
        struct bus_name *name = b->names.entry[0].value;

        for (struct bus_place *next, *place = name->first; place; place = next) {
            next = place->next;
            blocks_put(b->blocks, place);
        }
        drop_name(b, name);
    }
}
