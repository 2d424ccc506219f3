/* A YAML file of ours obeys its schema, or each error is told where it stands, with what was probably meant. */
#ifndef WP_OBEY_H
#define WP_OBEY_H

#include "harness/yaml.h"

/* `schema` is a file below home ("scenarios/scenario.schema.json"), compiled once for the process. `file` is how the
 * tree's file is called in errors, `whole` what it is ("the scenario"). false: a line "file:line:column: sentence" for
 * each error in `why`. */
bool obeys_schema(const char *schema, struct arena *a, const char *file, const struct node *root,
                  const char *whole, struct wp_writer *why);

#endif
