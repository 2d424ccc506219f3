/* Meters that dial in over TCP and speak DL/T 645-2007, with or without the sign-on of the IVY family. */
#ifndef WP_SOUTH_DLT645_H
#define WP_SOUTH_DLT645_H

#include "sim/core/machine.h"

extern const struct wp_class south_dlt645_class;

#endif
