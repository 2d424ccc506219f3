/* A simulated Victron site: one physics, and on the message bus a service for each of its devices, all of whose values are
 * of the same moment.
 *
 *     venus_system_physics.*   power and energy        venus_system_show*.c     what each service shows of them
 *     venus_system_controls.c  what is written         venus_system_pins.c      what a scenario says instead
 *     venus_system_plan.c      which services          venus_system.c           when
 *
 * Each service has a connection, and so an endpoint of its own: "service1" to "service24". All come at the start. Within
 * each period they show their values one after the other, or at once; a value that is the same is not told. PV inverters
 * leave the bus when the sun does.
 *
 *     AWAY --start, sun--> PRESENT --vanish | night--> AWAY        a service; PRESENT --freeze--> present and silent
 *
 * source: protocols/victron-dbus-and-vrm a, e */
#ifndef WP_VENUS_SYSTEM_H
#define WP_VENUS_SYSTEM_H

#include "sim/core/machine.h"

extern const struct wp_class venus_system_class;

#endif
