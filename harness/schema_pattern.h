/* `pattern`: regular expressions of ECMA-262 with the u flag, matched anywhere in a text.
 *
 * Those that only count characters of ASCII classes from the text's first to its last ("^[0-9A-F]{8}$") are matched
 * by a loop of ours; all others are translated to PCRE2. */
#ifndef WP_SCHEMA_PATTERN_H
#define WP_SCHEMA_PATTERN_H

#include "harness/arena.h"

struct schema_pattern;

/* NULL: `why` says what is no regular expression, or what cannot be translated. Lives as long as the arena, but for
 * schema_pattern_free. */
struct schema_pattern *schema_pattern_new(struct arena *a, struct wp_slice text, struct wp_writer *why);
void schema_pattern_free(struct schema_pattern *p);
struct wp_slice schema_pattern_text(const struct schema_pattern *p);

/* `text` is UTF-8. A match that needs too many steps is none. */
bool schema_pattern_matches(const struct schema_pattern *p, struct wp_slice text);

/* From ECMA-262 to PCRE2 (UTF, no UCP, dollar at the end only). false: one sentence in `why`. */
bool schema_ecma_translate(struct wp_slice text, struct wp_writer *out, struct wp_writer *why);

/* A pattern that our own loop can match: runs of characters of a class, as `^(...)$` anchored at both ends. */
struct schema_plain;
/* NULL: it is not of that kind. */
const struct schema_plain *schema_plain_new(struct arena *a, struct wp_slice text);
bool schema_plain_matches(const struct schema_plain *p, struct wp_slice text);

#endif
