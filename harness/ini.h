/* INI files, read strictly: sections of KEY = VALUE, errors as file:line:column.
 *
 * Comments are lines that begin with # or ;, and what stands behind a blank and one of them. Blanks around names and values
 * do not count; a value may stand in double quotes. A section that stands there twice is one; a key may not. */
#ifndef WP_INI_H
#define WP_INI_H

#include "harness/yaml.h"

/* A map of sections, each a map of texts. NULL: `why` holds "file:line:column: sentence". */
struct node *ini_read(struct arena *a, const char *file, struct wp_slice text, struct wp_writer *why);

/* What trees are made of; line and column of one that stands nowhere are 1. */
struct node *ini_node(struct arena *a, enum node_kind kind, int line, int column);
void ini_add(struct node *to, const char *key, struct node *n);
/* A text that stands where `at` does. */
struct node *ini_text(struct arena *a, const char *text, const struct node *at);

#endif
