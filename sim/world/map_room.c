#include "sim/world/map_room.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_ROOM = 16 };

void map_make_room(struct wp_map *map)
{
    uint32_t cap = map->cap ? map->cap * 2 : FIRST_ROOM;
    struct wp_map bigger;
    void *memory;

    if (map->n < map->cap)
        return;
    memory = malloc(wp_map_size(cap));
    assert(memory);
    wp_map_init(&bigger, memory, cap);
    for (uint32_t i = 0; i < map->n; i++)
        wp_map_add(&bigger, wp_map_key(&map->entry[i]), map->entry[i].value);
    free(map->entry);
    *map = bigger;
}

void map_free(struct wp_map *map)
{
    free(map->entry);
    *map = (struct wp_map){0};
}

size_t map_memory(const struct wp_map *map)
{
    return map->cap ? wp_map_size(map->cap) : 0;
}
