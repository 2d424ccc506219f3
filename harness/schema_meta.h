/* The meta-schemas of both drafts, so that a schema can be checked and referred to without a network. */
#ifndef WP_SCHEMA_META_H
#define WP_SCHEMA_META_H

struct schema_meta {
    const char *uri;
    const char *const *text; /* pieces that follow each other, NULL at the end */
};

enum { SCHEMA_META_2020 = 9 };

extern const struct schema_meta schema_meta_7;
extern const struct schema_meta
    schema_meta_2020[SCHEMA_META_2020]; /* [0] is the schema, then its vocabularies */

#endif
