/* YAML, read strictly: no anchors, tags, merge keys or duplicate keys; errors as file:line:column. */
#ifndef WP_YAML_H
#define WP_YAML_H

#include "harness/arena.h"
#include "sim/core/value.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

/* A tree in an arena. Members of a map carry their key; lines and columns count from 1. */
struct node {
    enum node_kind kind;
    bool quoted; /* scalar: written with quotes or as a block, so always text */
    const char *key;
    int key_line, key_column, line, column;
    struct wp_slice text; /* scalar; 0-terminated too */
    struct node *first, *next;
    size_t count;
};

/* NULL: `why` holds "file:line:column: sentence". The tree lives in the arena. */
struct node *yaml_read(struct arena *a, const char *file, struct wp_slice text, struct wp_writer *why);
struct node *yaml_read_file(struct arena *a, const char *file, struct wp_writer *why);

/* The member of a map, NULL when there is none or `map` is NULL or no map. */
struct node *node_get(const struct node *map, const char *key);
/* The scalar's text as a C string, or `fallback`. */
const char *node_text(const struct node *n, const char *fallback);
/* What a scalar means: plain null, true, false and JSON numbers are such, everything else is text. */
struct wp_value node_value(const struct node *n);
bool node_is(const struct node *n, const char *text);

/* The tree as JSON. */
void node_put_json(const struct node *n, struct wp_writer *w);
char *node_json(struct arena *a, const struct node *n);
/* Where a JSON pointer leads ("/steps/0/expect"); the deepest node on the way when it leads nowhere. */
const struct node *node_at(const struct node *root, struct wp_slice pointer);

/* A copy in which every "${name}" of a scalar is replaced; unknown names stay. One that is nothing
 * else takes the kind of the text: "${i}" becomes the number 7. */
struct node *node_fill(struct arena *a, const struct node *n, const char *name, const char *text);

/* Reads a whole file; NULL text: `why` says so. */
struct wp_slice file_read(struct arena *a, const char *file, struct wp_writer *why);

#endif
