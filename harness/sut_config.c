#include "harness/sut_config.h"

#include <errno.h>
#include <stdio.h>

/* Users and rules have the same form there. */
static const char *const access_members[] = {"users", "rules", "anonymous", "close_on_denied"};

enum { N_ACCESS_MEMBERS = sizeof access_members / sizeof access_members[0] };

static void put_broker(FILE *f, const struct scenario *s, const struct sut_places *places, struct arena *a)
{
    if (places->broker) {
        fprintf(f, "broker: {url: \"mqtt://%s\"}\n", places->broker);
        return;
    }
    fprintf(f, "broker:\n  mqtt: \"127.0.0.1:%s\"\n  websocket: \"127.0.0.1:0\"\n", places->port);
    for (size_t i = 0; i < N_ACCESS_MEMBERS; i++) {
        const struct node *n = node_get(s->access, access_members[i]);

        if (n)
            fprintf(f, "  %s: %s\n", access_members[i], node_json(a, n));
    }
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
        if (places->south)
            fprintf(f, "listen: {meters: \"%s\"}\n", places->south);
        put_broker(f, s, places, &a);
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
