/* The one list of everything that has a name: codecs, devices, souths, norths. */
#ifndef WP_CATALOG_H
#define WP_CATALOG_H

#include "sim/core/decode.h"
#include "sim/core/machine.h"

/* In the order in which they are asked whose bytes these are. */
extern const struct wp_codec *const wp_codecs[];
extern const size_t wp_n_codecs;

/* NULL when there is none of that name. */
const struct wp_codec *wp_codec_find(const char *name);

/* Simulated devices: the `model` of scenario files. */
extern const struct wp_class *const wp_devices[];
extern const size_t wp_n_devices;

/* NULL when there is none of that name. */
const struct wp_class *wp_device_find(const char *name);

#endif
