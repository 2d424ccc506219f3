/* {config}: a scenario's gateway as a file of `wattproof gateway`. */
#ifndef WP_SUT_CONFIG_H
#define WP_SUT_CONFIG_H

#include "harness/scenario.h"
#include "harness/sut_process.h"

/* Where it listens is `places->south`, its broker `places->broker`, or an own one at `places->port`. false: the sentence
 * is in `why`. */
bool sut_config_write(const struct scenario *s, const struct sut_places *places, const char *path,
                      struct wp_writer *why);

#endif
