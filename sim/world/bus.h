/* The rules of a D-Bus message bus: who has which name, who gets which message. No time, no sockets: the virtual world's
 * own; dbus-daemon has the same ones in the live world, with the limits of a session bus (none that a test reaches).
 *
 *     bus.c          clients, and the ways of messages           bus_names.c    names, their owners and queues
 *     bus_driver.c   what the bus itself is asked
 *
 * source: D-Bus Specification, "Message Bus Specification"; what it leaves open as dbus-daemon 1.14 has it */
#ifndef WP_BUS_H
#define WP_BUS_H

#include "sim/codec/dbus_bus.h"
#include "sim/world/blocks.h"

struct bus;
struct bus_client;

/* `owner` is what the client was made with; slices are borrowed for the call. None of these calls the bus in turn. */
struct bus_calls {
    void *ctx;
    /* The client has its name; its messages come from now on. */
    void (*welcome)(void *ctx, void *owner, struct wp_slice name);
    /* from: whose message it is; NULL: the bus's own. */
    void (*deliver)(void *ctx, void *owner, void *from, struct wp_slice message);
};

/* What a machine wants to send, decoded; NULL: it may go to the bus. Else why not: a bus would disconnect the sender, or
 * it is beyond what ours carries. The live world asks this, too. */
const char *bus_why_not(struct wp_slice bytes, struct dbus_message *ret);

struct bus *bus_new(struct wp_blocks *blocks, const struct bus_calls *calls);
void bus_free(struct bus *b); /* with its clients, who hear nothing; NULL is fine */
size_t bus_memory(const struct bus *b);

/* Somebody has said Hello. */
struct bus_client *bus_join(struct bus *b, void *owner);
/* Its connection has ended: its names go, and who waits for its replies is told. */
void bus_leave(struct bus *b, struct bus_client *c);
/* Its message, which is whole and well-formed; it is handed on with the client as SENDER. */
void bus_take(struct bus *b, struct bus_client *c, const struct dbus_message *m);

#endif
