/* INI files, read strictly: sections of KEY = VALUE, errors as file:line:column.
 *
 * Comments are lines that begin with # or ;, and what stands behind a blank and one of them. Blanks around names and values
 * do not count; a value may stand in double quotes. A section that stands there twice is one; a key may not. */
#ifndef WP_INI_H
#define WP_INI_H

#include "harness/yaml.h"

/* A file that is read. */
struct ini {
    struct arena *arena;
    const char *file;
    struct wp_writer *why; /* it cannot be used */
    struct node *sections; /* a map of maps, keys as they stand in the file */
};

/* Says "file:line:column: sentence"; false. */
bool ini_fail(const struct ini *i, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A map of sections, each a map of texts. NULL: `why` holds "file:line:column: sentence". */
struct node *ini_read(struct arena *a, const char *file, struct wp_slice text, struct wp_writer *why);

/* What trees are made of; line and column of one that stands nowhere are 1. */
struct node *ini_node(struct arena *a, enum node_kind kind, int line, int column);
void ini_add(struct node *to, const char *key, struct node *n);
/* A text that stands where `at` does. */
struct node *ini_text(struct arena *a, const char *text, const struct node *at);

#endif
