/* The libraries that carry the live world, by the versions that are loaded. */
#ifndef WP_LIBRARIES_H
#define WP_LIBRARIES_H

/* Each with its name and version, borrowed for the call. */
void wp_world_libraries(void (*visit)(void *ctx, const char *name, const char *version), void *ctx);

#endif
