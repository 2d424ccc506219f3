/* A map that grows, for the rooms that may allocate. Zeroed: empty, with no room; look only when n > 0. */
#ifndef WP_MAP_ROOM_H
#define WP_MAP_ROOM_H

#include "sim/core/map.h"

/* After this one more entry can be added. */
void map_make_room(struct wp_map *map);
void map_free(struct wp_map *map);
size_t map_memory(const struct wp_map *map);

#endif
