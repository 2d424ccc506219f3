/* What the bus itself is asked and says: calls to org.freedesktop.DBus, and its NameOwnerChanged.
 *
 * source: D-Bus Specification, "Message Bus Messages" */
#ifndef WP_DBUS_BUS_H
#define WP_DBUS_BUS_H

#include "sim/codec/dbus_out.h"

#define DBUS_BUS         "org.freedesktop.DBus" /* its name and its interface */
#define DBUS_BUS_PATH    "/org/freedesktop/DBus"
#define DBUS_PEER        "org.freedesktop.DBus.Peer"
#define DBUS_PROPERTIES  "org.freedesktop.DBus.Properties"
#define DBUS_FAULT(name) "org.freedesktop.DBus.Error." name /* DBUS_FAULT("UnknownMethod") */

/* Flags of RequestName. */
enum { DBUS_NAME_ALLOW_REPLACEMENT = 1, DBUS_NAME_REPLACE_EXISTING = 2, DBUS_NAME_DO_NOT_QUEUE = 4 };

/* What RequestName answers. */
enum {
    DBUS_NAME_PRIMARY_OWNER = 1,
    DBUS_NAME_IN_QUEUE = 2,
    DBUS_NAME_EXISTS = 3,
    DBUS_NAME_ALREADY_OWNER = 4,
};

/* What ReleaseName answers. */
enum { DBUS_NAME_RELEASED = 1, DBUS_NAME_NON_EXISTENT = 2, DBUS_NAME_NOT_OWNER = 3 };

/* All: false when the writer is full, or the name is none. */
bool dbus_put_hello(struct wp_writer *w, uint32_t serial); /* answered by the unique name, s */
bool dbus_put_request_name(struct wp_writer *w, uint32_t serial, struct wp_slice name,
                           uint32_t flags);                                               /* u */
bool dbus_put_release_name(struct wp_writer *w, uint32_t serial, struct wp_slice name);   /* u */
bool dbus_put_add_match(struct wp_writer *w, uint32_t serial, struct wp_slice rule);      /* nothing */
bool dbus_put_remove_match(struct wp_writer *w, uint32_t serial, struct wp_slice rule);   /* nothing */
bool dbus_put_list_names(struct wp_writer *w, uint32_t serial);                           /* as */
bool dbus_put_get_name_owner(struct wp_writer *w, uint32_t serial, struct wp_slice name); /* s */
bool dbus_put_name_has_owner(struct wp_writer *w, uint32_t serial, struct wp_slice name); /* b */

/* A signal of the bus: `name` went from `before` to `after`; empty: nobody had it, has it. */
struct dbus_owner_change {
    struct wp_slice name, before, after;
};

bool dbus_put_owner_change(struct wp_writer *w, uint32_t serial, const struct dbus_owner_change *change);
/* false: another message, or not the bus's own. */
bool dbus_read_owner_change(const struct dbus_message *m, struct dbus_owner_change *out);

/* The message with this sender, as a bus hands it on; everything else is as it was, its byte order too.
 * false: the writer is full, or the name is none */
bool dbus_put_from(struct wp_writer *w, const struct dbus_message *m, struct wp_slice sender);

/* Is it a call or signal of this interface and member? A call without interface is of any. */
bool dbus_is(const struct dbus_message *m, uint8_t type, const char *interface, const char *member);

#endif
