#include "harness/places.h"

#include "harness/arena.h"

#include <stdlib.h>

enum { BUCKETS = 1024 }; /* a power of two */

struct places {
    struct arena arena;
    struct judged_place *bucket[BUCKETS], *first, **tail;
    size_t n;
    uint64_t undocumented, dropped;
};

struct places *places_new(void)
{
    struct places *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    p->tail = &p->first;
    return p;
}

void places_free(struct places *p)
{
    if (!p)
        return;
    arena_free(&p->arena);
    free(p);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Undocumented topics have no channel, and are told apart by themselves. */
static bool is_at(const struct judged_place *place, const struct contract_fault *f)
{
    return is_same_text(place->id, f->id) && strcmp(place->where, f->place) == 0 &&
           strcmp(place->rule, f->rule) == 0 && strcmp(place->address, f->address) == 0 &&
           (!f->names_member || strcmp(place->sentence, f->sentence) == 0) &&
           (f->address[0] || wp_slice_is(f->record->message.topic, place->topic));
}

static struct judged_place **bucket_of(struct places *p, const struct contract_fault *f)
{
    uint64_t hash =
        f->address[0] ? wp_slice_hash(wp_text(f->address)) : wp_slice_hash(f->record->message.topic);

    hash = hash * 31 + wp_slice_hash(wp_text(f->rule));
    hash = hash * 31 + wp_slice_hash(wp_text(f->place));
    hash = hash * 31 + wp_slice_hash(wp_text(f->id));
    return &p->bucket[(hash ^ hash >> 32) % BUCKETS];
}

static struct judged_place *find_place(struct places *p, const struct contract_fault *f)
{
    struct judged_place **bucket = bucket_of(p, f), *place = *bucket;

    while (place && !is_at(place, f))
        place = place->next_in_bucket;
    if (place || p->n == JUDGED_PLACES_MAX)
        return place;
    place = arena_get(&p->arena, sizeof *place);
    *place = (struct judged_place){
        .id = f->id ? arena_text(&p->arena, wp_text(f->id)) : NULL,
        .address = arena_text(&p->arena, wp_text(f->address)),
        .where = arena_text(&p->arena, wp_text(f->place)),
        .rule = arena_text(&p->arena, wp_text(f->rule)),
        .topic = arena_text(&p->arena, f->record->message.topic),
        .sentence = arena_text(&p->arena, wp_text(f->sentence)),
        .next_in_bucket = *bucket,
    };
    *bucket = place;
    *p->tail = place;
    p->tail = &place->next;
    p->n++;
    p->undocumented += !f->id;
    return place;
}

void places_add(struct places *p, const struct contract_fault *f)
{
    struct judged_place *place = find_place(p, f);

    if (!place) {
        p->dropped++;
        return;
    }
    place->times++;
    if (place->n_packets == JUDGED_PACKETS_MAX)
        return;
    if (place->n_packets == 0 || place->packets[place->n_packets - 1] != f->record->seq)
        place->packets[place->n_packets++] = f->record->seq;
}

struct judged_place *places_first(const struct places *p)
{
    return p->first;
}

uint64_t places_times(const struct places *p, const char *id)
{
    uint64_t times = 0;

    for (const struct judged_place *place = p->first; place; place = place->next)
        if (is_same_text(place->id, id))
            times += place->times;
    return times;
}

uint64_t places_undocumented(const struct places *p)
{
    return p->undocumented;
}

uint64_t places_dropped(const struct places *p)
{
    return p->dropped;
}
