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
/* Can its frames be found among other bytes? Not when they have no start at all (A-XDR): its probe says no before there
 * is a byte, and who wants such frames read names the codec. */
bool wp_codec_is_found(const struct wp_codec *codec);

/* Simulated devices: the `model` of scenario files. */
extern const struct wp_class *const wp_devices[];
extern const size_t wp_n_devices;

/* NULL when there is none of that name. */
const struct wp_class *wp_device_find(const char *name);

/* What a gateway is made of: every south, and the norths by name, which is that of their API. */
extern const struct wp_class *const wp_souths[];
extern const size_t wp_n_souths;
extern const struct wp_class *const wp_norths[];
extern const size_t wp_n_norths;

/* NULL when there is none of that name. */
const struct wp_class *wp_north_find(const char *name);

/* Is a south that lives on the message bus without a north of its own name, so that nobody publishes what it hears? Then it
 * gets no connection, and sleeps: not every gateway has a bus. */
bool wp_south_sleeps(const struct wp_class *south, const struct wp_class *const *norths, size_t n_norths);

/* The machine that joins them. */
extern const struct wp_class wp_gateway_class;

#endif
