/* Topics of the Victron N/R/W API, and the names on the bus that they are made of.
 *
 *     N/<portal>/<type>/<instance>/<path...>        one item; R asks for it, W writes it
 *     R/<portal>/keepalive
 *     N/<portal>/keepalive     N/<portal>/heartbeat     N/<portal>/full_publish_completed
 *
 * - type: the third element of com.victronenergy.<type>[.<suffix>].
 * - instance: the service's /DeviceInstance, decimal, or the text of its /Identifier.
 * - path: that of the item's object, its slashes kept; "/" of a read is the whole device.
 * Everything is case sensitive: instance 07 is not 7. source: api/venus.md; protocols/victron-dbus-and-vrm a.1, a.6, b.1 */
#ifndef WP_VENUS_TOPIC_H
#define WP_VENUS_TOPIC_H

#include "sim/core/value.h"

#define VENUS_SERVICE_PREFIX "com.victronenergy."

enum { VENUS_NOTIFY = 'N', VENUS_READ = 'R', VENUS_WRITE = 'W' };

enum venus_about { VENUS_ITEM, VENUS_KEEPALIVE, VENUS_HEARTBEAT, VENUS_COMPLETED };

/* The slices borrow from the topic; type, instance and path are those of an item, else empty. */
struct venus_topic {
    char letter; /* VENUS_NOTIFY, VENUS_READ or VENUS_WRITE */
    enum venus_about about;
    struct wp_slice portal, type, instance;
    struct wp_slice path; /* with its leading slash: "/Ac/Power" */
};

/* false: none of the forms above, or a portal id, type, instance or path with characters that it cannot have. */
bool venus_topic_read(struct wp_slice topic, struct venus_topic *out);

/* The same the other way; what an item does not need is not looked at.
 * false: the writer is full, or there is no such topic; it holds then what it held before */
bool venus_put_topic(struct wp_writer *w, const struct venus_topic *topic);

/* "pvinverter" of com.victronenergy.pvinverter.cgwacs_ttyUSB0_di32_mb2; false: not a service of Victron's. */
bool venus_service_type(struct wp_slice bus_name, struct wp_slice *out);

/* The instance of a service in its topics: the whole part of /DeviceInstance if that is a number, 0 if it is anything
 * else; without it the text of /Identifier; without both 0.
 * device_instance, identifier  what the service has there; NULL: it has no such item
 * source: protocols/victron-dbus-and-vrm a.6 */
void venus_put_instance(struct wp_writer *w, const struct wp_value *device_instance,
                        const struct wp_value *identifier);

/* Does the portal id look like one: one topic level without wildcards? Real ones are 12 lower-case hex digits. */
bool venus_is_portal(struct wp_slice portal);

#endif
