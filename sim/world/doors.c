#include "sim/world/doors.h"

#include <assert.h>

static const struct {
    const char *text;
    struct wp_addr addr;
} doors[] = {
#define X(name, text, ip, port) {text, {ip, port}},
    WP_DOORS(X)
#undef X
};

const char *wp_door_text(enum wp_door door)
{
    assert(door < WP_N_DOORS);
    return doors[door].text;
}

bool wp_door_read(struct wp_slice word, enum wp_door *out)
{
    for (enum wp_door d = WP_DOOR_INSIDE; d < WP_N_DOORS; d++) {
        if (!wp_slice_is(word, doors[d].text))
            continue;
        *out = d;
        return true;
    }
    return false;
}

struct wp_addr wp_door_addr(enum wp_door door)
{
    assert(door < WP_N_DOORS);
    return doors[door].addr;
}

enum wp_door wp_door_of(const struct wp_endpoint *endpoint)
{
    for (enum wp_door d = WP_DOOR_PLAIN; d < WP_N_DOORS; d++)
        if (endpoint->addr.ip == doors[d].addr.ip && endpoint->addr.port == doors[d].addr.port)
            return d;
    return WP_DOOR_INSIDE;
}

const char *wp_door_peer(enum wp_door door)
{
    return door == WP_DOOR_VRM ? "vrm" : "broker";
}
