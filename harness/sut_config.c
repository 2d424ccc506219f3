#include "harness/sut_config.h"

#include <errno.h>
#include <stdio.h>

static void put_broker(FILE *f, const struct sut_places *places)
{
    if (places->broker)
        fprintf(f, "broker: {url: \"mqtt://%s\"}\n", places->broker);
    else
        fprintf(f, "broker: {mqtt: \"127.0.0.1:%s\", websocket: \"127.0.0.1:0\"}\n", places->port);
}

bool sut_config_write(const struct scenario *s, const struct sut_places *places, const char *path,
                      struct wp_writer *why)
{
    const struct node *gateway = node_get(s->root, "gateway"), *set = node_get(gateway, "set");
    struct arena a = {0};
    FILE *f = fopen(path, "w");
    bool good = f != NULL;

    if (good) {
        fprintf(f, "north: %s\n", node_json(&a, node_get(gateway, "north")));
        if (places->south) /* TCP and UDP have ports of their own, so one number is free for both */
            fprintf(f, "listen: {meters: \"%s\", pushes: \"%s\"}\n", places->south, places->south);
        put_broker(f, places);
        if (set && set->count > 0)
            fprintf(f, "set: %s\n", node_json(&a, set));
        good = !ferror(f);
        good = fclose(f) == 0 && good;
    }
    if (!good)
        wp_put_text(why, arena_print(&a, "%s: %s", path, strerror(errno)));
    arena_free(&a);
    return good;
}
