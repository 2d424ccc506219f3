/* The Victron N/R/W MQTT API (api/venus.md). */
#ifndef WP_NORTH_VENUS_H
#define WP_NORTH_VENUS_H

#include "sim/core/machine.h"

extern const struct wp_class north_venus_class;

#endif
