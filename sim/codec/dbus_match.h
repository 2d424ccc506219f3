/* Match rules: which messages a connection asks the bus for.
 *
 *     type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0namespace='com.victronenergy'
 *
 * - 'quoted' parts are taken as they are, the rest ends at the comma; outside of quotes \' is an apostrophe.
 * - All keys must match; a rule without any matches everything.
 * source: D-Bus Specification, "Match Rules"; what it leaves open as dbus-daemon 1.14 has it */
#ifndef WP_DBUS_MATCH_H
#define WP_DBUS_MATCH_H

#include "sim/codec/dbus.h"

enum { DBUS_MATCH_ARG_MAX = 63, DBUS_MATCH_RULE_MAX = 1024 }; /* bytes of a rule */

/* A rule that was read; the slices borrow from the memory given then. What the rule does not ask for is empty with
 * p NULL, or 0. */
struct dbus_match {
    uint8_t type;
    bool eavesdrop; /* messages to others, too */
    struct wp_slice sender, interface, member, path, path_namespace, destination;
    struct wp_slice args; /* argN, argNpath, arg0namespace, packed */
};

/* Who has which name now: the unique name of its owner, which a unique name is itself; empty: nobody. */
struct dbus_owners {
    struct wp_slice (*owner)(const void *ctx, struct wp_slice name);
    const void *ctx;
};

/* Reads a rule.
 * memory  receives the values, never more than rule.n bytes; whoever keeps the rule keeps them
 * false: not a rule, as dbus-daemon refuses it with org.freedesktop.DBus.Error.MatchRuleInvalid; *ret_why says why */
bool dbus_match_read(struct wp_slice rule, struct wp_writer *memory, struct dbus_match *out,
                     const char **ret_why);

/* Does the rule ask for this message, which has its sender? Whether it is addressed to somebody else is not looked at.
 * owners  says who has the well-known names in the rule */
bool dbus_match_takes(const struct dbus_match *rule, const struct dbus_message *m,
                      const struct dbus_owners *owners);

/* Do they ask for the same? RemoveMatch takes back the first that does. */
bool dbus_match_eq(const struct dbus_match *a, const struct dbus_match *b);

#endif
