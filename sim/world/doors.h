/* Where a machine knocks for MQTT: the address of its broker endpoint says it.
 *
 *     no address        inside     the world's own broker, from within the house: never shut
 *     127.0.0.1:1883    plain      the same broker, as the local network reaches it
 *     127.0.0.1:8883    secure     the same with TLS
 *     127.0.0.2:8883    vrm        the broker of the VRM portal, which has nothing but TLS
 *
 * Live, secure and vrm are real TLS sessions of an authority made for the run. The virtual world has no TLS: what may be
 * reached is the same, and so is what is said. */
#ifndef WP_DOORS_H
#define WP_DOORS_H

#include "sim/core/machine.h"

#define WP_DOORS(X)                                                                                          \
    X(INSIDE, "inside", 0, 0)                                                                                \
    X(PLAIN, "plain", 0x7F000001, 1883)                                                                      \
    X(SECURE, "secure", 0x7F000001, 8883)                                                                    \
    X(VRM, "vrm", 0x7F000002, 8883)

enum wp_door {
#define X(name, text, ip, port) WP_DOOR_##name,
    WP_DOORS(X)
#undef X
        WP_N_DOORS
};

/* Of a set of doors. */
#define WP_DOOR_BIT(door) (1u << (door))

const char *wp_door_text(enum wp_door door);
/* false: there is no such word. */
bool wp_door_read(struct wp_slice word, enum wp_door *out);
struct wp_addr wp_door_addr(enum wp_door door);
/* An address that is no door's is inside. */
enum wp_door wp_door_of(const struct wp_endpoint *endpoint);
/* Whose sessions they are in records: "broker", or "vrm". */
const char *wp_door_peer(enum wp_door door);

#endif
