#include "sim/gateway/roster.h"

void roster_lay_out(struct roster *r, struct wp_carve *memory, size_t cap)
{
    void *index = wp_carve(memory, wp_map_size(cap));
    void *cells = wp_carve(memory, wp_pool_size(sizeof(struct roster_device), cap));

    if (!memory->p)
        return;
    *r = (struct roster){.first = NULL};
    wp_map_init(&r->by_name, index, cap);
    wp_pool_init(&r->cells, cells, sizeof(struct roster_device), cap);
}

struct roster_device *roster_find(const struct roster *r, struct wp_slice name)
{
    return wp_map_find(&r->by_name, name);
}

static void append(struct roster *r, struct roster_device *d)
{
    d->prev = r->last;
    if (r->last)
        r->last->next = d;
    else
        r->first = d;
    r->last = d;
}

struct roster_device *roster_add(struct roster *r, struct wp_slice name, const char *protocol, uint16_t south)
{
    struct roster_device *d = roster_find(r, name);

    if (!d) {
        d = name.n <= ROSTER_NAME_MAX ? wp_pool_borrow(&r->cells) : NULL;
        if (!d)
            return NULL;
        memcpy(d->name, name.p, name.n);
        d->n_name = (uint8_t)name.n;
        wp_map_add(&r->by_name, roster_name(d), d);
        append(r, d);
    }
    d->protocol = protocol;
    d->south = south;
    return d;
}

void roster_remove(struct roster *r, struct roster_device *d)
{
    wp_map_remove(&r->by_name, roster_name(d));
    if (d->prev)
        d->prev->next = d->next;
    else
        r->first = d->next;
    if (d->next)
        d->next->prev = d->prev;
    else
        r->last = d->prev;
    wp_pool_return(&r->cells, d);
}
