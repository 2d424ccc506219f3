/* DLMS/COSEM meters that dial in over TCP or push over UDP, whatever their transport. */
#ifndef WP_SOUTH_DLMS_H
#define WP_SOUTH_DLMS_H

#include "sim/core/machine.h"

extern const struct wp_class south_dlms_class;

#endif
