/* The MQTT API of the IVY 4G gateway (api/ivy.md). */
#ifndef WP_NORTH_IVY_H
#define WP_NORTH_IVY_H

#include "sim/core/machine.h"

extern const struct wp_class north_ivy_class;

#endif
