/* LuxPower inverters behind their datalogs, which the gateway dials over TCP. */
#ifndef WP_SOUTH_LXP_H
#define WP_SOUTH_LXP_H

#include "sim/core/machine.h"

extern const struct wp_class south_lxp_class;

#endif
