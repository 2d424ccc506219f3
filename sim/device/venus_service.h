/* One Victron service on a message bus: a PV inverter, a battery, the settings, or whatever a scenario makes of it. */
#ifndef WP_VENUS_SERVICE_H
#define WP_VENUS_SERVICE_H

#include "sim/core/machine.h"

extern const struct wp_class venus_service_class;

#endif
