/* The services that are there, each at a place of its own as long as it stays: so they can be walked while the south
 * tells of others that come and go. */
#include "sim/gateway/north_venus_impl.h"

#include <assert.h>

const struct north_venus_service *north_venus_find(const struct north_venus *no, struct wp_slice name)
{
    return wp_map_find(&no->by_name, name);
}

/* Has a topic this beginning? "pvinverter/20" */
static bool read_name(const struct north_venus *no, struct wp_slice name, struct wp_slice *ret_type)
{
    char text[ROSTER_NAME_MAX + NORTH_VENUS_PORTAL_MAX + 8];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct venus_topic topic;

    wp_put_slice(&w, wp_slice(no->topic, no->n_prefix));
    wp_put_slice(&w, name);
    wp_put_char(&w, '/');
    if (w.full || !venus_topic_read(wp_written(&w), &topic) || topic.about != VENUS_ITEM)
        return false;
    *ret_type = wp_slice(name.p, topic.type.n);
    return topic.path.n == 1;
}

/* NULL: all places are taken. */
static struct north_venus_service *take_place(struct north_venus *no)
{
    struct north_venus_service *s;

    if (no->first_free == 0)
        return no->n_places < no->max_services ? &no->service[no->n_places++] : NULL;
    s = &no->service[no->first_free - 1];
    no->first_free = s->next_free;
    return s;
}

static void come(struct north_venus *no, struct wp_slice name)
{
    struct wp_slice type;
    struct north_venus_service *s = NULL;
    bool is_added;

    if (name.n <= ROSTER_NAME_MAX && read_name(no, name, &type))
        s = take_place(no);
    if (!s) {
        wp_note(no->out, "service-refused", name, (int64_t)++no->n_refused);
        return;
    }
    *s = (struct north_venus_service){.n_name = (uint8_t)name.n, .n_type = (uint8_t)type.n};
    memcpy(s->name, name.p, name.n);
    is_added = wp_map_add(&no->by_name, north_venus_name(s), s);
    assert(is_added);
}

static void leave(struct north_venus *no, struct wp_slice name)
{
    struct north_venus_service *s = wp_map_remove(&no->by_name, name);

    if (!s)
        return;
    north_venus_forget(no, s);
    *s = (struct north_venus_service){.next_free = no->first_free};
    no->first_free = (uint32_t)(s - no->service) + 1;
}

void north_venus_take_presence(struct north_venus *no, const struct wp_presence *presence)
{
    if (strcmp(presence->protocol, "venus") != 0)
        return;
    if (!presence->online)
        leave(no, presence->device);
    else if (!north_venus_find(no, presence->device))
        come(no, presence->device);
}
