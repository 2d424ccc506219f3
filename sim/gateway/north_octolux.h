/* The octolux MQTT API of LuxPower inverters (api/octolux.md). */
#ifndef WP_NORTH_OCTOLUX_H
#define WP_NORTH_OCTOLUX_H

#include "sim/core/machine.h"

extern const struct wp_class north_octolux_class;

#endif
