/* A LuxPower inverter behind its dongle, which listens for gateways on TCP. */
#ifndef WP_LXP_INVERTER_H
#define WP_LXP_INVERTER_H

#include "sim/core/machine.h"

extern const struct wp_class lxp_inverter_class;

#endif
