/* Who gets what on a bus that is not ours, as one who sees every message can tell: names and their owners, and what each
 * connection has asked for. It learns from the messages alone. For live_bus.c and live_bus_watch.c.
 *
 * source: D-Bus Specification, "Message Bus Message Routing" */
#ifndef WP_BUS_AUDIENCE_H
#define WP_BUS_AUDIENCE_H

#include "sim/codec/dbus_bus.h"
#include "sim/codec/dbus_match.h"

enum { AUDIENCE_NAME_BYTES = 16 };

struct audience_member {
    char name[AUDIENCE_NAME_BYTES]; /* ":1.7"; empty: nobody has had it yet */
    bool is_here, is_ours;
    const char *machine; /* one of ours, once it is known which */
    struct audience_rule *rules;
};

struct bus_audience {
    struct audience_member *member; /* by the number of the unique name */
    size_t n, cap;
    struct audience_name *names; /* well-known ones */
};

/* dbus-daemon counts them: ":1.0", ":1.1" ... false: it is no such name, or the number is beyond belief. */
bool audience_number(struct wp_slice unique, size_t *out);

void audience_clear(struct bus_audience *a); /* nobody is there any more, and nothing is allocated */
/* Who that is; made when it has not been heard of. NULL: no unique name. */
struct audience_member *audience_at(struct bus_audience *a, struct wp_slice unique);
/* Who has the name now, unique or well-known; NULL: nobody. */
struct audience_member *audience_owner(const struct bus_audience *a, struct wp_slice name);
/* The well-known name that it got first of those that it has; empty: none. */
struct wp_slice audience_well_known(const struct bus_audience *a, const struct audience_member *of);

/* Learns from a message that the bus has taken or said. */
void audience_learn(struct bus_audience *a, const struct dbus_message *m);
/* Does it get this signal, which is for all who want it? */
bool audience_wants(const struct bus_audience *a, const struct audience_member *of,
                    const struct dbus_message *m);

#endif
