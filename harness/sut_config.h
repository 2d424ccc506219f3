/* {config}: a scenario's gateway as a file of `wattproof gateway`. */
#ifndef WP_SUT_CONFIG_H
#define WP_SUT_CONFIG_H

#include "harness/sut_devices.h"
#include "harness/sut_process.h"

/* Where it listens is `places->south`, unless it only dials; its broker `places->broker`, or an own one at
 * `places->port`. Options that say where devices are say where they really are: every address and port in a text, and
 * NAME.host with NAME.port. false: the sentence is in `why`. */
bool sut_config_write(const struct scenario *s, const struct sut_places *places,
                      const struct sut_devices *devices, const char *path, struct wp_writer *why);

#endif
