/* Private to the scenario loader's files. */
#ifndef WP_SCENARIO_IMPL_H
#define WP_SCENARIO_IMPL_H

#include "harness/nearest.h"
#include "harness/scenario.h"

/* Always false: "file:line:column: sentence" and a line end to `why`. */
bool scenario_fail(struct scenario *s, const struct node *where, struct wp_writer *why, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* The path of a file that the scenario names: beside its own, unless it is absolute. */
const char *scenario_beside(struct scenario *s, const char *name);

/* Is the tree what scenario.schema.json allows? Each error becomes a line with "did you mean". */
bool scenario_obeys_schema(struct scenario *s, struct wp_writer *why);

bool scenario_read_gateway(struct scenario *s, struct wp_writer *why);
bool scenario_read_links(struct scenario *s, struct wp_writer *why);
bool scenario_read_devices(struct scenario *s, struct wp_writer *why);
bool scenario_read_clients(struct scenario *s, struct wp_writer *why);
bool scenario_read_steps(struct scenario *s, struct wp_writer *why);
bool scenario_read_watches(struct scenario *s, struct wp_writer *why);

const struct scenario_device *scenario_device(const struct scenario *s, const char *name);
const struct scenario_client *scenario_client(const struct scenario *s, const char *name);

#endif
