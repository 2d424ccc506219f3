/* config.ini, as the octolux document has it, read into the form of the YAML file.
 *
 *     [mqtt]  uri                        the broker; without it nothing is published and no broker is needed
 *             ca_file insecure           mqtts: who may have signed its certificate; false: it is verified
 *     [lxp]   host port serial datalog   the inverter; prefix: of its topics, octolux without it
 *     [lxp garage]                       a further one with the prefix garage
 *     [gateway]                          any option of `gateway --options octolux` by its full name
 *     [octopus] [server] [rules]         of the original's other programs: passed over
 *
 * Comments are lines that begin with # or ;, and what stands behind a blank and one of them. */
#ifndef WP_SERVICE_INI_H
#define WP_SERVICE_INI_H

#include "harness/yaml.h"

/* By its name: "config.ini". */
bool service_ini_is(const char *file);
/* NULL: `why` holds a line "FILE:LINE:COLUMN: sentence". */
const struct node *service_ini_read(struct arena *a, const char *file, struct wp_slice text,
                                    struct wp_writer *why);

#endif
