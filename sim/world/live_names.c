/* How clients are called that are not ours: names that records can keep pointing to. */
#include "sim/world/live.h"

#include <assert.h>
#include <stdlib.h>

static const char *own_name(const struct live *w, struct wp_slice id)
{
    const struct wp_world_guest *guest = w->setup.guest;

    if (guest && (!guest->client_id || (*guest->client_id && wp_slice_is(id, guest->client_id))))
        return guest->name;
    for (size_t i = 0; i < w->n_seats; i++)
        if (wp_slice_is(id, w->seat[i]->setup.name))
            return w->seat[i]->setup.name;
    return NULL;
}

static struct live_client_name *find(const struct live *w, struct wp_slice id)
{
    struct live_client_name *n = w->names;

    while (n && !wp_slice_is(id, n->id))
        n = n->next;
    return n;
}

/* "foreign:ID", and behind it the id. */
static struct live_client_name *add(struct live *w, struct wp_slice id)
{
    static const char prefix[] = "foreign:";
    struct live_client_name *n = calloc(1, sizeof *n + sizeof prefix + id.n);

    assert(n);
    memcpy(n->made_up, prefix, sizeof prefix - 1);
    if (id.n > 0)
        memcpy(n->made_up + sizeof prefix - 1, id.p, id.n);
    n->id = n->made_up + sizeof prefix - 1;
    n->name = n->made_up;
    n->next = w->names;
    w->names = n;
    return n;
}

const char *live_name_client(struct live *w, struct wp_slice id, const char *given)
{
    struct live_client_name *n = find(w, id);

    if (!n)
        n = add(w, id);
    if (!given && n->name == n->made_up)
        given = own_name(w, id);
    if (given)
        n->name = given;
    return n->name;
}

void live_names_free(struct live *w)
{
    struct live_client_name *next;

    for (; w->names; w->names = next) {
        next = w->names->next;
        free(w->names);
    }
}
