/* Victron's services on the D-Bus: the south that mirrors them.
 *
 * It sleeps, and needs next to no memory, in a gateway without a bus: see wp_south_sleeps.
 * source: api/venus.md; protocols/victron-dbus-and-vrm a.5, a.6, b.8, b.9 */
#ifndef WP_SOUTH_VENUS_H
#define WP_SOUTH_VENUS_H

#include "sim/core/machine.h"

extern const struct wp_class south_venus_class;

#endif
