/* URI references: taken apart and resolved (RFC 3986). */
#ifndef WP_SCHEMA_URI_H
#define WP_SCHEMA_URI_H

#include "harness/arena.h"

/* Each part without its delimiters; p NULL: not there. The path is always there, possibly empty. */
struct uri {
    struct wp_slice scheme, authority, path, query, fragment;
};

struct uri uri_split(struct wp_slice text);
/* The URI that `ref` means in a document at `base`, dot segments removed; with the fragment of `ref`, if any. */
const char *uri_resolve(struct arena *a, const char *base, struct wp_slice ref);
/* %41 -> A. false: a % that no two hex digits follow. */
bool uri_unescape(struct wp_slice text, struct wp_writer *w);

#endif
