/* Where a message bus is: D-Bus addresses as people give them, and whether somebody there lets us in.
 * source: D-Bus Specification, "Server Addresses", "Authentication Protocol", "Well-known Message Bus Instances" */
#ifndef WP_BUS_PLACE_H
#define WP_BUS_PLACE_H

#include "sim/core/bytes.h"

#include <sys/socket.h>
#include <sys/un.h>

struct bus_place {
    struct sockaddr_un at;
    socklen_t n_at;
};

/* The bus's own words for "session" and "system", from DBUS_SESSION_BUS_ADDRESS and DBUS_SYSTEM_BUS_ADDRESS or where
 * such a bus stands by custom; any other text is an address already. NULL: nobody says where a session bus is. The text
 * lives as long as the environment, or until the next call. */
const char *bus_place_address(const char *name);

/* The first address of a list ("unix:path=/run/bus;...") that we can go to: unix:path=, unix:abstract=.
 * false: there is none, `why` has the sentence. */
bool bus_place_read(const char *name, struct bus_place *out, struct wp_writer *why);

/* A socket that is connected; -1: errno says why. Waits for a bus that has too many others to accept, for 2 s at most. */
int bus_place_connect(const struct bus_place *place);

/* The line with which we ask to be let in, from the 0 before it on. */
void bus_place_put_auth(struct wp_writer *w);

/* Goes there, is let in, and leaves again; waits 2 s at most. false: the sentence in `why` says what stood in the way. */
bool bus_place_try(const char *name, struct wp_writer *why);

#endif
