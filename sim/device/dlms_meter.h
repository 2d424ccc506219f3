/* A simulated DLMS/COSEM meter: its `model` is dlms-meter. What can be given to it is in dlms_meter.def. */
#ifndef WP_DLMS_METER_H
#define WP_DLMS_METER_H

#include "sim/core/machine.h"

extern const struct wp_class dlms_meter_class;

#endif
