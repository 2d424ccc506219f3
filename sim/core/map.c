#include "sim/core/map.h"

#include <assert.h>

enum { FIRST_PLACES = 4 };

/* At most half of the index is in use, so a search ends soon. */
static size_t index_places(size_t cap)
{
    size_t places = FIRST_PLACES;

    while (places < cap * 2)
        places *= 2;
    return places;
}

size_t wp_map_size(size_t cap)
{
    return cap * sizeof(struct wp_map_entry) + index_places(cap) * sizeof(uint32_t);
}

static void clear_index(struct wp_map *map, uint32_t places)
{
    map->mask = places - 1;
    memset(map->index, 0, places * sizeof *map->index);
}

void wp_map_init(struct wp_map *map, void *memory, size_t cap)
{
    assert(cap < UINT32_MAX / 4);
    *map = (struct wp_map){.entry = memory, .cap = (uint32_t)cap};
    map->index = (uint32_t *)(void *)(map->entry + cap);
    clear_index(map, FIRST_PLACES);
}

static uint32_t hash_of(struct wp_slice key)
{
    uint64_t h = wp_slice_hash(key);

    return (uint32_t)(h ^ h >> 32);
}

/* The entry's place in the index, or the free place where it would go. */
static uint32_t place_of(const struct wp_map *map, struct wp_slice key, uint32_t hash)
{
    uint32_t place = hash & map->mask;

    while (map->index[place]) {
        const struct wp_map_entry *e = &map->entry[map->index[place] - 1];

        if (e->hash == hash && wp_slice_eq(wp_map_key(e), key))
            break;
        place = (place + 1) & map->mask;
    }
    return place;
}

void *wp_map_find(const struct wp_map *map, struct wp_slice key)
{
    uint32_t at = map->index[place_of(map, key, hash_of(key))];

    return at ? map->entry[at - 1].value : NULL;
}

/* The index grows with its entries: of one made for many that holds few, little is ever touched. */
static void grow_index(struct wp_map *map)
{
    clear_index(map, (map->mask + 1) * 2);
    for (uint32_t i = 0; i < map->n; i++) {
        uint32_t place = map->entry[i].hash & map->mask;

        while (map->index[place])
            place = (place + 1) & map->mask;
        map->index[place] = i + 1;
    }
}

bool wp_map_add(struct wp_map *map, struct wp_slice key, void *value)
{
    uint32_t hash = hash_of(key), place = place_of(map, key, hash);

    assert(value);
    assert(key.n <= UINT32_MAX);
    assert(map->index[place] == 0);
    if (map->n == map->cap) {
        map->refused++;
        return false;
    }
    if ((map->n + 1) * 2 > map->mask + 1) {
        grow_index(map);
        place = place_of(map, key, hash);
    }
    map->entry[map->n] = (struct wp_map_entry){key.p, value, (uint32_t)key.n, hash};
    map->index[place] = ++map->n;
    return true;
}

/* Frees a place and moves up what came to stand behind it because it was taken, so that no search ends too soon. */
static void free_place(struct wp_map *map, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & map->mask; map->index[at]; at = (at + 1) & map->mask) {
        uint32_t wanted = map->entry[map->index[at] - 1].hash & map->mask;

        if (((at - wanted) & map->mask) < ((at - hole) & map->mask))
            continue; /* it stands between where it wants to be and the hole */
        map->index[hole] = map->index[at];
        hole = at;
    }
    map->index[hole] = 0;
}

/* The last entry moves to where number `to` stood. */
static void move_last(struct wp_map *map, uint32_t to)
{
    const struct wp_map_entry *last = &map->entry[map->n];
    uint32_t place = last->hash & map->mask;

    while (map->index[place] != map->n + 1)
        place = (place + 1) & map->mask;
    map->index[place] = to;
    map->entry[to - 1] = *last;
}

void *wp_map_remove(struct wp_map *map, struct wp_slice key)
{
    uint32_t place = place_of(map, key, hash_of(key)), at = map->index[place];
    void *value;

    if (at == 0)
        return NULL;
    value = map->entry[at - 1].value;
    map->n--;
    free_place(map, place);
    if (at != map->n + 1)
        move_last(map, at);
    return value;
}
