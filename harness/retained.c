#include "harness/retained.h"
#include "sim/core/map.h"

#include <stdlib.h>

struct topic {
    uint64_t last; /* hash of the last live payload */
    uint8_t qos;
    bool kept; /* the broker has just that one */
    size_t n;
    char name[];
};

struct retained {
    struct arena arena;
    void *memory;
    struct wp_map map;
};

struct retained *retained_new(void)
{
    struct retained *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    r->memory = malloc(wp_map_size(RETAINED_TOPICS_MAX));
    if (!r->memory)
        abort();
    wp_map_init(&r->map, r->memory, RETAINED_TOPICS_MAX);
    return r;
}

void retained_free(struct retained *r)
{
    if (!r)
        return;
    arena_free(&r->arena);
    free(r->memory);
    free(r);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(struct wp_slice bytes)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < bytes.n; i++)
        h = (h ^ bytes.p[i]) * 0x100000001b3u;
    return h;
}

static struct topic *topic_of(struct retained *r, struct wp_slice name)
{
    struct topic *t = wp_map_find(&r->map, name);

    if (t || r->map.n == r->map.cap || name.n == 0)
        return t;
    t = arena_get(&r->arena, sizeof *t + name.n);
    t->n = name.n;
    memcpy(t->name, name.p, name.n);
    wp_map_add(&r->map, wp_slice(t->name, t->n), t);
    return t;
}

void retained_live(struct retained *r, const struct wp_record *deliver)
{
    struct topic *t = topic_of(r, deliver->message.topic);

    if (!t)
        return;
    t->last = hash_of(deliver->message.payload);
    t->qos = deliver->message.qos;
    t->kept = false;
}

void retained_kept(struct retained *r, const struct wp_record *deliver)
{
    struct topic *t = wp_map_find(&r->map, deliver->message.topic);

    if (t)
        t->kept = t->last == hash_of(deliver->message.payload);
}

void retained_decide(const struct retained *r, const struct contract_set *set, struct contract_tally *tally,
                     wp_us now)
{
    for (uint32_t i = 0; i < r->map.n; i++) {
        const struct topic *t = r->map.entry[i].value;
        const struct wp_record record = {
            .kind = WP_REC_PUBLISH,
            .at = now,
            .message = {.topic = wp_slice(t->name, t->n), .qos = t->qos, .retain = t->kept},
        };

        contract_take_delivery(set, tally, &record);
    }
}
