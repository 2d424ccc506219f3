/* A DL/T 645-2007 electricity meter with a 4G modem that dials its gateway. */
#ifndef WP_DLT645_METER_H
#define WP_DLT645_METER_H

#include "sim/core/machine.h"

extern const struct wp_class dlt645_meter_class;

#endif
